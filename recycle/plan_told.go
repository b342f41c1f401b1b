package recycle

import (
	"cmp"
	"slices"

	"tagkeep/internal/crm"
)

// Called is what an item of the plan is called afterwards, a tag with its group.
func (p *Plan) Called(i Item) string {
	id := i.ID
	if i.Do == Merge {
		id = i.Other
	}
	if i.Kind == crm.ObjectGroup {
		return p.groupCalled(id)
	}
	for _, t := range p.Company.Tags {
		if t.ID != id {
			continue
		}
		group := t.GroupID
		if i.Do != Merge && i.group != 0 {
			group = i.group
		}
		return p.groupCalled(group) + ":" + cmp.Or(i.NewName, t.Name)
	}
	return i.Name
}

// TagsBeside are, of a group whose name is taken, the names of the tags that both
// groups have, only the one in the bin, and only the live one.
func (p *Plan) TagsBeside(i Item) (both, old, live []string) {
	there := make(map[string]bool)
	for _, t := range p.Company.Tags {
		if t.GroupID == i.Other && t.DeletionID == 0 {
			there[t.Name] = true
		}
	}
	returning := make(map[string]bool)
	for _, t := range p.Company.Tags {
		switch {
		case t.GroupID != i.ID || t.DeletionID != p.Event.ID:
		case there[t.Name]:
			both, returning[t.Name] = append(both, t.Name), true
		default:
			old = append(old, t.Name)
		}
	}
	for _, t := range p.Company.Tags {
		if t.GroupID == i.Other && t.DeletionID == 0 && !returning[t.Name] {
			live = append(live, t.Name)
		}
	}
	return both, old, live
}

func (p *Plan) groupCalled(id int64) string {
	for _, i := range p.Items {
		if i.Kind == crm.ObjectGroup && i.ID == id && i.NewName != "" && i.Do != Merge && i.Do != Skip {
			return i.NewName
		}
	}
	for _, g := range p.Company.Groups {
		if g.ID == id {
			return g.Name
		}
	}
	return "#" + itoa(id)
}

// Partly reports whether something of it does not come back that nothing else
// will bring back by itself: an item or customer that stays, a grant that waits
// for somebody, a link or grant that somebody has to decide about. What waits for
// its other end, or an account that is disabled, and what was taken away on
// purpose, do not count.
func (p *Plan) Partly() bool {
	if p.Customers.Skipped > 0 || slices.ContainsFunc(p.Items, func(i Item) bool { return i.Do == Skip }) {
		return true
	}
	return slices.ContainsFunc(p.Counts, func(c Count) bool {
		waits := c.Reason == crm.ReasonTagInBin || c.Reason == crm.ReasonCustomerInBin || c.Reason == crm.ReasonObjectInBin || c.Reason == crm.ReasonInactive
		return c.Verdict == crm.Conflict || c.Verdict == crm.Parked && !waits
	})
}
