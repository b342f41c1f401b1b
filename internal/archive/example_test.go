package archive_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"math"

	"tagkeep/internal/archive"
)

// Example writes a file, verifies it and reads a range of it.
func Example() {
	var file bytes.Buffer
	w, err := archive.NewWriter(&file, archive.Header{
		ID:     "example",
		Tables: []archive.Table{{Name: "tag", Columns: []string{"id", "name", "note"}, Shift: archive.ShiftFor(40)}},
	}, archive.WriterOptions{})
	if err != nil {
		log.Fatal(err)
	}
	if err := w.Begin("tag"); err != nil {
		log.Fatal(err)
	}
	for id, name := range []string{"new", "VIP", "a\tb"} {
		w.Int(int64(id))
		w.Text(name)
		w.Null()
		if err := w.EndRow(); err != nil {
			log.Fatal(err)
		}
	}
	if _, err := w.Close("state"); err != nil {
		log.Fatal(err)
	}

	ctx, r, size := context.Background(), bytes.NewReader(file.Bytes()), int64(file.Len())
	m, err := archive.Verify(ctx, r, size)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Rows, "rows")
	f, err := archive.Open(r, size)
	if err != nil {
		log.Fatal(err)
	}
	for chunk, err := range f.Table(ctx, "tag", 1, math.MaxInt64) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s", chunk.Body())
		for key, cells := range chunk.Rows() {
			fmt.Printf("%d %q %v\n", key, cells[1].Text, cells[2].Null)
		}
	}
	// Output:
	// 3 rows
	// 1	VIP	\N
	// 2	a\tb	\N
	// 1 "VIP" true
	// 2 "a\tb" true
}
