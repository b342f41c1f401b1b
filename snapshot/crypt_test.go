package snapshot

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"tagkeep/internal/archive"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// pair is a private key and its public one.
func pair(t testing.TB) (*age.X25519Identity, []age.Recipient) {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return key, []age.Recipient{key.Recipient()}
}

// An encrypted snapshot is verified by the machine that writes it, which has no
// key; whoever has the key gets the same database back, and nobody else anything.
func TestF32Encrypted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db, d := storetest.Open(t, target), folder(t)
		fill(t, db, 7, 3000)
		key, to := pair(t)
		other, more := pair(t)
		d.EncryptTo(append(to, more...))
		before := storetest.State(t, db)
		m := mustCreate(t, db, d, Options{})
		if !m.Receipt.Valid() || !m.Encrypted || m.Recipients != 2 || m.Exact != before.Exact || !strings.HasSuffix(m.File, sealedExtension) {
			t.Errorf("made %+v", m.Info)
		}
		list, err := d.List(t.Context())
		if err != nil || len(list) != 1 {
			t.Fatalf("list %v, %v", list, err)
		}
		storetest.Read(t, db, func(tx *store.Tx) error { return Marks(tx, list) })
		got, want := list[0], m.Info
		if !maps.Equal(got.Rows, want.Rows) {
			t.Errorf("rows %v, want %v", got.Rows, want.Rows)
		}
		got.Rows, want.Rows = nil, nil
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("listed %+v\nwant   %+v", got, want)
		}
		for name, tt := range map[string]struct {
			keys []age.Identity
			want error
		}{
			"none": {nil, ErrKeyNeeded}, "wrong": {[]age.Identity{must(pair(t))}, ErrWrongKey},
			"right": {[]age.Identity{key}, nil}, "the other": {[]age.Identity{other}, nil}, "among others": {[]age.Identity{must(pair(t)), key}, nil}, "its own": {m.Keys(), nil},
		} {
			err := Verify(t.Context(), list[0], tt.keys...)
			if !errors.Is(err, tt.want) || Damaged(err) {
				t.Errorf("key %s: verify: %v", name, err)
			}
			_, err = list[0].Open(tt.keys...)
			if !errors.Is(err, tt.want) || Damaged(err) {
				t.Errorf("key %s: open: %v", name, err)
			}
			s, err := OpenSource(t.Context(), m.Path, tt.keys...)
			if !errors.Is(err, tt.want) || errors.As(err, new(*DamageError)) {
				t.Errorf("key %s: source: %v", name, err)
			}
			if err != nil {
				continue
			}
			empty := storetest.Open(t, storetest.SQLite(t))
			back, err := Restore(t.Context(), empty, s, RestoreOptions{})
			if err != nil || !back.Compared || back.State.Exact != before.Exact {
				t.Errorf("key %s: restored %+v, %v", name, back, err)
			}
			_ = s.Close()
		}
	})
}

func must(key *age.X25519Identity, _ []age.Recipient) age.Identity { return key }

// The folder holds no name of a customer and no private key, whatever wrote there.
func TestF32NothingInTheClear(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	fill(t, db, 7, 300)
	const customer = "赵四的公司"
	storetest.Write(t, db, func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE customer SET name = ? WHERE id = 5", customer)
		return err
	})
	key, to := pair(t)
	d.EncryptTo(to)
	m := mustCreate(t, db, d, Options{Scope: Scope{Customers: []int64{5}}})
	_ = mustCreate(t, db, d, Options{})
	during := 0
	f, done, err := Now(t.Context(), db, d, Options{})
	if err != nil {
		t.Fatal(err)
	}
	during = len(entries(t, d))
	looked := inTheClear(t, d, customer, key)
	if n := strings.Count(strings.Join(entries(t, d), " "), tempPrefix); n != 2 || looked < during-2 {
		t.Errorf("looked into %d of %v", looked, entries(t, d))
	}
	if f.Manifest().Rows == 0 {
		t.Error("the state now is empty")
	}
	done()
	// It is there for who has the key.
	r, err := m.Open(key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	names := ""
	if err := r.records(t.Context(), "customer", func(r *record) { names += r.text("name") }); err != nil || names != customer {
		t.Errorf("inside: %q, %v", names, err)
	}
	if text := fmt.Sprintf("%v %+v %#v", m, m, m); strings.Contains(strings.ToUpper(text), secretPrefix) {
		t.Error("a printed snapshot tells its key")
	}
}

