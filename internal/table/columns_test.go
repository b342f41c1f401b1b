package table

import (
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

func TestColumnsAreComplete(t *testing.T) {
	for k, n := range map[crm.Kind]int{crm.Tags: tagColumns, crm.Customers: custColumns, crm.People: staffColumns, crm.Grants: grantColumns} {
		columns := Columns(k)
		if len(columns) != n {
			t.Errorf("%s: %d columns, want %d", k, len(columns), n)
		}
		if len(columns) > maxFields || len(columns) > 32 {
			t.Errorf("%s: %d columns are more than a Parser or a fieldSet holds", k, len(columns))
		}
		for i, c := range columns {
			if c.Field == "" || c.Header == "" || c.NoteZh == "" || c.NoteEn == "" || c.parse == nil {
				t.Errorf("%s: column %d is not declared in full: %+v", k, i, c)
			}
		}
	}
}

// The order of the declarations is that of the constants.
func TestColumnsAreInOrder(t *testing.T) {
	for _, c := range []struct {
		kind   crm.Kind
		index  int
		header string
	}{
		{crm.Tags, TagGroup, "标签组名称"}, {crm.Tags, TagName, "标签名称"}, {crm.Tags, TagScope, "标签组类型"},
		{crm.Tags, TagDepartment, "可用部门"}, {crm.Tags, TagSort, "排序"}, {crm.Tags, TagDescription, "标签说明"},
		{crm.Tags, TagGroupSort, "标签组排序"}, {crm.Tags, TagSingle, "单选"}, {crm.Tags, TagExpires, "到期日期"},
		{crm.Tags, TagWecomID, "标签ID"}, {crm.Tags, TagGroupWecomID, "标签组ID"},
		{crm.Customers, CustExternalID, "客户ID"}, {crm.Customers, CustUnionID, "unionid"}, {crm.Customers, CustMobile, "手机号"},
		{crm.Customers, CustPhones, "电话"}, {crm.Customers, CustName, "客户名称"}, {crm.Customers, CustFollower, "跟进员工"},
		{crm.Customers, CustTags, "企业标签"}, {crm.Customers, CustRemoveTags, "移除标签"}, {crm.Customers, CustTagMode, "标签操作"},
		{crm.Customers, CustRemark, "客户备注"}, {crm.Customers, CustDescription, "客户描述"}, {crm.Customers, CustCompany, "企业名称"},
		{crm.Customers, CustPosition, "职位"}, {crm.Customers, CustGender, "性别"}, {crm.Customers, CustBirthday, "生日"},
		{crm.Customers, CustRegion, "地区"}, {crm.Customers, CustAddWay, "添加渠道"}, {crm.Customers, CustAddedAt, "添加时间"},
		{crm.People, StaffUserID, "员工账号"}, {crm.People, StaffName, "姓名"}, {crm.People, StaffDepartments, "部门"},
		{crm.People, StaffRole, "角色"}, {crm.People, StaffContact, "客户联系"}, {crm.People, StaffTagging, "可配置客户标签"},
		{crm.People, StaffStatus, "状态"},
		{crm.Grants, GrantObject, "对象"}, {crm.Grants, GrantSubjectKind, "授权类型"}, {crm.Grants, GrantSubject, "授权给"},
		{crm.Grants, GrantWithSub, "含下级"}, {crm.Grants, GrantLevel, "级别"}, {crm.Grants, GrantStarts, "开始时间"},
		{crm.Grants, GrantEnds, "结束时间"}, {crm.Grants, GrantReason, "原因"},
	} {
		if got := Columns(c.kind)[c.index].Header; got != c.header {
			t.Errorf("%s column %d is %s, want %s", c.kind, c.index, got, c.header)
		}
	}
}

// Two columns of a kind must not claim the same header.
func TestHeadersAreUnambiguous(t *testing.T) {
	for _, k := range crm.Kinds {
		owner := make(map[string]string)
		for i, c := range Columns(k) {
			for _, name := range c.names() {
				key := foldHeader(name)
				if other, taken := owner[key]; taken && other != c.Field {
					t.Errorf("%s: %q names both %s and %s", k, name, other, c.Field)
				}
				owner[key] = c.Field
				if got, ok := Field(k, name); !ok || got != i {
					t.Errorf("%s: Field(%q) = %d, %v; want %d", k, name, got, ok, i)
				}
			}
		}
	}
}

func TestColumnsCanBeChangedByTheCaller(t *testing.T) {
	Columns(crm.Tags)[0].Header = "x"
	if got := Columns(crm.Tags)[0].Header; got != "标签组名称" {
		t.Errorf("the declaration was changed to %q", got)
	}
}

// The samples are good cells: an example row that someone corrects and keeps
// must not fail. Those marked 示例： are not meant to be kept.
func TestSamplesParse(t *testing.T) {
	for _, k := range crm.Kinds {
		var headers, samples []string
		for _, c := range Columns(k) {
			headers = append(headers, c.Header)
			samples = append(samples, c.Sample)
		}
		m := mustHeader(t, k, headers...)
		samples[0] = "x1"
		if k == crm.Grants {
			samples[0] = "tag:客户意向:高意向"
		}
		if rec := parse(m, row(2, samples...)); rec.Example || rec.Failed() {
			t.Errorf("%s: example %v, problems %s", k, rec.Example, told(rec.Problems))
		}
	}
}

// Enumerations offer their words, and only they do.
func TestWords(t *testing.T) {
	for _, k := range crm.Kinds {
		for i, c := range Columns(k) {
			for _, lang := range []crm.Lang{crm.Chinese, crm.English} {
				for _, word := range Words(k, i, lang) {
					rec := parseOne(t, k, i, sheet.Cell{Kind: sheet.Text, Value: word})
					if v := rec.Values[i]; v.State != Set {
						t.Errorf("%s %s: the word %q is refused: %s", k, c.Field, word, told(rec.Problems))
					}
				}
			}
		}
	}
	if Words(crm.Tags, TagGroup, crm.Chinese) != nil {
		t.Error("a name has no words")
	}
}
