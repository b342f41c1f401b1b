package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// RequestInfo is a request with the names of what it is about.
type RequestInfo struct {
	crm.Request
	For       string // staff:zhang
	Called    string // for whom, for people
	On        string
	DecidedBy string   // account, "" = the operator
	Approvers []string // accounts of those who may approve it, while it is open
	Names     []string // the same, for people
}

// Wish is what somebody asks for.
type Wish struct {
	User     string // "" = whoever acts
	Do       access.Action
	On       string
	Customer string // "" for none
	Level    crm.Level
	When     Period
	Reason   string
}

// levelOf is the least level that the action takes.
func levelOf(do access.Action) crm.Level {
	switch do {
	case access.View:
		return crm.LevelView
	case access.Use:
		return crm.LevelUse
	}
	return crm.LevelEdit
}

// Request stores a request. It is refused when what is asked for is allowed
// already, and when no grant of that kind would bring it about.
func (d *Desk) Request(ctx context.Context, w Wish) (made RequestInfo, err error) {
	if err := checkReason(w.Reason); err != nil {
		return made, err
	}
	err = d.change(ctx, func(tx *store.Tx, c *Company) (*entry, error) {
		q, who, err := d.question(tx, c, w.User, w.Do, w.On, w.Customer)
		if err != nil {
			return nil, err
		}
		if c.names.byStaff[d.By].Role == crm.RoleAuditor {
			return nil, &Refusal{Do: access.Use, On: c.World.Written(q.On),
				Decision: c.World.Decide(access.Question{Subject: d.By, Do: access.Use, On: q.On})}
		}
		starts, ends, err := w.When.times(tx.Now)
		if err != nil {
			return nil, err
		}
		r := crm.Request{StaffID: who.ID, Action: string(w.Do), ObjectKind: q.On.Kind, ObjectID: q.On.ID, Level: w.Level, Reason: w.Reason,
			CustomerID: q.customerID, StartsAt: starts, EndsAt: ends}
		if r.Level == "" {
			r.Level = levelOf(w.Do)
		}
		if w.When.For != 0 && w.When.From == 0 {
			r.StartsAt = 0 // so long from the approval, not from now
		}
		if err := c.sensible(q.Question, grantOf(&r, starts, ends)); err != nil {
			return nil, err
		}
		if err := tx.CreateRequest(&r); err != nil {
			return nil, err
		}
		made = c.request(r)
		return &entry{action: "access.request", object: made.On,
			detail: map[string]any{"before": nil, "after": map[string]any{"request": r.ID, "for": made.For, "do": r.Action, "level": r.Level,
				"starts_at": r.StartsAt, "ends_at": r.EndsAt, "reason": r.Reason}}}, nil
	})
	return made, err
}

// grantOf is the grant that an approval of the request makes.
func grantOf(r *crm.Request, starts, ends int64) crm.Grant {
	return crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: r.StaffID, ObjectKind: r.ObjectKind, ObjectID: r.ObjectID, Level: r.Level,
		StartsAt: starts, EndsAt: ends, Reason: r.Reason, RequestID: r.ID}
}

// sensible refuses a request for what is allowed already, for all of the time
// that is asked for, and one that the grant would not fulfil.
func (c *Company) sensible(q access.Question, g crm.Grant) error {
	at := max(g.StartsAt, c.Now)
	before := c.later(at, g.Temporary(), crm.Grant{})
	now, then := before.Decide(q), before.Allowed(q)
	if g.Temporary() {
		then = c.later(g.EndsAt-1, true, crm.Grant{}).Allowed(q)
	}
	if now.Allowed && then {
		who := c.Called(q.Subject)
		return unfit("ALREADY_ALLOWED", who+" 已经可以"+q.Do.Label(crm.Chinese)+" "+c.World.Written(q.On)+"，不用申请",
			who+" may "+string(q.Do)+" "+c.World.Written(q.On)+" already", "用 tagkeep access check 查看", "see tagkeep access check")
	}
	g.ID, g.StartsAt = -1, at
	if after := c.later(at, true, g).Decide(q); !after.Allowed {
		return useless(after)
	}
	return nil
}

