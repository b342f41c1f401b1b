package store

import (
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"tagkeep/internal/crm"
)

// Versions reads id, version and deletion event of things, those of ids that are
// there, in no order.
func (tx *Tx) Versions(kind string, ids []int64, fn func(id, version, deletion int64)) error {
	return eachChunk(ids, func(values []any) error {
		cond, args := tx.In("id", values)
		return tx.Each("SELECT id, version, deletion_id FROM "+binTables[kind]+" WHERE "+cond, args, func(rows *sqlx.Rows) error {
			var id, version, deletion int64
			err := rows.Scan(&id, &version, &deletion)
			fn(id, version, deletion)
			return err
		})
	})
}

// anys is ids as arguments of a statement.
func anys(ids []int64) []any {
	out := make([]any, len(ids))
	for i, id := range ids {
		out[i] = id
	}
	return out
}

// LinksPerTag counts links per tag.
type LinksPerTag map[int64]int64

// LinksOfTags counts the links of tags, awake or asleep.
func (tx *Tx) LinksOfTags(tags []int64) (LinksPerTag, error) {
	return tx.countLinks("tag_id", tags, "SELECT tag_id, COUNT(*) AS links FROM link WHERE {in} GROUP BY tag_id")
}

// LinkColumn is how a condition on links names the tag when links of the tags are
// read in the order of their key, or by customer. Where they have many of all
// links, SQLite is kept from its index of tags: it would look up each link and
// sort them, which takes longer than reading all. Servers find that out by themselves.
func (tx *Tx) LinkColumn(tags []int64) (string, error) {
	if tx.db.d.remote {
		return "tag_id", nil
	}
	counts, err := tx.LinksOfTags(tags)
	if err != nil {
		return "", err
	}
	var links, customers int64
	for _, n := range counts {
		links += n
	}
	if err := tx.Get(&customers, "SELECT COALESCE(MAX(id), 0) FROM customer"); err != nil {
		return "", err
	}
	if links > customers/5 { // a customer has a few links, and a look-up takes as long as reading twenty
		return "+tag_id", nil
	}
	return "tag_id", nil
}

// LinksOfCustomers counts per tag the links of customers, awake or asleep.
func (tx *Tx) LinksOfCustomers(customers []int64) (LinksPerTag, error) {
	return tx.countLinks("customer_id", customers, "SELECT tag_id, COUNT(*) AS links FROM link WHERE {in} GROUP BY tag_id")
}

// LinksOfBuried counts per tag the links of the customers that lie in the bin
// under an event.
func (tx *Tx) LinksOfBuried(event int64) (LinksPerTag, error) {
	out := make(LinksPerTag)
	return out, tx.addLinks(out, `SELECT l.tag_id AS tag_id, COUNT(*) AS links FROM customer c CROSS JOIN link l ON l.customer_id = c.id
		WHERE c.deletion_id = ? AND c.deletion_id <> 0 GROUP BY l.tag_id`, event)
}

func (tx *Tx) countLinks(column string, ids []int64, query string) (LinksPerTag, error) {
	out := make(LinksPerTag)
	err := eachChunk(ids, func(values []any) error {
		cond, args := tx.In(column, values)
		return tx.addLinks(out, strings.Replace(query, "{in}", cond, 1), args...)
	})
	return out, err
}

func (tx *Tx) addLinks(out LinksPerTag, query string, args ...any) error {
	var rows []struct {
		TagID int64 `db:"tag_id"`
		Links int64 `db:"links"`
	}
	if err := tx.Select(&rows, query, args...); err != nil {
		return err
	}
	for _, r := range rows {
		out[r.TagID] += r.Links
	}
	return nil
}

// LinksToBuried counts per tag the links of tags whose customers lie in the bin
// under any event but one. Here and below, SQLite would begin with the links of
// the tag; CROSS JOIN makes it begin with the customers in the bin, who are fewer.
func (tx *Tx) LinksToBuried(tags []int64, but int64) (LinksPerTag, error) {
	out := make(LinksPerTag)
	err := eachChunk(tags, func(values []any) error {
		cond, args := tx.In("l.tag_id", values)
		return tx.addLinks(out, `SELECT l.tag_id AS tag_id, COUNT(*) AS links FROM customer c CROSS JOIN link l ON l.customer_id = c.id
			WHERE c.deletion_id <> 0 AND c.deletion_id <> ? AND `+cond+" GROUP BY l.tag_id", append([]any{but}, args...)...)
	})
	return out, err
}

