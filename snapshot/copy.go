package snapshot

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"

	"filippo.io/age"

	"tagkeep/internal/archive"
	"tagkeep/internal/store"
)

// Verify reads a snapshot file whole and checks every bit of it. Its error says
// where the damage is. An encrypted file needs one of the keys that open it; see
// VerifyBytes.
func Verify(ctx context.Context, i Info, keys ...age.Identity) error {
	_, _, err := verifyFile(ctx, i.Path, keys...)
	if err != nil {
		return fmt.Errorf("verify snapshot %s: %w", i.Path, err)
	}
	return nil
}

// Damaged reports whether an error says that the file itself is at fault, not
// the disk, the network or a cancel.
func Damaged(err error) bool {
	return errors.Is(err, archive.ErrCorrupt) || errors.Is(err, archive.ErrNotArchive)
}

// ProblemOf is what an error of Verify or Open says of the file, without its path.
func ProblemOf(err error) string {
	if chunk := (*archive.ChunkError)(nil); errors.As(err, &chunk) {
		return chunk.Error()
	}
	return problemOf(err)
}

// Remember keeps in the database what Verify found. What is not the file's fault
// is not kept, and neither is anything about a snapshot of another database.
func Remember(ctx context.Context, db *store.DB, i Info, found error, now int64) error {
	if i.ID == "" || i.Database != db.Meta().UUID || found != nil && !Damaged(found) {
		return nil
	}
	return db.InTx(ctx, nil, func(tx *store.Tx) error {
		c := store.SnapshotCheck{SnapshotID: i.ID, Sequence: i.Sequence}
		if found == nil {
			c.VerifiedAt = now
		} else {
			c.Problem = ProblemOf(found)
		}
		return tx.SaveSnapshotCheck(c)
	})
}

// Copy puts a copy of a snapshot into another folder, which is made where there
// is none. The copy appears when it is complete, synced, read again and found
// whole. A file of that name is never replaced: fs.ErrExist. Without a key, an
// encrypted file is held against i.SHA256, and refused with ErrKeyNeeded where
// nobody knows that or what is in it.
func Copy(ctx context.Context, i Info, to *Dir, keys ...age.Identity) (Info, error) {
	path, err := copyTo(ctx, i, to, keys)
	if errors.Is(err, ErrKeyNeeded) {
		path, err = copySealed(ctx, i, to)
	}
	if err != nil {
		return Info{}, fmt.Errorf("copy snapshot %s to %s: %w", i.Path, to.path, err)
	}
	return readInfo(path, to.now()), nil
}

func copyTo(ctx context.Context, i Info, to *Dir, keys []age.Identity) (string, error) {
	if _, err := to.free(i.File, false); err != nil { // before the work
		return "", err
	}
	from, err := i.Open(keys...)
	if err != nil {
		return "", err
	}
	defer from.Close()
	f, err := to.begin()
	if err != nil {
		return "", err
	}
	defer f.end()
	sum, err := from.copy(ctx, f)
	if err != nil {
		return "", err
	}
	if err := f.prove(ctx, sum, keys...); err != nil {
		return "", err
	}
	seal, err := envelopeOf(f.temp(), i.Recipients)
	if err != nil {
		return "", err
	}
	path, err := f.publish(i.File, false, newSidecar(sum, i.Suspicious, seal))
	if err != nil {
		return "", err
	}
	f.kept = true
	return path, nil
}

// copy writes the file's bytes and returns what they amount to.
func (f *File) copy(ctx context.Context, w io.Writer) (archive.Summary, error) {
	n, sum, err := copyFile(ctx, w, f.f)
	return archive.Summary{Manifest: f.Manifest(), Bytes: n, SHA256: sum}, err
}

// copyFile writes a file's bytes and returns how many there are and their SHA-256.
func copyFile(ctx context.Context, w io.Writer, f *os.File) (int64, archive.Hash, error) {
	st, err := f.Stat()
	if err != nil {
		return 0, archive.Hash{}, err
	}
	hash := sha256.New()
	src := io.NewSectionReader(f, 0, st.Size())
	n, err := io.Copy(io.MultiWriter(w, hash), readerFunc(func(p []byte) (int, error) {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		return src.Read(p)
	}))
	if err == nil && n != st.Size() {
		err = fmt.Errorf("%w: it got shorter", os.ErrInvalid)
	}
	return n, archive.Hash(hash.Sum(nil)), err
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
