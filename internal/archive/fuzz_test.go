package archive

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// fuzzSeeds are a whole file and files that are damaged in each part.
func fuzzSeeds(f *testing.F) {
	file := smallFile(f)
	f.Add(file)
	f.Add(file[:len(file)/2])
	f.Add([]byte{})
	c := open(f, file).Manifest().Chunks[1]
	f.Add(slices.Concat(file[:c.Offset], file[c.Offset+c.Size:]))
	f.Add(slices.Concat(file[:c.Offset], file[c.Offset:c.Offset+c.Size], file[c.Offset:]))
	f.Add(file[c.Offset:])
	for at := 3; at < len(file); at += len(file) / 12 {
		b := slices.Clone(file)
		b[at] ^= 0x10
		f.Add(b)
	}
}

// FuzzOpen: whatever the bytes, each row is handed out once and in order, and
// every error refuses the file. What Verify passes, reads whole.
func FuzzOpen(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, file []byte) {
		m, bad := Verify(context.Background(), bytes.NewReader(file), int64(len(file)))
		if bad != nil && !refused(bad) {
			t.Fatal(bad)
		}
		r, err := Open(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			if bad == nil || !refused(err) {
				t.Fatal(bad, err)
			}
			return
		}
		var rows int64
		for _, table := range r.Header().Tables {
			var last *int64
			for c, err := range r.Table(context.Background(), table.Name, -1<<63, 1<<63-1) {
				if err != nil {
					if bad == nil || !refused(err) {
						t.Fatal(bad, err)
					}
					return
				}
				for key, cells := range c.Rows() {
					if last != nil && *last > key || len(cells) != len(table.Columns) {
						t.Fatalf("key %d after %d, %d cells", key, *last, len(cells))
					}
					last, rows = &key, rows+1
				}
			}
		}
		if bad == nil && rows != m.Rows {
			t.Fatalf("%d rows of %d", rows, m.Rows)
		}
	})
}

// FuzzSalvage: whatever the bytes, what is handed out is whole chunks, as many
// as the Loss says, and all of them when the file is as it was written.
func FuzzSalvage(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, file []byte) {
		var chunks int
		var rows int64
		loss, err := Salvage(context.Background(), bytes.NewReader(file), int64(len(file)), func(c *Chunk) error {
			chunks++
			for _, cells := range c.Rows() {
				rows++
				if len(cells) != len(c.Table().Columns) {
					t.Fatalf("%d cells for %d columns", len(cells), len(c.Table().Columns))
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, ErrNotArchive) && !errors.Is(err, ErrVersion) {
			t.Fatal(err)
		}
		if chunks != loss.Chunks || rows != loss.Rows || loss.Bytes < 0 {
			t.Fatalf("%d chunks, %d rows; the loss says %+v", chunks, rows, loss)
		}
		if verify(file) == nil && (!loss.Complete() || loss.Foreign != 0 || loss.Bytes != 0) {
			t.Fatalf("a whole file lost %+v", loss)
		}
	})
}

// FuzzForged puts hashes and a seek table around any header, manifest and
// chunks, so that what lies behind the hashes is tried too.
func FuzzForged(f *testing.F) {
	file := smallFile(f)
	parts := takeApart(f, file)
	text, err := encodeManifest(&parts.manifest, parts.header)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(parts.header, text, slices.Concat(parts.frames...))
	f.Fuzz(func(t *testing.T, header, text, frames []byte) {
		parts := &forgery{header: header}
		if m, _, err := decodeManifest(text); err == nil {
			parts.manifest = *m
		}
		b := append(appendSkippable(nil, magicHeader, len(header)+len(Hash{})), seal(slices.Clone(header))...)
		b = parts.seal(append(b, frames...), slices.Clone(text))
		if _, err := rowsBefore(b); err != nil && !refused(err) {
			t.Fatal(err)
		}
		if _, _, err := salvaged(b); err != nil && !refused(err) {
			t.Fatal(err)
		}
	})
}

// FuzzRows: text that is taken for rows is the one text of these rows.
func FuzzRows(f *testing.F) {
	f.Add([]byte("1\ta\n2\t\\N\n3\t\\\\\\t\\n\\r\\0\n"), 2)
	f.Add([]byte("-9223372036854775808\n9223372036854775807\n"), 1)
	f.Fuzz(func(t *testing.T, body []byte, columns int) {
		columns = max(columns%8, 1)
		s, err := scanRows(body, columns, -1<<63, 1<<63-1)
		if err != nil {
			return
		}
		var again []byte
		n := int64(0)
		for key, cells := range rows(body, columns) {
			if k, err := cells[0].Int(); err != nil || k != key {
				t.Fatal(k, key, err)
			}
			for i, c := range cells {
				if i > 0 {
					again = append(again, '\t')
				}
				if c.Null {
					again = append(again, `\N`...)
				} else {
					again = appendText(again, c.Text)
				}
			}
			again = append(again, '\n')
			n++
		}
		// Control characters may stand for themselves too; nothing else differs.
		plain := strings.NewReplacer("\r", `\r`, "\x00", `\0`)
		if n != s.rows || string(again) != plain.Replace(string(body)) {
			t.Fatalf("%d rows %q, from %d rows %q", n, again, s.rows, body)
		}
	})
}
