package sheet

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// names lists a directory.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func mustCreate(t *testing.T, path, content string) *NewFile {
	t.Helper()
	n, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	return n
}

func mustRead(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestCreateShowsNothingBeforeCommit(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out.csv")
	n := mustCreate(t, path, "a\n")
	all := names(t, dir)
	if len(all) != 1 || !strings.HasPrefix(all[0], ".") || !strings.HasSuffix(all[0], ".tmp") {
		t.Errorf("before Commit the directory has %q", all)
	}
	if stat, err := n.File().Stat(); err != nil || runtime.GOOS != "windows" && stat.Mode().Perm() != 0o600 {
		t.Errorf("temporary file: %v, %v", stat.Mode(), err)
	}
	final, err := n.Commit(false)
	if err != nil || final != path {
		t.Fatalf("Commit = %q, %v", final, err)
	}
	n.Discard()
	if all := names(t, dir); len(all) != 1 || all[0] != "out.csv" {
		t.Errorf("after Commit the directory has %q", all)
	}
	if got := mustRead(t, path); got != "a\n" {
		t.Errorf("content %q", got)
	}
	if n.File() != nil {
		t.Error("File after Commit is not nil")
	}
	if _, err := n.Commit(false); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("second Commit: %v", err)
	}
	if _, err := n.Write([]byte("x")); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Write after Commit: %v", err)
	}
}

func TestCommitNeverReplaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "失败.csv")
	for i, want := range []string{"失败.csv", "失败-2.csv", "失败-3.csv"} {
		final, err := mustCreate(t, path, want).Commit(false)
		if err != nil || filepath.Base(final) != want {
			t.Fatalf("Commit %d = %q, %v, want %s", i, final, err, want)
		}
	}
	final, err := mustCreate(t, path, "new").Commit(true)
	if err != nil || final != path {
		t.Fatalf("Commit(overwrite) = %q, %v", final, err)
	}
	for name, want := range map[string]string{"失败.csv": "new", "失败-2.csv": "失败-2.csv", "失败-3.csv": "失败-3.csv"} {
		if got := mustRead(t, filepath.Join(dir, name)); got != want {
			t.Errorf("%s holds %q, want %q", name, got, want)
		}
	}
}

func TestCommitTogether(t *testing.T) {
	const files = 20
	dir := t.TempDir()
	var all sync.WaitGroup
	var finals sync.Map
	for range files {
		n := mustCreate(t, filepath.Join(dir, "a.csv.zst"), "x")
		all.Go(func() {
			final, err := n.Commit(false)
			if err != nil {
				t.Error(err)
			}
			if _, taken := finals.LoadOrStore(final, true); taken {
				t.Errorf("%s was given out twice", final)
			}
		})
	}
	all.Wait()
	got := names(t, dir)
	if len(got) != files {
		t.Errorf("%d files, want %d: %q", len(got), files, got)
	}
	if _, err := os.Stat(filepath.Join(dir, "a-2.csv.zst")); err != nil {
		t.Error(err)
	}
}

func TestDiscard(t *testing.T) {
	dir := t.TempDir()
	n := mustCreate(t, filepath.Join(dir, "a.csv"), "x")
	n.Discard()
	n.Discard()
	if all := names(t, dir); len(all) != 0 {
		t.Errorf("left over: %q", all)
	}
}

func TestCreateErrors(t *testing.T) {
	if _, err := Create(filepath.Join(t.TempDir(), "missing", "a.csv")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing directory: %v", err)
	}
	dir := t.TempDir()
	n := mustCreate(t, filepath.Join(dir, "a.csv"), "x")
	if err := os.Mkdir(filepath.Join(dir, "a.csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	if final, err := n.Commit(true); err == nil || final != "" {
		t.Errorf("Commit over a directory = %q, %v", final, err)
	}
	if all := names(t, dir); len(all) != 1 {
		t.Errorf("after a failed Commit the directory has %q", all)
	}
}

func TestDiskFull(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full on this system")
	}
	dir := t.TempDir()
	n := mustCreate(t, filepath.Join(dir, "a.csv"), "x")
	temp := n.f
	defer os.Remove(temp.Name())
	defer temp.Close()
	n.f = full
	if _, err := n.Write([]byte("y")); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Write: %v", err)
	}
	n.f = temp
	if final, err := n.Commit(false); !errors.Is(err, syscall.ENOSPC) || final != "" {
		t.Errorf("Commit = %q, %v, want the error of Write", final, err)
	}
	full.Close()
	if all := names(t, dir); len(all) != 0 {
		t.Errorf("left over: %q", all)
	}
}

func TestRenameToFreeWithoutLinks(t *testing.T) {
	// A link to a file that is not there fails like one on a file system
	// without links; the reserved name must go again.
	dir := t.TempDir()
	if err := renameToFree(filepath.Join(dir, "missing"), filepath.Join(dir, "a")); err == nil {
		t.Error("no error")
	}
	if all := names(t, dir); len(all) != 0 {
		t.Errorf("left over: %q", all)
	}
}
