package archive

import (
	"context"
	"crypto/sha256"
	"hash"
	"io"
)

// Verify reads a whole file and checks everything: what Open checks, every
// chunk, and the hash over all bytes. When it returns no error, the file is as
// it was written, to the last bit.
func Verify(ctx context.Context, r io.ReaderAt, size int64) (Manifest, error) {
	f, err := Open(r, size)
	if err != nil {
		return Manifest{}, err
	}
	sum := sha256.New()
	end := headerFrameSize(f.json)
	if err := hashRange(ctx, sum, r, 0, end); err != nil {
		return Manifest{}, err
	}
	var rows int64
	for c, err := range f.All(ctx) {
		if err != nil {
			return Manifest{}, err
		}
		sum.Write(c.frame)
		rows += c.rows
		end = c.info.Offset + c.info.Size
	}
	// The hash over all bytes is the last thing before the seek table.
	last := size - seekTableSize(len(f.manifest.Chunks)+2) - sha256.Size
	if err := hashRange(ctx, sum, r, end, last); err != nil {
		return Manifest{}, err
	}
	if Hash(sum.Sum(nil)) != f.sum {
		return Manifest{}, corrupt("the hash over all bytes is wrong")
	}
	if rows != f.manifest.Rows {
		return Manifest{}, corrupt("%d rows, and the manifest has %d", rows, f.manifest.Rows)
	}
	return *f.manifest, nil
}

// hashRange adds the bytes from from up to to.
func hashRange(ctx context.Context, h hash.Hash, r io.ReaderAt, from, to int64) error {
	buf := make([]byte, min(to-from, 256<<10))
	for from < to {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		b := buf[:min(int64(len(buf)), to-from)]
		if err := readAt(r, b, from); err != nil {
			return err
		}
		h.Write(b)
		from += int64(len(b))
	}
	return nil
}
