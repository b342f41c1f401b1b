// Package exporter writes what the database holds as a spreadsheet that imports
// again unchanged: the columns and words are those of package table.
//
// It promises one consistent view of the database, memory that does not grow
// with it, and a file that appears only when it is complete and never replaces
// another one unasked. Things in the recycle bin are left out, links that sleep
// too. It does not decide who may see what.
package exporter
