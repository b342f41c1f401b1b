package crm

import "testing"

// A thing is called by the letter of what sent it into the bin, and is in the
// bin as long as it can come back.
func TestEvents(t *testing.T) {
	events := Events{7: {ID: 7, Kind: EventMerge, State: StateInBin}, 8: {ID: 8, Kind: EventUndo, State: StateInBin},
		9: {ID: 9, Kind: EventDelete, State: StatePurged}, 10: {ID: 10, Kind: EventDelete, State: StatePurging}}
	for id, want := range map[int64]struct {
		label string
		holds bool
	}{0: {"D0", false}, 5: {"D5", true}, 7: {"D7", true}, 8: {"X8", true}, 9: {"D9", false}, 10: {"D10", false}} {
		if got := events.Label(id); got != want.label || events.Holds(id) != want.holds {
			t.Errorf("event %d: %s, holds %v, want %+v", id, got, events.Holds(id), want)
		}
	}
}
