package crm

import "testing"

func TestNearest(t *testing.T) {
	headers := []string{"客户ID", "unionid", "手机号", "电话", "客户名称", "企业标签", "添加时间"}
	for _, c := range []struct {
		name string
		in   string
		from []string
		want string
	}{
		{"one character missing", "手机", headers, "手机号"},
		{"one character wrong", "客户名字", headers, "客户名称"},
		{"two characters swapped", "签标企业", headers, ""},
		{"neighbours swapped", "企业签标", headers, "企业标签"},
		{"case", "UnionID", headers, "unionid"},
		{"full width", "客户ＩＤ", headers, "客户ID"},
		{"spaces", "手 机 号", headers, "手机号"},
		{"nothing near", "星座", headers, ""},
		{"nothing to go by", "  ", headers, ""},
		{"no candidates", "手机号", nil, ""},
		{"the same folded wins over the first", "vip", []string{"vi", "VIP"}, "VIP"},
		{"the first of equals", "高意项", []string{"高意向", "高意图"}, "高意向"},
		{"one character suggests nothing", "甲", []string{"乙"}, ""},
		{"a blank candidate is never meant", "ab", []string{"", " "}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := Nearest(c.in, c.from)
			if got != c.want || ok != (c.want != "") {
				t.Errorf("Nearest(%q) = %q, %v; want %q", c.in, got, ok, c.want)
			}
		})
	}
}

func TestIsNearDuplicate(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"VIP", "vip", true},
		{"VIP", "ＶＩＰ", true},
		{"VIP 客户", "VIP客户", true},
		{"VIP　客户", "VIP客户", true},
		{"VIP\u200b客户", "VIP客户", true},
		{"VIP（重要）", "VIP(重要)", true},
		{"VIP", "VIP", false},
		{"VIP", "VIP1", false},
		{"", "", false},
	} {
		if got := IsNearDuplicate(c.a, c.b); got != c.want {
			t.Errorf("IsNearDuplicate(%q, %q) = %v", c.a, c.b, got)
		}
		if got := IsNearDuplicate(c.b, c.a); got != c.want {
			t.Errorf("IsNearDuplicate(%q, %q) = %v", c.b, c.a, got)
		}
	}
}

// The distance is checked against the plain recursive definition, since the
// early exits are easy to get wrong.
func TestEditDistance(t *testing.T) {
	words := []string{"", "a", "ab", "ba", "abc", "acb", "bca", "abcd", "badc", "xabcd", "dcba"}
	var m editMatrix
	for _, a := range words {
		for _, b := range words {
			want := plainDistance([]rune(a), []rune(b))
			for limit := -1; limit < 6; limit++ {
				got, ok := m.distance([]rune(a), []rune(b), limit)
				if ok != (want <= limit) || ok && got != want {
					t.Errorf("distance(%q, %q, %d) = %d, %v; want %d", a, b, limit, got, ok, want)
				}
			}
		}
	}
}

func plainDistance(a, b []rune) int {
	if len(a) == 0 || len(b) == 0 {
		return len(a) + len(b)
	}
	x, y := a[1:], b[1:]
	if a[0] == b[0] {
		return plainDistance(x, y)
	}
	d := 1 + min(plainDistance(x, y), plainDistance(a, y), plainDistance(x, b))
	if len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] {
		d = min(d, 1+plainDistance(a[2:], b[2:]))
	}
	return d
}
