package snapshot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/gofrs/flock"
)

// ErrNoSnapshot: no snapshot of that name.
var ErrNoSnapshot = errors.New("no such snapshot")

// ErrAmbiguous: more than one snapshot goes by that name.
var ErrAmbiguous = errors.New("more than one snapshot of that name")

// ErrLocked: another process has held the folder for longer than anybody should.
var ErrLocked = errors.New("the snapshot folder is in use")

// Dir is a folder of snapshot files.
type Dir struct {
	path string
	disk disk
	now  func() time.Time
	// recipients are those of EncryptTo.
	recipients []age.Recipient
}

const (
	lockName   = ".lock"
	tempPrefix = ".making-"
	tempSuffix = ".tmp"
	holdSuffix = ".hold" // beside a temporary file: locked while its maker lives
	lockWait   = 30 * time.Second
)

// OpenDir opens the folder and makes it, for its owner only, where there is
// none. What dead processes left in it is swept; a folder that cannot be written
// is taken as it is.
func OpenDir(path string) (*Dir, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("locate the snapshot folder %s: %w", path, err)
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return nil, fmt.Errorf("make the snapshot folder: %w", err)
	}
	d := &Dir{path: abs, disk: osDisk{}, now: time.Now}
	l := flock.New(filepath.Join(abs, lockName), flock.SetPermissions(0o600))
	if ok, err := l.TryLock(); err == nil && ok {
		d.sweep() // whatever cannot be removed now is left to the next
		_ = l.Close()
	}
	return d, nil
}

// Path is where the folder is, absolute.
func (d *Dir) Path() string { return d.path }

// locked runs fn while no other process adds to the folder or sweeps it. It is
// held for moments only.
func (d *Dir) locked(fn func() error) error {
	ctx, cancel := context.WithTimeout(context.Background(), lockWait)
	defer cancel()
	l := flock.New(filepath.Join(d.path, lockName), flock.SetPermissions(0o600))
	ok, err := l.TryLockContext(ctx, 5*time.Millisecond)
	if errors.Is(err, context.DeadlineExceeded) || err == nil && !ok {
		return fmt.Errorf("lock %s: %w", d.path, ErrLocked)
	}
	if err != nil {
		return fmt.Errorf("lock the snapshot folder: %w", err)
	}
	defer l.Close() // the lock goes with it
	return fn()
}

// sweep removes temporary files whose makers are dead, and sidecars without a
// snapshot. The folder must be locked.
func (d *Dir) sweep() {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return
	}
	for _, e := range entries {
		name := filepath.Join(d.path, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), tempPrefix) && strings.HasSuffix(e.Name(), holdSuffix):
			sweepHeld(name)
		case strings.HasPrefix(e.Name(), tempPrefix):
			if base, ok := strings.CutSuffix(name, tempSuffix); ok {
				if _, err := os.Lstat(base + holdSuffix); errors.Is(err, fs.ErrNotExist) {
					_ = os.Remove(name)
				}
			}
		case strings.HasSuffix(e.Name(), extension+".json"), strings.HasSuffix(e.Name(), sealedExtension+".json"):
			if _, err := os.Lstat(strings.TrimSuffix(name, ".json")); errors.Is(err, fs.ErrNotExist) {
				_ = os.Remove(name)
			}
		}
	}
}

// sweepHeld removes the temporary file that goes with a hold, if nobody holds
// it.
func sweepHeld(hold string) {
	l := flock.New(hold)
	ok, err := l.TryLock()
	if err != nil || !ok {
		return
	}
	_ = os.Remove(strings.TrimSuffix(hold, holdSuffix) + tempSuffix)
	_ = l.Close()
	_ = os.Remove(hold)
}

