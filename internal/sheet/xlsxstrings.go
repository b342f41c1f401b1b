package sheet

import (
	"context"
	"encoding/binary"
	"strings"
)

// Sizes of the shared strings.
const (
	stringsInMemory = 32 << 20 // bytes of text and index; more goes to a temporary file
	stringBlock     = 1 << 20  // bytes of text that are allocated at once
	maxStrings      = 1 << 26
)

// Flags of a stored string. A record is one byte of them, the numbers of
// textFaults when it has any, and the text.
const (
	blankString  = 1
	faultyString = 2
)

// sharedStrings is the table of texts that cells refer to by number, as many as
// there may be. Texts live in blocks of a fixed size, and a cell's Value is cut
// from them without copying; a table too large for memory is kept in a file.
type sharedStrings struct {
	blocks []string
	block  strings.Builder // the one being filled
	starts []uint32        // of each record: block * stringBlock + place in it
	record []byte
	spill  *spilledStrings // where they are when they are too many
	limit  int             // bytes to keep in memory
}

// readSharedStrings reads the part to its end.
func readSharedStrings(ctx context.Context, s *xmlScanner, limit int) (*sharedStrings, error) {
	t := &sharedStrings{limit: limit}
	if err := t.load(ctx, s); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (t *sharedStrings) load(ctx context.Context, s *xmlScanner) error {
	var text cellText
	for n := 0; ; {
		tok, err := s.next()
		if err != nil {
			return err
		}
		switch {
		case tok == xmlEOF:
			return t.finish()
		case tok != xmlStart:
			continue
		case s.atRoot():
			err = s.checkRoot("sst")
		case string(s.name) != "si":
			err = s.skip()
		default:
			text.reset()
			if err = s.richText(&text); err == nil {
				err = t.add(&text)
			}
			if n++; n > maxStrings {
				return s.hostile("more than %d shared strings", maxStrings)
			}
			if n%4096 == 0 && err == nil {
				err = context.Cause(ctx)
			}
		}
		if err != nil {
			return err
		}
	}
}

func (t *sharedStrings) add(text *cellText) error {
	blank, faults := text.inspect()
	flags := byte(0)
	if blank {
		flags |= blankString
	}
	t.record = append(t.record[:0], flags)
	if faults != (textFaults{}) {
		t.record[0] |= faultyString
		t.record = binary.AppendUvarint(t.record, uint64(faults.chars))
		t.record = binary.AppendUvarint(t.record, uint64(faults.control))
		t.record = binary.AppendUvarint(t.record, uint64(faults.broken))
	}
	t.record = append(t.record, text.b...)
	if t.spill != nil {
		return t.spill.add(t.record)
	}
	t.keep(t.record)
	if len(t.blocks)*stringBlock+t.block.Len()+4*len(t.starts) > t.limit {
		return t.moveToFile()
	}
	return nil
}

// keep appends a record to the blocks. It is never longer than one: the text
// was cut to MaxCellChars.
func (t *sharedStrings) keep(record []byte) {
	if t.block.Len()+len(record) > stringBlock {
		t.blocks = append(t.blocks, t.block.String())
		t.block = strings.Builder{}
	}
	if t.block.Cap() == 0 && len(t.blocks) > 0 {
		t.block.Grow(stringBlock)
	}
	t.starts = append(t.starts, uint32(len(t.blocks)*stringBlock+t.block.Len()))
	t.block.Write(record)
}

// moveToFile takes all strings read so far out of memory.
func (t *sharedStrings) moveToFile() error {
	spill, err := newSpilledStrings()
	if err != nil {
		return err
	}
	t.spill = spill
	t.seal()
	for i := range t.starts {
		if err := spill.add([]byte(t.at(i))); err != nil {
			return err
		}
	}
	t.blocks, t.starts = nil, nil
	return nil
}

// seal ends the filling of blocks.
func (t *sharedStrings) seal() {
	t.blocks = append(t.blocks, t.block.String())
	t.block = strings.Builder{}
}

func (t *sharedStrings) finish() error {
	t.record = nil
	if t.spill != nil {
		return t.spill.finish()
	}
	t.seal()
	return nil
}

// len is how many strings there are.
func (t *sharedStrings) len() int {
	if t.spill != nil {
		return t.spill.n
	}
	return len(t.starts)
}

// at is the record of string i, which is kept in memory.
func (t *sharedStrings) at(i int) string {
	start := t.starts[i]
	block := t.blocks[start/stringBlock]
	end := uint32(len(block))
	if i+1 < len(t.starts) {
		if next := t.starts[i+1]; next/stringBlock == start/stringBlock {
			end = next % stringBlock
		}
	}
	return block[start%stringBlock : end]
}

// get returns string i, which must exist. What it returns stays valid for ever
// when the table is in memory, else it is copied into arena.
func (t *sharedStrings) get(i int, arena *textArena) (text string, blank bool, faults textFaults, err error) {
	var record string
	if t.spill == nil {
		record = t.at(i)
	} else {
		b, err := t.spill.get(i)
		if err != nil {
			return "", false, faults, err
		}
		record = arena.add(b)
	}
	flags := record[0]
	text = record[1:]
	if flags&faultyString != 0 {
		text, faults = cutFaults(text)
	}
	return text, flags&blankString != 0, faults, nil
}

// cutFaults takes the numbers of textFaults from the front of a record.
func cutFaults(text string) (string, textFaults) {
	r := strings.NewReader(text)
	var n [3]uint64
	for i := range n {
		n[i], _ = binary.ReadUvarint(r) // written by add
	}
	return text[len(text)-r.Len():], textFaults{chars: int(n[0]), control: rune(n[1]), broken: int64(n[2])}
}

// close removes the temporary file, if there is one.
func (t *sharedStrings) close() error {
	if t == nil || t.spill == nil {
		return nil
	}
	return t.spill.close()
}

// textArena hands out strings cut from larger ones, so that a million cells
// cost a few hundred allocations. The strings stay valid for ever.
type textArena struct{ b strings.Builder }

const arenaBlock = 32 << 10

func (a *textArena) add(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	if a.b.Cap()-a.b.Len() < len(text) {
		a.b = strings.Builder{}
		a.b.Grow(max(arenaBlock, len(text)))
	}
	start := a.b.Len()
	a.b.Write(text)
	return a.b.String()[start:]
}
