package recycle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/snapshot"
)

// DeleteOptions say who deletes and why.
type DeleteOptions struct {
	Reason  string
	By      int64 // staff id, 0 = the operator
	Command string
	// Confirm is asked before anything is written, and again when the data have
	// changed meanwhile; its error ends the delete. nil = go on.
	Confirm func(Doomed) error
	// Progress is told now and then how many rows the snapshot holds.
	Progress func(rows int64)
	Wait     time.Duration // for another long job, when it comes to that
	// Recipients encrypt the snapshot.
	merge int64 // the tag that the others go into, for MergeTags
}

// Doomed is what a delete sends into the bin, counted.
type Doomed struct {
	Groups    int64 `json:"groups"`
	Tags      int64 `json:"tags"`
	Customers int64 `json:"customers"`
	Losing    int64 `json:"customers_losing_a_tag"`
	Links     int64 `json:"links"`
	Moved     int64 `json:"links_moved,omitempty"` // that the tag gets which the others are merged into
	Grants    int64 `json:"grants"`
	People    int64 `json:"people_losing_access"`
	// Names are the first of them, as commands write them.
	Names []string `json:"names"`
	// GroupIDs and TagIDs are all groups and tags that go.
	GroupIDs []int64 `json:"-"`
	TagIDs   []int64 `json:"-"`
}

// Deleted is a delete that is done.
type Deleted struct {
	Event    int64
	Snapshot snapshot.Info
	Counts   Doomed
}

// maxNames is how many names a Doomed has.
const maxNames = 20

// PlanDelete counts what a delete would send into the bin. Nothing is written. A
// *Refusal when by may not delete it all, ErrEmpty when there is nothing.
func PlanDelete(ctx context.Context, db *store.DB, s Selection, by int64) (Doomed, error) {
	return planDelete(ctx, db, s, DeleteOptions{By: by})
}

func planDelete(ctx context.Context, db *store.DB, s Selection, o DeleteOptions) (d Doomed, err error) {
	err = db.View(ctx, func(tx *store.Tx) error {
		v, err := allowedVictims(tx, s.sorted(), o)
		if err != nil {
			return err
		}
		d, _, err = v.count(tx)
		return err
	})
	return d, err
}

// allowedVictims are the victims of a delete or merge that whoever acts may
// carry out.
func allowedVictims(tx *store.Tx, s Selection, o DeleteOptions) (*victims, error) {
	v, err := findVictims(tx, s)
	if err != nil {
		return nil, err
	}
	if err := permit(tx, v.world, o.By, access.Delete, v.groupIDs(), v.tagIDs(), v.customers); err != nil {
		return nil, err
	}
	if o.merge != 0 {
		err = v.mergeInto(tx, o)
	}
	return v, err
}

// count says what goes and who could see it.
func (v *victims) count(tx *store.Tx) (Doomed, sight, error) {
	d := Doomed{Groups: int64(len(v.groups)), Tags: int64(len(v.tags)), Customers: int64(len(v.customers)), GroupIDs: v.groupIDs(), TagIDs: v.tagIDs()}
	tags := v.tagIDs()
	var err error
	switch {
	case v.into != 0: // they get the other tag
	case v.losing != nil:
		d.Losing = *v.losing
	default:
		if d.Losing, err = tx.CustomersOf(tags); err != nil {
			return d, sight{}, err
		}
	}
	if d.Links, err = linksTouching(tx, tags, v.customers); err != nil {
		return d, sight{}, err
	}
	if v.into != 0 {
		if d.Moved, err = tx.CountLacking(tags, v.into); err != nil {
			return d, sight{}, err
		}
	}
	groups, gone := setOf(d.GroupIDs), setOf(tags)
	for _, g := range v.company.Grants {
		if g.RevokedAt == 0 && (g.ObjectKind == crm.ObjectGroup && groups[g.ObjectID] || g.ObjectKind == crm.ObjectTag && gone[g.ObjectID]) {
			d.Grants++
		}
	}
	s := look(v.world, v.company, d.GroupIDs, v.tags)
	d.People = int64(len(s.all()))
	for _, g := range v.groups {
		if len(d.Names) < maxNames {
			d.Names = append(d.Names, v.world.Written(access.Group(g.ID)))
		}
	}
	for _, t := range v.tags {
		if len(d.Names) < maxNames && !groups[t.GroupID] {
			d.Names = append(d.Names, v.world.Written(access.Tag(t.ID)))
		}
	}
	return d, s, nil
}

// linksTouching counts the links that have one of the tags or customers at one
// end at least.
func linksTouching(tx *store.Tx, tags, customers []int64) (n int64, err error) {
	byTag, err := tx.LinksOfTags(tags)
	if err != nil {
		return 0, err
	}
	for _, links := range byTag {
		n += links
	}
	ofCustomers, err := tx.LinksOfCustomers(customers)
	if err != nil {
		return 0, err
	}
	counted := setOf(tags)
	for tag, links := range ofCustomers {
		if !counted[tag] {
			n += links
		}
	}
	return n, nil
}

// retries is how often a delete starts again because somebody wrote meanwhile,
// before it asks other long jobs to wait.
const retries = 3

