package table

import (
	"slices"
	"strings"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

func TestParseRow(t *testing.T) {
	m := mustHeader(t, crm.Customers, "客户ID", "手机号", "姓名", "负责人", "标签", "生日", "添加时间", "QQ", "性别")
	rec := parse(m, row(7, "wm1", "+86 138-0013-8000", " 张三　", "zhangsan", "意向:高；VIP", "1990/3/5", "2024年3月5日 14:30", "123", "男"))
	checkTold(t, rec, "")
	if rec.Row != 7 || rec.Line != 7 || rec.Example || rec.Failed() {
		t.Errorf("got %+v", rec)
	}
	checkValue(t, rec, CustExternalID, Set, "wm1")
	checkValue(t, rec, CustMobile, Set, "13800138000")
	checkValue(t, rec, CustName, Set, "张三")
	checkValue(t, rec, CustFollower, Set, "zhangsan")
	checkValue(t, rec, CustTags, Set, "意向:高；VIP")
	checkValue(t, rec, CustBirthday, Set, "1990-03-05")
	checkValue(t, rec, CustAddedAt, Set, "1709620200000")
	checkValue(t, rec, CustGender, Set, "male")
	checkValue(t, rec, CustCompany, Absent, "")
	if v := rec.Values[CustMobile]; v.Column != 1 || rec.Values[CustCompany].Column != -1 {
		t.Errorf("columns %d and %d", v.Column, rec.Values[CustCompany].Column)
	}
}

// Law 2: all errors of a row at once, with the cell as it was read.
func TestAllFaultsOfARow(t *testing.T) {
	m := mustHeader(t, crm.Customers, "手机号", "生日", "性别", "客户名称")
	rec := parse(m, row(3, " 12x ", "2024-02-30", "公", strings.Repeat("长", 129), "多余"))
	checkTold(t, rec, "BAD_DATE@1 BAD_PHONE@0 NOT_IN_LIST@2[男、女、未知 male, female, unknown] TOO_LONG@3[128 129] TOO_MANY_CELLS@4[4]")
	if got := rec.Problems[0]; got.Value != " 12x " || got.Code != crm.BadPhone {
		t.Errorf("got %+v", got)
	}
	for _, field := range []int{CustMobile, CustBirthday, CustGender, CustName} {
		checkValue(t, rec, field, Blank, "")
	}
}

// A record is used again for the next row.
func TestParseResetsTheRecord(t *testing.T) {
	m := mustHeader(t, crm.Customers, "手机号", "客户名称", "错误代码")
	p := m.NewParser(shanghai)
	var rec Record
	bad, good := row(2, "x", "张三", "DUP_IN_FILE"), row(3, "13800138000")
	m.Parse(p, &bad, &rec)
	m.Parse(p, &good, &rec)
	checkTold(t, &rec, "")
	checkValue(t, &rec, CustName, Blank, "")
	if rec.Prior != "" || rec.Row != 3 {
		t.Errorf("got %+v", rec)
	}
}

func TestCase20ControlCharactersAndBrokenBytes(t *testing.T) {
	m := mustHeader(t, crm.Customers, "手机号", "QQ", "客户名称")
	r := row(2, "138\x000013", "x\x00", "张\ufffd")
	r.Faults = []sheet.Fault{
		{Kind: sheet.ControlCharacter, Column: 0, Detail: "U+0000"},
		{Kind: sheet.ControlCharacter, Column: 1, Detail: "U+0000"},
		{Kind: sheet.BrokenBytes, Column: 2, Detail: "1234"},
		{Kind: sheet.BrokenBytes, Column: -1, Detail: "1300"},
	}
	rec := parse(m, r)
	// The column QQ is not read; the phone is told once.
	checkTold(t, rec, "BAD_ENCODING@2[1234] BAD_ENCODING[1300] CONTROL_CHAR@0[U+0000]")
	checkValue(t, rec, CustName, Blank, "")
}

func TestCase24Quotes(t *testing.T) {
	m := mustHeader(t, crm.Customers, "客户名称", "手机号", "QQ", "性别")
	for _, c := range []struct {
		name  string
		fault sheet.Fault
		want  string
	}{
		{"repaired", sheet.Fault{Kind: sheet.RepairedQuote, Column: 0}, "BAD_PHONE@1 NOT_IN_LIST@3[男、女、未知 male, female, unknown] QUOTE_REPAIRED@0?"},
		{"stray in a column that is not read", sheet.Fault{Kind: sheet.StrayQuote, Column: 2}, "BAD_PHONE@1 UNTERMINATED_QUOTE@2"},
		{"never closed", sheet.Fault{Kind: sheet.UnterminatedQuote, Column: 1}, "UNTERMINATED_QUOTE@1"},
		{"somewhere", sheet.Fault{Kind: sheet.UnterminatedQuote, Column: -1}, "UNTERMINATED_QUOTE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := row(2, "张三", "12", "q", "公")
			r.Faults = []sheet.Fault{c.fault}
			checkTold(t, parse(m, r), c.want)
		})
	}
}

