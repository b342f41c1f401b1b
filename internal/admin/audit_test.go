package admin_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tagkeep/internal/admin"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// logged is a company in which everybody has done something.
func logged(t *testing.T, target store.Target) *store.DB {
	t.Helper()
	db := handmade(t, target)
	ctx := t.Context()
	_, err1 := desk(db, 0).RenameGroup(ctx, "意向", "旧意向")
	_, err2 := desk(db, seller).RenameTag(ctx, "旧意向:高", "很高")
	_, err3 := desk(db, 0).RenameGroup(ctx, "旧意向", "新意向")
	_, err4 := desk(db, manager).CreateGroup(ctx, admin.NewGroup{Name: "客户 13800138000", Department: "销售"})
	_, err5 := desk(db, 0).CreateTags(ctx, admin.NewTags{Names: []string{"新意向:高"}}) // another one of the old name
	err := errors.Join(err1, err2, err3, err4, err5)
	storetest.Write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.WriteAudit(store.Audit{Action: "access.grant", Object: "tag:意向:高", Detail: `{"after":{"id":1}}`}),
			tx.WriteAudit(store.Audit{StaffID: clerk, Action: "import customers", Object: "c.csv", RunID: 7, Detail: `{"note":"13800138000","n":13800138000}`}))
	})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func actions(t *testing.T, db *store.DB, by int64, q admin.AuditQuery) (list []string, trail *admin.Trail, err error) {
	t.Helper()
	trail, err = desk(db, by).Audit(t.Context(), q, func(r admin.AuditRow) error { list = append(list, r.Action); return nil })
	return list, trail, err
}

func TestAuditChooses(t *testing.T) {
	all := []string{"group.rename", "tag.rename", "group.rename", "group.create", "tag.create", "access.grant", "import customers"}
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := logged(t, target)
		for name, c := range map[string]struct {
			by   int64
			q    admin.AuditQuery
			want []string
			code string
		}{
			"all":               {0, admin.AuditQuery{}, all, ""},
			"by an auditor":     {auditor, admin.AuditQuery{}, all, ""},
			"by staff":          {seller, admin.AuditQuery{}, nil, "NOT_ALLOWED"},
			"by an admin":       {manager, admin.AuditQuery{}, []string{"tag.rename", "group.create"}, ""},
			"somebody else's":   {manager, admin.AuditQuery{User: "clerk"}, nil, "NOT_FOUND"},
			"of a person":       {0, admin.AuditQuery{User: "seller"}, []string{"tag.rename"}, ""},
			"of the operator":   {0, admin.AuditQuery{User: admin.Operators, Limit: 2}, []string{"tag.create", "access.grant"}, ""},
			"of a department":   {0, admin.AuditQuery{Department: "市场"}, []string{"import customers"}, ""},
			"of a kind":         {0, admin.AuditQuery{Action: "group"}, []string{"group.rename", "group.rename", "group.create"}, ""},
			"of imports":        {0, admin.AuditQuery{Action: "import"}, []string{"import customers"}, ""},
			"of a run":          {0, admin.AuditQuery{Run: 7}, []string{"import customers"}, ""},
			"of a group":        {0, admin.AuditQuery{On: "group:新意向"}, []string{"group.rename", "group.rename"}, ""},
			"of a renamed tag":  {0, admin.AuditQuery{On: "tag:新意向:很高"}, []string{"tag.rename", "access.grant"}, ""},
			"of what never was": {0, admin.AuditQuery{On: "tag:没有:这个"}, nil, "NOT_FOUND"},
		} {
			got, _, err := actions(t, db, c.by, c.q)
			if code(err) != c.code || !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		}
	})
}

// A tag's trail counts its links by the import that added them.
func TestAuditTrail(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := handmade(t, target)
		storetest.Write(t, db, func(tx *store.Tx) error {
			_, err := tx.Exec("UPDATE link SET run_id = 0")
			return err
		})
		_, trail, err := actions(t, db, 0, admin.AuditQuery{On: "tag:意向:高"})
		if err != nil || trail == nil || trail.Links != 1 || len(trail.Runs) != 1 || trail.Runs[0].Run != 0 {
			t.Errorf("%+v, %v", trail, err)
		}
	})
}

// No phone number leaves the log, in text or in numbers.
func TestAuditMasks(t *testing.T) {
	db := logged(t, storetest.SQLite(t))
	path := filepath.Join(t.TempDir(), "log.csv")
	plain := func(s string) string { return s }
	done, err := desk(db, 0).ExportAudit(t.Context(), admin.AuditQuery{}, path, admin.AuditFile{Action: plain,
		Detail: func(json.RawMessage) string { return "" }, Time: func(int64) string { return "" }})
	if err != nil || done.Rows != 7 {
		t.Fatalf("%+v, %v", done, err)
	}
	text, err := os.ReadFile(done.File)
	if err != nil || strings.Contains(string(text), "13800138000") || strings.Count(string(text), "138****8000") < 4 {
		t.Errorf("%s, %v", text, err)
	}
	if _, err = desk(db, 0).ExportAudit(t.Context(), admin.AuditQuery{}, path, admin.AuditFile{}); code(err) != "FILE_EXISTS" {
		t.Errorf("over a file: %v", err)
	}
}
