package recycle

import (
	"testing"

	"tagkeep/internal/crm"
)

// R1: a tag whose group is alive comes back with everything it had.
func TestR01_TagComesBack(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.give(crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: carl, ObjectKind: crm.ObjectTag, ObjectID: high, Level: crm.LevelEdit})
		before := s.state()
		r := s.restore(s.del(Selection{Tags: []int64{high}}), RestoreOptions{})
		s.same(s.state(), before, "after the restore")
		s.verdicts(r.Plan, "link", Count{Verdict: crm.Relinked, N: 20})
		s.verdicts(r.Plan, "grant", Count{Verdict: crm.Relinked, N: 1})
	})
}
