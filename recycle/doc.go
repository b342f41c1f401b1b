// Package recycle sends things into the recycle bin and brings them back.
//
//	gone, err := recycle.Delete(ctx, db, dir, recycle.Selection{Tags: ids}, recycle.DeleteOptions{Reason: "…"})
//	plan, err := recycle.PlanRestore(ctx, db, gone.Event, recycle.RestoreOptions{})
//	back, err := recycle.Restore(ctx, db, dir, gone.Event, recycle.RestoreOptions{})
//	then, err := recycle.RestoreSnapshot(ctx, db, dir, src, recycle.SnapshotOptions{Mode: recycle.ModeExact})
//
// # What it promises
//
// There is one delete. It takes a snapshot of what goes, and only against the
// receipt for that file, durable and read again, does the store send anything
// into the bin. What was read for the snapshot is what goes, or it starts again.
//
// There is one planner that brings things back: from the bin, out of a snapshot,
// by an undo. An event is the unit. Rows, links and grants have lain where they
// were, asleep, so what nothing has touched since comes back as it was, to the
// last column. Every link and grant in scope gets one verdict, and nobody gets
// more access than they would have had the deletion never happened.
//
// A restore, an undo and a merge are events too: what they changed is kept with
// them, so each can be undone.
//
// Purge is the only way out for good. It bars the event from being restored
// first, makes sure that a verified snapshot holds what goes, removes it in
// chunks and leaves tombstones; cut short, the next purge finishes it.
//
// It does not look names up (package admin does) and prints nothing. All
// functions may be called by several processes at once.
package recycle
