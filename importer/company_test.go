package importer

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// A test writes down what a database holds as lines of text, and reads it back
// as such lines. Things have the ids 1, 2, … in the order in which they are
// written; #1 is the first customer. Values stand behind a key and hold no
// space. bin=7 puts a thing into the recycle bin under D7.
//
//	department 总部/市场
//	staff zhang name=张三 in=总部/市场;总部 status=left role=auditor contact=1 tagging=1
//	group 意向 single=1 dept=总部 sort=3 wecom=g1
//	tag 意向:高意向 sort=1 desc=x expires=2030-01-02 wecom=t1
//	customer #1 ext=wm1 union=u1 mobile=13800000001 phones=… name=李四 company=…
//	follow #1 zhang remark=x
//	grant group:意向 department:总部 level=use sub=1 starts=… ends=… reason=x
//	link #1 zhang 意向:高意向        (- for no follower, 意向:流失@7 for a tag in the bin)

// tables in an order in which they can be emptied.
var tables = []string{
	"department_closure", "staff_department", "staff", "department", "directory_event",
	"tag", "tag_group", "link", "customer_staff", "customer", "access_grant", "access_request",
	"deletion", "sleeping_removal", "tombstone", "snapshot_check", "import_run", "import_error",
	"import_created", "import_change", "import_claim", "audit_log", "counter",
}

// wipe empties the database: making a new one takes a server half a second.
func wipe(t testing.TB, db *store.DB) {
	t.Helper()
	storetest.Write(t, db, func(tx *store.Tx) error {
		for _, table := range tables {
			if _, err := tx.Exec("DELETE FROM " + table); err != nil {
				return fmt.Errorf("empty %s: %w", table, err)
			}
		}
		return nil
	})
}

// seed empties the database and puts the lines into it.
func seed(t testing.TB, db *store.DB, lines string) {
	t.Helper()
	wipe(t, db)
	s := &seeder{departments: map[string]int64{}, staff: map[string]int64{}, tags: map[string]int64{}, groups: map[string]int64{}}
	for line := range strings.Lines(lines) {
		if line = strings.TrimSpace(line); line != "" {
			s.line(t, line)
		}
	}
	storetest.Write(t, db, s.store)
}

type seeder struct {
	departments, staff, groups, tags map[string]int64

	allDepartments []crm.Department
	allStaff       []crm.Staff
	places         map[int64][]int64
	allGroups      []crm.Group
	allTags        []crm.Tag
	customers      []crm.Customer
	follows        []crm.Follow
	links          []crm.Link
	grants         []crm.Grant
}

// stamp is when everything was made.
const stamp = 1700000000000

