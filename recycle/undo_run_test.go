package recycle

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tagkeep/importer"
	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// load imports a sheet, given as its lines, and returns the run.
func (s *scene) load(kind crm.Kind, o importer.Options, lines ...string) int64 {
	s.Helper()
	path := filepath.Join(s.TempDir(), "sheet.csv")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		s.Fatal(err)
	}
	o.MaxRemovals = importer.Amount{N: 100, Percent: true, Given: true}
	im, err := importer.Open(s.Context(), path, kind, o, time.UTC)
	if err != nil {
		s.Fatal(err)
	}
	defer im.Close()
	res, err := im.Run(s.Context(), s.db)
	if err != nil {
		s.Fatal(err)
	}
	s.tick()
	return res.Run
}

// loaded is load of rows of which every one must go in.
func (s *scene) loaded(kind crm.Kind, o importer.Options, lines ...string) int64 {
	s.Helper()
	run := s.load(kind, o, lines...)
	s.read(func(tx *store.Tx) error {
		r, err := tx.Run(run)
		if r.Status != crm.RunDone || r.Created+r.Updated == 0 {
			s.Fatalf("the import did not go in: %+v", r)
		}
		return err
	})
	return run
}

func (s *scene) undoRun(run int64, o UndoOptions) Undone {
	s.Helper()
	u, err := UndoRun(s.Context(), s.db, s.dir, run, o)
	if err != nil {
		s.Fatal(err)
	}
	s.tick()
	return u
}

// codes are the codes of notes, each with the first word of what it is about.
func codes(notes []Note) (out []string) {
	for _, n := range notes {
		out = append(out, n.Code+" "+strings.Join(n.Args, " "))
	}
	slices.Sort(out)
	return out
}

// runs are imports of each kind, all rows of which go in.
var runs = map[string]struct {
	kind  crm.Kind
	o     importer.Options
	lines []string
}{
	"customers": {crm.Customers, importer.Options{CreateTags: true, TagGroup: "新组"}, []string{"客户ID,客户名称,跟进员工,企业标签,客户备注",
		"wm1,改名,anna,等级:金卡,新备注", "wm3,,anna,等级:金卡;新标签,", "wm4,,carl,来源:门店,由客服跟进", "wm5,,ben,,", "wm901,新客户,anna,意向:高意向;新标签,", "wm902,,,,"}},
	"replacing": {crm.Customers, importer.Options{Tags: importer.ReplaceTags}, []string{"客户ID,跟进员工,企业标签", "wm1,anna,意向:低意向", "wm2,ben,华东专属:东一", "wm6,anna,等级:VIP"}},
	"removing":  {crm.Customers, importer.Options{Tags: importer.RemoveTags}, []string{"客户ID,跟进员工,企业标签", "wm1,anna,意向:高意向", "wm3,anna,等级:VIP"}},
	"tags": {crm.Tags, importer.Options{}, []string{"标签组,标签名称,标签说明,单选,标签组类型,所属部门", "意向,高意向,改了,,,", "意向,中意向,,,,", "新的组,一,,是,,", "来源,官网,,是,,",
		"华东专属,东二,,,部门,总部/销售部"}},
	"staff": {crm.People, importer.Options{}, []string{"员工账号,姓名,部门,角色,状态", "anna,安娜,总部/新部门/一组,部门管理员,在职", "carl,,,,离职", "newbie,新人,总部/新部门/一组;总部/销售部,普通员工,在职",
		",,总部/空部门,,"}},
	"grants": {crm.Grants, importer.Options{}, []string{"对象,授权类型,授权给,级别,原因", "tag:意向:高意向,员工,carl,查看,重新授权", "group:等级,部门,总部/客服部,编辑,新授权"}},
}

