package snapshot

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"filippo.io/age"
	"github.com/gofrs/flock"

	"tagkeep/internal/archive"
	"tagkeep/internal/store"
)

// Options of a snapshot.
type Options struct {
	Reason string // one of the constants; "" = Manual
	Label  string // what people call it, at most MaxLabel characters
	Scope  Scope  // the zero one is the whole database
	// By is the person who makes it, by staff id, 0 for the operator; Command is
	// what was run. The audit log has both.
	By      int64
	Command string
	// Progress is told now and then how many rows were read; it may be nil.
	Progress func(rows int64)
	// Now is the clock, in epoch milliseconds; nil = the system's.
	Now func() int64
	// Recipients are the public keys whose private ones will open the file; none =
	// those of Dir.EncryptTo, and without those the file is not encrypted.
	Recipients []age.Recipient
}

// MaxLabel is how many characters a label may have.
const MaxLabel = 100

// ErrBadOption: a reason or label that cannot be.
var ErrBadOption = errors.New("not possible for a snapshot")

func (o Options) complete() (Options, error) {
	if o.Reason == "" {
		o.Reason = Manual
	}
	if o.Now == nil {
		o.Now = func() int64 { return time.Now().UnixMilli() }
	}
	if o.Progress == nil {
		o.Progress = func(int64) {}
	}
	if strings.ContainsFunc(o.Reason, func(r rune) bool { return r != '-' && (r < 'a' || r > 'z') }) || len(o.Reason) > 32 {
		return o, fmt.Errorf("reason %q: %w", o.Reason, ErrBadOption)
	}
	if utf8.RuneCountInString(o.Label) > MaxLabel || !utf8.ValidString(o.Label) {
		return o, fmt.Errorf("label %q: %w", o.Label, ErrBadOption)
	}
	return o, nil
}

// Made is a new snapshot and the receipt for it.
type Made struct {
	Info
	Receipt store.Receipt
	keys    []age.Identity
}

// Keys open the file while this process lasts, and are kept nowhere else. There
// are none for a file that is not encrypted.
func (m Made) Keys() []age.Identity { return m.keys }

// Create captures the database, or a part of it, into a new file of the folder.
// When it returns no error, the file is durable, was read again and found whole,
// and is registered in the database. On an error, a panic included, the folder
// holds what it held before.
func Create(ctx context.Context, db *store.DB, d *Dir, o Options) (Made, error) {
	o, err := o.complete()
	if err != nil {
		return Made{}, fmt.Errorf("create snapshot: %w", err)
	}
	made, err := create(ctx, db, d, o)
	if err != nil {
		return Made{}, fmt.Errorf("create snapshot in %s: %w", d.path, err)
	}
	return made, nil
}

func create(ctx context.Context, db *store.DB, d *Dir, o Options) (Made, error) {
	f, err := d.begin()
	if err != nil {
		return Made{}, err
	}
	defer f.end()
	sequence, err := nextSequence(ctx, db, d)
	if err != nil {
		return Made{}, err
	}
	sum, keys, err := f.capture(ctx, db, header(db, o, sequence), o)
	if err != nil {
		return Made{}, err
	}
	if err := f.prove(ctx, sum, keys...); err != nil {
		return Made{}, err
	}
	seal, err := envelopeOf(f.temp(), len(d.recipientsFor(o)))
	if err != nil {
		return Made{}, err
	}
	suspicious := false
	if o.Reason == Schedule && o.Scope.Whole() {
		if suspicious, err = shrunk(ctx, db, d, sum.Manifest); err != nil {
			return Made{}, err
		}
	}
	path, err := f.publish(fileName(sequence, time.UnixMilli(sum.Manifest.Header.Created), o.Reason, seal != nil), true, newSidecar(sum, suspicious, seal))
	if err != nil {
		return Made{}, err
	}
	made := Made{Info: Info{Path: path, File: filepath.Base(path), Bytes: sum.Bytes, SHA256: sum.SHA256.String(), Suspicious: suspicious}, keys: keys}
	if seal != nil {
		made.Encrypted, made.Recipients = true, seal.Recipients
	}
	made.fill(sum.Manifest)
	if err := made.register(ctx, db, o); err != nil {
		return Made{}, err
	}
	f.kept = true
	return made, nil
}

