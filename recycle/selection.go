package recycle

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/snapshot"
)

// Selection is what is chosen, by ids. A group stands for its tags too.
type Selection struct {
	Groups    []int64 `json:"groups,omitempty"`
	Tags      []int64 `json:"tags,omitempty"`
	Customers []int64 `json:"customers,omitempty"`
}

// Empty reports whether nothing is chosen.
func (s Selection) Empty() bool { return len(s.Groups)+len(s.Tags)+len(s.Customers) == 0 }

// sorted is the selection in ascending order, each id once.
func (s Selection) sorted() Selection {
	tidy := func(list []int64) []int64 {
		list = slices.Clone(list)
		slices.Sort(list)
		return slices.Compact(list)
	}
	return Selection{tidy(s.Groups), tidy(s.Tags), tidy(s.Customers)}
}

// Refusal: whoever acts may not do this to one of the things. An object that
// they may not even see is in the chain as one that is not there.
type Refusal struct {
	Do       access.Action
	On       access.Object
	Customer int64 // the customer it is about, 0 for none
	Decision access.Decision
}

func (e *Refusal) Error() string {
	return fmt.Sprintf("%s %s #%d: not allowed", e.Do, e.On.Kind, e.On.ID)
}

// victims are the live things that a delete would send into the bin.
type victims struct {
	company   crm.Company
	world     *access.World
	groups    []crm.Group
	tags      []crm.Tag // those of the groups too
	customers []int64
	into      int64  // the tag that the others are merged into, 0 for none
	losing    *int64 // customers who lose a tag, where they are counted already
	digest    [sha256.Size]byte
}

// findVictims reads what a selection stands for now. Things of it that are not
// live (any more) are an ErrChanged.
func findVictims(tx *store.Tx, s Selection) (*victims, error) {
	if s.Empty() {
		return nil, ErrEmpty
	}
	company, err := tx.Company()
	if err != nil {
		return nil, err
	}
	v := &victims{company: company, world: access.New(company), customers: s.Customers}
	groups, tags := setOf(s.Groups), setOf(s.Tags)
	for _, g := range company.Groups {
		if g.DeletionID == 0 && groups[g.ID] {
			v.groups = append(v.groups, g)
		}
	}
	named := 0
	for _, t := range company.Tags {
		if t.DeletionID == 0 && (tags[t.ID] || groups[t.GroupID]) {
			v.tags = append(v.tags, t)
			if tags[t.ID] {
				named++
			}
		}
	}
	if len(v.groups) != len(groups) || named != len(tags) {
		return nil, fmt.Errorf("some of what is chosen is no longer there: %w", ErrChanged)
	}
	return v, v.seal(tx)
}

// seal takes the digest of the rows that will go.
func (v *victims) seal(tx *store.Tx) error {
	all := Selection{Groups: v.groupIDs(), Tags: v.tagIDs(), Customers: v.customers}
	live := 0
	var err error
	if v.digest, live, err = digestOf(tx, all); err != nil {
		return err
	}
	if n := len(all.Groups) + len(all.Tags) + len(all.Customers); live != n {
		return fmt.Errorf("%d of %d are no longer there: %w", n-live, n, ErrChanged)
	}
	return nil
}

// digestOf takes the digest of things: of their ids and versions, for a version
// counts every change. live is how many of them are live.
func digestOf(tx *store.Tx, s Selection) (sum [sha256.Size]byte, live int, err error) {
	h := sha256.New()
	type row struct{ id, version int64 }
	var chunk []row
	for _, x := range []struct {
		kind string
		ids  []int64
	}{{crm.ObjectGroup, s.Groups}, {crm.ObjectTag, s.Tags}, {crm.RefCustomer, s.Customers}} {
		for part := range slices.Chunk(x.ids, 5000) {
			chunk = chunk[:0]
			err := tx.Versions(x.kind, part, func(id, version, deletion int64) {
				chunk = append(chunk, row{id, version})
				if deletion == 0 {
					live++
				}
			})
			if err != nil {
				return sum, 0, err
			}
			slices.SortFunc(chunk, func(a, b row) int { return cmp.Compare(a.id, b.id) })
			for _, r := range chunk {
				h.Write([]byte(x.kind))
				h.Write(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(r.id)), uint64(r.version)))
			}
		}
	}
	h.Sum(sum[:0])
	return sum, live, nil
}

