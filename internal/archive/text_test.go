package archive

import (
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// TestParseKey: exactly what strconv writes is read, and as strconv reads it.
func TestParseKey(t *testing.T) {
	check := func(t interface{ Fatalf(string, ...any) }, s string) {
		want, err := strconv.ParseInt(s, 10, 64)
		ok := err == nil && strconv.FormatInt(want, 10) == s
		if got, is := parseKey([]byte(s)); is != ok || ok && got != want {
			t.Fatalf("%q: %d, %v", s, got, is)
		}
	}
	for _, s := range []string{"", "-", "0", "-0", "00", "01", "-01", "+1", "1 ", " 1", "1_0", "0x1", "١",
		"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
		"9999999999999999999", "18446744073709551616", "10000000000000000000000", `\N`} {
		check(t, s)
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.OneOf(rapid.StringMatching(`-?[0-9]{1,21}`), rapid.String()).Draw(t, "key"))
	})
}

func TestShiftFor(t *testing.T) {
	for _, c := range []struct{ bytes, shift int }{
		{1, 20}, {64, 14}, {65, 13}, {1 << 20, 0}, {1 << 30, 0}, {0, 20}, {-1, 20},
	} {
		if got := ShiftFor(c.bytes); got != c.shift {
			t.Errorf("%d bytes a key: %d, want %d", c.bytes, got, c.shift)
		}
	}
}

func TestCellInt(t *testing.T) {
	if n, err := (Cell{Text: []byte("-9223372036854775808")}).Int(); err != nil || n != math.MinInt64 {
		t.Error(n, err)
	}
	for _, c := range []Cell{{Null: true}, {Text: []byte("x")}, {}} {
		if _, err := c.Int(); err == nil {
			t.Errorf("%+v: no error", c)
		}
	}
}
