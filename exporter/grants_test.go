package exporter_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tagkeep/exporter"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// addGrants gives one grant of every sort on what has the strangest names. None
// of them has ended: those are history and not exported.
func addGrants(tx *store.Tx) error {
	var all []crm.Grant
	groups, err := tx.Groups(store.Live)
	if err != nil {
		return err
	}
	tags, err := tx.Tags(store.Live)
	if err != nil {
		return err
	}
	for i, g := range groups {
		all = append(all, crm.Grant{SubjectKind: crm.SubjectDepartment, SubjectID: 1, WithSub: i%2 == 0, ObjectKind: crm.ObjectGroup, ObjectID: g.ID, Level: crm.Levels[i%4]})
	}
	for i, x := range tags {
		all = append(all, crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: 1, ObjectKind: crm.ObjectTag, ObjectID: x.ID, Level: crm.Levels[i%4], Reason: x.Name, StartsAt: tx.Now - int64(i)})
	}
	hour := time.Hour.Milliseconds()
	for i, role := range []string{crm.RoleSuper, crm.RoleDeptAdmin, crm.RoleAuditor, crm.RoleStaff} {
		start := tx.Now + int64(i-1)*hour
		all = append(all, crm.Grant{SubjectKind: crm.SubjectRole, SubjectRole: role, ObjectKind: crm.ObjectAll, Level: crm.Levels[i], StartsAt: start, EndsAt: start + 72*hour, Reason: "=1+1"},
			crm.Grant{SubjectKind: crm.SubjectRole, SubjectRole: role, ObjectKind: crm.ObjectAll, Level: crm.LevelView, StartsAt: tx.Now + hour})
	}
	return give(tx, all)
}

// give stores grants under new ids.
func give(tx *store.Tx, grants []crm.Grant) error {
	first, err := tx.NextIDs(store.SeqGrant, len(grants))
	for i := range grants {
		grants[i].ID, grants[i].CreatedAt = first+int64(i), tx.Now
	}
	if err != nil {
		return err
	}
	return tx.CreateGrants(grants)
}

// Any grants that stand, of which no two are to the same subject on the same
// object at the same time, come back the same: on both databases and across.
func TestGrantsRoundTrip(t *testing.T) {
	var sides []*store.DB
	for _, target := range []store.Target{storetest.SQLite(t), storetest.MySQL(t)} {
		db := filled(t, target)
		sides = append(sides, db)
	}
	dir := t.TempDir()
	clean := func(db *store.DB) {
		storetest.Write(t, db, func(tx *store.Tx) error {
			_, err := tx.Exec("DELETE FROM access_grant")
			return err
		})
	}
	rapid.Check(t, func(rt *rapid.T) {
		from, to := rapid.SampledFrom(sides).Draw(rt, "from"), rapid.SampledFrom(sides).Draw(rt, "to")
		clean(from)
		storetest.Write(t, from, func(tx *store.Tx) error { return give(tx, drawGrants(rt, tx.Now)) })
		want := storetest.State(t, from)
		path := filepath.Join(dir, "g"+rapid.SampledFrom([]string{".csv", ".xlsx"}).Draw(rt, "format"))
		lang := rapid.SampledFrom([]crm.Lang{crm.Chinese, crm.English}).Draw(rt, "lang")
		if _, err := exporter.Export(t.Context(), from, crm.Grants, path, exporter.Options{Lang: lang, Force: true}); err != nil {
			rt.Fatal(err)
		}
		clean(to)
		importFile(t, to, crm.Grants, path)
		if got := storetest.State(t, to); got.Hash != want.Hash {
			text, _ := os.ReadFile(path)
			rt.Fatalf("counts %+v, want %+v\n%s", got.Counts, want.Counts, text)
		}
	})
}

func drawGrants(t *rapid.T, now int64) []crm.Grant {
	var all []crm.Grant
	key := func(g crm.Grant) crm.Grant {
		g.Level, g.WithSub, g.Reason = "", false, ""
		if g.EndsAt == 0 {
			g.StartsAt = 0
		}
		return g
	}
	for range rapid.IntRange(0, 12).Draw(t, "grants") {
		g := crm.Grant{SubjectKind: rapid.SampledFrom([]string{crm.SubjectRole, crm.SubjectDepartment, crm.SubjectStaff}).Draw(t, "subject"),
			ObjectKind: rapid.SampledFrom([]string{crm.ObjectAll, crm.ObjectGroup, crm.ObjectTag}).Draw(t, "object"),
			Level:      rapid.SampledFrom(crm.Levels).Draw(t, "level"), Reason: rapid.SampledFrom([]string{"", "值班", "'=1", "第一行\n第二行"}).Draw(t, "reason")}
		switch g.SubjectKind {
		case crm.SubjectRole:
			g.SubjectRole = rapid.SampledFrom([]string{crm.RoleStaff, crm.RoleAuditor}).Draw(t, "role")
		case crm.SubjectDepartment:
			g.WithSub = rapid.Bool().Draw(t, "sub")
			fallthrough
		default:
			g.SubjectID = rapid.Int64Range(1, 4).Draw(t, "id")
		}
		if g.ObjectKind != crm.ObjectAll {
			g.ObjectID = rapid.Int64Range(1, 5).Draw(t, "object id")
		}
		if hours := rapid.Int64Range(0, 72).Draw(t, "hours"); hours > 0 {
			g.StartsAt = now + rapid.Int64Range(-hours*3600_000+1, 1e10).Draw(t, "start")
			g.EndsAt = g.StartsAt + hours*3600_000
		} else if rapid.Bool().Draw(t, "later") {
			g.StartsAt = now + 1000
		}
		if !slices.ContainsFunc(all, func(h crm.Grant) bool { return key(h) == key(g) }) {
			all = append(all, g)
		}
	}
	return all
}

// What has ended, was revoked, or is on something in the bin is left out.
func TestExportGrantsThatStand(t *testing.T) {
	db := filled(t, storetest.SQLite(t))
	storetest.Write(t, db, func(tx *store.Tx) error {
		if _, err := tx.Exec("DELETE FROM access_grant"); err != nil {
			return err
		}
		all := crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: 1, ObjectKind: crm.ObjectAll, Level: crm.LevelUse}
		ended, revoked, slept := all, all, all
		ended.StartsAt, ended.EndsAt, ended.Reason = tx.Now-2000, tx.Now, "ended"
		revoked.Reason = "revoked"
		slept.ObjectKind, slept.ObjectID, slept.Reason = crm.ObjectTag, 1, "sleeps"
		if err := give(tx, []crm.Grant{all, ended, revoked, slept}); err != nil {
			return err
		}
		if _, err := tx.Exec("UPDATE tag SET deletion_id = 7 WHERE id = 1"); err != nil {
			return err
		}
		_, err := tx.Exec("UPDATE access_grant SET revoked_at = 1 WHERE reason = 'revoked'")
		return err
	})
	text := export(t, db, crm.Grants, 0)
	for _, word := range []string{"ended", "revoked", "sleeps"} {
		if strings.Contains(text, word) {
			t.Errorf("%s is exported:\n%s", word, text)
		}
	}
	if n := strings.Count(text, "\n"); n != 2 {
		t.Errorf("%d lines:\n%s", n, text)
	}
}

// export writes a CSV file in the name of a person and returns its text.
func export(t *testing.T, db *store.DB, kind crm.Kind, by int64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.csv")
	if _, err := exporter.Export(t.Context(), db, kind, path, exporter.Options{Lang: crm.Chinese, By: by}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
