package store

import (
	"slices"

	"github.com/jmoiron/sqlx"
)

// Whose says whose customers are counted: everybody's, or those that one of the
// staff follows.
type Whose struct {
	Everybody bool
	Staff     []int64 // by id
}

// followed is the condition that a customer column is one of theirs; some is
// false when it holds for no customer.
func (tx *Tx) followed(column string, w Whose) (cond string, args []any, some bool) {
	if w.Everybody {
		return "", nil, true
	}
	if len(w.Staff) == 0 {
		return "", nil, false
	}
	ids := make([]any, len(w.Staff))
	for i, id := range w.Staff {
		ids[i] = id
	}
	cond, args = tx.In("staff_id", ids)
	return " AND " + column + " IN (SELECT customer_id FROM customer_staff WHERE " + cond + ")", args, true
}

// LinkCounts are numbers of live customers by what they carry.
type LinkCounts struct {
	PerTag   map[int64]int64 // those without any are not listed
	PerGroup map[int64]int64 // with one of its tags at least; likewise
	// MostOnPair is the largest number of tags that one follower, or nobody, has
	// put on one customer.
	MostOnPair int64
}

// LinkCounts counts over the tags that group, which says where each belongs, has.
// It reads the links once, in the order of their key, in memory that does not
// grow with them.
func (tx *Tx) LinkCounts(w Whose, group map[int64]int64) (LinkCounts, error) {
	n := linkCounter{LinkCounts: LinkCounts{PerTag: make(map[int64]int64), PerGroup: make(map[int64]int64)}, group: group}
	cond, args, some := tx.followed("customer_id", w)
	if !some {
		return n.LinkCounts, nil
	}
	err := tx.Each(`SELECT customer_id, tag_id, staff_id FROM link WHERE customer_id NOT IN (SELECT id FROM customer WHERE deletion_id <> 0)`+cond+
		" ORDER BY customer_id, tag_id, staff_id", args, func(rows *sqlx.Rows) error {
		var customer, tag, staff int64
		if err := rows.Scan(&customer, &tag, &staff); err != nil {
			return err
		}
		n.add(customer, tag, staff)
		return nil
	})
	return n.LinkCounts, err
}

// linkCounter counts links that come in the order of their key.
type linkCounter struct {
	LinkCounts
	group         map[int64]int64
	customer, tag int64   // of the last link
	groups        []int64 // that the customer has a tag of
	staff         []int64 // who have put tags on the customer,
	onPair        []int64 // and how many
}

func (n *linkCounter) add(customer, tag, staff int64) {
	group, counts := n.group[tag]
	if !counts {
		return
	}
	if customer != n.customer {
		n.groups, n.staff, n.onPair, n.tag = n.groups[:0], n.staff[:0], n.onPair[:0], 0
	}
	if tag != n.tag {
		n.PerTag[tag]++
	}
	n.customer, n.tag = customer, tag
	if !slices.Contains(n.groups, group) {
		n.groups = append(n.groups, group)
		n.PerGroup[group]++
	}
	i := slices.Index(n.staff, staff)
	if i < 0 {
		i = len(n.staff)
		n.staff, n.onPair = append(n.staff, staff), append(n.onPair, 0)
	}
	n.onPair[i]++
	n.MostOnPair = max(n.MostOnPair, n.onPair[i])
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
