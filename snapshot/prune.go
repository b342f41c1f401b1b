package snapshot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"tagkeep/internal/store"
)

// Policy says which snapshots to keep: the last so many, the last of each of so
// many days, weeks and months, and all of a time. What any of them keeps stays.
type Policy struct {
	Last, Daily, Weekly, Monthly int
	Within                       time.Duration
}

// ErrEmptyPolicy: a policy that keeps nothing is a slip of the pen.
var ErrEmptyPolicy = errors.New("the policy keeps nothing")

func (p Policy) check() error {
	if min(p.Last, p.Daily, p.Weekly, p.Monthly) < 0 || p.Within < 0 {
		return fmt.Errorf("%w: a number below 0", ErrEmptyPolicy)
	}
	if max(p.Last, p.Daily, p.Weekly, p.Monthly) == 0 && p.Within == 0 {
		return ErrEmptyPolicy
	}
	return nil
}

// Why a snapshot is kept.
const (
	KeepNewest     = "newest"     // the newest verified one of its class
	KeepLast       = "last"       // by Policy.Last
	KeepDaily      = "daily"      // the last of its day
	KeepWeekly     = "weekly"     // the last of its week
	KeepMonthly    = "monthly"    // the last of its month
	KeepWithin     = "within"     // by Policy.Within
	KeepNeeded     = "needed"     // a deletion in the bin was made against it
	KeepRecent     = "recent"     // a deletion may be about to be made against it
	KeepFuture     = "future"     // its clock, or this one, is wrong
	KeepDamaged    = "damaged"    // parts of it may be all that is left
	KeepUnverified = "unverified" // nobody knows whether it is whole
	KeepSuspicious = "suspicious" // somebody has to look at what happened
	KeepForeign    = "foreign"    // of another database
)

// Verdict is what becomes of one snapshot. It goes when there is no reason to
// keep it.
type Verdict struct {
	Info
	Class string   // manual, schedule or before; with "/part" for a part of the database
	Why   []string // of the Keep constants
}

// Keep reports whether it stays.
func (v Verdict) Keep() bool { return len(v.Why) > 0 }

// Scene is what a decision is taken in.
type Scene struct {
	Database string // uuid
	Zone     *time.Location
	Now      int64           // epoch milliseconds
	Needed   map[string]bool // ids of snapshots that the bin relies on
}

// recent is how long a delete may take between its snapshot and its event.
const recent = time.Hour

// Thin decides what a policy keeps. Classes do not displace each other: each
// has the whole policy for itself. Only what is verified, whole and not from the
// future counts; the rest is kept and displaces nothing. The order is that of
// the sequence; the clock only says to which day a snapshot belongs.
func Thin(list []Info, p Policy, in Scene) ([]Verdict, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	out := make([]Verdict, len(list))
	byClass := make(map[string][]*Verdict)
	for i, info := range list {
		v := &out[i]
		v.Info, v.Class = info, classOf(info)
		if v.Why = standing(info, v.Class, in); len(v.Why) == 0 || v.Why[0] == KeepNeeded || v.Why[0] == KeepRecent {
			byClass[v.Class] = append(byClass[v.Class], v)
		}
	}
	for _, class := range byClass {
		slices.SortStableFunc(class, func(a, b *Verdict) int {
			return cmp.Or(cmp.Compare(b.Sequence, a.Sequence), cmp.Compare(b.Created, a.Created), cmp.Compare(b.File, a.File))
		})
		p.apply(class, in)
	}
	return out, nil
}

func classOf(i Info) string {
	class, _, _ := strings.Cut(i.Reason, "-")
	if !i.Whole() {
		class += "/part"
	}
	return class
}

// standing are the reasons that have nothing to do with the policy.
func standing(i Info, class string, in Scene) []string {
	switch {
	case i.Problem != "":
		return []string{KeepDamaged}
	case i.Database != in.Database && !i.unknown():
		return []string{KeepForeign}
	case i.Future || i.Created > in.Now+futureSlack.Milliseconds():
		return []string{KeepFuture}
	case i.Suspicious:
		return []string{KeepSuspicious}
	case i.Verified == 0:
		return []string{KeepUnverified}
	case in.Needed[i.ID]:
		return []string{KeepNeeded}
	case strings.HasPrefix(class, "before") && i.Created > in.Now-recent.Milliseconds():
		return []string{KeepRecent}
	}
	return nil
}

