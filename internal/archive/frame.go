package archive

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// The frames of a file. Magic numbers are those of RFC 8878, section 3.1;
// skippable frames carry any of sixteen.
const (
	magicZstd     = 0xFD2FB528
	magicHeader   = 0x184D2A54
	magicManifest = 0x184D2A55
	// The seek table's are given by the zstd seekable format, version 0.1.0
	// (facebook/zstd, contrib/seekable_format).
	magicSeek     = 0x184D2A5E
	magicSeekable = 0x8F92EAB1

	skipHead   = 8 // magic number and length before the content of a skippable frame
	seekEntry  = 8 // compressed and decompressed size
	seekFooter = 9 // number of frames, descriptor, magic number
)

// appendSkippable appends the head of a skippable frame for a content of n bytes.
func appendSkippable(dst []byte, magic uint32, n int) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, magic)
	return binary.LittleEndian.AppendUint32(dst, uint32(n))
}

// seekTableSize is how long the seek table's frame is for so many frames.
func seekTableSize(frames int) int64 { return skipHead + seekEntry*int64(frames) + seekFooter }

// seekTable returns the seek table's frame. There is no checksum in it: the
// manifest has better ones.
func seekTable(headerFrame, manifestFrame int64, chunks []ChunkInfo) []byte {
	frames := len(chunks) + 2
	size := int(seekTableSize(frames))
	b := appendSkippable(make([]byte, 0, size), magicSeek, size-skipHead)
	entry := func(compressed, raw int64) {
		b = binary.LittleEndian.AppendUint32(b, uint32(compressed))
		b = binary.LittleEndian.AppendUint32(b, uint32(raw))
	}
	entry(headerFrame, 0)
	for i := range chunks {
		entry(chunks[i].Size, chunks[i].RawSize)
	}
	entry(manifestFrame, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(frames))
	b = append(b, 0) // Seek_Table_Descriptor: no checksums
	return binary.LittleEndian.AppendUint32(b, magicSeekable)
}

// maxFrameBytes bounds the frame of a chunk, so that what is read before its
// hash can be checked stays in proportion. zstd itself needs at most 18 bytes
// and 3 for every 128 KiB more than the content.
func maxFrameBytes(raw int64) int64 { return raw + raw/128 + 512 }

// newEncoder returns the compressor of chunks; EncodeAll may be called by
// several goroutines, of which so many work at a time.
func newEncoder(parallel int) (*zstd.Encoder, error) {
	return zstd.NewWriter(nil,
		zstd.WithEncoderConcurrency(parallel),
		zstd.WithEncoderLevel(zstd.SpeedDefault),
		zstd.WithEncoderCRC(true),    // what Salvage has when the manifest is lost
		zstd.WithSingleSegment(true), // so that every frame states its content size
		zstd.WithWindowSize(splitBytes),
		zstd.WithLowerEncoderMem(true)) // a chunk needs no room to slide
}

// newDecoder returns the decompressor of chunks. It never writes beyond the
// capacity that it is given.
func newDecoder(parallel int) (*zstd.Decoder, error) {
	return zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(parallel),
		zstd.WithDecoderMaxMemory(MaxChunkBytes),
		zstd.WithDecoderMaxWindow(MaxChunkBytes),
		zstd.WithDecodeAllCapLimit(true),
		zstd.WithDecoderLowmem(true))
}

// contentSize reads the header of a zstd frame as Writer makes them: content
// size stated, checksum on, no dictionary. It returns the size of the header and
// of the content.
func contentSize(b []byte) (header int, raw int64, err error) {
	var h zstd.Header
	if err := h.Decode(b); err != nil {
		return 0, 0, corrupt("frame header: %v", err)
	}
	switch {
	case h.Skippable:
		return 0, 0, corrupt("no zstd frame")
	case !h.HasFCS || !h.HasCheckSum || h.DictionaryID != 0:
		return 0, 0, corrupt("frame without content size or checksum, or with a dictionary")
	case h.FrameContentSize == 0 || h.FrameContentSize > MaxChunkBytes || h.WindowSize > MaxChunkBytes:
		return 0, 0, corrupt("frame of %d bytes, window %d", h.FrameContentSize, h.WindowSize)
	}
	return h.HeaderSize, int64(h.FrameContentSize), nil
}