// The undo of an import of each kind gives back exactly what was there, its own
// undo exactly what the import had made, and once more.
func TestUndoOfImportIsIdentity(t *testing.T) {
	for name, r := range runs {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *scene) {
				s.give(crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: carl, ObjectKind: crm.ObjectTag, ObjectID: high, Level: crm.LevelEdit, Reason: "旧"})
				before := s.state()
				run := s.loaded(r.kind, r.o, r.lines...)
				imported := s.state()
				if imported.Exact == before.Exact {
					t.Fatal("the import changed nothing")
				}
				rehearsed, err := UndoRun(t.Context(), s.db, s.dir, run, UndoOptions{DryRun: true})
				if err != nil {
					t.Fatal(err)
				}
				s.same(s.state(), imported, "after a dry run")
				u := s.undoRun(run, UndoOptions{Reason: "wrong file"})
				s.same(s.state(), before, "after the undo")
				if len(u.Kept) != 0 {
					t.Errorf("kept: %v", u.Kept)
				}
				if !u.Buried.Empty() && u.Snapshot.ID == "" {
					t.Error("no snapshot of what went into the bin")
				}
				rehearsed.Snapshot, rehearsed.Event = u.Snapshot, u.Event
				if got, want := fmt.Sprintf("%+v", u), fmt.Sprintf("%+v", rehearsed); got != want {
					t.Errorf("the dry run said\n%s\nit did\n%s", want, got)
				}
				_, err = UndoRun(t.Context(), s.db, s.dir, run, UndoOptions{})
				s.refused(err, ErrUndone)
				again := s.undo(u.Event)
				s.same(s.state(), imported, "after the undo of the undo")
				s.undo(again.Event)
				s.same(s.state(), before, "after the undo of that")
			})
		})
	}
}

// What lies in the bin after an undo is one event, with the snapshot that holds
// it; restoring it brings it back with its links.
func TestUndoneThingsLieInTheBin(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		r := runs["customers"]
		run := s.loaded(r.kind, r.o, r.lines...)
		u := s.undoRun(run, UndoOptions{})
		if u.Groups != 1 || u.Tags != 1 || u.Customers != 2 || u.Edited != 0 {
			t.Errorf("binned: %d groups, %d tags, %d customers, %d edited since", u.Groups, u.Tags, u.Customers, u.Edited)
		}
		s.read(func(tx *store.Tx) error {
			d, err := tx.Deletion(u.Event)
			if d.State != crm.StateInBin || d.SnapshotID != u.Snapshot.ID || d.ExpiresAt == 0 || d.Summary != fmt.Sprintf("R%d", run) {
				t.Errorf("the event is %+v", d)
			}
			again, rerr := tx.Run(run)
			if again.Status != crm.RunUndone {
				t.Errorf("the run is %s", again.Status)
			}
			if rerr != nil {
				t.Error(rerr)
			}
			return err
		})
		back := s.restore(u.Event, RestoreOptions{})
		if n := back.Plan.Sum("link", crm.Relinked); n != 3 {
			t.Errorf("%d links came back: %v", n, back.Plan.Counts)
		}
	})
}

// What somebody has changed since stays as it is and is listed.
func TestUndoLeavesWhatWasChangedSince(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		r := runs["customers"]
		run := s.loaded(r.kind, r.o, append(r.lines, "wm7,改名七,,,", "wm8,改名八,,,")...)
		s.loaded(crm.Tags, importer.Options{}, "标签组,标签名称", "新组,别人的", "等级,银卡")
		s.loaded(crm.Customers, importer.Options{}, "客户ID,客户名称,跟进员工,企业标签", "wm1,又改名,anna,", "wm4,,carl,意向:低意向", "wm3,,anna,等级:银卡", "wm901,也改名,anna,")
		s.del(Selection{Customers: []int64{8}})
		u := s.undoRun(run, UndoOptions{})
		want := []string{
			"CHANGED_SINCE customer:#1 又改名",
			"IN_BIN customer:#8 改名八",
			"IN_USE customer:#4 staff:carl",
			"IN_USE group:新组",
			"NEWER_CHOICE customer:#3 tag:等级:VIP",
		}
		if got := codes(u.Kept); !slices.Equal(got, want) {
			t.Errorf("kept\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if u.KeptCount != len(want) || u.Edited != 1 {
			t.Errorf("%d kept, %d edited since", u.KeptCount, u.Edited)
		}
		names := map[string]string{"wm1": "又改名", "wm7": "客户7"}
		s.read(func(tx *store.Tx) error {
			return tx.CustomersByKey("external_id", []any{"wm1", "wm7"}, func(c crm.Customer) {
				if c.Name != names[c.ExternalID] {
					t.Errorf("%s is called %s", c.ExternalID, c.Name)
				}
			})
		})
	})
}