// inTheClear looks for what must not lie in the folder.
func inTheClear(t *testing.T, d *Dir, customer string, key *age.X25519Identity) (looked int) {
	t.Helper()
	for _, name := range entries(t, d) {
		b, err := os.ReadFile(filepath.Join(d.Path(), name))
		if err != nil {
			t.Fatal(err)
		}
		looked++
		for _, word := range []string{customer, secretPrefix, key.String()} {
			if bytes.Contains(bytes.ToUpper(b), []byte(strings.ToUpper(word))) {
				t.Errorf("%s holds %s", name, word)
			}
		}
		if bytes.Contains(b, []byte{0x28, 0xb5, 0x2f, 0xfd}) && bytes.HasPrefix(b, []byte{0x54, 0x2a, 0x4d, 0x18}) {
			t.Errorf("%s is not encrypted", name)
		}
	}
	return looked
}

// Any flipped bit of the head, flipped bits everywhere else and truncations of an
// encrypted file is damage, with the key and, by its SHA-256, without.
func TestF32DamageIsNoWrongKey(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	fill(t, db, 7, 20)
	key, to := pair(t)
	m := mustCreate(t, db, d, Options{Recipients: to})
	whole, err := os.ReadFile(m.Path)
	if err != nil {
		t.Fatal(err)
	}
	end := bytes.Index(whole, []byte("\n---")) + 1
	head := int64(end + bytes.IndexByte(whole[end:], '\n') + 1)
	if s, ok := readSidecar(m.Path); !ok || s.Envelope == nil || s.Envelope.Head != sha256.Sum256(whole[:head]) || s.SHA256 != sha256.Sum256(whole) {
		t.Errorf("sidecar %+v", s.Envelope)
	}
	try := func(what string, b []byte) {
		t.Helper()
		if err := os.WriteFile(m.Path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Verify(t.Context(), m.Info, key); !Damaged(err) || errors.Is(err, ErrWrongKey) {
			t.Errorf("%s: verify: %v", what, err)
		}
		if _, err := OpenSource(t.Context(), m.Path, key); !errors.As(err, new(*DamageError)) {
			t.Errorf("%s: source: %v", what, err)
		}
		if err := VerifyBytes(t.Context(), m.Info, m.SHA256); !Damaged(err) {
			t.Errorf("%s: bytes: %v", what, err)
		}
	}
	for at := range int64(len(whole)) {
		for bit := range 8 {
			if at >= head && (at%7 != 0 || bit != int(at%8)) {
				continue
			}
			b := bytes.Clone(whole)
			b[at] ^= 1 << bit
			try(fmt.Sprintf("bit %d of byte %d", bit, at), b)
		}
	}
	for n := range int64(len(whole)) {
		if n < head || n%97 == 0 || n > int64(len(whole))-20 {
			try(fmt.Sprintf("%d of %d bytes", n, len(whole)), whole[:n])
		}
	}
	try("one byte more", append(bytes.Clone(whole), 0))
	if err := os.WriteFile(m.Path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(Verify(t.Context(), m.Info, key), VerifyBytes(t.Context(), m.Info, m.SHA256)); err != nil {
		t.Errorf("mended: %v", err)
	}
	t.Logf("%d bytes, %d of them head", len(whole), head)
}

// In a file of many pieces too, each piece is held to its place; what lies before a
// damaged one can still be read.
func TestF32DamagedPiece(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	fill(t, db, 7, 20000)
	key, to := pair(t)
	m := mustCreate(t, db, d, Options{Recipients: to})
	whole, err := os.ReadFile(m.Path)
	if err != nil {
		t.Fatal(err)
	}
	const piece = 64<<10 + 16
	end := bytes.Index(whole, []byte("\n---")) + 1
	first := end + bytes.IndexByte(whole[end:], '\n') + 1 + 16 // a nonce
	pieces := (len(whole) - first) / piece
	if pieces < 3 {
		t.Fatalf("%d pieces only", pieces)
	}
	at := func(n int) []byte { return whole[first+n*piece : first+(n+1)*piece] }
	flipped := bytes.Clone(whole)
	flipped[first+piece+1000] ^= 1
	for name, b := range map[string][]byte{
		"flipped": flipped,
		"swapped": slices.Concat(whole[:first], at(1), at(0), whole[first+2*piece:]),
		"dropped": slices.Concat(whole[:first], at(0), whole[first+2*piece:]),
		"doubled": slices.Concat(whole[:first], at(0), at(0), whole[first+piece:]),
		"cut":     whole[:first+2*piece],
	} {
		if err := os.WriteFile(m.Path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Verify(t.Context(), m.Info, key); !Damaged(err) {
			t.Errorf("%s: verify: %v", name, err)
		}
		if _, err := OpenSource(t.Context(), m.Path, key); !errors.As(err, new(*DamageError)) {
			t.Errorf("%s: source: %v", name, err)
		}
		if err := VerifyBytes(t.Context(), m.Info, m.SHA256); !Damaged(err) {
			t.Errorf("%s: bytes: %v", name, err)
		}
	}
	if err := os.WriteFile(m.Path, flipped, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := m.Open(key)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows := 0
	err = f.records(t.Context(), "tag_group", func(*record) { rows++ })
	if err != nil || rows == 0 {
		t.Errorf("%d rows before the damage, %v", rows, err)
	}
}

// The sidecar is believed in lists only: a false one changes nothing about what a
// file restores to, and one of another file is noticed.
func TestF32Sidecar(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	fill(t, db, 7, 100)
	key, to := pair(t)
	d.EncryptTo(to)
	one, two := mustCreate(t, db, d, Options{}), mustCreate(t, db, d, Options{})
	text, err := os.ReadFile(sidecarPath(one.Path))
	if err != nil {
		t.Fatal(err)
	}
	listed := func(text []byte) Info {
		t.Helper()
		if err := os.WriteFile(sidecarPath(one.Path), text, 0o600); err != nil {
			t.Fatal(err)
		}
		i, err := d.Get(one.File)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	i := listed(bytes.ReplaceAll(text, []byte(one.ID), []byte("f00df00df00df00d")))
	if i.ID != "f00df00df00df00d" {
		t.Errorf("listed %+v", i)
	}
	if f, err := i.Open(key); err != nil || f.Info.ID != one.ID {
		t.Errorf("opened: %v", err)
	}
	other, err := os.ReadFile(sidecarPath(two.Path))
	if err != nil {
		t.Fatal(err)
	}
	same := bytes.Replace(other, fmt.Appendf(nil, `"bytes": %d`, two.Bytes), fmt.Appendf(nil, `"bytes": %d`, one.Bytes), 1)
	if i := listed(same); !strings.Contains(i.Problem, archive.ErrCorrupt.Error()) || i.ID != "" {
		t.Errorf("with another's of the same size: %+v", i)
	}
	if i := listed(other); i.Problem == "" || i.ID != "" || i.Sequence != one.Sequence || i.Err != nil {
		t.Errorf("with another's: %+v", i)
	}
	for _, text := range []string{"", "{}", "null", strings.Repeat("[", 100), strings.Repeat(" ", maxSidecar+1)} {
		i := listed([]byte(text))
		if i.Problem != "" || !i.unknown() || i.Sequence != one.Sequence || i.Reason != Manual || i.Created/1000 != one.Created/1000 {
			t.Errorf("with %.9q: %+v", text, i)
		}
		if err := Verify(t.Context(), i, key); err != nil {
			t.Errorf("with %.9q: %v", text, err)
		}
		if _, err := Copy(t.Context(), i, folder(t)); !errors.Is(err, ErrKeyNeeded) {
			t.Errorf("with %.9q: copied without knowing what: %v", text, err)
		}
		storetest.Read(t, db, func(tx *store.Tx) error {
			sha, err := Noted(tx, i)
			if sha != one.SHA256 {
				t.Errorf("noted %q, want %s", sha, one.SHA256)
			}
			return err
		})
		v, err := Thin([]Info{i}, Policy{Last: 1}, Scene{Database: db.Meta().UUID, Zone: d.now().Location(), Now: d.now().UnixMilli()})
		if err != nil || strings.Join(v[0].Why, " ") != KeepUnverified {
			t.Errorf("kept for %v, %v", v[0].Why, err)
		}
	}
}

// What the content is decides, not the name.
func TestF32ContentNotName(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	fill(t, db, 7, 100)
	key, to := pair(t)
	plain, sealed := mustCreate(t, db, d, Options{}), mustCreate(t, db, d, Options{Recipients: to})
	for from, name := range map[string]string{plain.Path: "plain.tks.age", sealed.Path: "sealed.tks"} {
		if err := os.Rename(from, filepath.Join(d.Path(), name)); err != nil {
			t.Fatal(err)
		}
	}
	p, perr := d.Get("plain.tks.age")
	s, serr := d.Get("sealed.tks")
	if err := errors.Join(perr, serr, Verify(t.Context(), p), Verify(t.Context(), s, key)); err != nil || p.Encrypted || !s.Encrypted {
		t.Errorf("%+v, %+v: %v", p, s, err)
	}
}
