package snapshot

import (
	"cmp"
	"context"

	"github.com/jmoiron/sqlx"

	"tagkeep/internal/archive"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// batchRows is how many customers are looked up at a time.
const batchRows = 500

// their is a customer of the snapshot.
type their struct {
	id                  int64
	externalID, unionID string
	columns             []string
	cells               []any
}

// customers adds those that are missing, with their followers.
func (a *adder) customers(ctx context.Context) error {
	return a.chunks(ctx, "customer", func(c *archive.Chunk) error {
		var batch []their
		at := columnsOf(c)
		for key, cells := range c.Rows() {
			r := row{key, cells, at}
			if !a.wants("customer", r) {
				continue
			}
			t := their{id: key, externalID: r.text("external_id"), unionID: r.text("unionid")}
			t.columns, t.cells = r.values()
			if batch = append(batch, t); len(batch) == batchRows {
				if err := a.customerBatch(ctx, batch); err != nil {
					return err
				}
				batch = batch[:0]
			}
		}
		return a.customerBatch(ctx, batch)
	})
}

func (a *adder) customerBatch(ctx context.Context, batch []their) error {
	if len(batch) == 0 {
		return nil
	}
	h, err := a.holders(batch)
	if err != nil {
		return err
	}
	added := map[int64]int64{}
	var rows [][]any
	for _, t := range batch {
		verdict := h.verdict(t, a.foreign)
		if verdict != Relinked && verdict != Mapped {
			if verdict == There {
				a.out.count("customer", verdict)
			} else {
				a.out.open("customer", verdict, cmp.Or(t.externalID, t.unionID, "#"))
			}
			continue
		}
		a.out.count("customer", verdict)
		id := t.id
		if a.foreign {
			if id, err = a.tx.NextIDs(store.SeqCustomer, 1); err != nil {
				return err
			}
		}
		for i, c := range t.columns {
			switch {
			case c == "id":
				t.cells[i] = id
			case c == "created_by" && a.foreign:
				t.cells[i] = int64(0)
			}
		}
		added[t.id] = id
		rows = append(rows, t.cells)
	}
	if len(rows) == 0 {
		return nil
	}
	if err := a.tx.Insert("customer", batch[0].columns, rows); err != nil {
		return err
	}
	return a.followers(ctx, batch[0].id, batch[len(batch)-1].id, added)
}

// followers of customers that were added; those who are not here do not follow.
func (a *adder) followers(ctx context.Context, from, to int64, added map[int64]int64) error {
	var columns []string
	var rows [][]any
	for chunk, err := range a.src.Table(ctx, "customer_staff", from, to) {
		if err != nil {
			return err
		}
		at := columnsOf(chunk)
		for key, cells := range chunk.Rows() {
			r := row{key, cells, at}
			customer, ok := added[key]
			staff, known := a.staff[r.int("staff_id")]
			if !ok || !known {
				continue
			}
			names, values := r.values()
			values[at["customer_id"]], values[at["staff_id"]] = customer, staff
			if i, ok := at["created_by"]; ok && a.foreign {
				values[i] = a.staff[r.int("created_by")]
			}
			columns, rows = names, append(rows, values)
		}
	}
	return a.tx.Insert("customer_staff", columns, rows)
}

// holders are the customers here that have the ids or keys of a batch.
type holders struct {
	byID                map[int64]bool // live or not
	byExternal, byUnion map[string]crm.Customer
	purged              map[int64]bool
}

func (a *adder) holders(batch []their) (h holders, err error) {
	h = holders{map[int64]bool{}, map[string]crm.Customer{}, map[string]crm.Customer{}, map[int64]bool{}}
	var ids, externals, unions []any
	for _, t := range batch {
		ids = append(ids, t.id)
		if t.externalID != "" {
			externals = append(externals, t.externalID)
		}
		if t.unionID != "" {
			unions = append(unions, t.unionID)
		}
	}
	keep := func(m map[string]crm.Customer, key string, c crm.Customer) {
		if had, ok := m[key]; !ok || had.DeletionID != 0 { // the live one, else any
			m[key] = c
		}
	}
	if !a.foreign {
		if err := a.tx.CustomersByKey("id", ids, func(c crm.Customer) { h.byID[c.ID] = c.DeletionID == 0 }); err != nil {
			return h, err
		}
		cond, args := a.tx.In("id", ids)
		err := a.tx.Each("SELECT id FROM tombstone WHERE kind = 'customer' AND "+cond, args, func(rows *sqlx.Rows) error {
			var id int64
			err := rows.Scan(&id)
			h.purged[id] = true
			return err
		})
		if err != nil {
			return h, err
		}
	}
	if len(externals) > 0 {
		if err := a.tx.CustomersByKey("external_id", externals, func(c crm.Customer) { keep(h.byExternal, c.ExternalID, c) }); err != nil {
			return h, err
		}
	}
	if len(unions) > 0 {
		err = a.tx.CustomersByKey("unionid", unions, func(c crm.Customer) { keep(h.byUnion, c.UnionID, c) })
	}
	return h, err
}

// here is the live customer that one of the snapshot is, 0 for none. binned: it
// lies in the bin.
func (h *holders) here(t their, foreign bool) (id int64, binned bool) {
	if !foreign {
		live, known := h.byID[t.id]
		if live {
			return t.id, false
		}
		return 0, known
	}
	for _, by := range []struct {
		m   map[string]crm.Customer
		key string
	}{{h.byExternal, t.externalID}, {h.byUnion, t.unionID}} {
		if c, ok := by.m[by.key]; ok && by.key != "" {
			if c.DeletionID == 0 {
				return c.ID, false
			}
			binned = true
		}
	}
	return 0, binned
}

func (h *holders) verdict(t their, foreign bool) string {
	id, binned := h.here(t, foreign)
	switch {
	case id != 0:
		return There
	case binned, h.purged[t.id]:
		return Stale
	case foreign && t.externalID == "" && t.unionID == "":
		return Conflict // nothing says who it is
	case foreign:
		return Mapped
	}
	if c, ok := h.byExternal[t.externalID]; ok && t.externalID != "" && c.DeletionID == 0 {
		return Conflict
	}
	if c, ok := h.byUnion[t.unionID]; ok && t.unionID != "" && c.DeletionID == 0 {
		return Conflict
	}
	return Relinked
}

// theirLink is a link of the snapshot whose tag was live.
type theirLink struct {
	customer, tag, staff, at, by, run int64
}

// links adds those that are missing between what is here.
func (a *adder) links(ctx context.Context) error {
	single, err := a.singleChoice()
	if err != nil {
		return err
	}
	return a.chunks(ctx, "link", func(c *archive.Chunk) error {
		var batch []theirLink
		customers, last := 0, int64(0)
		at := columnsOf(c)
		for key, cells := range c.Rows() {
			r := row{key, cells, at}
			if _, live := a.tags[r.int("tag_id")]; !live || a.pick != nil && !a.pick.keeps("link", r) {
				continue
			}
			if key != last && customers == batchRows {
				if err := a.linkBatch(ctx, batch, single); err != nil {
					return err
				}
				batch, customers = batch[:0], 0
			}
			if key != last {
				customers, last = customers+1, key
			}
			batch = append(batch, theirLink{key, r.int("tag_id"), r.int("staff_id"), r.int("tagged_at"), r.int("tagged_by"), r.int("run_id")})
		}
		return a.linkBatch(ctx, batch, single)
	})
}

// singleChoice maps the live tags of single-choice groups to their groups.
func (a *adder) singleChoice() (map[int64]int64, error) {
	var tags []struct {
		ID      int64 `db:"id"`
		GroupID int64 `db:"group_id"`
	}
	out := map[int64]int64{}
	err := a.tx.Select(&tags, "SELECT t.id, t.group_id FROM tag t JOIN tag_group g ON g.id = t.group_id WHERE g.single_choice = 1 AND t.deletion_id = 0")
	for _, t := range tags {
		out[t.ID] = t.GroupID
	}
	return out, err
}

func (a *adder) linkBatch(ctx context.Context, batch []theirLink, single map[int64]int64) error {
	if len(batch) == 0 {
		return nil
	}
	here, err := a.customersHere(ctx, batch)
	if err != nil {
		return err
	}
	var ids []any
	for _, id := range here {
		ids = append(ids, id)
	}
	type choice struct{ customer, staff, group int64 }
	have, chosen := map[[3]int64]bool{}, map[choice]bool{}
	note := func(l crm.Link) {
		have[[3]int64{l.CustomerID, l.TagID, l.StaffID}] = true
		if group := single[l.TagID]; group != 0 {
			chosen[choice{l.CustomerID, l.StaffID, group}] = true
		}
	}
	if len(ids) > 0 {
		if err := a.tx.LinksOf(ids, note); err != nil {
			return err
		}
	}
	var add []crm.Link
	for _, t := range batch {
		l := crm.Link{CustomerID: here[t.customer], TagID: a.tags[t.tag], TaggedAt: t.at, TaggedBy: t.by, RunID: t.run}
		staff, known := a.staff[t.staff]
		l.StaffID = staff
		switch {
		case l.CustomerID == 0 || l.TagID == 0:
			a.out.count("link", Stale)
		case !known:
			a.out.count("link", Parked)
		case have[[3]int64{l.CustomerID, l.TagID, l.StaffID}]:
			a.out.count("link", There)
		case single[l.TagID] != 0 && chosen[choice{l.CustomerID, l.StaffID, single[l.TagID]}]:
			a.out.count("link", Conflict)
		default:
			if a.foreign {
				l.TaggedBy, l.RunID = a.staff[t.by], 0
				a.out.count("link", Mapped)
			} else {
				a.out.count("link", Relinked)
			}
			note(l)
			add = append(add, l)
		}
	}
	return a.tx.AddLinks(add)
}

// customersHere maps the customers of links, which ascend, to the live ones here.
func (a *adder) customersHere(ctx context.Context, batch []theirLink) (map[int64]int64, error) {
	var all []their
	if a.foreign {
		wanted := map[int64]bool{}
		for _, l := range batch {
			wanted[l.customer] = true
		}
		for chunk, err := range a.src.Table(ctx, "customer", batch[0].customer, batch[len(batch)-1].customer) {
			if err != nil {
				return nil, err
			}
			at := columnsOf(chunk)
			for key, cells := range chunk.Rows() {
				if r := (row{key, cells, at}); wanted[key] {
					all = append(all, their{id: key, externalID: r.text("external_id"), unionID: r.text("unionid")})
				}
			}
		}
	} else {
		for i, l := range batch {
			if i == 0 || l.customer != batch[i-1].customer {
				all = append(all, their{id: l.customer})
			}
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	h, err := a.holders(all)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]int64, len(all))
	for _, t := range all {
		if id, _ := h.here(t, a.foreign); id != 0 {
			out[t.id] = id
		}
	}
	return out, nil
}
