package snapshot

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"tagkeep/internal/archive"
	"tagkeep/internal/store"
)

// unknown reports whether nobody can tell without a key what is in the file.
func (i Info) unknown() bool { return i.Encrypted && i.ID == "" }

// readSealed takes over what the sidecar of an encrypted file says, if it is this
// file's. A file that is not the one that its sidecar was written for is damaged,
// or lies in the place of another.
func (i *Info) readSealed() {
	f, err := os.Open(i.Path)
	if err != nil {
		i.Err, i.Problem = err, problemOf(err)
		return
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil {
		i.Bytes = st.Size()
	}
	head, err := headOf(f)
	if err != nil {
		i.Err, i.Problem = err, problemOf(err)
		return
	}
	s, ok := readSidecar(i.Path)
	if !ok || s.Envelope == nil {
		return
	}
	i.SHA256 = s.SHA256.String()
	switch {
	case i.Bytes < s.Bytes:
		i.Problem = archive.ErrTruncated.Error()
	case i.Bytes > s.Bytes || head != s.Envelope.Head:
		i.Problem = archive.ErrCorrupt.Error() + ": it is not the file that its .json describes"
	default:
		i.fill(archive.Manifest{Header: s.Header, Tables: s.Tables, Rows: s.Rows, RawSize: s.RawSize, Exact: s.Exact, Root: s.Root})
		i.Suspicious, i.Recipients = s.Suspicious, s.Envelope.Recipients
	}
}

// VerifyBytes holds the bytes of a file against a SHA-256, as 64 digits. It is all
// that can be done for an encrypted file without a key, and says nothing of its
// rows that was not said when the SHA-256 was noted.
func VerifyBytes(ctx context.Context, i Info, sha string) error {
	f, err := os.Open(i.Path)
	if err != nil {
		return fmt.Errorf("verify snapshot: %w", err)
	}
	defer f.Close()
	_, got, err := copyFile(ctx, io.Discard, f)
	if err == nil && got.String() != sha {
		err = fmt.Errorf("%w: the SHA-256 of the file is %s and was %s", archive.ErrCorrupt, got, sha)
	}
	if err != nil {
		return fmt.Errorf("verify snapshot %s: %w", i.Path, err)
	}
	return nil
}

// Noted is the SHA-256 that the database's log has of a snapshot file since it was
// made and verified, "" when it has none.
func Noted(tx *store.Tx, i Info) (string, error) {
	var details []string
	err := tx.Select(&details, "SELECT detail FROM audit_log WHERE action = 'snapshot.create' AND object = ?", i.Short())
	if err != nil {
		return "", fmt.Errorf("look up snapshot %s in the log: %w", i.Short(), err)
	}
	for _, text := range details {
		var d struct{ ID, Path, SHA256 string }
		if json.Unmarshal([]byte(text), &d) == nil && (d.ID == i.ID || i.ID == "" && filepath.Base(d.Path) == i.File) {
			return d.SHA256, nil
		}
	}
	return "", nil
}

// copySealed copies an encrypted file that nobody here can open, with its sidecar.
func copySealed(ctx context.Context, i Info, to *Dir) (string, error) {
	side, ok := readSidecar(i.Path)
	if !ok || i.unknown() || i.SHA256 == "" {
		return "", ErrKeyNeeded
	}
	from, err := os.Open(i.Path)
	if err != nil {
		return "", err
	}
	defer from.Close()
	f, err := to.begin()
	if err != nil {
		return "", err
	}
	defer f.end()
	if _, _, err := copyFile(ctx, f, from); err != nil {
		return "", err
	}
	if err := f.settle(); err != nil {
		return "", err
	}
	if err := VerifyBytes(ctx, Info{Path: f.temp()}, i.SHA256); err != nil {
		return "", fmt.Errorf("read the copy again: %w", err)
	}
	path, err := f.publish(i.File, false, side)
	if err != nil {
		return "", err
	}
	f.kept = true
	return path, nil
}