// nextSequence is above everything that the folder and the database know of.
func nextSequence(ctx context.Context, db *store.DB, d *Dir) (sequence int64, err error) {
	top, err := d.highest()
	if err != nil {
		return 0, err
	}
	err = db.InTx(ctx, nil, func(tx *store.Tx) error {
		sequence, err = tx.NextSnapshot(top)
		return err
	})
	return sequence, err
}

func header(db *store.DB, o Options, sequence int64) archive.Header {
	var id [8]byte
	rand.Read(id[:]) // never fails
	meta := db.Meta()
	h := archive.Header{Schema: store.SchemaVersion(), ID: hex.EncodeToString(id[:]), Sequence: sequence, Created: o.Now(),
		Reason: o.Reason, Label: o.Label, Scope: o.Scope.String(), Database: meta.UUID, Company: meta.Company}
	h.Tables = append(h.Tables, archive.Table{Name: metaTable, Columns: []string{"id", "timezone", "lang"}, Shift: 0})
	for _, t := range store.SnapshotTables() {
		h.Tables = append(h.Tables, archive.Table{Name: t.Name, Columns: t.Columns, Shift: archive.ShiftFor(t.Bytes)})
	}
	return h
}

// register keeps in the database that the file was verified, with a row in the
// audit log, and takes the receipt.
func (m *Made) register(ctx context.Context, db *store.DB, o Options) error {
	detail, err := json.Marshal(map[string]any{"id": m.ID, "path": m.Path, "bytes": m.Bytes, "rows": m.Total(), "reason": m.Reason,
		"sha256": m.SHA256, "recipients": m.Recipients})
	if err != nil {
		return err
	}
	return db.InTx(ctx, nil, func(tx *store.Tx) (err error) {
		m.Verified = o.Now()
		m.Receipt, err = store.RegisterSnapshot(tx, store.SnapshotCheck{SnapshotID: m.ID, Sequence: m.Sequence, VerifiedAt: m.Verified}, o.Scope.held())
		if err != nil {
			return err
		}
		return tx.WriteAudit(store.Audit{Operator: store.Operator(), StaffID: o.By, Action: "snapshot.create", Object: m.Short(),
			Command: o.Command, Detail: string(detail)})
	})
}

// watched are the tables whose shrinking makes a scheduled snapshot suspicious.
var watched = []string{"department", "staff", "tag_group", "tag", "customer", "customer_staff", "link", "access_grant"}

// fewWatched is how many rows may vanish without a word.
const fewWatched = 100

// shrunk reports whether a kind that had over 100 rows has lost more than half
// of them since the last verified scheduled snapshot of this database.
func shrunk(ctx context.Context, db *store.DB, d *Dir, now archive.Manifest) (bool, error) {
	list, err := d.List(ctx)
	if err != nil {
		return false, err
	}
	if err := db.View(ctx, func(tx *store.Tx) error { return Marks(tx, list) }); err != nil {
		return false, err
	}
	var have Info
	have.fill(now)
	for _, i := range list {
		if i.Reason != Schedule || !i.Whole() || i.Problem != "" || i.Verified == 0 || i.Database != have.Database {
			continue
		}
		for _, table := range watched {
			if had := i.Rows[table]; had > fewWatched && have.Rows[table] < (had+1)/2 {
				return true, nil
			}
		}
		return false, nil
	}
	return false, nil
}

// draft is a file in the making. It lives under a name that no list shows, with
// a lock beside it that tells others that its maker is alive.
type draft struct {
	dir   *Dir
	base  string // path of the temporary file, without its suffix
	hold  *flock.Flock
	file  tempFile // nil when it is closed
	final string   // where it was published, "" before
	kept  bool
}

// begin starts a file. It must be ended.
func (d *Dir) begin() (*draft, error) {
	f := &draft{dir: d, base: filepath.Join(d.path, tempPrefix+strings.ToLower(rand.Text()))}
	err := d.locked(func() error {
		d.sweep()
		f.hold = flock.New(f.base+holdSuffix, flock.SetPermissions(0o600))
		if ok, err := f.hold.TryLock(); err != nil || !ok {
			return fmt.Errorf("mark the new file as in the making: %w", errors.Join(err, fs.ErrExist))
		}
		var err error
		f.file, err = d.disk.create(f.temp())
		return err
	})
	if err != nil {
		f.end()
		return nil, err
	}
	return f, nil
}

func (f *draft) temp() string { return f.base + tempSuffix }

