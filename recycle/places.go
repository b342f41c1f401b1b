package recycle

import (
	"cmp"
	"slices"

	"tagkeep/internal/crm"
)

// places are where things stood when they went into the bin, so that they come
// back between the same neighbours.
type places struct {
	Groups map[int64]near `json:"groups,omitempty"`
	Tags   map[int64]near `json:"tags,omitempty"`
}

// near are the neighbours of a thing that stayed, 0 for none, and whether any
// other, staying or not, had the same number.
type near struct {
	Before int64 `json:"b"`
	After  int64 `json:"a"`
	Shared bool  `json:"s,omitempty"`
}

// placed is a group or tag in the order of its list.
type placed struct {
	id, sort int64
}

func order(list []placed) []placed {
	slices.SortFunc(list, func(a, b placed) int { return cmp.Or(cmp.Compare(a.sort, b.sort), cmp.Compare(a.id, b.id)) })
	return list
}

// placesOf finds the neighbours that stay, of the groups and tags that go.
func placesOf(c crm.Company, groups, tags map[int64]bool) places {
	p := places{Groups: make(map[int64]near), Tags: make(map[int64]near)}
	var all []placed
	for _, g := range c.Groups {
		if g.DeletionID == 0 {
			all = append(all, placed{g.ID, g.Sort})
		}
	}
	neighbours(order(all), groups, p.Groups)
	inGroup := make(map[int64][]placed)
	for _, t := range c.Tags {
		if t.DeletionID == 0 {
			inGroup[t.GroupID] = append(inGroup[t.GroupID], placed{t.ID, t.Sort})
		}
	}
	for _, list := range inGroup {
		neighbours(order(list), tags, p.Tags)
	}
	return p
}

func neighbours(list []placed, going map[int64]bool, into map[int64]near) {
	for i, x := range list {
		if !going[x.id] {
			continue
		}
		n := near{}
		for j, y := range list {
			if y.id == x.id {
				continue
			}
			n.Shared = n.Shared || y.sort == x.sort
			switch {
			case going[y.id]:
			case j < i:
				n.Before = y.id
			case n.After == 0:
				n.After = y.id
			}
		}
		into[x.id] = n
	}
}

// insert puts things that come back into the list of those that are there and
// returns the sort numbers that change: none where the numbers that they had
// still put them between their neighbours.
func insert(there, back []placed, nears map[int64]near) map[int64]int64 {
	list := order(slices.Clone(there))
	fits := true
	for _, x := range order(slices.Clone(back)) {
		fits = fits && stands(there, x, nears[x.id])
		list = put(list, x, nears[x.id])
	}
	changed := make(map[int64]int64)
	if fits {
		return changed
	}
	last := int64(-1 << 62)
	for _, x := range list {
		at := max(x.sort, last+1)
		if at != x.sort {
			changed[x.id] = at
		}
		last = at
	}
	return changed
}

// stands reports whether x, with the number that it has, would stand between its
// neighbours, and on a number that nobody has taken since.
func stands(list []placed, x placed, n near) bool {
	for _, y := range list {
		switch {
		case y.id == n.Before && !less(y, x), y.id == n.After && !less(x, y):
			return false
		case y.sort == x.sort && !n.Shared:
			return false
		}
	}
	return true
}

func less(a, b placed) bool { return a.sort < b.sort || a.sort == b.sort && a.id < b.id }

// put puts x behind the neighbour before, else before the one behind, else where
// its number says.
func put(list []placed, x placed, n near) []placed {
	index := func(id int64) int { return slices.IndexFunc(list, func(y placed) bool { return y.id == id }) }
	at := index(n.Before) + 1
	if n.Before != 0 && at == 0 {
		if at = index(n.After); at >= 0 {
			return slices.Insert(list, at, x)
		}
		at = 0
	}
	// Behind what came back to the same place before it.
	for at < len(list) && list[at].id != n.After && less(list[at], x) {
		at++
	}
	return slices.Insert(list, at, x)
}
