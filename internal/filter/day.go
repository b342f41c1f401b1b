package filter

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"tagkeep/internal/crm"
)

var (
	dated    = regexp.MustCompile(`^([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?$`)
	relative = regexp.MustCompile(`^(today|今天)?(?:([+-])([0-9]{1,5})(?:d|天|日))?$`)
)

// canonicalDay reads a day: 2026-01-31, today, today-30d.
func canonicalDay(text string) (string, bool) {
	text = crm.Fold(text)
	if m := dated.FindStringSubmatch(text); m != nil {
		day := m[1] + "-" + two(m[2]) + "-" + two(m[3])
		_, err := time.Parse(time.DateOnly, day)
		return day, err == nil && m[1] != "0000"
	}
	m := relative.FindStringSubmatch(text)
	if m == nil || m[1] == "" && m[2] == "" {
		return "", false
	}
	n, _ := strconv.Atoi(m[3]) // at most five digits
	if n == 0 {
		return "today", true
	}
	return "today" + m[2] + strconv.Itoa(n) + "d", true
}

func two(digits string) string {
	if len(digits) == 1 {
		return "0" + digits
	}
	return digits
}

// day is the first moment of a canonical day in the zone.
func day(canonical string, now int64, zone *time.Location) time.Time {
	if at, err := time.ParseInLocation(time.DateOnly, canonical, zone); err == nil {
		return at
	}
	y, m, d := time.UnixMilli(now).In(zone).Date()
	n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(canonical, "today"), "d")) // "" is no offset
	return time.Date(y, m, d+n, 0, 0, 0, 0, zone)
}