// Write adds to the file.
func (f *draft) Write(p []byte) (int, error) { return f.file.Write(p) }

// prove makes the file durable, reads it again from the disk and holds it
// against what was written. An encrypted one is decrypted for it.
func (f *draft) prove(ctx context.Context, sum archive.Summary, keys ...age.Identity) error {
	if err := f.settle(); err != nil {
		return err
	}
	m, size, err := verifyFile(ctx, f.temp(), keys...)
	if errors.Is(err, ErrWrongKey) { // they are the right ones, so it is the file
		err = archive.ErrCorrupt
	}
	if err != nil {
		return fmt.Errorf("read the snapshot again: %w", err)
	}
	if m.Root != sum.Manifest.Root || size != sum.Bytes {
		return fmt.Errorf("read the snapshot again: %w: it is not what was written", archive.ErrCorrupt)
	}
	return nil
}

// settle makes the file durable and closes it.
func (f *draft) settle() error {
	if err := f.file.Sync(); err != nil {
		return fmt.Errorf("sync the snapshot: %w", err)
	}
	file := f.file
	f.file = nil
	if err := file.Close(); err != nil {
		return fmt.Errorf("close the snapshot: %w", err)
	}
	return nil
}

// verifyFile reads a file whole and returns what is in it and how many bytes the
// file has.
func verifyFile(ctx context.Context, path string, keys ...age.Identity) (archive.Manifest, int64, error) {
	r, err := os.Open(path)
	if err != nil {
		return archive.Manifest{}, 0, err
	}
	defer r.Close()
	st, err := r.Stat()
	if err != nil {
		return archive.Manifest{}, 0, err
	}
	inside, size, err := content(r, keys)
	if err != nil {
		return archive.Manifest{}, 0, err
	}
	m, err := archive.Verify(ctx, inside, size)
	return m, st.Size(), err
}

// publish gives the file its name, or one like it where that is taken and other
// is set. The sidecar comes first: one without a snapshot is swept, a snapshot
// without its mark would not be noticed.
func (f *draft) publish(name string, other bool, s sidecar) (path string, err error) {
	text, err := s.encode()
	if err != nil {
		return "", err
	}
	err = f.dir.locked(func() error {
		if path, err = f.dir.free(name, other); err != nil {
			return err
		}
		f.final = path
		if err := f.writeSidecar(text); err != nil {
			return fmt.Errorf("write %s: %w", sidecarPath(path), err)
		}
		if err := f.dir.disk.rename(f.temp(), path); err != nil {
			return err
		}
		if err := f.dir.disk.syncDir(f.dir.path); err != nil {
			return fmt.Errorf("sync the snapshot folder: %w", err)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return path, nil
}

// free is a path that nothing has yet. Two databases may count alike in one
// folder: then another name is found if that is allowed.
func (d *Dir) free(name string, other bool) (string, error) {
	base, ext, _ := withoutExtension(name)
	for n := 2; ; n++ {
		path := filepath.Join(d.path, name)
		_, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return path, nil
		}
		if err != nil {
			return "", fmt.Errorf("find a name for the snapshot: %w", err)
		}
		if !other || n > 1000 {
			return "", &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
		}
		name = fmt.Sprintf("%s-%d%s", base, n, ext)
	}
}

// writeSidecar puts the sidecar in its place. The folder must be locked: its
// temporary file has no lock of its own.
func (f *draft) writeSidecar(text []byte) (err error) {
	temp := f.base + ".json" + tempSuffix
	file, err := f.dir.disk.create(temp)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.dir.disk.remove(temp)
		}
	}()
	n, err := file.Write(text)
	if err == nil && n != len(text) {
		err = io.ErrShortWrite
	}
	if err == nil {
		err = file.Sync()
	}
	if cerr := file.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return f.dir.disk.rename(temp, sidecarPath(f.final))
}

// end leaves the published file, or nothing.
func (f *draft) end() {
	if f.file != nil {
		_ = f.file.Close()
	}
	if !f.kept {
		_ = f.dir.disk.remove(f.temp())
		if f.final != "" {
			_ = f.dir.disk.remove(f.final)
			_ = f.dir.disk.remove(sidecarPath(f.final))
		}
	}
	if f.hold != nil {
		_ = f.hold.Close()
		_ = os.Remove(f.hold.Path())
	}
}
