package report

import (
	"encoding/json"
	"testing"
)

func TestLedgerBalances(t *testing.T) {
	var l Ledger
	if err := l.Check(); err != nil {
		t.Errorf("no rows: %v", err)
	}
	l.Add(Ledger{Read: 5, Created: 1, Updated: 1, Unchanged: 1, Skipped: 1, Rejected: 1})
	l.Add(Ledger{Read: 2, Rejected: 2})
	if err := l.Check(); err != nil {
		t.Error(err)
	}
	if want := (Ledger{7, 1, 1, 1, 1, 3}); l != want {
		t.Errorf("sum is %+v, want %+v", l, want)
	}
	for _, wrong := range []Ledger{{Read: 1}, {Created: 1}, {Read: 1, Created: 2, Updated: -1}} {
		if wrong.Check() == nil {
			t.Errorf("%+v balances", wrong)
		}
	}
}

func TestLedgerJSON(t *testing.T) {
	got, err := json.Marshal(Ledger{5, 3, 0, 0, 0, 2})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"read":5,"created":3,"updated":0,"unchanged":0,"skipped":0,"rejected":2}`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