func (s *seeder) line(t testing.TB, line string) {
	t.Helper()
	words := strings.Fields(line)
	v := make(map[string]string)
	var args []string
	for _, w := range words[1:] {
		if key, value, ok := strings.Cut(w, "="); ok {
			v[key] = value
		} else {
			args = append(args, w)
		}
	}
	num := func(s string) int64 {
		n, err := strconv.ParseInt(strings.TrimPrefix(s, "#"), 10, 64)
		if s != "" && err != nil {
			t.Fatalf("seed %q: %v", line, err)
		}
		return n
	}
	switch words[0] {
	case "department":
		s.department(args[0])
	case "staff":
		p := crm.Staff{ID: int64(len(s.allStaff) + 1), UserID: args[0], Name: v["name"], Status: crm.StatusActive, Role: crm.RoleStaff, Contact: v["contact"] == "1", Tagging: v["tagging"] == "1", CreatedAt: stamp, UpdatedAt: stamp}
		if v["status"] != "" {
			p.Status = v["status"]
		}
		if v["role"] != "" {
			p.Role = v["role"]
		}
		p.LeftID = leftID(&p)
		s.staff[p.UserID] = p.ID
		s.allStaff = append(s.allStaff, p)
		if s.places == nil {
			s.places = make(map[int64][]int64)
		}
		for _, path := range strings.FieldsFunc(v["in"], func(r rune) bool { return r == ';' }) {
			s.places[p.ID] = append(s.places[p.ID], s.department(path))
		}
	case "group":
		g := crm.Group{ID: int64(len(s.allGroups) + 1), Name: args[0], Scope: crm.ScopeShared, SingleChoice: v["single"] == "1", Sort: num(v["sort"]), WecomID: v["wecom"], DeletionID: num(v["bin"]), CreatedAt: stamp, UpdatedAt: stamp}
		if v["dept"] != "" {
			g.Scope, g.DepartmentID = crm.ScopeDepartment, s.department(v["dept"])
		}
		s.groups[g.Name+at(g.DeletionID)] = g.ID
		s.allGroups = append(s.allGroups, g)
	case "tag":
		group, name, _ := strings.Cut(args[0], ":")
		x := crm.Tag{ID: int64(len(s.allTags) + 1), Name: name, Sort: num(v["sort"]), Description: v["desc"], ExpiresOn: v["expires"], WecomID: v["wecom"], DeletionID: num(v["bin"]), CreatedAt: stamp, UpdatedAt: stamp}
		if x.GroupID = s.groups[group]; x.GroupID == 0 {
			x.GroupID = s.groups[group+at(x.DeletionID)]
		}
		s.tags[args[0]+at(x.DeletionID)] = x.ID
		s.allTags = append(s.allTags, x)
	case "customer":
		s.customers = append(s.customers, crm.Customer{ID: num(args[0]), ExternalID: v["ext"], UnionID: v["union"], Mobile: v["mobile"], Phones: v["phones"], Name: v["name"], Company: v["company"], Remark: v["remark"], DeletionID: num(v["bin"]), CreatedAt: stamp, UpdatedAt: stamp})
	case "follow":
		s.follows = append(s.follows, crm.Follow{CustomerID: num(args[0]), StaffID: s.staffID(t, args[1]), Remark: v["remark"], CreatedAt: stamp, UpdatedAt: stamp})
	case "link":
		tag, ok := s.tags[args[2]]
		if !ok {
			t.Fatalf("seed %q: no such tag", line)
		}
		s.links = append(s.links, crm.Link{CustomerID: num(args[0]), StaffID: s.staffID(t, args[1]), TagID: tag, TaggedAt: stamp})
	case "grant":
		g := crm.Grant{ID: int64(len(s.grants) + 1), WithSub: v["sub"] == "1", Level: crm.Level(v["level"]), StartsAt: num(v["starts"]), EndsAt: num(v["ends"]), Reason: v["reason"], CreatedAt: stamp}
		kind, name, _ := strings.Cut(args[0], ":")
		g.ObjectKind, g.ObjectID = kind, map[string]int64{crm.ObjectGroup: s.groups[name], crm.ObjectTag: s.tags[name]}[kind]
		kind, name, _ = strings.Cut(args[1], ":")
		switch g.SubjectKind = kind; kind {
		case crm.SubjectRole:
			g.SubjectRole = name
		case crm.SubjectDepartment:
			g.SubjectID = s.department(name)
		default:
			g.SubjectID = s.staffID(t, name)
		}
		s.grants = append(s.grants, g)
	default:
		t.Fatalf("seed %q: what is it?", line)
	}
}

func at(deletion int64) string {
	if deletion == 0 {
		return ""
	}
	return "@" + strconv.FormatInt(deletion, 10)
}

func (s *seeder) staffID(t testing.TB, userid string) int64 {
	t.Helper()
	id, ok := s.staff[userid]
	if !ok && userid != "-" {
		t.Fatalf("seed: no staff %q", userid)
	}
	return id
}

func (s *seeder) department(path string) int64 {
	if id := s.departments[path]; id != 0 {
		return id
	}
	parent := int64(0)
	name := path
	if i := strings.LastIndex(path, "/"); i >= 0 {
		parent, name = s.department(path[:i]), path[i+1:]
	}
	d := crm.Department{ID: int64(len(s.allDepartments) + 1), ParentID: parent, Name: name, CreatedAt: stamp, UpdatedAt: stamp}
	s.departments[path] = d.ID
	s.allDepartments = append(s.allDepartments, d)
	return d.ID
}

