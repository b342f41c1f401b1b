package snapshot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"tagkeep/internal/archive"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// Verdicts on groups, tags, customers, links and grants.
const (
	Relinked = "RELINKED"        // added
	Mapped   = "RELINKED_MAPPED" // added, to what goes by that name here
	There    = "ALREADY_THERE"   // nothing to do
	Parked   = "PARKED"          // not written, for want of somebody or on purpose
	Stale    = "SKIPPED_STALE"   // in the bin, or purged, since
	Conflict = "CONFLICT"        // somebody has to decide
)

// AddOptions say what Add brings back.
type AddOptions struct {
	RestoreOptions
	// Foreign: the snapshot is of another database. Things go by their names and
	// keys, and get new ids.
	Foreign bool
	DryRun  bool
}

// Added is what Add did, by kind and verdict. All rows in scope have one.
type Added struct {
	Before Info // the snapshot taken before; none of a dry run
	Counts map[string]map[string]int64
	// Open are the first things that somebody has to see to.
	Open []string
}

// maxOpen is how many open things are named.
const maxOpen = 100

func (a *Added) count(kind, verdict string) {
	if a.Counts[kind] == nil {
		a.Counts[kind] = make(map[string]int64)
	}
	a.Counts[kind][verdict]++
}

func (a *Added) open(kind, verdict, what string) {
	a.count(kind, verdict)
	if len(a.Open) < maxOpen {
		a.Open = append(a.Open, verdict+" "+kind+":"+what)
	}
}

// ErrTagLimit: WeCom takes no more tags than that.
var ErrTagLimit = errors.New("too many tags")

// errDryRun takes back what a dry run did.
var errDryRun = errors.New("dry run")

