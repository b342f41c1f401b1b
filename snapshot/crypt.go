package snapshot

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"filippo.io/age"

	"tagkeep/internal/archive"
	"tagkeep/internal/store"
)

// What keeps a snapshot or a key from being used. None of these says anything
// against the snapshot file itself.
var (
	// ErrKeyNeeded: the snapshot is encrypted, and no key was given.
	ErrKeyNeeded = errors.New("the snapshot is encrypted")
	// ErrWrongKey: none of the keys given opens the snapshot.
	ErrWrongKey = errors.New("none of the keys opens the snapshot")
	// ErrRecipient: not a public key of age.
	ErrRecipient = errors.New("not a public key of age (age1…)")
	// ErrSecret: a private key where a public one belongs.
	ErrSecret = errors.New("a private key in the place of a public one")
	// ErrMixed: post-quantum public keys go with others of their kind only.
	ErrMixed = errors.New("post-quantum public keys (age1pq1…) and others cannot be used together")
	// ErrKeyFile: a file that holds no private keys as age-keygen writes them.
	ErrKeyFile = errors.New("not a file of private keys (AGE-SECRET-KEY-…)")
	// ErrKeyFileLocked: a file of private keys that has a passphrase.
	ErrKeyFileLocked = errors.New("the file of private keys has a passphrase")
)

const (
	ageMagic     = "age-encryption.org/"
	armorMagic   = "-----BEGIN AGE ENCRYPTED FILE-----"
	secretPrefix = "AGE-SECRET-KEY-"
	maxKeyFile   = 1 << 20 // bytes
)

// ParseRecipients reads public keys of age, native or post-quantum. One that
// stands twice counts once. Errors are ErrRecipient, ErrSecret or ErrMixed, and
// never hold a private key.
func ParseRecipients(written []string) ([]age.Recipient, error) {
	var out []age.Recipient
	var seen []string
	hybrid := 0
	for _, word := range written {
		if strings.Contains(strings.ToUpper(word), secretPrefix) {
			return nil, ErrSecret
		}
		if slices.Contains(seen, word) {
			continue
		}
		found, err := age.ParseRecipients(strings.NewReader(word))
		if err != nil || len(found) != 1 {
			return nil, fmt.Errorf("%q: %w", word, ErrRecipient)
		}
		if _, ok := found[0].(*age.HybridRecipient); ok {
			hybrid++
		}
		seen, out = append(seen, word), append(out, found[0])
	}
	if hybrid > 0 && hybrid < len(out) {
		return nil, ErrMixed
	}
	return out, nil
}

// ReadKeys reads a file of private keys as age-keygen writes it. Its errors do
// not tell what is in the file.
func ReadKeys(path string) ([]age.Identity, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the private keys: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, fmt.Errorf("read the private keys: %w", err)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if bytes.HasPrefix(text, []byte(ageMagic)) || bytes.HasPrefix(text, []byte(armorMagic)) {
		return nil, fmt.Errorf("%s: %w", path, ErrKeyFileLocked)
	}
	keys, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil || len(text) > maxKeyFile {
		return nil, fmt.Errorf("%s: %w", path, ErrKeyFile)
	}
	return keys, nil
}

// EncryptTo makes every snapshot that is written into the folder from now on an
// encrypted one, which the private keys of these public ones open. Options may
// name others.
func (d *Dir) EncryptTo(to []age.Recipient) { d.recipients = to }

// recipientsFor are those of the options, else the folder's.
func (d *Dir) recipientsFor(o Options) []age.Recipient {
	if len(o.Recipients) > 0 {
		return o.Recipients
	}
	return d.recipients
}

// passingKey is a key for one file, which is never written anywhere. It is of
// the kind of the others: age does not mix them.
func passingKey(to []age.Recipient) (age.Identity, age.Recipient, error) {
	if _, ok := to[0].(*age.HybridRecipient); ok {
		key, err := age.GenerateHybridIdentity()
		if err != nil {
			return nil, nil, err
		}
		return key, key.Recipient(), nil
	}
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, nil, err
	}
	return key, key.Recipient(), nil
}