// apply marks what the policy keeps of one class, which is sorted, the newest
// first.
func (p Policy) apply(class []*Verdict, in Scene) {
	for i, v := range class {
		if i == 0 {
			v.Why = append(v.Why, KeepNewest)
		}
		if i < p.Last {
			v.Why = append(v.Why, KeepLast)
		}
	}
	for _, rule := range []struct {
		n    int
		why  string
		name func(time.Time) string
	}{
		{p.Daily, KeepDaily, func(t time.Time) string { return t.Format(time.DateOnly) }},
		{p.Weekly, KeepWeekly, func(t time.Time) string { year, week := t.ISOWeek(); return fmt.Sprint(year, " ", week) }},
		{p.Monthly, KeepMonthly, func(t time.Time) string { return t.Format("2006-01") }},
	} {
		seen := make(map[string]bool)
		for _, v := range class {
			period := rule.name(time.UnixMilli(v.Created).In(in.Zone))
			if !seen[period] && len(seen) < rule.n {
				seen[period] = true
				v.Why = append(v.Why, rule.why)
			}
		}
	}
	p.within(class, in.Now)
}

// within adds up the time between one snapshot and the next. A gap counts for a
// day or a quarter of the time at most, the longer of them: a clock that jumps
// ten years ahead makes nothing ten years old.
func (p Policy) within(class []*Verdict, now int64) {
	limit, age, last := p.Within.Milliseconds(), int64(0), now
	longest := max(limit/4, (25 * time.Hour).Milliseconds())
	for _, v := range class {
		age += min(max(last-v.Created, 0), longest)
		last = v.Created
		if age < limit {
			v.Why = append(v.Why, KeepWithin)
		}
	}
}

// afterPurge is how long a snapshot is needed after the bin has let go.
const afterPurge = 14 * 24 * time.Hour

// needed are the snapshots that deletions rely on.
func needed(tx *store.Tx, now int64) (map[string]bool, error) {
	var ids []string
	err := tx.Select(&ids, `SELECT snapshot_id FROM deletion WHERE snapshot_id <> '' AND
		(state IN ('in_bin', 'purging') OR state = 'purged' AND ended_at > ?)`, now-afterPurge.Milliseconds())
	out := make(map[string]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	return out, err
}

// PruneOptions say what to prune and how.
type PruneOptions struct {
	Policy
	DryRun  bool
	By      int64
	Command string
	Now     func() int64 // the clock, in epoch milliseconds; nil = the system's
}

// Pruned is what a pruning decided, and how many bytes it freed or would free.
type Pruned struct {
	Verdicts []Verdict // the newest first
	Removed  int
	Freed    int64
}

// Prune removes the snapshots that the policy does not keep. When it fails, what
// is still there is whole, and the next run goes on.
func Prune(ctx context.Context, db *store.DB, d *Dir, o PruneOptions) (Pruned, error) {
	now := d.now().UnixMilli()
	if o.Now != nil {
		now = o.Now()
	}
	out, err := decide(ctx, db, d, o.Policy, now)
	if err != nil || o.DryRun || out.Removed == 0 {
		return out, err
	}
	if err := d.remove(ctx, out.Verdicts); err != nil {
		return Pruned{}, fmt.Errorf("prune the snapshots: %w", err)
	}
	return out, db.InTx(ctx, nil, func(tx *store.Tx) error {
		var gone []string
		for _, v := range out.Verdicts {
			if !v.Keep() {
				gone = append(gone, v.Short())
			}
		}
		detail, err := json.Marshal(map[string]any{"removed": gone, "bytes": out.Freed})
		if err != nil {
			return err
		}
		return tx.WriteAudit(store.Audit{Operator: store.Operator(), StaffID: o.By, Action: "snapshot.prune", Command: o.Command, Detail: string(detail)})
	})
}

func decide(ctx context.Context, db *store.DB, d *Dir, p Policy, now int64) (out Pruned, err error) {
	if err := p.check(); err != nil {
		return out, err
	}
	in := Scene{Database: db.Meta().UUID, Now: now}
	if in.Zone, err = db.Meta().Location(); err != nil {
		return out, err
	}
	list, err := d.List(ctx)
	if err != nil {
		return out, err
	}
	err = db.View(ctx, func(tx *store.Tx) error {
		if in.Needed, err = needed(tx, now); err != nil {
			return err
		}
		return Marks(tx, list)
	})
	if err != nil {
		return out, err
	}
	if out.Verdicts, err = Thin(list, p, in); err != nil {
		return out, err
	}
	for _, v := range out.Verdicts {
		if !v.Keep() {
			out.Removed++
			out.Freed += v.Bytes
		}
	}
	return out, nil
}

// remove unlinks the files that nothing keeps, the oldest first: stopped half
// way, it has removed what would have gone first anyhow. A sidecar goes after
// its snapshot; one that stays behind is swept.
func (d *Dir) remove(ctx context.Context, verdicts []Verdict) error {
	return d.locked(func() error {
		for _, v := range slices.Backward(verdicts) {
			if v.Keep() {
				continue
			}
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			for _, path := range []string{v.Path, sidecarPath(v.Path)} {
				if err := d.disk.remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return err
				}
			}
		}
		return d.disk.syncDir(d.path)
	})
}