// Add puts back the groups, tags, customers and links of a snapshot that are
// missing in a database, and changes nothing that is there. Before that it takes
// a snapshot of its own. What was deleted or purged since stays so; grants are
// only listed: nobody gets access by it.
func Add(ctx context.Context, db *store.DB, d *Dir, src *Source, o AddOptions) (out Added, err error) {
	if src.Header().Database != db.Meta().UUID && !o.Foreign {
		return out, ErrForeign
	}
	pick, err := pickOnly(ctx, src, o.Only)
	if err != nil {
		return out, err
	}
	job, err := db.StartJob(ctx, "snapshot restore --mode add", o.Wait)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, job.Done(ctx)) }()
	var before Info
	if !o.DryRun {
		made, err := Create(ctx, db, d, Options{Reason: BeforeRestore, By: o.By, Command: o.Command})
		if err != nil {
			return out, err
		}
		before = made.Info
	}
	err = db.InTx(ctx, job, func(tx *store.Tx) error {
		a := &adder{tx: tx, src: src, pick: pick, o: o, out: Added{Before: before, Counts: map[string]map[string]int64{}}}
		// An id is only the same thing in the database that gave it.
		a.foreign = src.Header().Database != db.Meta().UUID
		err := a.run(ctx)
		out = a.out
		if err == nil && o.DryRun {
			err = errDryRun
		}
		return err
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	if err != nil {
		return Added{}, fmt.Errorf("add from snapshot %s: %w", src.Header().ID, err)
	}
	return out, nil
}

// adder is one attempt, in one transaction. The maps lead from ids of the
// snapshot to ids of live things here; 0 is a thing that will not be here.
type adder struct {
	tx      *store.Tx
	src     *Source
	pick    *picked
	o       AddOptions
	foreign bool
	out     Added

	gone                            map[string]map[int64]bool // purged ids by kind
	departments, staff, group, tags map[int64]int64
	done                            int64
}

func (a *adder) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{a.people, a.purged, a.groups, a.tagRows, a.customers, a.links, a.grants} {
		if err := step(ctx); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	if !a.foreign {
		r := &restorer{tx: a.tx, src: a.src}
		if err := r.counters(ctx); err != nil {
			return err
		}
	}
	detail, err := json.Marshal(map[string]any{"mode": "add", "counts": a.out.Counts, "only": a.o.Only, "before": a.out.Before.ID})
	if err != nil {
		return err
	}
	return a.tx.WriteAudit(store.Audit{Operator: store.Operator(), StaffID: a.o.By, Action: "snapshot.restore",
		Object: "snapshot:" + a.src.Header().ID, Command: a.o.Command, Detail: string(detail)})
}

// wants says whether a row was live in the snapshot and is in scope.
func (a *adder) wants(table string, r row) bool {
	return r.int("deletion_id") == 0 && (a.pick == nil || a.pick.keeps(table, r))
}

// people maps the directory, which is not written: by id, or by account and path.
func (a *adder) people(ctx context.Context) error {
	a.departments, a.staff = map[int64]int64{0: 0}, map[int64]int64{0: 0}
	ds, err := a.tx.Departments()
	if err != nil {
		return err
	}
	ps, err := a.tx.Staff()
	if err != nil {
		return err
	}
	if !a.foreign {
		for _, d := range ds {
			a.departments[d.ID] = d.ID
		}
		for _, p := range ps {
			a.staff[p.ID] = p.ID
		}
		return nil
	}
	byPath, byUser := map[string]int64{}, map[string]int64{}
	for id, path := range store.DepartmentPaths(ds) {
		byPath[path] = id
	}
	for _, p := range ps {
		if p.LeftID == 0 {
			byUser[p.UserID] = p.ID
		}
	}
	var theirs []crm.Department
	err = a.src.each(ctx, "department", func(r row) error {
		if r.int("gone_event") == 0 {
			theirs = append(theirs, crm.Department{ID: r.key, ParentID: r.int("parent_id"), Name: r.text("name")})
		}
		return nil
	})
	if err != nil {
		return err
	}
	for id, path := range store.DepartmentPaths(theirs) {
		if here, ok := byPath[path]; ok {
			a.departments[id] = here
		}
	}
	return a.src.each(ctx, "staff", func(r row) error {
		if here, ok := byUser[r.text("userid")]; ok && r.int("left_id") == 0 {
			a.staff[r.key] = here
		}
		return nil
	})
}

// purged are the groups and tags of this database that are gone for good.
func (a *adder) purged(context.Context) error {
	a.gone = map[string]map[int64]bool{}
	var all []struct {
		Kind string `db:"kind"`
		ID   int64  `db:"id"`
	}
	err := a.tx.Select(&all, "SELECT kind, id FROM tombstone WHERE kind <> 'customer'")
	for _, t := range all {
		if a.gone[t.Kind] == nil {
			a.gone[t.Kind] = map[int64]bool{}
		}
		a.gone[t.Kind][t.ID] = true
	}
	return err
}

// place decides about a group or tag: what it is here, else 0, and whether it is
// to be written. ids are those here, names the live ones.
func (a *adder) place(kind, key, name string, id int64, ids map[int64]bool, names map[string]int64) (here int64, write bool) {
	taken, ok := names[key]
	switch {
	case a.foreign && ok:
		a.out.count(kind, There)
		return taken, false
	case a.foreign:
		a.out.count(kind, Mapped)
		return 0, true
	}
	live, known := ids[id]
	switch {
	case live:
		a.out.count(kind, There)
		return id, false
	case known, a.gone[kind][id]:
		a.out.open(kind, Stale, name)
	case ok:
		a.out.open(kind, Conflict, name)
	default:
		a.out.count(kind, Relinked)
		return id, true
	}
	return 0, false
}

// values are a row's cells for an insert, under another id.
func (a *adder) values(r row, seq store.Sequence, change map[string]int64) (id int64, columns []string, cells []any, err error) {
	id = r.key
	if a.foreign {
		if id, err = a.tx.NextIDs(seq, 1); err != nil {
			return 0, nil, nil, err
		}
	}
	columns, cells = r.values()
	for i, c := range columns {
		if n, ok := change[c]; ok {
			cells[i] = n
		}
		switch {
		case c == "id":
			cells[i] = id
		case c == "created_by" && a.foreign:
			cells[i] = a.staff[r.int(c)] // 0 for somebody who is not here
		}
	}
	return id, columns, cells, nil
}

// values are all cells as an insert takes them; numbers may be texts.
func (r row) values() ([]string, []any) {
	columns, cells := make([]string, len(r.cells)), make([]any, len(r.cells))
	for name, i := range r.columns {
		columns[i], cells[i] = name, store.CellValue(r.cells[i], false)
	}
	return columns, cells
}

func (a *adder) groups(ctx context.Context) error {
	ids, names := map[int64]bool{}, map[string]int64{}
	have, err := a.tx.Groups(store.WithBin)
	if err != nil {
		return err
	}
	for _, g := range have {
		if ids[g.ID] = g.DeletionID == 0; ids[g.ID] {
			names[g.Name] = g.ID
		}
	}
	a.group = map[int64]int64{}
	return a.src.each(ctx, "tag_group", func(r row) error {
		if !a.wants("tag_group", r) {
			return nil
		}
		department, ok := a.departments[r.int("department_id")]
		if _, there := names[r.text("name")]; !ok && !(a.foreign && there) && !ids[r.key] {
			a.out.open("group", Parked, r.text("name")) // nobody here may see it
			return nil
		}
		here, write := a.place("group", r.text("name"), r.text("name"), r.key, ids, names)
		if write {
			id, columns, cells, err := a.values(r, store.SeqGroup, map[string]int64{"department_id": department})
			if err != nil {
				return err
			}
			if err := a.tx.Insert("tag_group", columns, [][]any{cells}); err != nil {
				return err
			}
			here = id
		}
		a.group[r.key] = here
		return nil
	})
}

func (a *adder) tagRows(ctx context.Context) error {
	ids, names := map[int64]bool{}, map[string]int64{}
	have, err := a.tx.Tags(store.WithBin)
	if err != nil {
		return err
	}
	key := func(group int64, name string) string { return fmt.Sprint(group, ":", name) }
	for _, t := range have {
		if ids[t.ID] = t.DeletionID == 0; ids[t.ID] {
			names[key(t.GroupID, t.Name)] = t.ID
		}
	}
	a.tags = map[int64]int64{}
	room := crm.MaxTags - len(names)
	return a.src.each(ctx, "tag", func(r row) error {
		if !a.wants("tag", r) {
			return nil
		}
		group := a.group[r.int("group_id")]
		if group == 0 && !ids[r.key] {
			a.out.open("tag", Stale, r.text("name")) // its group is not here
			return nil
		}
		here, write := a.place("tag", key(group, r.text("name")), r.text("name"), r.key, ids, names)
		if write {
			if room--; room < 0 {
				return fmt.Errorf("%w: at most %d", ErrTagLimit, crm.MaxTags)
			}
			id, columns, cells, err := a.values(r, store.SeqTag, map[string]int64{"group_id": group})
			if err != nil {
				return err
			}
			if err := a.tx.Insert("tag", columns, [][]any{cells}); err != nil {
				return err
			}
			here = id
		}
		a.tags[r.key] = here
		return nil
	})
}

// grants are counted and named, never written.
func (a *adder) grants(ctx context.Context) error {
	have := map[int64]bool{}
	if !a.foreign {
		var ids []int64
		if err := a.tx.Select(&ids, "SELECT id FROM access_grant"); err != nil {
			return err
		}
		for _, id := range ids {
			have[id] = true
		}
	}
	return a.src.each(ctx, "access_grant", func(r row) error {
		switch {
		case r.int("revoked_at") != 0, a.pick != nil && !a.pick.keeps("access_grant", r):
		case have[r.key]:
			a.out.count("grant", There)
		default:
			a.out.open("grant", Parked, fmt.Sprintf("%s %s%d → %s %d", r.text("level"), r.text("subject_kind"), r.int("subject_id"), r.text("object_kind"), r.int("object_id")))
		}
		return nil
	})
}

// chunks calls fn for each chunk of a table.
func (a *adder) chunks(ctx context.Context, table string, fn func(*archive.Chunk) error) error {
	for chunk, err := range a.src.Table(ctx, table, math.MinInt64, math.MaxInt64) {
		if err == nil {
			err = fn(chunk)
		}
		if err != nil {
			return err
		}
		if a.done += chunk.Len(); a.o.Progress != nil {
			a.o.Progress(a.done, a.src.Manifest().Rows)
		}
	}
	return nil
}
