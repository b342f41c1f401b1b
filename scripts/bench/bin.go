package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"tagkeep/internal/store"
)

// everyoneTag is the tag that all customers get, in a group of its own.
const everyoneTag = "规模:全员"

// recycled is what it took to send something into the bin and to bring it back.
type recycled struct {
	links                      int
	removed, planned, restored usage
	held                       usage // the longest that another writer waited
}

// deleted is what delete --json says, as far as it is looked at.
type deleted struct {
	Deletion int64
	Counts   struct{ Tags, Customers, Links int }
}

func (b *bench) deletion(db *database, what ...string) command {
	return b.tagkeepCommand(db, append([]string{"delete"}, append(what, "--yes", "--reason", "bench", "--snapshots", b.file("snapshots-bin"))...)...)
}

func (b *bench) restoring(db *database, d deleted) command {
	return b.tagkeepCommand(db, "recycle", "restore", fmt.Sprintf("D%d", d.Deletion), "--yes")
}

func (b *bench) delete(ctx context.Context, c command) (u usage, d deleted, err error) {
	if u, err = b.run(ctx, c); err != nil {
		return u, d, err
	}
	text, err := os.ReadFile(u.stdout)
	if err != nil {
		return u, d, err
	}
	return u, d, json.Unmarshal(text, &d)
}

// recycle measures a delete of so many links, the plan of its restore and the
// restore; and once more while another connection writes.
func (b *bench) recycle(ctx context.Context, e engine, db *database, links int, what ...string) (*recycled, error) {
	var removed, planned, restored []usage
	cycle := func(ctx context.Context) error {
		e.calm(ctx, b)
		u, gone, err := b.delete(ctx, b.deletion(db, what...))
		if err != nil {
			return err
		}
		if gone.Counts.Links != links {
			return fmt.Errorf("%d links went, want %d", gone.Counts.Links, links)
		}
		e.calm(ctx, b)
		plan, err := b.run(ctx, b.tagkeepCommand(db, "recycle", "plan", fmt.Sprintf("D%d", gone.Deletion)))
		if err != nil {
			return err
		}
		back, err := b.run(ctx, b.restoring(db, gone))
		removed, planned, restored = append(removed, u), append(planned, plan), append(restored, back)
		return err
	}
	before, err := b.exact(ctx, db)
	if err != nil {
		return nil, err
	}
	for range b.runs {
		if err := cycle(ctx); err != nil {
			return nil, err
		}
	}
	r := &recycled{links: links, removed: middle(removed), planned: middle(planned), restored: middle(restored)}
	r.held.seconds, err = heldUp(ctx, db, func() error { return cycle(ctx) })
	if err != nil {
		return nil, err
	}
	after, err := b.exact(ctx, db)
	if err == nil && before != after {
		err = errors.New("the database is not as it was before the delete")
	}
	return r, err
}

// heldUp returns the longest that small transactions of another connection
// took while work runs, in seconds.
func heldUp(ctx context.Context, db *database, work func() error) (longest float64, err error) {
	target, err := store.ParseTarget(db.address)
	if err != nil {
		return 0, err
	}
	other, err := store.Open(ctx, target)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, other.Close()) }()
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- writeOn(ctx, other, &longest) }()
	err = work()
	cancel()
	return longest, errors.Join(err, <-done)
}

// writeOn writes a hundred times a second until ctx ends.
func writeOn(ctx context.Context, db *store.DB, longest *float64) error {
	pause := time.NewTicker(10 * time.Millisecond)
	defer pause.Stop()
	for {
		start := time.Now()
		err := db.InTx(ctx, nil, func(*store.Tx) error { return nil }) // it counts the revision
		*longest = max(*longest, time.Since(start).Seconds())
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("write beside it: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-pause.C:
		}
	}
}

// fillTagged fills an engine and gives all its customers one tag more, once.
func (b *bench) fillTagged(ctx context.Context, e engine) (*filled, error) {
	f, err := b.fill(ctx, e)
	if err != nil || f.tagged {
		return f, err
	}
	group, tag, _ := strings.Cut(everyoneTag, ":")
	if err := b.addTags(ctx, f.database, "everyone-tag.csv", group, tag); err != nil {
		return nil, err
	}
	file, err := b.everyone(ctx, everyoneTag)
	if err != nil {
		return nil, err
	}
	_, res, err := b.importFile(ctx, f.database, "customers", file, false)
	if err == nil && res.Links.Added != b.rows {
		err = fmt.Errorf("%d customers got the tag, want %d", res.Links.Added, b.rows)
	}
	f.tagged = err == nil
	return f, err
}

// addTags imports tags of one group.
func (b *bench) addTags(ctx context.Context, db *database, name, group string, tags ...string) error {
	file, err := b.once(name, func(path string) error {
		text := "标签组名称,标签名称\n"
		for _, t := range tags {
			text += group + "," + t + "\n"
		}
		return os.WriteFile(path, []byte(text), 0o600)
	})
	if err != nil {
		return err
	}
	_, _, err = b.importFile(ctx, db, "tags", file, false)
	return err
}

// recycleTag is about the tag on all customers, measured once.
func (b *bench) recycleTag(ctx context.Context, e engine) (*recycled, error) {
	if r := b.big[e.name]; r != nil {
		return r, nil
	}
	f, err := b.fillTagged(ctx, e)
	if err != nil {
		return nil, err
	}
	r, err := b.recycle(ctx, e, f.database, b.rows, "tags", everyoneTag)
	b.big[e.name] = r
	return r, err
}

// crowd is how many tags and customers recycleMany has, whatever -rows says.
const crowd = 1000

// recycleMany is about a group of tags, all of which many customers have,
// measured once in a database of its own.
func (b *bench) recycleMany(ctx context.Context, e engine) (*recycled, error) {
	if r := b.many[e.name]; r != nil {
		return r, nil
	}
	db, err := e.ready(ctx, b)
	if err != nil {
		return nil, err
	}
	defer db.drop()
	const group = "规模"
	names := make([]string, crowd)
	for i := range names {
		names[i] = fmt.Sprintf("第%d", i+1)
	}
	if err := b.addTags(ctx, db, "crowd-tags.csv", group, names...); err != nil {
		return nil, err
	}
	file, err := b.once("crowd.csv", func(path string) error { return writeCrowd(path, group, names) })
	if err != nil {
		return nil, err
	}
	if _, _, err := b.importFile(ctx, db, "customers", file, false); err != nil {
		return nil, err
	}
	r, err := b.recycle(ctx, e, db, crowd*crowd, "groups", group)
	b.many[e.name] = r
	return r, err
}

// writeCrowd writes customers who all have the same tags.
func writeCrowd(path, group string, names []string) error {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	cell := group + ":" + strings.Join(names, ";"+group+":")
	w := bufio.NewWriter(out)
	fmt.Fprintln(w, "手机号,客户名称,企业标签")
	for i := range crowd {
		fmt.Fprintf(w, "%d,客户%d,%s\n", 13900000000+i, i, cell)
	}
	return errors.Join(w.Flush(), out.Close())
}
