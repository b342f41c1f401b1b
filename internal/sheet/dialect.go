package sheet

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	sampleRows  = 20        // the rows that a delimiter is judged by
	sampleBytes = 256 << 10 // and as much of the file as they may take
)

// delimiters are those that are looked for, the most usual first.
var delimiters = []rune{',', ';', '\t', '|', '，'}

// findDialect completes info with what the beginning of a CSV file tells.
func findDialect(ctx context.Context, f io.ReaderAt, info *Info, opt Options) error {
	if opt.Delimiter != 0 && !validDelimiter(opt.Delimiter) {
		return fmt.Errorf("open %s: %q cannot be a delimiter", info.Path, opt.Delimiter)
	}
	sep, err := findSepLine(ctx, f, info)
	if err != nil {
		return err
	}
	info.SepLine = sep != 0
	candidates := delimiters
	if d := cmp.Or(opt.Delimiter, sep); d != 0 {
		candidates = []rune{d}
	}
	var samples []sample
	for _, d := range candidates {
		s, err := takeSample(ctx, f, info, d, opt.KeepGuards)
		if err != nil {
			return err
		}
		samples = append(samples, s)
	}
	best := chooseSample(samples, opt.Fit)
	info.Delimiter, info.CRLF = best.delim, best.crlf
	return nil
}

// validDelimiter rules out what has another meaning in a CSV file.
func validDelimiter(d rune) bool {
	return utf8.ValidRune(d) && !strings.ContainsRune("\x00\r\n\"'\uFEFF\uFFFD", d)
}

// findSepLine returns the delimiter that Excel's first line sep=; names, or 0
// when the first line is none.
func findSepLine(ctx context.Context, r io.ReaderAt, info *Info) (rune, error) {
	src := newTextSource(ctx, io.NewSectionReader(r, 0, 64), info)
	if err := src.more(0); err != nil {
		return 0, err
	}
	line := src.text
	if i := bytes.IndexAny(line, "\r\n"); i >= 0 {
		line = line[:i]
	}
	if len(line) < 5 || !strings.EqualFold(string(line[:4]), "sep=") {
		return 0, nil
	}
	d, size := utf8.DecodeRune(line[4:])
	if len(line) != 4+size || !validDelimiter(d) {
		return 0, nil
	}
	return d, nil
}

// sample is the beginning of a file as read with one delimiter.
type sample struct {
	delim  rune
	crlf   bool
	rows   []Row
	widths []int // cells of each row, trailing blank ones included
}

// takeSample reads the first rows with the delimiter d.
func takeSample(ctx context.Context, r io.ReaderAt, info *Info, d rune, keepGuards bool) (sample, error) {
	src := newTextSource(ctx, io.NewSectionReader(r, 0, sampleBytes), info)
	reader := newCSVReader(src, d, info.SepLine, keepGuards)
	reader.measure = true
	s := sample{delim: d}
	rows := make([]Row, sampleRows)
	for n := 0; n < sampleRows; {
		got, err := reader.read(rows[n:])
		if n += got; got > 0 {
			continue
		}
		// What breaks a limit is refused when it is read with the right delimiter.
		var refused *FileError
		if err != io.EOF && !errors.As(err, &refused) {
			return s, err
		}
		rows = rows[:n]
		// Where the sample was cut, the last record may be half of one.
		if info.Size > sampleBytes && n > 1 {
			rows = rows[:n-1]
		}
		break
	}
	s.rows, s.widths = rows, reader.widths[:len(rows)]
	s.crlf = reader.scan.crlf
	return s, nil
}

// chooseSample takes the one that suits fit best, the most regular among
// equals.
func chooseSample(samples []sample, fit func([]Row) int) sample {
	slices.SortStableFunc(samples, func(a, b sample) int {
		aShare, aColumns := a.regularity()
		bShare, bColumns := b.regularity()
		return cmp.Or(cmp.Compare(bShare, aShare), cmp.Compare(bColumns, aColumns))
	})
	best := samples[0]
	if fit == nil || len(samples) == 1 {
		return best
	}
	bestFit := fit(best.rows)
	for _, s := range samples[1:] {
		if score := fit(s.rows); score > bestFit {
			best, bestFit = s, score
		}
	}
	return best
}

// regularity is the share of rows that have as many cells as most, and how many
// those are. With the wrong delimiter most rows are one cell, or the header is
// and the rows differ, as where tags;are;listed in a cell. A title above the
// header is one cell with any delimiter.
func (s *sample) regularity() (share float64, columns int) {
	titles := 0
	for titles < len(s.widths) && s.widths[titles] == 1 {
		titles++
	}
	counts := map[int]int{}
	for i, w := range s.widths {
		if i >= titles && w > 1 && !quoteFault(s.rows[i]) {
			counts[w]++
		}
	}
	for w, n := range counts {
		if n > counts[columns] || n == counts[columns] && w > columns {
			columns = w
		}
	}
	if columns == 0 {
		return 0, 1
	}
	body := s.widths[titles:]
	for i, w := range body {
		switch {
		case quoteFault(s.rows[titles+i]):
		case w == columns:
			share++
		case w > 1 && w < body[0]:
			share += 0.5 // cells left out at the end
		}
	}
	share /= float64(len(body))
	if titles == 0 {
		return share, columns
	}
	const regular, behindTitle = 0.9, 0.6
	if share < regular {
		return 0, 1
	}
	return share * behindTitle, columns
}

func quoteFault(r Row) bool {
	return slices.ContainsFunc(r.Faults, func(f Fault) bool {
		return f.Kind == UnterminatedQuote || f.Kind == StrayQuote
	})
}
