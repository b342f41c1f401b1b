package main

import (
	"context"
	"fmt"
	"slices"
)

// binRows are about the recycle bin: a tag that all customers have, and a group
// of tags, go and come back, while others write and read. They come last,
// because they give the customers one more tag.
var binRows = slices.Concat(binRowsOf(sqliteEngine), binRowsOf(mariaEngine))

func binRowsOf(e engine) []row {
	whole := func(part func(*recycled) outcome) func(context.Context, *bench) (outcome, error) {
		return recycledIn(e, (*bench).recycleTag, part)
	}
	many := func(part func(*recycled) outcome) func(context.Context, *bench) (outcome, error) {
		return recycledIn(e, (*bench).recycleMany, part)
	}
	asleep := func(what string, times float64, read func(*bench, *database) command, sleep func(context.Context, *bench, *database) (command, error)) row {
		return row{what + ", " + e.name, floor{atMostRatio, times}, whileAsleep(e, read, sleep)}
	}
	return []row{
		{"delete a tag on all customers, " + e.name, floor{atMostSeconds, 5}, whole(func(r *recycled) outcome { return r.removed.of(r.links) })},
		{"restore it, " + e.name, floor{atMostSeconds, 2}, whole(func(r *recycled) outcome { return r.restored.of(r.links) })},
		{"other writers held up meanwhile, " + e.name, floor{atMostSeconds, 0.5}, whole(func(r *recycled) outcome { return r.held.of(r.links) })},
		asleep("counts while 30% of links sleep with their tag", 1.1, listTags, deleteTag),
		asleep("export while 30% of links sleep with their tag", 1.1, exportAll, deleteTag),
		asleep("counts while 30% of links sleep with customers", 3, listTags, deleteSome),
		asleep("export while 30% of links sleep with customers", 3, exportAll, deleteSome),
		{"delete 1,000 tags x 1,000 customers, " + e.name, floor{atMostSeconds, 5}, many(func(r *recycled) outcome { return r.removed.of(r.links) })},
		{"plan of its restore, " + e.name, floor{atMostSeconds, 2}, many(func(r *recycled) outcome { return r.planned.of(r.links) })},
		{"memory: delete, " + e.name, memoryFloor, whole(func(r *recycled) outcome { return r.removed.of(r.links) })},
		{"memory: restore from the bin, " + e.name, memoryFloor, whole(func(r *recycled) outcome { return r.restored.of(r.links) })},
	}
}

// recycledIn looks at one part of what a delete and its restore took.
func recycledIn(e engine, work func(*bench, context.Context, engine) (*recycled, error), part func(*recycled) outcome) func(context.Context, *bench) (outcome, error) {
	return func(ctx context.Context, b *bench) (outcome, error) {
		r, err := work(b, ctx, e)
		if err != nil {
			return outcome{}, err
		}
		return part(r), nil
	}
}

func listTags(b *bench, db *database) command { return b.tagkeepCommand(db, "tags", "list") }

func exportAll(b *bench, db *database) command {
	return b.tagkeepCommand(db, "export", "customers", b.file("awake.csv"), "--force")
}

func deleteTag(_ context.Context, b *bench, db *database) (command, error) {
	return b.deletion(db, "tags", everyoneTag), nil
}

func deleteSome(ctx context.Context, b *bench, db *database) (command, error) {
	file, err := b.some(ctx)
	return b.deletion(db, "customers", "--from", file), err
}

// whileAsleep compares reading while a part of the links sleeps with reading
// when none does.
func whileAsleep(e engine, read func(*bench, *database) command, sleep func(context.Context, *bench, *database) (command, error)) func(context.Context, *bench) (outcome, error) {
	return func(ctx context.Context, b *bench) (outcome, error) {
		f, err := b.fillTagged(ctx, e)
		if err != nil {
			return outcome{}, err
		}
		reading := func(ctx context.Context) (usage, error) {
			e.calm(ctx, b)
			return b.run(ctx, read(b, f.database))
		}
		awake, err := b.median(ctx, reading)
		if err != nil {
			return outcome{}, err
		}
		c, err := sleep(ctx, b, f.database)
		if err != nil {
			return outcome{}, err
		}
		_, gone, err := b.delete(ctx, c)
		if err != nil {
			return outcome{}, err
		}
		if share := float64(gone.Counts.Links) / float64(f.result.Links.Added+b.rows); share < 0.2 {
			return outcome{}, fmt.Errorf("%d links sleep, %.0f%% of all, want 30%%", gone.Counts.Links, 100*share)
		}
		asleep, err := b.median(ctx, reading)
		if err != nil {
			return outcome{}, err
		}
		_, err = b.run(ctx, b.restoring(f.database, gone))
		return asleep.of(b.rows).against("all awake", awake), err
	}
}
