package sheet

import (
	"testing"

	"pgregory.net/rapid"
)

func TestCase30Guards(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{`="0123"`, "0123"},
		{`="a""b"`, `a"b`},
		{`=""`, ""},
		{`="a"&"b"`, `="a"&"b"`},
		{`="`, `="`},
		{`=1+1`, `=1+1`},
		{"'0123", "0123"},
		{"'+86 138", "+86 138"},
		{"'-5", "-5"},
		{"'@x", "@x"},
		{"'\tx", "\tx"},
		{`'="0123"`, `="0123"`}, // never both
		{"''+1", "'+1"},
		{"'", "'"},
		{"''", "''"},
		{"'tis", "'tis"},
		{"+86", "+86"},
		{"０", "０"},
	} {
		if got := Unguard(tt.in); got != tt.want {
			t.Errorf("Unguard(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestGuard(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"13800138000", "13800138000"},
		{"高意向", "高意向"},
		{"=1+1", "'=1+1"},
		{"+86", "'+86"},
		{"-5", "'-5"},
		{"@SUM(A1)", "'@SUM(A1)"},
		{"\rx", "'\rx"},
		{"'", "'"},
		{"'tis", "'tis"},
		{"'=1", "''=1"},
		{"'007", "''007"},
		{`="0123"`, `'="0123"`},
	} {
		if got := Guard(tt.in); got != tt.want {
			t.Errorf("Guard(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestGuardIsUndone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.StringMatching(`[='"+\-@\t\r\n0-9a]{0,8}`), rapid.String()).Draw(t, "value")
		if got := Unguard(Guard(s)); got != s {
			t.Fatalf("Unguard(Guard(%q)) = %q", s, got)
		}
	})
}