func TestCase26TooFewOrTooManyCells(t *testing.T) {
	m := mustHeader(t, crm.Customers, "客户名称", "手机号")
	checkTold(t, parse(m, row(2, "张三")), "REQUIRED@1[key]")
	checkTold(t, parse(m, row(2, "张三", "13800138000", "", " ")), "")
	checkTold(t, parse(m, row(2, "张三", "13800138000", "", "x", "y")), "TOO_MANY_CELLS@3[2]")
	r := row(2, "张三", "13800138000", "")
	r.Cells[2] = sheet.Cell{Kind: sheet.Picture}
	checkTold(t, parse(m, r), "")
}

func TestCase29CellTooLong(t *testing.T) {
	m := mustHeader(t, crm.Customers, "手机号", "客户描述")
	r := row(2, "13800138000", strings.Repeat("长", sheet.MaxCellChars+1))
	r.Faults = []sheet.Fault{{Kind: sheet.CellTooLong, Column: 1}}
	rec := parse(m, r)
	checkTold(t, rec, "TOO_LONG@1[32767 32768]")
	if n := len(rec.Problems[0].Value); n > 4000 {
		t.Errorf("the report keeps %d bytes of the cell", n)
	}
}

func TestCase35ExampleRows(t *testing.T) {
	var headers, samples []string
	for _, c := range Columns(crm.Customers) {
		headers, samples = append(headers, c.Header), append(samples, c.Sample)
	}
	m := mustHeader(t, crm.Customers, headers...)
	some := mustHeader(t, crm.Customers, "手机号", "客户名称")
	for _, c := range []struct {
		name  string
		m     *Mapping
		cells []string
		want  bool
	}{
		{"the template's", m, samples, true},
		{"some of its columns", some, []string{"13800138000", "张三（示例）"}, true},
		{"some of its cells", some, []string{"", "张三（示例）"}, true},
		{"one cell changed", m, append([]string{samples[0], "x"}, samples[2:]...), true},
		{"marked in front", some, []string{"示例：", "李四"}, true},
		{"marked in brackets", some, []string{"（示例）13900139000", "李四"}, true},
		{"in English", some, []string{"Example: 139", "x"}, true},
		{"例", some, []string{"例:13900139000"}, true},
		{"instructions", some, []string{"必填", "选填"}, true},
		{"the header again", some, []string{"手机号", "客户名称"}, true},
		{"half of the header again", some, []string{"", "客户名称"}, false},
		{"a name that begins so", some, []string{"", "示例科技"}, false},
		{"examples Ltd", some, []string{"", "Example Ltd"}, false},
		{"the sample's phone of somebody else", some, []string{"13800138000", "张三"}, false},
		{"one instruction alone among data", some, []string{"必填", "张三"}, false},
		{"samples that may be real", m, []string{"", "", "", "", "", "zhangsan", "客户意向:高意向;VIP客户"}, false},
		{"blank", some, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := parse(c.m, row(2, c.cells...))
			if rec.Example != c.want {
				t.Errorf("example: %v, want %v", rec.Example, c.want)
			}
			if rec.Example && len(rec.Problems) > 0 {
				t.Errorf("problems of an example: %s", told(rec.Problems))
			}
		})
	}
}

