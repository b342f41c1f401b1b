package recycle

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

const hour = int64(time.Hour / time.Millisecond)

// R21: nothing changed: the grant is the same row, to the last column.
func TestR21_GranteeUnchanged(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		id := s.give(crm.Grant{SubjectKind: crm.SubjectRole, SubjectRole: crm.RoleStaff, ObjectKind: crm.ObjectGroup, ObjectID: eastOnly, Level: crm.LevelView, CreatedBy: boss, Reason: "原因"})
		before := s.state()
		r := s.restore(s.del(Selection{Groups: []int64{eastOnly}}), RestoreOptions{})
		s.grantVerdict(r.Plan, id, crm.Relinked, "")
		s.same(s.state(), before, "after the restore")
	})
}

// R22: who is disabled gets it back by coming back; who left does not.
func TestR22_GranteeInactive(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		id := s.give(staffGrant(carl, crm.ObjectTag, eastA, crm.LevelUse))
		gone := s.give(staffGrant(dora, crm.ObjectTag, eastA, crm.LevelUse))
		event := s.del(Selection{Tags: []int64{eastA}})
		s.person(carl, func(p *crm.Staff) { p.Status = crm.StatusDisabled })
		s.person(dora, func(p *crm.Staff) { p.Status, p.LeftID = crm.StatusLeft, p.ID })
		r := s.restore(event, RestoreOptions{})
		s.grantVerdict(r.Plan, id, crm.Parked, crm.ReasonInactive)
		s.grantVerdict(r.Plan, gone, crm.Parked, crm.ReasonLeft)
		if s.sees(carl, access.Tag(eastA)) {
			t.Error("a disabled person sees it")
		}
		s.person(carl, func(p *crm.Staff) { p.Status = crm.StatusActive })
		if !s.sees(carl, access.Tag(eastA)) {
			t.Error("it did not wake with the person")
		}
	})
}

func (s *scene) world() (w *access.World) {
	s.Helper()
	s.read(func(tx *store.Tx) error {
		c, err := tx.Company()
		w = access.New(c)
		return err
	})
	return w
}

func (s *scene) sees(who int64, o access.Object) bool {
	s.Helper()
	return s.world().Allowed(access.Question{Subject: who, Do: access.View, On: o})
}

// R23: a successor gets it only when a human says so, and then it is recorded.
func TestR23_HandedOver(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		id := s.give(staffGrant(dora, crm.ObjectTag, eastA, crm.LevelUse))
		event := s.del(Selection{Tags: []int64{eastA}})
		s.person(dora, func(p *crm.Staff) { p.Status, p.LeftID = crm.StatusLeft, p.ID })
		s.grantVerdict(s.plan(event, RestoreOptions{}), id, crm.Parked, crm.ReasonLeft)
		before := s.state()
		r := s.restore(event, RestoreOptions{Subjects: map[Thing]int64{{crm.SubjectStaff, dora}: carl}, AcceptWider: true})
		s.grantVerdict(r.Plan, id, crm.Mapped, crm.ReasonByHand)
		if !s.sees(carl, access.Tag(eastA)) || r.Plan.Access.Gained != 1 || r.Plan.Access.Gains[0] != carl {
			t.Errorf("the successor did not get it: %+v", r.Plan.Access)
		}
		s.undo(r.Event)
		s.same(s.state(), before, "after the undo")
	})
}

// R25: the account was given to somebody else: a stranger, until a human says
// otherwise.
func TestR25_SameAccountAnotherPerson(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		id := s.give(staffGrant(carl, crm.ObjectTag, eastA, crm.LevelUse))
		event := s.del(Selection{Tags: []int64{eastA}})
		s.person(carl, func(p *crm.Staff) { p.Status, p.LeftID = crm.StatusLeft, p.ID })
		var again int64
		s.write(func(tx *store.Tx) (err error) {
			if again, err = tx.NextIDs(store.SeqStaff, 1); err != nil {
				return err
			}
			return tx.CreateStaff([]crm.Staff{{ID: again, UserID: "CARL", Name: "carl", Status: crm.StatusActive, Role: crm.RoleStaff, Contact: true, Version: 1}})
		})
		v := s.grantVerdict(s.plan(event, RestoreOptions{}), id, crm.Conflict, crm.ReasonIdentity)
		if v.Candidate != again {
			t.Errorf("the candidate is %d", v.Candidate)
		}
		s.write(func(tx *store.Tx) error { return tx.SetSameAs(again, carl) })
		r := s.restore(event, RestoreOptions{AcceptWider: true})
		s.grantVerdict(r.Plan, id, crm.Mapped, crm.ReasonSamePerson)
		if !s.sees(again, access.Tag(eastA)) {
			t.Error("the same person does not see it")
		}
	})
}

