package archive

import (
	"errors"
	"fmt"
)

// The ways in which a file is refused. Errors of the reader itself, such as a
// disk that fails, are none of these and are returned wrapped.
var (
	// ErrNotArchive: the file does not start as a snapshot does. It is something
	// else, or its first bytes are damaged.
	ErrNotArchive = errors.New("not a snapshot file")
	// ErrVersion: the file is of a newer format than this program reads.
	ErrVersion = errors.New("snapshot of a newer format")
	// ErrCorrupt: the file is not as it was written.
	ErrCorrupt = errors.New("snapshot is damaged")
	// ErrTruncated: the file does not reach its end. It is also an ErrCorrupt.
	ErrTruncated = fmt.Errorf("%w: cut off", ErrCorrupt)
)

// A ChunkError says which chunk is damaged and which rows are in it.
type ChunkError struct {
	Chunk ChunkInfo // as the manifest has it
	Err   error
}

func (e *ChunkError) Error() string {
	return fmt.Sprintf("chunk %d at byte %d (%s, keys %d to %d): %v",
		e.Chunk.Index, e.Chunk.Offset, e.Chunk.Table, e.Chunk.First, e.Chunk.Last, e.Err)
}

// Unwrap returns the cause.
func (e *ChunkError) Unwrap() error { return e.Err }

// corrupt makes an ErrCorrupt with a detail.
func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrCorrupt}, args...)...)
}
