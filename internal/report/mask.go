package report

import (
	"strings"

	"tagkeep/internal/crm"
)

// fewestPhoneDigits: a shorter run of digits in a phone column is no number
// that anybody could be called on, and seeing it whole helps to correct it.
const fewestPhoneDigits = 7

// Mask hides the middle digits of every mobile number in s (138****8000),
// with or without 86 before it, separators in it, or full-width digits. It is
// for terminals and logs; files that people correct keep whole numbers.
func Mask(s string) string { return mask(s, false) }

// maskFor is Mask, stricter for the codes that are about phone numbers: there
// everything long enough to be a phone number is masked, valid or not.
func maskFor(code crm.Code, s string) string {
	switch code {
	case crm.BadPhone, crm.SharedPhone, crm.CustomerAmbiguous:
		return mask(s, true)
	}
	return mask(s, false)
}

func mask(s string, strict bool) string {
	if strings.IndexFunc(s, func(r rune) bool { return digit(r) >= 0 }) < 0 {
		return s
	}
	runes := []rune(s)
	for i := 0; i < len(runes); {
		if digit(runes[i]) < 0 {
			i++
			continue
		}
		i = maskAt(runes, i, strict)
	}
	return string(runes)
}

// maskAt masks the phone number whose first digit is runes[start], if it is
// one, and returns where to go on. Groups of digits are joined one by one, so
// that a number is found before and behind a date.
func maskAt(runes []rune, start int, strict bool) int {
	var digits []byte
	var places []int
	next := start // behind the first group
	for i := start; i < len(runes); i++ {
		d := digit(runes[i])
		if d < 0 && !separates(runes[i]) {
			break
		}
		if d >= 0 {
			digits = append(digits, byte('0'+d))
			places = append(places, i)
		}
		if groupEnds(runes, i) {
			if next == start {
				next = i + 1
			}
			if isMobile(digits) {
				return star(runes, places, len(digits)-8, 4)
			}
		}
	}
	switch {
	case strict && len(digits) >= 11:
		return star(runes, places, 3, 4)
	case strict && len(digits) >= fewestPhoneDigits:
		return star(runes, places, 2, 2)
	}
	return next
}

// groupEnds reports whether runes[i] is the last of adjoining digits.
func groupEnds(runes []rune, i int) bool {
	return digit(runes[i]) >= 0 && (i+1 == len(runes) || digit(runes[i+1]) < 0)
}

// star hides the digits at places except the first head and the last tail of
// them, and returns the place behind the last one.
func star(runes []rune, places []int, head, tail int) int {
	for _, p := range places[head : len(places)-tail] {
		runes[p] = '*'
	}
	return places[len(places)-1] + 1
}

// isMobile: eleven digits from 13 to 19, the country code allowed for.
func isMobile(digits []byte) bool {
	switch {
	case len(digits) == 15 && string(digits[:4]) == "0086":
		digits = digits[4:]
	case len(digits) == 13 && string(digits[:2]) == "86":
		digits = digits[2:]
	}
	return len(digits) == 11 && digits[0] == '1' && digits[1] >= '3'
}

// digit is the value of an ASCII or full-width digit, -1 for anything else.
func digit(r rune) int {
	switch {
	case '0' <= r && r <= '9':
		return int(r - '0')
	case '０' <= r && r <= '９':
		return int(r - '０')
	}
	return -1
}

// separates reports what stands between the groups of a phone number: what
// people put there, and what does not show.
func separates(r rune) bool {
	return hidden(r) || strings.ContainsRune(" \u3000-–—.·()（）", r)
}
