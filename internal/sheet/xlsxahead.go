package sheet

import (
	"io"
	"sync"
)

// Sizes of reading ahead.
const (
	aheadChunk  = 256 << 10
	aheadChunks = 3
	aheadFloor  = 1 << 20 // inflated bytes from which on a goroutine pays
)

// aheadReader inflates a part in a goroutine of its own, a few chunks ahead of
// the one that parses. It returns what src returned, in order.
type aheadReader struct {
	src   io.ReadCloser
	full  chan aheadBlock
	free  chan []byte
	stop  chan struct{}
	done  chan struct{}
	close sync.Once

	block aheadBlock
	pos   int
}

// aheadBlock is one chunk read, and the error that came with it.
type aheadBlock struct {
	data []byte
	err  error
}

// readAhead starts reading src, which it closes.
func readAhead(src io.ReadCloser) *aheadReader {
	a := &aheadReader{
		src:  src,
		full: make(chan aheadBlock, aheadChunks),
		free: make(chan []byte, aheadChunks),
		stop: make(chan struct{}),
		done: make(chan struct{}),
	}
	for range aheadChunks {
		a.free <- make([]byte, aheadChunk)
	}
	go a.run()
	return a
}

func (a *aheadReader) run() {
	defer close(a.done)
	for {
		select {
		case <-a.stop:
			return
		case buf := <-a.free:
			n, err := readChunk(a.src, buf)
			// As many chunks exist as full can hold: this never blocks.
			a.full <- aheadBlock{buf[:n], err}
			if err != nil {
				return
			}
		}
	}
}

// readChunk fills buf unless src ends or fails before.
func readChunk(src io.Reader, buf []byte) (n int, err error) {
	for idle := 0; n < len(buf) && err == nil; {
		var m int
		m, err = src.Read(buf[n:])
		n += m
		if m > 0 {
			idle = 0
		} else if idle++; idle > 100 && err == nil {
			err = io.ErrNoProgress
		}
	}
	return n, err
}

func (a *aheadReader) Read(p []byte) (int, error) {
	select {
	case <-a.stop:
		return 0, io.ErrClosedPipe
	default:
	}
	for a.pos == len(a.block.data) {
		if a.block.err != nil {
			return 0, a.block.err
		}
		if a.block.data != nil {
			a.free <- a.block.data[:aheadChunk]
		}
		a.block, a.pos = aheadBlock{}, 0
		a.block = <-a.full // comes: the goroutine ends only with an error in it
	}
	n := copy(p, a.block.data[a.pos:])
	a.pos += n
	return n, nil
}

// Close ends the goroutine and closes src. It may be called twice, not during
// a Read.
func (a *aheadReader) Close() (err error) {
	a.close.Do(func() {
		close(a.stop)
		<-a.done
		err = a.src.Close()
	})
	return err
}