// capture captures into the draft, encrypted where there are public keys for it.
// The keys then open it; there are none for one that is not encrypted.
func (f *draft) capture(ctx context.Context, db *store.DB, h archive.Header, o Options) (sum archive.Summary, keys []age.Identity, err error) {
	to := f.dir.recipientsFor(o)
	if len(to) == 0 {
		sum, err = capture(ctx, db, f, h, o)
		return sum, nil, err
	}
	key, own, err := passingKey(to)
	if err != nil {
		return sum, nil, fmt.Errorf("make a key for the file: %w", err)
	}
	out := &counted{to: f, hash: sha256.New()}
	w, err := age.Encrypt(out, append(slices.Clone(to), own)...)
	if err != nil {
		return sum, nil, fmt.Errorf("encrypt the snapshot: %w", err)
	}
	if sum, err = capture(ctx, db, w, h, o); err == nil {
		err = w.Close()
	}
	sum.Bytes, sum.SHA256 = out.n, archive.Hash(out.hash.Sum(nil))
	return sum, []age.Identity{key}, err
}

// counted counts and hashes what is written to a file.
type counted struct {
	to   io.Writer
	hash hash.Hash
	n    int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.hash.Write(p[:n])
	c.n += int64(n)
	return n, err
}

// content is the snapshot in a file, which is decrypted as it is read where it is
// encrypted. What the file is, its first bytes say.
func content(f *os.File, keys []age.Identity) (io.ReaderAt, int64, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	if !st.Mode().IsRegular() {
		return nil, 0, archive.ErrNotArchive
	}
	sealed, err := isSealed(f)
	if err != nil || !sealed {
		return f, st.Size(), err
	}
	if len(keys) == 0 {
		if _, err := headOf(f); err != nil { // no key would help
			return nil, 0, err
		}
		return nil, 0, ErrKeyNeeded
	}
	r, size, err := age.DecryptReaderAt(f, st.Size(), keys...)
	if err != nil {
		return nil, 0, sealError(f, err)
	}
	return opened{r}, size, nil
}

func isSealed(f *os.File) (bool, error) {
	head := make([]byte, len(ageMagic))
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	return string(head[:n]) == ageMagic, nil
}

// sealError says what an error of opening an encrypted file means. A damaged head
// can look like one made for other keys: the sidecar knows better.
func sealError(f *os.File, err error) error {
	if none := (*age.NoIdentityMatchError)(nil); !errors.As(err, &none) {
		return damageOf(err, "the encryption around it is not as it was written")
	}
	if s, ok := readSidecar(f.Name()); ok && s.Envelope != nil {
		if head, err := headOf(f); err != nil || head != s.Envelope.Head {
			return fmt.Errorf("%w: the head of the encryption is not as it was written", archive.ErrCorrupt)
		}
	}
	return ErrWrongKey
}

// damageOf is what an error of age says of the file, if it is not one of the
// disk. Its text is not passed on: it may quote a line of any length.
func damageOf(err error, what string) error {
	switch path := (*fs.PathError)(nil); {
	case errors.As(err, &path):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return archive.ErrTruncated
	}
	return fmt.Errorf("%w: %s", archive.ErrCorrupt, what)
}

// opened is the inside of an encrypted file. What age finds wrong is damage.
type opened struct{ r io.ReaderAt }

func (o opened) ReadAt(p []byte, off int64) (int, error) {
	n, err := o.r.ReadAt(p, off)
	if err == nil || err == io.EOF { // the end itself, not something that ended too early
		return n, err
	}
	return n, damageOf(err, fmt.Sprintf("what is encrypted at byte %d is not as it was written", off))
}

// headOf is the SHA-256 of the part of an encrypted file that says who can open
// it. No two files have the same.
func headOf(f *os.File) (archive.Hash, error) {
	head, err := age.ExtractHeader(io.NewSectionReader(f, 0, 1<<62))
	if err != nil {
		return archive.Hash{}, damageOf(err, "the head of the encryption is not as it was written")
	}
	return sha256.Sum256(head), nil
}

// envelopeOf is the envelope of a file for its sidecar; nil for a file that has
// none.
func envelopeOf(path string, recipients int) (*envelope, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sealed, err := isSealed(f)
	if err != nil || !sealed {
		return nil, err
	}
	head, err := headOf(f)
	return &envelope{Head: head, Recipients: recipients}, err
}
