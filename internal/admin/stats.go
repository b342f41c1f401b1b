package admin

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/table"
)

// soonDays is how far ahead an expiry is worth telling.
const soonDays = 30

// Stats are what a company, or the part of it that one person may see, holds.
// Lists are ordered, the largest or the earliest first.
type Stats struct {
	// Everything: it is the whole company. Else customers are those that the
	// person may see, and what is known of the whole only (Limits, events of the
	// bin) is left out.
	Everything bool          `json:"everything"`
	Day        string        `json:"day"` // today in the company's time zone
	Customers  CustomerStats `json:"customers"`
	Groups     []GroupStats  `json:"groups"`
	Tags       []TagStats    `json:"tags"`
	Unused     []TagStats    `json:"unused"`          // on no customer
	Expiring   []TagStats    `json:"expiring"`        // past, or within 30 days
	Alike      []Alike       `json:"near_duplicates"` // names that look the same
	Bin        BinStats      `json:"bin"`
	Limits     []Limit       `json:"limits"`

	mostOnPair int64
}

// CustomerStats are numbers of live customers.
type CustomerStats struct {
	Total int64 `json:"total"`
	Known int64 `json:"known_to_wecom"`
	Local int64 `json:"local_only"`
}

// GroupStats is a tag group and how many customers have a tag of it.
type GroupStats struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	Tags      int    `json:"tags"`
	Customers int64  `json:"customers"`
}

// TagStats is a tag and how many customers have it.
type TagStats struct {
	ID        int64  `json:"id"`
	Group     string `json:"group"`
	Name      string `json:"name"`
	Customers int64  `json:"customers"`
	ExpiresOn string `json:"expires_on"` // "" = never
	// Days until it expires, negative when that is past; 0 without a day too.
	Days int `json:"days"`
}

// Written is the tag as cells of tags name it.
func (t TagStats) Written() string {
	return table.FormatTags([]table.TagRef{{Group: t.Group, Name: t.Name}})
}

// Alike are names that differ by case, width or spaces only.
type Alike struct {
	Kind  string   `json:"kind"`  // group or tag
	Group string   `json:"group"` // that the tags are in, "" for groups
	Names []string `json:"names"`
}

// BinStats is what is in the recycle bin.
type BinStats struct {
	Groups    int64 `json:"groups"`
	Tags      int64 `json:"tags"`
	Customers int64 `json:"customers"`
	Events    int64 `json:"deletions"`
	Expires   int64 `json:"next_expiry"` // epoch milliseconds
}

// Limit is one of WeCom's limits and how far it is used.
type Limit struct {
	Name string `json:"name"` // one of the constants
	Used int64  `json:"used"`
	Max  int64  `json:"max"`
	// Over counts the names that are longer than what is safe.
	Over int64 `json:"over_safe"`
}

// The limits.
const (
	LimitTags       = "tags"            // company tags
	LimitPair       = "tags_per_pair"   // that one member puts on one customer, the fullest pair
	LimitNameLength = "name_characters" // of a tag or group, the longest name
)

// Stats counts what who acts may see.
func (d *Desk) Stats(ctx context.Context) (s Stats, err error) {
	zone, err := d.DB.Meta().Location()
	if err != nil {
		return s, err
	}
	err = d.Look(ctx, func(tx *store.Tx, c *Company) error {
		if refusal := c.unable(crm.ObjectAll); refusal != nil {
			return refusal
		}
		s = Stats{Everything: c.overseer(), Day: time.UnixMilli(tx.Now).In(zone).Format(time.DateOnly),
			Groups: []GroupStats{}, Tags: []TagStats{}, Unused: []TagStats{}, Expiring: []TagStats{}, Alike: []Alike{}, Limits: []Limit{}}
		whose := store.Whose{Everybody: s.Everything}
		for _, p := range c.Staff {
			if !s.Everything && c.World.Follows(d.By, []int64{p.ID}) {
				whose.Staff = append(whose.Staff, p.ID)
			}
		}
		if err := s.library(tx, c, d.By, whose); err != nil {
			return err
		}
		n, err := tx.CustomerTotals(whose)
		if err != nil {
			return err
		}
		s.Customers = CustomerStats{Total: n.Live, Known: n.Known, Local: n.Live - n.Known}
		s.Bin.Customers = n.InBin
		return s.whole(tx, c)
	})
	return s, err
}

