package admin

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// Receiver names whom a grant is for: one of the three.
type Receiver struct {
	User       string
	Department string
	WithSub    bool
	// AnySub takes grants with and without sub-departments, for revoking.
	AnySub bool
	Role   string
}

// Period is when a grant is to have effect. The zero value is at once and for
// good.
type Period struct {
	From, Until int64         // epoch milliseconds, 0 = not said
	For         time.Duration // 0 = not said
}

// times are the moments that a grant of the period begins and ends.
func (p Period) times(now int64) (starts, ends int64, err error) {
	starts = max(p.From, now)
	switch {
	case p.For != 0:
		ends = starts + p.For.Milliseconds()
	case p.Until != 0:
		ends = p.Until
	case p.From > now:
		return starts, 0, nil
	default:
		return 0, 0, nil
	}
	switch {
	case ends <= starts:
		return 0, 0, unfit("ENDED", "结束时间不晚于开始时间或已经过去", "it would end before it begins, or has ended already",
			"用 --for 48h 或一个将来的 --until", "use --for 48h, or an --until that is ahead")
	case ends-starts > crm.MaxTemporaryMillis:
		return 0, 0, unfit("OVER_72H", "临时授权最多 72 小时", "a temporary grant lasts 72 hours at most",
			"把时间缩短到 72 小时以内；要长期有效就不写 --for 和 --until", "make it 72 hours or less; for a lasting one leave out --for and --until")
	}
	return starts, ends, nil
}

// GrantInfo is a grant with the names of what it is about.
type GrantInfo struct {
	crm.Grant
	To        string // staff:zhang, department:总部/市场部, role:staff
	Called    string // to whom, for people
	On        string
	By        string // account, "" = the operator
	RevokedBy string
	Sleeps    bool // its object is in the recycle bin
}

// image is a grant in the audit log.
type image struct {
	ID       int64     `json:"id"`
	To       string    `json:"to"`
	WithSub  bool      `json:"with_sub,omitempty"`
	On       string    `json:"on"`
	Level    crm.Level `json:"level"`
	StartsAt int64     `json:"starts_at,omitempty"`
	EndsAt   int64     `json:"ends_at,omitempty"`
	Reason   string    `json:"reason"`
	Request  int64     `json:"request,omitempty"`
}

func (g *GrantInfo) image() image {
	return image{g.ID, g.To, g.WithSub, g.On, g.Level, g.StartsAt, g.EndsAt, g.Reason, g.RequestID}
}

func images(grants []GrantInfo) []image {
	out := make([]image, len(grants))
	for i := range grants {
		out[i] = grants[i].image()
	}
	return out
}

func (c *Company) info(g crm.Grant) GrantInfo {
	o := access.Object{Kind: g.ObjectKind, ID: g.ObjectID}
	in := GrantInfo{Grant: g, On: c.World.Written(o), By: c.Account(g.CreatedBy), Sleeps: c.sleeps(o)}
	if g.RevokedAt != 0 {
		in.RevokedBy = c.Account(g.RevokedBy)
	}
	switch g.SubjectKind {
	case crm.SubjectStaff:
		in.To, in.Called = "staff:"+c.Account(g.SubjectID), c.Called(g.SubjectID)
	case crm.SubjectDepartment:
		path := cmp.Or(c.Path(g.SubjectID), "#"+strconv.FormatInt(g.SubjectID, 10))
		in.To, in.Called = "department:"+path, path
	default:
		in.To, in.Called = "role:"+g.SubjectRole, g.SubjectRole
	}
	return in
}

// Called names a person for people: 张三（zhang）; "" for the operator.
func (c *Company) Called(id int64) string {
	p := c.names.byStaff[id]
	if p.Name == "" || p.Name == p.UserID {
		return c.Account(id)
	}
	return p.Name + "（" + p.UserID + "）"
}

// sleeps reports whether the object is in the recycle bin.
func (c *Company) sleeps(o access.Object) bool {
	switch o.Kind {
	case crm.ObjectGroup:
		return c.names.byGroup[o.ID].DeletionID != 0
	case crm.ObjectTag:
		return !c.live(c.names.byTag[o.ID])
	}
	return false
}

// roles are what roles are called.
var roles = map[string]string{"超级管理员": crm.RoleSuper, "部门管理员": crm.RoleDeptAdmin, "审计员": crm.RoleAuditor, "普通员工": crm.RoleStaff, "员工": crm.RoleStaff}