// R26: another name, or another account, is the same person.
func TestR26_GranteeRenamed(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		id := s.give(staffGrant(carl, crm.ObjectTag, eastA, crm.LevelUse))
		event := s.del(Selection{Tags: []int64{eastA}})
		s.person(carl, func(p *crm.Staff) { p.UserID, p.Name = "carl2", "卡尔" })
		r := s.restore(event, RestoreOptions{})
		s.grantVerdict(r.Plan, id, crm.Relinked, "")
	})
}

// merge ends a department in another one, as the directory's commands do.
func (s *scene) mergeDepartment(from, into int64) {
	s.Helper()
	s.write(func(tx *store.Tx) error {
		event, err := tx.NextIDs(store.SeqEvent, 1)
		if err != nil {
			return err
		}
		if err := tx.MergeDepartment(from, into, event); err != nil {
			return err
		}
		return tx.WriteDirectoryEvent(&crm.DirectoryEvent{ID: event, Kind: crm.EventMerged, FromID: from, ToID: into})
	})
}

// R27: the department went into another one: that one is proposed, with how many
// people it would reach, and gets nothing unasked.
func TestR27_DepartmentMerged(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		id := s.give(departmentGrant(service, false, crm.ObjectTag, eastA, crm.LevelUse))
		event := s.del(Selection{Tags: []int64{eastA}})
		s.mergeDepartment(service, sales)
		v := s.grantVerdict(s.plan(event, RestoreOptions{}), id, crm.Parked, crm.ReasonDeptMerged)
		if v.Candidate != sales || v.More != 3 {
			t.Errorf("proposed %d with %d people", v.Candidate, v.More)
		}
		mapped := RestoreOptions{Subjects: map[Thing]int64{{crm.SubjectDepartment, service}: sales}}
		r := s.restore(event, mapped)
		if r.Plan.Access.Gained != 1 || r.Plan.Access.Gains[0] != anna {
			t.Errorf("the change is %+v", r.Plan.Access)
		}
		s.grantVerdict(r.Plan, id, crm.Mapped, crm.ReasonByHand)
		if !s.sees(anna, access.Tag(eastA)) {
			t.Error("not mapped")
		}
	})
}

// R28: the department was split: nobody guesses, the new one is named.
func TestR28_DepartmentSplit(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		id := s.give(departmentGrant(service, false, crm.ObjectTag, eastA, crm.LevelUse))
		event := s.del(Selection{Tags: []int64{eastA}})
		s.write(func(tx *store.Tx) error {
			d, err := tx.NextIDs(store.SeqDepartment, 1)
			if err != nil {
				return err
			}
			if err := tx.CreateDepartments([]crm.Department{{ID: d, ParentID: head, Name: "新客服"}}); err != nil {
				return err
			}
			if err := tx.SetStaffDepartments(carl, []int64{d}); err != nil {
				return err
			}
			return tx.WriteDirectoryEvent(&crm.DirectoryEvent{Kind: crm.EventSplit, FromID: service, ToID: d})
		})
		r := s.restore(event, RestoreOptions{})
		v := s.grantVerdict(r.Plan, id, crm.Relinked, crm.ReasonDeptSplit)
		if v.Candidate == 0 || s.sees(carl, access.Tag(eastA)) {
			t.Errorf("who was split off sees it, or is not named: %+v", v)
		}
		if r.Plan.Access.Lost != 1 {
			t.Errorf("the loss is not told: %+v", r.Plan.Access)
		}
	})
}

// R29: the department was moved: the same department, and the plan tells who
// gains and loses.
func TestR29_DepartmentMoved(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		id := s.give(departmentGrant(service, true, crm.ObjectTag, eastA, crm.LevelUse))
		event := s.del(Selection{Tags: []int64{eastA}})
		s.write(func(tx *store.Tx) error {
			if err := tx.MoveDepartment(sales, service); err != nil {
				return err
			}
			if err := tx.WriteDirectoryEvent(&crm.DirectoryEvent{Kind: crm.EventMoved, FromID: sales, ToID: service}); err != nil {
				return err
			}
			return tx.WriteDirectoryEvent(&crm.DirectoryEvent{Kind: crm.EventMoved, FromID: service, ToID: head})
		})
		p := s.plan(event, RestoreOptions{})
		s.grantVerdict(p, id, crm.Relinked, crm.ReasonMoved)
		if p.Access.Gained != 1 || p.Access.Gains[0] != anna { // she lies under it now; dora saw it before
			t.Errorf("the change is %+v", p.Access)
		}
	})
}

