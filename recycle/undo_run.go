package recycle

import (
	"context"
	"errors"
	"slices"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/snapshot"
)

// UndoRun takes an import back, or groups that were generated. What it created
// goes into the bin as one event, people and departments go altogether; values
// that it overwrote, links that it removed and grants that it revoked come back;
// links and followers that it added go, grants that it gave are revoked. What
// somebody has changed since is left as it is and listed in Kept. The undo is an
// event of its own, which Undo takes back.
//
// A run that was killed can be undone as far as it came; one that is under way
// holds the database, which is a *store.BusyError. ErrNoRun when there is no such
// run or it is nothing to do with By, ErrUndone when it is undone already,
// ErrNotYours when only others may do this, a *Refusal when By may not do to one
// of the things what this takes.
func UndoRun(ctx context.Context, db *store.DB, dir *snapshot.Dir, run int64, o UndoOptions) (out Undone, err error) {
	job, err := db.StartJob(ctx, "undo", o.Wait)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, job.Done(ctx)) }()
	return undoing(ctx, db, dir, job, o, func(tx *store.Tx) (*undoer, error) {
		r, err := tx.Run(run)
		switch {
		case errors.Is(err, store.ErrNoRow):
			return nil, ErrNoRun
		case err != nil:
			return nil, err
		case r.Status == crm.RunUndone:
			return nil, ErrUndone
		}
		return &undoer{tx: tx, importRun: run, owner: r.CreatedBy, o: o, play: func(u *undoer) error { return newRunUndo(u, r).play() }}, nil
	})
}

// runUndo takes one run back, within the undo's transaction.
type runUndo struct {
	*undoer
	run     crm.Run
	ranges  []store.IDRange // what the run created
	company crm.Company     // before anything is taken back

	departments map[int64]bool  // that exist
	groupOf     map[int64]int64 // of the live tags
	single      map[int64]bool  // live groups in which a pair has one choice
	// left are the things that somebody has changed since. An older image of the
	// same thing is passed over: what it would put back is older still.
	left map[place]bool

	// For permit: the groups and tags that are overwritten, the tags that links
	// come and go of, and the customers that were asked about.
	edited map[place]bool
	tagged map[int64]bool
	asked  map[int64]bool
}

// place is a thing, or a pair of a customer and a member.
type place struct {
	kind      string
	id, staff int64
}

func newRunUndo(u *undoer, run crm.Run) *runUndo {
	return &runUndo{undoer: u, run: run, departments: make(map[int64]bool), groupOf: make(map[int64]int64), single: make(map[int64]bool),
		left: make(map[place]bool), edited: make(map[place]bool), tagged: make(map[int64]bool),
		asked: make(map[int64]bool)}
}

func (u *runUndo) play() (err error) {
	if u.ranges, err = u.tx.CreatedBy(u.run.ID); err != nil {
		return err
	}
	if u.company, err = u.tx.Company(); err != nil {
		return err
	}
	if u.run.Kind == crm.People && u.o.By != 0 && roleOf(u.company, u.o.By) != crm.RoleSuper {
		return ErrNotYours // the directory decides who may do what
	}
	u.index()
	// New customers go first: one may have a key that an old one gets back. The
	// journal is turned round from its end, so that groups come back before tags.
	for _, step := range []func() error{
		func() error { return u.buryCreated(store.SeqCustomer, crm.RefCustomer) },
		func() error { return u.tx.RunChanges(u.run.ID, u.turnImages) },
		u.dropGenerated, u.forgetRemovals, u.revokeCreated,
		func() error { return u.buryCreated(store.SeqTag, crm.ObjectTag) },
		u.buryGroups, u.dropStaff, u.dropDepartments, u.permitEdits,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return u.j.edit("import_run", u.run.ID, map[string]string{"status": crm.RunUndone})
}

func (u *runUndo) index() {
	for _, d := range u.company.Departments {
		u.departments[d.ID] = true
	}
	for _, g := range u.company.Groups {
		u.single[g.ID] = g.DeletionID == 0 && g.SingleChoice
	}
	for _, t := range u.company.Tags {
		if t.DeletionID == 0 {
			u.groupOf[t.ID] = t.GroupID
		}
	}
}

// created reports whether the run made the thing.
func (u *runUndo) created(s store.Sequence, id int64) bool {
	return slices.ContainsFunc(u.ranges, func(r store.IDRange) bool { return r.Kind == string(s) && id >= r.First && id <= r.Last })
}

// of are the ranges of one kind, the last first: what was made later may lie
// below what was made before.
func (u *runUndo) of(s store.Sequence) (out []store.IDRange) {
	for _, r := range slices.Backward(u.ranges) {
		if r.Kind == string(s) {
			out = append(out, r)
		}
	}
	return out
}

// leave lists something that stays as it is.
func (u *runUndo) leave(p place, code, written string) {
	if !u.left[p] {
		u.left[p] = true
		u.keep(code, written)
	}
}

// buryCreated sends what is still live of the things that the run created into
// the bin.
func (u *runUndo) buryCreated(s store.Sequence, kind string) error {
	for _, r := range u.of(s) {
		var live []int64
		for first := r.First; first <= r.Last; first += maxRanges {
			span := make([]int64, 0, min(maxRanges, r.Last-first+1))
			for id := first; id <= min(r.Last, first+maxRanges-1); id++ {
				span = append(span, id)
			}
			err := u.tx.Versions(kind, span, func(id, _, deletion int64) {
				if deletion == 0 && !u.left[place{kind, id, 0}] {
					live = append(live, id)
				}
			})
			if err != nil {
				return err
			}
		}
		slices.Sort(live)
		if u.run.EndedAt != 0 {
			n, err := u.tx.EditedSince(kind, r.First, r.Last, u.run.EndedAt)
			if err != nil {
				return err
			}
			u.out.Edited += n
		}
		u.bury(kind, live)
		if err := u.j.binAll(kind, 0, u.own.ID, live); err != nil {
			return err
		}
	}
	return nil
}

// buryGroups leaves groups that somebody has put other tags into.
func (u *runUndo) buryGroups() error {
	for _, t := range u.company.Tags {
		if t.DeletionID == 0 && u.created(store.SeqGroup, t.GroupID) && !u.created(store.SeqTag, t.ID) {
			u.leave(place{crm.ObjectGroup, t.GroupID, 0}, NoteInUse, u.world.Written(access.Group(t.GroupID)))
		}
	}
	return u.buryCreated(store.SeqGroup, crm.ObjectGroup)
}

// forgetRemovals takes back what the run left about links that it removed while
// they slept, as far as they are there again.
func (u *runUndo) forgetRemovals() error {
	t := store.TableNamed("sleeping_removal")
	var gone []store.Removal
	var ids []int64
	err := u.tx.Images(t, "kind = 'link' AND run_id = ?", []any{u.run.ID}, func(m store.Image) error {
		var r struct {
			ID int64 `db:"id"`
			store.Removal
		}
		if err := t.Read(m, &r); err != nil {
			return err
		}
		if err := t.Read(m, &r.Removal); err != nil {
			return err
		}
		gone, ids = append(gone, r.Removal), append(ids, r.ID)
		return nil
	})
	if err != nil {
		return err
	}
	for i, r := range gone {
		link, err := u.tx.ImageOf(store.TableNamed("link"), r.CustomerID, r.TagID, r.StaffID)
		if err != nil {
			return err
		}
		if link == nil {
			continue
		}
		if err := u.j.row(t.Name, ids[i:i+1], nil); err != nil {
			return err
		}
	}
	return nil
}
