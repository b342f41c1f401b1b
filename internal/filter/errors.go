package filter

import (
	"fmt"
	"strings"

	"tagkeep/internal/crm"
)

// SyntaxError: the text is no expression.
type SyntaxError struct {
	Pos  int // of the character that is wrong, from 1
	what sentence
	fix  sentence
}

// sentence is a text in both languages.
type sentence struct{ zh, en string }

func (s sentence) in(l crm.Lang) string { return l.Pick(s.zh, s.en) }

// say makes a sentence; both texts take the same arguments.
func say(zh, en string, args ...any) sentence {
	return sentence{fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)}
}

func (e *SyntaxError) Error() string { return "filter: " + e.Message(crm.English) }

// Message says what is wrong and where.
func (e *SyntaxError) Message(l crm.Lang) string {
	return l.Pick(fmt.Sprintf("条件第 %d 个字：", e.Pos), fmt.Sprintf("condition, character %d: ", e.Pos)) + e.what.in(l)
}

// Fix says what to write instead.
func (e *SyntaxError) Fix(l crm.Lang) string { return e.fix.in(l) }

// NameError: a name in an expression is that of nothing, or of several things.
type NameError struct {
	Field    string   // tag, group, department or follower
	Name     string   // as written
	Near     string   // the name that was most likely meant, "" for none
	Choices  []string // how to name each of the several things; nil when there is none
	Deletion string   // the thing is in the recycle bin, by this event, as D7; "" when not
}

func (e *NameError) Error() string { return "filter: " + e.Message(crm.English) }

// Message says which name is wrong.
func (e *NameError) Message(l crm.Lang) string {
	f := fieldsByWord[e.Field]
	switch {
	case len(e.Choices) > 0:
		return l.Pick("条件里的"+f.zh+" "+e.Name+" 有多个", "condition: there is more than one "+f.name+" "+e.Name)
	case e.Deletion != "":
		return l.Pick(fmt.Sprintf("条件里的%s %s 在回收站里（%s）", f.zh, e.Name, e.Deletion),
			fmt.Sprintf("condition: the %s %s is in the recycle bin (%s)", f.name, e.Name, e.Deletion))
	}
	return l.Pick("条件里的"+f.zh+"不存在："+e.Name, "condition: there is no "+f.name+" "+e.Name)
}

// Fix says how to name it, or which other name was likely meant.
func (e *NameError) Fix(l crm.Lang) string {
	switch {
	case len(e.Choices) > 0:
		return l.Pick("写明是哪一个：", "say which one: ") + strings.Join(e.Choices, l.Pick("、", ", "))
	case e.Deletion != "":
		return l.Pick("要选回收站里的，在条件里加上「且 在回收站」", "add \"and in bin\" to the condition to choose what is in the bin")
	case e.Near != "":
		return l.Pick("是否想写 "+e.Near+"？", "did you mean "+e.Near+"?")
	}
	return l.Pick("检查条件里的名称", "check the name in the condition")
}

// KindError: a condition makes no sense for the kind.
type KindError struct {
	Kind  crm.Kind
	Field string // as String writes it
	field *field
}

func (e *KindError) Error() string { return "filter: " + e.Message(crm.English) }

// Message says which field does not fit.
func (e *KindError) Message(l crm.Lang) string {
	zh, en := e.Kind.Label(crm.Chinese), e.Kind.Label(crm.English)
	if e.Kind == Groups {
		zh, en = "标签组", "tag groups"
	}
	return l.Pick(zh+"没有「"+e.field.zh+"」这个条件", "the condition "+e.field.name+" makes no sense for "+en)
}

// Fix lists the fields that fit.
func (e *KindError) Fix(l crm.Lang) string {
	return l.Pick("可用的条件：", "conditions that fit: ") + fieldsOf(e.Kind, l)
}