// receiver fills in whom the grant is for.
func (c *Company) receiver(g *crm.Grant, to Receiver) error {
	switch {
	case to.User != "":
		p, err := c.Person(to.User)
		g.SubjectKind, g.SubjectID = crm.SubjectStaff, p.ID
		return err
	case to.Department != "":
		d, err := c.Department(to.Department)
		g.SubjectKind, g.SubjectID, g.WithSub = crm.SubjectDepartment, d.ID, to.WithSub
		return err
	}
	role := strings.ToLower(strings.TrimPrefix(strings.TrimSpace(to.Role), "role:"))
	if known, ok := roles[role]; ok {
		role = known
	}
	if !slices.Contains([]string{crm.RoleSuper, crm.RoleDeptAdmin, crm.RoleAuditor, crm.RoleStaff}, role) {
		return unfit("USAGE", "没有这个角色："+to.Role, "there is no role "+to.Role,
			"角色：staff（普通员工）、dept_admin（部门管理员）、auditor（审计员）、super（超级管理员）", "roles: staff, dept_admin, auditor, super")
	}
	g.SubjectKind, g.SubjectRole = crm.SubjectRole, role
	return nil
}

func checkReason(reason string) error {
	if utf8.RuneCountInString(reason) > crm.MaxReason {
		return unfit("USAGE", "原因最多 255 个字", "a reason has 255 characters at most", "写短一些", "make it shorter")
	}
	return nil
}

// mayGive refuses who may not give the level on the object until a moment.
func (d *Desk) mayGive(w *access.World, o access.Object, level crm.Level, until int64) error {
	decision := w.MayGive(d.By, o, level, until)
	if decision.Allowed {
		return nil
	}
	return &Refusal{Do: access.Give, On: w.Written(o), Decision: decision}
}

// Grant makes one grant. again: the same stands already, and nothing was made. A
// lasting one takes the place of a lasting one of the same receiver and object,
// as in a spreadsheet of grants: two of them would say two things.
func (d *Desk) Grant(ctx context.Context, to Receiver, on string, level crm.Level, when Period, reason string) (made GrantInfo, again bool, err error) {
	if err := checkReason(reason); err != nil {
		return made, false, err
	}
	err = d.change(ctx, func(tx *store.Tx, c *Company) (*entry, error) {
		o, err := c.Object(on, false)
		if err != nil {
			return nil, err
		}
		g := crm.Grant{ObjectKind: o.Kind, ObjectID: o.ID, Level: level, Reason: reason}
		if err := c.receiver(&g, to); err != nil {
			return nil, err
		}
		if g.StartsAt, g.EndsAt, err = when.times(tx.Now); err != nil {
			return nil, err
		}
		if err := d.mayGive(c.World, o, level, g.EndsAt); err != nil {
			return nil, err
		}
		if same, ok := c.same(&g); ok {
			made, again = c.info(same), true
			return nil, nil
		}
		again = false
		replaced, err := d.replace(tx, c, &g)
		if err != nil {
			return nil, err
		}
		if err := d.create(tx, &g); err != nil {
			return nil, err
		}
		made = c.info(g)
		return &entry{action: "access.grant", object: made.On, detail: map[string]any{"before": replaced, "after": made.image()}}, nil
	})
	return made, again, err
}

// replace revokes the lasting grants in whose place a lasting one comes, and
// returns their images, nil for none. Who may not take them back may not.
func (d *Desk) replace(tx *store.Tx, c *Company, by *crm.Grant) ([]image, error) {
	if by.Temporary() {
		return nil, nil
	}
	var replaced []GrantInfo
	for _, g := range c.Grants {
		if !c.stands(&g) || g.Temporary() || !sameTarget(&g, by) {
			continue
		}
		if err := d.mayGive(c.World, access.Object{Kind: g.ObjectKind, ID: g.ObjectID}, g.Level, 0); err != nil {
			return nil, err
		}
		if err := tx.RevokeGrant(g.ID, d.By, by.Reason); err != nil {
			return nil, err
		}
		replaced = append(replaced, c.info(g))
	}
	if replaced == nil {
		return nil, nil
	}
	return images(replaced), nil
}

// create stores a new grant in the name of whoever acts.
func (d *Desk) create(tx *store.Tx, g *crm.Grant) (err error) {
	g.ID, err = tx.NextIDs(store.SeqGrant, 1)
	if err != nil {
		return err
	}
	g.CreatedAt, g.CreatedBy = tx.Now, d.By
	return tx.CreateGrants([]crm.Grant{*g})
}

// same is a standing grant that gives all that g does.
func (c *Company) same(g *crm.Grant) (crm.Grant, bool) {
	for _, h := range c.Grants {
		if !c.stands(&h) || !sameTarget(&h, g) || h.Level != g.Level || h.WithSub != g.WithSub || h.Temporary() != g.Temporary() {
			continue
		}
		if h.StartsAt <= max(g.StartsAt, c.Now) && h.EndsAt >= g.EndsAt {
			return h, true
		}
	}
	return crm.Grant{}, false
}