// Delete sends live things into the recycle bin, as one event, after a verified
// snapshot of them. It does all or nothing: on an error the bin is as it was, and
// at most a snapshot more lies in the folder.
//
// A *Refusal when by may not delete all of it, ErrEmpty when nothing is chosen,
// ErrChanged when some of it is not live any more.
func Delete(ctx context.Context, db *store.DB, dir *snapshot.Dir, s Selection, o DeleteOptions) (out Deleted, err error) {
	s = s.sorted()
	var job *store.Job
	for attempt := 1; ; attempt++ {
		out, err = deleteOnce(ctx, db, dir, job, s, o)
		if !errors.Is(err, errRaced) {
			break
		}
		if attempt < retries {
			continue
		}
		if job != nil {
			err = fmt.Errorf("%w: somebody writes to it all the time", ErrChanged)
			break
		}
		if job, err = db.StartJob(ctx, "delete", o.Wait); err != nil {
			break
		}
		attempt = 1
	}
	if job != nil {
		err = errors.Join(err, job.Done(ctx))
	}
	if err != nil {
		return Deleted{}, fmt.Errorf("%s: %w", o.action(), err)
	}
	return out, nil
}

// action is what the audit log calls it.
func (o DeleteOptions) action() string {
	if o.merge != 0 {
		return "tag.merge"
	}
	return "delete"
}

// errRaced: rows that were captured are not those that are there now.
var errRaced = errors.New("rows changed while the snapshot was taken")

func deleteOnce(ctx context.Context, db *store.DB, dir *snapshot.Dir, job *store.Job, s Selection, o DeleteOptions) (out Deleted, err error) {
	var v *victims
	var doomed Doomed
	err = db.View(ctx, func(tx *store.Tx) (err error) {
		if v, err = allowedVictims(tx, s, o); err != nil {
			return err
		}
		doomed, _, err = v.count(tx)
		return err
	})
	if err != nil {
		return out, err
	}
	if o.Confirm != nil {
		if err := o.Confirm(doomed); err != nil {
			return out, err
		}
	}
	made, err := snapshot.Create(ctx, db, dir, snapshot.Options{Reason: snapshot.BeforeDelete, Scope: v.scope(), By: o.By, Command: o.Command, Progress: o.Progress})
	if err != nil {
		return out, err
	}
	if err := ctx.Err(); err != nil {
		return out, err
	}
	out.Snapshot = made.Info
	err = db.InTx(ctx, job, func(tx *store.Tx) (err error) {
		again, err := allowedVictims(tx, s, o)
		if errors.Is(err, ErrChanged) || err == nil && again.digest != v.digest {
			return errRaced
		}
		if err != nil {
			return err
		}
		again.losing = &doomed.Losing // to count them takes long, and others wait
		out.Event, out.Counts, err = again.bury(tx, made, o)
		return err
	})
	return out, err
}

// bury is the one place where things go into the bin on purpose.
func (v *victims) bury(tx *store.Tx, made snapshot.Made, o DeleteOptions) (event int64, counts Doomed, err error) {
	counts, had, err := v.count(tx)
	if err != nil {
		return 0, counts, err
	}
	d := crm.Deletion{Kind: crm.EventDelete, OfID: o.merge, State: crm.StateInBin, Reason: o.Reason, SnapshotID: made.ID, CreatedBy: o.By,
		Summary: summary(v.company, v.groups, v.tags, len(v.customers))}
	if o.merge != 0 {
		d.Kind = crm.EventMerge
	}
	if d.HadAccess, err = had.encode(); err != nil {
		return 0, counts, err
	}
	text, err := json.Marshal(counts)
	if err != nil {
		return 0, counts, err
	}
	d.Counts = string(text)
	if d.ExpiresAt, err = tx.Expiry(); err != nil {
		return 0, counts, err
	}
	if err := tx.CreateDeletion(&d); err != nil {
		return 0, counts, err
	}
	j := &journal{tx: tx, event: d.ID, receipt: made.Receipt}
	near := placesOf(v.company, setOf(counts.GroupIDs), setOf(counts.TagIDs))
	if err := j.write(change{Places: &near}); err != nil {
		return 0, counts, err
	}
	if v.into != 0 {
		if err := v.merge(j); err != nil {
			return 0, counts, err
		}
	}
	for _, part := range []struct {
		kind string
		ids  []int64
	}{{crm.ObjectGroup, counts.GroupIDs}, {crm.ObjectTag, counts.TagIDs}, {crm.RefCustomer, v.customers}} {
		if err := j.bin(part.kind, 0, d.ID, part.ids); err != nil {
			return 0, counts, err
		}
	}
	return d.ID, counts, audit(tx, d, o.By, o.Command, o.action(), counts)
}

func audit(tx *store.Tx, d crm.Deletion, by int64, command, action string, detail any) error {
	text, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	return tx.WriteAudit(store.Audit{Operator: store.Operator(), StaffID: by, Action: action, Object: clipped(d.Summary, 255), DeletionID: d.ID,
		Command: command, Detail: string(text)})
}

func clipped(s string, n int) string {
	r := []rune(s)
	return string(r[:min(len(r), n)])
}
