package store

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/go-sql-driver/mysql"

	"tagkeep/internal/archive"
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
	text := in.text()
	n, err := loadFile(tx, in.table, in.columns, in.set(), func() io.Reader { return bytes.NewReader(text) })
	if err != nil {
		return 0, err
	}
	return n, tx.allIn(in.table, n, int64(in.n))
}

// loadFile sends rows in the form that LOAD DATA reads; set is the clause for
// further columns. It returns how many rows were stored.
func loadFile(tx *Tx, table string, columns []string, set string, text func() io.Reader) (int64, error) {
	name := "tagkeep-" + strconv.FormatInt(loadNumber.Add(1), 10)
	mysql.RegisterReaderHandler(name, text)
	defer mysql.DeregisterReaderHandler(name)
	return tx.Exec("LOAD DATA LOCAL INFILE 'Reader::" + name + "' INTO TABLE " + table +
		" CHARACTER SET utf8mb4 FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' (" + strings.Join(columns, ", ") + ")" + set)
}

// allIn refuses a load that has left rows out or changed some.
func (tx *Tx) allIn(table string, stored, sent int64) error {
	var warnings int64
	if err := tx.Get(&warnings, "SELECT @@warning_count"); err != nil {
		return err
	}
	if stored != sent || warnings != 0 {
		return fmt.Errorf("load into %s: sent %d rows, stored %d with %d warnings: %w", table, sent, stored, warnings, ErrRefused)
	}
	return nil
}

// stream loads the chunks of a table in one statement. The first column is a
// number in every table, so no line of a chunk is taken for anything else.
func (tx *Tx) stream(chunks iter.Seq2[*archive.Chunk, error]) (int64, error) {
	next, stop := iter.Pull2(chunks)
	defer stop()
	first, err, ok := next()
	if err != nil || !ok {
		return 0, err
	}
	table, columns := first.Table().Name, first.Table().Columns
	if !holds(table, columns) {
		return 0, fmt.Errorf("load table %s: %w", table, ErrNewer)
	}
	text := &chunkText{next: next, left: first.Body(), rows: first.Len()}
	n, err := loadFile(tx, table, columns, "", func() io.Reader { return text })
	switch {
	case text.crash != nil:
		panic(text.crash)
	case text.err != nil:
		err = text.err // the driver's says no more than that
	case err == nil:
		err = tx.allIn(table, n, text.rows)
	}
	if err != nil {
		return 0, fmt.Errorf("load table %s: %w", table, err)
	}
	return n, nil
}

// chunkText reads the bodies of chunks one after the other.
type chunkText struct {
	next  func() (*archive.Chunk, error, bool)
	left  []byte
	rows  int64 // of the chunks so far
	err   error
	crash any // panic of next: the driver must finish its statement first
}

func (t *chunkText) Read(p []byte) (n int, err error) {
	defer func() {
		if t.crash = recover(); t.crash != nil {
			err = io.ErrUnexpectedEOF
		}
	}()
	for len(t.left) == 0 {
		c, err, ok := t.next()
		if err != nil {
			t.err = err
			return 0, err
		}
		if !ok {
			return 0, io.EOF
		}
		t.left, t.rows = c.Body(), t.rows+c.Len()
	}
	n = copy(p, t.left)
	t.left = t.left[n:]
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

// unchecked runs fn without looking up each row's unique and foreign keys. The
// session goes back to its pool afterwards, so the checks are put on again
// whatever has become of the transaction.
func (tx *Tx) unchecked(fn func() error) (err error) {
	const checks = "SET unique_checks = %d, foreign_key_checks = %[1]d"
	if _, err := tx.Exec(fmt.Sprintf(checks, 0)); err != nil {
		return err
	}
	defer func() {
		if _, cerr := tx.x.ExecContext(tx.ctx, fmt.Sprintf(checks, 1)); cerr != nil && err == nil {
			err = tx.check("set", cerr)
		}
	}()
	return fn()
}
