package filter

import (
	"strings"
	"unicode"

	"tagkeep/internal/crm"
)

// Customer answers for a customer as a whole: the conditions on followers, their
// departments and what they noted ask all of follows, tags those of all links.
// Links that sleep may be among them; a tag counts when it and its group are
// live, or in the bin when that is asked for.
func (f *Filter) Customer(c *crm.Customer, follows []crm.Follow, links []crm.Link) bool {
	return f.chosen(c.DeletionID) && f.root.holds(&customer{f: f, c: c, own: true, follows: follows, links: links})
}

// Row answers for one exported row of a customer: that of follow, or the one that
// is tied to no follower when follow is nil. The conditions on the follower, the
// department, the source, the remark, the description, when the customer was
// added and text look at this row; all others at the customer, tags of other
// rows included.
func (f *Filter) Row(c *crm.Customer, follow *crm.Follow, links []crm.Link) bool {
	row := &customer{f: f, c: c, own: follow == nil, links: links}
	if follow != nil {
		row.follows = []crm.Follow{*follow}
	}
	return f.chosen(c.DeletionID) && f.root.holds(row)
}

// Tag answers for a tag of the group g that so many customers carry. A tag
// without an id stands for a group that has none.
func (f *Filter) Tag(t *crm.Tag, g *crm.Group, customers int64) bool {
	return f.chosen(t.DeletionID) && f.root.holds(&tag{t, g, customers})
}

// Group answers for a tag group.
func (f *Filter) Group(g *crm.Group) bool { return f.chosen(g.DeletionID) && f.root.holds(&group{g}) }

// Staff answers for a person. There is no bin for people: see Check.
func (f *Filter) Staff(p *crm.Staff) bool { return f.root.holds(&person{f, p}) }

// Grant answers for a grant, whether or not it has effect now.
func (f *Filter) Grant(g *crm.Grant) bool { return f.root.holds(&grant{f, g}) }

// chosen: either what is live or what is in the bin.
func (f *Filter) chosen(deletion int64) bool { return f.bin == (deletion != 0) }

// value is one of the values that a thing has in a field: a text, or a number, a
// moment or an id.
type value struct {
	text   string
	n      int64
	nocase bool // the text is an account
}

// thing is what a filter is asked about.
type thing interface {
	// any reports whether a value of the field passes. Blank texts and moments
	// that are not known are no values.
	any(field string, pass func(value) bool) bool
}

func (r *rule) holds(t thing) bool {
	switch r.op {
	case opNot:
		return !r.kids[0].holds(t)
	case opAnd:
		for i := range r.kids {
			if !r.kids[i].holds(t) {
				return false
			}
		}
		return true
	case opOr:
		for i := range r.kids {
			if r.kids[i].holds(t) {
				return true
			}
		}
		return false
	}
	return r.tested(t)
}

func (r *rule) tested(t thing) bool {
	switch r.cmp {
	case "": // in bin: nothing else is asked about then
		return true
	case "has":
		return t.any(r.field.name, r.present)
	case "no":
		return !t.any(r.field.name, r.present)
	case "=":
		return r.equal(t)
	case "!=":
		return !r.equal(t)
	case "~":
		return t.any(r.field.name, func(v value) bool { return strings.Contains(foldText(v.text), r.text) })
	}
	return t.any(r.field.name, r.ordered)
}

// present: a yes, at least one, or whatever is known.
func (r *rule) present(v value) bool {
	switch r.field.sort {
	case yesNoSort:
		return v.text == "1"
	case textSort, phoneSort, wordSort, daySort:
		return v.text != ""
	}
	return v.n != 0
}

func (r *rule) equal(t thing) bool {
	if r.text == "" && r.ids == nil {
		return !t.any(r.field.name, r.present)
	}
	return t.any(r.field.name, func(v value) bool {
		switch {
		case r.ids != nil:
			return r.ids[v.n]
		case r.field.sort == momentSort, r.field.sort == numberSort:
			return r.from <= v.n && v.n < r.to
		case r.field.sort == phoneSort:
			return phoneKey(v.text) == r.text
		case v.nocase:
			return crm.UserIDKey(v.text) == crm.UserIDKey(r.text)
		}
		return v.text == r.text
	})
}

// ordered compares days as texts, which sort as they follow each other.
func (r *rule) ordered(v value) bool {
	before, after := v.n < r.from, v.n >= r.to
	if r.field.sort == daySort {
		before, after = v.text < r.text, v.text > r.text
	}
	switch r.cmp {
	case "<":
		return before
	case "<=":
		return !after
	case ">":
		return after
	}
	return !before
}

// foldText takes away case and width, and nothing else: unlike crm.Fold it keeps
// spaces, so that a text of spaces is not contained in everything.
func foldText(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case '！' <= r && r <= '～':
			r -= '！' - '!'
		case r == '\u3000':
			return ' '
		}
		return unicode.ToLower(unicode.ToUpper(r))
	}, s)
}
