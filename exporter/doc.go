// Package exporter writes what the database holds as a spreadsheet that imports
// again unchanged: the columns and words are those of package table.
//
// It promises one consistent view of the database, memory that does not grow
// with it, and a file that appears only when it is complete and never replaces
// another one unasked. Things in the recycle bin are left out, links that sleep
// too, unless the condition asks for the bin. Whoever exports gets what package access lets them see; phone numbers are
// masked for auditors, and such a file is not for importing.
//
// Template writes the workbook that one fills in: the same columns, without the
// company's data but for the words that its dropdowns offer.
package exporter
