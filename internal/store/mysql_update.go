package store

import (
	"fmt"
	"strings"
)

// Bounds of one bulk update, far below those of any server.
const updateRows = 500

// updateJoined overwrites rows of a table by joining it with the new values: one
// statement instead of a round trip for each. Every row of values is an id, the
// columns, and by how much the version goes up; ids are distinct. It returns how
// many rows were found.
func updateJoined(tx *Tx, table string, columns []string, rows [][]any) (int64, error) {
	var found int64
	for len(rows) > 0 {
		n, size := 0, 0
		for n < len(rows) && n < updateRows && (n == 0 || size < insertBytes) {
			size += rowBytes(rows[n])
			n++
		}
		query, args := joinedQuery(table, columns, rows[:n], tx.Now)
		got, err := tx.Exec(query, args...)
		if err != nil {
			return found, err
		}
		found += got
		rows = rows[n:]
	}
	return found, nil
}

func joinedQuery(table string, columns []string, rows [][]any, now int64) (string, []any) {
	var b strings.Builder
	args := make([]any, 0, len(rows)*len(rows[0])+1)
	fmt.Fprintf(&b, "UPDATE %s AS t JOIN (SELECT ? AS id", table)
	for _, c := range columns {
		fmt.Fprintf(&b, ", ? AS %s", c)
	}
	b.WriteString(", ? AS times")
	b.WriteString(strings.Repeat(" UNION ALL SELECT ?"+strings.Repeat(", ?", len(columns)+1), len(rows)-1))
	b.WriteString(") AS v ON t.id = v.id SET ")
	for _, c := range columns {
		fmt.Fprintf(&b, "t.%s = v.%[1]s, ", c)
	}
	b.WriteString("t.updated_at = ?, t.version = t.version + v.times WHERE t.deletion_id = 0")
	for _, r := range rows {
		args = append(args, r...)
	}
	return b.String(), append(args, now)
}
