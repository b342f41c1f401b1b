package store

// LimitPool makes do with n connections: a test that leaks one of one then
// hangs instead of passing.
func (db *DB) LimitPool(n int) { db.x.SetMaxOpenConns(n) }

// WithoutLoad makes a server's database do as if LOAD DATA LOCAL were switched
// off there.
func (db *DB) WithoutLoad() { db.loads = false }
