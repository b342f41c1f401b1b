package snapshot

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"syscall"
	"testing"

	"tagkeep/internal/archive"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

func TestCopy(t *testing.T) {
	t.Parallel()
	db, d, to := storetest.Open(t, storetest.SQLite(t)), folder(t), folder(t)
	fill(t, db, 7, 300)
	m := mustCreate(t, db, d, Options{})
	c, err := Copy(t.Context(), m.Info, to)
	if err != nil || c.Root != m.Root || c.SHA256 != m.SHA256 || c.File != m.File || c.Bytes != m.Bytes {
		t.Fatalf("%+v, %v", c, err)
	}
	if err := Verify(t.Context(), c); err != nil {
		t.Error(err)
	}
	before := entries(t, to)
	if _, err := Copy(t.Context(), m.Info, to); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over an existing one: %v", err)
	}
	// Every step fails once: nothing is left.
	full := folder(t)
	for at := 1; ; at++ {
		b := &badDisk{at: at, err: syscall.ENOSPC}
		full.disk = b
		_, err := Copy(t.Context(), m.Info, full)
		if !b.struck {
			break
		}
		if got := entries(t, full); !errors.Is(err, syscall.ENOSPC) || !slices.Equal(got, []string{lockName}) {
			t.Errorf("step %d: %v, left %v", at, err, got)
		}
	}
	if got := entries(t, to); !slices.Equal(got, before) {
		t.Errorf("folder %v, before %v", got, before)
	}
}

// A flipped bit in the rows is found by verify, remembered, and never copied.
func TestF13FlippedBit(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db, d, to := storetest.Open(t, target), folder(t), folder(t)
		fill(t, db, 7, 300)
		m := mustCreate(t, db, d, Options{})
		flip(t, m.Path, m.Bytes/4)
		err := Verify(t.Context(), m.Info)
		if !errors.Is(err, archive.ErrCorrupt) || !Damaged(err) {
			t.Errorf("verify: %v", err)
		}
		if err := Remember(t.Context(), db, m.Info, err, 9); err != nil {
			t.Fatal(err)
		}
		list, err := d.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		storetest.Read(t, db, func(tx *store.Tx) error { return Marks(tx, list) })
		if list[0].Problem == "" || list[0].Verified != m.Verified {
			t.Errorf("listed %+v", list[0])
		}
		if _, err := Copy(t.Context(), m.Info, to); !Damaged(err) {
			t.Errorf("copy: %v", err)
		}
		if got := entries(t, to); !slices.Equal(got, []string{lockName}) {
			t.Errorf("left %v", got)
		}
		// Mended, it is whole again.
		flip(t, m.Path, m.Bytes/4)
		if err := errors.Join(Verify(t.Context(), m.Info), Remember(t.Context(), db, m.Info, nil, 10)); err != nil {
			t.Fatal(err)
		}
		storetest.Read(t, db, func(tx *store.Tx) error {
			list[0].Problem = ""
			return Marks(tx, list)
		})
		if list[0].Problem != "" || list[0].Verified != 10 {
			t.Errorf("mended: %+v", list[0])
		}
	})
}

func flip(t *testing.T, path string, at int64) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		b[at] ^= 4
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
