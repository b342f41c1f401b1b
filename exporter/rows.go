package exporter

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/table"
)

// tags writes a row per tag, and one for a group without tags, in the order in
// which people have put them.
func (w *writer) tags(tx *store.Tx) error {
	l, err := w.loadLibrary(tx)
	if err != nil {
		return err
	}
	departments, err := tx.Departments()
	if err != nil {
		return err
	}
	paths := store.DepartmentPaths(departments)
	counts := make(map[int64]int64)
	if w.where != nil {
		if counts, err = tx.TagCounts(); err != nil {
			return err
		}
	}
	if err := w.begin(); err != nil {
		return err
	}
	for _, g := range l.groups {
		of := l.byGroup[g.ID]
		if len(of) == 0 {
			if !w.sight.group(g.ID) {
				continue // a group that is hidden may hold a tag that is not
			}
			of = []crm.Tag{{DeletionID: g.DeletionID}}
		}
		if !w.sight.group(g.ID) {
			g = crm.Group{ID: g.ID, Name: g.Name} // its name comes with the tag, nothing else
		}
		for i := range of {
			t := &of[i]
			if w.bin() != (t.DeletionID != 0) || w.where != nil && !w.where.Tag(t, &g, counts[t.ID]) {
				continue
			}
			if err := w.row(tagRow(g, *t, paths[g.DepartmentID])); err != nil {
				return err
			}
		}
	}
	return nil
}

// library are the tag groups in the order in which people have put them, and
// the tags that are seen, likewise.
type library struct {
	groups  []crm.Group
	byGroup map[int64][]crm.Tag
}

// loadLibrary reads it, with what is in the recycle bin when that is exported.
func (w *writer) loadLibrary(tx *store.Tx) (*library, error) {
	l := &library{byGroup: make(map[int64][]crm.Tag)}
	var err error
	if l.groups, err = tx.Groups(store.Bin(w.bin())); err != nil {
		return nil, err
	}
	tags, err := tx.Tags(store.Bin(w.bin()))
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(l.groups, func(a, b crm.Group) int { return cmp.Compare(a.Sort, b.Sort) })
	slices.SortStableFunc(tags, func(a, b crm.Tag) int { return cmp.Compare(a.Sort, b.Sort) })
	for _, t := range tags {
		if w.sight.tag(t.ID) {
			l.byGroup[t.GroupID] = append(l.byGroup[t.GroupID], t)
		}
	}
	return l, nil
}

