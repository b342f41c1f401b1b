package store

import "database/sql"

// Whose says whose customers are counted: everybody's, or those that one of the
// staff follows.
type Whose struct {
	Everybody bool
	Staff     []int64 // by id
}

// followed is the condition that a customer column is one of theirs; none is
// false when it holds for no customer.
func (tx *Tx) followed(column string, w Whose) (cond string, args []any, some bool) {
	if w.Everybody {
		return "", nil, true
	}
	if len(w.Staff) == 0 {
		return "", nil, false
	}
	cond, args = tx.In("staff_id", anyIDs(w.Staff))
	return " AND " + column + " IN (SELECT customer_id FROM customer_staff WHERE " + cond + ")", args, true
}

func anyIDs(ids []int64) []any {
	out := make([]any, len(ids))
	for i, id := range ids {
		out[i] = id
	}
	return out
}

// CustomersPerTag counts the live customers of each live tag; tags without any
// are not listed.
func (tx *Tx) CustomersPerTag(w Whose) (map[int64]int64, error) {
	if w.Everybody {
		return tx.TagCounts()
	}
	cond, args, some := tx.followed("c.id", w)
	if !some {
		return nil, nil
	}
	return tx.counts(`SELECT l.tag_id AS id, COUNT(DISTINCT c.id) AS n FROM customer c JOIN link l ON l.customer_id = c.id
		WHERE c.deletion_id = 0`+cond+" GROUP BY l.tag_id", args)
}

// CustomersPerGroup counts the live customers that have a live tag of each group;
// groups without any are not listed. tags are those that count.
func (tx *Tx) CustomersPerGroup(w Whose, tags []int64) (map[int64]int64, error) {
	cond, args, some := tx.followed("c.id", w)
	if !some || len(tags) == 0 {
		return nil, nil
	}
	if !w.Everybody {
		in, ids := tx.In("t.id", anyIDs(tags))
		return tx.counts(`SELECT t.group_id AS id, COUNT(DISTINCT c.id) AS n FROM customer c JOIN link l ON l.customer_id = c.id JOIN tag t ON t.id = l.tag_id
			WHERE c.deletion_id = 0`+cond+" AND "+in+" GROUP BY t.group_id", append(args, ids...))
	}
	// Those in the bin are few: they are taken off the whole.
	out, err := tx.counts(`SELECT t.group_id AS id, COUNT(DISTINCT l.customer_id) AS n FROM tag t JOIN link l ON l.tag_id = t.id
		WHERE t.deletion_id = 0 GROUP BY t.group_id`, nil)
	if err != nil {
		return nil, err
	}
	asleep, err := tx.counts(`SELECT t.group_id AS id, COUNT(DISTINCT c.id) AS n FROM customer c JOIN link l ON l.customer_id = c.id JOIN tag t ON t.id = l.tag_id
		WHERE c.deletion_id <> 0 AND t.deletion_id = 0 GROUP BY t.group_id`, nil)
	for id, n := range asleep {
		out[id] -= n
	}
	return out, err
}

// counts reads rows of an id and a number.
func (tx *Tx) counts(query string, args []any) (map[int64]int64, error) {
	var rows []struct {
		ID int64 `db:"id"`
		N  int64 `db:"n"`
	}
	if err := tx.Select(&rows, query, args...); err != nil {
		return nil, err
	}
	out := make(map[int64]int64, len(rows))
	for _, r := range rows {
		out[r.ID] = r.N
	}
	return out, nil
}

// CustomerTotals are numbers of customers.
type CustomerTotals struct {
	Live  int64 `db:"live"`
	Known int64 `db:"known"` // of the live ones, those that WeCom knows
	InBin int64 `db:"in_bin"`
}

// CustomerTotals counts them.
func (tx *Tx) CustomerTotals(w Whose) (n CustomerTotals, err error) {
	cond, args, some := tx.followed("id", w)
	if !some {
		return n, nil
	}
	for _, q := range []struct {
		into *int64
		cond string
	}{{&n.Live, "deletion_id = 0"}, {&n.Known, "deletion_id = 0 AND external_id IS NOT NULL"}, {&n.InBin, "deletion_id <> 0"}} {
		if err := tx.Get(q.into, "SELECT COUNT(*) FROM customer WHERE "+q.cond+cond, args...); err != nil {
			return n, err
		}
	}
	return n, nil
}

// MostTagsOnPair is the largest number of live tags that one follower, or
// nobody, has put on one live customer.
func (tx *Tx) MostTagsOnPair() (int64, error) {
	var most sql.NullInt64
	err := tx.Get(&most, `SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM link WHERE tag_id NOT IN (SELECT id FROM tag WHERE deletion_id <> 0)
		AND customer_id NOT IN (SELECT id FROM customer WHERE deletion_id <> 0) GROUP BY customer_id, staff_id) AS pairs`)
	return most.Int64, err
}

// Binned are the delete events whose things are in the recycle bin.
type Binned struct {
	Events int64 `db:"events"`
	// Expires is when the first of them may be purged, epoch milliseconds; 0 =
	// none.
	Expires int64 `db:"expires"`
}

// Binned counts them.
func (tx *Tx) Binned() (b Binned, err error) {
	err = tx.Get(&b, `SELECT COUNT(*) AS events, COALESCE(MIN(CASE WHEN expires_at > 0 THEN expires_at END), 0) AS expires
		FROM deletion WHERE kind = 'delete' AND state = 'in_bin'`)
	return b, err
}
