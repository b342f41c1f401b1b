package importer

import "strconv"

// cellChange is a value that a row would overwrite.
type cellChange struct {
	column   int
	old, now string
}

// differ compares a row's cells with the fields of what is stored, and puts
// them in.
type differ struct {
	row     *row
	changes []cellChange
}

// field compares one value and calls put where it differs.
func (d *differ) field(column int, old, now string, put func()) {
	if old != now {
		d.changes = append(d.changes, cellChange{column, old, now})
		put()
	}
}

func (d *differ) text(column int, field *string) {
	if v, asked := d.row.asks(column); asked {
		d.field(column, *field, v, func() { *field = v })
	}
}

func (d *differ) number(column int, field *int64) {
	if v, asked := d.row.asks(column); asked {
		d.field(column, strconv.FormatInt(*field, 10), strconv.FormatInt(number(v), 10), func() { *field = number(v) })
	}
}

func (d *differ) flag(column int, field *bool) {
	if v, asked := d.row.asks(column); asked {
		d.field(column, bit(*field), bit(v == "1"), func() { *field = v == "1" })
	}
}

func bit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}
