package snapshot

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const testDatabase = "uuid"

var shanghai = func() *time.Location {
	loc, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		panic(err)
	}
	return loc
}()

func scene(now time.Time) Scene {
	return Scene{Database: testDatabase, Zone: shanghai, Now: now.UnixMilli(), Needed: map[string]bool{}}
}

// good is a verified snapshot.
func good(sequence int64, reason string, at time.Time) Info {
	return Info{ID: fmt.Sprint("id", sequence), File: fmt.Sprint(sequence), Sequence: sequence, Reason: reason, Database: testDatabase,
		Created: at.UnixMilli(), Verified: at.UnixMilli(), Bytes: 10}
}

func kept(t interface{ Fatal(...any) }, list []Info, p Policy, in Scene) (out []Info) {
	verdicts, err := Thin(list, p, in)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range verdicts {
		if v.Keep() {
			out = append(out, v.Info)
		}
	}
	return out
}

func sequences(list []Info) (out []int64) {
	for _, i := range list {
		out = append(out, i.Sequence)
	}
	return out
}

// One a night for 400 nights: what is left is what the policy says.
func TestPruneCalendar(t *testing.T) {
	t.Parallel()
	var list []Info
	start := time.Date(2024, 1, 1, 3, 0, 0, 0, shanghai)
	for i := range 400 {
		list = append(list, good(int64(i+1), Schedule, start.AddDate(0, 0, i)))
	}
	slices.Reverse(list)
	in := scene(start.AddDate(0, 0, 399).Add(time.Hour))
	for _, c := range []struct {
		p    Policy
		want int
	}{
		{Policy{Last: 1}, 1},
		{Policy{Last: 500}, 400},
		{Policy{Daily: 14}, 14},
		{Policy{Weekly: 8}, 8},
		{Policy{Monthly: 12}, 12},
		{Policy{Daily: 14, Weekly: 8, Monthly: 12}, 29},
		{Policy{Within: 48 * time.Hour}, 2},
		{Policy{Within: 720 * time.Hour}, 30},
	} {
		if got := kept(t, list, c.p, in); len(got) != c.want {
			t.Errorf("%+v keeps %d, want %d: %v", c.p, len(got), c.want, sequences(got))
		}
	}
}

// A day begins where the company is.
func TestPruneZone(t *testing.T) {
	t.Parallel()
	late := time.Date(2024, 3, 1, 23, 59, 0, 0, shanghai)
	list := []Info{good(2, Schedule, late.Add(2*time.Minute)), good(1, Schedule, late)}
	if got := kept(t, list, Policy{Daily: 2}, scene(late.Add(time.Hour))); len(got) != 2 {
		t.Errorf("kept %v", sequences(got))
	}
}

func TestF20EmptyPolicy(t *testing.T) {
	t.Parallel()
	for _, p := range []Policy{{}, {Last: -1}, {Daily: 3, Weekly: -1}, {Within: -time.Hour}} {
		if _, err := Thin(nil, p, scene(time.Now())); !errors.Is(err, ErrEmptyPolicy) {
			t.Errorf("%+v: %v", p, err)
		}
	}
}

// What counts for nothing is kept, and displaces nothing.
func TestF18PruneKeepsTheOdd(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 3, 1, 12, 0, 0, 0, shanghai)
	odd := func(sequence int64, change func(*Info)) Info {
		i := good(sequence, Schedule, now.Add(-time.Hour))
		change(&i)
		return i
	}
	list := []Info{
		odd(9, func(i *Info) { i.Created = now.AddDate(10, 0, 0).UnixMilli() }),
		odd(8, func(i *Info) { i.Problem = "cut off" }),
		odd(7, func(i *Info) { i.Verified = 0 }),
		odd(6, func(i *Info) { i.Suspicious = true }),
		odd(5, func(i *Info) { i.Database = "another" }),
		good(4, Schedule, now.Add(-2*time.Hour)),
		good(3, Schedule, now.Add(-3*time.Hour)),
		good(2, Schedule, now.Add(-4*time.Hour)),
		good(1, BeforeDelete, now.Add(-50*time.Hour)),
	}
	in := scene(now)
	in.Needed["id2"] = true
	verdicts, err := Thin(list, Policy{Last: 1}, in)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"[future]", "[damaged]", "[unverified]", "[suspicious]", "[foreign]", "[newest last]", "[]", "[needed]", "[newest last]"}
	for i, v := range verdicts {
		if fmt.Sprint(v.Why) != want[i] {
			t.Errorf("S%d: %v, want %s", v.Sequence, v.Why, want[i])
		}
	}
}

