package admin

import (
	"context"
	"slices"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// GroupRow is a tag group as lists show it.
type GroupRow struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Scope       string `json:"scope"`
	Department  string `json:"department"` // path, "" for a shared one
	Single      bool   `json:"single"`
	Sort        int64  `json:"sort"`
	Description string `json:"description"`
	Tags        int    `json:"tags"`  // those that may be seen
	Level       string `json:"level"` // of who asks: view, use, edit
}

// TagRow is a tag as lists show it.
type TagRow struct {
	ID          int64  `json:"id"`
	Group       string `json:"group"`
	Name        string `json:"name"`
	Sort        int64  `json:"sort"`
	ExpiresOn   string `json:"expires_on"`
	Description string `json:"description"`
	Customers   int64  `json:"customers"`
	Level       string `json:"level"`

	groupSort, groupID int64
}

// Groups lists the tag groups that who acts may see, in their order.
func (d *Desk) Groups(ctx context.Context) ([]GroupRow, error) {
	rows := []GroupRow{}
	err := d.Look(ctx, func(_ *store.Tx, c *Company) error {
		if refusal := c.unable(crm.ObjectAll); refusal != nil {
			return refusal
		}
		tags := make(map[int64]int)
		for _, id := range c.World.Tags(d.By, access.View) {
			tags[c.names.byTag[id].GroupID]++
		}
		for _, id := range c.World.Groups(d.By, access.View) {
			g := c.names.byGroup[id]
			rows = append(rows, GroupRow{ID: id, Name: g.Name, Scope: g.Scope, Department: c.Path(g.DepartmentID), Single: g.SingleChoice,
				Sort: g.Sort, Description: g.Description, Tags: tags[id], Level: string(c.World.Level(d.By, access.Group(id)))})
		}
		return nil
	})
	slices.SortFunc(rows, func(a, b GroupRow) int { return bySort(a.Sort, b.Sort, a.ID, b.ID) })
	return rows, err
}

// Tags lists the tags that who acts may see, by group; of one group unless that
// is "". A tag may be seen inside a group that may not.
func (d *Desk) Tags(ctx context.Context, group string) ([]TagRow, error) {
	rows := []TagRow{}
	err := d.Look(ctx, func(tx *store.Tx, c *Company) error {
		if refusal := c.unable(crm.ObjectAll); refusal != nil {
			return refusal
		}
		only, err := d.groupOfTags(c, group)
		if err != nil {
			return err
		}
		counts, err := tx.TagCounts()
		if err != nil {
			return err
		}
		for _, id := range c.World.Tags(d.By, access.View) {
			t := c.names.byTag[id]
			g := c.names.byGroup[t.GroupID]
			if only != 0 && g.ID != only {
				continue
			}
			rows = append(rows, TagRow{ID: id, Group: g.Name, Name: t.Name, Sort: t.Sort, ExpiresOn: t.ExpiresOn, Description: t.Description,
				Customers: counts[id], Level: string(c.World.Level(d.By, access.Tag(id))), groupSort: g.Sort, groupID: g.ID})
		}
		return nil
	})
	slices.SortFunc(rows, func(a, b TagRow) int {
		if a.groupID != b.groupID {
			return bySort(a.groupSort, b.groupSort, a.groupID, b.groupID)
		}
		return bySort(a.Sort, b.Sort, a.ID, b.ID)
	})
	return rows, err
}

// groupOfTags finds the group whose tags are listed: one that may be seen, or
// that holds a tag that may.
func (d *Desk) groupOfTags(c *Company, name string) (int64, error) {
	if name == "" {
		return 0, nil
	}
	g, err := c.Group(name, false)
	if err == nil {
		return g.ID, nil
	}
	r, bad := crm.ParseRef(name, crm.ObjectGroup)
	for _, id := range c.World.Tags(d.By, access.View) {
		g := c.names.byGroup[c.names.byTag[id].GroupID]
		if bad == nil && r.ID == 0 && g.Name == last(r.Names) {
			return g.ID, nil
		}
	}
	return 0, err
}