// store writes everything, what is in the bin first: its name is free again then.
func (s *seeder) store(tx *store.Tx) error {
	for _, bin := range []bool{true, false} {
		for _, g := range s.allGroups {
			if err := put(tx, "tag_group", g, g.ID, g.DeletionID, bin, tx.CreateGroups); err != nil {
				return err
			}
		}
		for _, c := range s.customers {
			if err := put(tx, "customer", c, c.ID, c.DeletionID, bin, tx.CreateCustomers); err != nil {
				return err
			}
		}
	}
	for _, bin := range []bool{true, false} {
		for _, x := range s.allTags {
			if err := put(tx, "tag", x, x.ID, x.DeletionID, bin, tx.CreateTags); err != nil {
				return err
			}
		}
	}
	if err := errors.Join(tx.CreateDepartments(s.allDepartments), tx.CreateStaff(s.allStaff), tx.CreateFollows(s.follows), tx.AddLinks(s.links), tx.CreateGrants(s.grants)); err != nil {
		return err
	}
	for id, departments := range s.places {
		if err := tx.SetStaffDepartments(id, departments); err != nil {
			return err
		}
	}
	for seq, n := range map[store.Sequence]int{store.SeqDepartment: len(s.allDepartments), store.SeqStaff: len(s.allStaff), store.SeqGroup: len(s.allGroups), store.SeqTag: len(s.allTags), store.SeqCustomer: len(s.customers), store.SeqGrant: len(s.grants)} {
		if n == 0 {
			continue
		}
		if _, err := tx.NextIDs(seq, n); err != nil {
			return err
		}
	}
	return nil
}

// put stores one thing, and moves it to the bin, if it is one of those that are
// to be stored now.
func put[T any](tx *store.Tx, table string, x T, id, deletion int64, bin bool, create func([]T) error) error {
	if bin != (deletion != 0) {
		return nil
	}
	if err := create([]T{x}); err != nil || !bin {
		return err
	}
	_, err := tx.Exec("UPDATE "+table+" SET deletion_id = ? WHERE id = ?", deletion, id)
	return err
}

// dump writes down what the database holds.
func dump(t testing.TB, db *store.DB) string {
	t.Helper()
	d := &dumper{}
	storetest.Read(t, db, d.read)
	return strings.Join(d.lines, "\n") + "\n"
}

type dumper struct{ lines []string }

func (d *dumper) line(kind string, args ...string) {
	d.lines = append(d.lines, strings.Join(append([]string{kind}, args...), " "))
}

// values writes key=value for what is not empty.
func values(pairs ...string) string {
	var out []string
	for i := 0; i < len(pairs); i += 2 {
		if v := pairs[i+1]; v != "" && v != "0" {
			out = append(out, pairs[i]+"="+strings.ReplaceAll(v, " ", "_"))
		}
	}
	return strings.Join(out, " ")
}

func (d *dumper) read(tx *store.Tx) error {
	departments, err := tx.Departments()
	if err != nil {
		return err
	}
	paths := store.DepartmentPaths(departments)
	for _, x := range departments {
		d.line("department", paths[x.ID])
	}
	people, err := tx.Staff()
	if err != nil {
		return err
	}
	places, err := tx.StaffDepartments()
	if err != nil {
		return err
	}
	userids := map[int64]string{0: "-"}
	for _, p := range people {
		userids[p.ID] = p.UserID
		var in []string
		for _, id := range places[p.ID] {
			in = append(in, paths[id])
		}
		slices.Sort(in)
		status, role := p.Status, p.Role
		if status == crm.StatusActive {
			status = ""
		}
		if role == crm.RoleStaff {
			role = ""
		}
		d.line("staff", p.UserID, values("name", p.Name, "in", strings.Join(in, ";"), "status", status, "role", role, "contact", bit(p.Contact), "tagging", bit(p.Tagging)))
	}
	tags, err := d.library(tx, paths)
	if err != nil {
		return err
	}
	if err := d.grants(tx, userids, tags, paths); err != nil {
		return err
	}
	if err := d.customers(tx, userids, tags); err != nil {
		return err
	}
	for i := range d.lines {
		d.lines[i] = strings.TrimSpace(d.lines[i])
	}
	return nil
}

