package admin

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// What groups are generated from.
const (
	FromDepartments = "departments"
	FromRegions     = "regions"
)

// regionGroup is the group of the regions' tags.
const regionGroup = "地区"

// Generate says what to generate.
type Generate struct {
	From   string
	Under  string // a department: that one and those below it; "" = all
	DryRun bool
}

// Generated is what was generated, or would be. What is there already is not
// among it.
type Generated struct {
	Run     int64      `json:"run"` // 0 where there was nothing to do, and for a dry run
	Groups  int        `json:"groups"`
	Tags    int        `json:"tags"`
	Links   int64      `json:"links"`
	Items   []NewPlace `json:"items"` // groups and tags that are made
	Skipped []Skip     `json:"skipped"`

	Warnings []crm.Problem `json:"-"` // about the names
}

// NewPlace is a group, or a tag of one, that is made.
type NewPlace struct {
	Group      string `json:"group"`
	Tag        string `json:"tag"`
	Department string `json:"department"`
}

// Skip is something that no tag can be made for.
type Skip struct {
	Name      string   `json:"name"`
	Code      crm.Code `json:"code"`
	Customers int64    `json:"customers"`
}

// GenerateGroups makes a tag group with a tag per department, or one group with a
// tag per region of the customers, and links the customers. What is there
// already is used; doing it twice changes nothing. All of it is one transaction
// and one run, so that it can be taken back in one go.
func (d *Desk) GenerateGroups(ctx context.Context, what Generate) (done Generated, err error) {
	err = d.change(ctx, func(tx *store.Tx, c *Company) (*entry, error) {
		g := &generator{d: d, tx: tx, c: c, from: what.From, tagOf: make(map[int64]int64), tagNamed: make(map[string]int64)}
		g.done = Generated{Items: []NewPlace{}, Skipped: []Skip{}}
		err := g.plan(what)
		if err == nil {
			err = g.link()
		}
		done = g.done
		switch {
		case err != nil:
			return nil, err
		case what.DryRun:
			done.Run = 0
			return nil, errRehearsed
		case done.Run == 0:
			return nil, nil
		}
		if err := g.finish(); err != nil {
			return nil, err
		}
		return &entry{action: "group.generate", object: "from:" + what.From, run: done.Run, detail: map[string]any{
			"run": done.Run, "groups": done.Groups, "tags": done.Tags, "links": done.Links, "items": g.edits}}, nil
	})
	if errors.Is(err, errRehearsed) {
		err = nil
	}
	return done, err
}

// generator is one call of GenerateGroups.
type generator struct {
	d      *Desk
	tx     *store.Tx
	c      *Company
	from   string
	run    crm.Run
	groups []int64 // made
	tags   []int64
	edits  []Edit
	done   Generated

	tagOf    map[int64]int64  // by department
	tagNamed map[string]int64 // by region
}

// begin makes the run once there is something to write.
func (g *generator) begin() error {
	if g.run.ID != 0 {
		return nil
	}
	g.run = crm.Run{Kind: crm.Generated, File: "groups generate --from " + g.from, Options: "{}", Report: "{}", Operator: store.Operator(), CreatedBy: g.d.By}
	err := g.tx.CreateRun(&g.run)
	g.done.Run = g.run.ID
	return err
}

func (g *generator) plan(what Generate) error {
	super := g.d.super(g.c)
	if what.From == FromRegions {
		if !super { // the customers are everybody's
			return ErrOperatorOnly
		}
		return g.planRegions()
	}
	var top crm.Department
	if what.Under != "" {
		var err error
		if top, err = g.c.Department(what.Under); err != nil {
			return err
		}
	}
	for _, dept := range g.c.Departments {
		switch mine := super || g.c.adminOf(g.d.By, dept.ID); {
		case top.ID != 0 && !g.c.liesIn(dept.ID, top.ID), top.ID == 0 && !mine:
			continue
		case !mine:
			return ErrOperatorOnly
		}
		if err := g.department(dept); err != nil {
			return err
		}
	}
	if !super && len(g.tagOf)+len(g.done.Skipped) == 0 {
		return ErrOperatorOnly
	}
	return nil
}

// department finds or makes the group of a department and its tag.
func (g *generator) department(dept crm.Department) error {
	name := g.madeBefore(dept)
	if name == "" {
		name = g.groupNameOf(dept)
	}
	if n := utf8.RuneCountInString(name); n > crm.MaxTagName {
		g.done.Skipped = append(g.done.Skipped, Skip{Name: g.c.Path(dept.ID), Code: crm.TooLong})
		return nil
	}
	want := crm.Group{ID: -1, Name: name, Scope: crm.ScopeDepartment, DepartmentID: dept.ID}
	group, err := g.group(want)
	if taken := (*Taken)(nil); errors.As(err, &taken) {
		g.done.Skipped = append(g.done.Skipped, Skip{Name: g.c.Path(dept.ID), Code: crm.DupInDB})
		return nil
	}
	if err != nil {
		return err
	}
	g.tagOf[dept.ID], err = g.tag(group, dept.Name)
	return err
}

// madeBefore is the name of the department's group from an earlier time, when
// there were more, or fewer, departments of its name; "" for none.
func (g *generator) madeBefore(dept crm.Department) string {
	names := strings.Split(g.c.Path(dept.ID), "/")
	for n := 1; n <= len(names); n++ {
		name := strings.Join(names[len(names)-n:], "-")
		for _, old := range g.c.names.groups[name] {
			if old.DeletionID == 0 && old.Scope == crm.ScopeDepartment && old.DepartmentID == dept.ID {
				return name
			}
		}
	}
	return ""
}

