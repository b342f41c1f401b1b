package exporter

// aheadRows is how many rows are handed over at a time, and aheadBatches how
// many batches may wait.
const (
	aheadRows    = 256
	aheadBatches = 4
)

// ahead writes rows in a goroutine of its own, so that the database is read
// meanwhile. The error of a row is told by one of the next calls.
type ahead struct {
	output
	width   int
	batch   []string // cells of whole rows
	batches chan []string
	failed  chan struct{} // closed after the first error
	done    chan struct{} // closed when nothing is written any more
	err     error         // to be read after one of these was closed
}

// writeAhead begins; the header has been written to out. It ends with close or
// discard.
func writeAhead(out output, width int) *ahead {
	a := &ahead{output: out, width: width, batches: make(chan []string, aheadBatches), failed: make(chan struct{}), done: make(chan struct{})}
	go a.write()
	return a
}

func (a *ahead) write() {
	defer close(a.done)
	for batch := range a.batches {
		for ; len(batch) > 0 && a.err == nil; batch = batch[a.width:] {
			if a.err = a.output.row(batch[:a.width]); a.err != nil {
				close(a.failed)
			}
		}
	}
}

func (a *ahead) row(cells []string) error {
	if a.batch == nil {
		a.batch = make([]string, 0, aheadRows*a.width)
	}
	a.batch = append(a.batch, cells...)
	if len(a.batch) < cap(a.batch) {
		return nil
	}
	return a.send()
}

func (a *ahead) send() error {
	batch := a.batch
	a.batch = nil
	select {
	case a.batches <- batch:
		return nil
	case <-a.failed:
		return a.err
	}
}

// wait hands over what is left, and waits until all is written.
func (a *ahead) wait() error {
	if a.batches == nil {
		return a.err
	}
	err := a.send()
	close(a.batches)
	<-a.done
	a.batches = nil
	if err == nil {
		err = a.err
	}
	return err
}

func (a *ahead) close() error {
	if err := a.wait(); err != nil {
		return err
	}
	return a.output.close()
}

func (a *ahead) discard() {
	_ = a.wait() // nobody asks for the rows any more
	a.output.discard()
}
