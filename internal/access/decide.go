package access

import "tagkeep/internal/crm"

// Code names one question of the chain. Codes are a contract: scripts rely on
// them, so they are never renamed.
type Code string

// The questions, in the order in which they are asked.
const (
	// AccountActive: the person exists and is neither disabled nor gone. Asked
	// for everything.
	AccountActive Code = "ACCOUNT_ACTIVE"
	// AuditorReadsOnly: asked of auditors for everything but viewing, and never
	// fulfilled.
	AuditorReadsOnly Code = "AUDITOR_READS_ONLY"
	// CustomerContact: has WeCom's customer-contact permission (客户联系). Asked
	// for everything but giving grants.
	CustomerContact Code = "CUSTOMER_CONTACT"
	// TagConfig: has WeCom's tag-configuration permission (可配置客户标签), which
	// has no effect without the former. Asked for edit, delete, restore and grant.
	// A temporary grant with level edit lifts it.
	TagConfig Code = "TAG_CONFIG"
	// GroupVisible: the object is not hidden from the person. Asked for
	// everything.
	GroupVisible Code = "GROUP_VISIBLE"
	// LevelEnough: the level on the object is the one that the action needs. Asked
	// for everything.
	LevelEnough Code = "LEVEL"
	// CustomerFollowed: one of the customer's followers belongs to the person's
	// departments or below, for department admins to their scope. Asked for
	// everything but giving grants, when a customer is named.
	CustomerFollowed Code = "CUSTOMER_FOLLOWED"
	// ObjectLive: the tag, its group and the customer are not in the recycle bin.
	// Not asked for restoring nor of auditors who view; what does not exist at all
	// fails it always.
	ObjectLive Code = "OBJECT_LIVE"
	// GiverHolds: asked by [World.MayGive] only.
	GiverHolds Code = "GIVER_HOLDS"
)

var order = [...]Code{
	AccountActive, AuditorReadsOnly, CustomerContact, TagConfig, GroupVisible, LevelEnough, CustomerFollowed, ObjectLive,
}

// Step is one question of a decision and its answer.
type Step struct {
	Code Code
	OK   bool
	// Lifted: only a temporary grant makes it OK.
	Lifted bool

	scene *scene
	gift  *gift // of GiverHolds
}

// Decision is the answer to a Question.
type Decision struct {
	Allowed bool
	// Level is the subject's effective level on the object, as World.Level.
	Level crm.Level
	// Chain holds every question that was asked, in order, also those after one
	// that failed. Of somebody who does not exist only the first is asked. It is
	// empty for an action that is none of the constants, which nobody may do.
	Chain []Step

	scene *scene
}

// Seen reports whether the subject may view the object, apart from its being in
// the recycle bin. Where not, the answer to the subject must be the one for what
// does not exist. What the person lacks as such (an active account, 客户联系) is
// learnt without giving anything away by a decision about Everything.
func (d Decision) Seen() bool { return d.scene != nil && d.scene.seen() }

// Refusal returns the first question that failed; ok is false when none did.
func (d Decision) Refusal() (s Step, ok bool) {
	for _, s := range d.Chain {
		if !s.OK {
			return s, true
		}
	}
	return Step{}, false
}

// scene is a question with everything it is about looked up.
type scene struct {
	w        *World
	q        Question
	need     rank
	valid    bool    // the action is known
	operator bool    // then who is nil
	who      *person // nil also when nobody has the id
	at       target
	standing standing
}

func (w *World) scene(q Question) scene {
	c := w.ask(q)
	c.at = w.target(q.On)
	if c.operator || c.who != nil {
		c.standing = w.standing(c.who, c.at)
	}
	return c
}

// ask is a scene without its object.
func (w *World) ask(q Question) scene {
	c := scene{w: w, q: q, operator: q.Subject == 0}
	c.need, c.valid = q.Do.need()
	if !c.operator {
		c.who = w.people[q.Subject]
	}
	return c
}

// Decide answers with the chain of all questions that the action asks.
func (w *World) Decide(q Question) Decision {
	c := w.scene(q)
	d := Decision{Allowed: c.valid, Level: c.level().level(), scene: &c}
	if !c.valid {
		return d
	}
	d.Chain = make([]Step, 0, len(order))
	for _, code := range order {
		if !c.asks(code) {
			continue
		}
		ok, lifted := c.holds(code)
		d.Chain = append(d.Chain, Step{Code: code, OK: ok, Lifted: lifted, scene: &c})
		d.Allowed = d.Allowed && ok
	}
	return d
}

// Allowed is Decide's answer without the chain.
func (w *World) Allowed(q Question) bool {
	c := w.scene(q)
	return c.allowed()
}

func (c *scene) allowed() bool {
	if !c.valid {
		return false
	}
	for _, code := range order {
		if c.asks(code) {
			if ok, _ := c.holds(code); !ok {
				return false
			}
		}
	}
	return true
}

// asks reports whether the question belongs to the chain.
func (c *scene) asks(code Code) bool {
	nobody := c.who == nil && !c.operator
	switch code {
	case AccountActive:
		return true
	case AuditorReadsOnly:
		return c.auditor() && c.q.Do != View
	case ObjectLive:
		return !nobody && (!c.at.known || c.q.Do != Restore && (c.q.Do != View || !c.auditor()))
	}
	if nobody || c.who.aboveGrants() {
		return false
	}
	switch code {
	case CustomerContact:
		return c.q.Do != Give
	case TagConfig:
		return c.q.Do.configures()
	case CustomerFollowed:
		return c.q.Do != Give && c.q.Customer != nil
	}
	return true // GroupVisible, LevelEnough
}

// holds answers a question that is asked. lifted: only a temporary grant makes it
// hold.
func (c *scene) holds(code Code) (ok, lifted bool) {
	switch code {
	case AccountActive:
		return c.active(), false
	case CustomerContact:
		return c.who.Contact, false
	case TagConfig:
		lifted = !c.who.tagging() && c.standing.configures()
		return c.who.tagging() || lifted, lifted
	case GroupVisible:
		return c.reaches(view)
	case LevelEnough:
		return c.reaches(c.need)
	case CustomerFollowed:
		return c.w.follows(c.who, c.q.Customer.Followers), false
	case ObjectLive:
		return c.at.live && (c.q.Customer == nil || c.q.Customer.Live), false
	}
	return false, false // AuditorReadsOnly
}

func (c *scene) reaches(r rank) (ok, lifted bool) {
	ok = c.standing.level() >= r
	return ok, ok && c.standing.lasts() < r
}

func (c *scene) active() bool { return c.operator || c.who != nil && c.who.active() }

func (c *scene) auditor() bool { return c.who != nil && c.who.Role == crm.RoleAuditor }

// level: nobody has any level without an active account.
func (c *scene) level() rank {
	if !c.active() || !c.at.known {
		return hidden
	}
	return c.standing.level()
}

func (c *scene) seen() bool {
	return c.level() >= view && (c.who.aboveGrants() || c.who.Contact)
}
