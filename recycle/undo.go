package recycle

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/snapshot"
)

// UndoOptions say who takes something back.
type UndoOptions struct {
	Reason  string
	By      int64
	Command string
	Wait    time.Duration
	// Confirm is asked with what the undo would do, before anything is written;
	// its error ends it. nil = go on.
	Confirm func(Undone) error
	DryRun  bool
	// AcceptWider lets more people gain access to what comes back than pass
	// without a word.
	AcceptWider bool
}

// Undone is what an undo did.
type Undone struct {
	Event     int64     `json:"event"` // its own, X9; undo takes it too
	Buried    Selection `json:"-"`     // what went into the bin
	Groups    int       `json:"groups_binned"`
	Tags      int       `json:"tags_binned"`
	Customers int       `json:"customers_binned"`
	Back      int       `json:"back"`          // things that came out of the bin
	Rows      int       `json:"rows_put_back"` // rows that are as they were before
	// Edited are the things among those binned that somebody has changed since.
	Edited      int64         `json:"edited_since"`
	Grants      int           `json:"grants_revoked"`
	Staff       int           `json:"staff_removed"`
	Departments int           `json:"departments_removed"`
	Added       int64         `json:"links_added"`    // links that are there again
	Removed     int64         `json:"links_removed"`  // links that are gone again
	Kept        []Note        `json:"kept,omitempty"` // changed since, and left as they are: the first of them
	KeptCount   int           `json:"kept_count"`     // all of them
	Access      AccessChange  `json:"access"`         // to what came out of the bin
	Snapshot    snapshot.Info `json:"-"`

	digest [sha256.Size]byte // of what went into the bin
}

// Undo takes back a restore, a merge of tags, or an undo (that of an import too): it turns round
// everything that the event did, the last first. What somebody has changed since
// is left as it is and listed. Undo itself is such an event. A delete is taken
// back by Restore, which asks more questions.
//
// What it brings back takes the rights that a restore takes, and a *WiderError
// says when more people would gain access to it than pass without a word.
func Undo(ctx context.Context, db *store.DB, dir *snapshot.Dir, event int64, o UndoOptions) (out Undone, err error) {
	job, err := db.StartJob(ctx, "undo", o.Wait)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, job.Done(ctx)) }()
	return undoing(ctx, db, dir, job, o, func(tx *store.Tx) (*undoer, error) {
		d, err := tx.Deletion(event)
		if errors.Is(err, store.ErrGone) {
			return nil, ErrNoEvent
		}
		if err != nil {
			return nil, err
		}
		switch {
		case d.Kind == crm.EventDelete:
			return nil, ErrOther
		case d.Barred():
			return nil, ErrPurging
		}
		return &undoer{tx: tx, of: d, owner: d.CreatedBy, o: o, play: func(u *undoer) error {
			return tx.EventChanges(event, func(body string) error {
				var c change
				if err := json.Unmarshal([]byte(body), &c); err != nil {
					return fmt.Errorf("read a change of event %d: %w", event, err)
				}
				return u.turn(c)
			})
		}}, nil
	})
}

// errRehearsed takes back what a rehearsal did.
var errRehearsed = errors.New("rehearsal")

// undoing rehearses an undo to see what it sends into the bin, takes a verified
// snapshot of that, and carries it out.
func undoing(ctx context.Context, db *store.DB, dir *snapshot.Dir, job *store.Job, o UndoOptions, start func(*store.Tx) (*undoer, error)) (out Undone, err error) {
	for attempt := 1; ; attempt++ {
		planned, err := attemptUndo(ctx, db, job, store.Receipt{}, start, true)
		if err != nil {
			return out, fmt.Errorf("undo: %w", err)
		}
		if o.DryRun {
			return planned, nil
		}
		if o.Confirm != nil {
			if err := o.Confirm(planned); err != nil {
				return out, fmt.Errorf("undo: %w", err)
			}
		}
		var made snapshot.Made
		if !planned.Buried.Empty() {
			made, err = snapshot.Create(ctx, db, dir, snapshot.Options{Reason: snapshot.BeforeUndo, Scope: snapshot.Scope(planned.Buried), By: o.By, Command: o.Command})
			if err != nil {
				return out, fmt.Errorf("undo: %w", err)
			}
		}
		if err := ctx.Err(); err != nil {
			return out, err
		}
		out, err = attemptUndo(ctx, db, job, made.Receipt, start, false, planned)
		if errors.Is(err, errRaced) && attempt < retries {
			continue
		}
		if errors.Is(err, errRaced) {
			err = fmt.Errorf("%w: somebody writes to it all the time", ErrChanged)
		}
		if err != nil {
			return Undone{}, fmt.Errorf("undo: %w", err)
		}
		out.Snapshot = made.Info
		return out, nil
	}
}

