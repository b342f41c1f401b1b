package snapshot

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"filippo.io/age"

	"tagkeep/internal/archive"
	"tagkeep/internal/store"
)

// Why a snapshot was made.
const (
	Manual        = "manual"
	Schedule      = "schedule"
	BeforeDelete  = "before-delete"
	BeforeRestore = "before-restore"
	BeforeUndo    = "before-undo"
	BeforePurge   = "before-purge"
)

// Info is what is known of a snapshot file without reading its rows.
type Info struct {
	ID       string
	Path     string // absolute
	File     string // its name
	Reason   string
	Label    string
	Scope    string // "" = the whole database; else as Scope.String writes it
	Exact    string // state hash of a whole one, "" for a part
	Database string // uuid of the database
	Company  string
	Root     string
	SHA256   string // of the file, "" where nobody knows it without reading the file
	Schema   int
	Sequence int64 // later ones have higher ones, whatever the clock said
	Created  int64 // epoch milliseconds
	Bytes    int64
	Rows     map[string]int64 // by table
	// Problem is why the file is damaged, "" when it opens and its last check
	// found nothing.
	Problem string
	// Err is the error behind Problem, where the file does not open.
	Err error
	// Future: the clock has not yet come to Created. One of the two is wrong.
	Future bool
	// Verified and Drilled are when that last succeeded, in epoch milliseconds, 0
	// = never; Sampled: the drill took a part. Marks fills them in.
	Verified, Drilled int64
	Sampled           bool
	// Suspicious: when it was made, far less was in the database than in the
	// snapshot before.
	Suspicious bool
	// Encrypted: without a key, all that is known is what the sidecar says, which
	// nobody vouches for, and the file's name. Recipients is how many public keys it
	// was encrypted to, 0 where nobody knows.
	Encrypted  bool
	Recipients int
}

// Whole reports whether it holds the whole database.
func (i Info) Whole() bool { return i.Scope == "" }

// Short is how people call the snapshot: S12.
func (i Info) Short() string { return "S" + strconv.FormatInt(i.Sequence, 10) }

// Total is the number of rows.
func (i Info) Total() (n int64) {
	for _, rows := range i.Rows {
		n += rows
	}
	return n
}

// File is an open snapshot. It must be closed.
type File struct {
	*archive.Reader
	Info Info
	f    *os.File
}

// Open opens the file and holds header, manifest and seek table against each
// other. Rows are checked when they are read. An encrypted file needs one of the
// keys that open it: ErrKeyNeeded, ErrWrongKey.
func (i Info) Open(keys ...age.Identity) (*File, error) {
	f, err := os.Open(i.Path)
	if err != nil {
		return nil, fmt.Errorf("open snapshot: %w", err)
	}
	r, err := openReader(f, keys)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open snapshot %s: %w", i.Path, err), f.Close())
	}
	if i.Encrypted {
		i = i.As(r.Manifest())
	}
	return &File{Reader: r, Info: i, f: f}, nil
}

// As is what is known of the file when its own manifest has been read, which
// counts for more than a sidecar.
func (i Info) As(m archive.Manifest) Info {
	i.fill(m)
	return i
}

func openReader(f *os.File, keys []age.Identity) (*archive.Reader, error) {
	r, size, err := content(f, keys)
	if err != nil {
		return nil, err
	}
	return archive.Open(r, size)
}

// Size is how many bytes the file has.
func (f *File) Size() int64 { return f.Info.Bytes }

// ReadAt reads bytes of the file as they are.
func (f *File) ReadAt(p []byte, off int64) (int, error) { return f.f.ReadAt(p, off) }

// Close closes the file.
func (f *File) Close() error { return f.f.Close() }

// readInfo reads what a file says of itself. It does not fail: what is wrong
// stands in Problem.
func readInfo(path string, now time.Time) Info {
	i := Info{Path: path, File: filepath.Base(path), Rows: map[string]int64{}}
	i.Sequence, i.Created, i.Reason = parseName(i.File)
	f, err := i.Open()
	if errors.Is(err, ErrKeyNeeded) {
		i.Encrypted = true
		i.readSealed()
		i.Future = i.Created > now.Add(futureSlack).UnixMilli()
		return i
	}
	if err != nil {
		if st, serr := os.Stat(path); serr == nil {
			i.Bytes = st.Size()
		}
		i.Err, i.Problem = err, problemOf(err)
		i.Future = i.Created > now.Add(futureSlack).UnixMilli()
		return i
	}
	defer f.Close()
	if st, err := f.f.Stat(); err == nil {
		i.Bytes = st.Size()
	}
	i.fill(f.Manifest())
	i.Future = i.Created > now.Add(futureSlack).UnixMilli()
	i.readSidecar()
	return i
}

// futureSlack is how far two clocks may differ before one counts as wrong.
const futureSlack = time.Hour

