package filter

import (
	"slices"
	"strings"

	"tagkeep/internal/crm"
)

// Groups is the kind of tag groups, which have no spreadsheet of their own and
// so are none of crm.Kinds.
const Groups crm.Kind = "groups"

// sort is what the values of a field are, and so what may be asked of it.
type sort int

const (
	textSort   sort = iota
	phoneSort       // text whose spaces, dashes and +86 make no difference
	wordSort        // one of a list
	yesNoSort       // 是 or 否
	daySort         // 2006-01-02
	momentSort      // epoch milliseconds
	numberSort      //
	nameSort        // of a tag, group, department or person: looked up by Bind
	eventSort       // a deletion: D7
)

// operators are the comparisons that a sort of field knows, beside has and no.
func (s sort) operators() string {
	switch s {
	case textSort, phoneSort:
		return "= != ~"
	case daySort, momentSort, numberSort:
		return "= != < <= > >="
	}
	return "= !="
}

// field is something that can be asked about a thing.
type field struct {
	name  string // as String writes it
	zh    string
	words string // further names, separated by spaces: headers of spreadsheets
	sort  sort
	kinds []crm.Kind
	list  []option // of a wordSort
}

// option is one of the words of a field.
type option struct {
	stored, zh string
	words      string // further ones, separated by spaces
}

var (
	library = []crm.Kind{crm.Tags, Groups}
	all     = []crm.Kind{crm.Customers, crm.Tags, Groups, crm.People}
	binned  = []crm.Kind{crm.Customers, crm.Tags, Groups}
	every   = []crm.Kind{crm.Customers, crm.Tags, Groups, crm.People, crm.Grants}
)

// fields are the fields in the order in which messages list them.
var fields = []*field{
	{name: "tag", zh: "标签", words: "企业标签 客户标签 tags", sort: nameSort, kinds: []crm.Kind{crm.Customers, crm.Tags, crm.Grants}},
	{name: "group", zh: "标签组", words: "标签组名称 组 分组 group_name tag_group", sort: nameSort, kinds: []crm.Kind{crm.Customers, crm.Tags, Groups, crm.Grants}},
	{name: "department", zh: "部门", words: "可用部门 所属部门 departments", sort: nameSort, kinds: every},
	{name: "follower", zh: "跟进员工", words: "员工 跟进人 添加人 负责人 staff", sort: nameSort, kinds: []crm.Kind{crm.Customers, crm.Grants}},
	{name: "name", zh: "名称", words: "客户名称 客户姓名 标签名称 姓名 customer_name tag_name", kinds: all},
	{name: "id", zh: "客户ID", words: "ID 标签ID 员工账号 账号 external_userid external_id customer_id tag_id userid", kinds: all},
	{name: "unionid", zh: "unionid", words: "union_id", kinds: []crm.Kind{crm.Customers}},
	{name: "mobile", zh: "手机号", words: "手机 手机号码", sort: phoneSort, kinds: []crm.Kind{crm.Customers}},
	{name: "phone", zh: "电话", words: "联系电话 座机 phones", sort: phoneSort, kinds: []crm.Kind{crm.Customers}},
	{name: "company", zh: "企业名称", words: "公司 公司名称 企业 company_name", kinds: []crm.Kind{crm.Customers}},
	{name: "position", zh: "职位", words: "职务", kinds: []crm.Kind{crm.Customers}},
	{name: "region", zh: "地区", words: "区域", kinds: []crm.Kind{crm.Customers}},
	{name: "gender", zh: "性别", words: "sex", sort: wordSort, kinds: []crm.Kind{crm.Customers}, list: []option{
		{"male", "男", "男性"}, {"female", "女", "女性"}, {"unknown", "未知", ""}}},
	{name: "birthday", zh: "生日", words: "出生日期", sort: daySort, kinds: []crm.Kind{crm.Customers}},
	{name: "source", zh: "添加渠道", words: "来源 渠道 添加方式 add_way", kinds: []crm.Kind{crm.Customers}},
	{name: "remark", zh: "客户备注", words: "备注", kinds: []crm.Kind{crm.Customers}},
	{name: "scope", zh: "标签组类型", words: "类型", sort: wordSort, kinds: library, list: []option{
		{crm.ScopeShared, "共享", "公共"}, {crm.ScopeDepartment, "部门", "专属"}}},
	{name: "single", zh: "单选", words: "互斥 single_choice", sort: yesNoSort, kinds: library},
	{name: "description", zh: "说明", words: "描述 客户描述 标签说明", kinds: binned},
	{name: "expires", zh: "到期日期", words: "过期日期 expires_on", sort: daySort, kinds: []crm.Kind{crm.Tags}},
	{name: "customers", zh: "客户数", words: "customer_count", sort: numberSort, kinds: []crm.Kind{crm.Tags}},
	{name: "role", zh: "角色", sort: wordSort, kinds: []crm.Kind{crm.People, crm.Grants}, list: []option{
		{crm.RoleSuper, "超级管理员", "超管 super_admin"}, {crm.RoleDeptAdmin, "部门管理员", "department_admin"},
		{crm.RoleAuditor, "审计员", "审计"}, {crm.RoleStaff, "普通员工", ""}}},
	{name: "status", zh: "状态", sort: wordSort, kinds: []crm.Kind{crm.People}, list: []option{
		{crm.StatusActive, "在职", "正常"}, {crm.StatusDisabled, "停用", "禁用"}, {crm.StatusLeft, "离职", "已离职"}}},
	{name: "contact", zh: "客户联系", words: "customer_contact", sort: yesNoSort, kinds: []crm.Kind{crm.People}},
	{name: "tagging", zh: "可配置客户标签", words: "tag_config", sort: yesNoSort, kinds: []crm.Kind{crm.People}},
	{name: "level", zh: "级别", words: "权限", sort: wordSort, kinds: []crm.Kind{crm.Grants}, list: []option{
		{string(crm.LevelHidden), "隐藏", "不可见"}, {string(crm.LevelView), "查看", ""}, {string(crm.LevelUse), "使用", "打标"}, {string(crm.LevelEdit), "编辑", ""}}},
	{name: "starts", zh: "开始时间", words: "生效时间 starts_at", sort: momentSort, kinds: []crm.Kind{crm.Grants}},
	{name: "ends", zh: "结束时间", words: "失效时间 ends_at", sort: momentSort, kinds: []crm.Kind{crm.Grants}},
	{name: "reason", zh: "原因", words: "理由", kinds: []crm.Kind{crm.Grants}},
	{name: "added", zh: "添加时间", words: "添加日期 added_at", sort: momentSort, kinds: []crm.Kind{crm.Customers}},
	{name: "created", zh: "创建时间", words: "created_at", sort: momentSort, kinds: every},
	{name: "updated", zh: "更新时间", words: "updated_at", sort: momentSort, kinds: all},
	{name: "text", zh: "文本", words: "任意文本 全文", kinds: every},
	{name: "deleted", zh: "删除事件", words: "删除", sort: eventSort, kinds: binned},
	inBin,
}

