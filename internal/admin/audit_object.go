package admin

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// auditObject is what the rows of the log are asked to be about.
type auditObject struct {
	kind    string
	id      int64           // 0 for what is only known by name
	written map[string]bool // all that it is or was called
}

// named reports whether a row is about the object. Where the row tells ids, they
// decide: another thing may have had the name.
func (o *auditObject) named(a store.Audit) bool {
	ids, told := auditIDs(a.Detail, o.kind)
	if told && o.id != 0 {
		return slices.Contains(ids, o.id)
	}
	for part := range strings.SplitSeq(a.Object, "; ") {
		if o.written[part] {
			return true
		}
	}
	return false
}

// auditEdits are the things that a row tells of.
func auditEdits(detail string) []Edit {
	var d struct {
		Edit
		Edits
	}
	if json.Unmarshal([]byte(detail), &d) != nil {
		return nil
	}
	if d.Kind != "" {
		return append(d.Items, d.Edit)
	}
	return d.Items
}

// auditIDs are the ids of a kind that a row tells of; told is whether it tells of
// things of the kind at all.
func auditIDs(detail, kind string) (ids []int64, told bool) {
	if !strings.Contains(detail, `"kind":`) {
		return nil, false
	}
	for _, e := range auditEdits(detail) {
		if e.Kind == kind {
			ids = append(ids, e.ID)
		}
	}
	return ids, len(ids) > 0
}

// about finds the object that is asked for, and all that it was ever called.
func (r *auditReader) about(d *Desk, tx *store.Tx, on string) error {
	ref, err := crm.ParseRef(on, "")
	if err != nil {
		return &NotFound{Written: on}
	}
	o := &auditObject{kind: ref.Kind, written: map[string]bool{on: true}}
	r.object = o
	switch ref.Kind {
	case crm.ObjectGroup:
		g, err := r.c.Group(on, true)
		if err != nil {
			return r.elsewhere(err)
		}
		o.id = g.ID
		o.call(r.c.World.Written(access.Group(g.ID)))
		o.call(crm.ObjectGroup + ":" + refName(g.Name))
	case crm.ObjectTag:
		t, err := r.c.Tag(on, true)
		if err != nil {
			return r.elsewhere(err)
		}
		o.id, r.tag = t.ID, t.ID
		o.call(r.c.World.Written(access.Tag(t.ID)))
		o.call(crm.ObjectTag + ":" + refName(r.c.names.byGroup[t.GroupID].Name) + ":" + refName(t.Name))
	case crm.RefStaff:
		p, err := d.person(r.c, on, r.c.Person)
		if err != nil {
			return r.elsewhere(err)
		}
		o.id = p.ID
		o.call("staff:" + p.UserID)
	case crm.RefDepartment:
		dept, err := r.c.Department(on)
		if err != nil {
			return r.elsewhere(err)
		}
		o.id = dept.ID
		o.call("department:" + r.c.Path(dept.ID))
	}
	if o.id != 0 {
		o.call(fmt.Sprintf("%s:#%d", o.kind, o.id))
		return o.formerNames(tx, r.c)
	}
	return nil
}

// elsewhere goes on with the text alone where the object is not there any more:
// the log may still name it.
func (r *auditReader) elsewhere(err error) error {
	if _, missing := err.(*NotFound); missing {
		r.unknown = err
		return nil
	}
	return err
}

func (o *auditObject) call(written string) { o.written[written] = true }

// formerNames gathers what the object was called when it was renamed or moved. A
// tag also had the former names of its groups before its own.
func (o *auditObject) formerNames(tx *store.Tx, c *Company) error {
	groups, names := make(map[string]bool), make(map[string]bool)
	var groupID int64
	if t, ok := c.names.byTag[o.id]; ok && o.kind == crm.ObjectTag {
		groupID = t.GroupID
		groups[c.names.byGroup[groupID].Name], names[t.Name] = true, true
	}
	note := func(to map[string]bool, was any) {
		if name, ok := was.(string); ok {
			to[name] = true
		}
	}
	err := tx.Audits(store.AuditFilter{}, func(a store.Audit) error {
		if !strings.HasPrefix(a.Action, "group.") && !strings.HasPrefix(a.Action, o.kind+".") {
			return nil
		}
		for _, e := range auditEdits(a.Detail) {
			switch {
			case e.Kind == crm.ObjectGroup && e.ID == groupID:
				note(groups, e.Before["name"])
			case e.Kind != o.kind || e.ID != o.id:
			case o.kind == crm.ObjectTag:
				note(groups, e.Before["group"])
				note(names, e.Before["name"])
			case o.kind == crm.RefDepartment:
				if path, ok := e.Before["department"].(string); ok {
					o.call("department:" + path)
				}
			default:
				if name, ok := e.Before["name"].(string); ok {
					o.call(o.kind + ":" + refName(name))
				}
			}
		}
		return nil
	})
	for group := range groups {
		for name := range names {
			o.call(crm.ObjectTag + ":" + refName(group) + ":" + refName(name))
		}
	}
	return err
}