// groupNameOf is the department's own name, with those above it as far as it
// takes to tell it from others.
func (g *generator) groupNameOf(dept crm.Department) string {
	names := strings.Split(g.c.Path(dept.ID), "/")
	for n := 1; n < len(names); n++ {
		tail := "/" + strings.Join(names[len(names)-n:], "/")
		same := 0
		for _, other := range g.c.Departments {
			if strings.HasSuffix("/"+g.c.Path(other.ID), tail) {
				same++
			}
		}
		if same == 1 {
			return strings.Join(names[len(names)-n:], "-")
		}
	}
	return strings.Join(names, "-")
}

// group finds the live group of the name, which must have this scope, or makes
// it. A department group that stands for another department is somebody else's.
func (g *generator) group(want crm.Group) (crm.Group, error) {
	for _, old := range g.c.names.groups[want.Name] {
		if old.DeletionID != 0 {
			continue
		}
		if old.Scope != want.Scope || old.DepartmentID != want.DepartmentID {
			return old, &Taken{Kind: crm.ObjectGroup, Written: refName(want.Name)}
		}
		return old, g.d.may(g.c, access.Edit, access.Group(old.ID), crm.ObjectGroup+":"+refName(old.Name))
	}
	if err := g.d.mayPlace(g.c, want); err != nil {
		return want, err
	}
	if err := g.begin(); err != nil {
		return want, err
	}
	var err error
	if want.ID, err = g.tx.NextIDs(store.SeqGroup, 1); err != nil {
		return want, err
	}
	want.CreatedAt, want.UpdatedAt, want.CreatedBy = g.tx.Now, g.tx.Now, g.d.By
	if err := g.tx.CreateGroups([]crm.Group{want}); err != nil {
		return want, err
	}
	g.c.names.groups[want.Name] = append(g.c.names.groups[want.Name], want)
	g.c.names.byGroup[want.ID] = want
	g.groups = append(g.groups, want.ID)
	g.done.Groups++
	g.done.Warnings = append(g.done.Warnings, g.d.groupWarnings(g.c, want.Name, want.ID, true)...)
	g.done.Items = append(g.done.Items, NewPlace{Group: want.Name, Department: g.c.Path(want.DepartmentID)})
	g.edits = append(g.edits, g.c.groupEdit(crm.Group{}, want))
	return want, nil
}

// tag finds or makes a tag of a group.
func (g *generator) tag(group crm.Group, name string) (int64, error) {
	for _, t := range g.c.names.tags[name] {
		if t.GroupID == group.ID && t.DeletionID == 0 {
			return t.ID, nil
		}
	}
	if err := g.c.roomFor(g.done.Tags + 1); err != nil {
		return 0, err
	}
	if err := g.begin(); err != nil {
		return 0, err
	}
	id, err := g.tx.NextIDs(store.SeqTag, 1)
	if err != nil {
		return 0, err
	}
	t := crm.Tag{ID: id, GroupID: group.ID, Name: name, CreatedAt: g.tx.Now, UpdatedAt: g.tx.Now, CreatedBy: g.d.By}
	if err := g.tx.CreateTags([]crm.Tag{t}); err != nil {
		return 0, err
	}
	g.tags = append(g.tags, id)
	g.done.Tags++
	g.done.Warnings = append(g.done.Warnings, g.d.tagWarnings(g.c, group, name, id, true)...)
	g.done.Items = append(g.done.Items, NewPlace{Group: group.Name, Tag: name, Department: g.c.Path(group.DepartmentID)})
	g.edits = append(g.edits, g.c.tagEdit(crm.Tag{}, t))
	return id, nil
}

// planRegions makes a tag for each region of the live customers. They are
// gathered first, so that tags come in the order of their names.
func (g *generator) planRegions() error {
	regions := make(map[string]int64)
	err := g.tx.CustomerBatches(func(b *store.CustomerBatch) error {
		for _, cu := range b.Customers {
			if r := regionOf(cu); cu.DeletionID == 0 && r != "" {
				regions[r]++
			}
		}
		if len(regions) > crm.MaxTags {
			return g.c.roomFor(len(regions))
		}
		return nil
	})
	if err != nil || len(regions) == 0 {
		return err
	}
	group, err := g.group(crm.Group{ID: -1, Name: regionGroup, Scope: crm.ScopeShared})
	if err != nil {
		return err
	}
	names := make([]string, 0, len(regions))
	for name := range regions {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if utf8.RuneCountInString(name) > crm.MaxTagName {
			g.done.Skipped = append(g.done.Skipped, Skip{Name: name, Code: crm.TooLong, Customers: regions[name]})
			continue
		}
		if g.tagNamed[name], err = g.tag(group, name); err != nil {
			return err
		}
	}
	return nil
}

// regionOf is the province or the city under the state of a customer, as far as
// the text tells: 广东省 of 广东省深圳市, 上海市 of 上海市浦东新区, 广东 of 广东 深圳.
func regionOf(c crm.Customer) string {
	region := strings.TrimSpace(c.Region)
	if at := strings.IndexAny(region, " \u3000/\\>·-,，、;；\r\n\t"); at > 0 {
		region = region[:at]
	}
	end := len(region)
	for _, mark := range []string{"特别行政区", "自治区", "省", "市"} {
		if at := strings.Index(region, mark); at > 0 {
			end = min(end, at+len(mark))
		}
	}
	return region[:end]
}
