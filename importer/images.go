package importer

import (
	"encoding/json"

	"tagkeep/internal/store"
)

// newImage makes an image; before is nil for a thing that was not there.
func newImage(r *row, kind string, id, staff int64, before any, after string) store.Change {
	body := ""
	if before != nil {
		b, err := json.Marshal(before)
		if err != nil {
			panic("importer: " + err.Error()) // plain structs
		}
		body = string(b)
	}
	return store.Change{Row: r.rec.Row, Kind: kind, ItemID: id, StaffID: staff, Before: body, After: after}
}
