package recycle

import (
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/snapshot"
)

// together runs functions at the same time and returns their errors in order.
func together(fns ...func() error) []error {
	errs := make([]error, len(fns))
	var start, all sync.WaitGroup
	start.Add(1)
	for i, fn := range fns {
		all.Go(func() {
			start.Wait()
			errs[i] = fn()
		})
	}
	start.Done()
	all.Wait()
	return errs
}

// F21: of several who delete the same things at once, one does, and the others
// hear that they are gone.
func TestF21_DeletedAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		del := func() error {
			_, err := Delete(t.Context(), s.db, s.dir, Selection{Tags: []int64{high, web}, Customers: []int64{1, 2}}, DeleteOptions{Reason: "test"})
			return err
		}
		done := 0
		for _, err := range together(del, del, del) {
			if err == nil {
				done++
			} else if !errors.Is(err, ErrChanged) {
				t.Errorf("got %v", err)
			}
		}
		if done != 1 || s.count("deletion", "state = 'in_bin'") != 1 {
			t.Errorf("%d deletes were done", done)
		}
	})
}

// R67: a restore and a purge of one event at once: all of it is back, or all of
// it is gone.
func TestR67_RestoreAndPurgeAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		before := s.state()
		event := s.del(Selection{Groups: []int64{intent}, Customers: []int64{1, 2, 3}})
		errs := together(func() error {
			_, err := Restore(t.Context(), s.db, s.dir, event, RestoreOptions{})
			return err
		}, func() error {
			_, err := Purge(t.Context(), s.db, s.dir, PurgeOptions{Events: []int64{event}, Reason: "test"})
			return err
		})
		switch {
		case errs[0] == nil:
			s.refused(errs[1], ErrNotInBin)
			s.same(s.state(), before, "after the restore")
		case errs[1] == nil:
			if !errors.Is(errs[0], ErrPurging) {
				t.Errorf("got %v", errs[0])
			}
			if s.count("tag_group", "id = ?", intent)+s.count("customer", "id <= 3")+s.count("link", "tag_id = ?", high) != 0 {
				t.Error("some of it is left")
			}
		default:
			t.Errorf("neither was done: %v", errs)
		}
	})
}

// R67: a delete while others write to the same things: whatever goes is in the
// snapshot as it went.
func TestR67_DeleteWhileOthersWrite(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		var d Deleted
		stop := make(chan struct{})
		edit := func() error {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return nil
				default:
				}
				err := s.db.InTx(t.Context(), nil, func(tx *store.Tx) error {
					_, err := tx.Exec("UPDATE customer SET name = ?, version = version + 1 WHERE id = 1 AND deletion_id = 0", itoa(int64(n)))
					return err
				})
				if err != nil {
					return err
				}
			}
		}
		errs := together(edit, func() (err error) {
			defer close(stop)
			d, err = Delete(t.Context(), s.db, s.dir, Selection{Groups: []int64{intent}, Customers: []int64{1}}, DeleteOptions{Reason: "test"})
			return err
		})
		if errs[0] != nil {
			t.Fatal(errs[0])
		}
		if errors.Is(errs[1], ErrChanged) { // it gave up, and nothing has gone
			if s.count("deletion", "id > 0") != 0 || s.group(intent).DeletionID != 0 {
				t.Error("some of it has gone")
			}
			return
		}
		if errs[1] != nil {
			t.Fatal(errs[1])
		}
		s.held(d.Event, d.Snapshot)
	})
}

