package sheet

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// NewFile is a file being written. Nothing is to be seen under its path until
// Commit; until then it is a hidden temporary file, readable by its owner only,
// in the same directory.
type NewFile struct {
	f    *os.File // nil once it was committed or discarded
	path string
	err  error // the first failed write; it bars Commit
}

// Create starts a file that will appear at path. The directory must exist. End
// it with Commit or Discard.
func Create(path string) (*NewFile, error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".tagkeep-*.tmp")
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", path, err)
	}
	return &NewFile{f: f, path: path}, nil
}

// Write appends to the file. After an error every later Write and the Commit
// return the same error.
func (n *NewFile) Write(p []byte) (int, error) {
	if n.err != nil {
		return 0, n.err
	}
	if n.f == nil {
		return 0, fmt.Errorf("write %s: %w", n.path, fs.ErrClosed)
	}
	wrote, err := n.f.Write(p)
	if err != nil {
		n.err = fmt.Errorf("write %s: %w", n.path, err)
	}
	return wrote, n.err
}

// File is the temporary file, for writers that need to seek; nil after Commit
// or Discard. It must not be closed.
func (n *NewFile) File() *os.File { return n.f }

// Commit makes the file durable and lets it appear under its path, whole or not
// at all, and returns the path it got. With overwrite it replaces what is
// there. Without, it never touches an existing file, not even one made this
// very moment: it takes name-2.ext, name-3.ext, … instead. On an error before
// the file has appeared the returned path is empty and the temporary file gone.
func (n *NewFile) Commit(overwrite bool) (string, error) {
	defer n.Discard()
	if n.err != nil {
		return "", n.err
	}
	if n.f == nil {
		return "", fmt.Errorf("commit %s: %w", n.path, fs.ErrClosed)
	}
	if err := n.f.Sync(); err != nil {
		return "", fmt.Errorf("sync %s: %w", n.path, err)
	}
	if err := n.f.Close(); err != nil {
		return "", fmt.Errorf("close %s: %w", n.path, err)
	}
	final, err := n.publish(overwrite)
	if err != nil {
		return "", fmt.Errorf("create %s: %w", n.path, err)
	}
	if err := syncDir(filepath.Dir(final)); err != nil {
		return final, fmt.Errorf("sync directory of %s: %w", final, err)
	}
	return final, nil
}

// Discard removes the temporary file. After Commit, or the second time, it does
// nothing.
func (n *NewFile) Discard() {
	if n.f == nil {
		return
	}
	n.f.Close()
	os.Remove(n.f.Name())
	n.f = nil
}

func (n *NewFile) publish(overwrite bool) (string, error) {
	if overwrite {
		return n.path, os.Rename(n.f.Name(), n.path)
	}
	const lastNumber = 10000
	for i := 1; i <= lastNumber; i++ {
		final := numbered(n.path, i)
		err := renameToFree(n.f.Name(), final)
		if err == nil {
			return final, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
	return "", fmt.Errorf("%s and all up to %s exist: %w", n.path, numbered(n.path, lastNumber), fs.ErrExist)
}

// renameToFree moves tmp to path unless there is something at path already;
// then the error is fs.ErrExist. A hard link does that in one step. File
// systems without links (FAT, some network shares) get the name reserved by an
// empty file of our own, which the rename then replaces.
func renameToFree(tmp, path string) error {
	err := os.Link(tmp, path)
	if err == nil {
		// What was asked for is done; a temporary name left over is no failure.
		os.Remove(tmp)
		return nil
	}
	if errors.Is(err, fs.ErrExist) {
		return err
	}
	reserved, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	reserved.Close()
	if err := os.Rename(tmp, path); err != nil {
		os.Remove(path)
		return err
	}
	return nil
}

// numbered is path for 1, and name-2.ext for 2 and so on. A compressed file
// keeps both its extensions: name-2.csv.zst.
func numbered(path string, i int) string {
	if i == 1 {
		return path
	}
	base := filepath.Base(path)
	ext := filepath.Ext(base)
	if ext == ".zst" || ext == ".gz" {
		ext = filepath.Ext(strings.TrimSuffix(base, ext)) + ext
	}
	name := fmt.Sprintf("%s-%d%s", strings.TrimSuffix(base, ext), i, ext)
	return filepath.Join(filepath.Dir(path), name)
}

// syncDir makes a new name in a directory durable, where the system can.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		// A directory that may be written but not read: nothing to sync with.
		if errors.Is(err, fs.ErrPermission) {
			return nil
		}
		return err
	}
	defer d.Close()
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}
