package snapshot

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"tagkeep/internal/access"
	"tagkeep/internal/archive"
	"tagkeep/internal/crm"
)

// Company is the directory, tag library and grants that a snapshot holds, as of
// the moment it was made.
func (f *File) Company(ctx context.Context) (crm.Company, error) {
	c := crm.Company{Now: f.Header().Created, StaffDepartments: make(map[int64][]int64)}
	err := errors.Join(
		f.records(ctx, "department", func(r *record) {
			if r.num("gone_event") == 0 {
				c.Departments = append(c.Departments, crm.Department{ID: r.num("id"), ParentID: r.num("parent_id"), Name: r.text("name"), Sort: r.num("sort")})
			}
		}),
		f.records(ctx, "staff", func(r *record) {
			c.Staff = append(c.Staff, crm.Staff{ID: r.num("id"), UserID: r.text("userid"), LeftID: r.num("left_id"), Name: r.text("name"), Status: r.text("status"),
				Role: r.text("role"), RoleDepartmentID: r.num("role_department_id"), Contact: r.num("contact") != 0, Tagging: r.num("tagging") != 0})
		}),
		f.records(ctx, "staff_department", func(r *record) {
			id := r.num("staff_id")
			c.StaffDepartments[id] = append(c.StaffDepartments[id], r.num("department_id"))
		}),
		f.records(ctx, "tag_group", func(r *record) {
			c.Groups = append(c.Groups, crm.Group{ID: r.num("id"), Name: r.text("name"), Scope: r.text("scope"), DepartmentID: r.num("department_id"), DeletionID: r.num("deletion_id")})
		}),
		f.records(ctx, "tag", func(r *record) {
			c.Tags = append(c.Tags, crm.Tag{ID: r.num("id"), GroupID: r.num("group_id"), Name: r.text("name"), DeletionID: r.num("deletion_id")})
		}),
		f.records(ctx, "access_grant", func(r *record) {
			c.Grants = append(c.Grants, crm.Grant{ID: r.num("id"), SubjectKind: r.text("subject_kind"), SubjectID: r.num("subject_id"), SubjectRole: r.text("subject_role"),
				WithSub: r.num("with_sub") != 0, ObjectKind: r.text("object_kind"), ObjectID: r.num("object_id"), Level: crm.Level(r.text("level")),
				StartsAt: r.num("starts_at"), EndsAt: r.num("ends_at"), RevokedAt: r.num("revoked_at")})
		}))
	return c, err
}

// deciding are the tables that access depends on.
var deciding = []string{"department", "staff", "staff_department", "tag_group", "tag", "access_grant"}

// access compares what everybody may do with the tags that are live in both: what
// was made or removed is told of as such. A temporary grant may have ended without
// any row having changed.
func (d *differ) access() error {
	temporary := slices.ContainsFunc(d.before.Grants, func(g crm.Grant) bool { return g.Temporary() && g.RevokedAt == 0 })
	changed := slices.ContainsFunc(deciding, func(table string) bool {
		return len(archive.Changed(d.a.Manifest(), d.b.Manifest(), table)) > 0
	})
	if !changed && !temporary {
		return nil
	}
	before, after := access.New(d.before), access.New(d.after)
	live := liveTags(d.before)
	stays := liveTags(d.after)
	maps.DeleteFunc(stays, func(id int64, _ bool) bool { return !live[id] || !stays[id] })
	people := slices.Sorted(maps.Keys(d.namesB.staff))
	for id := range d.namesA.staff {
		if d.namesB.staff[id] == "" {
			people = append(people, id)
		}
	}
	for _, id := range people {
		if d.ctx.Err() != nil {
			return context.Cause(d.ctx)
		}
		for _, do := range []access.Action{access.View, access.Use, access.Edit} {
			c := d.gains(stays, before.Tags(id, do), after.Tags(id, do))
			if c.Gained+c.Lost == 0 || len(d.out.Access) >= MaxItems {
				continue
			}
			c.StaffID, c.UserID, c.Do = id, cmp.Or(d.namesB.staff[id], d.namesA.staff[id]), do
			d.out.Access = append(d.out.Access, c)
		}
	}
	return nil
}

// fewTags is how many tags stand by name in a change of access.
const fewTags = 5

func liveTags(c crm.Company) map[int64]bool {
	live := make(map[int64]bool, len(c.Tags))
	for _, t := range c.Tags {
		live[t.ID] = t.DeletionID == 0
	}
	return live
}

// gains compares two ascending lists of tags, as far as they are among these.
func (d *differ) gains(among map[int64]bool, before, after []int64) (c AccessChange) {
	note := func(sign, name string) {
		if len(c.Tags) < fewTags {
			c.Tags = append(c.Tags, sign+name)
		}
	}
	for _, id := range after {
		if _, had := slices.BinarySearch(before, id); !had && among[id] {
			c.Gained++
			note("+", d.namesB.tags[id])
		}
	}
	for _, id := range before {
		if _, has := slices.BinarySearch(after, id); !has && among[id] {
			c.Lost++
			note("-", d.namesA.tags[id])
		}
	}
	return c
}
