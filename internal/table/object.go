package table

import (
	"strconv"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// The words before the name in 对象. Commands know the English ones.
var objectWords = [...]struct{ word, kind string }{
	{"group", crm.ObjectGroup}, {"tag", crm.ObjectTag}, {"标签组", crm.ObjectGroup}, {"标签", crm.ObjectTag},
}

// everything are the words for all groups and tags.
var everything = [...]string{crm.ObjectAll, "全部", "全部标签", "所有标签", "all tags"}

// FormatObject writes the object of a grant as commands do: group:意向,
// tag:意向:高意向, all. A name that holds a colon or a quote, or begins with #,
// stands in double quotes, doubled inside.
func FormatObject(r crm.Ref) string {
	text := r.Kind
	if r.ID != 0 {
		return text + ":#" + strconv.FormatInt(r.ID, 10)
	}
	for _, name := range r.Names {
		if name == "" || name[0] == '#' || name[0] == '"' || strings.ContainsAny(name, `:："`) {
			name = `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		}
		text += ":" + name
	}
	return text
}

// ParseObject reads what FormatObject writes, and 标签组:, 标签: and 全部 too. A tag
// may go without its group.
func ParseObject(text string) (crm.Ref, bool) {
	for _, word := range everything {
		if foldWord(text) == foldWord(word) {
			return crm.Ref{Kind: crm.ObjectAll}, true
		}
	}
	at := strings.IndexAny(text, ":：")
	if at < 0 {
		return crm.Ref{}, false
	}
	r := crm.Ref{}
	for _, o := range objectWords {
		if foldWord(text[:at]) == o.word {
			r.Kind = o.kind
		}
	}
	rest, _ := cutColon(text[at:])
	rest = clean(rest)
	if num, ok := strings.CutPrefix(rest, "#"); ok && r.Kind != "" {
		id, err := strconv.ParseInt(num, 10, 64)
		r.ID = id
		return r, err == nil && id > 0
	}
	names, ok := objectNames(rest)
	r.Names = names
	return r, ok && r.Kind != "" && (len(names) == 1 || len(names) == 2 && r.Kind == crm.ObjectTag)
}

// objectNames splits at colons outside double quotes.
func objectNames(s string) (names []string, ok bool) {
	for {
		name, rest, ok := objectName(s)
		if !ok {
			return nil, false
		}
		names = append(names, name)
		if rest == "" {
			return names, true
		}
		if s, ok = cutColon(rest); !ok {
			return nil, false
		}
		s = clean(s)
	}
}

// objectName reads a name, bare or quoted, up to a colon or the end.
func objectName(s string) (name, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s, ":：")
		if end < 0 {
			end = len(s)
		}
		name = clean(s[:end])
		return name, s[end:], name != "" && !strings.Contains(name, `"`)
	}
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] != '"':
		case strings.HasPrefix(s[i+1:], `"`):
			i++
		default:
			name = clean(strings.ReplaceAll(s[1:i], `""`, `"`))
			return name, clean(s[i+1:]), name != ""
		}
	}
	return "", "", false
}

// object reads the object of a grant. Canonical is what FormatObject writes.
func object(c spot, text string) (string, bool) {
	switch {
	case c.raw.Kind == sheet.Date:
		return c.fail(crm.BadFormat, badDateCell)
	case hasBreak(text):
		return c.fail(crm.BadFormat, badBreak)
	}
	r, ok := ParseObject(text)
	if !ok {
		return c.fail(crm.BadFormat, badObject)
	}
	for _, name := range r.Names {
		if !c.fits(name, crm.MaxTagName) {
			return "", false
		}
	}
	return FormatObject(r), true
}
