// Package crm holds the words and rules of the domain: tag groups, tags,
// customers, the links between them, staff, departments, grants and the codes
// in which everything that can be wrong with a row is told.
//
// It promises pure values and functions: no I/O, no clock, no database, the
// standard library only. It does not parse cells (package table does) and does
// not know how things are stored (package store does).
package crm
