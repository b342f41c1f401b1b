package exporter

import (
	"strconv"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/table"
)

// grants writes the grants that stand or are still to begin, on objects that
// are not in the recycle bin. What has ended or was revoked gives nobody
// anything and is history, not a row to import.
func (w *writer) grants(tx *store.Tx) error {
	n, err := w.grantNames(tx)
	if err != nil {
		return err
	}
	all, err := tx.Grants()
	if err != nil {
		return err
	}
	if err := w.begin(); err != nil {
		return err
	}
	for i := range all {
		g := &all[i]
		object, live := n.object(g)
		if !live || !w.sight.grantsOn(access.Object{Kind: g.ObjectKind, ID: g.ObjectID}) || g.RevokedAt != 0 || g.EndsAt != 0 && g.EndsAt <= tx.Now || w.where != nil && !w.where.Grant(g) {
			continue
		}
		if err := w.row(n.row(g, object, tx.Now, w.opt.Lang)); err != nil {
			return err
		}
	}
	return nil
}

// grantNames are what the cells of a grant name.
type grantNames struct {
	groups  map[int64]string
	tags    map[int64]tagCell
	userids map[int64]string
	paths   map[int64]string
}

// grantNames reads them; groups and tags that are in the bin, or that the one
// who exports may not see, are left out.
func (w *writer) grantNames(tx *store.Tx) (*grantNames, error) {
	c, err := w.loadCells(tx)
	if err != nil {
		return nil, err
	}
	groups, err := tx.Groups(store.Live)
	if err != nil {
		return nil, err
	}
	departments, err := tx.Departments()
	if err != nil {
		return nil, err
	}
	n := &grantNames{groups: make(map[int64]string), tags: c.tags, userids: c.userids, paths: store.DepartmentPaths(departments)}
	for _, g := range groups {
		if w.sight.group(g.ID) {
			n.groups[g.ID] = g.Name
		}
	}
	return n, nil
}

// object writes a grant's object; it is not live when it is in the bin.
func (n *grantNames) object(g *crm.Grant) (text string, live bool) {
	r := crm.Ref{Kind: g.ObjectKind}
	switch g.ObjectKind {
	case crm.ObjectGroup:
		name, live := n.groups[g.ObjectID]
		r.Names = []string{name}
		return table.FormatObject(r), live
	case crm.ObjectTag:
		tag, live := n.tags[g.ObjectID]
		r.Names = []string{tag.ref.Group, tag.ref.Name}
		return table.FormatObject(r), live
	}
	return table.FormatObject(r), true
}

func (n *grantNames) row(g *crm.Grant, object string, now int64, lang crm.Lang) []string {
	row := make([]string, len(table.Columns(crm.Grants)))
	row[table.GrantObject], row[table.GrantSubjectKind] = object, g.SubjectKind
	switch g.SubjectKind {
	case crm.SubjectRole:
		row[table.GrantSubject] = table.RoleWord(g.SubjectRole, lang)
	case crm.SubjectDepartment:
		row[table.GrantSubject], row[table.GrantWithSub] = n.paths[g.SubjectID], flag(g.WithSub)
	default:
		row[table.GrantSubject] = n.userids[g.SubjectID]
	}
	row[table.GrantLevel], row[table.GrantReason] = string(g.Level), g.Reason
	// When a lasting grant that stands has begun makes no difference.
	if g.EndsAt != 0 || g.StartsAt > now {
		row[table.GrantStarts] = moment(g.StartsAt)
	}
	row[table.GrantEnds] = moment(g.EndsAt)
	return row
}

func moment(at int64) string {
	if at == 0 {
		return ""
	}
	return strconv.FormatInt(at, 10)
}
