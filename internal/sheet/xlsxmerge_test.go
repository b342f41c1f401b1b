package sheet

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// withMerges adds merged ranges behind the rows of the first sheet.
func (p parts) withMerges(refs ...string) parts {
	var b strings.Builder
	for _, ref := range refs {
		fmt.Fprintf(&b, `<mergeCell ref="%s"/>`, ref)
	}
	const name = "xl/worksheets/Sheet1.xml"
	return p.with(name, strings.Replace(p[name], "</sheetData>", "</sheetData><mergeCells>"+b.String()+"</mergeCells>", 1))
}

func TestCase50MergedCells(t *testing.T) {
	const rows = `<row r="1">` + `<c r="A1" t="str"><v>Title</v></c>` + `</row>` +
		`<row r="5"><c r="A5" t="str"><v>VIP</v></c><c r="B5"><v>1</v></c></row>` +
		`<row r="6"><c r="A6" s="1"/><c r="B6"><v>2</v></c></row>` +
		`<row r="7"><c r="B7"><v>3</v></c></row>` +
		`<row r="8"><c r="A8"/><c r="B8"/></row>` +
		`<row r="10"><c r="A10"><v>7</v></c><c r="B10"><v>4</v></c></row>`
	p := madeBook(rows).withMerges("A1:C1", "A5:A9", "$B$7:$B$8", "D1:D1")
	merged := func(c Cell) Cell { c.Merged = true; return c }

	res := p.mustRead(t, Options{})
	checkRows(t, res.rows, []Row{
		rowOf(1, asText("Title")),
		rowOf(5, asText("VIP"), asNumber("1")),
		rowOf(6, merged(Cell{}), asNumber("2")),
		rowOf(7, merged(Cell{}), asNumber("3")),
		rowOf(10, asNumber("7"), asNumber("4")),
	})
	if res.blank != 1 {
		t.Errorf("%d blank rows, want 1", res.blank)
	}

	res = p.mustRead(t, Options{FillMerged: true})
	checkRows(t, res.rows, []Row{
		rowOf(1, asText("Title"), merged(asText("Title")), merged(asText("Title"))),
		rowOf(5, asText("VIP"), asNumber("1")),
		rowOf(6, merged(asText("VIP")), asNumber("2")),
		rowOf(7, merged(asText("VIP")), asNumber("3")),
		rowOf(10, asNumber("7"), asNumber("4")),
	})
}

// TestHugeMerges reads a sheet of which everything is merged: what is kept is
// the ranges, not their cells.
func TestHugeMerges(t *testing.T) {
	rows := `<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="C2"><v>2</v></c></row><row r="1048576"><c r="B1048576"><v>3</v></c></row>`
	res := madeBook(rows).withMerges("A1:A1048576", "B1:XFD1048576").mustRead(t, Options{})
	checkRows(t, res.rows, []Row{
		rowOf(1, asNumber("1")),
		rowOf(2, Cell{Merged: true}, Cell{Merged: true}, Cell{Kind: Number, Value: "2", Merged: true}),
		rowOf(1048576, Cell{Merged: true}, Cell{Kind: Number, Value: "3", Merged: true}),
	})
	res = madeBook(rows).withMerges("A1:A1048576").mustRead(t, Options{FillMerged: true})
	if got, want := res.rows[2].Cells[0], (Cell{Kind: Number, Value: "1", Merged: true}); got != want {
		t.Errorf("A1048576 is %+v, want %+v", got, want)
	}
}

func TestBadMerges(t *testing.T) {
	for _, ref := range []string{"", "A1:", "A:A", "A0:B1", "A1:XFE1", "A1:B1048577", "hello", "A1:B2:C3"} {
		madeBook("").withMerges(ref).mustRefuse(t, Options{}, Damaged)
	}
	// A text that only looks like merged cells.
	p := madeBook(`<row r="1">` + inline("A1", "&lt;mergeCell ref=x>") + `</row>`)
	checkRows(t, p.mustRead(t, Options{}).rows, []Row{rowOf(1, asText("<mergeCell ref=x>"))})
	overlapping := slices.Repeat([]string{"A1:B9"}, MaxColumns+1)
	madeBook(`<row r="1"><c><v>1</v></c></row>`).withMerges(overlapping...).mustRefuse(t, Options{}, Hostile)
}

// TestMergedRangesModel compares the search for ranges with a plain one, for
// rows in any order.
func TestMergedRangesModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var ranges []mergedRange
		for range rng.IntN(40) {
			row, column := 1+rng.Int32N(60), int16(rng.IntN(20))
			ranges = append(ranges, mergedRange{row, row + rng.Int32N(30), column, column + int16(rng.IntN(3))})
		}
		m := newMergedRanges(ranges)
		for range 50 {
			row := 1 + rng.IntN(100)
			got, until := m.in(nil, row)
			var want []int32
			for i, r := range m.ranges {
				if int(r.row) <= row && row <= int(r.lastRow) {
					want = append(want, int32(i))
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("row %d lies in %v, want %v of %v", row, got, want, m.ranges)
			}
			if later, _ := m.in(nil, until); until < row || !slices.Equal(later, want) {
				t.Fatalf("row %d lies in %v, not as row %d in %v", until, later, row, want)
			}
		}
	}
}
