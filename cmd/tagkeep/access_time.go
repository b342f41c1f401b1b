package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
)

// periodFlags are --from, --for and --until.
type periodFlags struct{ from, length, until string }

func (p *periodFlags) declare(f *pflag.FlagSet) {
	f.StringVar(&p.from, "from", "", "从何时起，可以是将来 / from when on: `2026-11-28T18:00`")
	f.StringVar(&p.length, "for", "", "临时，多久，最多 72h / temporary, for so long, 72h at most: `48h`")
	f.StringVar(&p.until, "until", "", "临时，到何时为止 / temporary, until: `2026-11-30T09:00`")
}

// given reports whether any of them was.
func (p *periodFlags) given() bool { return p.from+p.length+p.until != "" }

// period reads them in the company's time zone.
func (p *periodFlags) period(zone *time.Location) (out admin.Period, err error) {
	if p.length != "" && p.until != "" {
		return out, usage("--for 和 --until 只能写一个", "give --for or --until, not both")
	}
	if out.From, err = readTime("from", p.from, zone); err != nil {
		return out, err
	}
	if out.Until, err = readTime("until", p.until, zone); err != nil {
		return out, err
	}
	out.For, err = readLength("for", p.length)
	return out, err
}

// timeForms are how a moment may be written.
var timeForms = []string{"2006-01-02", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02 15:04:05"}

// readTime reads a moment in the company's zone; a date alone is its beginning.
func readTime(flag, text string, zone *time.Location) (int64, error) {
	if text == "" {
		return 0, nil
	}
	for _, form := range timeForms {
		if t, err := time.ParseInLocation(form, text, zone); err == nil {
			return t.UnixMilli(), nil
		}
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UnixMilli(), nil
	}
	return 0, usage("--%s：%q 不是时间，写成 2026-11-28 或 2026-11-28T18:00", "--%s: %q is no time: write 2026-11-28 or 2026-11-28T18:00", flag, text)
}

// readLength reads 48h, 2d, 90m, 48小时, 2天.
func readLength(flag, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	word := strings.NewReplacer("小时", "h", "天", "d", "分钟", "m", " ", "").Replace(text)
	var d time.Duration
	var err error
	if days, ok := strings.CutSuffix(word, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		if n > 366 { // no duration holds much more than this a hundredfold
			n = 366
		}
		d = time.Duration(n) * 24 * time.Hour
	} else {
		d, err = time.ParseDuration(word)
	}
	if err != nil || d < time.Minute {
		return 0, usage("--%s：%q 不是时长，写成 48h 或 2d", "--%s: %q is no length of time: write 48h or 2d", flag, text)
	}
	return d, nil
}

// levelWords are what levels are called.
var levelWords = map[string]crm.Level{"隐藏": crm.LevelHidden, "查看": crm.LevelView, "使用": crm.LevelUse, "编辑": crm.LevelEdit,
	"hidden": crm.LevelHidden, "view": crm.LevelView, "use": crm.LevelUse, "edit": crm.LevelEdit}

// readLevel reads a level in either language; "" stays.
func readLevel(text string) (crm.Level, error) {
	level, ok := levelWords[strings.ToLower(strings.TrimSpace(text))]
	if !ok && text != "" {
		return "", usage("--level：%q 不在可选值内：hidden 隐藏、view 查看、use 使用、edit 编辑", "--level: %q is not one of hidden, view, use, edit", text)
	}
	return level, nil
}
