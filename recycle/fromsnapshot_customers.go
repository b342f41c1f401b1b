package recycle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/snapshot"
)

// customerBatch is how many customers are held at a time.
const customerBatch = 500

// their is a customer of the snapshot and what it is here.
type their struct {
	end
	fileRow
}

// customers goes through the customers of the snapshot, with who follows them
// and their links.
func (b *bringer) customers(ctx context.Context) error {
	var batch []*their
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		err := b.batch(ctx, batch)
		batch = batch[:0]
		return err
	}
	err := b.src.Each(ctx, "customer", func(r snapshot.Row) error {
		b.done++
		if r.Int("deletion_id") != 0 || !b.pick.Keeps("customer", r) {
			return nil
		}
		if batch = append(batch, &their{fileRow: keepRow(r)}); len(batch) < customerBatch {
			return nil
		}
		if b.o.Progress != nil {
			b.o.Progress(b.done, b.src.Manifest().Rows)
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return err
	}
	return b.giveKeys()
}

func (b *bringer) batch(ctx context.Context, batch []*their) error {
	if err := b.place(batch); err != nil {
		return err
	}
	if err := b.putCustomers(batch); err != nil {
		return err
	}
	if err := b.followers(ctx, batch); err != nil {
		return err
	}
	return b.links(ctx, batch)
}

// place finds what each customer of a batch is here.
func (b *bringer) place(batch []*their) error {
	if b.foreign {
		return b.placeForeign(batch)
	}
	known := make(map[int64]int64)
	all := make([]int64, len(batch))
	for i, t := range batch {
		all[i] = t.fileRow.id
	}
	if err := b.tx.Versions(crm.RefCustomer, all, func(id, _, deletion int64) { known[id] = deletion }); err != nil {
		return err
	}
	gone, err := purged(b.tx, crm.RefCustomer, all)
	if err != nil {
		return err
	}
	for _, t := range batch {
		t.end = end{id: t.fileRow.id, row: &t.fileRow}
		t.place(known, gone, b.overrules("customer", t.fileRow.id))
	}
	return nil
}

// placeForeign goes by the keys: an id means nothing in another database.
func (b *bringer) placeForeign(batch []*their) error {
	live, binned := make(map[string]int64), make(map[string]bool)
	for _, column := range []string{store.KeyExternalID, store.KeyUnionID} {
		var values []any
		for _, t := range batch {
			if key := t.text(column); key != "" {
				values = append(values, key)
			}
		}
		if len(values) == 0 {
			continue
		}
		err := b.tx.CustomersByKey(column, values, func(c crm.Customer) {
			key := column + ":" + c.ExternalID
			if column == store.KeyUnionID {
				key = column + ":" + c.UnionID
			}
			if c.DeletionID == 0 {
				live[key] = c.ID
			} else {
				binned[key] = true
			}
		})
		if err != nil {
			return err
		}
	}
	for _, t := range batch {
		external, union := store.KeyExternalID+":"+t.text(store.KeyExternalID), store.KeyUnionID+":"+t.text(store.KeyUnionID)
		t.end = end{id: cmp.Or(live[external], live[union]), row: &t.fileRow}
		switch {
		case t.end.id != 0:
		case binned[external] || binned[union]:
			t.fate = fatePurged
		case t.text(store.KeyExternalID) == "" && t.text(store.KeyUnionID) == "":
			t.fate = fateParked // nothing says who it is
		default:
			var err error
			if t.end.id, err = b.tx.NextIDs(store.SeqCustomer, 1); err != nil {
				return err
			}
			t.fate = fateFresh
		}
	}
	return nil
}

// label names a customer for people.
func (t *their) label() string {
	return cmp.Or(t.text("external_id"), t.text("unionid"), t.text("name"), "#"+itoa(t.fileRow.id))
}

// putCustomers stages those that come back and rewrites those that differ.
func (b *bringer) putCustomers(batch []*their) error {
	table := store.TableNamed("customer")
	var columns []string
	var fresh [][]any
	var here []*their
	for _, t := range batch {
		switch t.fate {
		case fateFresh:
			set := map[string]int64{"id": t.end.id, "deletion_id": b.own.ID}
			if b.foreign {
				set["created_by"] = b.staff[t.num("created_by")]
			}
			columns, fresh = t.columns, append(fresh, t.insert(set))
			b.act("customer", t.fileRow.id, t.end.id)
		case fateStays, fatePurged:
			b.open(crm.RefCustomer, crm.Stale, t.label())
		case fateParked:
			b.open(crm.RefCustomer, crm.Conflict, t.label())
		default:
			here = append(here, t)
		}
	}
	if err := b.tx.Insert("customer", columns, fresh); err != nil {
		return err
	}
	images, err := b.imagesOf(table, "id", here)
	if err != nil {
		return err
	}
	rebury := make(map[int64][]int64)
	for _, t := range here {
		m := images[t.end.id]
		if t.fate == fateLive {
			if err := b.rewrite(table, t, m); err != nil {
				return err
			}
			continue
		}
		b.touched[t.from] = true
		b.act("bin", crm.RefCustomer, t.end.id, m[0])
		after := t.over(table, m[0], b.own.ID)
		if same := t.over(table, m[0], t.from).Equal(m[0]); !same {
			b.differs(crm.RefCustomer, t.end.id, table, m[0], after)
			if b.o.Mode != ModeAdd {
				if err := b.j.row("customer", []int64{t.end.id}, after); err != nil {
					return err
				}
				continue
			}
		}
		rebury[t.from] = append(rebury[t.from], t.end.id)
	}
	return b.rebury(crm.RefCustomer, rebury)
}

// imagesOf reads the rows of a table that belong to customers of a batch; none
// in mode add, which changes nothing, unless something comes out of the bin.
func (b *bringer) imagesOf(t store.Table, column string, batch []*their) (map[int64][]store.Image, error) {
	out := make(map[int64][]store.Image)
	var values []any
	for _, c := range batch {
		if b.o.Mode != ModeAdd || c.fate == fateBin {
			values = append(values, c.end.id)
		}
	}
	if len(values) == 0 {
		return out, nil
	}
	cond, args := b.tx.In(column, values)
	return out, b.tx.Images(t, cond, args, func(m store.Image) error {
		var id int64
		_, err := fmt.Sscan(*m[0], &id)
		out[id] = append(out[id], m)
		return err
	})
}

// keyless is a customer whose key another one has until that one is rewritten.
type keyless struct {
	t             *their
	before, after store.Image
}

// rewrite gives a live customer the values of the snapshot.
func (b *bringer) rewrite(table store.Table, t *their, here []store.Image) error {
	if b.o.Mode == ModeAdd || !b.asked("customer", t.end.id) {
		b.count(crm.RefCustomer, crm.AlreadyThere, 1)
		return nil
	}
	before := here[0]
	after := t.over(table, before, 0)
	if after.Equal(before) {
		b.count(crm.RefCustomer, crm.AlreadyThere, 1)
		return nil
	}
	if err := permit(b.tx, b.worldNow(), b.o.By, access.Edit, nil, nil, []int64{t.end.id}); err != nil {
		return err
	}
	b.act("row", "customer", before, after)
	err := b.tx.Savepoint(func() error { return b.j.row("customer", []int64{t.end.id}, after) })
	if errors.Is(err, store.ErrRefused) {
		// Where the holder of the key is rewritten too, it may give it up.
		without := slices.Clone(after)
		without[table.At(store.KeyExternalID)], without[table.At(store.KeyUnionID)] = nil, nil
		b.keyless = append(b.keyless, keyless{t, before, after})
		err = b.j.row("customer", []int64{t.end.id}, without)
	}
	if err == nil {
		b.count(crm.RefCustomer, Updated, 1)
	}
	return err
}

// giveKeys gives customers the keys that they had to wait for. One whose key is
// not given up stays as it is.
func (b *bringer) giveKeys() error {
	put := func(k keyless, m store.Image) error {
		return b.tx.Savepoint(func() error { return b.j.row("customer", []int64{k.t.end.id}, m) })
	}
	for _, k := range b.keyless {
		err := put(k, k.after)
		if errors.Is(err, store.ErrRefused) {
			b.count(crm.RefCustomer, Updated, -1)
			b.open(crm.RefCustomer, crm.Conflict, k.t.label())
			err = put(k, k.before)
		}
		if errors.Is(err, store.ErrRefused) {
			err = &KeyError{Customer: k.t.end.id}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// KeyError: a customer can have neither the keys that it had in the snapshot nor
// those that it had before the restore: others have them.
type KeyError struct{ Customer int64 }

func (e *KeyError) Error() string {
	return fmt.Sprintf("customer #%d: another customer has its external id or unionid now", e.Customer)
}

// followers adds those of customers that come back, and makes those of live ones
// what they were.
func (b *bringer) followers(ctx context.Context, batch []*their) error {
	table := store.TableNamed("customer_staff")
	images, err := b.imagesOf(table, "customer_id", batch)
	if err != nil {
		return err
	}
	by := make(map[int64]*their, len(batch))
	for _, t := range batch {
		by[t.fileRow.id] = t
	}
	var columns []string
	var fresh [][]any
	err = b.src.Range(ctx, "customer_staff", batch[0].fileRow.id, batch[len(batch)-1].fileRow.id, func(r snapshot.Row) error {
		t := by[r.Key()]
		if t == nil || !t.live() {
			return nil
		}
		staff, known := b.staff[r.Int("staff_id")]
		changes := t.fate != fateFresh && (b.o.Mode == ModeAdd || !b.asked("customer", t.end.id))
		switch {
		case changes:
			return nil
		case !known:
			b.count("follower", crm.Parked, 1)
			return nil
		}
		row := keepRow(r)
		set := map[string]int64{"customer_id": t.end.id, "staff_id": staff}
		if t.fate == fateFresh {
			if b.foreign {
				set["created_by"] = b.staff[r.Int("created_by")]
			}
			columns, fresh = row.columns, append(fresh, row.insert(set))
			return nil
		}
		return b.follower(table, t, &row, staff, images)
	})
	if err != nil {
		return err
	}
	if err := b.tx.Insert("customer_staff", columns, fresh); err != nil {
		return err
	}
	b.count("follower", crm.Relinked, int64(len(fresh)))
	return b.newerFollowers(table, batch, images)
}

// follower gives one follower of a customer that is here the values of the
// snapshot, and takes it off the list of those here.
func (b *bringer) follower(table store.Table, t *their, row *fileRow, staff int64, images map[int64][]store.Image) error {
	list := images[t.end.id]
	i := slices.IndexFunc(list, func(m store.Image) bool { return *m[1] == itoa(staff) })
	before := blank(table)
	if i >= 0 {
		before = list[i]
		images[t.end.id] = slices.Delete(list, i, i+1)
	}
	after := row.over(table, before, 0)
	if i >= 0 && after.Equal(before) {
		return nil
	}
	b.act("row", "customer_staff", before, after)
	if i >= 0 {
		b.count("follower", Updated, 1)
	} else {
		b.count("follower", crm.Relinked, 1)
	}
	return b.j.row("customer_staff", []int64{t.end.id, staff}, after)
}

// blank is a row of a table whose columns are mostly numbers.
func blank(t store.Table) store.Image {
	m := make(store.Image, len(t.Columns))
	for i, column := range t.Columns {
		text := "0"
		if slices.Contains([]string{"remark", "description", "add_way"}, column) {
			text = ""
		}
		m[i] = &text
	}
	return m
}

// newerFollowers takes away, in mode exact, those that the snapshot has not.
func (b *bringer) newerFollowers(table store.Table, batch []*their, images map[int64][]store.Image) error {
	if b.o.Mode != ModeExact {
		return nil
	}
	for _, t := range batch {
		if t.fate != fateLive && t.fate != fateBin || !b.asked("customer", t.end.id) {
			continue
		}
		for _, m := range images[t.end.id] {
			var staff int64
			if _, err := fmt.Sscan(*m[1], &staff); err != nil {
				return err
			}
			b.act("drop", "customer_staff", m)
			b.count("follower", Removed, 1)
			if err := b.j.row("customer_staff", []int64{t.end.id, staff}, nil); err != nil {
				return err
			}
		}
	}
	return nil
}
