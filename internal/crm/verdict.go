package crm

// Verdict is what a restore did with one link or grant. Every one in scope gets
// exactly one. Verdicts are a contract: scripts rely on them.
type Verdict string

// The verdicts.
const (
	Relinked     Verdict = "RELINKED"        // it is back
	Mapped       Verdict = "RELINKED_MAPPED" // back, on what took the place of one of its ends
	AlreadyThere Verdict = "ALREADY_THERE"   // there is one like it
	Parked       Verdict = "PARKED"          // it waits for its other end, or for somebody with the right
	Stale        Verdict = "SKIPPED_STALE"   // taken away, expired or purged since
	Conflict     Verdict = "CONFLICT"        // somebody has to decide
	Erased       Verdict = "ERASED"          // removed by law, for ever
)

// Verdicts lists every verdict, from the best down.
var Verdicts = []Verdict{Relinked, Mapped, AlreadyThere, Parked, Stale, Conflict, Erased}

// Label is the verdict in words.
func (v Verdict) Label(l Lang) string {
	switch v {
	case Relinked:
		return l.Pick("已恢复", "relinked")
	case Mapped:
		return l.Pick("已恢复（对应到新对象）", "relinked to what took its place")
	case AlreadyThere:
		return l.Pick("已存在", "there already")
	case Parked:
		return l.Pick("待恢复", "parked")
	case Stale:
		return l.Pick("已失效不恢复", "no longer valid")
	case Conflict:
		return l.Pick("需人工确认", "to be decided")
	case Erased:
		return l.Pick("已依法删除", "erased by law")
	}
	return string(v)
}

// Reason says why a link or grant got its verdict; "" where it needs none. The
// reasons are a contract as the verdicts are.
type Reason string

// The reasons.
const (
	ReasonGrantorLost    Reason = "grantor-lost-right"  // back; who gave it could not give it today
	ReasonMoved          Reason = "department-moved"    // back; its department lies elsewhere now
	ReasonRenamed        Reason = "subject-renamed"     // back; whom it is for has another name now
	ReasonFuture         Reason = "not-yet-begun"       // back; begins when it always was to begin
	ReasonByHand         Reason = "mapped-by-hand"      // back, for whom a human named
	ReasonSamePerson     Reason = "same-person"         // back, for whom a human said is the same person
	ReasonMerged         Reason = "merged"              // its tag, group or customer went into the one that is there
	ReasonInactive       Reason = "subject-inactive"    // the person's account is disabled
	ReasonLeft           Reason = "subject-left"        // the person has left
	ReasonMissing        Reason = "subject-missing"     // the person or department is not here at all
	ReasonIdentity       Reason = "identity-changed"    // somebody else has the account now
	ReasonDeptMerged     Reason = "department-merged"   // the department went into another one
	ReasonDeptSplit      Reason = "department-split"    // the department was split
	ReasonNotYours       Reason = "restorer-may-not"    // who restores could not give it
	ReasonWidens         Reason = "would-widen"         // on the object that is there it would widen access
	ReasonTagInBin       Reason = "tag-in-bin"          // wakes when its tag comes back
	ReasonCustomerInBin  Reason = "customer-in-bin"     // wakes when its customer comes back
	ReasonObjectInBin    Reason = "object-in-bin"       // the tag or group stays in the bin
	ReasonRelationEnded  Reason = "relation-ended"      // that member no longer follows the customer
	ReasonTooManyTags    Reason = "too-many-tags"       // the pair would have more tags than WeCom takes
	ReasonRevoked        Reason = "revoked-in-bin"      // revoked while it slept
	ReasonExpired        Reason = "expired"             // its time is over
	ReasonUntagged       Reason = "untagged-in-bin"     // taken off while it slept
	ReasonCustomerPurged Reason = "customer-purged"     // its customer is gone for good
	ReasonTagPurged      Reason = "tag-purged"          // its tag is gone for good
	ReasonExclusive      Reason = "exclusive"           // a newer tag of a single-choice group is on the customer
	ReasonKeyConflict    Reason = "customer-keys-clash" // the customer's keys belong to two others now
	ReasonNameConflict   Reason = "name-taken"          // left in the bin: the name is taken
	ReasonNoRoom         Reason = "no-room"             // left in the bin: the limit of tags is reached
	ReasonBadName        Reason = "bad-name"            // left in the bin: the name is against the rules
	ReasonDenyParked     Reason = "deny-not-restored"   // an allow that is held back with a deny
)