func attemptUndo(ctx context.Context, db *store.DB, job *store.Job, r store.Receipt, start func(*store.Tx) (*undoer, error), rehearse bool, planned ...Undone) (out Undone, err error) {
	err = db.InTx(ctx, job, func(tx *store.Tx) error {
		u, err := start(tx)
		if err != nil {
			return err
		}
		if err := u.run(r, rehearse); err != nil {
			return err
		}
		out = u.out
		if rehearse {
			return errRehearsed
		}
		if out.digest != planned[0].digest { // it is not what the snapshot has
			return errRaced
		}
		return nil
	})
	if errors.Is(err, errRehearsed) {
		err = nil
	}
	return out, err
}

// undoer turns the changes of one event or run round.
type undoer struct {
	tx        *store.Tx
	of        crm.Deletion // the event that is undone; of a run only ID 0
	importRun int64        // the run that is undone, 0 for none
	owner     int64        // who did what is undone, 0 = the operator
	o         UndoOptions
	play      func(*undoer) error

	j       *journal
	own     crm.Deletion
	out     Undone
	touched map[int64]bool
	// rehearsing: nothing stays, and no receipt is there yet.
	rehearsing bool
	world      *access.World
	raised     map[int64]*Selection // what came out of the bin, by the event that it lay under
	// waiting is for the end: tags whose group may come back after them.
	waiting []func() error
	ending  bool
}

func (u *undoer) run(r store.Receipt, rehearse bool) error {
	u.rehearsing = rehearse
	company, err := u.tx.Company()
	if err != nil {
		return err
	}
	if err := u.admit(company); err != nil {
		return err
	}
	u.world, u.raised = access.New(company), make(map[int64]*Selection)
	u.own = crm.Deletion{Kind: crm.EventUndo, OfID: u.of.ID, State: crm.StateDone, Reason: u.o.Reason, Summary: u.of.Label(), CreatedBy: u.o.By, SnapshotID: r.Snapshot()}
	if u.importRun != 0 {
		u.own.Summary = "R" + itoa(u.importRun)
	}
	if err := u.tx.CreateDeletion(&u.own); err != nil {
		return err
	}
	if rehearse {
		r = u.tx.Rehearse()
	}
	u.j = &journal{tx: u.tx, event: u.own.ID, receipt: r}
	u.touched = map[int64]bool{u.own.ID: true}
	if u.of.ID != 0 {
		u.touched[u.of.ID] = true
	}
	if err := u.play(u); err != nil {
		return err
	}
	u.ending = true
	for _, turn := range u.waiting {
		if err := turn(); err != nil {
			return err
		}
	}
	u.out.Event, u.out.Buried = u.own.ID, u.out.Buried.sorted()
	u.out.Groups, u.out.Tags, u.out.Customers = len(u.out.Buried.Groups), len(u.out.Buried.Tags), len(u.out.Buried.Customers)
	if err := u.permit(); err != nil {
		return err
	}
	if err := u.growth(); err != nil {
		return err
	}
	if u.out.digest, _, err = digestOf(u.tx, u.out.Buried); err != nil {
		return err
	}
	if err := settle(u.tx, u.touched, u.o.By); err != nil {
		return err
	}
	if err := u.remember(company); err != nil {
		return err
	}
	counts, err := json.Marshal(u.out)
	if err != nil {
		return err
	}
	if err := u.tx.SetCounts(u.own.ID, string(counts)); err != nil {
		return err
	}
	return u.tx.WriteAudit(store.Audit{Operator: store.Operator(), StaffID: u.o.By, Action: "undo", Object: clipped(u.own.Summary, 255), RunID: u.importRun,
		DeletionID: u.own.ID, Command: u.o.Command, Detail: string(counts)})
}

// remember keeps who could see what went into the bin, and where it stood, as a
// delete does: it may come back by a restore of this event.
func (u *undoer) remember(before crm.Company) error {
	b := u.out.Buried
	if len(b.Groups)+len(b.Tags) == 0 {
		return nil
	}
	groups, tags := setOf(b.Groups), setOf(b.Tags)
	near := placesOf(before, groups, tags)
	if err := u.j.write(change{Places: &near}); err != nil {
		return err
	}
	had := look(u.world, before, b.Groups, slices.DeleteFunc(slices.Clone(before.Tags), func(t crm.Tag) bool { return !tags[t.ID] }))
	text, err := had.encode()
	if err != nil {
		return err
	}
	return u.tx.SetHadAccess(u.own.ID, text)
}

