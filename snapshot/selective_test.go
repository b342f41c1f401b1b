package snapshot

import (
	"io"
	"os"
	"sync/atomic"
	"testing"

	"tagkeep/internal/archive"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// countedReads counts the bytes that are read of a file.
type countedReads struct {
	io.ReaderAt
	bytes atomic.Int64
}

func (c *countedReads) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, off)
	c.bytes.Add(int64(n))
	return n, err
}

// What was asked for is found without reading the rest of the file again.
func TestRestoreOnlyReadsLittle(t *testing.T) {
	t.Parallel()
	a := storetest.Open(t, storetest.SQLite(t))
	fill(t, a, 1, 30000)
	storetest.Write(t, a, func(tx *store.Tx) error {
		if err := tx.CreateTags([]crm.Tag{{ID: 7, GroupID: 1, Name: "少见", CreatedAt: 1, UpdatedAt: 1, Version: 1}}); err != nil {
			return err
		}
		return tx.AddLinks([]crm.Link{{CustomerID: 5, TagID: 7, TaggedAt: 1}, {CustomerID: 6, TagID: 7, TaggedAt: 1}, {CustomerID: 29000, TagID: 7, TaggedAt: 1}})
	})
	path := take(t, a, nil)
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	st, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		only             string
		customers, links int
		most             int64 // percent of the file
	}{
		{"customer:#2", 1, 2, 35},
		{"customer:#29000", 1, 3, 35},
		// A tag's links may be anywhere among the links.
		{"tag:#7", 3, 3, 60},
	} {
		c := &countedReads{ReaderAt: file}
		r, err := archive.Open(c, st.Size())
		if err != nil {
			t.Fatal(err)
		}
		db := storetest.Open(t, storetest.SQLite(t))
		if _, err := Restore(t.Context(), db, &Source{Reader: r, Path: path}, RestoreOptions{Only: []string{tt.only}}); err != nil {
			t.Fatal(err)
		}
		read := c.bytes.Load()
		t.Logf("%s: read %d of %d bytes", tt.only, read, st.Size())
		if read*100 > st.Size()*tt.most {
			t.Errorf("%s: read %d of %d bytes", tt.only, read, st.Size())
		}
		if customers, links := storetest.Count(t, db, "customer", ""), storetest.Count(t, db, "link", ""); customers != tt.customers || links != tt.links {
			t.Errorf("%s: %d customers and %d links", tt.only, customers, links)
		}
	}
}