// A tag that the import took off and that somebody has taken off again since
// does not come back: that is a decision made later.
func TestUndoKeepsLaterUntagging(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		run := s.loaded(crm.Customers, importer.Options{Tags: importer.RemoveTags}, "客户ID,跟进员工,企业标签", "wm1,anna,意向:高意向")
		again := s.loaded(crm.Customers, importer.Options{}, "客户ID,跟进员工,企业标签", "wm1,anna,意向:高意向")
		u := s.undoRun(run, UndoOptions{})
		if got := codes(u.Kept); u.Added != 0 || !slices.Equal(got, []string{"CHANGED_SINCE customer:#1 tag:意向:高意向"}) {
			t.Errorf("added %d, kept %v", u.Added, got)
		}
		if u := s.undoRun(again, UndoOptions{}); u.Removed != 1 || u.KeptCount != 0 {
			t.Errorf("the later import: %+v", u)
		}
	})
}

// Values whose key somebody else has now stay; so do people whom others name.
func TestUndoLeavesKeysAndPeopleInUse(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		staff := s.loaded(crm.People, importer.Options{}, "员工账号,姓名,部门", "newbie,新人,总部/新部门/一组", "gone,走人,总部/旧部门")
		s.loaded(crm.Customers, importer.Options{}, "客户ID,客户名称,跟进员工", "wm9,,newbie")
		u := s.undoRun(staff, UndoOptions{})
		want := []string{"IN_USE department:总部/新部门", "IN_USE department:总部/新部门/一组", "IN_USE staff:newbie"}
		if got := codes(u.Kept); !slices.Equal(got, want) || u.Staff != 1 || u.Departments != 1 {
			t.Errorf("removed %d people and %d departments, kept %v", u.Staff, u.Departments, got)
		}

		left := s.loaded(crm.People, importer.Options{}, "员工账号,状态", "ben,离职")
		s.loaded(crm.People, importer.Options{}, "员工账号,姓名,部门", "ben,新来的,总部")
		u = s.undoRun(left, UndoOptions{})
		if got := codes(u.Kept); !slices.Equal(got, []string{"KEY_TAKEN staff:ben"}) {
			t.Errorf("kept %v", got)
		}
	})
}

// Only who ran it, super admins and the operator undo an import, and only what
// they may do by hand; for others it is not there.
func TestUndoAsksForRights(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		own := s.loaded(crm.Customers, importer.Options{CreatedBy: anna}, "客户ID,客户名称,跟进员工,企业标签", "wm1,改名,anna,意向:低意向", "wm901,新客户,anna,")
		people := s.loaded(crm.People, importer.Options{CreatedBy: dora}, "员工账号,姓名,部门", "newbie,新人,总部/销售部")
		library := s.loaded(crm.Tags, importer.Options{CreatedBy: anna}, "标签组,标签名称,标签说明", "意向,低意向,改了")
		imported := s.state()
		undo := func(run, by int64) error {
			_, err := UndoRun(t.Context(), s.db, s.dir, run, UndoOptions{By: by})
			return err
		}
		s.refused(undo(own, ben), ErrNoRun)
		s.refused(undo(99, boss), ErrNoRun)
		s.refused(undo(own, auditor), ErrNotYours)
		s.refused(undo(people, dora), ErrNotYours)
		s.give(crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: anna, ObjectKind: crm.ObjectTag, ObjectID: low, Level: crm.LevelView})
		given := s.state()
		if refusal := (*Refusal)(nil); !errors.As(undo(own, anna), &refusal) {
			t.Error("who may not use the tag takes it off")
		}
		if refusal := (*Refusal)(nil); !errors.As(undo(library, anna), &refusal) {
			t.Error("who may not edit the tag changes it")
		}
		s.same(s.state(), given, "after the refusals")
		u := s.undoRun(own, UndoOptions{By: boss})
		_, err := Undo(t.Context(), s.db, s.dir, u.Event, UndoOptions{By: ben})
		s.refused(err, ErrNoEvent)
		if err := undo(people, boss); err != nil {
			t.Error(err)
		}
		if imported.Exact == s.state().Exact {
			t.Error("nothing was undone")
		}
	})
}