func (v *victims) tagIDs() []int64 {
	out := make([]int64, len(v.tags))
	for i, t := range v.tags {
		out[i] = t.ID
	}
	return out
}

func (v *victims) groupIDs() []int64 {
	out := make([]int64, len(v.groups))
	for i, g := range v.groups {
		out[i] = g.ID
	}
	return out
}

// scope is what the snapshot must hold.
func (v *victims) scope() snapshot.Scope {
	s := snapshot.Scope{Groups: v.groupIDs(), Tags: v.tagIDs(), Customers: v.customers}
	if v.into != 0 {
		s.Tags = append(s.Tags, v.into)
		slices.Sort(s.Tags)
	}
	return s
}

// permit refuses, with a *Refusal, what by may not do to any of the things.
func permit(tx *store.Tx, w *access.World, by int64, do access.Action, groups []int64, tags []int64, customers []int64) error {
	if by == 0 {
		return nil
	}
	var objects []access.Object
	for _, id := range groups {
		objects = append(objects, access.Group(id))
	}
	for _, id := range tags {
		objects = append(objects, access.Tag(id))
	}
	for _, o := range objects {
		q := access.Question{Subject: by, Do: do, On: o}
		if !w.Allowed(q) {
			return &Refusal{Do: do, On: o, Decision: w.Decide(q)}
		}
	}
	for part := range slices.Chunk(customers, 500) {
		if err := permitCustomers(tx, w, by, do, part); err != nil {
			return err
		}
	}
	return nil
}

// permitCustomers asks what anything about a customer takes: the right to edit
// and a follower in one's departments.
func permitCustomers(tx *store.Tx, w *access.World, by int64, do access.Action, customers []int64) error {
	followers := make(map[int64][]int64, len(customers))
	values := make([]any, len(customers))
	for i, id := range customers {
		values[i] = id
	}
	if err := tx.FollowsOf(values, func(f crm.Follow) { followers[f.CustomerID] = append(followers[f.CustomerID], f.StaffID) }); err != nil {
		return err
	}
	for _, id := range customers {
		q := access.Question{Subject: by, Do: do, On: access.Everything(), Customer: &access.Customer{Live: true, Followers: followers[id]}}
		if !w.Allowed(q) {
			return &Refusal{Do: do, On: access.Everything(), Customer: id, Decision: w.Decide(q)}
		}
	}
	return nil
}

func setOf(lists ...[]int64) map[int64]bool {
	s := make(map[int64]bool)
	for _, list := range lists {
		for _, id := range list {
			s[id] = true
		}
	}
	return s
}

// shownNames is how many things a summary names.
const shownNames = 3

// summary names what went, for lists: "标签组 意向; 高意向, 低意向 …".
func summary(c crm.Company, groups []crm.Group, tags []crm.Tag, customers int) string {
	names := make(map[int64]string, len(c.Groups))
	for _, g := range c.Groups {
		names[g.ID] = g.Name
	}
	going := make(map[int64]bool)
	var parts []string
	for _, g := range groups {
		going[g.ID] = true
		parts = append(parts, "group:"+g.Name)
	}
	for _, t := range tags {
		if !going[t.GroupID] {
			parts = append(parts, "tag:"+names[t.GroupID]+":"+t.Name)
		}
	}
	more := len(parts) - shownNames
	parts = parts[:min(len(parts), shownNames)]
	if more > 0 {
		parts = append(parts, fmt.Sprintf("+%d", more))
	}
	if customers > 0 {
		parts = append(parts, fmt.Sprintf("customer×%d", customers))
	}
	return strings.Join(parts, ", ")
}
