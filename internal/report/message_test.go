package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode"

	"tagkeep/internal/crm"
)

var update = flag.Bool("update", false, "rewrite testdata and docs/codes.md from the catalogue")

var testHeaders = []string{"客户ID", "unionid", "客户名称", "手机号", "企业标签"}

// samples has a problem for every entry of the catalogue, with all arguments.
var samples = []crm.Problem{
	{Code: crm.Required, Column: 2, Args: []string{"客户名称"}},
	{Code: crm.Required, Column: -1, Args: []string{"key"}},
	{Code: crm.TooLong, Column: 2, Value: "很长的名称", Args: []string{"3", "5"}},
	{Code: crm.BadFormat, Column: 2, Value: "a b", Args: []string{"两个字"}},
	{Code: crm.BadFormat, Column: 2, Value: "一", Args: []string{"integer"}},
	{Code: crm.BadFormat, Column: 2, Value: "<清空>", Args: []string{"clear"}},
	{Code: crm.BadFormat, Column: 2, Value: "张\n三", Args: []string{"line-break"}},
	{Code: crm.BadFormat, Column: 0, Value: "wm 1", Args: []string{"space"}},
	{Code: crm.BadFormat, Column: 0, Value: "张三", Args: []string{"ascii"}},
	{Code: crm.BadFormat, Column: 2, Value: "2024-03-05", Args: []string{"date-cell"}},
	{Code: crm.BadFormat, Column: 2, Value: "总部//华东", Args: []string{"path"}},
	{Code: crm.BadFormat, Column: 2, Value: "a/b/c", Args: []string{"depth", "2", "3"}},
	{Code: crm.BadFormat, Column: 2, Value: "a;b", Args: []string{"one-value"}},
	{Code: crm.BadFormat, Column: 2, Value: "总部", Args: []string{"scope"}},
	{Code: crm.BadFormat, Column: 4, Value: `"a:b`, Args: []string{"quote"}},
	{Code: crm.BadFormat, Column: 4, Value: "a:b:c", Args: []string{"tag"}},
	{Code: crm.BadFormat, Column: 4, Value: "等级:高", Args: []string{"tag-group"}},
	{Code: crm.BadFormat, Column: 4, Value: "等级:高", Args: []string{"tag-add-and-remove"}},
	{Code: crm.BadPhone, Column: 3, Value: "1380013800"},
	{Code: crm.BadPhone, Column: 3, Value: "13800138000;abc", Args: []string{"phone-list", "abc"}},
	{Code: crm.BadEmail, Column: 2, Value: "a@"},
	{Code: crm.BadDate, Column: 2, Value: "2024-13-01"},
	{Code: crm.AmbiguousDate, Column: 2, Value: "05/03/2024", Args: []string{"2024-05-03", "2024-03-05"}},
	{Code: crm.NotInList, Column: 2, Value: "无", Args: []string{"男、女", "male, female"}},
	{Code: crm.UnknownGroup, Column: 4, Value: "意象:高", Args: []string{"意象", "意向"}},
	{Code: crm.UnknownTag, Column: 4, Value: "高意项", Args: []string{"高意项", "高意向"}},
	{Code: crm.UnknownTag, Column: 4, Value: "高意项", Args: []string{"高意项", "高意向", ToDelete}},
	{Code: crm.UnknownGroup, Column: 4, Value: "意象", Args: []string{"意象", "意向", ToDelete}},
	{Code: crm.TagInBin, Column: 4, Value: "高意向", Args: []string{"意向:高意向", "D7", ToDelete}},
	{Code: crm.GroupInBin, Column: 4, Value: "意向", Args: []string{"意向", "D7", ToDelete}},
	{Code: crm.UnknownStaff, Column: 2, Value: "zhnag", Args: []string{"zhnag", "zhang"}},
	{Code: crm.UnknownDepartment, Column: 2, Value: "华冬", Args: []string{"华冬", "总部/华东"}},
	{Code: crm.UnknownCustomer, Column: 0, Value: "wm1"},
	{Code: crm.TagAmbiguous, Column: 4, Value: "高", Args: []string{"高", "意向、价值"}},
	{Code: crm.StaffAmbiguous, Column: 2, Value: "张伟", Args: []string{"张伟", "zhang1、zhang2"}},
	{Code: crm.CustomerAmbiguous, Column: 3, Value: "13800138000", Args: []string{"13800138000", "wm1、wm2"}},
	{Code: crm.KeyConflict, Column: 0, Value: "wm1", Args: []string{"客户ID", "wm1", "手机号", "wm2"}},
	{Code: crm.DupInFile, Column: 3, Value: "13800138000", Related: 12},
	{Code: crm.DupInDB, Column: 4, Value: "高意向", Args: []string{"意向:高意向"}},
	{Code: crm.ConflictUpdate, Column: 2, Value: "张三", Related: 12, Args: []string{"客户名称", "李四"}},
	{Code: crm.GroupInBin, Column: 4, Value: "意向:高", Args: []string{"意向", "D7"}},
	{Code: crm.TagInBin, Column: 4, Value: "高意向", Args: []string{"高意向", "D7"}},
	{Code: crm.NotAllowed, Column: 4, Value: "高意向", Args: []string{"group:意向"}},
	{Code: crm.NotAllowed, Column: 4, Value: "高意向", Args: []string{"zhang 没有「可配置客户标签」权限", "zhang lacks the tag-configuration permission", "[tagkeep] tagkeep import staff 员工.xlsx", "[tagkeep] tagkeep import staff staff.xlsx"}},
	{Code: crm.NotAllowed, Column: 4, Value: "意向", Args: []string{"name-taken", "意向"}},
	{Code: crm.NotAllowed, Column: 4, Value: "总部/财务", Args: []string{"foreign-department", "总部/财务"}},
	{Code: crm.NotAllowed, Column: 4, Value: "总部/财务", Args: []string{"staff-scope"}},
	{Code: crm.NotAllowed, Column: 4, Value: "审计员", Args: []string{"role-above", "auditor"}},
	{Code: crm.NotAllowed, Column: 4, Value: "是", Args: []string{"permission-above"}},
	{Code: crm.NotFollowed, Column: 2, Value: "zhang", Args: []string{"zhang"}},
	{Code: crm.NotFollowed, Column: 2, Value: "wm1", Args: []string{"by-others", "zhang"}},
	{Code: crm.NotFollowed, Column: 2, Value: "li", Args: []string{"new", "zhang"}},
	{Code: crm.BadFormat, Column: 2, Value: "意向", Args: []string{"object"}},
	{Code: crm.BadFormat, Column: 2, Value: "是", Args: []string{"with-sub"}},
	{Code: crm.BadDate, Column: 2, Value: "2020-01-01", Args: []string{"ended"}},
	{Code: crm.BadDate, Column: 2, Value: "2020-01-01", Args: []string{"ends-before-start"}},
	{Code: crm.LimitReached, Column: 2, Value: "2030-01-09", Args: []string{"72", "temporary-hours"}},
	{Code: crm.PrecisionLost, Column: 3, Value: "1.38E+10"},
	{Code: crm.PrecisionSuspect, Column: 3, Value: "1380013800000000000"},
	{Code: crm.FormulaNotCalculated, Column: 2, Value: "=A1&B1"},
	{Code: crm.FormulaError, Column: 2, Value: "#N/A"},
	{Code: crm.MergedCell, Column: 2, Args: []string{"C5:C9"}},
	{Code: crm.BadEncoding, Column: 2, Value: "张\uFFFD", Args: []string{"1234"}},
	{Code: crm.ControlChar, Column: 2, Value: "张\x00三", Args: []string{"U+0000"}},
	{Code: crm.UnterminatedQuote, Column: 2, Value: `"张三`},
	{Code: crm.TooManyCells, Column: -1, Args: []string{"5"}},
	{Code: crm.LimitReached, Column: 4, Args: []string{"7", "别的"}},
	{Code: crm.LimitReached, Column: 4, Args: []string{"10000", "tags"}},
	{Code: crm.LimitReached, Column: 4, Args: []string{"3000", "pair-tags"}},
	{Code: crm.LimitReached, Column: 4, Args: []string{"1", "single-choice"}},
	{Code: crm.DBRejected, Column: -1, Args: []string{"Data too long for column 'name'"}},
	{Code: crm.InBin, Column: 4, Value: "高意向", Args: []string{"高意向", "D7"}},
	{Code: crm.InBin, Column: 4, Value: "高意向", Args: []string{"高意向", "D7"}, Warn: true},
	{Code: crm.PrecisionSuspect, Column: 2, Value: "1234567890123456789", Warn: true},
	{Code: crm.MergedCell, Column: 2, Args: []string{"C5:C9"}, Warn: true},
	{Code: crm.SharedPhone, Column: 3, Value: "13800138000", Args: []string{"2"}, Warn: true},
	{Code: crm.NearDuplicate, Column: 4, Value: "vip", Args: []string{"VIP"}, Warn: true},
	{Code: crm.LongName, Column: 4, Value: "很长很长的名称", Args: []string{"15", "16"}, Warn: true},
	{Code: crm.UnknownColumn, Column: 4, Value: "手机好", Args: []string{"手机号"}, Warn: true},
	{Code: crm.HiddenRows, Column: -1, Args: []string{"3"}, Warn: true},
	{Code: crm.OtherSheets, Column: -1, Args: []string{"Sheet2、Sheet3"}, Warn: true},
	{Code: crm.SameFile, Column: -1, Args: []string{"R7", "2026-03-05 14:30"}, Warn: true},
	{Code: crm.NoRows, Column: -1, Warn: true},
	{Code: crm.ActiveContent, Column: -1, Args: []string{"macros"}, Warn: true},
	{Code: crm.QuoteRepaired, Column: 2, Value: `5" 管`, Warn: true},
	{Code: crm.LeadingZero, Column: 2, Value: "007", Warn: true},
	{Code: crm.PictureCell, Column: 2, Warn: true},
}

