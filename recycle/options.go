package recycle

import (
	"time"

	"tagkeep/internal/crm"
)

// Policy says what becomes of something whose name is taken.
type Policy string

// The policies.
const (
	Rename  Policy = "rename"  // it comes back as NAME(2)
	Merge   Policy = "merge"   // it goes into the one that is there
	Replace Policy = "replace" // the one that is there goes into the bin
	Skip    Policy = "skip"    // it stays in the bin
)

// Thing is a group, tag, customer, department or person.
type Thing struct {
	Kind string
	ID   int64
}

// RestoreOptions say what comes back and how.
type RestoreOptions struct {
	// Only a part of the event; nil = all of it.
	Only *Selection
	// OnConflict is for every name that is taken; "" = Rename. Choose decides one
	// by one where it is set, and is asked once per name.
	OnConflict Policy
	Choose     func(Item) Policy
	// Names are new names, for what would otherwise clash or break a rule.
	Names map[Thing]string
	// Into is the group that tags whose own group does not come back go into, 0 =
	// none.
	Into int64
	// Subjects are who takes the place of a person or department that grants are
	// for: a human says so.
	Subjects map[Thing]int64
	// Fit leaves in the bin what the limit of tags has no room for.
	Fit bool
	// KeepInto: what a merge of tags gave to the tag that the others went into
	// stays there when they come back.
	KeepInto bool
	// AcceptWider lets more people gain access than pass without a word.
	AcceptWider bool
	// LookOnly makes a plan for auditors too, who see everything and change
	// nothing: the one that a super admin would carry out, with NoteAuditor.
	LookOnly bool
	// Hash is that of the plan that was agreed to; "" = whatever it is.
	Hash    string
	Reason  string
	By      int64 // staff id, 0 = the operator
	Command string
	Wait    time.Duration
}

// Item is what becomes of one group or tag.
type Item struct {
	Kind string `json:"kind"`
	ID   int64  `json:"id"`
	// Name is the one that it had, with its group's: 意向:高意向.
	Name string `json:"name"`
	// Do is restore, rename, merge, replace or skip.
	Do      Policy `json:"do"`
	NewName string `json:"new_name,omitempty"`
	// Other is the live one of the name, 0 for none.
	Other  int64      `json:"other,omitempty"`
	Reason crm.Reason `json:"reason,omitempty"` // of a skip
	Links  int64      `json:"links,omitempty"`
	// Both, OldOnly and NewOnly are how many pairs of customer and member have
	// both of two tags of a name, only this one, only the live one.
	Both    int64 `json:"both,omitempty"`
	OldOnly int64 `json:"old_only,omitempty"`
	NewOnly int64 `json:"new_only,omitempty"`
	// Shell: the group comes back because a tag of it does, alone.
	Shell bool `json:"shell,omitempty"`
	// Reconstructed: it had been purged, and comes back from its shell.
	Reconstructed bool `json:"reconstructed,omitempty"`

	event int64 // that it lies in the bin with
	group int64 // of a tag: the one that it comes back into
}

// restored is what Do is where nothing is in the way.
const restored Policy = "restore"

// Note is something worth knowing about a restore.
type Note struct {
	Code string   `json:"code"`
	Args []string `json:"args,omitempty"`
}

// Codes of notes.
const (
	NoteParentRenamed = "PARENT_RENAMED" // the group has another name now: old, new
	NoteEarlier       = "EARLIER"        // a tag of the group that was deleted before stays: name, event
	NoteReordered     = "REORDERED"      // the places of others moved: how many
	NoteLinkConflict  = "LINK_CONFLICT"  // customer, old tag, new tag
	NoteCustomer      = "CUSTOMER_MERGED"
	NoteCustomerClash = "CUSTOMER_CLASH"
	NotePurgedTag     = "TAG_PURGED" // a tag of a customer is gone for good: name, how many links
	NoteWeCom         = "WECOM"      // still to be done in WeCom itself
	NoteSnapshotWeak  = "SNAPSHOT"   // the event's snapshot is missing or damaged
	NoteSurvivor      = "NOT_OURS"   // changed since: not put back
	NoteNearDuplicate = "NEAR_DUPLICATE"
	NoteDiffers       = "DIFFERS"  // the one in the bin is not as the snapshot has it: kind, id, column, there, in the snapshot
	NoteAuditor       = "AUDITOR"  // it is shown to an auditor, who may not carry it out
	NoteUnmerged      = "UNMERGED" // the tag of a merge gives links back: its name, how many, how many it keeps

	// Why the undo of an import leaves something as it is; the thing.
	NoteChangedSince = "CHANGED_SINCE" // somebody has edited it
	NoteInBin        = "IN_BIN"        // it has been deleted
	NoteKeyTaken     = "KEY_TAKEN"     // another one has its old name or key now
	NoteInUse        = "IN_USE"        // others build on it now
	NoteNewerChoice  = "NEWER_CHOICE"  // the pair has another tag of the single-choice group now
	NoteGone         = "GONE"          // it, or what it belongs to, is gone for good
)

// Count is how many links or grants got a verdict, and why.
type Count struct {
	Kind    string      `json:"kind"` // link or grant
	Verdict crm.Verdict `json:"verdict"`
	Reason  crm.Reason  `json:"reason,omitempty"`
	N       int64       `json:"n"`
}

// GrantVerdict is what becomes of one grant.
type GrantVerdict struct {
	Grant   crm.Grant `json:"-"`
	ID      int64     `json:"id"`
	On      string    `json:"on"` // as commands write it
	Level   crm.Level `json:"level"`
	Subject Thing     `json:"-"`
	// Was is the name of a subject that is gone for good, "" of others.
	Was     string      `json:"was,omitempty"`
	To      int64       `json:"to,omitempty"` // whom it is mapped to
	Verdict crm.Verdict `json:"verdict"`
	Reason  crm.Reason  `json:"reason,omitempty"`
	// Candidate may take the subject's place if a human says so, 0 for none; More
	// is how many people more that would reach.
	Candidate int64 `json:"candidate,omitempty"`
	More      int   `json:"more,omitempty"`

	do grantAction
}

// Plan is what a restore would do.
type Plan struct {
	Event     crm.Deletion     `json:"-"`
	Items     []Item           `json:"items"`
	Customers CustomerPlan     `json:"customers"`
	Counts    []Count          `json:"verdicts"`
	Grants    []GrantVerdict   `json:"grants"`
	Access    AccessChange     `json:"access"`
	Notes     []Note           `json:"notes"`
	Hash      string           `json:"hash"`
	Company   crm.Company      `json:"-"`     // as it is now, to name things
	Total     map[string]int64 `json:"total"` // links and grants in scope
}

// CustomerPlan is what becomes of the customers.
type CustomerPlan struct {
	Back    int64 `json:"back"`
	Merged  int64 `json:"merged"`  // into a live customer with the same id
	Skipped int64 `json:"skipped"` // their keys belong to two live customers
}

// Sum is how many links or grants got a verdict.
func (p *Plan) Sum(kind string, v crm.Verdict) (n int64) {
	for _, c := range p.Counts {
		if c.Kind == kind && (v == "" || c.Verdict == v) {
			n += c.N
		}
	}
	return n
}

// Conflicts are the items whose name is taken.
func (p *Plan) Conflicts() (out []Item) {
	for _, i := range p.Items {
		if i.Other != 0 || i.Do == Skip {
			out = append(out, i)
		}
	}
	return out
}
