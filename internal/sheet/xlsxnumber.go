package sheet

import (
	"bytes"
	"math"
	"strconv"
)

const (
	significant = 15  // digits of a number that Excel keeps and shows
	maxNumber   = 400 // bytes of a stored number; the longest double has fewer
)

// appendNumber appends a stored number as plain decimal: without an exponent,
// and without the noise of binary fractions beyond the 15th digit. suspect says
// that it has more digits before the point than Excel keeps, so that some may
// be lost already; those that are stored are all kept. ok is false when raw is
// no number.
func appendNumber(dst, raw []byte) (_ []byte, suspect, ok bool) {
	if isPlainNumber(raw) {
		return append(dst, raw...), false, true
	}
	raw = bytes.TrimSpace(raw)
	if len(raw) > maxNumber || bytes.ContainsAny(raw, "xX_") {
		return dst, false, false
	}
	value, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return dst, false, false
	}
	if value == 0 {
		return append(dst, '0'), false, true
	}
	if math.Abs(value) >= 1e15 {
		return appendLong(dst, raw, value), true, true
	}
	dst = strconv.AppendFloat(dst, value, 'f', decimals(value), 64)
	if bytes.IndexByte(dst, '.') >= 0 {
		dst = bytes.TrimSuffix(bytes.TrimRight(dst, "0"), []byte("."))
	}
	return dst, false, true
}

// isPlainNumber tells a number that is its own plain form, as most are.
func isPlainNumber(raw []byte) bool {
	digits := raw
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	point := -1
	for i, c := range digits {
		if c == '.' && point < 0 {
			point = i
		} else if c < '0' || c > '9' {
			return false
		}
	}
	whole := digits
	if point >= 0 {
		if digits[len(digits)-1] == '0' || point == len(digits)-1 {
			return false
		}
		whole = digits[:point]
	}
	return len(digits) <= significant && len(whole) > 0 &&
		(whole[0] != '0' || len(whole) == 1 && (point > 0 || len(raw) == 1))
}

// decimals is how many places behind the point make up 15 digits of value.
func decimals(value float64) int {
	var b [32]byte
	text := strconv.AppendFloat(b[:0], value, 'e', significant-1, 64)
	exponent, _ := strconv.Atoi(string(text[bytes.IndexByte(text, 'e')+1:]))
	return max(0, significant-1-exponent)
}

// appendLong appends a number of more than 15 digits before the point: as it
// is stored when it is stored in digits, else spelled out from its shortest
// form.
func appendLong(dst, raw []byte, value float64) []byte {
	raw = bytes.TrimPrefix(raw, []byte("+"))
	if whole, fraction, found := bytes.Cut(raw, []byte(".")); found && len(bytes.Trim(fraction, "0")) == 0 {
		raw = whole
	}
	digits := bytes.TrimPrefix(raw, []byte("-"))
	if len(bytes.Trim(digits, "0123456789")) == 0 && digits[0] != '0' {
		return append(dst, raw...)
	}
	return strconv.AppendFloat(dst, value, 'f', -1, 64)
}

// appendPadded appends the plain number with zeros in front up to that many
// digits; false when its format would show no zeros.
func appendPadded(dst, plain []byte, zeros int) ([]byte, bool) {
	if zeros <= len(plain) || len(plain) > significant {
		return dst, false
	}
	for _, c := range plain {
		if c < '0' || c > '9' {
			return dst, false
		}
	}
	for range zeros - len(plain) {
		dst = append(dst, '0')
	}
	return append(dst, plain...), true
}
