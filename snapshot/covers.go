package snapshot

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"hash"
	"slices"

	"tagkeep/internal/archive"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// covered are the tables whose rows belong to a scope.
var covered = []string{"tag_group", "tag", "customer", "customer_staff", "link", "access_grant", "access_request"}

// Covers reports whether a snapshot file holds the rows of a scope as the
// database has them now, be they live or in the bin: then nothing is lost when
// they go. The file is read to its end. A damaged one is an error for which
// Damaged holds.
func Covers(ctx context.Context, db *store.DB, path string, s Scope) (bool, error) {
	src, err := OpenSource(ctx, path)
	if err != nil {
		return false, err
	}
	defer src.Close()
	m := membership{setOf(s.Groups), setOf(s.Tags), setOf(s.Customers)}
	same := true
	err = db.View(ctx, func(tx *store.Tx) error {
		for _, name := range covered {
			t := store.TableNamed(name)
			filed, known, err := m.filed(ctx, src, t)
			if err != nil {
				return err
			}
			here, err := m.stored(ctx, tx, t)
			if err != nil {
				return err
			}
			same = same && known && here == filed
		}
		return nil
	})
	return same, err
}

// membership says which rows belong to a scope by what it names itself.
type membership struct{ groups, tags, customers set }

// rowSum is a digest over rows in the order of their keys.
type rowSum struct {
	h hash.Hash
	n [8]byte
}

func (r *rowSum) cell(text []byte, null bool) {
	length := uint64(len(text))
	if null {
		length = 1 << 63
	}
	binary.BigEndian.PutUint64(r.n[:], length)
	r.h.Write(r.n[:])
	r.h.Write(text)
}

// has reports whether a row belongs to it. num reads a cell as a number, text as
// it is.
func (m *membership) has(table string, num func(column string) int64, text func(column string) string) bool {
	switch table {
	case "tag_group":
		return m.groups[num("id")]
	case "tag":
		return m.tags[num("id")]
	case "customer":
		return m.customers[num("id")]
	case "customer_staff":
		return m.customers[num("customer_id")]
	case "link":
		return m.customers[num("customer_id")] || m.tags[num("tag_id")]
	}
	switch text("object_kind") {
	case crm.ObjectGroup:
		return m.groups[num("object_id")]
	case crm.ObjectTag:
		return m.tags[num("object_id")]
	}
	return false
}

// filed is the digest of the rows in the file; known is false where it has other
// columns than the database.
func (m *membership) filed(ctx context.Context, src *Source, t store.Table) (sum [sha256.Size]byte, known bool, err error) {
	at := slices.IndexFunc(src.Header().Tables, func(f archive.Table) bool { return f.Name == t.Name })
	if at < 0 || !slices.Equal(src.Header().Tables[at].Columns, t.Columns) {
		return sum, false, nil
	}
	bin := slices.Index(t.Columns, "deletion_id")
	r := rowSum{h: sha256.New()}
	for c, err := range src.Table(ctx, t.Name, minKey, maxKey) {
		if err != nil {
			return sum, false, sourceError(ctx, src.Path, err)
		}
		row := newRecord(c.Table())
		for _, cells := range c.Rows() {
			if row.cells = cells; !m.has(t.Name, row.num, row.text) {
				continue
			}
			for i, cell := range cells {
				if i != bin {
					r.cell(cell.Text, cell.Null)
				}
			}
		}
	}
	r.h.Sum(sum[:0])
	return sum, true, nil
}

// stored is the digest of the rows in the database.
func (m *membership) stored(ctx context.Context, tx *store.Tx, t store.Table) (sum [sha256.Size]byte, err error) {
	c := capturer{ctx: ctx, tx: tx}
	sel := &selection{groups: m.groups, tags: m.tags, customers: m.customers, withGroups: m.groups, withTags: m.tags, deletions: make(set), grants: make(set)}
	parts, keep, err := c.choose(sel, t)
	if err != nil {
		return sum, err
	}
	bin := slices.Index(t.Columns, "deletion_id")
	r := rowSum{h: sha256.New()}
	for _, p := range parts {
		err := tx.Dump(t, p.cond, p.args, func(cells []sql.RawBytes) error {
			if keep != nil && !keep(cells) {
				return nil
			}
			for i, cell := range cells {
				if i != bin {
					r.cell(cell, cell == nil)
				}
			}
			return context.Cause(ctx)
		})
		if err != nil {
			return sum, err
		}
	}
	r.h.Sum(sum[:0])
	return sum, nil
}