func (d *dumper) library(tx *store.Tx, paths map[int64]string) (map[int64]string, error) {
	groups, err := tx.Groups(store.WithBin)
	if err != nil {
		return nil, err
	}
	names := make(map[int64]string)
	for _, g := range groups {
		names[g.ID] = g.Name
		d.line("group", g.Name, values("single", bit(g.SingleChoice), "dept", paths[g.DepartmentID], "sort", strconv.FormatInt(g.Sort, 10), "wecom", g.WecomID, "bin", strconv.FormatInt(g.DeletionID, 10)))
	}
	all, err := tx.Tags(store.WithBin)
	if err != nil {
		return nil, err
	}
	tags := make(map[int64]string)
	for _, x := range all {
		name := names[x.GroupID] + ":" + x.Name
		tags[x.ID] = name + at(x.DeletionID)
		d.line("tag", name, values("sort", strconv.FormatInt(x.Sort, 10), "desc", x.Description, "expires", x.ExpiresOn, "wecom", x.WecomID, "bin", strconv.FormatInt(x.DeletionID, 10)))
	}
	return tags, nil
}

func (d *dumper) customers(tx *store.Tx, userids, tags map[int64]string) error {
	return tx.CustomerBatches(func(b *store.CustomerBatch) error {
		for _, c := range b.Customers {
			id := fmt.Sprint("#", c.ID)
			d.line("customer", id, values("ext", c.ExternalID, "union", c.UnionID, "mobile", c.Mobile, "phones", c.Phones, "name", c.Name, "company", c.Company, "position", c.Position,
				"gender", c.Gender, "birthday", c.Birthday, "region", c.Region, "addway", c.AddWay, "addedat", strconv.FormatInt(c.AddedAt, 10), "remark", c.Remark, "desc", c.Description, "bin", strconv.FormatInt(c.DeletionID, 10)))
			slices.SortFunc(b.Follows[c.ID], func(x, y crm.Follow) int { return int(x.StaffID - y.StaffID) })
			for _, f := range b.Follows[c.ID] {
				d.line("follow", id, userids[f.StaffID], values("remark", f.Remark, "desc", f.Description, "addway", f.AddWay, "addedat", strconv.FormatInt(f.AddedAt, 10)))
			}
			var links []string
			for _, l := range b.Links[c.ID] {
				links = append(links, fmt.Sprintf("link %s %s %s", id, userids[l.StaffID], tags[l.TagID]))
			}
			slices.Sort(links)
			d.lines = append(d.lines, links...)
		}
		return nil
	})
}

func (d *dumper) grants(tx *store.Tx, userids, tags, paths map[int64]string) error {
	groups, err := tx.Groups(store.WithBin)
	if err != nil {
		return err
	}
	names := make(map[int64]string)
	for _, g := range groups {
		names[g.ID] = g.Name
	}
	all, err := tx.Grants()
	if err != nil {
		return err
	}
	for _, g := range all {
		object, subject := g.ObjectKind, g.SubjectKind+":"
		switch g.ObjectKind {
		case crm.ObjectGroup:
			object += ":" + names[g.ObjectID]
		case crm.ObjectTag:
			object += ":" + tags[g.ObjectID]
		}
		switch g.SubjectKind {
		case crm.SubjectRole:
			subject += g.SubjectRole
		case crm.SubjectDepartment:
			subject += paths[g.SubjectID]
		default:
			subject += userids[g.SubjectID]
		}
		d.line("grant", object, subject, values("level", string(g.Level), "sub", bit(g.WithSub), "starts", strconv.FormatInt(g.StartsAt, 10), "ends", strconv.FormatInt(g.EndsAt, 10),
			"reason", g.Reason, "revoked", bit(g.RevokedAt != 0)))
	}
	return nil
}
