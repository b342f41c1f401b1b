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
	groups, err := tx.Groups(store.Live)
	if err != nil {
		return err
	}
	tags, err := tx.Tags(store.Live)
	if err != nil {
		return err
	}
	departments, err := tx.Departments()
	if err != nil {
		return err
	}
	paths := store.DepartmentPaths(departments)
	byGroup := make(map[int64][]crm.Tag)
	for _, t := range tags {
		if w.sight.tag(t.ID) {
			byGroup[t.GroupID] = append(byGroup[t.GroupID], t)
		}
	}
	slices.SortStableFunc(groups, func(a, b crm.Group) int { return cmp.Compare(a.Sort, b.Sort) })
	for _, g := range groups {
		of := byGroup[g.ID]
		if len(of) == 0 && !w.sight.group(g.ID) {
			continue // a group that is hidden may hold a tag that is not
		}
		slices.SortStableFunc(of, func(a, b crm.Tag) int { return cmp.Compare(a.Sort, b.Sort) })
		if len(of) == 0 {
			of = []crm.Tag{{}}
		}
		for _, t := range of {
			row := tagRow(g, t, paths[g.DepartmentID])
			if !w.sight.group(g.ID) { // its name comes with the tag, nothing else
				for _, cell := range groupCells {
					row[cell] = ""
				}
			}
			if err := w.row(row); err != nil {
				return err
			}
		}
	}
	return nil
}

// groupCells say something about a group beside its name.
var groupCells = []int{table.TagScope, table.TagDepartment, table.TagGroupSort, table.TagSingle, table.TagGroupWecomID}

func tagRow(g crm.Group, t crm.Tag, department string) []string {
	row := make([]string, len(table.Columns(crm.Tags)))
	row[table.TagGroup], row[table.TagName] = g.Name, t.Name
	row[table.TagScope], row[table.TagDepartment] = g.Scope, department
	row[table.TagGroupSort], row[table.TagSingle] = strconv.FormatInt(g.Sort, 10), flag(g.SingleChoice)
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
	used := make(map[int64]bool)
	for _, p := range people {
		if holder[crm.UserIDKey(p.UserID)] != p.ID || !w.sight.person(in[p.ID]) {
			continue
		}
		names := make([]string, 0, len(in[p.ID]))
		for _, d := range in[p.ID] {
			names = append(names, paths[d])
			used[d] = true
		}
		row := make([]string, len(table.Columns(crm.People)))
		row[table.StaffUserID], row[table.StaffName], row[table.StaffDepartments] = p.UserID, p.Name, strings.Join(names, ";")
		row[table.StaffRole], row[table.StaffStatus] = p.Role, p.Status
		row[table.StaffContact], row[table.StaffTagging] = flag(p.Contact), flag(p.Tagging)
		if err := w.row(row); err != nil {
			return err
		}
	}
	return w.emptyDepartments(departments, paths, used)
}

// emptyDepartments writes the departments that no row has named: a parent is
// made by its children's rows.
func (w *writer) emptyDepartments(departments []crm.Department, paths map[int64]string, used map[int64]bool) error {
	parent := make(map[int64]int64, len(departments))
	for _, d := range departments {
		parent[d.ID] = d.ParentID
	}
	for id := range used {
		for p := parent[id]; p != 0 && !used[p]; p = parent[p] {
			used[p] = true
		}
	}
	for _, d := range slices.Backward(departments) { // children have higher ids than parents
		if used[d.ID] || !w.sight.department(d.ID) {
			continue
		}
		for id := d.ID; id != 0 && !used[id]; id = parent[id] {
			used[id] = true
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
	return tx.CustomerBatches(func(b *store.CustomerBatch) error {
		for i := range b.Customers {
			cu := &b.Customers[i]
			if cu.DeletionID != 0 || !w.sight.follows(b.Follows[cu.ID]) {
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
	tags    map[int64]table.TagRef // live ones
}

func (w *writer) loadCells(tx *store.Tx) (*cells, error) {
	people, err := tx.Staff()
	if err != nil {
		return nil, err
	}
	groups, err := tx.Groups(store.Live)
	if err != nil {
		return nil, err
	}
	tags, err := tx.Tags(store.Live)
	if err != nil {
		return nil, err
	}
	c := &cells{userids: make(map[int64]string, len(people)), tags: make(map[int64]table.TagRef, len(tags))}
	for _, p := range people {
		c.userids[p.ID] = p.UserID
	}
	names := make(map[int64]string, len(groups))
	for _, g := range groups {
		names[g.ID] = g.Name
	}
	for _, t := range tags {
		if !w.sight.tag(t.ID) {
			continue
		}
		c.tags[t.ID] = table.TagRef{Group: names[t.GroupID], Name: t.Name}
	}
	return c, nil
}

func (w *writer) customer(c *cells, cu *crm.Customer, follows []crm.Follow, links []crm.Link) error {
	tags := make(map[int64][]table.TagRef)
	for _, l := range links {
		if ref, live := c.tags[l.TagID]; live {
			tags[l.StaffID] = append(tags[l.StaffID], ref)
		}
	}
	followed := make(map[int64]bool, len(follows))
	for _, f := range follows {
		followed[f.StaffID] = true
	}
	// What is tied to no follower needs a row of its own.
	if len(follows) == 0 || len(tags[0]) > 0 || cu.Remark+cu.Description+cu.AddWay != "" || cu.AddedAt != 0 {
		if err := w.row(customerRow(cu, &crm.Follow{Remark: cu.Remark, Description: cu.Description, AddWay: cu.AddWay, AddedAt: cu.AddedAt}, "", tags[0])); err != nil {
			return err
		}
	}
	slices.SortFunc(follows, func(a, b crm.Follow) int { return cmp.Compare(a.StaffID, b.StaffID) })
	for i := range follows {
		if err := w.row(customerRow(cu, &follows[i], c.userids[follows[i].StaffID], tags[follows[i].StaffID])); err != nil {
			return err
		}
	}
	return nil
}

func customerRow(c *crm.Customer, f *crm.Follow, follower string, tags []table.TagRef) []string {
	row := make([]string, len(table.Columns(crm.Customers)))
	row[table.CustExternalID], row[table.CustUnionID], row[table.CustMobile] = c.ExternalID, c.UnionID, c.Mobile
	row[table.CustPhones], row[table.CustName] = c.Phones, c.Name
	row[table.CustFollower], row[table.CustTags] = follower, table.FormatTags(tags)
	row[table.CustCompany], row[table.CustPosition], row[table.CustGender] = c.Company, c.Position, c.Gender
	row[table.CustBirthday], row[table.CustRegion] = c.Birthday, c.Region
	row[table.CustRemark], row[table.CustDescription], row[table.CustAddWay] = f.Remark, f.Description, f.AddWay
	if f.AddedAt != 0 {
		row[table.CustAddedAt] = strconv.FormatInt(f.AddedAt, 10)
	}
	return row
}