// useless says what a grant would not bring about, and what would.
func useless(after access.Decision) error {
	say := func(text func(access.Step, crm.Lang) string) func(crm.Lang) string {
		return func(l crm.Lang) string {
			var lines []string
			for _, s := range after.Chain {
				if !s.OK {
					lines = append(lines, text(s, l))
				}
			}
			return strings.Join(lines, "\n")
		}
	}
	message := say(access.Step.Message)
	return &Unfit{Code: "GRANT_NO_HELP", Next: say(access.Step.Fix), What: func(l crm.Lang) string {
		return l.Pick("这样的授权解决不了：", "such a grant would not help: ") + message(l)
	}}
}

// later is the world at another moment of today's facts, with one more grant
// unless it has no id; temporary grants are left out where they do not count.
func (c *Company) later(at int64, temporary bool, more crm.Grant) *access.World {
	facts := c.Company
	facts.Now = at
	facts.Grants = slices.Clone(facts.Grants)
	if !temporary {
		facts.Grants = slices.DeleteFunc(facts.Grants, func(g crm.Grant) bool { return g.Temporary() })
	}
	if more.ID != 0 {
		facts.Grants = append(facts.Grants, more)
	}
	return access.New(facts)
}

func (c *Company) request(r crm.Request) RequestInfo {
	o := access.Object{Kind: r.ObjectKind, ID: r.ObjectID}
	in := RequestInfo{Request: r, For: "staff:" + c.Account(r.StaffID), Called: c.Called(r.StaffID), On: c.World.Written(o)}
	switch r.State {
	case crm.RequestOpen:
		givers := c.World.Who(o, access.Give)
		// The nearest first: who is asked least for such things goes last.
		slices.SortStableFunc(givers, func(a, b access.Person) int { return c.rank(a.ID) - c.rank(b.ID) })
		for _, p := range givers {
			if p.ID != r.StaffID && c.World.MayGive(p.ID, o, r.Level, r.EndsAt).Allowed {
				in.Approvers = append(in.Approvers, c.Account(p.ID))
				in.Names = append(in.Names, c.Called(p.ID))
			}
		}
	default:
		in.DecidedBy = c.Account(r.DecidedBy)
	}
	return in
}

// rank is 1 for super admins.
func (c *Company) rank(staff int64) int {
	if c.names.byStaff[staff].Role == crm.RoleSuper {
		return 1
	}
	return 0
}

// Approve decides an open request with yes and makes the grant, in one go. when
// takes the place of what was asked for unless it is nil.
func (d *Desk) Approve(ctx context.Context, id int64, when *Period, answer string) (made GrantInfo, err error) {
	if err := checkReason(answer); err != nil {
		return made, err
	}
	err = d.change(ctx, func(tx *store.Tx, c *Company) (*entry, error) {
		r, o, err := d.open(tx, c, id)
		if err != nil {
			return nil, err
		}
		starts, ends, err := answered(&r, when).times(tx.Now)
		if err != nil {
			return nil, err
		}
		if err := d.mayGive(c.World, o, r.Level, ends); err != nil {
			return nil, err
		}
		g := grantOf(&r, starts, ends)
		q := access.Question{Subject: r.StaffID, Do: access.Action(r.Action), On: o}
		if r.CustomerID != 0 {
			if q.Customer, err = customerByID(tx, r.CustomerID); err != nil {
				return nil, err
			}
		}
		if err := c.sensible(q, g); err != nil {
			return nil, err
		}
		replaced, err := d.replace(tx, c, &g)
		if err != nil {
			return nil, err
		}
		if err := d.create(tx, &g); err != nil {
			return nil, err
		}
		if err := tx.DecideRequest(id, crm.RequestApproved, d.By, answer); err != nil {
			return nil, err
		}
		made = c.info(g)
		return &entry{action: "access.approve", object: made.On, detail: map[string]any{"request": id, "answer": answer,
			"before": map[string]any{"state": crm.RequestOpen, "grants": replaced}, "after": map[string]any{"state": crm.RequestApproved, "grant": made.image()}}}, nil
	})
	return made, err
}

