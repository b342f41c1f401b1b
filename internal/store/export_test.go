package store

// LimitPool makes do with n connections: a test that leaks one of one then
// hangs instead of passing.
func (db *DB) LimitPool(n int) { db.x.SetMaxOpenConns(n) }