// permit asks of what went into the bin what deleting it by hand would take, and
// of what came out of it what a restore would.
func (u *undoer) permit() error {
	b := u.out.Buried
	if err := permit(u.tx, u.world, u.o.By, access.Delete, b.Groups, b.Tags, b.Customers); err != nil {
		return err
	}
	for _, event := range slices.Sorted(keys(u.raised)) {
		s := u.raised[event].sorted()
		if err := permit(u.tx, u.world, u.o.By, access.Restore, s.Groups, s.Tags, s.Customers); err != nil {
			return err
		}
	}
	return nil
}

// growth compares who sees what came out of the bin with who saw it before it
// went.
func (u *undoer) growth() error {
	had := sight{Groups: make(map[int64]int), Tags: make(map[int64]int), known: make(map[string]int)}
	for _, event := range slices.Sorted(keys(u.raised)) {
		d, err := u.tx.Deletion(event)
		if err != nil {
			return err
		}
		then, err := decodeSight(d.HadAccess)
		if err != nil {
			return err
		}
		for _, id := range u.raised[event].Groups {
			if set, ok := then.of(crm.ObjectGroup, id); ok {
				had.Groups[id] = had.keep(set)
			}
		}
		for _, id := range u.raised[event].Tags {
			if set, ok := then.of(crm.ObjectTag, id); ok {
				had.Tags[id] = had.keep(set)
			}
		}
	}
	if len(had.Groups)+len(had.Tags) == 0 {
		return nil
	}
	c, err := u.tx.Company()
	if err != nil {
		return err
	}
	tags := slices.DeleteFunc(slices.Clone(c.Tags), func(t crm.Tag) bool { _, raised := had.Tags[t.ID]; return !raised })
	now := look(access.New(c), c, slices.Sorted(keys(had.Groups)), tags)
	u.out.Access = had.compare(&now)
	if u.out.Access.Wider() && !u.o.AcceptWider && !u.o.DryRun {
		return &WiderError{u.out.Access}
	}
	return nil
}

func (u *undoer) keep(code string, args ...string) {
	u.out.KeptCount++
	if len(u.out.Kept) < maxNotes {
		u.out.Kept = append(u.out.Kept, Note{code, args})
	}
}

// turn takes one change back.
func (u *undoer) turn(c change) error {
	switch {
	case c.Bin != nil:
		return u.turnBin(*c.Bin)
	case c.Row != nil:
		return u.putRow(c.Row.Table, c.Row.Key, c.Row.After, c.Row.Before)
	case c.Links != nil:
		if err := u.addLinks(c.Links.Removed); err != nil {
			return err
		}
		return u.dropLinks(c.Links.Added)
	case c.Swap != nil:
		return u.turnSwap(*c.Swap)
	case c.Copied != nil:
		return u.turnCopied(*c.Copied)
	}
	return nil
}

func (u *undoer) turnBin(b binChange) error {
	var list []int64 // those that still are where the event put them
	err := u.tx.Versions(b.Kind, b.IDs, func(id, _, deletion int64) {
		if deletion == b.To {
			list = append(list, id)
		}
	})
	if err != nil {
		return err
	}
	slices.Sort(list)
	for i := len(b.IDs) - len(list); i > 0; i-- {
		u.keep(NoteSurvivor, b.Kind)
	}
	if list, err = u.free(b, list); err != nil {
		return err
	}
	if len(list) == 0 {
		return nil
	}
	to, err := u.binOf(b.From)
	if err != nil {
		return err
	}
	u.touched[to], u.touched[b.To] = true, true
	delete(u.touched, 0)
	switch {
	case b.To == 0:
		u.bury(b.Kind, list)
	case to == 0:
		return u.raise(b.Kind, b.To, list)
	}
	return u.j.bin(b.Kind, b.To, to, list)
}

// free are those of things that can go back to where they were: not out of an
// event that is being purged, and no group that others' tags are in. The rest is
// listed.
func (u *undoer) free(b binChange, list []int64) ([]int64, error) {
	if b.To != 0 {
		barred, err := u.barred(b.To)
		if !barred || err != nil {
			return list, err
		}
		for _, id := range list {
			u.keep(NoteSurvivor, b.Kind, "#"+itoa(id))
		}
		return nil, nil
	}
	if b.Kind != crm.ObjectGroup {
		return list, nil
	}
	used, err := u.tx.InUse(list)
	for _, id := range used {
		u.keep(NoteInUse, crm.ObjectGroup, "#"+itoa(id))
	}
	return slices.DeleteFunc(list, func(id int64) bool { return slices.Contains(used, id) }), err
}