func drawList(r *rapid.T) ([]Info, time.Time) {
	now := time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)
	var list []Info
	at := now
	for n := range rapid.IntRange(1, 40).Draw(r, "snapshots") {
		// Clocks go back and forth, by hours or years.
		at = at.Add(time.Duration(rapid.Int64Range(-100, 1000).Draw(r, "hours")) * time.Hour)
		if rapid.IntRange(0, 9).Draw(r, "jump") == 0 {
			at = at.AddDate(rapid.IntRange(-10, 10).Draw(r, "years"), 0, 0)
		}
		i := good(int64(n+1), rapid.SampledFrom([]string{Manual, Schedule, BeforeDelete, BeforeRestore}).Draw(r, "reason"), at)
		i.Suspicious = rapid.IntRange(0, 9).Draw(r, "suspicious") == 0
		if rapid.IntRange(0, 5).Draw(r, "unverified") == 0 {
			i.Verified = 0
		}
		list = append(list, i)
	}
	slices.Reverse(list)
	return list, at.AddDate(rapid.IntRange(-10, 10).Draw(r, "now"), 0, 0)
}

func drawPolicy(r *rapid.T) Policy {
	n := rapid.IntRange(0, 4)
	return Policy{n.Draw(r, "last"), n.Draw(r, "daily"), n.Draw(r, "weekly"), n.Draw(r, "monthly"), time.Duration(1+n.Draw(r, "within")*30) * time.Hour}
}

// Whatever the clocks do: the newest verified one of each class stays, a second
// pruning finds nothing more, and no class has a say in another.
func TestF18F19PruneProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		list, now := drawList(r)
		p, in := drawPolicy(r), scene(now)
		left := kept(r, list, p, in)
		have := make(map[int64]bool)
		for _, i := range left {
			have[i.Sequence] = true
		}
		seen := make(map[string]bool)
		for _, i := range list {
			future := i.Created > in.Now+futureSlack.Milliseconds()
			if class := classOf(i); i.Verified > 0 && !i.Suspicious && !future && !seen[class] {
				seen[class] = true
				if !have[i.Sequence] {
					r.Fatalf("S%d, the newest verified of %s, goes", i.Sequence, class)
				}
			}
		}
		if again := kept(r, left, p, in); !slices.Equal(sequences(again), sequences(left)) {
			r.Fatalf("once %v, twice %v", sequences(left), sequences(again))
		}
		alone := slices.DeleteFunc(slices.Clone(list), func(i Info) bool { return i.Reason != Manual })
		manual := slices.DeleteFunc(slices.Clone(left), func(i Info) bool { return i.Reason != Manual })
		if got := kept(r, alone, p, in); !slices.Equal(sequences(got), sequences(manual)) {
			r.Fatalf("manual ones alone %v, among others %v", sequences(got), sequences(manual))
		}
	})
}

// A clock that runs ahead removes no more than one that is right.
func TestF18ClockAhead(t *testing.T) {
	t.Parallel()
	start := time.Date(2024, 1, 1, 3, 0, 0, 0, shanghai)
	var list []Info
	for i := range 20 {
		list = append(list, good(int64(i+1), Schedule, start.AddDate(0, 0, i)))
	}
	slices.Reverse(list)
	for _, p := range []Policy{{Daily: 14}, {Last: 3, Monthly: 2}, {Within: 240 * time.Hour}} {
		right := kept(t, list, p, scene(start.AddDate(0, 0, 19).Add(12*time.Hour)))
		wrong := kept(t, list, p, scene(start.AddDate(10, 0, 0)))
		if len(wrong) < len(right)-2 || p.Within == 0 && len(wrong) != len(right) {
			t.Errorf("%+v: %v, ten years later %v", p, sequences(right), sequences(wrong))
		}
	}
}
