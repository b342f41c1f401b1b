package importer

import (
	"cmp"
	"slices"
	"strconv"

	"tagkeep/internal/crm"
	"tagkeep/internal/table"
)

// identity is whom a row means.
type identity struct {
	id    int64 // 0 for a new customer
	fresh bool  // to be created
	// claim is the id under which the file's claims on the customer stand: its
	// own, or the stand-in of a new customer whose first row was rejected. A
	// stand-in is the negative number of that row.
	claim  int64
	by     int // the key column that decided
	keys   [3]string
	others int // live customers that share a new customer's phone
	// alone: no other row of the file can mean the customer, and nothing needs
	// to be remembered of this one.
	alone bool
}

// identify answers "who is it?" (docs/matching.md): 客户ID, else unionid, else
// 手机号. Rejected rows count like any other: whom a row means does not change
// when an earlier one is mended. It reports false, with a problem of the row,
// when the row cannot tell.
func (c *customers) identify(r *row) (identity, bool) {
	who := identity{by: -1}
	for k, column := range keyColumns {
		if who.by < 0 && r.bad(column) {
			return who, false // the weaker keys could mean anybody
		}
		who.keys[k] = r.text(column)
		if who.keys[k] != "" && who.by < 0 {
			who.by = column
		}
	}
	if who.by < 0 {
		return who, false // the parser has said REQUIRED
	}
	ok := false
	if who, ok = c.whom(r, who); ok {
		who.alone = c.alone(&who, r)
	}
	return who, ok
}

func (c *customers) whom(r *row, who identity) (identity, bool) {
	for k := range 2 {
		// An external id or unionid has one live holder; should a broken database
		// hold two, the older one is taken.
		if holders := c.holders(k, who.keys[k]); len(holders) > 0 {
			who.by = keyColumns[k]
			return c.known(r, who, holders[0], k)
		}
	}
	return c.byPhone(r, who)
}

// known checks that the other filled keys do not belong to somebody else.
func (c *customers) known(r *row, who identity, id int64, by int) (identity, bool) {
	for k, v := range who.keys {
		if k == by {
			continue
		}
		if others := c.holders(k, v); len(others) > 0 && !slices.Contains(others, id) {
			r.problem(keyColumns[k], crm.Problem{Code: crm.KeyConflict, Args: []string{
				c.header(r, keyColumns[by]), c.describe(id), c.header(r, keyColumns[k]), c.describe(others[0])}})
			return who, false
		}
	}
	return c.settle(who, id), true
}

// byPhone takes the one holder of the phone number that lacks the other keys
// given, or none.
func (c *customers) byPhone(r *row, who identity) (identity, bool) {
	var fit []int64
	for _, id := range c.holders(2, who.keys[2]) {
		if c.lacks(id, 0, who.keys[0]) && c.lacks(id, 1, who.keys[1]) {
			fit = append(fit, id)
		} else if id > 0 && c.followed(id) {
			who.others++
		}
	}
	switch len(fit) {
	case 1:
		who.by = table.CustMobile
		return c.settle(who, fit[0]), true
	case 0:
		who.fresh, who.claim = true, -int64(r.rec.Row)
		return who, true
	}
	args := []string{who.keys[2], strconv.Itoa(len(fit))}
	if slices.ContainsFunc(fit, func(id int64) bool { return !c.followed(id) }) {
		args = args[:1] // not even how many
	}
	r.problem(table.CustMobile, crm.Problem{Code: crm.CustomerAmbiguous, Args: args})
	return who, false
}

// settle fills in who a holder is: a customer, or the stand-in for one whose
// rows were all rejected so far.
func (c *customers) settle(who identity, id int64) identity {
	who.claim = c.e.claims.of(id)
	if id < 0 {
		who.fresh = true
	} else {
		who.id = id
	}
	return who
}

// holders are those that have a key by now: live customers in the order of
// their ids, then whom rejected rows mean by it.
func (c *customers) holders(k int, v string) []int64 {
	if v == "" {
		return nil
	}
	kv := keyValue{k, v}
	var out []int64
	for _, id := range c.byKey[kv] {
		if keysOf(c.live[id])[k] == v && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, cmp.Compare)
	for _, id := range c.e.claims.meant(kv) {
		there := id < 0 || c.live[id] != nil // else deleted since
		if there && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// lacks reports whether a holder has no value of key k that differs from v.
func (c *customers) lacks(id int64, k int, v string) bool {
	if v == "" {
		return true
	}
	if live := c.live[id]; live != nil && keysOf(live)[k] != "" && keysOf(live)[k] != v {
		return false
	}
	claimed := c.e.claims.keysOf(id)[k]
	return claimed == "" || claimed == v
}

// alone reports whether no other row of the file can mean the same customer.
func (c *customers) alone(who *identity, r *row) bool {
	index := c.e.repeats
	if index == nil || who.claim < 0 && who.claim != -int64(r.rec.Row) {
		return false
	}
	for k, v := range who.keys {
		if v != "" && r.meets[k] {
			return false
		}
	}
	if live := c.live[who.id]; live != nil {
		for k, v := range keysOf(live) {
			if v != "" && v != who.keys[k] && index.stands(k, v) {
				return false
			}
		}
	}
	return true
}

// describe names a customer in a message.
func (c *customers) describe(id int64) string {
	if id > 0 && !c.followed(id) {
		return c.e.opts.Lang.Pick("（别的部门的客户）", "(of another department)")
	}
	if live := c.live[id]; live != nil && live.Name != "" {
		return live.Name + " #" + strconv.FormatInt(id, 10)
	}
	if id < 0 {
		n := strconv.FormatInt(-id, 10)
		return c.e.opts.Lang.Pick("第 "+n+" 行", "row "+n)
	}
	return "#" + strconv.FormatInt(id, 10)
}
