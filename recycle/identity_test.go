package recycle

import (
	"os"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// Delete and restore of each kind of thing give the same state, and so does the
// undo of the restore with another restore behind it.
func TestDeleteThenRestoreIsIdentity_R68(t *testing.T) {
	for name, sel := range map[string]Selection{
		"tag": {Tags: []int64{high}}, "group": {Groups: []int64{intent}}, "customers": {Customers: []int64{1, 2, 3, 7}},
		"all": {Groups: []int64{intent, grade, eastOnly, source}, Customers: []int64{5, 6}},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *scene) {
				s.give(crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: carl, ObjectKind: crm.ObjectTag, ObjectID: high, Level: crm.LevelHidden})
				s.give(crm.Grant{SubjectKind: crm.SubjectDepartment, SubjectID: sales, WithSub: true, ObjectKind: crm.ObjectGroup, ObjectID: intent, Level: crm.LevelView})
				before := s.state()
				event := s.del(sel)
				gone := s.state()
				if gone.Exact == before.Exact {
					t.Fatal("nothing went")
				}
				back := s.restore(event, RestoreOptions{})
				s.same(s.state(), before, "after the restore")
				if back.Plan.Access.Gained != 0 || back.Plan.Access.Lost != 0 {
					t.Errorf("access changed: %+v", back.Plan.Access)
				}
				for _, kind := range []string{"link", "grant"} {
					if n, all := back.Plan.Sum(kind, crm.Relinked), back.Plan.Sum(kind, ""); n != all {
						t.Errorf("%s: %d of %d relinked: %v", kind, n, all, back.Plan.Counts)
					}
				}
				undone := s.undo(back.Event)
				s.same(s.state(), gone, "after the undo")
				s.undo(undone.Event)
				s.same(s.state(), before, "after the undo of the undo")
			})
		})
	}
}

// Nothing goes without a receipt, and a rehearsal is never kept.
func TestNothingGoesWithoutReceipt(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		before := s.state()
		err := s.db.InTx(t.Context(), nil, func(tx *store.Tx) error {
			_, err := tx.Bury(store.Receipt{}, 1, crm.ObjectTag, []int64{high})
			return err
		})
		s.refused(err, store.ErrNoReceipt)
		var r store.Receipt
		err = s.db.InTx(t.Context(), nil, func(tx *store.Tx) error {
			r = tx.Rehearse()
			_, err := tx.Bury(r, 1, crm.ObjectTag, []int64{high})
			return err
		})
		if err == nil {
			t.Fatal("a rehearsal was kept")
		}
		err = s.db.InTx(t.Context(), nil, func(tx *store.Tx) error {
			_, err := tx.Bury(r, 1, crm.ObjectTag, []int64{high})
			return err
		})
		s.refused(err, store.ErrNoReceipt)
		s.same(s.state(), before, "after three refusals")
	})
}

// F12: without the folder of snapshots nothing is deleted.
func TestF12_NoFolderNoDelete(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		before := s.state()
		if err := os.RemoveAll(s.dir.Path()); err != nil {
			t.Fatal(err)
		}
		if _, err := Delete(t.Context(), s.db, s.dir, Selection{Tags: []int64{high}}, DeleteOptions{Reason: "x"}); err == nil {
			t.Fatal("deleted without a snapshot")
		}
		s.same(s.state(), before, "after the refusal")
	})
}