// Who ran it may take it back.
func TestUndoOfOnesOwnImport(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		before := s.state()
		run := s.loaded(crm.Customers, importer.Options{CreatedBy: anna}, "客户ID,客户名称,跟进员工,企业标签", "wm1,改名,anna,意向:低意向", "wm901,新客户,anna,")
		s.undoRun(run, UndoOptions{By: anna})
		s.same(s.state(), before, "after one's own undo")
	})
}

// A killed import is undone as far as it came; the file then starts anew.
func TestUndoOfKilledImport(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		before := s.state()
		lines := []string{"客户ID,客户名称", "wm1,改名", "wm901,新客户"}
		run := s.loaded(crm.Customers, importer.Options{}, lines...)
		s.write(func(tx *store.Tx) error {
			r, err := tx.Run(run)
			if err != nil {
				return err
			}
			r.Status, r.AtEnd, r.EndedAt = crm.RunRunning, false, 0
			return tx.SaveRun(&r)
		})
		s.undoRun(run, UndoOptions{})
		s.same(s.state(), before, "after the undo")
		if again := s.loaded(crm.Customers, importer.Options{}, lines...); again == run {
			t.Error("the import went on with the run that is undone")
		}
	})
}

// An import under way holds the database: its undo waits, then says so.
func TestUndoDoesNotMeetAnImport(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		run := s.loaded(crm.Customers, importer.Options{}, "客户ID,客户名称", "wm1,改名")
		job, err := s.db.StartJob(t.Context(), "import customers", 0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = UndoRun(t.Context(), s.db, s.dir, run, UndoOptions{Wait: time.Millisecond})
		s.refused(err, store.ErrBusy)
		if err := job.Done(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// Generated groups go as imports do; links that they gave to tags that were
// there go too.
func TestUndoOfGeneratedGroups(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		desk := &admin.Desk{DB: s.db}
		first, err := desk.GenerateGroups(t.Context(), admin.Generate{From: admin.FromDepartments})
		if err != nil {
			t.Fatal(err)
		}
		s.tick()
		s.loaded(crm.Customers, importer.Options{}, "客户ID,跟进员工", "wm901,carl")
		between := s.state()
		second, err := desk.GenerateGroups(t.Context(), admin.Generate{From: admin.FromDepartments})
		if err != nil || second.Links != 1 || second.Tags != 0 {
			t.Fatalf("%+v, %v", second, err)
		}
		generated := s.state()
		u := s.undoRun(second.Run, UndoOptions{})
		s.same(s.state(), between, "after the undo of the second")
		s.undo(u.Event)
		s.same(s.state(), generated, "after the undo of that")
		u = s.undoRun(first.Run, UndoOptions{})
		if u.Groups != first.Groups || u.Tags != first.Tags {
			t.Errorf("undone: %+v, generated: %d groups, %d tags", u, first.Groups, first.Tags)
		}
		s.undo(u.Event)
		s.same(s.state(), generated, "after the undo of the undo of the first")
	})
}

// Removing a sleeping link is forgotten with the import that did it.
func TestUndoForgetsRemovalOfSleepingLinks(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		before := s.state()
		event := s.del(Selection{Tags: []int64{high}})
		run := s.loaded(crm.Customers, importer.Options{Tags: importer.RemoveTags}, "客户ID,跟进员工,企业标签", "wm1,anna,意向:高意向", "wm2,anna,意向:高意向")
		s.undoRun(run, UndoOptions{})
		back := s.restore(event, RestoreOptions{})
		s.same(s.state(), before, "after undo and restore")
		s.verdicts(back.Plan, "link", Count{Verdict: crm.Relinked, N: 20})
	})
}
