package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// NewTags are tags to be made, as they were typed.
type NewTags struct {
	Names       []string // each with its group, as 意向:高意向
	Expires     string
	Description string
	Sort        string
}

// CreateTags makes tags in groups that who acts may edit.
func (d *Desk) CreateTags(ctx context.Context, n NewTags) (out Outcome, err error) {
	err = d.change(ctx, func(tx *store.Tx, c *Company) (*entry, error) {
		out = Outcome{}
		var tags []crm.Tag
		for _, written := range n.Names {
			t, warnings, err := d.newTag(c, written, n)
			if err != nil {
				return nil, err
			}
			if slices.ContainsFunc(tags, func(o crm.Tag) bool { return o.GroupID == t.GroupID && o.Name == t.Name }) {
				return nil, namedTwice(written)
			}
			for _, o := range tags {
				if o.GroupID == t.GroupID && crm.IsNearDuplicate(o.Name, t.Name) {
					warnings = append(warnings, near(t.Name, o.Name))
				}
			}
			tags, out.Warnings = append(tags, t), append(out.Warnings, warnings...)
		}
		if err := c.roomFor(len(tags)); err != nil {
			return nil, err
		}
		first, err := tx.NextIDs(store.SeqTag, len(tags))
		if err != nil {
			return nil, err
		}
		for i := range tags {
			tags[i].ID, tags[i].CreatedAt, tags[i].UpdatedAt = first+int64(i), tx.Now, tx.Now
			out.Edits = append(out.Edits, c.tagEdit(crm.Tag{}, tags[i]))
		}
		if err := tx.CreateTags(tags); err != nil {
			return nil, err
		}
		return &entry{action: "tag.create", object: objects(out.Edits), detail: Edits{out.Edits}}, nil
	})
	return out, err
}

// newTag reads one of the tags to be made.
func (d *Desk) newTag(c *Company, written string, n NewTags) (t crm.Tag, warnings []crm.Problem, err error) {
	r, err := crm.ParseRef(written, crm.ObjectTag)
	if err != nil || r.Kind != crm.ObjectTag || len(r.Names) != 2 {
		return t, nil, unfit("USAGE", "要写明标签组："+written, "name the group too: "+written,
			"写成 标签组:标签，例如 意向:高意向；名称里有冒号时加双引号", `write GROUP:TAG, such as 意向:高意向; a name with a colon stands in double quotes`)
	}
	cells, warnings, err := d.tagCells(typed{tagName: r.Names[1], tagExpires: n.Expires, tagDescription: n.Description, tagSort: n.Sort})
	if err != nil {
		return t, nil, err
	}
	g, err := c.Group(crm.ObjectGroup+":"+refName(r.Names[0]), false)
	if err != nil {
		return t, nil, err
	}
	if err := d.may(c, access.Edit, access.Group(g.ID), crm.ObjectGroup+":"+refName(g.Name)); err != nil {
		return t, nil, err
	}
	t = crm.Tag{GroupID: g.ID, Name: cells.text(tagName), Description: cells.text(tagDescription), Sort: cells.number(tagSort),
		ExpiresOn: cells.text(tagExpires), CreatedBy: d.By, Version: 1}
	return t, append(warnings, d.tagWarnings(c, g, t.Name, 0, true)...), c.tagFree(g, t.Name, 0)
}

// RenameTag gives a tag another name in its group.
func (d *Desk) RenameTag(ctx context.Context, old, name string) (out Outcome, err error) {
	err = d.change(ctx, func(tx *store.Tx, c *Company) (*entry, error) {
		out = Outcome{}
		was, err := d.editable(c, old)
		if err != nil {
			return nil, err
		}
		group := c.names.byGroup[was.GroupID]
		if rest, cut := c.withGroup(name); cut {
			return nil, unfit("USAGE", "新名称里不要写标签组："+name, "the new name goes without the group: "+name,
				fmt.Sprintf("写成 tagkeep tags rename %s %s；换标签组用 tagkeep tags move", old, rest), fmt.Sprintf("write tagkeep tags rename %s %s; tagkeep tags move puts it into another group", old, rest))
		}
		cells, warnings, err := d.tagCells(typed{tagName: name})
		if err != nil {
			return nil, err
		}
		t := was
		if t.Name = cells.text(tagName); t == was {
			return nil, nil
		}
		if err := c.tagFree(group, t.Name, t.ID); err != nil {
			return nil, err
		}
		if err := tx.UpdateTag(t); err != nil {
			return nil, err
		}
		e := c.tagEdit(was, t)
		out = Outcome{Edits: []Edit{e}, Warnings: append(warnings, d.tagWarnings(c, group, t.Name, t.ID, false)...)}
		return &entry{action: "tag.rename", object: c.World.Written(access.Tag(t.ID)), detail: e}, nil
	})
	return out, err
}

