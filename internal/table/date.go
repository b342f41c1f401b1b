package table

import (
	"strconv"
	"strings"
	"time"

	"tagkeep/internal/crm"
)

// Years that a date may lie in: what spreadsheets can hold, up to where a
// mistyped year is more likely than a meant one.
const (
	firstYear = 1900
	lastYear  = 2199
)

// date reads a day. Canonical is 2006-01-02. A time of day is accepted only
// when it is midnight, since it would be lost.
func date(c spot, text string) (string, bool) {
	if isoDate(text) {
		return text, true
	}
	t, ok := c.stamp(text)
	if !ok {
		return "", false
	}
	if t.zoned || t.hour+t.minute+t.second+t.nano != 0 {
		return c.fail(crm.BadDate)
	}
	return t.day(), true
}

// moment reads a day with or without a time, in the company's time zone unless
// the text names an offset. Canonical are milliseconds since 1970 in decimal.
func moment(c spot, text string) (string, bool) {
	t, ok := c.stamp(text)
	if !ok {
		return "", false
	}
	zone := c.p.zone
	if t.zoned {
		zone = time.FixedZone("", t.offset)
	}
	at := time.Date(t.year, time.Month(t.month), t.dayOfMonth, t.hour, t.minute, t.second, t.nano, zone)
	return strconv.FormatInt(at.UnixMilli(), 10), true
}

// stamp reads the text as a date and reports what is wrong with it.
func (c spot) stamp(text string) (stamp, bool) {
	t, ok := parseStamp(text)
	if !ok {
		c.fail(crm.BadDate)
		return t, false
	}
	if !t.yearLast || t.settle(c.p.order[c.field]) {
		if !t.exists() {
			c.fail(crm.BadDate)
			return t, false
		}
		return t, true
	}
	dayFirst, monthFirst := t, t
	dayFirst.settle(dayMonth)
	monthFirst.settle(monthDay)
	c.fail(crm.AmbiguousDate, monthFirst.day(), dayFirst.day())
	return t, false
}

// stamp is a date with an optional time as it was written.
type stamp struct {
	year, month, dayOfMonth    int
	hour, minute, second, nano int
	zoned                      bool // an offset was given
	offset                     int  // seconds east of UTC
	// yearLast: the date was written as 05/03/2024, and month and dayOfMonth
	// hold its first and second part until settle has told which is which.
	yearLast bool
}

// day is the date in canonical form.
func (t stamp) day() string {
	b := make([]byte, 0, len("2006-01-02"))
	b = append(b, byte('0'+t.year/1000), byte('0'+t.year/100%10), byte('0'+t.year/10%10), byte('0'+t.year%10))
	b = append(b, '-', byte('0'+t.month/10), byte('0'+t.month%10))
	b = append(b, '-', byte('0'+t.dayOfMonth/10), byte('0'+t.dayOfMonth%10))
	return string(b)
}

// exists reports whether there is such a day and time.
func (t stamp) exists() bool {
	return t.year >= firstYear && t.year <= lastYear && t.month >= 1 && t.month <= 12 &&
		t.dayOfMonth >= 1 && t.dayOfMonth <= daysIn(t.year, t.month) &&
		t.hour < 24 && t.minute < 60 && t.second < 60
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// isoDate recognises an existing day in canonical form.
func isoDate(s string) bool {
	if len(s) != len("2006-01-02") || s[4] != '-' || s[7] != '-' || !allDigits(s[:4]) || !allDigits(s[5:7]) || !allDigits(s[8:]) {
		return false
	}
	t := stamp{year: number(s[:4]), month: number(s[5:7]), dayOfMonth: number(s[8:])}
	return t.exists()
}

// number is the value of a few ASCII digits.
func number(digits string) int {
	n := 0
	for i := 0; i < len(digits); i++ {
		n = n*10 + int(digits[i]-'0')
	}
	return n
}

// dateOrder is how a column writes the day and the month of 05/03/2024. The
// bits are evidence: both together leave the column ambiguous.
type dateOrder uint8

const (
	dayMonth dateOrder = 1 << iota // 25/03/2024 was seen
	monthDay                       // 03/25/2024 was seen
)

// settle decides which of the first two parts is the day, from the parts
// themselves if they tell, else by what the column as a whole tells.
func (t *stamp) settle(column dateOrder) bool {
	first, second := t.month, t.dayOfMonth
	switch {
	case first == second:
		return true
	case first > 12:
		t.month, t.dayOfMonth = second, first
		return true
	case second > 12:
		return true
	case column == dayMonth:
		t.month, t.dayOfMonth = second, first
		return true
	}
	return column == monthDay
}

// evidence is what one cell tells about its column.
func evidence(text string) dateOrder {
	if !yearMayBeLast(text) {
		return 0
	}
	t, ok := parseStamp(clean(text))
	switch {
	case !ok || !t.yearLast || t.month > 31 || t.dayOfMonth > 31:
		return 0
	case t.month > 12 && t.dayOfMonth <= 12:
		return dayMonth
	case t.dayOfMonth > 12 && t.month <= 12:
		return monthDay
	}
	return 0
}

// yearMayBeLast quickly sorts out the texts that cannot be 05/03/2024: it is
// asked of every date cell of a file.
func yearMayBeLast(s string) bool {
	s = strings.TrimLeft(s, " ")
	if len(s) < len("1/1/2024") {
		return false
	}
	if s[0] >= 0x80 {
		return true
	}
	i := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	return i == 1 || i == 2
}
