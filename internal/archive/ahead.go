package archive

import (
	"context"
	"iter"
)

// aheadBytes bounds the memory of the chunks that are read ahead and of the one
// that the caller has. One chunk is always let in, however large.
const aheadBytes = 32 << 20

// ahead reads chunks on other goroutines and keeps their order.
type ahead struct {
	r     *Reader
	keys  keyRange
	next  int // chunk to start
	end   int
	queue []*readJob // oldest first
	free  []*readJob
	bytes int64 // of the jobs in queue, and of the one handed out
}

// readJob is one chunk on its way out of the file.
type readJob struct {
	chunk Chunk
	cost  int64
	err   error
	done  chan struct{}
}

// chunks reads the chunks from lo up to hi. No goroutine outlives the iteration.
func (r *Reader) chunks(ctx context.Context, lo, hi int, keys keyRange) iter.Seq2[*Chunk, error] {
	return func(yield func(*Chunk, error) bool) {
		a := &ahead{r: r, keys: keys, next: lo, end: hi}
		defer a.wait()
		for {
			if ctx.Err() != nil {
				yield(nil, context.Cause(ctx))
				return
			}
			a.fill()
			if len(a.queue) == 0 {
				return
			}
			j := a.take()
			if j.err != nil {
				yield(nil, j.err)
				return
			}
			if j.chunk.rows > 0 && !yield(&j.chunk, nil) {
				return
			}
			a.recycle(j)
		}
	}
}

// fill starts chunks while there is room.
func (a *ahead) fill() {
	for a.next < a.end && len(a.queue) <= a.r.parallel {
		info := &a.r.manifest.Chunks[a.next]
		cost := info.Size + info.RawSize
		if len(a.queue) > 0 && a.bytes+cost > aheadBytes {
			return
		}
		a.start(a.next, cost)
		a.next++
	}
}

func (a *ahead) start(i int, cost int64) {
	var j *readJob
	if n := len(a.free); n > 0 {
		j, a.free = a.free[n-1], a.free[:n-1]
		if int64(cap(j.chunk.raw)+cap(j.chunk.frame)) > cost+4*splitBytes {
			j.chunk = Chunk{} // one huge chunk must not be paid for to the end
		}
	} else {
		j = &readJob{done: make(chan struct{}, 1)}
	}
	j.cost = cost
	a.bytes += cost
	a.queue = append(a.queue, j)
	go func() {
		j.err = a.r.read(&j.chunk, i, a.keys)
		j.done <- struct{}{}
	}()
}

// take waits for the oldest chunk.
func (a *ahead) take() *readJob {
	j := a.queue[0]
	a.queue = append(a.queue[:0], a.queue[1:]...)
	<-j.done
	return j
}

// recycle keeps the memory of a chunk that the caller is done with.
func (a *ahead) recycle(j *readJob) {
	a.bytes -= j.cost
	a.free = append(a.free, j)
}

// wait lets the chunks that were started come to their end: afterwards the
// caller may close the file.
func (a *ahead) wait() {
	for _, j := range a.queue {
		<-j.done
	}
}
