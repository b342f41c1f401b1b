package recycle

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
	"tagkeep/snapshot"
)

// eachRaced is each, with a way to get between the snapshot and what follows it:
// meanwhile is called once, when the first transaction after a new snapshot is
// about to begin.
func eachRaced(t *testing.T, fn func(t *testing.T, s *scene, meanwhile func(func()))) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		s := &scene{TB: t, clock: storetest.NewClock()}
		var mu sync.Mutex
		var hook func()
		had := 0
		taken := func() int {
			list, err := s.dir.List(context.Background())
			if err != nil {
				t.Error(err)
			}
			n := 0
			for _, i := range list { // registered, not merely published
				if s.count("snapshot_check", "snapshot_id = ?", i.ID) > 0 {
					n++
				}
			}
			return n
		}
		now := func() time.Time {
			mu.Lock()
			call := hook
			hook = nil
			mu.Unlock()
			if call != nil {
				done := make(chan struct{})
				go func() { // a transaction of its own
					defer close(done)
					if taken() > had {
						call()
						return
					}
					mu.Lock()
					hook = call
					mu.Unlock()
				}()
				<-done
			}
			return s.clock.Now()
		}
		s.db = storetest.Open(t, target, store.WithClock(now))
		var err error
		if s.dir, err = snapshot.OpenDir(t.TempDir()); err != nil {
			t.Fatal(err)
		}
		s.write(s.fill)
		s.tick()
		fn(t, s, func(call func()) {
			n := taken()
			mu.Lock()
			defer mu.Unlock()
			had, hook = n, call
		})
		mu.Lock()
		if hook != nil {
			t.Error("nothing came between")
		}
		hook = nil
		mu.Unlock()
		s.sound()
	})
}

// held demands that a snapshot has all that an event has in the bin, as it is.
func (s *scene) held(event int64, in snapshot.Info) {
	s.Helper()
	var has Selection
	s.read(func(tx *store.Tx) (err error) { has, err = contentsOf(tx, event); return err })
	if has.Empty() {
		s.Fatalf("event %d has nothing in the bin", event)
	}
	ok, err := snapshot.Covers(s.Context(), s.db, in.Path, snapshot.Scope(has))
	if err != nil || !ok {
		s.Errorf("the snapshot does not hold %+v of event %d: %v", has, event, err)
	}
}

// Law 5: what is replaced goes into the bin as the snapshot has it, whatever
// somebody does between the snapshot and the commit.
func TestLaw05_ReplacedMeanwhile(t *testing.T) {
	for name, query := range map[string]string{
		"edited": "UPDATE tag SET description = '改过', version = version + 1 WHERE name = '新的'",
		"added":  "INSERT INTO tag (id, group_id, name, sort, deletion_id, created_at, updated_at, version) SELECT 900, group_id, '刚加', 9, 0, 1, 1, 1 FROM tag WHERE name = '新的'",
	} {
		t.Run(name, func(t *testing.T) {
			eachRaced(t, func(t *testing.T, s *scene, meanwhile func(func())) {
				event := s.del(Selection{Groups: []int64{intent}})
				s.newTag(s.newGroup("意向"), "新的", 1)
				meanwhile(func() { s.lose(query) })
				r := s.restore(event, RestoreOptions{OnConflict: Replace})
				s.held(r.Event+1, r.Snapshot)
			})
		})
	}
}

// The same of what an undo sends into the bin.
func TestLaw05_UndoneMeanwhile(t *testing.T) {
	eachRaced(t, func(t *testing.T, s *scene, meanwhile func(func())) {
		event := s.del(Selection{Tags: []int64{high}, Customers: []int64{1}})
		r := s.restore(event, RestoreOptions{})
		meanwhile(func() {
			s.lose("UPDATE tag SET description = '改过', version = version + 1 WHERE id = 1", "UPDATE customer SET name = '改过', version = version + 1 WHERE id = 1")
		})
		u := s.undo(r.Event)
		s.held(event, u.Snapshot)
	})
}

// And of a delete, while an import adds to it and edits it.
func TestLaw05_DeletedMeanwhile_R67(t *testing.T) {
	eachRaced(t, func(t *testing.T, s *scene, meanwhile func(func())) {
		meanwhile(func() {
			s.addTag(intent, "刚加")
			s.lose("UPDATE customer SET name = '改过', version = version + 1 WHERE id = 1", "INSERT INTO link (customer_id, tag_id, staff_id, tagged_at, tagged_by, run_id) VALUES (3, 2, 1, 5, 1, 0)")
		})
		d, err := Delete(t.Context(), s.db, s.dir, Selection{Groups: []int64{intent}, Customers: []int64{1}}, DeleteOptions{Reason: "test"})
		if err != nil || d.Counts.Tags != 3 || d.Counts.Links != 20+10+1+1 {
			t.Fatalf("deleted %+v, %v", d.Counts, err)
		}
		s.held(d.Event, d.Snapshot)
	})
}

