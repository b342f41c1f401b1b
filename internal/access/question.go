package access

import (
	"fmt"
	"strings"

	"tagkeep/internal/crm"
)

// Action is what somebody wants to do with an object.
type Action string

// The actions.
const (
	View    Action = "view"    // 查看
	Use     Action = "use"     // 使用: tag customers with it
	Edit    Action = "edit"    // 编辑
	Delete  Action = "delete"  // 删除: into the recycle bin
	Restore Action = "restore" // 恢复: out of it
	Give    Action = "grant"   // 授权: give others a level on it
)

// actions are all of them with their Chinese names.
var actions = [...]struct {
	action Action
	zh     string
}{
	{View, "查看"}, {Use, "使用（打标）"}, {Edit, "编辑"}, {Delete, "删除"}, {Restore, "恢复"}, {Give, "授权"},
}

// ParseAction reads an action as people write it, in English or Chinese.
func ParseAction(s string) (Action, error) {
	word := strings.NewReplacer("(", "（", ")", "）").Replace(strings.ToLower(strings.TrimSpace(s)))
	switch word {
	case "使用", "打标":
		return Use, nil
	}
	for _, a := range actions {
		if word == string(a.action) || word == a.zh {
			return a.action, nil
		}
	}
	return "", fmt.Errorf("unknown action %q: one of view, use, edit, delete, restore, grant", s)
}

// Label is the action's name in the language l.
func (a Action) Label(l crm.Lang) string {
	for _, known := range actions {
		if a == known.action {
			return l.Pick(known.zh, string(a))
		}
	}
	return string(a)
}

// need is the level that the action needs; ok is false for an unknown action,
// which nobody may do.
func (a Action) need() (r rank, ok bool) {
	switch a {
	case View:
		return view, true
	case Use:
		return use, true
	case Edit, Delete, Restore, Give:
		return edit, true
	}
	return 0, false
}

// configures reports whether the action needs the tag-configuration permission.
func (a Action) configures() bool {
	r, _ := a.need()
	return r == edit
}

// Object is what is asked about: one of the Object constants of package crm, and
// the id of the group or tag.
type Object struct {
	Kind string
	ID   int64
}

// Everything is the object of grants on all groups and tags.
func Everything() Object { return Object{Kind: crm.ObjectAll} }

// Group is the tag group with the id.
func Group(id int64) Object { return Object{crm.ObjectGroup, id} }

// Tag is the tag with the id.
func Tag(id int64) Object { return Object{crm.ObjectTag, id} }

// Customer is what a decision needs of a customer that is named.
type Customer struct {
	Live bool
	// DeletionID is the event that put the customer into the recycle bin, for the
	// sentences; 0 when it is live or the event is not known.
	DeletionID int64
	// Followers are the ids of the staff who follow the customer.
	Followers []int64
}

// Question is one question: may the subject do this?
type Question struct {
	// Subject is a staff id, or 0 for the operator, who may do everything with
	// what is live.
	Subject int64
	Do      Action
	On      Object
	// Customer is the customer it is about, nil when none is named.
	Customer *Customer
}