// CustomersOf counts the live customers that have one of the tags at least.
func (tx *Tx) CustomersOf(tags []int64) (n int64, err error) {
	if len(tags) == 0 {
		return 0, nil
	}
	column, err := tx.LinkColumn(tags)
	if err != nil {
		return 0, err
	}
	cond, args := tx.In(column, anys(tags))
	if err = tx.Get(&n, "SELECT COUNT(*) FROM (SELECT DISTINCT customer_id FROM link WHERE "+cond+") AS wearers", args...); err != nil {
		return 0, err
	}
	var asleep int64
	cond, args = tx.In("l.tag_id", anys(tags))
	err = tx.Get(&asleep, "SELECT COUNT(DISTINCT l.customer_id) FROM customer c CROSS JOIN link l ON l.customer_id = c.id WHERE c.deletion_id <> 0 AND "+cond, args...)
	return n - asleep, err
}

// Twin is a customer in the bin and the live one that has a key of it now.
type Twin struct {
	Old  int64 `db:"old_id"`
	Live int64 `db:"live_id"`
	Key  string
}

// Twins lists by id the customers that lie in the bin under an event and whose
// external id or unionid a live customer has.
func (tx *Tx) Twins(event int64) (out []Twin, err error) {
	for _, key := range []string{KeyExternalID, KeyUnionID} {
		var found []Twin
		err := tx.Select(&found, "SELECT o.id AS old_id, n.id AS live_id FROM customer o JOIN customer n ON n."+key+" = o."+key+
			" AND n.deletion_id = 0 WHERE o.deletion_id = ? AND o.deletion_id <> 0 AND o."+key+" IS NOT NULL ORDER BY o.id", event)
		if err != nil {
			return nil, err
		}
		for i := range found {
			found[i].Key = key
		}
		out = append(out, found...)
	}
	return out, nil
}

// Clash is a link whose pair has a newer tag of the same single-choice group.
type Clash struct {
	Old, New crm.Link
}

// Clashes hands out the links of the first tags, of customers that are live or
// lie in the bin under the event, whose pair also has one of the second tags.
// fn must not use tx.
func (tx *Tx) Clashes(returning, there []int64, event int64, fn func(Clash) error) error {
	return tx.clashes(returning, there, "JOIN customer c ON c.id = o.customer_id AND c.deletion_id IN (0, ?)", event, fn)
}

// CopiedClashes hands out the links that an event gave a tag and whose pair also
// has one of the other tags, be their customer in the bin or not. fn must not
// use tx.
func (tx *Tx) CopiedClashes(tag int64, others []int64, event int64, fn func(Clash) error) error {
	return tx.clashes([]int64{tag}, others, "AND o.run_id = ?", -event, fn)
}

func (tx *Tx) clashes(returning, there []int64, tail string, arg int64, fn func(Clash) error) error {
	if len(returning) == 0 || len(there) == 0 {
		return nil
	}
	olds, oldArgs := tx.In("o.tag_id", anys(returning))
	news, newArgs := tx.In("n.tag_id", anys(there))
	query := `SELECT o.customer_id, o.tag_id, o.staff_id, o.tagged_at, o.tagged_by, o.run_id, n.customer_id, n.tag_id, n.staff_id, n.tagged_at, n.tagged_by, n.run_id
		FROM link o JOIN link n ON n.customer_id = o.customer_id AND n.staff_id = o.staff_id AND ` + news + `
		` + tail + ` WHERE ` + olds + ` ORDER BY o.customer_id, o.tag_id, o.staff_id, n.tagged_at`
	return tx.Each(query, append(append(append([]any{}, newArgs...), arg), oldArgs...), func(rows *sqlx.Rows) error {
		var c Clash
		o, n := &c.Old, &c.New
		err := rows.Scan(&o.CustomerID, &o.TagID, &o.StaffID, &o.TaggedAt, &o.TaggedBy, &o.RunID, &n.CustomerID, &n.TagID, &n.StaffID, &n.TaggedAt, &n.TaggedBy, &n.RunID)
		if err != nil {
			return err
		}
		return fn(c)
	})
}

// CopyLinksOfAll gives a tag the links of others that it has not got yet, with
// their times and people, and marks them as the event's: their run is the
// event's id with a minus. Where more than one has a link for a pair, the
// earliest is taken. It returns how many it gave.
func (tx *Tx) CopyLinksOfAll(from []int64, to, event int64) (int64, error) {
	earlier, earlierArgs := tx.In("e.tag_id", anys(from))
	ours, ourArgs := tx.In("o.tag_id", anys(from))
	return tx.Exec(`INSERT INTO link (customer_id, tag_id, staff_id, tagged_at, tagged_by, run_id)
		SELECT o.customer_id, ?, o.staff_id, o.tagged_at, o.tagged_by, ? FROM link o
		LEFT JOIN link n ON n.customer_id = o.customer_id AND n.tag_id = ? AND n.staff_id = o.staff_id
		LEFT JOIN link e ON e.customer_id = o.customer_id AND e.staff_id = o.staff_id AND `+earlier+`
			AND (e.tagged_at < o.tagged_at OR e.tagged_at = o.tagged_at AND e.tag_id < o.tag_id)
		WHERE `+ours+` AND n.customer_id IS NULL AND e.customer_id IS NULL`,
		slices.Concat([]any{to, -event, to}, earlierArgs, ourArgs)...)
}

