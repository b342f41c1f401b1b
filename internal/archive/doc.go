// Package archive is the snapshot file: tables of rows, compressed in chunks,
// checksummed and seekable, in one file that stock zstd can print.
//
// A [Writer] streams a file to any io.Writer. [Open] reads one through an
// io.ReaderAt, whole or by table and key range; [Verify] reads everything and
// says whether all of it is as it was written; [Salvage] takes what is whole out
// of a damaged file and lists what is not. docs/snapshot-format.md has the
// bytes.
//
//	w, err := archive.NewWriter(file, header, archive.WriterOptions{})
//	err = w.Begin("tag")
//	w.Int(1); w.Text("VIP"); w.Null(); err = w.EndRow()
//	summary, err := w.Close(exact)
//
// # What it promises
//
//   - The same header and rows give the same bytes, whatever the parallelism,
//     as long as the compressor stays the same.
//   - A chunk ends at fixed ranges of the leading key, so one row more changes
//     the chunk it falls in and leaves the hashes of the others alone.
//   - Open checks header, manifest and seek table against each other; a chunk is
//     checked in full, hashes, rows, keys and escapes, before a row of it is
//     handed out. A truncated file, a flipped bit, a chunk that was swapped,
//     spliced in, replayed or moved is an error.
//   - Memory stays bounded whatever the file holds or claims to hold: about
//     64 MiB for the worst file, made to take much, and less than 40 MiB for
//     those that Writer makes, and for writing them.
//   - A file of an older format is read for ever; one of a newer format is
//     refused with [ErrVersion].
//
// # What it does not
//
// Hashes find damage, not forgery: whoever can rewrite the file can rewrite its
// hashes. Nothing is encrypted. Making a file durable, giving it its name and
// removing it are the caller's business; so is what tables, columns and rows
// mean. Open alone does not look at the rows: to know that a file is whole
// before the first row is used, Verify it.
package archive