// Cases 37 to 40: numbers in columns of phones and ids.
func TestCase38PrecisionLost(t *testing.T) {
	for _, c := range []struct {
		field int
		cell  string
		want  string
	}{
		{CustMobile, "1.38E+10", "PRECISION_LOST@0"},
		{CustMobile, " 1.38e+10 ", "PRECISION_LOST@0"},
		{CustMobile, "1.38E10", "PRECISION_LOST@0"},
		{CustPhones, "1.38E+10", "PRECISION_LOST@0"},
		{CustExternalID, "1E+17", "PRECISION_LOST@0"},
		{CustExternalID, "1e5", ""}, // may be an account
		{CustFollower, "4.2E+11", "PRECISION_LOST@0"},
		{CustName, "1.38E+10", ""},
		{CustRemark, "1.38E+10", ""},
		{CustExternalID, "1.3E+", ""},
		{CustExternalID, "1.3EA+5", ""},
	} {
		rec := parseOne(t, crm.Customers, c.field, text(c.cell))
		if got := told(rec.Problems); got != c.want {
			t.Errorf("%s in field %d: got %q, want %q", c.cell, c.field, got, c.want)
		}
	}
}

func TestCase37To40Numbers(t *testing.T) {
	for _, c := range []struct {
		name  string
		field int
		cell  sheet.Cell
		text  string
		want  string
	}{
		{"a phone stored as number", CustMobile, sheet.Cell{Kind: sheet.Number, Value: "13800138000"}, "13800138000", ""},
		{"a long id typed as number", CustExternalID, sheet.Cell{Kind: sheet.Number, Value: "123456789012345680", Suspect: true}, "", "PRECISION_SUSPECT@0"},
		{"the same in a remark", CustRemark, sheet.Cell{Kind: sheet.Number, Value: "123456789012345680", Suspect: true}, "123456789012345680", "PRECISION_SUSPECT@0?"},
		{"padded by its number format", CustExternalID, sheet.Cell{Kind: sheet.Number, Value: "000123", ZeroPadded: true}, "000123", "LEADING_ZERO@0?"},
		{"text keeps its zeros", CustExternalID, text("000123"), "000123", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := parseOne(t, crm.Customers, c.field, c.cell)
			checkTold(t, rec, c.want)
			if v := rec.Values[c.field]; v.Text != c.text {
				t.Errorf("got %q, want %q", v.Text, c.text)
			}
		})
	}
}

func TestCase45Formulas(t *testing.T) {
	checkTold(t, parseOne(t, crm.Customers, CustName, sheet.Cell{Kind: sheet.NotCalculated, Value: "=A1"}), "FORMULA_NOT_CALCULATED@0")
	checkTold(t, parseOne(t, crm.Customers, CustName, sheet.Cell{Kind: sheet.ErrorCell, Value: "#N/A"}), "FORMULA_ERROR@0")
	// A key that is wrong is not also missing.
	m := mustHeader(t, crm.Customers, "手机号")
	checkTold(t, parse(m, sheet.Row{Number: 2, Cells: []sheet.Cell{{Kind: sheet.ErrorCell, Value: "#REF!"}}}), "FORMULA_ERROR@0")
	// Nobody reads the column QQ.
	m = mustHeader(t, crm.Customers, "手机号", "QQ")
	checkTold(t, parse(m, sheet.Row{Number: 2, Cells: []sheet.Cell{text("13800138000"), {Kind: sheet.ErrorCell, Value: "#REF!"}}}), "")
}

func TestCase49Picture(t *testing.T) {
	rec := parseOne(t, crm.Customers, CustName, sheet.Cell{Kind: sheet.Picture})
	checkTold(t, rec, "PICTURE_CELL@0?")
	checkValue(t, rec, CustName, Blank, "")
}

func TestCase50MergedCells(t *testing.T) {
	m := mustHeader(t, crm.Tags, "标签组", "标签", "标签组类型", "可用部门")
	r := row(3, "", "高意向", "部门", "")
	r.Cells[0].Merged, r.Cells[3].Merged = true, true
	checkTold(t, parse(m, r), "MERGED_CELL@0 MERGED_CELL@3")

	m = mustHeader(t, crm.Customers, "客户名称", "客户ID", "手机号")
	r = row(3, "张三", "", "")
	r.Cells[2].Merged = true
	checkTold(t, parse(m, r), "MERGED_CELL@2")
}