// library counts groups and tags.
func (s *Stats) library(tx *store.Tx, c *Company, by int64, whose store.Whose) error {
	tags := c.World.Tags(by, access.View)
	group := make(map[int64]int64, len(tags))
	for _, id := range tags {
		group[id] = c.names.byTag[id].GroupID
	}
	n, err := tx.LinkCounts(whose, group)
	if err != nil {
		return err
	}
	s.mostOnPair = n.MostOnPair
	inGroup := make(map[int64]int)
	alike := make(map[int64][]string)
	for _, id := range tags {
		t := c.names.byTag[id]
		inGroup[t.GroupID]++
		alike[t.GroupID] = append(alike[t.GroupID], t.Name)
		s.tag(TagStats{ID: id, Group: c.names.byGroup[t.GroupID].Name, Name: t.Name, Customers: n.PerTag[id], ExpiresOn: t.ExpiresOn})
	}
	var groups []string
	for _, id := range c.World.Groups(by, access.View) {
		g := c.names.byGroup[id]
		groups = append(groups, g.Name)
		s.Groups = append(s.Groups, GroupStats{ID: id, Name: g.Name, Tags: inGroup[id], Customers: n.PerGroup[id]})
	}
	s.alike(crm.ObjectGroup, "", groups)
	for _, g := range c.Groups {
		s.alike(crm.ObjectTag, g.Name, alike[g.ID])
	}
	s.bin(c)
	s.sort()
	return nil
}

// tag enters a tag into the lists where it belongs.
func (s *Stats) tag(t TagStats) {
	if day, err := time.Parse(time.DateOnly, t.ExpiresOn); err == nil {
		today, _ := time.Parse(time.DateOnly, s.Day) // written by Format
		t.Days = int(day.Sub(today).Hours() / 24)
		if t.Days <= soonDays {
			s.Expiring = append(s.Expiring, t)
		}
	}
	if t.Customers == 0 {
		s.Unused = append(s.Unused, t)
	}
	s.Tags = append(s.Tags, t)
}

// alike finds names that look the same, in their order.
func (s *Stats) alike(kind, group string, names []string) {
	byLook := make(map[string][]string)
	var looks []string
	for _, name := range names {
		look := crm.Fold(name)
		if byLook[look] == nil {
			looks = append(looks, look)
		}
		byLook[look] = append(byLook[look], name)
	}
	for _, look := range looks {
		if len(byLook[look]) > 1 {
			s.Alike = append(s.Alike, Alike{Kind: kind, Group: group, Names: byLook[look]})
		}
	}
}

// bin counts the groups and tags in the recycle bin that may be seen.
func (s *Stats) bin(c *Company) {
	for _, g := range c.Groups {
		if c.Events.Holds(g.DeletionID) && c.seen(access.Group(g.ID)) {
			s.Bin.Groups++
		}
	}
	for _, t := range c.Tags {
		if !c.live(t) && c.seen(access.Tag(t.ID)) {
			s.Bin.Tags++
		}
	}
}

// whole adds what is known of the whole company only.
func (s *Stats) whole(tx *store.Tx, c *Company) error {
	if !s.Everything {
		return nil
	}
	binned, err := tx.Binned()
	if err != nil {
		return err
	}
	s.Bin.Events, s.Bin.Expires = binned.Events, binned.Expires
	names := Limit{Name: LimitNameLength, Max: crm.MaxTagName}
	measure := func(name string) {
		n := int64(strings.Count(name, "") - 1)
		names.Used = max(names.Used, n)
		if n > crm.SafeTagName {
			names.Over++
		}
	}
	for _, g := range s.Groups {
		measure(g.Name)
	}
	for _, t := range s.Tags {
		measure(t.Name)
	}
	s.Limits = []Limit{{Name: LimitTags, Used: int64(len(s.Tags)), Max: crm.MaxTags}, {Name: LimitPair, Used: s.mostOnPair, Max: crm.MaxTagsPerPair}, names}
	return nil
}

func (s *Stats) sort() {
	slices.SortStableFunc(s.Groups, func(a, b GroupStats) int { return cmp.Compare(b.Customers, a.Customers) })
	slices.SortStableFunc(s.Tags, func(a, b TagStats) int { return cmp.Compare(b.Customers, a.Customers) })
	slices.SortStableFunc(s.Expiring, func(a, b TagStats) int { return cmp.Compare(a.ExpiresOn, b.ExpiresOn) })
}
