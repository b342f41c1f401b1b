package table

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// Case 28: the header stands below title lines.
func TestCase28HeaderBelowTitles(t *testing.T) {
	first := []sheet.Row{
		row(1, "客户列表 2024-03-05 导出"),
		row(3, "共 2 位客户", "", ""),
		row(4, "客户ID", "客户名称", "企业标签"),
		row(5, "wm1", "张三", "VIP"),
	}
	m, problems, err := FindHeader(crm.Customers, first, HeaderOptions{})
	if err != nil || len(problems) > 0 {
		t.Fatalf("got %v, %v", problems, err)
	}
	if m.HeaderRow != 4 || m.Column(CustTags) != 2 || m.Column(CustMobile) != -1 {
		t.Errorf("header row %d, columns %v", m.HeaderRow, m.column)
	}
	if f, ok := m.Field(1); !ok || f != CustName {
		t.Errorf("column B is field %d, %v", f, ok)
	}
	for _, column := range []int{-1, 3} {
		if _, ok := m.Field(column); ok {
			t.Errorf("column %d has a field", column)
		}
	}
}

// The header is looked for in the first twenty rows only, unless it is named.
func TestCase28HeaderTooFarDown(t *testing.T) {
	var first []sheet.Row
	for i := range 20 {
		first = append(first, row(i+1, fmt.Sprint("说明", i)))
	}
	first = append(first, row(21, "手机号", "客户名称"))
	checkRefused(t, crm.Customers, first, HeaderOptions{}, NoHeader)
	if m, _, err := FindHeader(crm.Customers, first, HeaderOptions{HeaderRow: 21}); err != nil || m.HeaderRow != 21 {
		t.Errorf("named row: %v, %v", m, err)
	}
}

func checkRefused(t *testing.T, k crm.Kind, first []sheet.Row, opt HeaderOptions, want HeaderReason) *HeaderError {
	t.Helper()
	_, _, err := FindHeader(k, first, opt)
	refusal, ok := errors.AsType[*HeaderError](err)
	if !ok || refusal.Reason != want {
		t.Fatalf("got %v, want %s", err, want)
	}
	return refusal
}

func TestCase31HeaderSynonyms(t *testing.T) {
	for _, c := range []struct {
		kind   crm.Kind
		header string
		field  int
	}{
		{crm.Customers, "手机号", CustMobile},
		{crm.Customers, "*手机号", CustMobile},
		{crm.Customers, "手机号 *", CustMobile},
		{crm.Customers, "＊手机号码", CustMobile},
		{crm.Customers, "手机号（必填）", CustMobile},
		{crm.Customers, "手机号(选填)：", CustMobile},
		{crm.Customers, "手机号【必填，11 位】", CustMobile},
		{crm.Customers, "手机号（必填", CustMobile},
		{crm.Customers, "手机号\n必填", CustMobile},
		{crm.Customers, "手机号:", CustMobile},
		{crm.Customers, " 手 机 号 ", CustMobile},
		{crm.Customers, "\ufeff手机号", CustMobile},
		{crm.Customers, "\u3000手机号\u00a0", CustMobile},
		{crm.Customers, "MOBILE", CustMobile},
		{crm.Customers, "Mobile Phone", CustMobile},
		{crm.Customers, "ｍｏｂｉｌｅ", CustMobile},
		{crm.Customers, "UnionID", CustUnionID},
		{crm.Customers, "external-userid", CustExternalID},
		{crm.Customers, "客户ＩＤ", CustExternalID},
		{crm.Customers, "标签", CustTags},
		{crm.Customers, "姓名", CustName},
		{crm.Customers, "员工账号", CustFollower},
		{crm.Customers, "联系电话", CustPhones},
		{crm.Tags, "标签", TagName},
		{crm.Tags, "Tag Group", TagGroup},
		{crm.Tags, "tag_group", TagGroup},
		{crm.Tags, "groupName", TagGroup},
		{crm.Tags, "备注", TagDescription},
		{crm.People, "姓名", StaffName},
		{crm.People, "员工账号", StaffUserID},
		{crm.People, "User ID", StaffUserID},
	} {
		if got, ok := Field(c.kind, c.header); !ok || got != c.field {
			t.Errorf("%s: %q is field %d, %v; want %d", c.kind, c.header, got, ok, c.field)
		}
	}
	for _, header := range []string{"", "（必填）", "手机号2", "xx手机号", "客户", "*"} {
		if got, ok := Field(crm.Customers, header); ok {
			t.Errorf("%q is taken for field %d", header, got)
		}
	}
}