func TestCase59Clear(t *testing.T) {
	for _, word := range []string{"<清空>", "<clear>", "<CLEAR>", "＜清空＞", " ＜Clear＞ "} {
		checkValue(t, parseOne(t, crm.Customers, CustRemark, text(word)), CustRemark, Clear, "")
	}
	for _, word := range []string{"清空", "<清空", "<empty>", "x<清空>"} {
		checkValue(t, parseOne(t, crm.Customers, CustRemark, text(word)), CustRemark, Set, word)
	}
	for _, k := range crm.Kinds {
		for i, c := range Columns(k) {
			rec := parseOne(t, k, i, text("<清空>"))
			switch {
			case c.Clear:
				checkTold(t, rec, "")
				checkValue(t, rec, i, Clear, "")
			default:
				checkTold(t, rec, "BAD_FORMAT@0[clear]")
			}
		}
	}
}

func TestRequiredOfTags(t *testing.T) {
	m := mustHeader(t, crm.Tags, "标签组", "标签", "标签组类型", "可用部门", "标签说明")
	for _, c := range []struct {
		name  string
		cells []string
		want  string
	}{
		{"no group", []string{"", "高"}, "REQUIRED@0[标签组名称]"},
		{"a group alone", []string{"意向"}, ""},
		{"a tag's description without a tag", []string{"意向", "", "", "", "说明"}, "REQUIRED@1[标签名称]"},
		{"a department group without its department", []string{"意向", "高", "部门"}, "REQUIRED@3[可用部门]"},
		{"a shared group with a department", []string{"意向", "高", "共享", "总部"}, "BAD_FORMAT@3[scope]"},
		{"one mistake is not told twice", []string{"意向", "高", "部分", "总部"}, "NOT_IN_LIST@2[共享、部门 shared, department]"},
		{"nor is this one", []string{"意向", "高", "部门", "a//b"}, "BAD_FORMAT@3[path]"},
	} {
		t.Run(c.name, func(t *testing.T) { checkTold(t, parse(m, row(2, c.cells...)), c.want) })
	}
	rec := parse(m, row(2, "意向", "高", "", "总部\\华东"))
	checkValue(t, rec, TagScope, Set, "department")
	checkValue(t, rec, TagDepartment, Set, "总部/华东")

	m = mustHeader(t, crm.Tags, "标签组", "标签组类型")
	checkTold(t, parse(m, row(2, "意向", "部门")), "REQUIRED[可用部门]")
}

func TestRequiredOfCustomers(t *testing.T) {
	m := mustHeader(t, crm.Customers, "客户名称", "unionid", "手机号")
	checkTold(t, parse(m, row(2, "张三")), "REQUIRED@1[key]")
	checkTold(t, parse(m, row(2, "张三", "", "<清空>")), "REQUIRED@1[key]")
	checkTold(t, parse(m, row(2, "张三", "u1", "<清空>")), "")
}

func TestRequiredOfStaff(t *testing.T) {
	m := mustHeader(t, crm.People, "员工账号", "姓名", "部门", "角色")
	checkTold(t, parse(m, row(2, "", "", "总部/市场部")), "")
	checkTold(t, parse(m, row(2, "", "张三", "总部/市场部")), "REQUIRED@0[员工账号]")
	checkTold(t, parse(m, row(2, "", "", "总部/市场部", "普通员工")), "REQUIRED@0[员工账号]")
	checkTold(t, parse(m, row(2, "", "张三")), "REQUIRED@0[员工账号]")
	checkTold(t, parse(m, row(2, "zhang")), "")
}

// Without a column 手机号, a 电话 that is one mobile number is the key.
func TestPhoneAsKey(t *testing.T) {
	m := mustHeader(t, crm.Customers, "客户名称", "电话")
	rec := parse(m, row(2, "张三", "+86 138 0013 8000"))
	checkTold(t, rec, "")
	checkValue(t, rec, CustMobile, Set, "13800138000")
	checkValue(t, rec, CustPhones, Set, "13800138000")
	if rec.Values[CustMobile].Column != 1 {
		t.Errorf("column %d", rec.Values[CustMobile].Column)
	}
	checkTold(t, parse(m, row(2, "张三", "010-12345678")), "REQUIRED@1[key]")
	checkTold(t, parse(m, row(2, "张三", "13800138000;13900139000")), "REQUIRED@1[key]")
	checkTold(t, parse(m, row(2, "张三", "abc")), "BAD_PHONE@1[phone-list abc]")

	m = mustHeader(t, crm.Customers, "手机号", "电话")
	rec = parse(m, row(2, "", "13800138000"))
	checkTold(t, rec, "REQUIRED@0[key]")
	checkValue(t, rec, CustMobile, Blank, "")
}