// A receipt is good for what its snapshot was made of, and for nothing else.
func TestLaw05_ReceiptOfAnotherSnapshot(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		made, err := snapshot.Create(t.Context(), s.db, s.dir, snapshot.Options{Scope: snapshot.Scope{Tags: []int64{low}}})
		if err != nil {
			t.Fatal(err)
		}
		tag := store.TableNamed("tag")
		for name, fn := range map[string]func(tx *store.Tx) error{
			"a tag": func(tx *store.Tx) error {
				_, err := tx.Bury(made.Receipt, 1, crm.ObjectTag, []int64{low, high})
				return err
			},
			"a group": func(tx *store.Tx) error {
				_, err := tx.Bury(made.Receipt, 1, crm.ObjectGroup, []int64{intent})
				return err
			},
			"a customer": func(tx *store.Tx) error { _, err := tx.Bury(made.Receipt, 1, crm.RefCustomer, []int64{2}); return err },
			"a tag's row": func(tx *store.Tx) error {
				row, err := tx.ImageOf(tag, high)
				if err != nil {
					return err
				}
				event := "1"
				row[tag.At("deletion_id")] = &event
				return tx.PutImage(made.Receipt, tag, row)
			},
		} {
			err := s.db.InTx(t.Context(), nil, fn)
			if !errors.Is(err, store.ErrNoReceipt) {
				t.Errorf("%s: got %v", name, err)
			}
		}
	})
}

// A purge that was cut short has its things for itself: nothing takes half of
// them out again.
func TestLaw05_UndoOfWhatIsBeingPurged(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		event := s.del(Selection{Tags: []int64{high}})
		other := s.newTag(intent, "高意向", 1)
		for c := range int64(5) {
			s.link(c+1, other, 0)
		}
		r := s.restore(event, RestoreOptions{OnConflict: Replace})
		replaced := r.Event + 1
		ctx, cancel := context.WithCancel(t.Context())
		_, err := Purge(ctx, s.db, s.dir, PurgeOptions{Events: []int64{replaced}, Reason: "test", Progress: func(rows int64) {
			if rows > 0 {
				cancel()
			}
		}})
		s.refused(err, context.Canceled)
		s.undo(r.Event)
		s.purge(replaced)
		if s.count("tag", "id = ?", other) != 0 || s.count("link", "tag_id = ?", other) != 0 {
			t.Error("half of it came back")
		}
	})
}

// A restore takes a group out of an event that is being purged, for the sake of
// a tag that went before it: the purge leaves it and what is on it alone.
func TestLaw05_ShellTakenFromAPurge_R04(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		deny := s.give(staffGrant(carl, crm.ObjectGroup, intent, crm.LevelHidden))
		tag := s.del(Selection{Tags: []int64{low}})
		group := s.del(Selection{Groups: []int64{intent}})
		once := false
		_, err := Purge(t.Context(), s.db, s.dir, PurgeOptions{Events: []int64{group}, Reason: "test", Progress: func(rows int64) {
			if rows > 0 && !once {
				once = true
				if _, err := Restore(t.Context(), s.db, s.dir, tag, RestoreOptions{}); err != nil {
					t.Error(err)
				}
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		if !once || s.count("access_grant", "id = ?", deny) != 1 || s.sees(carl, access.Tag(low)) || s.tombstone(crm.ObjectGroup, intent) != "" {
			t.Error("the purge went on with what had been taken from it")
		}
	})
}

// A live tag's group is live, whatever is undone.
func TestLaw05_UndoLeavesNoTagWithoutItsGroup_R68(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		event := s.del(Selection{Groups: []int64{intent}})
		r := s.restore(event, RestoreOptions{})
		added := s.newTag(intent, "后来的", 9)
		u := s.undo(r.Event)
		if s.tag(added).DeletionID != 0 || s.group(intent).DeletionID != 0 || s.tag(high).DeletionID != event || u.KeptCount != 1 {
			t.Errorf("after the undo: %+v", u)
		}
		s.sound()
		s.del(Selection{Groups: []int64{intent}})
		again := s.undo(u.Event)
		s.sound()
		if s.tag(high).DeletionID == 0 || again.KeptCount == 0 {
			t.Errorf("after the undo of the undo: %+v", again)
		}
	})
}

// The tag that others went into is gone for good when an undo is undone.
func TestLaw05_UndoOfAMergeIntoWhatWasPurged_R14(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		d, err := MergeTags(t.Context(), s.db, s.dir, []int64{high}, low, DeleteOptions{Reason: "test"})
		if err != nil {
			t.Fatal(err)
		}
		s.tick()
		u := s.undo(d.Event)
		s.purge(s.del(Selection{Tags: []int64{low}}))
		again := s.undo(u.Event)
		if s.count("link", "tag_id = ?", low) != 0 || again.Added != 0 {
			t.Errorf("links of nothing: %+v", again)
		}
	})
}