// R31, R32: what was revoked before or while it slept never comes back.
func TestR31_RevokedBeforeAndIn_R32(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		early := s.give(staffGrant(carl, crm.ObjectTag, eastA, crm.LevelUse))
		late := s.give(staffGrant(anna, crm.ObjectTag, eastA, crm.LevelUse))
		s.write(func(tx *store.Tx) error { return tx.RevokeGrant(early, boss, "") })
		event := s.del(Selection{Tags: []int64{eastA}})
		s.write(func(tx *store.Tx) error { return tx.RevokeGrant(late, boss, "") })
		r := s.restore(event, RestoreOptions{})
		s.verdicts(r.Plan, "grant", Count{Verdict: crm.Stale, Reason: crm.ReasonRevoked, N: 1})
		if s.sees(carl, access.Tag(eastA)) || s.sees(anna, access.Tag(eastA)) {
			t.Error("a revoked grant came back")
		}
	})
}

// R33: time spent in the bin is not given back; R34: not by a clock that goes
// back either; R35: what lies ahead begins when it always was to begin.
func TestR33_Expired_R34_R35(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		now := s.clock.Now().UnixMilli()
		short := staffGrant(carl, crm.ObjectTag, eastA, crm.LevelUse)
		short.StartsAt, short.EndsAt = now, now+2*hour
		over := s.give(short)
		short.StartsAt, short.EndsAt = now+10*hour, now+20*hour
		ahead := s.give(short)
		short.StartsAt, short.EndsAt = now, now+60*hour
		still := s.give(short)
		event := s.del(Selection{Tags: []int64{eastA}})
		s.clock.Advance(3 * time.Hour)
		s.write(func(tx *store.Tx) error { return tx.WriteAudit(store.Audit{Action: "later"}) })
		s.clock.Advance(-3*time.Hour + time.Minute)
		r := s.restore(event, RestoreOptions{})
		s.grantVerdict(r.Plan, over, crm.Stale, crm.ReasonExpired)
		s.grantVerdict(r.Plan, ahead, crm.Relinked, crm.ReasonFuture)
		s.grantVerdict(r.Plan, still, crm.Relinked, "")
		s.read(func(tx *store.Tx) error {
			g, err := tx.Grant(over)
			if g.RevokedAt == 0 {
				t.Error("what was over is in force again, because the clock went back")
			}
			if g, err := tx.Grant(still); err == nil && g.EndsAt != now+60*hour {
				t.Error("its end moved")
			}
			return err
		})
	})
}

// R36: a deny comes back with the allows; where it can hit nobody any more, the
// allows of its object wait.
func TestR36_DenyWithAllows(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		deny := s.give(departmentGrant(service, false, crm.ObjectTag, eastA, crm.LevelHidden))
		allow := s.give(crm.Grant{SubjectKind: crm.SubjectRole, SubjectRole: crm.RoleStaff, ObjectKind: crm.ObjectTag, ObjectID: eastA, Level: crm.LevelEdit})
		if s.sees(carl, access.Tag(eastA)) || !s.sees(anna, access.Tag(eastA)) {
			t.Fatal("not set up")
		}
		event := s.del(Selection{Tags: []int64{eastA}})
		r := s.restore(event, RestoreOptions{})
		if s.sees(carl, access.Tag(eastA)) || !s.sees(anna, access.Tag(eastA)) {
			t.Error("not as before")
		}
		s.undo(r.Event)
		s.mergeDepartment(service, head)
		r = s.restore(event, RestoreOptions{})
		s.grantVerdict(r.Plan, deny, crm.Parked, crm.ReasonDeptMerged)
		s.grantVerdict(r.Plan, allow, crm.Parked, crm.ReasonDenyParked)
		if s.sees(carl, access.Tag(eastA)) {
			t.Error("whom the deny was against sees it")
		}
	})
}

// R37: who gave it may no longer: it comes back, and is flagged.
func TestR37_GrantorLostTheRight(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		g := staffGrant(carl, crm.ObjectGroup, intent, crm.LevelEdit)
		g.CreatedBy = anna
		id := s.give(g)
		event := s.del(Selection{Groups: []int64{intent}})
		s.person(anna, func(p *crm.Staff) { p.Tagging = false })
		r := s.restore(event, RestoreOptions{})
		s.grantVerdict(r.Plan, id, crm.Relinked, crm.ReasonGrantorLost)
	})
}

// R38: nobody restores what they could not have given: the things come back, the
// grants wait for somebody who may.
func TestR38_RestorerMayNotGive(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.give(staffGrant(ben, crm.ObjectGroup, eastOnly, crm.LevelEdit))
		now := s.clock.Now().UnixMilli()
		temporary := staffGrant(anna, crm.ObjectGroup, eastOnly, crm.LevelEdit)
		temporary.StartsAt, temporary.EndsAt = now, now+24*hour
		s.give(temporary)
		lasting := s.give(staffGrant(carl, crm.ObjectGroup, eastOnly, crm.LevelUse))
		event := s.del(Selection{Groups: []int64{eastOnly}})
		// anna has it until tomorrow only, so she cannot give it for good.
		r := s.restore(event, RestoreOptions{By: anna})
		s.grantVerdict(r.Plan, lasting, crm.Parked, crm.ReasonNotYours)
		if s.sees(carl, access.Group(eastOnly)) {
			t.Error("laundered through a restore")
		}
		if s.group(eastOnly).DeletionID != 0 {
			t.Error("the group did not come back")
		}
	})
}