// raise takes things out of the bin. One whose name or key has been taken
// meanwhile stays there and is listed, and so does a tag whose group is not live,
// unless that comes back too.
func (u *undoer) raise(kind string, from int64, list []int64) error {
	if kind == crm.ObjectTag {
		orphans, err := u.tx.Groupless(list)
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(id int64) bool { return slices.Contains(orphans, id) })
		switch {
		case u.ending:
			for _, id := range orphans {
				u.keep(NoteInBin, kind, "#"+itoa(id))
			}
		case len(orphans) > 0:
			u.waiting = append(u.waiting, func() error { return u.raise(kind, from, orphans) })
		}
	}
	if len(list) == 0 {
		return nil
	}
	err := u.tx.Savepoint(func() error { return u.j.bin(kind, from, 0, list) })
	if err == nil {
		u.out.Back += len(list)
		u.noteRaised(kind, from, list)
		return nil
	}
	if !errors.Is(err, store.ErrRefused) {
		return err
	}
	if len(list) == 1 {
		u.keep(NoteSurvivor, kind, "#"+itoa(list[0]), "name-taken")
		return nil
	}
	for _, half := range [][]int64{list[:len(list)/2], list[len(list)/2:]} {
		if err := u.raise(kind, from, half); err != nil {
			return err
		}
	}
	return nil
}

// bury remembers what goes into the bin.
func (u *undoer) bury(kind string, list []int64) { u.out.Buried.add(kind, list) }

func (u *undoer) noteRaised(kind string, from int64, list []int64) {
	if u.raised[from] == nil {
		u.raised[from] = &Selection{}
	}
	u.raised[from].add(kind, list)
}

func (b *Selection) add(kind string, list []int64) {
	switch kind {
	case crm.ObjectGroup:
		b.Groups = append(b.Groups, list...)
	case crm.ObjectTag:
		b.Tags = append(b.Tags, list...)
	default:
		b.Customers = append(b.Customers, list...)
	}
}

// kindOf is the kind of thing in a table whose rows can lie in the bin.
var kindOf = map[string]string{"tag_group": crm.ObjectGroup, "tag": crm.ObjectTag, "customer": crm.RefCustomer}

// putRow makes a row what it was, if it still is what the event made of it.
func (u *undoer) putRow(table string, key []int64, want, put store.Image) error {
	t := store.TableNamed(table)
	now, err := u.tx.ImageOf(t, key...)
	if err != nil {
		return err
	}
	if !now.Equal(want) {
		u.keep(NoteSurvivor, table, fmt.Sprint(key))
		return nil
	}
	if kind, ok := kindOf[table]; ok && put != nil {
		if put, err = u.rebinned(put, t.At("deletion_id")); err != nil {
			return err
		}
		stays, err := u.crosses(kind, t, now, put, func() error { return u.putRow(table, key, want, put) })
		if stays || err != nil {
			return err
		}
	}
	err = u.tx.Savepoint(func() error { return u.j.turn(table, key, now, put) })
	if errors.Is(err, store.ErrRefused) {
		u.keep(NoteSurvivor, table, fmt.Sprint(key), "name-taken")
		return nil
	}
	if err == nil && !uncounted[table] {
		u.out.Rows++
	}
	return err
}

// crosses sees to a row that goes into the bin, or out of it; stays says that it
// cannot, or not yet: then later is for the end.
func (u *undoer) crosses(kind string, t store.Table, now, put store.Image, later func() error) (stays bool, err error) {
	cell := func(m store.Image, column string) (n int64) {
		if m != nil {
			fmt.Sscan(*m[t.At(column)], &n)
		}
		return n
	}
	id, from, to := cell(put, "id"), cell(now, "deletion_id"), cell(put, "deletion_id")
	list := []int64{id}
	if now != nil && from != to {
		if list, err = u.free(binChange{Kind: kind, From: to, To: from}, list); err != nil || len(list) == 0 {
			return true, err
		}
	}
	if kind == crm.ObjectTag && from != 0 && to == 0 {
		group, err := u.tx.ImageOf(store.TableNamed("tag_group"), cell(put, "group_id"))
		if err != nil {
			return true, err
		}
		if group == nil || *group[store.TableNamed("tag_group").At("deletion_id")] != "0" {
			if u.ending {
				u.keep(NoteInBin, kind, "#"+itoa(id))
			} else {
				u.waiting = append(u.waiting, later)
			}
			return true, nil
		}
	}
	switch {
	case now != nil && from == 0 && to != 0:
		u.bury(kind, list)
	case from != 0 && to == 0:
		u.noteRaised(kind, from, list)
	}
	for _, event := range []int64{from, to} {
		if event != 0 {
			u.touched[event] = true
		}
	}
	return false, nil
}