// inBin is asked about as "in bin", not by its name.
var inBin = &field{name: "in bin", zh: "在回收站", kinds: binned}

// fieldsByWord finds fields by all their names, folded.
var fieldsByWord = func() map[string]*field {
	byWord := make(map[string]*field)
	for _, f := range fields {
		if f == inBin {
			continue
		}
		for _, w := range append(strings.Fields(f.words), f.name, f.zh) {
			byWord[foldWord(w)] = f
		}
	}
	return byWord
}()

// foldWord takes away what makes no difference in names of fields and words of
// lists.
func foldWord(s string) string { return strings.ReplaceAll(crm.Fold(s), "_", "") }

// label names the field for people.
func (f *field) label(l crm.Lang) string { return l.Pick(f.zh, f.name) }

func (f *field) fits(kind crm.Kind) bool { return slices.Contains(f.kinds, kind) }

// fieldsOf lists the fields of a kind, of every kind for "".
func fieldsOf(kind crm.Kind, l crm.Lang) string {
	var names []string
	for _, f := range fields {
		if kind == "" || f.fits(kind) {
			names = append(names, f.label(l))
		}
	}
	return strings.Join(names, l.Pick("、", ", "))
}

// option finds the stored value of a word of the field's list.
func (f *field) option(word string) (stored string, ok bool) {
	want := foldWord(word)
	for _, o := range f.list {
		for _, w := range append(strings.Fields(o.words), o.stored, o.zh) {
			if foldWord(w) == want {
				return o.stored, true
			}
		}
	}
	return "", false
}

// options lists what may stand in the field.
func (f *field) options(l crm.Lang) string {
	words := make([]string, len(f.list))
	for i, o := range f.list {
		words[i] = l.Pick(o.zh, o.stored)
	}
	return strings.Join(words, l.Pick("、", ", "))
}
