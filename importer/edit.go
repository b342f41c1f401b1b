package importer

import (
	"slices"
	"strconv"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/table"
)

// edit is what one row would do to the database, worked out before anything is
// changed.
type edit struct {
	c     *customers
	who   identity
	staff int64

	customer crm.Customer // as the row leaves it
	own      []cellChange
	follow   crm.Follow
	newPair  bool
	pair     []cellChange
	have     map[int64]crm.Link
	links    linkChange
}

// edit compares the cells of a row with what is there; for the links see
// planLinks. It is valid until the next call: there are millions of rows.
func (c *customers) edit(r *row, who identity, staff int64) *edit {
	e := &c.scratch
	*e = edit{c: c, who: who, staff: staff, own: e.own[:0], pair: e.pair[:0]}
	if who.fresh {
		e.customer = crm.Customer{CreatedBy: c.e.opts.CreatedBy, Version: 1}
	} else {
		e.customer = *c.live[who.id]
	}
	e.ownCells(r)
	if staff != 0 {
		e.pairCells(r)
	}
	return e
}

// planLinks says the same of a duplicate whether or not its twin is stored yet:
// what its twin may not add or remove, it has neither added nor removed.
func (e *edit) planLinks(r *row, tags tagWish) {
	e.have = e.c.links[crm.Pair{CustomerID: e.who.id, StaffID: e.staff}]
	e.links = e.c.diffLinks(tags, e.have)
	e.c.checkLinks(r, e.links)
	e.c.checkNewTags(r, e.links)
}

func (e *edit) ownCells(r *row) {
	for _, o := range ownCells {
		v, asked := r.asks(o.column)
		if !asked || o.pair && e.staff != 0 {
			continue
		}
		if e.who.fresh {
			o.put(&e.customer, v)
		} else if old := o.get(&e.customer); old != v {
			e.own = append(e.own, cellChange{o.column, old, v})
			o.put(&e.customer, v)
		}
	}
}

func (e *edit) pairCells(r *row) {
	old, there := e.c.follows[crm.Pair{CustomerID: e.who.id, StaffID: e.staff}]
	if there {
		e.follow = *old
	} else {
		e.newPair = true
		e.follow = crm.Follow{StaffID: e.staff, CreatedBy: e.c.e.opts.CreatedBy, Version: 1}
	}
	for _, p := range pairCells {
		v, asked := r.asks(p.column)
		if !asked {
			continue
		}
		if e.newPair {
			p.put(&e.follow, v)
		} else if old := p.get(&e.follow); old != v {
			e.pair = append(e.pair, cellChange{p.column, old, v})
			p.put(&e.follow, v)
		}
	}
}

// live reports whether the (customer, follower) is there already.
func (e *edit) live() bool { return !e.who.fresh && (e.staff == 0 || !e.newPair) }

func (e *edit) changesLinks() bool { return len(e.links.add)+len(e.links.remove) > 0 }

// refusePrior refuses a row that comes back from a repair file as a duplicate,
// or as one that contradicts another, and would now, alone, overwrite that one.
// A row with other errors keeps the code, lest it be lost when these are mended.
func (e *edit) refusePrior(r *row) {
	prior := r.rec.Prior
	if prior == "" || e.who.fresh || r.has(prior) {
		return
	}
	if prior == crm.ConflictUpdate {
		for _, ch := range e.own {
			r.problem(ch.column, crm.Problem{Code: prior, Args: []string{e.c.header(r, ch.column)}})
		}
		return
	}
	if e.live() && (len(e.own)+len(e.pair) > 0 || e.changesLinks() || r.rec.Failed()) {
		r.problem(e.who.by, crm.Problem{Code: prior})
	}
}

// checkNewTags keeps the tags that a row creates under WeCom's limit.
func (c *customers) checkNewTags(r *row, ch linkChange) {
	n := 0
	for _, w := range ch.add {
		if w.tag == nil {
			n++
		}
	}
	if n > 0 && c.e.names.liveTags+n > crm.MaxTags {
		r.problem(table.CustTags, crm.Problem{Code: crm.LimitReached, Args: []string{strconv.Itoa(crm.MaxTags), "tags"}})
	}
}

// accept turns the edit into writes and into what later rows of the file see.
func (e *edit) accept(r *row) {
	c := e.c
	c.countLinks(e.have, e.links)
	if e.who.fresh {
		e.create(r)
	} else if len(e.own) > 0 {
		e.update(r)
	}
	if e.staff != 0 {
		e.acceptPair(r)
	}
	e.acceptLinks(r)
	switch {
	case e.who.fresh:
		r.outcome = created
	case len(e.own)+len(e.pair) > 0 || e.staff != 0 && e.newPair || e.changesLinks():
		r.outcome = updated
	default:
		r.outcome = unchanged
	}
	if !e.who.alone {
		c.remember(r, e.who.claim)
		c.e.claims.first(pair(e.who.claim, e.staff), r.rec.Row)
	}
}