// TestSentences compares every sentence, with all its arguments and with none,
// with testdata/sentences.txt; -update rewrites it.
func TestSentences(t *testing.T) {
	var b bytes.Buffer
	for _, p := range samples {
		p.Row = 57
		if p.Warn && p.Column < 0 {
			p.Row = 0
		}
		bare := crm.Problem{Code: p.Code, Row: p.Row, Column: -1, Warn: p.Warn}
		for _, lang := range []crm.Lang{crm.Chinese, crm.English} {
			full := Explain(lang, p, testHeaders)
			fmt.Fprintln(&b, full.Line(lang))
			for _, e := range []RowError{full, Explain(lang, bare, nil)} {
				checkSentence(t, lang, e)
			}
		}
		fmt.Fprintf(&b, "    %s\n    %s\n\n", Explain(crm.Chinese, bare, nil).Line(crm.Chinese), Explain(crm.English, bare, nil).Line(crm.English))
	}
	compare(t, "testdata/sentences.txt", b.Bytes())
}

func checkSentence(t *testing.T, lang crm.Lang, e RowError) {
	t.Helper()
	for _, s := range []string{e.Message, e.Hint} {
		if s == "" || strings.ContainsAny(s, "{}") {
			t.Errorf("%s (%s): %q: empty, or a place is not filled", e.Code, lang, s)
		}
		if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "。") {
			t.Errorf("%s (%s): %q ends in a full stop", e.Code, lang, s)
		}
	}
}

