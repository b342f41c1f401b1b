package admin

import (
	"errors"
	"fmt"
	"slices"

	"tagkeep/internal/crm"
)

// purged tells of what had the name and is gone for good, the last first; only
// to those who see everything, for nobody's grants are left to go by. Otherwise
// the error stays that it is missing.
func (s *search) purged(on string, missing error) (causes []Cause, err error) {
	role := s.c.names.byStaff[s.c.by].Role
	r, err := crm.ParseRef(on, "")
	if !errors.As(missing, new(*NotFound)) || err != nil || s.c.by != 0 && role != crm.RoleSuper && role != crm.RoleAuditor {
		return nil, missing
	}
	stones, err := s.tx.Tombstones(last(r.Names))
	if err != nil {
		return nil, err
	}
	checks, err := s.tx.SnapshotChecks()
	if err != nil {
		return nil, err
	}
	for _, stone := range slices.Backward(stones) {
		if stone.Kind != r.Kind {
			continue
		}
		d, label, name := s.c.Events[stone.DeletionID], s.c.Events.Label(stone.DeletionID), stone.Kind+":"+stone.Name // without its group, which nobody knows
		c := Cause{Code: "DELETED", At: stone.PurgedAt, By: s.c.Called(d.EndedBy), Reason: d.Reason, Fix: said("", "")}
		zh, en := fmt.Sprintf("%s（#%d）随 %s 删除，已彻底删除", name, stone.ID, label), fmt.Sprintf("%s (#%d) was deleted with %s and is gone for good", name, stone.ID, label)
		if check, known := checks[d.SnapshotID]; known {
			snapshot := at("S", check.Sequence)
			zh, en = zh+"，快照 "+snapshot+" 里有", en+", in snapshot "+snapshot
			line := "[tagkeep] tagkeep snapshot show " + snapshot
			c.Fix = said(line, line)
		}
		c.Text = said(zh, en)
		causes = append(causes, c)
	}
	if len(causes) == 0 {
		return nil, missing
	}
	return causes, nil
}
