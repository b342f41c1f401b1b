package importer

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
	"tagkeep/internal/table"
)

// A key as it stands in a cell and the value that is made of it are taken for
// the same: else a duplicate would be overlooked.
func TestKeyPrint(t *testing.T) {
	header := sheet.Row{Number: 1}
	for _, h := range []string{"客户ID", "unionid", "手机号"} {
		header.Cells = append(header.Cells, sheet.Cell{Kind: sheet.Text, Value: h})
	}
	mapping, _, err := table.FindHeader(crm.Customers, []sheet.Row{header}, table.HeaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	parser := mapping.NewParser(shanghai)
	noise := rapid.SampledFrom([]string{"", "", "", " ", "\u200b", "\ufeff", "　", "-", "\u0301", "é", "e\u0301", "中", "Ａ", "ａ"})
	id := rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		for range rapid.IntRange(0, 8).Draw(t, "n") {
			b.WriteString(noise.Draw(t, "noise") + rapid.SampledFrom([]string{"w", "M", "1", "_", "0", ""}).Draw(t, "c"))
		}
		return b.String() + noise.Draw(t, "end")
	})
	phone := rapid.Custom(func(t *rapid.T) string {
		digits := rapid.SampledFrom([]string{"13800000001", "1391234567", "4412345678", "85212345678", "123456", "14155550100"}).Draw(t, "digits")
		if rapid.Bool().Draw(t, "wide") {
			digits = strings.Map(func(r rune) rune { return r - '0' + '０' }, digits)
		}
		at := len(digits) / 3 / 3 * 3 // between two digits, of three bytes or one
		prefix := rapid.SampledFrom([]string{"", "+86", "86", "0086", "+", "00", "（+86）", "＋８６ "}).Draw(t, "prefix")
		return noise.Draw(t, "start") + prefix + noise.Draw(t, "gap") + digits[:at] + noise.Draw(t, "gap2") + digits[at:] + noise.Draw(t, "end")
	})
	rapid.Check(t, func(t *rapid.T) {
		cells := []string{id.Draw(t, "external"), id.Draw(t, "union"), phone.Draw(t, "phone")}
		row := sheet.Row{Number: 2}
		for _, c := range cells {
			kind := sheet.Text
			if c == "" {
				kind = sheet.Blank
			}
			row.Cells = append(row.Cells, sheet.Cell{Kind: kind, Value: c})
		}
		var rec table.Record
		mapping.Parse(parser, &row, &rec)
		for k, field := range keyColumns {
			if v := rec.Values[field].Text; v != "" && keyPrint(k, cells[k]) != keyPrint(k, v) {
				t.Errorf("key %d: the cell %q and its value %q differ", k, cells[k], v)
			}
		}
	})
}

// The index never overlooks a key that is repeated, and seldom takes one for
// repeated that is not.
func TestRepeats(t *testing.T) {
	header := sheet.Row{Number: 1, Cells: []sheet.Cell{{Kind: sheet.Text, Value: "客户ID"}, {Kind: sheet.Text, Value: "电话"}}}
	mapping, _, err := table.FindHeader(crm.Customers, []sheet.Row{header}, table.HeaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const n = 20000
	r := newRepeats(n*30, mapping)
	for i := range n {
		r.add(&sheet.Row{Cells: []sheet.Cell{{Kind: sheet.Text, Value: fmt.Sprint("wm", i)}, {Kind: sheet.Text, Value: fmt.Sprint(13800000000 + i/2)}}})
	}
	wrong := 0
	for i := range n {
		key, phone := fmt.Sprint("wm", i), fmt.Sprint(13800000000+i/2)
		if !r.stands(0, key) || !r.stands(2, phone) || !r.repeated(2, phone) {
			t.Fatalf("row %d is overlooked", i)
		}
		if r.repeated(0, key) {
			wrong++
		}
	}
	if wrong > n/100 {
		t.Errorf("%d of %d keys are taken for repeated", wrong, n)
	}
	if stray := fmt.Sprint("xx", n); r.stands(1, stray) && r.stands(1, stray+"1") && r.stands(1, stray+"2") {
		t.Error("keys that do not stand in the file are taken for such that do")
	}
}
