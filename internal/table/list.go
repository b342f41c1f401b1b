package table

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"tagkeep/internal/crm"
)

// list is a closed set of values: what is stored, the words that are written,
// and further words that are understood.
type list struct {
	entries []entry
	byWord  map[string]string // stored value by folded word, and by the words written
	allowed []string          // the words written, in Chinese and in English
}

type entry struct {
	stored, zh, en string
	synonyms       string // separated by spaces
}

func newList(entries ...entry) *list {
	l := &list{entries: entries, byWord: make(map[string]string)}
	var zh, en []string
	for _, e := range entries {
		zh, en = append(zh, e.zh), append(en, e.en)
		for _, word := range append(strings.Fields(e.synonyms), e.stored, e.zh, e.en) {
			l.byWord[word] = e.stored
			l.byWord[foldWord(word)] = e.stored
		}
	}
	l.allowed = []string{strings.Join(zh, "、"), strings.Join(en, ", ")}
	return l
}

// parse reads one of the words. The problem's arguments are the words allowed,
// in Chinese and in English.
func (l *list) parse(c spot, text string) (string, bool) {
	if stored, ok := l.byWord[text]; ok {
		return stored, true
	}
	if stored, ok := l.byWord[foldWord(text)]; ok {
		return stored, true
	}
	return c.fail(crm.NotInList, l.allowed...)
}

// word is how stored is written in the language; an unknown value as it is.
func (l *list) word(stored string, lang crm.Lang) string {
	for _, e := range l.entries {
		if e.stored == stored {
			return lang.Pick(e.zh, e.en)
		}
	}
	return stored
}

// foldWord takes away what makes no difference in headers and lists: case,
// width, spaces, invisible characters, and the marks - and _ of English words.
func foldWord(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || invisible(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(s))
}

// The lists. Words that could mean two things, such as 管理员, are left out: the
// row is refused rather than somebody given more rights than was meant.
var (
	yesNo = newList(
		entry{"1", "是", "yes", "y true t on 有 对 开 开启 已开启 开通 已开通 启用 ✓ ✔ √ ☑ 1.0"},
		entry{"0", "否", "no", "n false f off 无 没有 不是 错 关 关闭 已关闭 未开启 未开通 禁用 ✗ ✘ × ☐ 0.0"},
	)
	genders = newList(
		entry{"male", "男", "male", "m man 男性 男士 先生 1 1.0"},
		entry{"female", "女", "female", "f woman 女性 女士 小姐 2 2.0"},
		entry{"unknown", "未知", "unknown", "u 保密 不详 未定义 0 0.0"},
	)
	scopes = newList(
		entry{"shared", "共享", "shared", "public all company 公共 公用 全公司 全员 共享标签组 全部"},
		entry{scopeDepartment, "部门", "department", "dept 专属 部门专属 部门标签组"},
	)
	tagModes = newList(
		entry{"add", "追加", "add", "append 添加 新增 增加"},
		entry{"replace", "覆盖", "replace", "overwrite 替换 全部覆盖"},
		entry{"replace-in-group", "组内覆盖", "replace-in-group", "组内替换"},
		entry{"remove", "移除", "remove", "delete 删除"},
	)
	roles = newList(
		entry{"super", "超级管理员", "super admin", "super super_administrator 超管"},
		entry{"dept_admin", "部门管理员", "department admin", "department_administrator"},
		entry{"auditor", "审计员", "auditor", "审计 审计员（只读）"},
		entry{"staff", "普通员工", "staff", "员工 成员 普通成员 member employee"},
	)
	statuses = newList(
		entry{"active", "在职", "active", "正常 启用 已启用 已激活 enabled"},
		entry{"disabled", "停用", "disabled", "禁用 已停用 已禁用"},
		entry{"left", "离职", "left", "已离职 退出 已退出 resigned"},
	)
	subjectKinds = newList(
		entry{crm.SubjectStaff, "员工", "staff", "成员 个人 人员 user person member"},
		entry{crm.SubjectDepartment, "部门", "department", "dept"},
		entry{crm.SubjectRole, "角色", "role", ""},
	)
	levels = newList(
		entry{string(crm.LevelHidden), "隐藏", "hidden", "不可见 hide"},
		entry{string(crm.LevelView), "查看", "view", "可见 只读 read"},
		entry{string(crm.LevelUse), "使用", "use", "打标 使用（打标）"},
		entry{string(crm.LevelEdit), "编辑", "edit", "管理 修改 write"},
	)
)

// scopeDepartment is the stored scope of a department group.
const scopeDepartment = "department"
