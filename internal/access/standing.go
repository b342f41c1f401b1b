package access

import "tagkeep/internal/crm"

// standing is where a person stands with an object: what the default and all
// matching grants come to.
type standing struct {
	usual rank // without temporary grants and denies
	// weight: lasting is the grant that made usual, 0 for the default.
	weight
}

// level is the effective level.
func (s *standing) level() rank {
	if s.deny != 0 {
		return hidden
	}
	return max(s.usual, s.temporaryRank)
}

// lasts is the level without temporary grants.
func (s *standing) lasts() rank {
	if s.deny != 0 {
		return hidden
	}
	return s.usual
}

// configures reports whether a temporary grant stands in for the
// tag-configuration permission. Where there is a deny, nothing is lifted.
func (s *standing) configures() bool { return s.deny == 0 && s.temporaryRank == edit }

// nearer is the standing after the grants on a nearer object: the group's after
// those on everything, the tag's after its group's.
func (s standing) nearer(g weight) standing {
	if s.deny == 0 {
		s.deny = g.deny
	}
	if g.lasting != 0 {
		s.usual, s.lasting, s.lastingRank = g.lastingRank, g.lasting, g.lastingRank
	}
	s.putTemporary(g.temporary, g.temporaryRank, g.temporaryEnd)
	return s
}

// target is an object looked up.
type target struct {
	key
	known bool
	live  bool
	group *crm.Group // of a group, and of a tag
	tag   *crm.Tag
}

func (w *World) target(o Object) target {
	t := target{key: keyOf(o)}
	switch t.kind {
	case 'a':
		t.known, t.live = true, true
	case 'g':
		if i, ok := w.groupAt[o.ID]; ok {
			t.known, t.group = true, &w.groups[i]
			t.live = t.group.DeletionID == 0
		}
	case 't':
		if i, ok := w.tagAt[o.ID]; ok {
			return w.tagTarget(i)
		}
	}
	return t
}

func (w *World) tagTarget(i int) target {
	t, g := &w.tags[i].Tag, &w.groups[w.tags[i].group]
	return target{
		key: key{'t', t.ID}, known: true, live: t.DeletionID == 0 && g.DeletionID == 0,
		group: g, tag: t,
	}
}

// standing is where p stands with t, whether or not p's account is active and t
// live.
func (w *World) standing(p *person, t target) standing {
	if t.kind == 't' && t.known {
		return w.tagStanding(p, w.groupStanding(p, t.group), t.tag.ID)
	}
	if !t.known {
		return standing{}
	}
	return w.groupStanding(p, t.group)
}

// groupStanding: g is nil for everything, which is taken as a shared group.
func (w *World) groupStanding(p *person, g *crm.Group) standing {
	switch {
	case p == nil || p.Role == crm.RoleSuper:
		return standing{usual: edit}
	case p.Role == crm.RoleAuditor:
		return standing{usual: view}
	}
	s := standing{usual: w.fallback(p, g)}.nearer(p.granted(key{kind: 'a'}))
	if g != nil {
		s = s.nearer(p.granted(key{'g', g.ID}))
	}
	return s
}

// tagStanding refines the standing with its group to that with a tag.
func (w *World) tagStanding(p *person, group standing, tag int64) standing {
	if p.aboveGrants() {
		return group
	}
	return group.nearer(p.granted(key{'t', tag}))
}

// fallback is the level that p has without any grant.
func (w *World) fallback(p *person, g *crm.Group) rank {
	switch {
	case g == nil || g.Scope == crm.ScopeShared:
		if p.tagging() {
			return edit
		}
		return use
	case p.Role == crm.RoleDeptAdmin && w.answersFor(p, g.DepartmentID):
		return edit
	case !p.in(g.DepartmentID):
		return hidden
	case p.tagging():
		return edit
	}
	return use
}

// aboveGrants: whose levels come from the role alone. The operator is nil.
func (p *person) aboveGrants() bool {
	return p == nil || p.Role == crm.RoleSuper || p.Role == crm.RoleAuditor
}
