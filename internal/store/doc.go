// Package store keeps a company's database, in an embedded SQLite file or on a
// MySQL 8 / MariaDB 10.6+ server, and gives the same answers on both.
//
// It promises: every writing transaction is serialised with every other one by
// the rev row, is rolled back on an error or a panic, and refuses to go on
// after an error that may have ended it behind our back; ids are never reused;
// links are only ever read through the one place that knows which of them
// sleep. A *DB is safe for concurrent use, a *Tx is not.
//
// It does not check the rules of the domain (packages table and importer do)
// nor who may do what (package access).
package store
