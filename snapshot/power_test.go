package snapshot

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// errPower is when the power goes.
var errPower = errors.New("power cut")

// powerDisk remembers what has become durable: how much of each file is synced,
// and which names the folder has durably. At a step the power goes.
type powerDisk struct {
	osDisk
	at, n  int
	off    bool
	synced map[string]int64 // by the name that a file has now
	names  [][2]string      // renames that no sync of the folder has followed
}

func (p *powerDisk) step() error {
	if p.n++; p.n == p.at {
		p.off = true
	}
	if p.off {
		return errPower
	}
	return nil
}

func (p *powerDisk) create(path string) (tempFile, error) {
	if err := p.step(); err != nil {
		return nil, err
	}
	f, err := p.osDisk.create(path)
	p.synced[path] = 0
	return &powerFile{f, p, path, 0}, err
}

func (p *powerDisk) rename(from, to string) error {
	if err := p.step(); err != nil {
		return err
	}
	p.names = append(p.names, [2]string{from, to})
	p.synced[to] = p.synced[from]
	delete(p.synced, from)
	return p.osDisk.rename(from, to)
}

func (p *powerDisk) syncDir(path string) error {
	if err := p.step(); err != nil {
		return err
	}
	p.names = nil
	return p.osDisk.syncDir(path)
}

func (p *powerDisk) remove(path string) error {
	if p.off {
		return errPower
	}
	return p.osDisk.remove(path)
}

type powerFile struct {
	tempFile
	p    *powerDisk
	path string
	size int64
}

func (f *powerFile) Write(b []byte) (int, error) {
	if err := f.p.step(); err != nil {
		return 0, err
	}
	f.size += int64(len(b))
	return f.tempFile.Write(b)
}

func (f *powerFile) Sync() error {
	if err := f.p.step(); err != nil {
		return err
	}
	f.p.synced[f.path] = f.size
	return f.tempFile.Sync()
}

// crash makes the folder what a power cut leaves: bytes that were not synced are
// gone, and renames that were not may be.
func (p *powerDisk) crash(t *testing.T, loseNames bool) {
	for path, size := range p.synced {
		if err := os.Truncate(path, size); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	for i := len(p.names) - 1; loseNames && i >= 0; i-- {
		if err := os.Rename(p.names[i][1], p.names[i][0]); err != nil {
			t.Fatal(err)
		}
	}
}

// F6, F8: whatever step of publishing the power goes at, and whatever of it the
// disk had not made durable: the folder lists the old set, or that and one that
// is whole.
func TestF06_PowerCutAtEachStep_F08(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.SQLite(t))
	fill(t, db, 7, 300)
	done := 0
	for at := 1; done < 2; at++ {
		for _, lose := range []bool{false, true} {
			d := folder(t)
			old := mustCreate(t, db, d, Options{})
			p := &powerDisk{at: at, synced: make(map[string]int64)}
			d.disk = p
			_, err := Create(t.Context(), db, d, Options{})
			if err == nil {
				done++
				continue
			}
			if !errors.Is(err, errPower) {
				t.Fatalf("step %d: %v", at, err)
			}
			p.crash(t, lose)
			again, err := OpenDir(d.Path())
			if err != nil {
				t.Fatal(err)
			}
			list, err := again.List(t.Context())
			if err != nil || len(list) == 0 || list[len(list)-1].ID != old.ID {
				t.Fatalf("step %d: the old one is not listed: %v, %v", at, list, err)
			}
			for _, i := range list {
				if err := Verify(t.Context(), i); err != nil {
					t.Errorf("step %d, names lost: %v: %s is listed and not whole: %v", at, lose, i.File, err)
				}
			}
		}
	}
}

// F7: a published file of which the disk has lost a sector, as after a torn
// write, is found out, whichever it is.
func TestF07_TornSector(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.SQLite(t))
	fill(t, db, 7, 300)
	made := mustCreate(t, db, folder(t), Options{})
	whole, err := os.ReadFile(made.Path)
	if err != nil {
		t.Fatal(err)
	}
	const sector = 512
	for at := 0; at < len(whole); at += sector {
		torn := append([]byte(nil), whole...)
		clear(torn[at:min(at+sector, len(torn))])
		path := filepath.Join(t.TempDir(), "torn"+extension)
		if err := os.WriteFile(path, torn, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Verify(t.Context(), Info{Path: path}); err == nil {
			t.Errorf("the sector at %d is lost, and nobody noticed", at)
		}
	}
}

// shortDisk writes less than it is given, once, and says nothing.
type shortDisk struct {
	osDisk
	at, n int
}

func (s *shortDisk) create(path string) (tempFile, error) {
	f, err := s.osDisk.create(path)
	return &shortFile{f, s}, err
}

type shortFile struct {
	tempFile
	s *shortDisk
}

func (f *shortFile) Write(b []byte) (int, error) {
	if f.s.n++; f.s.n == f.s.at && len(b) > 1 {
		return f.tempFile.Write(b[:len(b)-1])
	}
	return f.tempFile.Write(b)
}

// F11: a write that takes less than it was given is an error, wherever it
// happens.
func TestF11_ShortWrite(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.SQLite(t))
	fill(t, db, 7, 300)
	d := folder(t)
	count := &shortDisk{}
	d.disk = count
	mustCreate(t, db, d, Options{})
	for at := 1; at <= count.n; at++ {
		before := entries(t, d)
		d.disk = &shortDisk{at: at}
		if _, err := Create(t.Context(), db, d, Options{}); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("write %d took less than it was given: %v", at, err)
		}
		if after := entries(t, d); len(after) != len(before) {
			t.Errorf("write %d: left %v, before %v", at, after, before)
		}
	}
}

// F12: the folder has vanished: a clear error that names it.
func TestF12_FolderVanished(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.SQLite(t))
	fill(t, db, 7, 30)
	d := folder(t)
	if err := os.RemoveAll(d.Path()); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(t.Context(), db, d, Options{}); err == nil || !strings.Contains(err.Error(), d.Path()) {
		t.Errorf("got %v", err)
	}
}

// F34: what a snapshot takes of memory does not grow with the tables.
func TestF34_MemoryDoesNotGrow(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	d := folder(t)
	peak := func() (most uint64) {
		mustCreate(t, db, d, Options{Progress: func(int64) {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}})
		return most
	}
	fill(t, db, 7, 20000)
	few := peak()
	storetest.Write(t, db, func(tx *store.Tx) error { return moreCustomers(tx, 20001, 100000) })
	many := peak()
	if many > few+few/2+4<<20 {
		t.Errorf("%d MiB at the most for 20,000 customers, %d MiB for 100,000", few>>20, many>>20)
	}
}

func moreCustomers(tx *store.Tx, from, to int64) error {
	cs, ls := make([]crm.Customer, 0, to-from+1), make([]crm.Link, 0, to-from+1)
	for id := from; id <= to; id++ {
		cs = append(cs, crm.Customer{ID: id, Name: "客户", CreatedAt: 1, UpdatedAt: 1, Version: 1})
		ls = append(ls, crm.Link{CustomerID: id, TagID: 1, TaggedAt: 1})
	}
	if err := tx.CreateCustomers(cs); err != nil {
		return err
	}
	return tx.AddLinks(ls)
}
