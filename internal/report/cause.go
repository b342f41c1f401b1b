package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tagkeep/internal/crm"
)

// mostNames is how many unknown names a cause tells.
const mostNames = 5

// Cause sums up all problems of one code.
type Cause struct {
	Code  crm.Code
	Title string
	// Count of problems, and of the rows that have them (0 when they are about
	// the file as a whole).
	Count, Rows int64
	// Ranges of rows: 5、9–12、…
	Ranges string
	// Hint is the next step.
	Hint string
	// Names that are unknown, the most frequent ones, for the codes that are
	// about names; MoreNames are further occurrences.
	Names     []Unknown
	MoreNames int64
}

// Causes sums up the errors, the most frequent code first.
func (t *Tally) Causes(lang crm.Lang) []Cause { return t.causes(lang, &t.errors) }

// WarningCauses sums up the warnings, the most frequent code first.
func (t *Tally) WarningCauses(lang crm.Lang) []Cause { return t.causes(lang, &t.warnings) }

func (t *Tally) causes(lang crm.Lang, g *group) []Cause {
	causes := make([]Cause, 0, len(g.codes))
	for code, c := range g.codes {
		cause := Cause{
			Code: code, Title: Title(lang, code), Hint: Hint(lang, code),
			Count: c.count, Rows: c.rows, Ranges: c.ranges.text(lang),
		}
		if g == &t.errors {
			cause.Names, cause.MoreNames = t.Unknowns(code)
			for len(cause.Names) > mostNames {
				last := len(cause.Names) - 1
				cause.MoreNames += cause.Names[last].Count
				cause.Names = cause.Names[:last]
			}
		}
		causes = append(causes, cause)
	}
	slices.SortFunc(causes, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Code, b.Code))
	})
	return causes
}

// Line is the cause in one line for a terminal:
//
//	手机号格式不正确 (BAD_PHONE) 37 行: 第 5、9–12、… 行；处理：请填写 11 位手机号…
func (c Cause) Line(lang crm.Lang) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s) ", c.Title, c.Code)
	switch {
	case c.Rows == 0 && lang == crm.English:
		b.WriteString(counted(c.Count, "time", "times"))
	case c.Rows == 0:
		fmt.Fprintf(&b, "%d 处", c.Count)
	case lang == crm.English:
		fmt.Fprintf(&b, "%s: %s", counted(c.Rows, "row", "rows"), c.Ranges)
	default:
		fmt.Fprintf(&b, "%d 行: 第 %s 行", c.Rows, c.Ranges)
	}
	if names := c.names(lang); names != "" {
		b.WriteString(lang.Pick("；", "; ") + names)
	}
	if c.Hint != "" {
		b.WriteString(lang.Pick("；处理：", "; what to do: ") + c.Hint)
	}
	return b.String()
}

func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// names lists the unknown names: 「高意项」12 次 (最接近「高意向」)、…
func (c Cause) names(lang crm.Lang) string {
	var parts []string
	for _, n := range c.Names {
		name, nearest := visible(Mask(n.Name), shownValue), visible(Mask(n.Nearest), shownValue)
		if n.Tag != "" {
			name += ":" + visible(Mask(n.Tag), shownValue)
		}
		switch {
		case lang == crm.English && nearest != "":
			parts = append(parts, fmt.Sprintf(`"%s" × %d (nearest "%s")`, name, n.Count, nearest))
		case lang == crm.English:
			parts = append(parts, fmt.Sprintf(`"%s" × %d`, name, n.Count))
		case nearest != "":
			parts = append(parts, fmt.Sprintf("「%s」%d 次 (最接近「%s」)", name, n.Count, nearest))
		default:
			parts = append(parts, fmt.Sprintf("「%s」%d 次", name, n.Count))
		}
	}
	if c.MoreNames > 0 {
		parts = append(parts, fmt.Sprintf(lang.Pick("其他 %d 次", "others × %d"), c.MoreNames))
	}
	return strings.Join(parts, lang.Pick("、", ", "))
}
