package report

import (
	"testing"

	"tagkeep/internal/crm"
)

func TestMask(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"13800138000", "138****8000"},
		{"+8613800138000", "+86138****8000"},
		{"0086 138-0013-8000", "0086 138-****-8000"},
		{"１３８００１３８０００", "１３８****８０００"},
		{"2024-03-05 13800138000", "2024-03-05 138****8000"},
		{"13800138000 2024-03-05", "138****8000 2024-03-05"},
		{"13800138000;13900139000", "138****8000;139****9000"},
		{"13800138000 13900139000", "138****8000 139****9000"},
		{"微信wx13800138000。", "微信wx138****8000。"},
		{"12345678901", "12345678901"},               // no mobile number begins with 12
		{"138001380001", "138001380001"},             // twelve digits
		{"0571-88886666", "0571-88886666"},           // a landline
		{"330106199001011234", "330106199001011234"}, // longer numbers
		{"1.38E+10", "1.38E+10"},                     // nothing left to hide
		{"第 57 行 D 列", "第 57 行 D 列"},                 //
		{"wmAbc1380013800012345", "wmAbc1380013800012345"},
	}
	for _, test := range tests {
		if got := Mask(test.in); got != test.want {
			t.Errorf("Mask(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

func TestMaskPhoneColumns(t *testing.T) {
	tests := []struct{ in, want string }{
		{"12x", "12x"},
		{"123456", "123456"},
		{"1234567", "12***67"},
		{"1380013800", "13******00"},
		{"0571-88886666", "057*-****6666"},
		{"138001380001", "138*****0001"},
		{"13800138000", "138****8000"},
	}
	for _, test := range tests {
		if got := maskFor(crm.BadPhone, test.in); got != test.want {
			t.Errorf("%q was masked as %q, want %q", test.in, got, test.want)
		}
	}
}
