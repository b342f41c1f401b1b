package report

import (
	"bytes"
	"slices"
	"testing"

	"github.com/xuri/excelize/v2"

	"tagkeep/internal/crm"
)

// The workbook of a restore has its five sheets in both languages, also when
// there is nothing to tell in some, and numbers as numbers.
func TestWriteRestored(t *testing.T) {
	for lang, sheets := range map[crm.Lang][]string{
		crm.Chinese: {"概要", "恢复结果", "未恢复", "权限变化", "企业微信待办"},
		crm.English: {"Summary", "Restored", "Not restored", "Access", "To do in WeCom"},
	} {
		var out bytes.Buffer
		err := WriteRestored(&out, Restored{Lang: lang, Summary: [][2]string{{"a", "b"}},
			Back:   [][]string{{"tag", "x", "x(2)", "renamed", "12"}, {"group", "g", "g", "restored", ""}},
			WeCom:  [][]string{{"x", "=1+1", "3"}},
			Advice: []string{"first", "second"}})
		if err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(&out)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.GetSheetList(); !slices.Equal(got, sheets) {
			t.Errorf("sheets %v, want %v", got, sheets)
		}
		for _, c := range []struct{ sheet, cell, want string }{
			{sheets[0], "B1", "b"}, {sheets[1], "C2", "x(2)"}, {sheets[1], "E2", "12"}, {sheets[2], "A2", restoredSheets[1].none.in(lang)},
			{sheets[4], "A1", "first"}, {sheets[4], "B4", "=1+1"},
		} {
			if got, err := f.GetCellValue(c.sheet, c.cell); err != nil || got != c.want {
				t.Errorf("%s!%s is %q, want %q: %v", c.sheet, c.cell, got, c.want, err)
			}
		}
		if kind, err := f.GetCellType(sheets[1], "E2"); err != nil || kind == excelize.CellTypeSharedString || kind == excelize.CellTypeInlineString {
			t.Errorf("a number is stored as %v: %v", kind, err)
		}
	}
}

// Every reason has words in both languages and none twice.
func TestReasonWords(t *testing.T) {
	seen := make(map[crm.Reason]bool)
	for _, v := range verdictReasons {
		if seen[v.reason] || v.why.zh == "" || v.why.en == "" || v.next.zh == "" || v.next.en == "" {
			t.Errorf("%s: %+v", v.reason, v)
		}
		seen[v.reason] = true
	}
	if Why(crm.English, crm.ReasonLeft) == "" || Why(crm.Chinese, "unheard-of") != "unheard-of" || WhatNext(crm.Chinese, "") != "" {
		t.Error("a reason that is not listed")
	}
}