func TestLongNames(t *testing.T) {
	checkTold(t, parseOne(t, crm.Tags, TagName, text(strings.Repeat("标", 15))), "")
	checkTold(t, parseOne(t, crm.Tags, TagName, text(strings.Repeat("标", 16))), "LONG_NAME@0[15 16]?")
	checkTold(t, parseOne(t, crm.Tags, TagGroup, text(strings.Repeat("标", 30))), "LONG_NAME@0[15 30]?")
	checkTold(t, parseOne(t, crm.Tags, TagGroup, text(strings.Repeat("标", 31))), "TOO_LONG@0[30 31]")
	checkTold(t, parseOne(t, crm.Tags, TagName, text(strings.Repeat("😀", 15))), "")
}

func TestNamesAreOneLineAndNoDates(t *testing.T) {
	for _, cell := range []string{"高\n意向", "高\t意向", "高\u2028意向", "高\u0085意向"} {
		checkTold(t, parseOne(t, crm.Tags, TagName, text(cell)), "BAD_FORMAT@0[line-break]")
		checkTold(t, parseOne(t, crm.Customers, CustRemark, text(cell)), "")
	}
	day := sheet.Cell{Kind: sheet.Date, Value: "2024-03-05T08:30:00"}
	checkTold(t, parseOne(t, crm.Tags, TagName, day), "BAD_FORMAT@0[date-cell]")
	checkTold(t, parseOne(t, crm.Customers, CustTags, day), "BAD_FORMAT@0[date-cell]")
	checkTold(t, parseOne(t, crm.Customers, CustExternalID, day), "BAD_FORMAT@0[date-cell]")
	checkValue(t, parseOne(t, crm.Customers, CustRemark, day), CustRemark, Set, "2024-03-05 08:30:00")
}

func TestIDs(t *testing.T) {
	checkTold(t, parseOne(t, crm.Customers, CustExternalID, text("wm 1")), "BAD_FORMAT@0[space]")
	checkTold(t, parseOne(t, crm.Customers, CustExternalID, text("wm\u200b1")), "BAD_FORMAT@0[space]")
	checkTold(t, parseOne(t, crm.Customers, CustExternalID, text("客户1")), "")
	checkTold(t, parseOne(t, crm.Customers, CustExternalID, text(strings.Repeat("a", 65))), "TOO_LONG@0[64 65]")
	checkTold(t, parseOne(t, crm.People, StaffUserID, text("张三")), "BAD_FORMAT@0[ascii]")
	checkTold(t, parseOne(t, crm.People, StaffUserID, text(strings.Repeat("a", 65))), "TOO_LONG@0[64 65]")
}

func TestDepartments(t *testing.T) {
	for _, c := range []struct{ cell, want, problems string }{
		{"总部/华东", "总部/华东", ""},
		{" 总部 ／ 华东 ", "总部/华东", ""},
		{`总部\华东>上海`, "总部/华东/上海", ""},
		{"/总部/华东/", "总部/华东", ""},
		{"总部/研发、测试部；总部/市场部;总部/市场部;", "总部/研发、测试部;总部/市场部", ""},
		{"总部//华东", "", "BAD_FORMAT@0[path]"},
		{"/", "", "BAD_FORMAT@0[path]"},
		{";", "", "BAD_FORMAT@0[path]"},
		{"总部/" + strings.Repeat("长", 65), "", "TOO_LONG@0[64 65]"},
		{strings.Repeat("级/", 17), "", "BAD_FORMAT@0[depth 16 17]"},
		{strings.Repeat("级/", 16), strings.TrimSuffix(strings.Repeat("级/", 16), "/"), ""},
	} {
		rec := parseOne(t, crm.People, StaffDepartments, text(c.cell))
		checkTold(t, rec, c.problems)
		if got := rec.Values[StaffDepartments].Text; got != c.want {
			t.Errorf("%q: got %q, want %q", c.cell, got, c.want)
		}
	}
	checkTold(t, parseOne(t, crm.Tags, TagDepartment, text("总部;分部")), "BAD_FORMAT@0[one-value]")
	if got := SplitPath("总部/华东"); !slices.Equal(got, []string{"总部", "华东"}) || JoinPath(got) != "总部/华东" {
		t.Errorf("got %q", got)
	}
}

