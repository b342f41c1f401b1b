package sheet

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"syscall"
)

// surveyBytes is how much is read at a time while a file is surveyed.
const surveyBytes = 256 << 10

// Open opens the spreadsheet at path and finds out what it is, reading it once
// from end to end for its hash and, if it is a text, its encoding.
//
// A path that cannot be opened gives the operating system's error; a file that
// is not a spreadsheet, or not one that can be read, gives a *FileError. The
// File must be closed.
func Open(ctx context.Context, path string, opt Options) (*File, error) {
	enc, err := canonicalEncoding(opt.Encoding)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	f, stat, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	info := Info{Path: path, Size: stat.Size(), ModTime: stat.ModTime()}
	b, err := openBody(ctx, f, &info, enc, opt)
	if err != nil {
		f.Close()
		return nil, err
	}
	return &File{Info: info, body: &openedBody{body: b, stat: stat}}, nil
}

// openRegular opens a file that can be read twice.
func openRegular(path string) (*os.File, fs.FileInfo, error) {
	// Asked before opening, which would wait for a writer of a pipe.
	stat, err := os.Stat(path)
	switch {
	case err != nil:
	case stat.IsDir():
		err = &fs.PathError{Op: "open", Path: path, Err: syscall.EISDIR}
	case !stat.Mode().IsRegular():
		err = &fs.PathError{Op: "open", Path: path, Err: errors.New("not a regular file")}
	}
	if err != nil {
		return nil, nil, asOpenError(path, err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, asOpenError(path, err)
	}
	if stat, err = f.Stat(); err != nil {
		f.Close()
		return nil, nil, asOpenError(path, err)
	}
	return f, stat, nil
}

// asOpenError gives an error the operation's name, "open", whatever system call
// it comes from.
func asOpenError(path string, err error) error {
	var perr *fs.PathError
	if errors.As(err, &perr) {
		err = perr.Err
	}
	return fmt.Errorf("open %s: %w", path, err)
}

// openBody decides the format and reads the file once.
func openBody(ctx context.Context, f *os.File, info *Info, enc string, opt Options) (body, error) {
	head := make([]byte, sniffLen)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("read %s: %w", info.Path, err)
	}
	head = head[:n]
	isZip := false
	switch is := sniff(head); is.kind {
	case plainText:
	case zipArchive:
		isZip = true
	case zstdFrame:
		return openZstd(ctx, f, info, enc, opt)
	case oleFile:
		reason, name := oleReason(f)
		return nil, &FileError{Path: info.Path, Reason: reason, Detail: name}
	case biffStream:
		return nil, &FileError{Path: info.Path, Reason: LegacyXLS}
	case markup:
		return nil, &FileError{Path: info.Path, Reason: HTML}
	default:
		return nil, &FileError{Path: info.Path, Reason: OtherFormat, Detail: is.name}
	}
	if isZip {
		if err := digest(ctx, f, info, nil); err != nil {
			return nil, err
		}
		return openXLSX(f, info, opt)
	}
	if err := surveyText(ctx, f, info, enc, head); err != nil {
		return nil, err
	}
	return openCSV(ctx, f, info, opt)
}

// surveyText completes info with the hash and the encoding of a text: that of
// its byte order mark, else the one named, else the one that its bytes fit.
func surveyText(ctx context.Context, f io.ReaderAt, info *Info, named string, head []byte) error {
	const utf32 = "\xFF\xFE\x00\x00"
	if len(head) >= len(utf32) && string(head[:len(utf32)]) == utf32 {
		return &FileError{Path: info.Path, Reason: EncodingUnsure, Detail: "it looks like UTF-32, which is not read"}
	}
	marked := bomEncoding(head)
	info.BOM = marked != ""
	info.Encoding = cmp.Or(marked, named)
	info.Detected = info.Encoding != named
	if info.Encoding != "" {
		return digest(ctx, f, info, nil)
	}
	var s survey
	if err := digest(ctx, f, info, s.add); err != nil {
		return err
	}
	enc, unsure := s.encoding()
	if enc == "" {
		return &FileError{Path: info.Path, Reason: EncodingUnsure, Detail: unsure}
	}
	info.Encoding, info.Detected = enc, true
	return nil
}

// digest reads the whole file, shows it to visit piece by piece if that is not
// nil, and completes info with its hash, which is taken meanwhile.
func digest(ctx context.Context, f io.ReaderAt, info *Info, visit func(p []byte)) error {
	r := io.NewSectionReader(f, 0, 1<<62)
	bufs := [2][]byte{make([]byte, surveyBytes), make([]byte, surveyBytes)}
	hash := sha256.New()
	var hashing sync.WaitGroup
	defer hashing.Wait()
	var size int64
	for i := 0; ; i++ {
		if err := context.Cause(ctx); err != nil {
			return fmt.Errorf("read %s: %w", info.Path, err)
		}
		n, err := io.ReadFull(r, bufs[i%2])
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return fmt.Errorf("read %s: %w", info.Path, err)
		}
		p := bufs[i%2][:n]
		size += int64(n)
		hashing.Wait()
		hashing.Go(func() { hash.Write(p) })
		if visit != nil {
			visit(p)
		}
		if err != nil {
			break
		}
	}
	hashing.Wait()
	if info.Size < 0 { // of a compressed text it is not known before
		info.Size = size
	}
	if size != info.Size {
		return &FileError{Path: info.Path, Reason: Changed, Detail: fmt.Sprintf("it had %d bytes, now %d", info.Size, size)}
	}
	info.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return nil
}

// openedBody adds to a body what the file was when it was opened.
type openedBody struct {
	body
	stat fs.FileInfo
}

// Changed reports a *FileError when the file under the path is no longer the
// one that was opened, or its size or time differ from then. That its content
// is the same too is checked by every reading of a CSV file and by the
// checksums of a workbook. It may be called after Close.
func (f *File) Changed() error {
	now, err := os.Stat(f.Info.Path)
	if err != nil {
		return &FileError{Path: f.Info.Path, Reason: Changed, Err: err}
	}
	detail := ""
	switch opened, ok := f.body.(*openedBody); {
	case ok && !os.SameFile(now, opened.stat):
		detail = "another file has taken its place"
	case now.Size() != f.Info.Size:
		detail = fmt.Sprintf("it had %d bytes, now %d", f.Info.Size, now.Size())
	case !now.ModTime().Equal(f.Info.ModTime):
		detail = "it was written to at " + now.ModTime().Format("2006-01-02 15:04:05")
	default:
		return nil
	}
	return &FileError{Path: f.Info.Path, Reason: Changed, Detail: detail}
}
