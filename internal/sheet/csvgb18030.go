package sheet

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"
)

// GB18030 has three areas of two-byte codes for characters that users define
// themselves; they are U+E000 to U+E765. x/text does not know them: it cannot
// read them and writes them as codes that it reads as other characters.
const (
	firstUserDefined = 0xE000 // AAA1 to AFFE
	userDefinedF8    = 0xE234 // F8A1 to FEFE
	userDefinedA1    = 0xE4C6 // A140 to A7A0
	endUserDefined   = 0xE766
	notUserDefined   = 0xE5E5 // A3A0, which is read as the ideographic space
)

// fromUserDefined is the character of a two-byte code in these areas.
func fromUserDefined(lead, trail byte) (rune, bool) {
	switch {
	case lead >= 0xAA && lead <= 0xAF && trail >= 0xA1 && trail <= 0xFE:
		return firstUserDefined + rune(lead-0xAA)*94 + rune(trail-0xA1), true
	case lead >= 0xF8 && lead <= 0xFE && trail >= 0xA1 && trail <= 0xFE:
		return userDefinedF8 + rune(lead-0xF8)*94 + rune(trail-0xA1), true
	case lead >= 0xA1 && lead <= 0xA7 && trail >= 0x40 && trail <= 0xA0 && trail != 0x7F:
		if trail > 0x7F {
			trail--
		}
		return userDefinedA1 + rune(lead-0xA1)*96 + rune(trail-0x40), true
	}
	return 0, false
}

// toUserDefined is the code of such a character.
func toUserDefined(r rune) (lead, trail byte, ok bool) {
	switch {
	case r < firstUserDefined || r >= endUserDefined || r == notUserDefined:
		return 0, 0, false
	case r < userDefinedF8:
		r -= firstUserDefined
		return byte(0xAA + r/94), byte(0xA1 + r%94), true
	case r < userDefinedA1:
		r -= userDefinedF8
		return byte(0xF8 + r/94), byte(0xA1 + r%94), true
	}
	r -= userDefinedA1
	trail = byte(0x40 + r%96)
	if trail >= 0x7F {
		trail++
	}
	return byte(0xA1 + r/96), trail, true
}

// encodeGB18030 appends the valid UTF-8 text to dst. A character that would not
// be read back as it is (some beyond the user-defined ones) is an error.
func encodeGB18030(dst, text []byte, table transform.Transformer) ([]byte, error) {
	const leadOfPrivate = 0xEE // in UTF-8, of all characters in doubt
	for len(text) > 0 {
		n := bytes.IndexByte(text, leadOfPrivate)
		if n < 0 {
			n = len(text)
		}
		var err error
		if dst, err = transformTo(dst, text[:n], table, encGB18030); err != nil {
			return dst, err
		}
		if text = text[n:]; len(text) == 0 {
			break
		}
		r, size := utf8.DecodeRune(text)
		if lead, trail, ok := toUserDefined(r); ok {
			dst = append(dst, lead, trail)
		} else if dst, err = encodeChecked(dst, text[:size]); err != nil {
			return dst, err
		}
		text = text[size:]
	}
	return dst, nil
}

// encodeChecked appends a character that reads back as itself.
func encodeChecked(dst, char []byte) ([]byte, error) {
	code, err := simplifiedchinese.GB18030.NewEncoder().Bytes(char)
	if err == nil {
		var back []byte
		if back, err = simplifiedchinese.GB18030.NewDecoder().Bytes(code); err == nil && bytes.Equal(back, char) {
			return append(dst, code...), nil
		}
	}
	return dst, notIn(char, encGB18030)
}

// notIn says that an encoding does not hold the first character of text.
func notIn(text []byte, enc string) error {
	r, _ := utf8.DecodeRune(text)
	return fmt.Errorf("write csv: %q (%U) is not in %s", r, r, enc)
}