func (e *edit) create(r *row) {
	c := e.c
	e.customer.ID = c.e.ids.take(store.SeqCustomer)
	e.who.id = e.customer.ID
	if e.who.claim == -int64(r.rec.Row) {
		e.who.claim = e.who.id // no earlier row meant the customer
	} else {
		c.e.claims.become(e.who.claim, e.who.id)
	}
	c.newCustomers = append(c.newCustomers, e.customer)
	c.e.unit.created.Customers++
	e.keep()
	for k, v := range e.who.keys {
		if d := c.inBin[keyValue{k, v}]; v != "" && d != 0 && c.e.rights == nil { // who followed that one is not known
			r.problem(keyColumns[k], crm.Problem{Code: crm.InBin, Warn: true, Args: []string{v, c.e.names.events.Label(d)}})
			break
		}
	}
	if e.who.others > 0 {
		r.problem(table.CustMobile, crm.Problem{Code: crm.SharedPhone, Warn: true, Args: []string{strconv.Itoa(e.who.others)}})
	}
}

func (e *edit) update(r *row) {
	c := e.c
	before := *c.live[e.who.id]
	e.customer.Version++
	c.updates = append(c.updates, e.customer)
	e.list(r, e.own)
	if !c.e.owns(store.SeqCustomer, e.who.id) {
		c.e.image(&c.images, r, crm.ImageCustomer, e.who.id, 0, before, e.customer.Digest())
	}
	e.keep()
}

// keep makes the rows after this one see the customer as it leaves it.
func (e *edit) keep() {
	if e.who.alone {
		return // no other row means the customer
	}
	c := e.c
	kept := e.customer
	c.hold(&kept)
	if !c.e.dry {
		return
	}
	p := pack(&e.customer)
	c.rehearsed.set(e.who.id, p)
	for k, v := range keysOf(p.customer(e.who.id)) {
		kv := keyValue{k, v}
		if had := c.newHolder.get(kv); v != "" && !slices.Contains(had, e.who.id) {
			c.newHolder.set(kv, append(had, e.who.id))
		}
	}
}

// packed are the cells of a customer in one string, which is small and does not
// keep the text alive that they were read with.
type packed string

// packSeparator stands in no cell: such a row is refused.
const packSeparator = "\x00"

func pack(cu *crm.Customer) packed {
	cells := make([]string, len(ownCells))
	for i, o := range ownCells {
		cells[i] = o.get(cu)
	}
	return packed(strings.Join(cells, packSeparator))
}

func (p packed) customer(id int64) *crm.Customer {
	cu := &crm.Customer{ID: id}
	for i, cell := range strings.SplitN(string(p), packSeparator, len(ownCells)) {
		ownCells[i].put(cu, cell)
	}
	return cu
}

func (e *edit) acceptPair(r *row) {
	c := e.c
	e.follow.CustomerID = e.who.id
	key := crm.Pair{CustomerID: e.who.id, StaffID: e.staff}
	before, image := any(nil), e.newPair
	switch {
	case e.newPair:
		c.newFollows = append(c.newFollows, e.follow)
		c.e.unit.created.Follows++
	case len(e.pair) > 0:
		before, image = *c.follows[key], true
		e.follow.Version++
		c.followEdits = append(c.followEdits, e.follow)
		e.list(r, e.pair)
	}
	if image && !c.e.owns(store.SeqCustomer, e.who.id) {
		c.e.image(&c.images, r, crm.ImageFollow, e.who.id, e.staff, before, e.follow.Digest())
	}
	if !e.who.alone {
		kept := e.follow
		c.follows[key] = &kept
	}
}

func (e *edit) acceptLinks(r *row) {
	if !e.changesLinks() {
		return
	}
	c := e.c
	var image crm.LinksImage
	imaged := !c.e.dry && !c.e.owns(store.SeqCustomer, e.who.id)
	for _, l := range e.links.remove {
		c.removals = append(c.removals, removal{l, c.e.names.tagByID[l.TagID].DeletionID})
		image.Removed = append(image.Removed, l)
	}
	for _, w := range e.links.add {
		t := w.tag
		if t == nil {
			t = c.createTag(r, w.create)
		}
		c.newLinks = append(c.newLinks, crm.Link{CustomerID: e.who.id, TagID: t.ID, StaffID: e.staff, TaggedBy: c.e.opts.CreatedBy})
		if imaged {
			image.Added = append(image.Added, t.ID)
		}
	}
	r.added, r.removed = len(e.links.add), len(e.links.remove)
	if imaged {
		c.e.image(&c.images, r, crm.ImageLinks, e.who.id, e.staff, image, "")
	}
}

// list adds the changes to those shown to people.
func (e *edit) list(r *row, changes []cellChange) {
	e.c.e.list(r, "customer:"+label(&e.customer), changes)
}

// label is how messages name a customer: by name, else by a key.
func label(cu *crm.Customer) string {
	for _, s := range []string{cu.Name, cu.ExternalID, cu.UnionID} {
		if s != "" {
			return s
		}
	}
	return "#" + strconv.FormatInt(cu.ID, 10)
}