func TestCase31UnknownColumns(t *testing.T) {
	first := []sheet.Row{row(1, "年龄", "手机号", "", "QQ", "客户名字", "QQ", "手机好")}
	m, problems, err := FindHeader(crm.Customers, first, HeaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// 手机号 is taken already, so 手机好 is not told to be it.
	want := "UNKNOWN_COLUMN@0[]? UNKNOWN_COLUMN@3[]? UNKNOWN_COLUMN@4[客户名称]? UNKNOWN_COLUMN@5[]? UNKNOWN_COLUMN@6[]?"
	if got := told(problems); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if problems[0].Value != "年龄" || problems[0].Row != 0 {
		t.Errorf("got %+v", problems[0])
	}
	if want := []string{"年龄", "手机号", "", "QQ", "客户名字", "QQ", "手机好"}; !slices.Equal(m.Headers, want) {
		t.Errorf("headers %q", m.Headers)
	}
}

func TestCase31Map(t *testing.T) {
	first := []sheet.Row{row(1, "Kontakt", "备用手机", "手机号")}
	m, problems, err := FindHeader(crm.Customers, first, HeaderOptions{Map: map[string]string{
		"kontakt": "customer_name", "备用手机": "手机号", "手机号": "-",
	}})
	if err != nil || len(problems) > 0 {
		t.Fatalf("got %v, %v", problems, err)
	}
	if m.Column(CustName) != 0 || m.Column(CustMobile) != 1 {
		t.Errorf("columns %v", m.column)
	}
}

func TestCase31BadMap(t *testing.T) {
	first := []sheet.Row{row(1, "Kontakt", "手机号")}
	refusal := checkRefused(t, crm.Customers, first, HeaderOptions{Map: map[string]string{
		"Kontakt": "customer_nam", "Kontrakt": "company",
	}}, BadMap)
	want := []MapFault{
		{Header: "Kontakt", Field: "customer_nam", UnknownField: true, Nearest: "customer_name"},
		{Header: "Kontrakt", Field: "company", Nearest: "Kontakt"},
	}
	if !slices.Equal(refusal.Map, want) {
		t.Errorf("got %+v", refusal.Map)
	}
}

func TestCase32DoubledHeader(t *testing.T) {
	first := []sheet.Row{row(1, "手机号", "QQ", "手机", "QQ")}
	refusal := checkRefused(t, crm.Customers, first, HeaderOptions{}, DoubledHeader)
	if d := refusal.Doubled; len(d) != 1 || d[0].Header != "手机号" ||
		!slices.Equal(d[0].Columns, []int{0, 2}) || !slices.Equal(d[0].Headers, []string{"手机号", "手机"}) {
		t.Errorf("got %+v", refusal.Doubled)
	}
	if want := "customers sheet: header in row 1: doubled-header: 手机号 in columns A and C"; refusal.Error() != want {
		t.Errorf("got %q", refusal.Error())
	}
}

func TestCase32BlankHeaderOverData(t *testing.T) {
	first := []sheet.Row{
		row(1, "手机号", "", "客户名称", ""),
		row(2, "13800138000", "\u200b", "张三"),
		row(3, "13800138001", "李四", "李四"),
	}
	refusal := checkRefused(t, crm.Customers, first, HeaderOptions{}, BlankHeader)
	if !slices.Equal(refusal.Blank, []int{1}) {
		t.Errorf("got %v", refusal.Blank)
	}
	m, _, err := FindHeader(crm.Customers, first[:2], HeaderOptions{})
	if err != nil {
		t.Fatalf("without the third row: %v", err)
	}
	if got := m.BlankHeaderColumn(&first[2]); got != 1 {
		t.Errorf("BlankHeaderColumn = %d, want 1", got)
	}
	if got := m.BlankHeaderColumn(&first[1]); got != -1 {
		t.Errorf("BlankHeaderColumn of invisible data = %d", got)
	}
}

func TestCase33MissingHeader(t *testing.T) {
	first := []sheet.Row{row(1, "标鉴组", "标签名称"), row(2, "意向", "高")}
	refusal := checkRefused(t, crm.Tags, first, HeaderOptions{}, MissingHeader)
	if want := []Missing{{"标签组名称", "标鉴组"}}; !slices.Equal(refusal.Missing, want) || refusal.AnyOf {
		t.Errorf("got %+v", refusal.Missing)
	}
	if !slices.Equal(refusal.Found, []string{"标鉴组", "标签名称"}) {
		t.Errorf("found %q", refusal.Found)
	}

	refusal = checkRefused(t, crm.Customers, []sheet.Row{row(1, "客户名称", "性别")}, HeaderOptions{}, MissingHeader)
	if len(refusal.Missing) != 4 || !refusal.AnyOf {
		t.Errorf("got %+v", refusal.Missing)
	}
}

func TestCase33SheetOfAnotherKind(t *testing.T) {
	first := []sheet.Row{row(1, "标签组名称", "标签名称", "排序")}
	if refusal := checkRefused(t, crm.Customers, first, HeaderOptions{}, MissingHeader); refusal.Fits != crm.Tags {
		t.Errorf("fits %q", refusal.Fits)
	}
}

func TestCase33NoHeader(t *testing.T) {
	refusal := checkRefused(t, crm.Customers, []sheet.Row{row(1, "张三", "13800138000")}, HeaderOptions{}, NoHeader)
	if !slices.Equal(refusal.Found, []string{"张三", "13800138000"}) || refusal.Row != 0 {
		t.Errorf("got %+v", refusal)
	}
	checkRefused(t, crm.Customers, nil, HeaderOptions{}, NoHeader)
	checkRefused(t, crm.Customers, []sheet.Row{row(1, "手机号")}, HeaderOptions{HeaderRow: 2}, NoHeader)
	// A row that is named is taken at its word.
	checkRefused(t, crm.Customers, []sheet.Row{row(1, "手机号"), row(2, "x")}, HeaderOptions{HeaderRow: 2}, MissingHeader)
}

func merged(cells ...int) func(*sheet.Row) {
	return func(r *sheet.Row) {
		for _, c := range cells {
			r.Cells[c].Merged = true
		}
	}
}

func with(r sheet.Row, changes ...func(*sheet.Row)) sheet.Row {
	for _, change := range changes {
		change(&r)
	}
	return r
}

func TestCase34TwoLineHeader(t *testing.T) {
	for _, c := range []struct {
		name  string
		kind  crm.Kind
		first []sheet.Row
		want  []string
	}{
		{"titles over some columns", crm.Customers, []sheet.Row{
			with(row(1, "客户ID", "客户信息", "", "", "企业标签"), merged(2, 3)),
			with(row(2, "", "姓名", "性别", "QQ", ""), merged(0, 4)),
		}, []string{"客户ID", "姓名", "性别", "QQ", "企业标签"}},
		{"a CSV knows nothing of merging", crm.Customers, []sheet.Row{
			row(1, "客户ID", "客户信息", "", "企业标签"), row(2, "", "姓名", "性别"),
		}, []string{"客户ID", "姓名", "性别", "企业标签"}},
		{"a title completes the name below", crm.Tags, []sheet.Row{
			with(row(1, "标签组", "", "标签", ""), merged(1, 3)), row(2, "名称", "排序", "名称", "排序"),
		}, []string{"标签组名称", "标签组排序", "标签名称", "标签排序"}},
		{"merged cells were filled", crm.Customers, []sheet.Row{
			row(1, "客户ID", "客户信息", "客户信息"), row(2, "客户ID", "姓名", "性别"),
		}, []string{"客户ID", "姓名", "性别"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, headerRow := range []int{0, 2} {
				m, _, err := FindHeader(c.kind, append(c.first, row(3, "wm1", "x", "男")), HeaderOptions{HeaderRow: headerRow})
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(m.Headers, c.want) || m.HeaderRow != 2 {
					t.Errorf("got row %d, %q", m.HeaderRow, m.Headers)
				}
			}
		})
	}
}

func TestCase34TwoLineHeaderThatContradicts(t *testing.T) {
	refusal := checkRefused(t, crm.Customers, []sheet.Row{
		row(1, "手机号", "性别", ""), row(2, "11 位", "", "姓名"),
	}, HeaderOptions{}, TwoLineHeader)
	if refusal.Row != 2 {
		t.Errorf("row %d", refusal.Row)
	}
}

// A data row may hold words that are headers elsewhere.
func TestCase34DataIsNotJoined(t *testing.T) {
	first := []sheet.Row{row(1, "手机号", "类别", "来源"), row(2, "13800138000", "标签", "生日")}
	m, _, err := FindHeader(crm.Customers, first, HeaderOptions{})
	if err != nil || m.HeaderRow != 1 {
		t.Errorf("got %+v, %v", m, err)
	}
}

func TestCase36RepairColumns(t *testing.T) {
	first := []sheet.Row{row(1, "手机号", "错误行号", "错误代码", "错误原因", "Error Reason", "error_row", "error")}
	m, problems, err := FindHeader(crm.Customers, first, HeaderOptions{})
	if err != nil || len(problems) > 0 {
		t.Fatalf("got %v, %v", problems, err)
	}
	for _, c := range []struct {
		cell string
		want crm.Code
	}{
		{"DUP_IN_FILE", crm.DupInFile},
		{"BAD_PHONE; dup_in_file", crm.DupInFile},
		{"REQUIRED\nCONFLICT_UPDATE", crm.ConflictUpdate},
		{"BAD_PHONE", ""},
		{"DUP_IN_FILES", ""},
		{"", ""},
	} {
		rec := parse(m, row(2, "13800138000", "57", c.cell, "第 57 行重复", "x", "y", "z"))
		if rec.Prior != c.want || len(rec.Problems) > 0 {
			t.Errorf("%q: prior %q, problems %s", c.cell, rec.Prior, told(rec.Problems))
		}
	}
}

func TestGuessKind(t *testing.T) {
	for _, c := range []struct {
		name    string
		headers []string
		want    crm.Kind
	}{
		{"openscrm export", []string{"客户名称", "客户备注", "客户描述", "流失状态", "企业名称", "添加人", "添加时间", "企业标签", "添加渠道", "性别", "电话", "年龄", "生日"}, crm.Customers},
		{"lead list", []string{"手机号", "客户姓名"}, crm.Customers},
		{"tags", []string{"标签组", "标签", "备注"}, crm.Tags},
		{"groups alone", []string{"标签组"}, crm.Tags},
		{"missing tags of a repair file", []string{"标签组名称", "标签名称", "出现次数"}, crm.Tags},
		{"staff", []string{"员工账号", "姓名", "部门", "角色"}, crm.People},
		{"the WeCom directory", []string{"姓名", "帐号", "别名", "职务", "部门", "性别", "手机", "座机"}, crm.People},
		{"customers with their follower", []string{"手机号", "客户名称", "员工账号"}, crm.Customers},
		{"customers and people alike", []string{"姓名", "部门", "手机号"}, ""},
		{"grants", []string{"对象", "授权类型", "授权给", "含下级", "级别", "开始时间", "结束时间", "原因"}, crm.Grants},
		{"grants in English", []string{"object", "subject_kind", "subject", "level"}, crm.Grants},
		{"tags with levels", []string{"标签组", "标签", "级别", "原因"}, crm.Tags},
		{"no key", []string{"客户名称", "性别"}, ""},
		{"nothing", []string{"a", "b"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			first := []sheet.Row{row(1, c.headers...)}
			got, ok := GuessKind(first)
			if got != c.want || ok != (c.want != "") {
				t.Errorf("got %q, %v; want %q", got, ok, c.want)
			}
			if ok && Fit(got)(first) != FitAny(first) {
				t.Errorf("the guess scores %d, the best %d", Fit(got)(first), FitAny(first))
			}
		})
	}
}

// The best of several sheets, or of several readings of a CSV file, is found.
func TestCase10FitPrefersTheDataSheet(t *testing.T) {
	data := []sheet.Row{row(1, "客户ID", "客户名称", "手机号")}
	for name, other := range map[string][]sheet.Row{
		"instructions":    {row(1, "列名", "说明"), row(2, "客户ID", "必填"), row(3, "手机号", "11 位")},
		"wrong delimiter": {row(1, "客户ID;客户名称;手机号")},
		"error list":      {row(1, "行号", "列", "列名", "代码", "原值", "原因")},
		"empty":           nil,
	} {
		if fit := Fit(crm.Customers); fit(other) >= fit(data) {
			t.Errorf("%s scores %d, the data %d", name, fit(other), fit(data))
		}
	}
}

func TestHeaderErrorText(t *testing.T) {
	for want, e := range map[string]*HeaderError{
		"tags sheet: no header row: no-header: needs 标签组名称": {
			Kind: crm.Tags, Reason: NoHeader, Missing: []Missing{{Header: "标签组名称"}}},
		"staff sheet: header in row 2: missing-header: needs 员工账号 or 部门": {
			Kind: crm.People, Reason: MissingHeader, Row: 2, AnyOf: true, Missing: []Missing{{Header: "员工账号"}, {Header: "部门"}}},
		"tags sheet: header in row 1: blank-header: column B and AA": {
			Kind: crm.Tags, Reason: BlankHeader, Row: 1, Blank: []int{1, 26}},
		"tags sheet: header in row 1: bad-map: x=y": {
			Kind: crm.Tags, Reason: BadMap, Row: 1, Map: []MapFault{{Header: "x", Field: "y"}}},
		"tags sheet: header in row 3: two-line": {
			Kind: crm.Tags, Reason: TwoLineHeader, Row: 3},
	} {
		if got := e.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
