package store

import (
	"database/sql"
	"testing"
)

// A row that is not what it says is not taken for another.
func TestUnpack(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{
		"1,-2,3,0,abc":  true,
		"1,-2,-1,3,abc": true,
		"1,-2,0,0,":     true,
		"1,-2,1,2,,\n,": true,
		"1,-2,3,0,ab":   false, // too short
		"1,-2,3,0,abcd": false, // too long
		"1,3,0,abc":     false, // a number is NULL
		"1,-2,3":        false,
		"":              false,
	} {
		p := &packed{cells: make([]sql.RawBytes, 4), text: sql.RawBytes(text), numbers: []int{0, 2}, texts: []int{1, 3}, lengths: make([]int, 2)}
		if err := p.unpack(); (err == nil) != ok {
			t.Errorf("%q: %q, %v", text, p.cells, err)
		}
	}
	p := &packed{cells: make([]sql.RawBytes, 4), text: sql.RawBytes("1,-2,-1,3,a,c"), numbers: []int{0, 2}, texts: []int{1, 3}, lengths: make([]int, 2)}
	if err := p.unpack(); err != nil || string(p.cells[0]) != "1" || p.cells[1] != nil || string(p.cells[2]) != "-2" || string(p.cells[3]) != "a,c" {
		t.Errorf("%q, %v", p.cells, err)
	}
}