const (
	blockHead = 3 // bytes before each block
	// maxBlocks bounds the walk over the blocks of what may be no frame.
	// MaxChunkBytes in blocks of the usual 128 KiB are 128.
	maxBlocks = 1 << 14
)

// frameSize walks over the blocks of a zstd frame without decompressing (RFC
// 8878, section 3.1.1.2) and returns where it ends, its checksum included. header
// is the size of its header; block returns at least blockHead bytes from an
// offset in the frame on, or an error.
func frameSize(header int, limit int64, block func(at int64) ([]byte, error)) (int64, error) {
	at := int64(header)
	for range maxBlocks {
		b, err := block(at)
		if err != nil {
			return 0, err
		}
		head := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16
		at += blockHead
		switch kind, n := head>>1&3, int64(head>>3); kind {
		case 0, 2: // raw, compressed
			at += n
		case 1: // one byte, repeated
			at++
		default:
			return 0, corrupt("reserved block type")
		}
		if at > limit {
			return 0, corrupt("frame of more than %d bytes", limit)
		}
		if head&1 != 0 { // the last one
			return at + 4, nil // checksum
		}
	}
	return 0, corrupt("frame of more than %d blocks", maxBlocks)
}

// decompress decompresses exactly one frame into dst, whose capacity bounds what
// is written, and demands that it has the size that is expected.
func decompress(dec *zstd.Decoder, frame, dst []byte, want int64) ([]byte, error) {
	header, raw, err := contentSize(frame)
	if err != nil {
		return nil, err
	}
	if raw != want {
		return nil, corrupt("frame of %d bytes, not %d", raw, want)
	}
	end, err := frameSize(header, int64(len(frame)), func(at int64) ([]byte, error) {
		if at+blockHead > int64(len(frame)) {
			return nil, corrupt("frame cut off")
		}
		return frame[at:], nil
	})
	if err != nil {
		return nil, err
	}
	if end != int64(len(frame)) { // a second frame would be decompressed too
		return nil, corrupt("frame ends after %d of %d bytes", end, len(frame))
	}
	out, err := dec.DecodeAll(frame, dst[:0])
	if err != nil {
		return nil, corrupt("decompress: %v", err)
	}
	if int64(len(out)) != want {
		return nil, corrupt("decompressed to %d bytes, not %d", len(out), want)
	}
	return out, nil
}

// readAt fills b from off. Where the file has no more bytes it is an
// ErrTruncated; other errors are those of r.
func readAt(r io.ReaderAt, b []byte, off int64) error {
	n, err := r.ReadAt(b, off)
	switch {
	case n == len(b):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return fmt.Errorf("%w: no %d bytes at byte %d", ErrTruncated, len(b), off)
	}
	return fmt.Errorf("read snapshot at byte %d: %w", off, err)
}

// readSkippable reads the content of the skippable frame at off, which must
// have the magic number and end before size. It returns nil and no error when
// another magic number stands there.
func readSkippable(r io.ReaderAt, size, off int64, magic uint32, limit int64) ([]byte, error) {
	var head [skipHead]byte
	if err := readAt(r, head[:], off); err != nil {
		return nil, err
	}
	if binary.LittleEndian.Uint32(head[:]) != magic {
		return nil, nil
	}
	n := int64(binary.LittleEndian.Uint32(head[4:]))
	if n > limit {
		return nil, corrupt("a frame of %d bytes at byte %d, where at most %d are allowed", n, off, limit)
	}
	if off+skipHead+n > size {
		return nil, fmt.Errorf("%w: the frame at byte %d does not end", ErrTruncated, off)
	}
	b := make([]byte, n)
	return b, readAt(r, b, off+skipHead)
}
