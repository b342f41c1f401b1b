// Package importer brings a spreadsheet of tags, customers or staff into the
// database, chunk by chunk, and accounts for every row.
//
// The normal path: Run reads the file twice. The first reading writes nothing
// and refuses a file that is broken, hostile or of another kind. The second
// parses and checks the rows in parallel, finds out in the file's order whom
// each row means, and stores chunk after chunk: a chunk's rows, links,
// before-images, rejected rows and the progress mark go in with one commit, or
// none of them does.
//
// It promises that read = created + updated + unchanged + skipped + rejected;
// that the same file gives the same result on every engine, for every chunk
// size and after any interruption; that a dry run says exactly what the run
// would do. A row that fails never stops another one. Memory does not grow with
// the file, but for some sixty bytes a row that another row of the file may mean
// the same customer by; see claims and repeats. It does not decide who may import
// what.
package importer
