package sheet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
)

// zstdWindow bounds the memory of a decompression; it is what the programs that
// compress use up to their level 19.
const zstdWindow = 8 << 20

// inflated reads what a zstd file holds. Readings go forward from the start,
// which is all that reading a CSV file takes; one that goes back starts anew, so
// that nothing needs to be kept.
type inflated struct {
	f    *os.File
	path string
	dec  *zstd.Decoder // nil before the first reading
	pos  int64
	max  int64 // bytes, beyond which the file is refused
}

func newInflated(f *os.File, path string) *inflated {
	return &inflated{f: f, path: path, max: MaxPartBytes}
}

// ReadAt is as that of a file. It is not for concurrent use.
func (z *inflated) ReadAt(p []byte, off int64) (int, error) {
	if err := z.seek(off); err != nil {
		return 0, err
	}
	n := 0
	var err error
	for n < len(p) && err == nil {
		var more int
		more, err = z.dec.Read(p[n:])
		n += more
	}
	z.pos += int64(n)
	return n, z.fault(err)
}

func (z *inflated) seek(off int64) error {
	if z.dec == nil {
		dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return err
		}
		z.dec, z.pos = dec, off+1
	}
	if off < z.pos {
		if err := z.dec.Reset(io.NewSectionReader(z.f, 0, 1<<62)); err != nil {
			return z.fault(err)
		}
		z.pos = 0
	}
	skipped, err := io.CopyN(io.Discard, z.dec, off-z.pos)
	z.pos += skipped
	return z.fault(err)
}

// fault turns what the decoder says about the file into a *FileError.
func (z *inflated) fault(err error) error {
	switch {
	case z.pos > z.max:
		return &FileError{Path: z.path, Reason: Hostile, Detail: fmt.Sprintf("it inflates to more than %d bytes", z.max)}
	case err == nil, err == io.EOF:
		return err
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return &FileError{Path: z.path, Reason: Hostile, Detail: "it takes too much memory to inflate", Err: err}
	}
	if perr := (*os.PathError)(nil); errors.As(err, &perr) {
		return err
	}
	return &FileError{Path: z.path, Reason: Damaged, Err: err}
}

func (z *inflated) close() {
	if z.dec != nil {
		z.dec.Close()
		z.dec = nil
	}
}

// openZstd opens a compressed CSV file. Info is that of the file but for what is
// said about the text: its encoding and dialect.
func openZstd(ctx context.Context, f *os.File, info *Info, enc string, opt Options) (body, error) {
	if err := digest(ctx, f, info, nil); err != nil {
		return nil, err
	}
	z := newInflated(f, info.Path)
	b, err := z.open(ctx, info, enc, opt)
	if err != nil {
		z.close()
	}
	return b, err
}

func (z *inflated) open(ctx context.Context, info *Info, enc string, opt Options) (body, error) {
	head := make([]byte, sniffLen)
	n, err := z.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if is := sniff(head[:n]); is.kind != plainText {
		return nil, &FileError{Path: info.Path, Reason: OtherFormat, Detail: "zstd, " + cmp.Or(is.name, "not of a CSV file")}
	}
	text := Info{Path: info.Path, Size: -1}
	if err := surveyText(ctx, z, &text, enc, head[:n]); err != nil {
		return nil, err
	}
	b, err := openCSV(ctx, z, &text, opt)
	if err != nil {
		return nil, err
	}
	whole := *info
	*info = text
	info.Size, info.ModTime, info.SHA256 = whole.Size, whole.ModTime, whole.SHA256
	return &zstdFile{body: b, z: z, size: whole.Size, inflated: text.Size}, nil
}

// zstdFile is the body of a compressed CSV file.
type zstdFile struct {
	body
	z        *inflated
	size     int64 // of the file
	inflated int64 // of what it holds
}

func (c *zstdFile) rows(ctx context.Context) (rowReader, error) {
	r, err := c.body.rows(ctx)
	return &zstdRows{r, c}, err
}

func (c *zstdFile) close() error {
	c.z.close()
	return c.z.f.Close()
}

// zstdRows tells how far a reading has come in bytes of the file.
type zstdRows struct {
	rowReader
	of *zstdFile
}

func (r *zstdRows) offset() int64 {
	if r.of.inflated == 0 {
		return 0
	}
	return int64(float64(r.rowReader.offset()) / float64(r.of.inflated) * float64(r.of.size))
}