// answered is when the grant has effect: as asked for, unless the approver says
// otherwise. A request without a start asks for so much time from the approval.
func answered(r *crm.Request, when *Period) Period {
	switch {
	case when != nil:
		p := *when
		if p.From == 0 {
			p.From = r.StartsAt
		}
		return p
	case r.EndsAt != 0 && r.StartsAt == 0:
		return Period{For: time.Duration(r.EndsAt-r.CreatedAt) * time.Millisecond}
	}
	return Period{From: r.StartsAt, Until: r.EndsAt}
}

// Deny decides an open request with no.
func (d *Desk) Deny(ctx context.Context, id int64, answer string) (done RequestInfo, err error) {
	if err := checkReason(answer); err != nil {
		return done, err
	}
	err = d.change(ctx, func(tx *store.Tx, c *Company) (*entry, error) {
		r, o, err := d.open(tx, c, id)
		if err != nil {
			return nil, err
		}
		if err := d.mayGive(c.awake(o), o, r.Level, r.EndsAt); err != nil {
			return nil, err
		}
		if err := tx.DecideRequest(id, crm.RequestDenied, d.By, answer); err != nil {
			return nil, err
		}
		r.State, r.DecidedBy, r.DecidedAt, r.Answer = crm.RequestDenied, d.By, tx.Now, answer
		done = c.request(r)
		return &entry{action: "access.deny", object: done.On, detail: map[string]any{"request": id, "answer": answer,
			"before": map[string]any{"state": crm.RequestOpen}, "after": map[string]any{"state": crm.RequestDenied}}}, nil
	})
	return done, err
}

// open finds an open request that whoever acts may decide, as far as it is not
// their own.
func (d *Desk) open(tx *store.Tx, c *Company, id int64) (crm.Request, access.Object, error) {
	requests, err := tx.Requests("")
	if err != nil {
		return crm.Request{}, access.Object{}, err
	}
	i := slices.IndexFunc(requests, func(r crm.Request) bool { return r.ID == id })
	if i < 0 || !c.concernsRequest(&requests[i]) {
		return crm.Request{}, access.Object{}, &NotFound{Kind: KindRequest, Written: fmt.Sprintf("Q%d", id)}
	}
	r := requests[i]
	o := access.Object{Kind: r.ObjectKind, ID: r.ObjectID}
	switch {
	case r.State != crm.RequestOpen:
		zh, en := "已批准", "approved"
		if r.State == crm.RequestDenied {
			zh, en = "已拒绝", "denied"
		}
		return r, o, unfit("DECIDED", fmt.Sprintf("申请 Q%d %s", id, zh), fmt.Sprintf("request Q%d is %s already", id, en),
			"用 tagkeep access list --all 查看", "see tagkeep access list --all")
	case d.By != 0 && r.StaffID == d.By:
		return r, o, unfit("OWN_REQUEST", fmt.Sprintf("Q%d 是你自己的申请，要由别人来处理", id), fmt.Sprintf("Q%d is your own request: somebody else has to decide it", id),
			"可以批准的人："+approvers(c.request(r), crm.Chinese), "who may approve it: "+approvers(c.request(r), crm.English))
	}
	return r, o, nil
}

// approvers names those who may approve a request; the operator always may.
func approvers(r RequestInfo, l crm.Lang) string {
	if len(r.Names) == 0 {
		return l.Pick("tagkeep 的操作者", "the operator of tagkeep")
	}
	return strings.Join(r.Names, l.Pick("、", ", "))
}
