package snapshot

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"tagkeep/internal/archive"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// Copies, drills, finds, comparisons and thinning take encrypted files, those that
// need rows with the key.
func TestF32Used(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	fill(t, db, 7, 300)
	key, to := pair(t)
	d.EncryptTo(to)
	one, two := mustCreate(t, db, d, Options{}), mustCreate(t, db, d, Options{Reason: Schedule})
	listed, err := d.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, keys := range [][]age.Identity{nil, {key}, two.Keys()} {
		out := folder(t)
		c, err := Copy(t.Context(), listed[0], out, keys...)
		if err != nil || c.SHA256 != two.SHA256 || c.ID != two.ID || c.Recipients != 1 || !c.Encrypted || Verify(t.Context(), c, key) != nil {
			t.Errorf("copied with %d keys: %+v, %v", len(keys), c, err)
		}
	}
	flip(t, two.Path, two.Bytes/2)
	for _, keys := range [][]age.Identity{nil, {key}} {
		out := folder(t)
		if _, err := Copy(t.Context(), listed[0], out, keys...); !Damaged(err) || len(entries(t, out)) != 1 {
			t.Errorf("a damaged one copied with %d keys: %v, %v", len(keys), err, entries(t, out))
		}
	}
	flip(t, two.Path, two.Bytes/2)
	before := strings.Join(entries(t, d), " ")
	if _, err := Drill(t.Context(), db, d, listed[0], nil); !errors.Is(err, ErrKeyNeeded) {
		t.Errorf("drill without a key: %v", err)
	}
	for _, keys := range [][]age.Identity{{key}, two.Keys()} {
		if out, err := Drill(t.Context(), db, d, listed[0], nil, keys...); err != nil || out.Exact != two.Exact {
			t.Errorf("drill: %+v, %v", out, err)
		}
	}
	if after := strings.Join(entries(t, d), " "); after != before {
		t.Errorf("left behind: %s", after)
	}
	ref := crm.Ref{Kind: crm.ObjectGroup, Names: []string{"意向"}}
	found, passed, err := Find(t.Context(), listed, ref)
	if err != nil || len(found) != 0 || len(passed) != 2 || !errors.Is(passed[0].Err, ErrKeyNeeded) {
		t.Errorf("found without a key: %v, %v, %v", found, passed, err)
	}
	if found, passed, err = Find(t.Context(), listed, ref, key); err != nil || len(found) != 1 || len(passed) != 0 {
		t.Errorf("found: %v, %v, %v", found, passed, err)
	}
	storetest.Write(t, db, func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE tag SET name = '新名' WHERE id = 1")
		return err
	})
	a, err := listed[1].Open(key)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, done, err := Now(t.Context(), db, d, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if diff, err := Compare(t.Context(), a, b); err != nil || diff.Same {
		t.Errorf("compared: %+v, %v", diff, err)
	}
	_ = mustCreate(t, db, d, Options{})
	out, err := Prune(t.Context(), db, d, PruneOptions{Policy: Policy{Last: 1}})
	if err != nil || out.Removed != 1 {
		t.Errorf("pruned %+v, %v", out, err)
	}
	for _, path := range []string{one.Path, sidecarPath(one.Path)} {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s is still there", path)
		}
	}
}

// A disk that loses what it was given is found out through the encryption too, and
// what a killed process leaves is swept with its sidecar.
func TestF36LyingDiskEncrypted(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	fill(t, db, 7, 300)
	_, to := pair(t)
	d.EncryptTo(to)
	d.disk = lyingDisk{}
	if _, err := Create(t.Context(), db, d, Options{}); !errors.Is(err, archive.ErrCorrupt) && !errors.Is(err, archive.ErrNotArchive) {
		t.Errorf("error %v", err)
	}
	d.disk = headDisk{}
	if _, err := Create(t.Context(), db, d, Options{}); !Damaged(err) {
		t.Errorf("a lost head: %v", err)
	}
	d.disk = osDisk{}
	m := mustCreate(t, db, d, Options{})
	if err := os.Remove(m.Path); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenDir(d.Path()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(entries(t, d), " "); got != lockName {
		t.Errorf("left: %v", got)
	}
}

// headDisk garbles what opens an encrypted file, and leaves the rest alone.
type headDisk struct{ osDisk }

func (h headDisk) create(path string) (tempFile, error) {
	f, err := h.osDisk.create(path)
	return headFile{f}, err
}

type headFile struct{ tempFile }

func (f headFile) Write(p []byte) (int, error) {
	if len(p) >= 40 && len(p) <= 64 && !bytes.ContainsAny(p, " {}") { // a line of base64
		p = append([]byte("AAAA"), p[4:]...)
	}
	return f.tempFile.Write(p)
}

func TestParseRecipients(t *testing.T) {
	t.Parallel()
	key, _ := pair(t)
	a, b := key.Recipient().String(), must(pair(t)).(*age.X25519Identity).Recipient().String()
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	pq := hybrid.Recipient().String()
	for _, tt := range []struct {
		written []string
		n       int
		want    error
	}{
		{nil, 0, nil}, {[]string{a, b, a}, 2, nil}, {[]string{pq}, 1, nil}, {[]string{a, pq}, 0, ErrMixed},
		{[]string{"age1"}, 0, ErrRecipient}, {[]string{a + "x"}, 0, ErrRecipient}, {[]string{"# " + a}, 0, ErrRecipient}, {[]string{a + "\n" + b}, 0, ErrRecipient},
		{[]string{"ssh-ed25519 AAAA"}, 0, ErrRecipient}, {[]string{key.String()}, 0, ErrSecret}, {[]string{strings.ToLower(key.String())}, 0, ErrSecret},
	} {
		got, err := ParseRecipients(tt.written)
		if len(got) != tt.n || !errors.Is(err, tt.want) {
			t.Errorf("%v: %d, %v", tt.written, len(got), err)
		}
		if err != nil && strings.Contains(strings.ToUpper(err.Error()), secretPrefix) {
			t.Errorf("%v tells the key", err)
		}
	}
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	m := mustCreate(t, db, d, Options{Recipients: []age.Recipient{hybrid.Recipient()}})
	if err := Verify(t.Context(), m.Info, hybrid); err != nil {
		t.Errorf("post-quantum: %v", err)
	}
}

func TestReadKeys(t *testing.T) {
	t.Parallel()
	key, _ := pair(t)
	path := filepath.Join(t.TempDir(), "key.txt")
	for text, want := range map[string]error{
		"# created: 2026\r\n# public key: x\r\n" + key.String() + "\r\n": nil, "\ufeff" + key.String(): nil,
		"": ErrKeyFile, "# nothing\n": ErrKeyFile, key.Recipient().String(): ErrKeyFile, key.String() + "X": ErrKeyFile,
		"age-encryption.org/v1\n-> scrypt": ErrKeyFileLocked, "-----BEGIN AGE ENCRYPTED FILE-----\n": ErrKeyFileLocked,
		strings.Repeat("#\n", maxKeyFile/2+1) + key.String(): ErrKeyFile,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		keys, err := ReadKeys(path)
		if !errors.Is(err, want) || (len(keys) == 1) != (want == nil) {
			t.Errorf("%.30q: %d keys, %v", text, len(keys), err)
		}
		if err != nil && strings.Contains(err.Error(), secretPrefix+"1") {
			t.Errorf("%v tells the key", err)
		}
	}
}