// compare fails unless got is the content of the file, which it rewrites when
// asked to.
func compare(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got, want) {
		return
	}
	gotLines, wantLines := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(gotLines), len(wantLines)) {
		if gotLines[i] != wantLines[i] {
			t.Fatalf("%s, line %d:\n got %s\nwant %s\n(run with -update if that is meant)", path, i+1, gotLines[i], wantLines[i])
		}
	}
	t.Fatalf("%s has %d lines, want %d (run with -update if that is meant)", path, len(wantLines), len(gotLines))
}

func TestEveryCodeHasSentences(t *testing.T) {
	all := append(append([]crm.Code{}, crm.ErrorCodes...), crm.WarningCodes...)
	for _, code := range all {
		if catalogue[code] == nil {
			t.Errorf("%s is not in the catalogue", code)
		}
	}
	if len(catalogue) != len(all) {
		t.Errorf("the catalogue has %d codes, crm has %d", len(catalogue), len(all))
	}
	sampled := make(map[*entry]bool)
	for i := range samples {
		sampled[lookup(&samples[i])] = true
	}
	for code, entries := range catalogue {
		for token, e := range entries {
			if !sampled[e] {
				t.Errorf("no sample for %s %q", code, token)
			}
			checkEntry(t, e)
		}
	}
}

