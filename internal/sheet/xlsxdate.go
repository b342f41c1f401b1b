package sheet

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// dateShape is what a number format shows of a serial date.
type dateShape uint8

const (
	noDate      dateShape = iota
	calendar              // a day, with or without a time
	clock                 // a time of day only
	elapsedTime           // hours that go on beyond 24: [h]:mm
)

const (
	secondsPerDay = 24 * 60 * 60
	lastSerial    = 2958466 // the first day that is no longer in the year 9999
	days1904      = 1462    // from the first day of the 1900 system to that of 1904
)

// appendSerial appends a serial date as ISO text, rounded to the second; false
// when the number is no date of that system and stays a number. A serial
// without a day is a time, and so is one of a whole number of days in an
// elapsed format: 25:30:00.
//
// The 1900 system has a 29 February 1900, which never was. It is kept: what
// stands in the sheet is for the reader of the value to refuse.
func appendSerial(dst []byte, serial float64, date1904 bool, shape dateShape) ([]byte, bool) {
	if !(serial >= 0 && serial < lastSerial) {
		return dst, false
	}
	total := int64(math.Round(serial * secondsPerDay))
	day, second := total/secondsPerDay, total%secondsPerDay
	if shape == elapsedTime {
		return appendClock(dst, total), true
	}
	if day == 0 && (shape == clock || !date1904) {
		return appendClock(dst, second), true
	}
	if date1904 {
		day += days1904
	}
	if day >= lastSerial {
		return dst, false
	}
	dst = appendDay(dst, day)
	if second > 0 {
		dst = appendClock(append(dst, 'T'), second)
	}
	return dst, true
}

// appendDay appends the date of a whole serial of the 1900 system, from 1 on.
func appendDay(dst []byte, serial int64) []byte {
	if serial == 60 {
		return append(dst, "1900-02-29"...)
	}
	if serial < 60 {
		serial++ // before the day that never was, the count is one short
	}
	const epoch = -25569 // 1899-12-30 in days of Unix time
	t := time.Unix((serial+epoch)*secondsPerDay, 0).UTC()
	return t.AppendFormat(dst, "2006-01-02")
}

// appendClock appends seconds as hours, minutes and seconds.
func appendClock(dst []byte, seconds int64) []byte {
	hours := seconds / 3600
	if hours < 100 {
		dst = append(dst, byte('0'+hours/10), byte('0'+hours%10))
	} else {
		dst = strconv.AppendInt(dst, hours, 10)
	}
	for _, n := range [2]int64{seconds / 60 % 60, seconds % 60} {
		dst = append(dst, ':', byte('0'+n/10), byte('0'+n%10))
	}
	return dst
}

// appendISODate appends the date of a cell of type d, which strict workbooks
// write as ISO 8601, in the form of all dates; false when it is none.
func appendISODate(dst []byte, text string) ([]byte, bool) {
	text = strings.TrimSuffix(strings.TrimSpace(text), "Z")
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02", "2006-01-02T15:04", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			t = t.Round(time.Second)
			if t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 {
				return t.AppendFormat(dst, "2006-01-02"), true
			}
			return t.AppendFormat(dst, "2006-01-02T15:04:05"), true
		}
	}
	for _, layout := range []string{"15:04:05", "15:04"} {
		if t, err := time.Parse(layout, strings.TrimPrefix(text, "T")); err == nil {
			return t.Round(time.Second).AppendFormat(dst, "15:04:05"), true
		}
	}
	return dst, false
}

// toSerial is the serial date of a day or of a day with a time, and the format
// that shows it; false for what the 1900 system holds as another day, or not to
// the second.
func toSerial(text string) (serial float64, format int, ok bool) {
	format = inDay
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		// Parse takes fractions of a second that the layout does not have.
		if t, err = time.Parse(time.DateTime, text); err != nil || t.Nanosecond() != 0 {
			return 0, 0, false
		}
		format = inMoment
	}
	const epoch = -25569 // as in appendDay
	const march1900 = 61
	days := float64(t.Unix())/secondsPerDay - epoch
	return days, format, days >= march1900 && days < lastSerial
}
