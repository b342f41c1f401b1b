package access

import "tagkeep/internal/crm"

// gift is what MayGive was asked.
type gift struct {
	until int64 // 0 = lasting
	fault giftFault
	limit int64  // with overTime: when the giver's own permission ends
	on    Object // where it fails, as far as the giver may see that
}

type giftFault uint8

const (
	fine      giftFault = iota
	byDefault           // may give on everything, but only as a default
	notBelow            // may not give on some tag or group that it would reach
	overTime            // has it for a shorter time
	tooHigh             // has a lower level
)

// MayGive decides whether the giver may give somebody the level on the object,
// until a moment (epoch milliseconds, 0 = lasting). Nobody gives what they do not
// have: besides the chain of Give, a last step GIVER_HOLDS asks that
//
//   - the giver's own level is no lower;
//   - whoever has it by a temporary grant only gives it no longer than that;
//   - a grant on a group, or on everything, reaches nothing that the giver may not
//     give, also in the recycle bin;
//   - on everything it is the role or a grant that lets them, not the default,
//     since departments' groups to come would be reached too.
//
// Level hidden takes away, so it asks for the time and the last only. To judge
// grants of an object that is about to be restored, ask a World made of the facts
// as they will be.
func (w *World) MayGive(giver int64, o Object, level crm.Level, until int64) Decision {
	d := w.Decide(Question{Subject: giver, Do: Give, On: o})
	if !d.Allowed {
		return d
	}
	g := &gift{until: until, on: o}
	g.fault = d.scene.judge(g, level)
	d.Allowed = g.fault == fine
	d.Chain = append(d.Chain, Step{Code: GiverHolds, OK: d.Allowed, scene: d.scene, gift: g})
	return d
}

func (c *scene) judge(g *gift, level crm.Level) giftFault {
	r, ok := rankOf(level)
	switch {
	case !ok || r > c.standing.level():
		return tooHigh
	case c.who.aboveGrants():
		return fine
	case !c.within(g):
		return overTime
	case c.at.kind == 'a' && c.standing.lasting == 0 && !c.lifted():
		return byDefault
	case r == hidden:
		return fine
	}
	return c.judgeBelow(g)
}

// judgeBelow looks at every group and tag that a grant on the object reaches.
func (c *scene) judgeBelow(g *gift) giftFault {
	if c.at.kind == 't' {
		return fine
	}
	for i := range c.w.groups {
		group := &c.w.groups[i]
		if c.at.kind == 'a' {
			if fault := c.judgeOne(g, Group(group.ID)); fault != fine {
				return fault
			}
		}
	}
	for i := range c.w.tags {
		if t := &c.w.tags[i]; c.at.kind == 'a' || t.GroupID == c.at.id {
			if fault := c.judgeOne(g, Tag(t.ID)); fault != fine {
				return fault
			}
		}
	}
	return fine
}

func (c *scene) judgeOne(g *gift, o Object) giftFault {
	below := c.w.scene(Question{Subject: c.q.Subject, Do: Give, On: o})
	below.at.live = true // a grant reaches what comes out of the bin
	fault := fine
	switch {
	case !below.allowed():
		fault = notBelow
	case !below.within(g):
		fault = overTime
	}
	if fault != fine && below.seen() {
		g.on = o
	}
	return fault
}

// within reports whether the giver's own permission lasts as long as the gift. All
// that a temporary grant lifts for Give takes one with level edit, so the end of
// the longest such one is the end of the permission.
func (c *scene) within(g *gift) bool {
	end := c.standing.temporaryEnd
	if !c.lifted() || g.until != 0 && g.until <= end {
		return true
	}
	g.limit = end
	return false
}