func checkEntry(t *testing.T, e *entry) {
	t.Helper()
	checkTexts := func(what string, texts []text) {
		if len(texts) == 0 {
			t.Errorf("%s %q: no %s", e.code, e.token, what)
			return
		}
		if last := texts[len(texts)-1]; strings.Contains(last.zh+last.en, "{") {
			t.Errorf("%s %q: the last %s needs arguments: %v", e.code, e.token, what, last)
		}
		for _, s := range texts {
			if s.zh == "" || s.en == "" || !hasHan(s.zh) || hasHan(strings.ReplaceAll(s.en, "总部/华东", "")) {
				t.Errorf("%s %q: %s is not Chinese and English: %v", e.code, e.token, what, s)
			}
		}
	}
	checkTexts("title", []text{e.title})
	checkTexts("message", e.message)
	if e.hint != nil || e.token == "" {
		checkTexts("hint", e.hint)
	}
}

func hasHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func TestExplainUnknownCode(t *testing.T) {
	e := Explain(crm.Chinese, crm.Problem{Code: "FROM_THE_FUTURE", Row: 3, Column: 1, Value: "x"}, testHeaders)
	if got, want := e.Line(crm.Chinese), "第 3 行 B 列「unionid」: FROM_THE_FUTURE (FROM_THE_FUTURE)"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// Arguments beyond those that a sentence uses, or empty ones, do no harm.
func TestExplainOddArguments(t *testing.T) {
	p := crm.Problem{Code: crm.UnknownTag, Row: 2, Column: 4, Args: []string{"高", "", "x", "y"}}
	e := Explain(crm.Chinese, p, testHeaders)
	if e.Message != "标签「高」不存在" || strings.Contains(e.Hint, "「」") {
		t.Errorf("got %q, %q", e.Message, e.Hint)
	}
}

func TestRowErrorJSON(t *testing.T) {
	p := crm.Problem{Code: crm.PrecisionLost, Row: 57, Column: 3, Value: "1.38E+10"}
	got, err := json.Marshal(Explain(crm.Chinese, p, testHeaders))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"row":57,"column":"D","header":"手机号","code":"PRECISION_LOST","value":"1.38E+10",` +
		`"message":"\"1.38E+10\" 已丢失精度","hint":"请把该列设为文本后重新填写","related_row":0}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var back RowError
	if err := json.Unmarshal(got, &back); err != nil {
		t.Fatal(err)
	}
	if line := back.Line(crm.Chinese); line != `第 57 行 D 列「手机号」: "1.38E+10" 已丢失精度; 请把该列设为文本后重新填写 (PRECISION_LOST)` {
		t.Errorf("line of a read back error: %s", line)
	}
}

func TestLineHidesPhoneNumbers(t *testing.T) {
	tests := []struct {
		name string
		p    crm.Problem
	}{
		{"value", crm.Problem{Code: crm.DupInDB, Value: "13800138000"}},
		{"argument", crm.Problem{Code: crm.CustomerAmbiguous, Args: []string{"13800138000", "2"}}},
		{"invalid number", crm.Problem{Code: crm.BadPhone, Value: "138001380001"}},
		{"separators that do not show", crm.Problem{Code: crm.BadPhone, Value: "138\u00a00013\u200b8000"}},
		{"in a text", crm.Problem{Code: crm.TooLong, Value: "x", Args: []string{"电话+86 138-0013-8000转1"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := Explain(crm.Chinese, test.p, nil)
			digits := strings.Map(func(r rune) rune {
				if r < '0' || r > '9' {
					return -1
				}
				return r
			}, e.Line(crm.Chinese))
			if strings.Contains(digits, "13800138") || !strings.Contains(e.Line(crm.English), "*") {
				t.Errorf("the number shows: %s", e.Line(crm.Chinese))
			}
			if e.Value != test.p.Value {
				t.Errorf("value %q was changed to %q", test.p.Value, e.Value)
			}
		})
	}
}

func TestLineIsOneLine(t *testing.T) {
	p := crm.Problem{Code: crm.BadFormat, Row: 5, Column: 0, Value: "a\nb\x1b[31m\u202e" + strings.Repeat("长", 5000), Args: []string{"x"}}
	e := explainAt(crm.Chinese, p, []string{"名\n称"}, 8)
	line := e.Line(crm.Chinese)
	if strings.ContainsFunc(line, unicode.IsControl) || strings.Contains(line, "\u202e") || len(line) > 1000 {
		t.Errorf("not fit for a terminal: %q", line)
	}
	if !strings.HasPrefix(line, `第 5 行 (文本第 8 行) A 列「名\n称」: "a\nb\x1b[31m\u202e长`) {
		t.Errorf("got %s", line)
	}
	if e.Value != p.Value {
		t.Error("the value itself was cut")
	}
}