// An event, a thing, a group to go into that are not there are each a clear
// answer, and so is a snapshot of another database.
func TestWhatIsNotThere(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		_, err := PlanRestore(t.Context(), s.db, 99, RestoreOptions{})
		s.refused(err, ErrNoEvent)
		_, err = Undo(t.Context(), s.db, s.dir, 99, UndoOptions{})
		s.refused(err, ErrNoEvent)
		_, err = Purge(t.Context(), s.db, s.dir, PurgeOptions{Events: []int64{99}, Reason: "test"})
		s.refused(err, ErrNoEvent)
		for _, sel := range []Selection{{Groups: []int64{99}}, {Tags: []int64{99}}, {Customers: []int64{99}}, {Tags: []int64{high, -1}}} {
			_, err = Delete(t.Context(), s.db, s.dir, sel, DeleteOptions{})
			s.refused(err, ErrChanged)
		}
		_, err = Delete(t.Context(), s.db, s.dir, Selection{}, DeleteOptions{})
		s.refused(err, ErrEmpty)
		event := s.del(Selection{Groups: []int64{intent}})
		_, err = PlanRestore(t.Context(), s.db, event, RestoreOptions{Only: &Selection{Tags: []int64{99}}})
		s.refused(err, ErrNotInBin)
		_, err = PlanRestore(t.Context(), s.db, event, RestoreOptions{Only: &Selection{Tags: []int64{high}}, Into: 99})
		s.refused(err, ErrChanged)
		if r := s.restore(event, RestoreOptions{}); r.Event == 0 {
			t.Error("it has no event")
		}
		_, err = PlanRestore(t.Context(), s.db, event, RestoreOptions{})
		s.refused(err, ErrNotInBin)
	})
}

// An event whose snapshot is gone or damaged still comes back: the bin itself
// holds everything.
func TestRestoreWithoutTheSnapshot(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		before := s.state()
		event := s.del(Selection{Groups: []int64{intent, grade}})
		empty, err := snapshot.OpenDir(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		s.dir = empty
		s.restore(event, RestoreOptions{})
		s.same(s.state(), before, "without its snapshot")
	})
}

// Who had access is kept for 2,000 people and 10,000 tags that each of them sees or
// does not by the toss of a coin: it fits into a row, and reads back the same.
func TestHadAccessOfVeryMany(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	s := sight{Groups: map[int64]int{1: 0}, Tags: make(map[int64]int), known: make(map[string]int)}
	for tag := range int64(10_000) {
		var set ids
		for who := range int64(2000) {
			if rng.IntN(2) == 0 {
				set = append(set, who)
			}
		}
		s.Tags[tag] = s.keep(set)
	}
	text, err := s.encode()
	if err != nil || len(text) > 15<<20 {
		t.Fatalf("%d bytes, %v", len(text), err)
	}
	back, err := decodeSight(text)
	if err != nil || len(back.Tags) != 10_000 || !slices.Equal(back.Sets[back.Tags[7]], s.Sets[s.Tags[7]]) {
		t.Errorf("read back: %v", err)
	}
	if _, err := decodeSight(text[:len(text)/2]); err == nil {
		t.Error("half of it was read")
	}
}

// Delete of 100,000 customers whose ids lie scattered, with who has access kept
// for very many people and tags: each row fits the smallest common packet.
func TestF21_VeryMany(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	each(t, func(t *testing.T, s *scene) {
		const many, first = 100_000, 1000
		var chosen []int64
		s.write(func(tx *store.Tx) error {
			if err := tx.RaiseCounter(store.SeqCustomer, first+2*many+1); err != nil {
				return err
			}
			for from := range int64(many / 5000) {
				var list []crm.Customer
				for n := range int64(5000) {
					list = append(list, crm.Customer{ID: first + 2*(from*5000+n), Name: "x", CreatedAt: tx.Now, UpdatedAt: tx.Now, Version: 1})
				}
				if err := tx.CreateCustomers(list); err != nil {
					return err
				}
				for _, c := range list {
					chosen = append(chosen, c.ID)
				}
			}
			return nil
		})
		before := s.state()
		event := s.del(Selection{Customers: chosen})
		var longest int
		s.read(func(tx *store.Tx) error {
			return tx.EventChanges(event, func(body string) error { longest = max(longest, len(body)); return nil })
		})
		if longest > 1<<20 {
			t.Errorf("a change has %d bytes", longest)
		}
		half := slices.Clone(chosen[:many/2])
		s.restore(event, RestoreOptions{Only: &Selection{Customers: half}})
		s.restore(event, RestoreOptions{})
		s.same(s.state(), before, "after both halves")
	})
}
