package recycle

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/snapshot"
)

// fileRow is a row of the snapshot that is kept.
type fileRow struct {
	id      int64 // the first column
	columns []string
	cells   []any
}

func keepRow(r snapshot.Row) fileRow { return fileRow{r.Key(), r.Columns(), r.Cells()} }

// text is a cell; "" for NULL and where the file has no such column.
func (f *fileRow) text(column string) string {
	if i := slices.Index(f.columns, column); i >= 0 {
		s, _ := f.cells[i].(string) // else NULL
		return s
	}
	return ""
}

func (f *fileRow) num(column string) int64 {
	n, _ := strconv.ParseInt(f.text(column), 10, 64) // a text is no number of ours
	return n
}

// insert are the cells for a row that was not here, with some of them set.
func (f *fileRow) insert(set map[string]int64) []any {
	cells := slices.Clone(f.cells)
	for i, c := range f.columns {
		if n, ok := set[c]; ok {
			cells[i] = n
		}
	}
	return cells
}

// over is a row that is here with the values of the file, and the event that it
// lies in the bin with. What the file does not have stays.
func (f *fileRow) over(t store.Table, here store.Image, deletion int64) store.Image {
	after := slices.Clone(here)
	for i, c := range f.columns {
		at := slices.Index(t.Columns, c)
		switch text, ok := f.cells[i].(string); {
		case at < 0:
		case ok:
			after[at] = &text
		default:
			after[at] = nil
		}
	}
	if at := slices.Index(t.Columns, "deletion_id"); at >= 0 {
		text := itoa(deletion)
		after[at] = &text
	}
	return after
}

// library is what the snapshot says of the company and of what is in scope.
type library struct {
	company              crm.Company // as it was, to tell who saw what
	groups, tags, grants []fileRow   // in scope: live, and not revoked, then
	// standing are all grants that were not revoked then.
	standing map[int64]bool
}

// readLibrary reads everything of a snapshot but customers and what hangs on
// them.
func readLibrary(ctx context.Context, src *snapshot.Source, pick *snapshot.Pick) (*library, error) {
	l := &library{standing: make(map[int64]bool)}
	c := &l.company
	c.Now, c.StaffDepartments = src.Header().Created, make(map[int64][]int64)
	for _, t := range []struct {
		name string
		row  func(snapshot.Row)
	}{
		{"department", func(r snapshot.Row) {
			if r.Int("gone_event") == 0 {
				c.Departments = append(c.Departments, crm.Department{ID: r.Key(), ParentID: r.Int("parent_id"), Name: r.Text("name"), Sort: r.Int("sort")})
			}
		}},
		{"staff", func(r snapshot.Row) {
			c.Staff = append(c.Staff, crm.Staff{ID: r.Key(), UserID: r.Text("userid"), LeftID: r.Int("left_id"), Name: r.Text("name"), Status: r.Text("status"), Role: r.Text("role"),
				RoleDepartmentID: r.Int("role_department_id"), Contact: r.Int("contact") == 1, Tagging: r.Int("tagging") == 1, SameAs: r.Int("same_as")})
		}},
		{"staff_department", func(r snapshot.Row) {
			c.StaffDepartments[r.Key()] = append(c.StaffDepartments[r.Key()], r.Int("department_id"))
		}},
		{"tag_group", func(r snapshot.Row) {
			c.Groups = append(c.Groups, crm.Group{ID: r.Key(), Name: r.Text("name"), Scope: r.Text("scope"), DepartmentID: r.Int("department_id"),
				SingleChoice: r.Int("single_choice") == 1, Sort: r.Int("sort"), DeletionID: r.Int("deletion_id")})
			if r.Int("deletion_id") == 0 && pick.Keeps("tag_group", r) {
				l.groups = append(l.groups, keepRow(r))
			}
		}},
		{"tag", func(r snapshot.Row) {
			c.Tags = append(c.Tags, crm.Tag{ID: r.Key(), GroupID: r.Int("group_id"), Name: r.Text("name"), Sort: r.Int("sort"), DeletionID: r.Int("deletion_id")})
			if r.Int("deletion_id") == 0 && pick.Keeps("tag", r) {
				l.tags = append(l.tags, keepRow(r))
			}
		}},
		{"access_grant", func(r snapshot.Row) {
			c.Grants = append(c.Grants, crm.Grant{ID: r.Key(), SubjectKind: r.Text("subject_kind"), SubjectID: r.Int("subject_id"), SubjectRole: r.Text("subject_role"),
				WithSub: r.Int("with_sub") == 1, ObjectKind: r.Text("object_kind"), ObjectID: r.Int("object_id"), Level: crm.Level(r.Text("level")),
				StartsAt: r.Int("starts_at"), EndsAt: r.Int("ends_at"), CreatedBy: r.Int("created_by"), RevokedAt: r.Int("revoked_at")})
			if r.Int("revoked_at") != 0 {
				return
			}
			l.standing[r.Key()] = true
			if pick.Keeps("access_grant", r) {
				l.grants = append(l.grants, keepRow(r))
			}
		}},
	} {
		err := src.Each(ctx, t.name, func(r snapshot.Row) error {
			t.row(r)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return l, nil
}

// read reads what is here and what the snapshot has, and finds the people of the
// one in the other.
func (b *bringer) read(ctx context.Context) (err error) {
	if b.company, err = b.tx.Company(); err != nil {
		return err
	}
	if b.theirs, err = readLibrary(ctx, b.src, b.pick); err != nil {
		return err
	}
	b.departments, b.staff = map[int64]int64{0: 0}, map[int64]int64{0: 0}
	if !b.foreign {
		for _, d := range b.company.Departments {
			b.departments[d.ID] = d.ID
		}
		for _, p := range b.company.Staff {
			b.staff[p.ID] = p.ID
		}
		return nil
	}
	byPath, byUser := make(map[string]int64), make(map[string]int64)
	for id, path := range store.DepartmentPaths(b.company.Departments) {
		byPath[path] = id
	}
	for _, p := range b.company.Staff {
		if p.LeftID == 0 {
			byUser[crm.UserIDKey(p.UserID)] = p.ID
		}
	}
	for id, path := range store.DepartmentPaths(b.theirs.company.Departments) {
		if here, ok := byPath[path]; ok {
			b.departments[id] = here
		}
	}
	for _, p := range b.theirs.company.Staff {
		if here, ok := byUser[crm.UserIDKey(p.UserID)]; ok && p.LeftID == 0 {
			b.staff[p.ID] = here
		}
	}
	return nil
}

// purged are those of the ids of a kind that are gone for good.
func purged(tx *store.Tx, kind string, ids []int64) (map[int64]bool, error) {
	gone := make(map[int64]bool)
	for part := range slices.Chunk(ids, 500) {
		values := make([]any, len(part))
		for i, id := range part {
			values[i] = id
		}
		cond, args := tx.In("id", values)
		var found []int64
		if err := tx.Select(&found, "SELECT id FROM tombstone WHERE kind = ? AND "+cond, append([]any{kind}, args...)...); err != nil {
			return nil, fmt.Errorf("look for what was purged: %w", err)
		}
		for _, id := range found {
			gone[id] = true
		}
	}
	return gone, nil
}
