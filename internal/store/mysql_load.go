package store

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/go-sql-driver/mysql"
)

// loadFrom is how many rows make LOAD DATA worth its round trips.
const loadFrom = 200

// loadNumber names readers: the driver registers them for the whole process.
var loadNumber atomic.Int64

// mysqlInsert writes rows through LOAD DATA LOCAL where the server allows it,
// else, and for few rows, through INSERT.
func mysqlInsert(tx *Tx, in *insertion) (int64, error) {
	if in.n < loadFrom || !tx.db.loads {
		return insertValues(tx, in)
	}
	var stored int64
	err := tx.Savepoint(func() (err error) {
		stored, err = load(tx, in)
		return err
	})
	if err == nil || tx.bad != nil {
		return stored, err
	}
	// LOAD DATA turns bad values into warnings and leaves doubled keys out; an
	// INSERT of the same rows says what is wrong.
	return insertValues(tx, in)
}

// load sends the rows as one text. Fewer stored rows than sent, or a warning,
// is a refusal.
func load(tx *Tx, in *insertion) (int64, error) {
	return loadText(tx, in.table, in.columns, in.set(), in.text(), int64(in.n))
}

// loadText sends so many rows in the form that LOAD DATA reads; set is the
// clause for further columns.
func loadText(tx *Tx, table string, columns []string, set string, text []byte, rows int64) (int64, error) {
	name := "tagkeep-" + strconv.FormatInt(loadNumber.Add(1), 10)
	mysql.RegisterReaderHandler(name, func() io.Reader { return bytes.NewReader(text) })
	defer mysql.DeregisterReaderHandler(name)
	n, err := tx.Exec("LOAD DATA LOCAL INFILE 'Reader::" + name + "' INTO TABLE " + table +
		" CHARACTER SET utf8mb4 FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' (" + strings.Join(columns, ", ") + ")" + set)
	if err != nil {
		return 0, err
	}
	var warnings int64
	if err := tx.Get(&warnings, "SELECT @@warning_count"); err != nil {
		return 0, err
	}
	if n != rows || warnings != 0 {
		return 0, fmt.Errorf("load into %s: sent %d rows, stored %d with %d warnings: %w", table, rows, n, warnings, ErrRefused)
	}
	return n, nil
}

// set is the clause for the columns that have one value.
func (in *insertion) set() string {
	var clause string
	for i, s := range in.same {
		clause += ", "
		if i == 0 {
			clause = " SET "
		}
		clause += s.name + " = " + strconv.FormatInt(s.value, 10)
	}
	return clause
}

// text is the rows in the form that LOAD DATA reads.
func (in *insertion) text() []byte {
	var text bytes.Buffer
	cells := make([]any, len(in.columns))
	for i := range in.n {
		in.fill(i, cells)
		for k, v := range cells {
			if k > 0 {
				text.WriteByte('\t')
			}
			writeField(&text, v)
		}
		text.WriteByte('\n')
	}
	return text.Bytes()
}

// writeField writes a value in the text form of LOAD DATA.
func writeField(b *bytes.Buffer, v any) {
	switch v := v.(type) {
	case nil:
		b.WriteString(`\N`)
	case string:
		for i := range len(v) {
			switch c := v[i]; c {
			case '\\':
				b.WriteString(`\\`)
			case '\t':
				b.WriteString(`\t`)
			case '\n':
				b.WriteString(`\n`)
			case '\r':
				b.WriteString(`\r`)
			case 0:
				b.WriteString(`\0`)
			default:
				b.WriteByte(c)
			}
		}
	case int64:
		b.Write(strconv.AppendInt(b.AvailableBuffer(), v, 10))
	case int:
		b.Write(strconv.AppendInt(b.AvailableBuffer(), int64(v), 10))
	default:
		panic(fmt.Sprintf("store: a %T in a bulk insert", v))
	}
}