// CountLacking counts the pairs that have one of the tags and not the other one.
func (tx *Tx) CountLacking(tags []int64, other int64) (n int64, err error) {
	cond, args := tx.In("o.tag_id", anys(tags))
	err = tx.Get(&n, `SELECT COUNT(*) FROM (SELECT DISTINCT o.customer_id, o.staff_id FROM link o
		LEFT JOIN link n ON n.customer_id = o.customer_id AND n.tag_id = ? AND n.staff_id = o.staff_id
		WHERE `+cond+` AND n.customer_id IS NULL) AS lacking`, append([]any{other}, args...)...)
	return n, err
}

// copiedBut is the condition on a tag's links that an event gave it, but for
// pairs that have one of the other tags. The link is l.
func (tx *Tx) copiedBut(tag, event int64, others []int64) (string, []any) {
	cond, args := "l.tag_id = ? AND l.run_id = ?", []any{tag, -event}
	if len(others) > 0 {
		in, more := tx.In("s.tag_id", anys(others))
		cond += " AND NOT EXISTS (SELECT 1 FROM link s WHERE s.customer_id = l.customer_id AND s.staff_id = l.staff_id AND " + in + ")"
		args = append(args, more...)
	}
	return cond, args
}

// CountCopied counts the links of a tag that an event gave it, but for pairs
// that have one of the other tags.
func (tx *Tx) CountCopied(tag, event int64, others []int64) (n int64, err error) {
	cond, args := tx.copiedBut(tag, event, others)
	err = tx.Get(&n, "SELECT COUNT(*) FROM link l WHERE "+cond, args...)
	return n, err
}

// CopiedStaff lists the members, 0 for none, to whom those links belong.
func (tx *Tx) CopiedStaff(tag, event int64) (staff []int64, err error) {
	err = tx.Select(&staff, "SELECT DISTINCT staff_id FROM link WHERE tag_id = ? AND run_id = ? ORDER BY staff_id", tag, -event)
	return staff, err
}

// CopiedLinks reads those links of one member by their customers, the ones
// behind a customer first; at most limit.
func (tx *Tx) CopiedLinks(tag, event int64, others []int64, staff, behind int64, limit int) (out []crm.Link, err error) {
	cond, args := tx.copiedBut(tag, event, others)
	err = tx.Each("SELECT "+linkColumns+" FROM link l WHERE "+cond+" AND l.staff_id = ? AND l.customer_id > ? ORDER BY l.customer_id LIMIT ?",
		append(args, staff, behind, limit), func(rows *sqlx.Rows) error {
			l, err := scanLink(rows)
			out = append(out, l)
			return err
		})
	return out, err
}

// DropCopied removes the links of a tag that an event gave it and returns how
// many.
func (tx *Tx) DropCopied(tag, event int64) (int64, error) {
	return tx.Exec("DELETE FROM link WHERE tag_id = ? AND run_id = ?", tag, -event)
}

// Overlap counts the pairs that have both tags, only the first, only the second.
func (tx *Tx) Overlap(first, second int64) (both, firstOnly, secondOnly int64, err error) {
	counts, err := tx.LinksOfTags([]int64{first, second})
	if err != nil {
		return 0, 0, 0, err
	}
	err = tx.Get(&both, "SELECT COUNT(*) FROM link a JOIN link b ON b.customer_id = a.customer_id AND b.tag_id = ? AND b.staff_id = a.staff_id WHERE a.tag_id = ?", second, first)
	return both, counts[first] - both, counts[second] - both, err
}

// EarlierLinks hands out the links of a tag that another one has for the same
// pair from an earlier time, with that time. fn must not use tx.
func (tx *Tx) EarlierLinks(tag, other int64, fn func(l crm.Link, earlier int64) error) error {
	return tx.Each(`SELECT n.customer_id, n.tag_id, n.staff_id, n.tagged_at, n.tagged_by, n.run_id, o.tagged_at FROM link n
		JOIN link o ON o.customer_id = n.customer_id AND o.staff_id = n.staff_id AND o.tag_id = ? WHERE n.tag_id = ? AND o.tagged_at < n.tagged_at
		ORDER BY n.customer_id, n.staff_id`, []any{other, tag}, func(rows *sqlx.Rows) error {
		var l crm.Link
		var at int64
		if err := rows.Scan(&l.CustomerID, &l.TagID, &l.StaffID, &l.TaggedAt, &l.TaggedBy, &l.RunID, &at); err != nil {
			return err
		}
		return fn(l, at)
	})
}