// List reads all snapshot files, the one with the highest sequence first.
// Damaged ones are among them and have a Problem. What the database remembers is
// not: see Marks.
func (d *Dir) List(ctx context.Context) ([]Info, error) {
	names, err := d.names()
	if err != nil {
		return nil, err
	}
	list := make([]Info, 0, len(names))
	for _, name := range names {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		i := readInfo(filepath.Join(d.path, name), d.now())
		if errors.Is(i.Err, fs.ErrNotExist) {
			continue // thinned out in between
		}
		list = append(list, i)
	}
	slices.SortFunc(list, func(a, b Info) int {
		return cmp.Or(cmp.Compare(b.Sequence, a.Sequence), cmp.Compare(b.Created, a.Created), cmp.Compare(b.File, a.File))
	})
	return list, nil
}

func (d *Dir) names() ([]string, error) {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return nil, fmt.Errorf("list the snapshots: %w", err)
	}
	var names []string
	for _, e := range entries {
		if _, _, ok := withoutExtension(e.Name()); ok && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// highest is the highest sequence in the folder, as the names say: what is
// damaged counts too.
func (d *Dir) highest() (int64, error) {
	names, err := d.names()
	var top int64
	for _, name := range names {
		n, _, _ := parseName(name)
		top = max(top, n)
	}
	return top, err
}

// Get finds one snapshot: by its id or the beginning of it, by its sequence as
// S12, by the name of its file, or by a path, also outside the folder.
func (d *Dir) Get(idOrFile string) (Info, error) {
	if i, ok := At(idOrFile, d.now()); ok {
		return i, nil
	}
	if _, _, ok := withoutExtension(idOrFile); ok && filepath.Base(idOrFile) == idOrFile {
		if i, ok := At(filepath.Join(d.path, idOrFile), d.now()); ok {
			return i, nil
		}
	}
	list, err := d.List(context.Background())
	if err != nil {
		return Info{}, err
	}
	found := matching(list, idOrFile)
	switch {
	case len(found) == 0:
		return Info{}, fmt.Errorf("%s: %w", idOrFile, ErrNoSnapshot)
	case len(found) > 1:
		return Info{}, fmt.Errorf("%s: %w: %s and %s", idOrFile, ErrAmbiguous, found[0].File, found[1].File)
	}
	return found[0], nil
}

// At reads the snapshot file at a path. A word without the look of one names no
// path, so that a file called S12 in the current folder is not taken for it.
func At(path string, now time.Time) (Info, bool) {
	if !strings.ContainsAny(path, `./\`) {
		return Info{}, false
	}
	st, err := os.Stat(path)
	if err != nil || st.IsDir() {
		return Info{}, false
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return Info{}, false
	}
	return readInfo(abs, now), true
}

// fewestIDs is how many characters of an id may stand for it.
const fewestIDs = 4

func matching(list []Info, word string) (found []Info) {
	low := strings.ToLower(word)
	if n, err := strconv.ParseInt(strings.TrimPrefix(low, "s"), 10, 64); err == nil {
		for _, i := range list {
			if i.Sequence == n {
				found = append(found, i)
			}
		}
	}
	if len(found) > 0 || len(low) < fewestIDs {
		return found
	}
	for _, i := range list {
		if i.ID == low {
			return []Info{i}
		}
		if i.ID != "" && strings.HasPrefix(i.ID, low) {
			found = append(found, i)
		}
	}
	return found
}

// disk is what publishing does to the file system, so that tests can make each
// step fail.
type disk interface {
	create(path string) (tempFile, error)
	rename(from, to string) error
	remove(path string) error
	syncDir(path string) error
}

type tempFile interface {
	Write(p []byte) (int, error)
	Sync() error
	Close() error
}

type osDisk struct{}

func (osDisk) create(path string) (tempFile, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}
func (osDisk) rename(from, to string) error { return os.Rename(from, to) }
func (osDisk) remove(path string) error     { return os.Remove(path) }

// syncDir makes the folder's entries durable. Windows has no such call and does
// it with the rename.
func (osDisk) syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
