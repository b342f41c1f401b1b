package store

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
)

// rowFields calls fn with each field of a struct of package crm that is a column
// of the table, and the column's place.
func (t Table) rowFields(row reflect.Value, fn func(at int, field reflect.Value) error) error {
	for i := range row.NumField() {
		at := slices.Index(t.Columns, row.Type().Field(i).Tag.Get("db"))
		if at < 0 {
			continue
		}
		if err := fn(at, row.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

// Read fills a struct of package crm, given by its address, with the cells of a
// row.
func (t Table) Read(m Image, into any) error {
	return t.rowFields(reflect.ValueOf(into).Elem(), func(at int, field reflect.Value) error {
		switch cell := m[at]; {
		case cell == nil:
			field.SetZero()
		case field.Kind() == reflect.String:
			field.SetString(*cell)
		case field.Kind() == reflect.Bool:
			field.SetBool(*cell == "1")
		default:
			n, err := strconv.ParseInt(*cell, 10, 64)
			if err != nil {
				return fmt.Errorf("read %s.%s: %w", t.Name, t.Columns[at], err)
			}
			field.SetInt(n)
		}
		return nil
	})
}

// nullable are the columns that hold NULL where there is no text.
var nullable = []string{KeyExternalID, KeyUnionID, KeyMobile}

// With is the row with the cells of a struct of package crm; what the struct
// does not have stays.
func (t Table) With(m Image, row any) Image {
	out := slices.Clone(m)
	_ = t.rowFields(reflect.ValueOf(row), func(at int, field reflect.Value) error {
		text := ""
		switch field.Kind() {
		case reflect.String:
			text = field.String()
		case reflect.Bool:
			text = strconv.Itoa(bit(field.Bool()))
		default:
			text = strconv.FormatInt(field.Int(), 10)
		}
		out[at] = &text
		if text == "" && t.Name == "customer" && slices.Contains(nullable, t.Columns[at]) {
			out[at] = nil
		}
		return nil
	})
	return out
}
