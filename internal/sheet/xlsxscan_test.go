package sheet

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// tokens scans XML and lists what next returns.
func tokens(t *testing.T, r io.Reader, window int) (list []string, err error) {
	t.Helper()
	s, err := newXMLScanner(r, "book", "part", 0)
	if err != nil {
		t.Fatal(err)
	}
	if window > 0 {
		s.buf = make([]byte, window)
	}
	for {
		tok, err := s.next()
		if err != nil {
			return list, err
		}
		switch tok {
		case xmlEOF:
			return list, nil
		case xmlEnd:
			list = append(list, "/"+string(s.name))
		case xmlText:
			list = append(list, fmt.Sprintf("%q", s.text))
		case xmlStart:
			item := string(s.name)
			for _, a := range s.attrs {
				item += fmt.Sprintf(" %s=%s", s.buf[a.name:a.nameEnd], s.buf[a.value:a.valueEnd])
			}
			if s.empty {
				item += " /"
			}
			list = append(list, item)
		}
	}
}

// TestScannerTokens scans in windows of any size, so that every token is cut at
// every place.
func TestScannerTokens(t *testing.T) {
	const sample = `<?xml version="1.0"?><!-- <c> --><x:a  xmlns:x = "u" b='"' c="'>'"` + "\n" +
		` ><b/>text &amp; more<x:c d=""></x:c ><![CDATA[<&]]]><!----><?p?></x:a>` + "\n"
	want := fmt.Sprint([]string{`a xmlns:x=u b=" c='>'`, `b /`, `"text &amp; more"`, `c d=`, `/c`, `"<&]"`, `/a`})
	for window := range 40 {
		for i, r := range []io.Reader{
			strings.NewReader(sample),
			iotest.OneByteReader(strings.NewReader(sample)),
			iotest.DataErrReader(strings.NewReader(sample)),
		} {
			got, err := tokens(t, r, window)
			if err != nil || fmt.Sprint(got) != want {
				t.Fatalf("window %d, reader %d: error %v and\n%v, want\n%v", window, i, err, got, want)
			}
		}
	}
}

func TestScannerReadError(t *testing.T) {
	broken := errors.New("disk on fire")
	r := io.MultiReader(strings.NewReader("<a><b>text"), iotest.ErrReader(broken))
	if _, err := tokens(t, r, 0); !errors.Is(err, broken) {
		t.Errorf("the error of the reader becomes %v", err)
	}
	stuck := io.MultiReader(strings.NewReader("<a><b>text"), readerFunc(func([]byte) (int, error) { return 0, nil }))
	if _, err := tokens(t, stuck, 0); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("a reader that gives nothing gives %v", err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestSmallWindows reads rows in windows in which hardly a tag fits.
func TestSmallWindows(t *testing.T) {
	p := madeBook(`<row r="1">` + inline("A1", "客户 &lt;1>") + `<c r="B1" t="s"><v>0</v></c><c r="C1"><v>12</v></c></row>` +
		`<row r="2"><c r="A2"><f>1</f><v>3</v></c><c r="B2" t="str"><v xml:space="preserve"> x </v></c></row>`).
		strings("<si><t>x</t></si>")
	want := p.mustRead(t, Options{}).rows
	b, _, err := openBook(t, tempFile(t, p.zip(t)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	for window := 1; window < 60; window++ {
		r, err := b.rows(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		scan := r.(*xlsxRows).scan
		scan.buf = make([]byte, window)
		scan.r = iotest.OneByteReader(scan.r)
		rows := make([]Row, 5)
		n, err := r.read(rows)
		if err != io.EOF {
			t.Fatalf("window %d: %v", window, err)
		}
		checkRows(t, rows[:n], want)
		r.close()
	}
}

// TestReadAhead gives what the reader below gives, whatever its pieces, and
// ends its goroutine however the reading ends.
func TestReadAhead(t *testing.T) {
	content := strings.Repeat("0123456789", 3*aheadChunk/10)
	broken := errors.New("disk on fire")
	for _, end := range []error{io.EOF, broken} {
		src := io.MultiReader(strings.NewReader(content), iotest.ErrReader(end))
		a := readAhead(io.NopCloser(src))
		got, err := io.ReadAll(a)
		if string(got) != content || end == broken && err != broken || end == io.EOF && err != nil {
			t.Errorf("%d of %d bytes and the error %v", len(got), len(content), err)
		}
		for range 2 {
			if err := a.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	closed := make(chan struct{})
	a := readAhead(closeFunc{strings.NewReader(content), func() { close(closed) }})
	if _, err := a.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	<-closed
	if _, err := io.ReadAll(a); err == nil {
		t.Error("a closed reader comes to a clean end")
	}
}

type closeFunc struct {
	io.Reader
	close func()
}

func (c closeFunc) Close() error { c.close(); return nil }
