package snapshot

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tagkeep/internal/archive"
	"tagkeep/internal/store/storetest"
)

// The order is that of the sequence, whatever the clock did; a file from the
// future is said to be one.
func TestF18ClockJumps(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	now := time.Date(2026, 3, 5, 14, 30, 0, 0, time.UTC)
	d.now = func() time.Time { return now }
	var ids []string
	for _, jump := range []time.Duration{0, 10 * 365 * 24 * time.Hour, -10 * 365 * 24 * time.Hour, time.Minute} {
		m := mustCreate(t, db, d, Options{Now: func() int64 { return now.Add(jump).UnixMilli() }})
		ids = append(ids, m.ID)
	}
	list, err := d.List(t.Context())
	if err != nil || len(list) != 4 {
		t.Fatal(list, err)
	}
	for n, i := range list {
		if i.ID != ids[3-n] || i.Future != (n == 2) {
			t.Errorf("%d: %s, future %v", n, i.File, i.Future)
		}
	}
	if want := "tagkeep-000001-20260305T143000Z-manual.tks"; list[3].File != want {
		t.Errorf("file %s, want %s", list[3].File, want)
	}
}

// Numbers go on above those of files whose database was lost.
func TestSequenceAboveFolder(t *testing.T) {
	t.Parallel()
	d := folder(t)
	for n := range int64(3) {
		db := storetest.Open(t, storetest.SQLite(t))
		if m := mustCreate(t, db, d, Options{}); m.Sequence != n+1 {
			t.Errorf("sequence %d, want %d", m.Sequence, n+1)
		}
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	m := mustCreate(t, db, d, Options{})
	mustCreate(t, db, d, Options{})
	copied := filepath.Join(t.TempDir(), "elsewhere.tks")
	b, err := os.ReadFile(m.Path)
	if err == nil {
		err = os.WriteFile(copied, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{m.ID, m.ID[:6], "S1", "s1", "1", m.File, m.Path, copied} {
		i, err := d.Get(word)
		if err != nil || i.ID != m.ID {
			t.Errorf("%s: %s, %v", word, i.ID, err)
		}
	}
	for _, word := range []string{"S9", "zzzz", "nothing.tks", "", m.ID[:3] + "g"} {
		if i, err := d.Get(word); !errors.Is(err, ErrNoSnapshot) {
			t.Errorf("%s: %v, %v", word, i, err)
		}
	}
}

// What is damaged is listed and says so; what is no snapshot at all too.
func TestF13DamagedIsListed(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	fill(t, db, 7, 300)
	m := mustCreate(t, db, d, Options{})
	b, err := os.ReadFile(m.Path)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(d.Path(), "tagkeep-000007-20260305T143000Z-schedule.tks")
	if err := errors.Join(os.WriteFile(cut, b[:len(b)/2], 0o600),
		os.WriteFile(filepath.Join(d.Path(), "notes.tks"), []byte("hello"), 0o600)); err != nil {
		t.Fatal(err)
	}
	list, err := d.List(t.Context())
	if err != nil || len(list) != 3 {
		t.Fatal(list, err)
	}
	if i := list[0]; i.Sequence != 7 || i.Reason != Schedule || !errors.Is(i.Err, archive.ErrTruncated) || i.Bytes != int64(len(b)/2) {
		t.Errorf("cut off: %+v", i)
	}
	if i := list[2]; i.File != "notes.tks" || !errors.Is(i.Err, archive.ErrNotArchive) {
		t.Errorf("other file: %+v", i)
	}
	if i, err := d.Get("S7"); err != nil || i.Problem == "" {
		t.Errorf("got %+v, %v", i, err)
	}
	// The next number is above that of the damaged one.
	if m := mustCreate(t, db, d, Options{}); m.Sequence != 8 {
		t.Errorf("sequence %d", m.Sequence)
	}
}