// fill takes over what the manifest says.
func (i *Info) fill(m archive.Manifest) {
	h := m.Header
	i.ID, i.Reason, i.Label, i.Scope, i.Exact = h.ID, h.Reason, h.Label, h.Scope, m.Exact
	i.Database, i.Company, i.Root, i.Schema = h.Database, h.Company, m.Root.String(), h.Schema
	i.Sequence, i.Created = h.Sequence, h.Created
	i.Rows = make(map[string]int64, len(m.Tables))
	for _, t := range m.Tables {
		i.Rows[t.Name] = t.Rows
	}
}

// problemOf is the innermost sentence of what is wrong with a file.
func problemOf(err error) string {
	for _, known := range []error{archive.ErrTruncated, archive.ErrNotArchive, archive.ErrVersion} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	text := err.Error()
	if at := strings.Index(text, archive.ErrCorrupt.Error()); at > 0 {
		return text[at:] // without what was done with which file
	}
	return text
}

// fileName is the name of a snapshot's file: it sorts by sequence, and every
// system takes it.
func fileName(sequence int64, created time.Time, reason string, sealed bool) string {
	ext := extension
	if sealed {
		ext = sealedExtension
	}
	return fmt.Sprintf("tagkeep-%06d-%s-%s%s", sequence, created.UTC().Format(nameTime), reason, ext)
}

const (
	extension       = ".tks"
	sealedExtension = extension + ".age"
	nameTime        = "20060102T150405Z"
)

// withoutExtension is the name of a snapshot file without its extension, and the
// extension; false for other files.
func withoutExtension(name string) (base, ext string, ok bool) {
	for _, ext := range []string{extension, sealedExtension} {
		if base, ok := strings.CutSuffix(name, ext); ok {
			return base, ext, true
		}
	}
	return name, "", false
}

// parseName takes from a file's name what it says, for files that say no more.
func parseName(name string) (sequence, created int64, reason string) {
	base, _, _ := withoutExtension(name)
	parts := strings.SplitN(base, "-", 4)
	if len(parts) < 4 || parts[0] != "tagkeep" {
		return 0, 0, ""
	}
	sequence, err := strconv.ParseInt(parts[1], 10, 64)
	at, terr := time.Parse(nameTime, parts[2])
	if err != nil || terr != nil {
		return 0, 0, ""
	}
	return sequence, at.UnixMilli(), parts[3]
}

// sidecar is what lies beside a snapshot as FILE.json.
type sidecar struct {
	Header     archive.Header      `json:"header"`
	Tables     []archive.TableInfo `json:"tables"`
	Rows       int64               `json:"rows"`
	RawSize    int64               `json:"raw_size"`
	Exact      string              `json:"exact"`
	Root       archive.Hash        `json:"root"`
	Bytes      int64               `json:"bytes"`
	SHA256     archive.Hash        `json:"sha256"`
	Suspicious bool                `json:"suspicious"`
	Envelope   *envelope           `json:"envelope,omitempty"` // of an encrypted file
}

// envelope is what a sidecar says of how its file is encrypted.
type envelope struct {
	// Head is the SHA-256 of the part that says who can open the file: the sidecar
	// is that of a file with the same one.
	Head       archive.Hash `json:"head"`
	Recipients int          `json:"recipients"`
}

func newSidecar(s archive.Summary, suspicious bool, e *envelope) sidecar {
	m := s.Manifest
	return sidecar{m.Header, m.Tables, m.Rows, m.RawSize, m.Exact, m.Root, s.Bytes, s.SHA256, suspicious, e}
}

// sidecarPath is where the sidecar of a snapshot file lies.
func sidecarPath(path string) string { return path + ".json" }

func (s sidecar) encode() ([]byte, error) {
	b, err := json.MarshalIndent(s, "", "  ")
	return append(b, '\n'), err
}

// maxSidecar is how many bytes a sidecar may have.
const maxSidecar = 4 << 20

// readSidecar reads what lies beside a snapshot file, if anything does.
func readSidecar(path string) (s sidecar, ok bool) {
	f, err := os.Open(sidecarPath(path))
	if err != nil {
		return s, false
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSidecar))
	return s, err == nil && json.Unmarshal(b, &s) == nil
}

// readSidecar takes over what only the sidecar knows, if it is this file's.
func (i *Info) readSidecar() {
	if s, ok := readSidecar(i.Path); ok && s.Root.String() == i.Root && s.Bytes == i.Bytes {
		i.SHA256, i.Suspicious = s.SHA256.String(), s.Suspicious
	}
}

// Marks fills in what the database remembers of the checks of these snapshots.
func Marks(tx *store.Tx, list []Info) error {
	checks, err := tx.SnapshotChecks()
	if err != nil {
		return err
	}
	for k := range list {
		i := &list[k]
		c, ok := checks[i.ID]
		if !ok || i.ID == "" {
			continue
		}
		i.Verified, i.Drilled, i.Sampled = c.VerifiedAt, c.DrilledAt, c.Sampled
		if i.Problem == "" {
			i.Problem = c.Problem
		}
	}
	return nil
}
