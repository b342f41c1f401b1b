// Package snapshot keeps whole, verified copies of a database, or of a part of
// it, as files in a folder.
//
//	dir, err := snapshot.OpenDir(path)
//	made, err := snapshot.Create(ctx, db, dir, snapshot.Options{Reason: snapshot.Manual})
//	list, err := dir.List(ctx)
//	file, err := list[0].Open()
//
// # The folder
//
// The folder is the truth about snapshots: what lies in it is there, what does
// not is not. The database only remembers what was verified and drilled; see
// [Marks]. A file appears in it in one step, when it is complete, synced, read
// again and found whole; it is never changed afterwards. Beside FILE.tks lies
// FILE.tks.json, which says without the rows what is in it; nothing but the mark
// of a suspicious snapshot depends on it, and lists of encrypted ones.
//
// An encrypted file is FILE.tks.age. Without a key, lists go by its sidecar; nothing
// that reads rows does.
//
// Several processes may use a folder at once. What one of them leaves behind
// when it dies is swept by the next; locks are the operating system's and die
// with their holder.
//
// # Capture
//
// [Create] reads one consistent view of the database and holds nobody up. A
// [Scope] narrows it to groups, tags and customers with what belongs to them.
// The [store.Receipt] that it returns is the only thing that lets rows be deleted
// in bulk, and it is given out last.
package snapshot