func tagRow(g crm.Group, t crm.Tag, department string) []string {
	row := make([]string, len(table.Columns(crm.Tags)))
	row[table.TagGroup], row[table.TagName] = g.Name, t.Name
	row[table.TagScope], row[table.TagDepartment] = g.Scope, department
	if g.Scope != "" { // else it is not to be seen
		row[table.TagGroupSort], row[table.TagSingle] = strconv.FormatInt(g.Sort, 10), flag(g.SingleChoice)
	}
	row[table.TagGroupWecomID] = g.WecomID
	if t.Name != "" {
		row[table.TagSort] = strconv.FormatInt(t.Sort, 10)
		row[table.TagDescription], row[table.TagExpires], row[table.TagWecomID] = t.Description, t.ExpiresOn, t.WecomID
	}
	return row
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// people writes a row per person, and one for a department without people.
// Somebody who left is left out when the account is in use again: a sheet has
// one row per account.
func (w *writer) people(tx *store.Tx) error {
	people, err := tx.Staff()
	if err != nil {
		return err
	}
	in, err := tx.StaffDepartments()
	if err != nil {
		return err
	}
	departments, err := tx.Departments()
	if err != nil {
		return err
	}
	paths := store.DepartmentPaths(departments)
	holder := make(map[string]int64) // who a row of this account is about
	for _, p := range people {
		if key := crm.UserIDKey(p.UserID); p.LeftID == 0 || holder[key] == 0 || slices.ContainsFunc(people, func(o crm.Staff) bool { return o.ID == holder[key] && o.LeftID != 0 }) {
			holder[key] = p.ID
		}
	}
	if err := w.begin(); err != nil {
		return err
	}
	used := make(map[int64]bool)
	for i := range people {
		p := &people[i]
		if holder[crm.UserIDKey(p.UserID)] != p.ID || !w.sight.person(in[p.ID]) || w.where != nil && !w.where.Staff(p) {
			continue
		}
		names := make([]string, 0, len(in[p.ID]))
		for _, d := range in[p.ID] {
			names = append(names, paths[d])
			used[d] = true
		}
		slices.Sort(names) // ids would be others after an import
		row := make([]string, len(table.Columns(crm.People)))
		row[table.StaffUserID], row[table.StaffName], row[table.StaffDepartments] = p.UserID, p.Name, strings.Join(names, ";")
		row[table.StaffRole], row[table.StaffStatus] = p.Role, p.Status
		row[table.StaffContact], row[table.StaffTagging] = flag(p.Contact), flag(p.Tagging)
		if err := w.row(row); err != nil {
			return err
		}
	}
	if w.where != nil {
		return nil // a department without people is nobody
	}
	return w.emptyDepartments(departments, paths, used)
}

// emptyDepartments writes the departments that no row has named and that have
// none below: a parent is made by its children's rows.
func (w *writer) emptyDepartments(departments []crm.Department, paths map[int64]string, used map[int64]bool) error {
	for _, d := range departments {
		used[d.ParentID] = true
	}
	for _, d := range departments {
		if used[d.ID] || !w.sight.department(d.ID) {
			continue
		}
		row := make([]string, len(table.Columns(crm.People)))
		row[table.StaffDepartments] = paths[d.ID]
		if err := w.row(row); err != nil {
			return err
		}
	}
	return nil
}

// customers writes a row per (customer, follower).
func (w *writer) customers(tx *store.Tx) error {
	c, err := w.loadCells(tx)
	if err != nil {
		return err
	}
	if w.opt.TagColumns {
		if err := w.spreadTags(c.groups); err != nil {
			return err
		}
	}
	if err := w.begin(); err != nil {
		return err
	}
	return tx.CustomerBatches(func(b *store.CustomerBatch) error {
		for i := range b.Customers {
			cu := &b.Customers[i]
			if w.bin() != (cu.DeletionID != 0) || !w.sight.follows(b.Follows[cu.ID]) {
				continue
			}
			if w.sight.masks() {
				cu.Mobile, cu.Phones = masked(cu.Mobile), masked(cu.Phones)
			}
			if err := w.customer(c, cu, b.Follows[cu.ID], b.Links[cu.ID]); err != nil {
				return err
			}
		}
		return nil
	})
}

// cells are the names that a customer's cells need.
type cells struct {
	userids map[int64]string
	tags    map[int64]tagCell // those that are seen
	groups  []string          // that have tags, in order
}

// tagCell is a tag as a cell shows it.
type tagCell struct {
	ref   table.TagRef
	rank  int // of all tags, as people have put them
	group int // index into cells.groups
}

func (w *writer) loadCells(tx *store.Tx) (*cells, error) {
	people, err := tx.Staff()
	if err != nil {
		return nil, err
	}
	l, err := w.loadLibrary(tx)
	if err != nil {
		return nil, err
	}
	c := &cells{userids: make(map[int64]string, len(people)), tags: make(map[int64]tagCell)}
	for _, p := range people {
		c.userids[p.ID] = p.UserID
	}
	columns := make(map[string]int) // the bin may hold several groups of one name
	for _, g := range l.groups {
		column, ok := columns[g.Name]
		if !ok && len(l.byGroup[g.ID]) > 0 {
			column = len(c.groups)
			columns[g.Name] = column
			c.groups = append(c.groups, g.Name)
		}
		for _, t := range l.byGroup[g.ID] {
			c.tags[t.ID] = tagCell{table.TagRef{Group: g.Name, Name: t.Name}, len(c.tags), column}
		}
	}
	return c, nil
}

func (w *writer) customer(c *cells, cu *crm.Customer, follows []crm.Follow, links []crm.Link) error {
	tags := make(map[int64][]tagCell) // by follower
	for _, l := range links {
		if tag, seen := c.tags[l.TagID]; seen {
			tags[l.StaffID] = append(tags[l.StaffID], tag)
		}
	}
	write := func(f *crm.Follow, as *crm.Follow, follower string, tags []tagCell) error {
		if w.where != nil && !w.where.Row(cu, as, links) {
			return nil
		}
		slices.SortFunc(tags, func(a, b tagCell) int { return cmp.Compare(a.rank, b.rank) })
		return w.row(w.customerRow(c, cu, f, follower, tags))
	}
	// What is tied to no follower needs a row of its own.
	if len(follows) == 0 || len(tags[0]) > 0 || cu.Remark+cu.Description+cu.AddWay != "" || cu.AddedAt != 0 {
		own := crm.Follow{Remark: cu.Remark, Description: cu.Description, AddWay: cu.AddWay, AddedAt: cu.AddedAt}
		if err := write(&own, nil, "", tags[0]); err != nil {
			return err
		}
	}
	slices.SortFunc(follows, func(a, b crm.Follow) int { return cmp.Compare(a.StaffID, b.StaffID) })
	for i := range follows {
		f := &follows[i]
		if err := write(f, f, c.userids[f.StaffID], tags[f.StaffID]); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) customerRow(names *cells, c *crm.Customer, f *crm.Follow, follower string, tags []tagCell) []string {
	fields := len(table.Columns(crm.Customers))
	row := make([]string, fields+len(names.groups))
	row[table.CustExternalID], row[table.CustUnionID], row[table.CustMobile] = c.ExternalID, c.UnionID, c.Mobile
	row[table.CustPhones], row[table.CustName] = c.Phones, c.Name
	row[table.CustFollower] = follower
	row[table.CustCompany], row[table.CustPosition], row[table.CustGender] = c.Company, c.Position, c.Gender
	row[table.CustBirthday], row[table.CustRegion] = c.Birthday, c.Region
	row[table.CustRemark], row[table.CustDescription], row[table.CustAddWay] = f.Remark, f.Description, f.AddWay
	if f.AddedAt != 0 {
		row[table.CustAddedAt] = strconv.FormatInt(f.AddedAt, 10)
	}
	if !w.opt.TagColumns {
		row[table.CustTags] = formatTags(tags)
		return row
	}
	for _, t := range tags {
		cell := &row[fields+t.group]
		if *cell != "" {
			*cell += ";"
		}
		t.ref.Group = "" // it is in the header
		*cell += table.FormatTags([]table.TagRef{t.ref})
	}
	return row
}

func formatTags(tags []tagCell) string {
	refs := make([]table.TagRef, len(tags))
	for i, t := range tags {
		refs[i] = t.ref
	}
	return table.FormatTags(refs)
}
