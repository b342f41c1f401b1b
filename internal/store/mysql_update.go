package store

import (
	"fmt"
	"strings"
)

// overwrite gives rows that are there new values: in as many rows per statement
// as fit, instead of a round trip for each. The first columns of in are the
// primary key, the last one is by how much the version goes up; no row comes
// twice. Where the table has a bin, rows in it count as not there.
//
// INSERT … ON DUPLICATE KEY UPDATE finds a row by its primary key before it looks
// at other keys, so it can hit no other one. A row that is not there would be
// inserted: the count tells, and the transaction is over.
func overwrite(tx *Tx, in *insertion, key int, bin bool) error {
	in.same = append(in.same, sameColumn{"created_at", 0}, sameColumn{"updated_at", tx.Now})
	head, tuple := in.into()
	tail := onDuplicate(in.columns[key:], bin)
	var found int64
	for from := 0; from < in.n; {
		args, next := in.fitting(from)
		n, err := tx.Exec(head+tuple+strings.Repeat(","+tuple, next-from-1)+tail, args...)
		if err != nil {
			return err
		}
		found += n
		from = next
	}
	if found != 2*int64(in.n) { // an updated row counts twice, an inserted or an unchanged one once
		tx.bad = fmt.Errorf("update %d rows of %s: not all were there: %w", in.n, in.table, ErrGone)
		return tx.bad
	}
	return nil
}

func onDuplicate(columns []string, bin bool) string {
	value := func(column, now string) string {
		if bin {
			now = "IF(deletion_id = 0, " + now + ", " + column + ")"
		}
		return column + " = " + now
	}
	var set []string
	for _, c := range columns {
		if c != "version" {
			set = append(set, value(c, "VALUES("+c+")"))
		}
	}
	set = append(set, value("updated_at", "VALUES(updated_at)"), value("version", "version + VALUES(version)"))
	return " ON DUPLICATE KEY UPDATE " + strings.Join(set, ", ")
}

// lastOf is, for things of which some come several times, the place of the last
// one of each and how often it comes, in the order of the first ones.
func lastOf[T any, K comparable](things []T, key func(*T) K) (places []int, times []int64) {
	at := make(map[K]int, len(things))
	for i := range things {
		k := key(&things[i])
		if n, again := at[k]; again {
			places[n], times[n] = i, times[n]+1
			continue
		}
		at[k] = len(places)
		places, times = append(places, i), append(times, 1)
	}
	return places, times
}
