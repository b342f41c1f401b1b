package admin

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// back is what has changed since a moment, and how to think it away.
type back struct {
	undo   []func(*crm.Company) // the newest first
	events []Event
	gaps   []func(crm.Lang) string
	known  map[key]bool // rows whose change since is known
}

type key struct {
	kind string
	id   int64
}

// since collects the changes to the company's order since a moment: from the
// audit log, the images of imports, and deletions.
func (c *Company) since(tx *store.Tx, moment, staff int64, o access.Object) (*back, error) {
	b := &back{known: make(map[key]bool)}
	about := c.around(staff, o)
	type dated struct {
		at   int64
		undo func(*crm.Company)
	}
	var all []dated
	err := tx.Audits(store.AuditFilter{Since: moment + 1}, func(a store.Audit) error {
		for _, e := range editsOf(a.Detail) {
			all = append(all, dated{a.At, func(f *crm.Company) { e.undo(f) }})
			b.known[key{e.Kind, e.ID}] = true
			if about[key{e.Kind, e.ID}] {
				b.events = append(b.events, c.editEvent(a, e))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	runs, err := tx.Runs(historyRuns)
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		if r.Kind != crm.People && r.Kind != crm.Tags || max(r.StartedAt, r.EndedAt) <= moment {
			continue
		}
		for k := range about {
			undo, found, err := runImage(tx, r.ID, k)
			if err != nil {
				return nil, err
			}
			if found {
				all = append(all, dated{r.StartedAt, undo})
				b.known[k] = true
				b.events = append(b.events, Event{At: max(r.StartedAt, moment), Kind: "changed", By: c.Account(r.CreatedBy), Name: c.Called(r.CreatedBy),
					On: c.written(k), Text: said(fmt.Sprintf("导入 R%d 修改了 %s", r.ID, c.written(k)), fmt.Sprintf("import R%d changed %s", r.ID, c.written(k)))})
			}
		}
	}
	slices.Reverse(all) // of those at the same time the last comes first
	slices.SortStableFunc(all, func(a, b dated) int { return cmp.Compare(b.at, a.at) })
	for _, one := range all {
		b.undo = append(b.undo, one.undo)
	}
	return b, c.deletionsSince(tx, b, moment, about)
}

// historyRuns is how many imports, from the newest, are looked through.
const historyRuns = 1000

// around are the rows that an answer about somebody and an object rests on most.
func (c *Company) around(staff int64, o access.Object) map[key]bool {
	about := map[key]bool{{crm.RefStaff, staff}: true, {o.Kind, o.ID}: true}
	if o.Kind == crm.ObjectTag {
		about[key{crm.ObjectGroup, c.names.byTag[o.ID].GroupID}] = true
	}
	for _, id := range c.StaffDepartments[staff] {
		for ; id != 0 && !about[key{crm.RefDepartment, id}]; id = c.names.parents[id] {
			about[key{crm.RefDepartment, id}] = true
		}
	}
	delete(about, key{crm.ObjectAll, 0})
	return about
}

// written names a row as commands do.
func (c *Company) written(k key) string {
	switch k.kind {
	case crm.RefStaff:
		return "staff:" + c.Account(k.id)
	case crm.RefDepartment:
		return "department:" + c.Path(k.id)
	}
	return c.World.Written(access.Object{Kind: k.kind, ID: k.id})
}

// editsOf reads the edits out of an audit row's detail; none where it holds
// something else.
func editsOf(detail string) []Edit {
	var one struct {
		Edit
		Items []Edit `json:"items"`
	}
	if json.Unmarshal([]byte(detail), &one) != nil {
		return nil
	}
	if one.ID != 0 && one.Kind != "" {
		one.Items = append(one.Items, one.Edit)
	}
	return slices.DeleteFunc(one.Items, func(e Edit) bool { return e.Before == nil || e.ID == 0 })
}

// undo puts back what the edit found.
func (e Edit) undo(f *crm.Company) {
	text := func(name string, to *string) {
		if v, ok := e.Before[name].(string); ok {
			*to = v
		}
	}
	number := func(name string, to *int64) {
		if v, ok := e.Before[name].(float64); ok {
			*to = int64(v)
		}
	}
	truth := func(name string, to *bool) {
		if v, ok := e.Before[name].(bool); ok {
			*to = v
		}
	}
	switch e.Kind {
	case crm.ObjectGroup:
		for g := range having(f.Groups, e.ID, func(g *crm.Group) int64 { return g.ID }) {
			text("name", &g.Name)
			text("scope", &g.Scope)
			number("department_id", &g.DepartmentID)
		}
	case crm.ObjectTag:
		for t := range having(f.Tags, e.ID, func(t *crm.Tag) int64 { return t.ID }) {
			text("name", &t.Name)
			number("group_id", &t.GroupID)
			text("expires_on", &t.ExpiresOn)
		}
	case crm.RefDepartment:
		for d := range having(f.Departments, e.ID, func(d *crm.Department) int64 { return d.ID }) {
			text("name", &d.Name)
			number("parent", &d.ParentID)
		}
	case crm.RefStaff:
		for p := range having(f.Staff, e.ID, func(p *crm.Staff) int64 { return p.ID }) {
			text("status", &p.Status)
			text("role", &p.Role)
			number("role_department_id", &p.RoleDepartmentID)
			truth("contact", &p.Contact)
			truth("tagging", &p.Tagging)
		}
	}
}

// having yields the rows with the id, to be changed in place.
func having[T any](rows []T, id int64, of func(*T) int64) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for i := range rows {
			if of(&rows[i]) == id && !yield(&rows[i]) {
				return
			}
		}
	}
}

// editEvent tells of an edit by hand.
func (c *Company) editEvent(a store.Audit, e Edit) Event {
	return Event{At: a.At, Kind: "changed", By: c.Account(a.StaffID), Name: cmp.Or(c.Called(a.StaffID), a.Operator), On: c.written(key{e.Kind, e.ID}),
		Text: func(l crm.Lang) string {
			var parts []string
			for _, name := range fieldNames(e) {
				parts = append(parts, fmt.Sprintf("%s: %v → %v", fieldLabel(name, l), shown(e.Before[name]), shown(e.After[name])))
			}
			return e.Kind + ":" + e.Name + l.Pick("，", ", ") + strings.Join(parts, "; ")
		}}
}

// fieldNames are the changed fields that mean something to people.
func fieldNames(e Edit) []string {
	var names []string
	for name := range e.Before {
		if !strings.HasSuffix(name, "_id") && !strings.HasSuffix(name, "_ids") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func fieldLabel(name string, l crm.Lang) string {
	zh := map[string]string{"name": "名称", "group": "标签组", "scope": "范围", "department": "部门", "departments": "部门", "status": "状态", "role": "角色",
		"contact": "客户联系", "tagging": "可配置客户标签", "parent": "上级部门", "expires_on": "到期日期", "description": "说明", "sort": "排序", "single": "单选"}
	return l.Pick(cmp.Or(zh[name], name), name)
}

func shown(v any) any {
	if v == nil || v == "" {
		return "-"
	}
	return v
}

// runImage finds what a run changed of a row, and how to think it away.
func runImage(tx *store.Tx, run int64, k key) (undo func(*crm.Company), found bool, err error) {
	images, err := tx.ChangesOf(run, k.kind, k.id)
	if err != nil || len(images) == 0 || images[0].Before == "" {
		return nil, false, err
	}
	body := []byte(images[0].Before)
	return func(f *crm.Company) {
		switch k.kind {
		case crm.RefStaff:
			var was crm.StaffImage
			if json.Unmarshal(body, &was) == nil && was.Staff.ID == k.id {
				replace(f.Staff, was.Staff, func(p crm.Staff) int64 { return p.ID })
				f.StaffDepartments[k.id] = was.Departments
			}
		case crm.ObjectGroup:
			var was crm.Group
			if json.Unmarshal(body, &was) == nil {
				replace(f.Groups, was, func(g crm.Group) int64 { return g.ID })
			}
		case crm.ObjectTag:
			var was crm.Tag
			if json.Unmarshal(body, &was) == nil {
				replace(f.Tags, was, func(t crm.Tag) int64 { return t.ID })
			}
		}
	}, true, nil
}

func replace[T any](rows []T, row T, id func(T) int64) {
	for i := range rows {
		if id(rows[i]) == id(row) {
			rows[i] = row
		}
	}
}

// deletionsSince thinks away the deletions since a moment, and finds what cannot
// be thought away.
func (c *Company) deletionsSince(tx *store.Tx, b *back, moment int64, about map[key]bool) error {
	for _, id := range slices.Sorted(maps.Keys(c.Events)) {
		one := c.Events[id]
		if one.CreatedAt <= moment {
			continue
		}
		if one.Kind != crm.EventDelete && one.Kind != crm.EventMerge {
			b.gaps = append(b.gaps, said(fmt.Sprintf("之后有过恢复或撤销（%s）：它带回的东西当时是否在回收站里，没有还原", one.Label()),
				fmt.Sprintf("there was a restore or undo since (%s): whether what it brought back was in the bin is not reconstructed", one.Label())))
			continue
		}
		b.undo = append(b.undo, func(f *crm.Company) {
			for i := range f.Groups {
				if f.Groups[i].DeletionID == one.ID {
					f.Groups[i].DeletionID = 0
				}
			}
			for i := range f.Tags {
				if f.Tags[i].DeletionID == one.ID {
					f.Tags[i].DeletionID = 0
				}
			}
		})
		for k := range about {
			if k.kind == crm.ObjectGroup && c.names.byGroup[k.id].DeletionID == one.ID || k.kind == crm.ObjectTag && c.names.byTag[k.id].DeletionID == one.ID {
				b.events = append(b.events, Event{At: one.CreatedAt, Kind: "deleted", By: c.Account(one.CreatedBy), Name: cmp.Or(c.Called(one.CreatedBy), one.Operator), On: c.written(k),
					Deletion: one.ID, Reason: one.Reason, Text: said("删除（"+one.Label()+"）", "deleted ("+one.Label()+")")})
			}
		}
	}
	return c.gapsSince(tx, b, moment, about)
}

// gapsSince finds rows that have changed without a record of what they were.
func (c *Company) gapsSince(tx *store.Tx, b *back, moment int64, about map[key]bool) error {
	changed := func(k key, created, updated int64) {
		if about[k] && updated > moment && created <= moment && !b.known[k] {
			name := c.written(k)
			b.gaps = append(b.gaps, said(name+" 在那之后被修改过，修改前的内容没有记录，按现在的内容计算", name+" has been changed since, without a record of what it was: taken as it is now"))
		}
	}
	for _, p := range c.Staff {
		changed(key{crm.RefStaff, p.ID}, p.CreatedAt, p.UpdatedAt)
	}
	for _, g := range c.Groups {
		changed(key{crm.ObjectGroup, g.ID}, g.CreatedAt, g.UpdatedAt)
	}
	for _, t := range c.Tags {
		changed(key{crm.ObjectTag, t.ID}, t.CreatedAt, t.UpdatedAt)
	}
	for _, d := range c.Departments {
		changed(key{crm.RefDepartment, d.ID}, d.CreatedAt, d.UpdatedAt)
	}
	events, err := tx.DirectoryEvents()
	for _, e := range events {
		if e.At > moment && (e.Kind == crm.EventMerged || e.Kind == crm.EventSplit) {
			b.gaps = append(b.gaps, said("之后有部门合并或拆分：部门按现在的组织架构计算", "departments have been merged or split since: taken as they are now"))
			break
		}
	}
	return err
}

// asOf is the company at a moment, as far as it can be told.
func (c *Company) asOf(moment int64, b *back) crm.Company {
	f := c.Company
	f.Now = moment
	f.Departments, f.Staff = slices.Clone(f.Departments), slices.Clone(f.Staff)
	f.Groups, f.Tags = slices.Clone(f.Groups), slices.Clone(f.Tags)
	own := make(map[int64][]int64, len(f.StaffDepartments))
	for id, list := range f.StaffDepartments {
		own[id] = list
	}
	f.StaffDepartments = own
	for _, undo := range b.undo {
		undo(&f)
	}
	f.Staff = slices.DeleteFunc(f.Staff, func(p crm.Staff) bool { return p.CreatedAt > moment })
	f.Groups = slices.DeleteFunc(f.Groups, func(g crm.Group) bool { return g.CreatedAt > moment })
	f.Tags = slices.DeleteFunc(f.Tags, func(t crm.Tag) bool { return t.CreatedAt > moment })
	f.Grants = nil
	for _, g := range c.Grants {
		if g.CreatedAt > moment {
			continue
		}
		if g.RevokedAt > moment {
			g.RevokedAt = 0
		}
		f.Grants = append(f.Grants, g)
	}
	return f
}