// uncounted are tables whose rows people do not count: each belongs to a row of
// another one.
var uncounted = map[string]bool{"staff_department": true, "department_closure": true, "sleeping_removal": true, "import_run": true}

// addLinks puts links back that are not there and whose ends are.
func (u *undoer) addLinks(list []crm.Link) error {
	add, err := u.putable(list)
	if err != nil {
		return err
	}
	u.out.Added += int64(len(add))
	for range len(list) - len(add) {
		u.keep(NoteSurvivor, "link")
	}
	return u.j.addLinks(add)
}

func (u *undoer) putable(list []crm.Link) (out []crm.Link, err error) {
	for part := range slices.Chunk(list, 500) {
		have, ends := make(map[linkKey]bool), make(map[int64]bool)
		customers, tags := make([]any, len(part)), make([]int64, len(part))
		for i, l := range part {
			customers[i], tags[i] = l.CustomerID, l.TagID
		}
		if err := u.tx.LinksOf(customers, func(l crm.Link) { have[linkKey{l.CustomerID, l.TagID, l.StaffID}] = true }); err != nil {
			return nil, err
		}
		if err := u.tx.CustomersByKey("id", customers, func(c crm.Customer) { ends[c.ID] = true }); err != nil {
			return nil, err
		}
		there := make(map[int64]bool)
		if err := u.tx.Versions(crm.ObjectTag, tags, func(id, _, _ int64) { there[id] = true }); err != nil {
			return nil, err
		}
		for _, l := range part {
			if key := (linkKey{l.CustomerID, l.TagID, l.StaffID}); !have[key] && ends[l.CustomerID] && there[l.TagID] {
				have[key] = true
				out = append(out, l)
			}
		}
	}
	return out, nil
}

// dropLinks takes links away that are still as the event left them.
func (u *undoer) dropLinks(list []crm.Link) error {
	var drop []crm.Link
	for part := range slices.Chunk(list, 500) {
		have := make(map[linkKey]crm.Link)
		customers := make([]any, len(part))
		for i, l := range part {
			customers[i] = l.CustomerID
		}
		if err := u.tx.LinksOf(customers, func(l crm.Link) { have[linkKey{l.CustomerID, l.TagID, l.StaffID}] = l }); err != nil {
			return err
		}
		for _, l := range part {
			if now, ok := have[linkKey{l.CustomerID, l.TagID, l.StaffID}]; ok && now == l {
				drop = append(drop, l)
			} else {
				u.keep(NoteSurvivor, "link")
			}
		}
	}
	u.out.Removed += int64(len(drop))
	return u.j.dropLinks(drop)
}

// turnSwap puts links back that are still as the event left them.
func (u *undoer) turnSwap(c swapChange) error {
	before, after, err := stillThere(u.tx, c)
	if err != nil {
		return err
	}
	for range len(c.After) - len(after) {
		u.keep(NoteSurvivor, "link")
	}
	return u.j.swapLinks(after, before)
}

// turnCopied takes away the links that carry the event's mark, or gives them
// again.
func (u *undoer) turnCopied(c copyChange) error {
	back := c
	if c.Undone {
		there := false
		if err := u.tx.Versions(crm.ObjectTag, []int64{c.To}, func(_, _, _ int64) { there = true }); err != nil {
			return err
		}
		if !there {
			u.keep(NoteGone, crm.ObjectTag, "#"+itoa(c.To))
			return nil
		}
		n, err := u.tx.CopyLinksOfAll(append([]int64{c.From}, c.With...), c.To, c.Event)
		if err != nil {
			return err
		}
		u.out.Added += n
		back.Undone = false
		return u.j.write(change{Copied: &back})
	}
	n, err := u.tx.DropCopied(c.To, c.Event)
	if err != nil {
		return err
	}
	u.out.Removed += n
	back.Undone = true
	return u.j.write(change{Copied: &back})
}
