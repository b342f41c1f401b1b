package recycle

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/snapshot"
)

// newer is what is live and was not live when the snapshot was taken, in scope
// of an exact restore.
type newer struct {
	Selection
	digest [sha256.Size]byte // of what is there of it
}

func (n *newer) same(other *newer) bool {
	return n.digest == other.digest && slices.Equal(n.Groups, other.Groups) && slices.Equal(n.Tags, other.Tags) && slices.Equal(n.Customers, other.Customers)
}

// newerThan finds it; it is empty in the other modes.
func newerThan(ctx context.Context, tx *store.Tx, src *snapshot.Source, pick *snapshot.Pick, mode Mode) (*newer, error) {
	n := &newer{}
	if mode != ModeExact {
		return n, nil
	}
	groups, err := liveThen(ctx, src, "tag_group")
	if err != nil {
		return nil, err
	}
	tags, err := liveThen(ctx, src, "tag")
	if err != nil {
		return nil, err
	}
	here, err := tx.Groups(store.Live)
	if err != nil {
		return nil, err
	}
	for _, g := range here {
		if pick == nil && !groups[g.ID] {
			n.Groups = append(n.Groups, g.ID)
		}
	}
	list, err := tx.Tags(store.Live)
	if err != nil {
		return nil, err
	}
	for _, t := range list {
		if !tags[t.ID] && (pick == nil || pick.Named("tag_group", t.GroupID)) {
			n.Tags = append(n.Tags, t.ID)
		}
	}
	if pick == nil {
		if n.Customers, err = newerCustomers(ctx, tx, src); err != nil {
			return nil, err
		}
	}
	n.Selection = n.sorted()
	if n.Empty() {
		return n, nil
	}
	v, err := findVictims(tx, n.Selection)
	if err != nil {
		return nil, err
	}
	n.digest = v.digest
	return n, nil
}

func liveThen(ctx context.Context, src *snapshot.Source, table string) (map[int64]bool, error) {
	live := make(map[int64]bool)
	err := src.Each(ctx, table, func(r snapshot.Row) error {
		if r.Int("deletion_id") == 0 {
			live[r.Key()] = true
		}
		return nil
	})
	return live, err
}

// customerPage is how many ids of customers are read at a time.
const customerPage = 10000

// newerCustomers reads the ids of both sides in step: there may be millions.
func newerCustomers(ctx context.Context, tx *store.Tx, src *snapshot.Source) (out []int64, err error) {
	var page []int64
	last, ended := int64(0), false
	fill := func() error {
		if len(page) > 0 || ended {
			return nil
		}
		page = nil
		if err := tx.Select(&page, "SELECT id FROM customer WHERE deletion_id = 0 AND id > ? ORDER BY id LIMIT ?", last, customerPage); err != nil {
			return err
		}
		if ended = len(page) == 0; !ended {
			last = page[len(page)-1]
		}
		return nil
	}
	// upTo takes those here below an id, and the one with it.
	upTo := func(id int64, all bool) error {
		for {
			if err := fill(); err != nil || ended {
				return err
			}
			switch {
			case all || page[0] < id:
				out = append(out, page[0])
			case page[0] > id:
				return nil
			}
			page = page[1:]
		}
	}
	err = src.Each(ctx, "customer", func(r snapshot.Row) error {
		if r.Int("deletion_id") != 0 {
			return nil
		}
		return upTo(r.Key(), false)
	})
	if err != nil {
		return nil, err
	}
	return out, upTo(0, true)
}

// bury sends what is newer into the bin, as an event of its own: what comes out
// of the snapshot may have the same names. The restore's event records it, so
// that its undo brings it back.
func (b *bringer) bury() error {
	if b.newer.Empty() {
		return nil
	}
	v, err := findVictims(b.tx, b.newer.Selection)
	if err != nil {
		return err
	}
	if err := permit(b.tx, v.world, b.o.By, access.Delete, v.groupIDs(), v.tagIDs(), v.customers); err != nil {
		return err
	}
	event, counts, err := v.bury(b.tx, b.made, DeleteOptions{Reason: fmt.Sprintf(said(b.tx, "快照 S%d 之后新建的：%s", "newer than snapshot S%d: %s"), b.src.Header().Sequence, b.own.Label()), By: b.o.By, Command: b.o.Command})
	if err != nil {
		return err
	}
	b.out.Newer = event
	for _, part := range []struct {
		kind string
		ids  []int64
	}{{crm.ObjectGroup, counts.GroupIDs}, {crm.ObjectTag, counts.TagIDs}, {crm.RefCustomer, v.customers}} {
		b.act("newer", part.kind, ids(part.ids))
		b.count(part.kind, Removed, int64(len(part.ids)))
		if err := b.j.buried(part.kind, event, part.ids); err != nil {
			return err
		}
	}
	b.act("digest", b.newer.digest)
	return nil
}

// buried records that something has gone into the bin under an event of its own.
func (j *journal) buried(kind string, event int64, list []int64) error {
	for part := range slices.Chunk(list, maxRanges) {
		if err := j.write(change{Bin: &binChange{kind, 0, event, part}}); err != nil {
			return err
		}
	}
	return nil
}
