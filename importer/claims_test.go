package importer

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tagkeep/internal/crm"
)

// remembered is all that claims can be asked.
type remembered struct {
	Rows   map[claim]int32
	Said   map[int64][]statement
	Means  map[keyValue][]int64
	Keys   map[int64][3]string
	Became map[int64]int64
	Stands map[int64]int64
}

// contents asks the claims all that the steps of TestClaims can have told them.
func contents(c *claims) remembered {
	ids := []int64{-3, -2, -1, 1, 2, 3}
	for row := int64(1); row < 60; row++ {
		ids = append(ids, 100+row)
	}
	var pairs []claim
	var keys []keyValue
	for _, id := range ids {
		pairs = append(pairs, pair(id, 0), pair(id, 1), pair(id, 2))
	}
	for k := range 3 {
		keys = append(keys, keyValue{k, "k1"}, keyValue{k, "k2"})
	}
	return remembered{answers(c.rows, pairs), answers(c.said, ids), answers(c.means, keys), answers(c.keys, ids), answers(c.became, ids), answers(c.stands, ids)}
}

// answers are the values of the keys without empty ones.
func answers[K comparable, V any](f *shelf[K, V], keys []K) map[K]V {
	out := make(map[K]V)
	for _, k := range keys {
		v := f.get(k)
		if r := reflect.ValueOf(v); r.IsZero() || r.Kind() == reflect.Slice && r.Len() == 0 {
			continue
		}
		out[k] = v
	}
	return out
}

// Claims that are taken back leave no trace, and those that are stored and read
// again are the same.
func TestClaims(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		step := func(c *claims, row int) {
			id := rapid.Int64Range(-3, 3).Filter(func(n int64) bool { return n != 0 }).Draw(t, "id")
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				c.first(pair(id, rapid.Int64Range(0, 2).Draw(t, "staff")), row)
			case 1:
				c.say(id, row, 1<<rapid.IntRange(0, 3).Draw(t, "a")|1<<rapid.IntRange(0, 3).Draw(t, "b"), func(column int) (string, bool) {
					return rapid.SampledFrom([]string{"x", "y"}).Draw(t, "value"), rapid.Bool().Draw(t, "asked")
				})
			case 2:
				c.mean(id, keyValue{rapid.IntRange(0, 2).Draw(t, "key"), rapid.SampledFrom([]string{"k1", "k2"}).Draw(t, "value")})
			case 3:
				if id < 0 && c.became.get(id) == 0 {
					c.become(id, int64(100+row))
				}
			}
		}
		// With few entries in memory most of them go to a file.
		limit := rapid.SampledFrom([]int{0, 3, maxRemembered}).Draw(t, "limit")
		c, stored := newClaims(newShelves(limit)), newClaims(newShelves(limit))
		defer c.shelves.close()
		defer stored.shelves.close()
		row := 1
		for range rapid.IntRange(1, 4).Draw(t, "units") {
			for range rapid.IntRange(0, 6).Draw(t, "rows") {
				step(c, row)
				row++
			}
			before, mark := contents(c), c.mark()
			for range rapid.IntRange(0, 6).Draw(t, "refused rows") {
				step(c, row)
				row++
			}
			c.back(mark)
			if diff := cmp.Diff(before, contents(c)); diff != "" {
				t.Fatalf("taken back (-before +after):\n%s", diff)
			}
			pieces, err := c.pieces()
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range pieces {
				if err := stored.load(p); err != nil {
					t.Fatal(err)
				}
			}
			c.keep()
		}
		if diff := cmp.Diff(contents(c), contents(stored)); diff != "" {
			t.Fatalf("stored and read (-before +after):\n%s", diff)
		}
	})
}

// What was meant by an unknown name does not depend on what was asked before,
// and many unknown names cost no more than some.
func TestSuggestions(t *testing.T) {
	n := &names{groups: map[string]*crm.Group{}, groupByID: map[int64]*crm.Group{}, foldedGroup: map[string]string{}}
	if got := n.nearestGroup("意象"); got != "" {
		t.Errorf("of nothing: %q", got)
	}
	n.addGroup(&crm.Group{ID: 1, Name: "意向"})
	if got := n.nearestGroup("意象"); got != "意向" {
		t.Errorf("after a group was added: %q", got)
	}
	n.addGroup(&crm.Group{ID: 2, Name: "意像"})
	if got := n.nearestGroup("意象"); got != "意像" {
		t.Errorf("of equals the first in order: %q", got)
	}
	searched := 0
	var s suggestions
	for i := range 3 * mostSuggested {
		s.near(suggestList{kind: "x"}, string(rune('一'+i)), 1, func() []string { searched++; return []string{"a"} })
	}
	if searched != 1 || len(s.found) != mostSuggested {
		t.Errorf("the list was made %d times, %d names are kept", searched, len(s.found))
	}
}

func TestAmount(t *testing.T) {
	for text, want := range map[string]Amount{"100": {N: 100, Given: true}, " 5% ": {N: 5, Percent: true, Given: true}, "0": {Given: true}} {
		if got, err := ParseAmount(text); err != nil || got != want {
			t.Errorf("%q: got %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-1", "101%", "x", "5 %%", "1.5"} {
		if got, err := ParseAmount(text); err == nil {
			t.Errorf("%q: got %+v", text, got)
		}
	}
	for _, c := range []struct {
		a        Amount
		n, total int64
		want     bool
	}{{Amount{N: 3}, 3, 100, false}, {Amount{N: 3}, 4, 100, true}, {Amount{N: 5, Percent: true}, 5, 100, false}, {Amount{N: 5, Percent: true}, 6, 100, true}, {Amount{N: 0, Percent: true}, 1, 0, true}} {
		if got := c.a.Exceeded(c.n, c.total); got != c.want {
			t.Errorf("%+v: %d of %d: got %v", c.a, c.n, c.total, got)
		}
	}
}