// stands reports whether a grant has effect or is going to.
func (c *Company) stands(g *crm.Grant) bool {
	return g.RevokedAt == 0 && (g.EndsAt == 0 || g.EndsAt > c.Now)
}

// sameTarget: the same subject and object.
func sameTarget(a, b *crm.Grant) bool {
	return a.SubjectKind == b.SubjectKind && a.SubjectID == b.SubjectID && a.SubjectRole == b.SubjectRole &&
		a.ObjectKind == b.ObjectKind && a.ObjectID == b.ObjectID
}

// GrantID reads G12.
func GrantID(word string) (int64, bool) { return numbered(word, "G") }

// RequestID reads Q3.
func RequestID(word string) (int64, bool) { return numbered(word, "Q") }

func numbered(word, letter string) (int64, bool) {
	word = strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(word)), letter)
	id, err := strconv.ParseInt(word, 10, 64)
	return id, err == nil && id > 0
}

// RevokeIDs revokes grants by their numbers, all or none of them.
func (d *Desk) RevokeIDs(ctx context.Context, ids []int64, reason string) ([]GrantInfo, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	return d.revoke(ctx, reason, func(c *Company) (found []crm.Grant, err error) {
		for _, id := range ids {
			i := slices.IndexFunc(c.Grants, func(g crm.Grant) bool { return g.ID == id && c.concerns(&g) })
			if i < 0 {
				return nil, &NotFound{Kind: KindGrant, Written: at("G", id)}
			}
			if !c.stands(&c.Grants[i]) {
				return nil, unfit("ENDED", "授权 "+at("G", id)+" 已经撤销或到期", "grant "+at("G", id)+" is revoked or has ended",
					"不用再做什么", "there is nothing left to do")
			}
			found = append(found, c.Grants[i])
		}
		return found, nil
	})
}

// Revoke revokes all standing grants to the receiver on the object, which may be
// in the recycle bin; only those of a level unless it is "".
func (d *Desk) Revoke(ctx context.Context, to Receiver, on string, level crm.Level, reason string) ([]GrantInfo, error) {
	return d.revoke(ctx, reason, func(c *Company) ([]crm.Grant, error) {
		o, err := c.Object(on, true)
		if err != nil {
			return nil, err
		}
		like := crm.Grant{ObjectKind: o.Kind, ObjectID: o.ID}
		if err := c.receiver(&like, to); err != nil {
			return nil, err
		}
		var found []crm.Grant
		for _, g := range c.Grants {
			if c.stands(&g) && sameTarget(&g, &like) && (level == "" || g.Level == level) && (to.AnySub || g.WithSub == to.WithSub) {
				found = append(found, g)
			}
		}
		if len(found) == 0 {
			return nil, &NotFound{Kind: KindGrant, Written: c.info(like).To + " " + on}
		}
		return found, nil
	})
}

// revoke ends the grants that choose finds, all or none of them. Whoever could
// make a grant may take it back.
func (d *Desk) revoke(ctx context.Context, reason string, choose func(c *Company) ([]crm.Grant, error)) (ended []GrantInfo, err error) {
	if err := checkReason(reason); err != nil {
		return nil, err
	}
	err = d.change(ctx, func(tx *store.Tx, c *Company) (*entry, error) {
		ended = nil
		grants, err := choose(c)
		if err != nil {
			return nil, err
		}
		for _, g := range grants {
			o := access.Object{Kind: g.ObjectKind, ID: g.ObjectID}
			if err := d.mayGive(c.awake(o), o, g.Level, g.EndsAt); err != nil {
				return nil, err
			}
			if err := tx.RevokeGrant(g.ID, d.By, reason); err != nil {
				return nil, err
			}
			ended = append(ended, c.info(g))
		}
		return &entry{action: "access.revoke", object: ended[0].On,
			detail: map[string]any{"before": images(ended), "after": nil, "reason": reason}}, nil
	})
	return ended, err
}

// awake is the world as it would be with the object out of the recycle bin: what
// is decided about one that sleeps is decided as if it were live.
func (c *Company) awake(o access.Object) *access.World {
	if !c.sleeps(o) {
		return c.World
	}
	facts := c.Company
	facts.Groups, facts.Tags = slices.Clone(facts.Groups), slices.Clone(facts.Tags)
	group := o.ID
	for i := range facts.Tags {
		if t := &facts.Tags[i]; o.Kind == crm.ObjectTag && t.ID == o.ID {
			t.DeletionID, group = 0, t.GroupID
		}
	}
	for i := range facts.Groups {
		if facts.Groups[i].ID == group {
			facts.Groups[i].DeletionID = 0
		}
	}
	return access.New(facts)
}
