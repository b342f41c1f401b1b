package admin

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/report"
	"tagkeep/internal/store"
)

// AuditQuery chooses rows of the audit log: those that meet all of it. Its zero
// value chooses all that who acts may read.
type AuditQuery struct {
	Since      int64  // epoch milliseconds, 0 = from the beginning
	Until      int64  // the first moment that is not meant any more, 0 = to the end
	User       string // account; "operator" for what was done without one
	Action     string // one action, or the first word of several: group
	On         string // as commands write objects
	Department string // by the people of it and below
	Run        int64
	Limit      int // the newest so many, 0 = all
}

// Operators is how AuditQuery.User names those who act without an account.
const Operators = "operator"

// AuditRow is a row of the audit log as people may read it: phone numbers are
// masked.
type AuditRow struct {
	ID       int64           `json:"id"`
	At       int64           `json:"-"`
	Operator string          `json:"operator"` // user@host of the operating system
	UserID   string          `json:"userid"`   // "" for the operator
	Name     string          `json:"name"`
	Action   string          `json:"action"`
	Object   string          `json:"object"`
	Run      int64           `json:"run"`
	Deletion int64           `json:"deletion"`
	Event    string          `json:"-"` // the deletion as D7 or X7, "" for none
	Command  string          `json:"command"`
	Detail   json.RawMessage `json:"detail"`
}

// Audit hands out the chosen rows of the log, the oldest first, and at the end
// the trail of the tag that was asked about. With a limit so many rows are held
// in memory, without one a few.
func (d *Desk) Audit(ctx context.Context, q AuditQuery, fn func(AuditRow) error) (trail *Trail, err error) {
	err = d.Look(ctx, func(tx *store.Tx, c *Company) error {
		r, err := d.auditReader(tx, c, q)
		if err != nil {
			return err
		}
		err = tx.Audits(store.AuditFilter{Since: q.Since, Until: q.Until, RunID: q.Run}, func(a store.Audit) error {
			if !r.wants(a) {
				return nil
			}
			r.found++
			if q.Limit == 0 {
				return fn(c.auditRow(a))
			}
			r.newest = append(r.newest, a)
			if len(r.newest) >= 2*q.Limit { // now and then, not for every row
				r.newest = slices.Clone(r.newest[len(r.newest)-q.Limit:])
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, a := range r.newest[max(0, len(r.newest)-q.Limit):] {
			if err := fn(c.auditRow(a)); err != nil {
				return err
			}
		}
		if r.found == 0 && r.unknown != nil {
			return r.unknown
		}
		if r.tag != 0 {
			trail, err = c.trail(tx, r)
		}
		return err
	})
	return trail, err
}

// auditReader is one reading of the log.
type auditReader struct {
	c       *Company
	by      map[int64]bool // whose rows are read, nil for everybody's
	action  string
	object  *auditObject // nil for all
	tag     int64        // whose trail is asked for, 0 for none
	unknown error        // what is said when there is no such object and no row about it
	newest  []store.Audit
	found   int
}

func (d *Desk) auditReader(tx *store.Tx, c *Company, q AuditQuery) (*auditReader, error) {
	by, err := d.readable(c)
	if err != nil {
		return nil, err
	}
	r := &auditReader{c: c, by: by, action: q.Action}
	if q.User == Operators {
		r.only(map[int64]bool{0: true})
	} else if q.User != "" {
		p, err := d.person(c, q.User, c.Person)
		if err != nil {
			return nil, err
		}
		same := make(map[int64]bool) // those who had the account before too
		for _, p := range c.names.staff[crm.UserIDKey(p.UserID)] {
			same[p.ID] = true
		}
		r.only(same)
	}
	if q.Department != "" {
		dept, err := c.Department(q.Department)
		if err != nil {
			return nil, err
		}
		r.only(c.staffWithin(func(id int64) bool { return c.liesIn(id, dept.ID) }))
	}
	if q.On != "" {
		return r, r.about(d, tx, q.On)
	}
	return r, nil
}

// readable are the people whose rows who acts may read, nil for everybody's.
func (d *Desk) readable(c *Company) (map[int64]bool, error) {
	p := c.names.byStaff[d.By]
	switch {
	case d.By == 0, p.Status == crm.StatusActive && (p.Role == crm.RoleSuper || p.Role == crm.RoleAuditor):
		return nil, nil
	case p.Status == crm.StatusActive && p.Role == crm.RoleDeptAdmin:
		mine := c.staffWithin(func(id int64) bool { return c.adminOf(d.By, id) })
		mine[d.By] = true
		return mine, nil
	}
	if err := d.active(c); err != nil {
		return nil, err
	}
	return nil, unfit("NOT_ALLOWED", "普通员工不能查看操作记录", "staff may not read the audit log",
		"[tagkeep] 请审计员或管理员查看；要查看自己看不到某个标签的原因：tagkeep why tag:标签组:标签 --user "+p.UserID,
		"[tagkeep] ask an auditor or admin; why a tag is not to be seen: tagkeep why tag:GROUP:TAG --user "+p.UserID)
}

// staffWithin are the people, those who left too, with a department for which in
// holds.
func (c *Company) staffWithin(in func(department int64) bool) map[int64]bool {
	out := make(map[int64]bool)
	for id, own := range c.StaffDepartments {
		if slices.ContainsFunc(own, in) {
			out[id] = true
		}
	}
	return out
}

// only keeps the rows of these people.
func (r *auditReader) only(people map[int64]bool) {
	if r.by != nil {
		maps.DeleteFunc(people, func(id int64, _ bool) bool { return !r.by[id] })
	}
	r.by = people
}

func (r *auditReader) wants(a store.Audit) bool {
	if r.by != nil && !r.by[a.StaffID] {
		return false
	}
	if r.action != "" && a.Action != r.action && !strings.HasPrefix(a.Action, r.action+".") && !strings.HasPrefix(a.Action, r.action+" ") {
		return false
	}
	return r.object == nil || r.object.named(a)
}

// auditRow is a row with names instead of ids, masked.
func (c *Company) auditRow(a store.Audit) AuditRow {
	p := c.names.byStaff[a.StaffID]
	event := ""
	if a.DeletionID != 0 {
		event = c.Events.Label(a.DeletionID)
	}
	return AuditRow{ID: a.ID, At: a.At, Event: event, Operator: a.Operator, UserID: c.Account(a.StaffID), Name: p.Name, Action: a.Action,
		Object: report.Mask(a.Object), Run: a.RunID, Deletion: a.DeletionID, Command: report.Mask(a.Command), Detail: masked(a.Detail)}
}

// masked is a detail with the phone numbers in its texts masked; {} for one that
// is no JSON.
func masked(detail string) json.RawMessage {
	dec := json.NewDecoder(strings.NewReader(detail))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return json.RawMessage("{}")
	}
	b, err := json.Marshal(maskValue(v))
	if err != nil {
		return json.RawMessage("{}")
	}
	return b
}

func maskValue(v any) any {
	switch v := v.(type) {
	case string:
		return report.Mask(v)
	case json.Number:
		if s := report.Mask(v.String()); s != v.String() {
			return s
		}
	case []any:
		for i := range v {
			v[i] = maskValue(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = maskValue(v[k])
		}
	}
	return v
}
