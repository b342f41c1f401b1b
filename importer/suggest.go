package importer

import (
	"slices"
	"strings"

	"tagkeep/internal/crm"
)

// suggestions say what unknown names were meant to be. The answer depends on
// the names there are at that row of the file, and on nothing else: neither on
// the order of a map nor on what was searched before.
type suggestions struct {
	found  map[suggestKey]suggestion
	sorted map[suggestList][]string // candidates of the generation
	gen    int64
}

// suggestList is what is searched: tags, for one, of a group or of all.
type suggestList struct {
	kind  string
	group int64
}

type suggestKey struct {
	list suggestList
	name string
}

type suggestion struct {
	gen  int64
	name string
}

// Bounds of the search: for a file of nothing but unknown names, and for a list
// of names that nobody reads.
const (
	mostSuggested  = 1000
	mostCandidates = 10000
)

// near returns the name on the list that is nearest to s, "" for none. list
// names the candidates; gen is the generation of the names.
func (g *suggestions) near(list suggestList, s string, gen int64, candidates func() []string) string {
	key := suggestKey{list, s}
	known, ok := g.found[key]
	if ok && known.gen == gen {
		return known.name
	}
	if !ok && len(g.found) >= mostSuggested {
		return ""
	}
	if g.found == nil || gen != g.gen {
		g.gen, g.sorted = gen, make(map[suggestList][]string)
	}
	names, ok := g.sorted[list]
	if !ok {
		names = candidates()
		slices.Sort(names)
		names = slices.Compact(names)
		names = names[:min(len(names), mostCandidates)]
		g.sorted[list] = names
	}
	best, _ := crm.Nearest(s, names)
	if g.found == nil {
		g.found = make(map[suggestKey]suggestion)
	}
	key.name = strings.Clone(s)
	g.found[key] = suggestion{gen, best}
	return best
}