func TestOrder(t *testing.T) {
	for cell, want := range map[string]string{
		"3": "3", "3.0": "3", "3.00": "3", "０３": "3", "0": "0", "2147483647": "2147483647",
		"2147483648": "", "99999999999999999999": "", "-1": "", "3.5": "", "1,000": "", "三": "", ".0": "", "1e3": "",
	} {
		rec := parseOne(t, crm.Tags, TagSort, text(cell))
		if v := rec.Values[TagSort]; v.Text != want || (want == "") != rec.Failed() {
			t.Errorf("%q: got %q, %s; want %q", cell, v.Text, told(rec.Problems), want)
		}
	}
}

func TestCase44Lists(t *testing.T) {
	for _, c := range []struct {
		kind  crm.Kind
		field int
		cells []string
		want  string
	}{
		{crm.Tags, TagSingle, []string{"是", "TRUE", "1", "Y", "yes", "有", "✓", "√", "Ｙ", " 是 ", "1.0"}, "1"},
		{crm.Tags, TagSingle, []string{"否", "FALSE", "0", "N", "no", "无", "×"}, "0"},
		{crm.Tags, TagSingle, []string{"也许", "2", "是的吗"}, ""},
		{crm.Customers, CustGender, []string{"男", "male", "M", "1", "先生"}, "male"},
		{crm.Customers, CustGender, []string{"女", "Female", "2", "女士"}, "female"},
		{crm.Customers, CustGender, []string{"未知", "0", "保密"}, "unknown"},
		{crm.Customers, CustTagMode, []string{"组内覆盖", "replace-in-group", "Replace in group", "replace_in_group"}, "replace-in-group"},
		{crm.Customers, CustTagMode, []string{"追加", "添加", "add"}, "add"},
		{crm.Customers, CustTagMode, []string{"覆盖", "REPLACE"}, "replace"},
		{crm.Customers, CustTagMode, []string{"移除", "删除", "remove"}, "remove"},
		{crm.People, StaffRole, []string{"超级管理员", "super admin", "Super_Admin"}, "super"},
		{crm.People, StaffRole, []string{"部门管理员", "dept_admin", "Department Admin"}, "dept_admin"},
		{crm.People, StaffRole, []string{"审计员", "auditor", "审计员（只读）", "审计员(只读)"}, "auditor"},
		{crm.People, StaffRole, []string{"管理员", "admin"}, ""},
		{crm.People, StaffStatus, []string{"在职", "正常", "active"}, "active"},
		{crm.People, StaffStatus, []string{"停用", "禁用"}, "disabled"},
		{crm.People, StaffStatus, []string{"离职", "已离职", "left"}, "left"},
	} {
		for _, cell := range c.cells {
			rec := parseOne(t, c.kind, c.field, text(cell))
			if v := rec.Values[c.field]; v.Text != c.want || (c.want == "") != rec.Failed() {
				t.Errorf("%q: got %q, %s; want %q", cell, v.Text, told(rec.Problems), c.want)
			}
		}
	}
	rec := parseOne(t, crm.Tags, TagSingle, sheet.Cell{Kind: sheet.Bool, Value: "TRUE"})
	checkValue(t, rec, TagSingle, Set, "1")
}

func TestCase41Cleaning(t *testing.T) {
	for in, want := range map[string]string{
		"张三":                   "张三",
		" 张三\u3000":            "张三",
		"\u00a0张 三\u00a0\t\n":  "张 三",
		"\u200b张三\u200d\ufeff": "张三",
		"\u202a张三\u202c":       "张三",
		"\u200b":               "",
		"👩\u200d👩\u200d👧":      "👩\u200d👩\u200d👧", // a joiner inside stays
		"❤\ufe0f":              "❤\ufe0f",
		"e\u0301":              "é",
		"\u0301":               "\u0301",
		"中e\u0301":             "中é",
		"Å":                    "Å", // Kelvin's neighbour, the ångström sign, composes
		"ＶＩＰ":                  "ＶＩＰ",
		"が":                    "が",
		"\u3042\u302a":         "\u3042\u302a",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%+q) = %+q, want %+q", in, got, want)
		}
		if got := clean(want); got != want {
			t.Errorf("clean(%+q) = %+q, want it unchanged", want, got)
		}
	}
}
