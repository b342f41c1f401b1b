package recycle

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
)

// sight is who could view what at a moment: the sets of people by staff id, each
// kept once, and which of them each group and tag has.
type sight struct {
	Sets   []ids         `json:"sets"`
	Groups map[int64]int `json:"groups"`
	Tags   map[int64]int `json:"tags"`

	known map[string]int
}

// look finds out who can view groups and tags. A tag without grants of its own
// is seen by those who see its group.
func look(w *access.World, c crm.Company, groups []int64, tags []crm.Tag) sight {
	s := sight{Groups: make(map[int64]int), Tags: make(map[int64]int), known: make(map[string]int)}
	own := make(map[int64]bool)
	for _, g := range c.Grants {
		if g.ObjectKind == crm.ObjectTag && g.RevokedAt == 0 {
			own[g.ObjectID] = true
		}
	}
	ofGroup := make(map[int64]int)
	group := func(id int64) int {
		set, ok := ofGroup[id]
		if !ok {
			set = s.keep(viewers(w, access.Group(id)))
			ofGroup[id] = set
		}
		return set
	}
	for _, id := range groups {
		s.Groups[id] = group(id)
	}
	for _, t := range tags {
		if own[t.ID] {
			s.Tags[t.ID] = s.keep(viewers(w, access.Tag(t.ID)))
		} else {
			s.Tags[t.ID] = group(t.GroupID)
		}
	}
	return s
}

func viewers(w *access.World, o access.Object) ids {
	people := w.Who(o, access.View)
	list := make(ids, len(people))
	for i, p := range people {
		list[i] = p.ID
	}
	return list
}

func (s *sight) keep(set ids) int {
	key, _ := set.MarshalText() // never fails
	if i, ok := s.known[string(key)]; ok {
		return i
	}
	s.Sets = append(s.Sets, set)
	s.known[string(key)] = len(s.Sets) - 1
	return len(s.Sets) - 1
}

// all are the people who could view anything of it.
func (s *sight) all() ids {
	seen := make(map[int64]bool)
	for _, set := range s.Sets {
		for _, id := range set {
			seen[id] = true
		}
	}
	out := make(ids, 0, len(seen))
	for id := range seen {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

func (s *sight) of(kind string, id int64) (ids, bool) {
	m := s.Groups
	if kind == crm.ObjectTag {
		m = s.Tags
	}
	i, ok := m[id]
	if !ok || i < 0 || i >= len(s.Sets) {
		return nil, false
	}
	return s.Sets[i], true
}

// A sight of very many people and tags, each with grants of its own, is packed: a
// row must fit into a packet of MySQL.
const (
	maxSight   = 1 << 20
	packedMark = "gz:"
)

func (s *sight) encode() (string, error) {
	b, err := json.Marshal(s)
	if err != nil || len(b) <= maxSight {
		return string(b), err
	}
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err = z.Write(b)
	if err = errors.Join(err, z.Close()); err != nil {
		return "", fmt.Errorf("pack who had access: %w", err)
	}
	return packedMark + base64.StdEncoding.EncodeToString(out.Bytes()), nil
}

func decodeSight(text string) (s sight, err error) {
	if text == "" {
		return s, nil
	}
	var from io.Reader = strings.NewReader(text)
	if packed, ok := strings.CutPrefix(text, packedMark); ok {
		if from, err = gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(packed))); err != nil {
			return s, fmt.Errorf("unpack who had access: %w", err)
		}
	}
	if err := json.NewDecoder(from).Decode(&s); err != nil {
		return s, fmt.Errorf("read who had access: %w", err)
	}
	return s, nil
}

// AccessChange is who sees something after a restore that they did not see
// immediately before the deletion, and who no longer does.
type AccessChange struct {
	Had    int     `json:"had"` // people who saw anything of it before
	Gained int     `json:"gained"`
	Lost   int     `json:"lost"`
	Gains  []int64 `json:"gains,omitempty"` // staff ids
	Loses  []int64 `json:"loses,omitempty"`
}

// Bounds of how many people may gain access without a word.
const (
	maxGained        = 50
	maxGainedPercent = 25
)

// Wider reports whether more people gain access than may pass without a word.
func (a AccessChange) Wider() bool {
	return a.Gained > maxGained || a.Gained*100 > a.Had*maxGainedPercent
}

// compare holds who sees each thing after against before. A thing that nobody
// looked at before, such as one made anew, is left out.
func (s *sight) compare(after *sight) AccessChange {
	gains, loses := make(map[int64]bool), make(map[int64]bool)
	for _, kind := range []struct {
		name string
		m    map[int64]int
	}{{crm.ObjectGroup, after.Groups}, {crm.ObjectTag, after.Tags}} {
		for id := range kind.m {
			had, ok := s.of(kind.name, id)
			if !ok {
				continue
			}
			has, _ := after.of(kind.name, id)
			minus(has, had, gains)
			minus(had, has, loses)
		}
	}
	a := AccessChange{Had: len(s.all()), Gained: len(gains), Lost: len(loses)}
	for id := range gains {
		a.Gains = append(a.Gains, id)
	}
	for id := range loses {
		a.Loses = append(a.Loses, id)
	}
	slices.Sort(a.Gains)
	slices.Sort(a.Loses)
	return a
}

// minus adds those of a who are not in b. Both ascend.
func minus(a, b ids, into map[int64]bool) {
	for _, id := range a {
		if _, ok := slices.BinarySearch(b, id); !ok {
			into[id] = true
		}
	}
}