// R38: … and who may not restore at all is refused; carl cannot even see it.
func TestR38_RestorerMayNotRestore(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		event := s.del(Selection{Groups: []int64{eastOnly}})
		before := s.state()
		for _, who := range []int64{carl, auditor} {
			_, err := Restore(t.Context(), s.db, s.dir, event, RestoreOptions{By: who})
			var no *Refusal
			if !errors.As(err, &no) {
				t.Fatalf("%d: got %v", who, err)
			}
			if who == carl && no.Decision.Seen() {
				t.Error("carl is told that it is there")
			}
		}
		s.same(s.state(), before, "after two refusals")
	})
}

// R40: restored into another group, a tag brings its own grants and none of its
// old group's.
func TestR40_IntoAnotherGroupWithoutInherited(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.give(staffGrant(carl, crm.ObjectGroup, eastOnly, crm.LevelUse))
		own := s.give(staffGrant(dora, crm.ObjectTag, eastA, crm.LevelUse))
		event := s.del(Selection{Groups: []int64{eastOnly}})
		private := s.newGroup("私有")
		s.write(func(tx *store.Tx) error {
			return tx.UpdateGroup(crm.Group{ID: private, Name: "私有", Scope: crm.ScopeDepartment, DepartmentID: east, Sort: 9})
		})
		r := s.restore(event, RestoreOptions{Only: &Selection{Tags: []int64{eastA}}, Into: private, AcceptWider: true})
		s.grantVerdict(r.Plan, own, crm.Relinked, "")
		if s.sees(carl, access.Tag(eastA)) || !s.sees(dora, access.Tag(eastA)) {
			t.Error("not its own grants only")
		}
		if r.Plan.Access.Lost != 1 {
			t.Errorf("the change is %+v", r.Plan.Access)
		}
	})
}

// R41: the grant was made again by hand on the tag that took the name: that one
// stays as it is.
func TestR41_GrantMadeAgainByHand(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		old := s.give(staffGrant(carl, crm.ObjectTag, eastA, crm.LevelUse))
		event := s.del(Selection{Tags: []int64{eastA}})
		twin := s.newTag(eastOnly, "东一", 1)
		now := s.clock.Now().UnixMilli()
		again := staffGrant(carl, crm.ObjectTag, twin, crm.LevelUse)
		again.StartsAt, again.EndsAt = now, now+hour
		kept := s.give(again)
		r := s.restore(event, RestoreOptions{OnConflict: Merge})
		s.grantVerdict(r.Plan, old, crm.AlreadyThere, crm.ReasonMerged)
		s.read(func(tx *store.Tx) error {
			g, err := tx.Grant(kept)
			if g.EndsAt != now+hour || g.RevokedAt != 0 {
				t.Errorf("it became %+v", g)
			}
			return err
		})
	})
}

// R43: a grant to everybody in a company that has grown: who is more than may
// pass without a word has to be accepted.
func TestR43_CompanyHasGrown(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.give(crm.Grant{SubjectKind: crm.SubjectRole, SubjectRole: crm.RoleStaff, ObjectKind: crm.ObjectGroup, ObjectID: eastOnly, Level: crm.LevelView})
		event := s.del(Selection{Groups: []int64{eastOnly}})
		s.write(func(tx *store.Tx) error {
			first, err := tx.NextIDs(store.SeqStaff, 60)
			if err != nil {
				return err
			}
			var people []crm.Staff
			for i := range int64(60) {
				people = append(people, crm.Staff{ID: first + i, UserID: fmt.Sprint("new", i), Status: crm.StatusActive, Role: crm.RoleStaff, Contact: true})
			}
			return tx.CreateStaff(people)
		})
		_, err := Restore(t.Context(), s.db, s.dir, event, RestoreOptions{})
		var wider *WiderError
		if !errors.As(err, &wider) || wider.Access.Gained != 60 {
			t.Fatalf("got %v", err)
		}
		s.restore(event, RestoreOptions{AcceptWider: true})
	})
}

// R24: the person is not here at all: it waits, and is listed.
func TestR24_GranteeGoneForGood(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		id := s.give(staffGrant(999, crm.ObjectTag, eastA, crm.LevelUse))
		r := s.restore(s.del(Selection{Tags: []int64{eastA}}), RestoreOptions{})
		s.grantVerdict(r.Plan, id, crm.Parked, crm.ReasonMissing)
	})
}