// withGroup reports whether a new name begins with that of a group that may be
// seen, as all other names of tags on a command line do, and returns the rest.
func (c *Company) withGroup(name string) (rest string, ok bool) {
	group, rest, ok := strings.Cut(strings.ReplaceAll(name, "：", ":"), ":")
	if !ok {
		return name, false
	}
	return rest, slices.ContainsFunc(c.names.groups[group], func(g crm.Group) bool { return g.DeletionID == 0 && c.seen(access.Group(g.ID)) })
}

// editable finds a tag that who acts may edit.
func (d *Desk) editable(c *Company, written string) (crm.Tag, error) {
	t, err := c.Tag(written, false)
	if err != nil {
		return t, err
	}
	return t, d.may(c, access.Edit, access.Tag(t.ID), written)
}

// MoveTags puts tags into another group. Their links and grants go along.
func (d *Desk) MoveTags(ctx context.Context, tags []string, to string) (out Outcome, err error) {
	err = d.change(ctx, func(tx *store.Tx, c *Company) (*entry, error) {
		out = Outcome{}
		target, err := c.Group(to, false)
		if err != nil {
			return nil, err
		}
		if err := d.may(c, access.Edit, access.Group(target.ID), to); err != nil {
			return nil, err
		}
		var names []string
		for _, written := range tags {
			was, err := d.editable(c, written)
			switch {
			case err != nil:
				return nil, err
			case contains(out.Edits, was.ID):
				return nil, namedTwice(written)
			case was.GroupID == target.ID:
				continue
			case slices.Contains(names, was.Name):
				return nil, &Taken{Kind: crm.ObjectTag, Written: refName(target.Name) + ":" + refName(was.Name)}
			}
			if err := c.tagFree(target, was.Name, was.ID); err != nil {
				return nil, err
			}
			names = append(names, was.Name)
			out.Warnings = append(out.Warnings, d.tagWarnings(c, target, was.Name, was.ID, false)...)
			if err := tx.MoveTag(was.ID, target.ID); err != nil {
				return nil, err
			}
			t := was
			t.GroupID = target.ID
			out.Edits = append(out.Edits, c.tagEdit(was, t))
		}
		if len(out.Edits) == 0 {
			return nil, nil
		}
		if err := staysSingle(tx, target); err != nil {
			return nil, err
		}
		return &entry{action: "tag.move", object: objects(out.Edits), detail: Edits{out.Edits}}, nil
	})
	return out, err
}

// staysSingle refuses to give a single-choice group tags that somebody has beside
// another one of it.
func staysSingle(tx *store.Tx, g crm.Group) error {
	if !g.SingleChoice {
		return nil
	}
	n, err := tx.PairsWithSeveral(g.ID)
	if err != nil || n == 0 {
		return err
	}
	return unfit(string(crm.LimitReached),
		fmt.Sprintf("%s 是单选标签组，移入后有 %d 位客户（按跟进员工分别计）会同时有其中多个标签", refName(g.Name), n),
		fmt.Sprintf("%s is single-choice, and %d customers, counted by follower, would have several of its tags", refName(g.Name), n),
		"先移除这些客户多余的标签（tagkeep import customers，标签操作填“移除”），或移入别的标签组",
		"first take the other tags off them (tagkeep import customers with the tag mode remove), or move the tags elsewhere")
}
