package table

import "strings"

// parseStamp reads a date with an optional time, as people and programs write
// it: 2024-03-05, 2024/3/5, 2024.3.5, 20240305, 2024年3月5日, 05/03/2024, and
// behind it 14:30, T14:30:00.000Z, 14时30分, 下午2:30 or 2:30 PM. Whether such a
// day exists is not looked at.
func parseStamp(s string) (stamp, bool) {
	p := stampParser{rest: narrow(s)}
	ok := p.date() && p.timeOfDay()
	return p.stamp, ok && p.rest == ""
}

type stampParser struct {
	stamp
	rest    string // what is not read yet
	compact bool   // the date was 20240305
}

// digits takes up to max digits and returns their value and how many they were.
func (p *stampParser) digits(max int) (value, width int) {
	for width < len(p.rest) && width < max && p.rest[width] >= '0' && p.rest[width] <= '9' {
		width++
	}
	value = number(p.rest[:width])
	p.rest = p.rest[width:]
	return value, width
}

// take takes the first of the texts that comes next, and returns "" for none.
func (p *stampParser) take(texts ...string) string {
	for _, t := range texts {
		if rest, found := strings.CutPrefix(p.rest, t); found {
			p.rest = rest
			return t
		}
	}
	return ""
}

func (p *stampParser) spaces() { p.rest = strings.TrimLeftFunc(p.rest, invisible) }

// separator takes - / . or the word, with spaces around it.
func (p *stampParser) separator(word string) string {
	p.spaces()
	found := p.take("-", "/", ".", word)
	p.spaces()
	return found
}

func (p *stampParser) date() bool {
	first, firstWidth := p.digits(8)
	if firstWidth == 8 {
		p.compact = true
		p.year, p.month, p.dayOfMonth = first/10000, first/100%100, first%100
		return true
	}
	after := p.separator("年")
	second, secondWidth := p.digits(2)
	between := p.separator("月")
	third, thirdWidth := p.digits(4)
	chinese := after == "年"
	if after == "" || secondWidth == 0 || thirdWidth == 0 || chinese != (between == "月") || !chinese && after != between {
		return false
	}
	switch {
	case firstWidth == 4 && thirdWidth <= 2:
		p.year, p.month, p.dayOfMonth = first, second, third
		if chinese {
			p.spaces()
			p.take("日", "号")
		}
		return true
	case firstWidth <= 2 && thirdWidth == 4 && !chinese:
		p.year, p.month, p.dayOfMonth, p.yearLast = third, first, second, true
		return true
	}
	return false
}

// timeOfDay reads what follows the date, if anything does.
func (p *stampParser) timeOfDay() bool {
	if p.rest == "" {
		return true
	}
	if p.compact && allDigits(p.rest) {
		return p.compactTime()
	}
	p.take("T", "t")
	p.spaces()
	half := p.halfDay()
	hour, width := p.digits(2)
	if width == 0 {
		return false
	}
	p.hour = hour
	mark := p.take(":", "时", "点")
	if mark != "" && !p.minutes(mark == ":") {
		return false
	}
	p.spaces()
	if half == "" {
		half = p.halfDay()
	}
	// 14 alone is no time, 2 PM is one.
	return (mark != "" || half != "") && p.twelveHours(half) && p.zone()
}

// compactTime reads 1430 and 143015.
func (p *stampParser) compactTime() bool {
	if len(p.rest) != 4 && len(p.rest) != 6 {
		return false
	}
	p.hour, _ = p.digits(2)
	p.minute, _ = p.digits(2)
	p.second, _ = p.digits(2)
	return true
}

// minutes reads 30, 30:15, 30:15.250 and 30分15秒 behind the hour. They are needed
// behind a colon; 14时 is complete.
func (p *stampParser) minutes(needed bool) bool {
	minute, width := p.digits(2)
	if width == 0 {
		return !needed
	}
	p.minute = minute
	mark := p.take(":", "分")
	if mark == "" {
		return true
	}
	second, width := p.digits(2)
	if width == 0 {
		return mark == "分"
	}
	p.second = second
	p.fraction()
	p.take("秒")
	return true
}

// fraction reads up to nine digits behind the point.
func (p *stampParser) fraction() {
	if p.take(".") == "" {
		return
	}
	value, width := p.digits(9)
	for ; width < 9; width++ {
		value *= 10
	}
	p.nano = value
}

// halfDay takes a word for the half of the day and returns "am", "pm" or "".
func (p *stampParser) halfDay() string {
	word := p.take("上午", "下午", "AM", "PM", "am", "pm")
	p.spaces()
	switch word {
	case "上午", "AM":
		return "am"
	case "下午", "PM":
		return "pm"
	}
	return word
}

// twelveHours turns an hour of half a day into one of the whole.
func (p *stampParser) twelveHours(half string) bool {
	if half == "" {
		return true
	}
	if p.hour > 12 {
		return false
	}
	p.hour %= 12
	if half == "pm" {
		p.hour += 12
	}
	return true
}

// zone reads Z, +08:00 and +0800.
func (p *stampParser) zone() bool {
	p.spaces()
	sign := p.take("Z", "+", "-")
	if sign == "" {
		return true
	}
	p.zoned = true
	if sign == "Z" {
		return true
	}
	hours, hoursWidth := p.digits(2)
	p.take(":")
	minutes, minutesWidth := p.digits(2)
	if hoursWidth != 2 || minutesWidth != 2 || hours > 14 || minutes > 59 {
		return false
	}
	p.offset = (hours*60 + minutes) * 60
	if sign == "-" {
		p.offset = -p.offset
	}
	return true
}
