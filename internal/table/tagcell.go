package table

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"tagkeep/internal/crm"
)

// TagRef is one tag as a tag cell names it.
type TagRef struct {
	// Op says what to do with the tag whatever the row's mode: '+' adds it, '-'
	// removes it, '=' replaces the tags of its group by it and the others of that
	// group that have '='. 0: as the mode says.
	Op byte
	// Group is "" for a bare name, which the importer looks up in all groups.
	Group string
	Name  string
	// Quoted: the name stood in double quotes, so that nothing in it, not even
	// <清空>, has a special meaning.
	Quoted bool
}

// SplitTags reads a tag cell:
//
//	客户意向:高意向；VIP客户、+活跃|-流失, ="a:b":"c;d"
//
// Tags are separated by , ， ; ； 、 | or a line break, never by a space, / or -.
// Brackets [] or 【】 around the whole cell are dropped. 组名:标签名 (also with ：)
// names the group; + - = before it say what to do. A group or tag name that
// contains a separator, a colon, a quote or one of these signs at its start
// stands in double quotes, doubled inside, each name on its own. Blank items are
// nothing, so that a leading ; as other systems write it to append does no harm,
// and the same item twice is one.
//
// A tag name may contain a separator without quotes if the cell holds nothing
// else: before splitting, the importer asks whether the whole cell is the name
// of a tag. SplitTags cannot know.
//
// The problems have Code, Value (the item) and Args; Row and Column are for the
// caller to fill in; of a cell with dozens of faults the first 32 are told. The
// references that are right are returned beside them.
func SplitTags(cell string) ([]TagRef, []crm.Problem) { return AppendTags(nil, cell) }

// AppendTags is SplitTags into a slice that is used again.
func AppendTags(refs []TagRef, cell string) ([]TagRef, []crm.Problem) {
	var problems []crm.Problem
	var seen map[TagRef]bool
	start := len(refs)
	rest := unbracket(clean(cell))
	for rest != "" {
		item, ref, after, fault := nextTag(rest)
		rest = after
		if fault == "" && ref.Name == "" {
			continue // nothing between two separators
		}
		if p, bad := ref.problem(item, fault); bad {
			if len(problems) < manyTags {
				problems = append(problems, p)
			}
			continue
		}
		if len(refs)-start == manyTags && seen == nil {
			seen = make(map[TagRef]bool)
			for _, r := range refs[start:] {
				seen[r.unquoted()] = true
			}
		}
		if !ref.repeats(refs[start:], seen) {
			refs = append(refs, ref)
		}
	}
	return refs, problems
}

// manyTags: above it, repeated items are found by a map, so that a cell of ten
// thousand does not take the square of that. More faults would not help anyone.
const manyTags = 32

func (r TagRef) unquoted() TagRef { r.Quoted = false; return r }

// repeats reports whether r is one of refs, which are all in seen unless that
// is nil; it adds r to seen.
func (r TagRef) repeats(refs []TagRef, seen map[TagRef]bool) bool {
	r = r.unquoted()
	if seen == nil {
		return slices.ContainsFunc(refs, func(other TagRef) bool { return other.unquoted() == r })
	}
	if seen[r] {
		return true
	}
	seen[r] = true
	return false
}

// FormatTags writes references as SplitTags reads them, separated by ";".
func FormatTags(refs []TagRef) string {
	var b strings.Builder
	for i, ref := range refs {
		if i > 0 {
			b.WriteByte(';')
		}
		if ref.Op != 0 {
			b.WriteByte(ref.Op)
		}
		if ref.Group != "" {
			writeTagName(&b, ref.Group, false)
			b.WriteByte(':')
		}
		writeTagName(&b, ref.Name, ref.Quoted)
	}
	return b.String()
}

func writeTagName(b *strings.Builder, name string, quoted bool) {
	if !quoted && !needsQuotes(name) {
		b.WriteString(name)
		return
	}
	b.WriteByte('"')
	b.WriteString(strings.ReplaceAll(name, `"`, `""`))
	b.WriteByte('"')
}

// needsQuotes: also names that begin with a bracket, which might be dropped
// around a cell, or with a combining mark, which would join the sign before it,
// and the words that empty a cell.
func needsQuotes(name string) bool {
	first, _ := utf8.DecodeRuneInString(name)
	if strings.ContainsRune("+-=[【", first) || unicode.IsMark(first) || name != "" && isClearWord(name) {
		return true
	}
	return strings.ContainsFunc(name, func(r rune) bool {
		return separatesTags(r) || r == ':' || r == '：' || r == '"'
	})
}

// separatesTags reports the characters between tags. They are one fixed set,
// written in the template's instructions.
func separatesTags(r rune) bool {
	switch r {
	case ',', '，', ';', '；', '、', '|', '\n', '\r', '\v', '\f', '\u0085', '\u2028', '\u2029':
		return true
	}
	return false
}

// unbracket drops brackets around the whole cell.
func unbracket(s string) string {
	for _, pair := range [...][2]string{{"[", "]"}, {"【", "】"}} {
		if strings.HasPrefix(s, pair[0]) && strings.HasSuffix(s, pair[1]) {
			return s[len(pair[0]) : len(s)-len(pair[1])]
		}
	}
	return s
}

// nextTag reads the first item of s, up to the next separator outside quotes,
// and returns what follows that. fault is "" or a reason of BAD_FORMAT; after a
// fault the item reaches to the next separator, quotes or not.
func nextTag(s string) (item string, ref TagRef, rest string, fault string) {
	text := strings.TrimLeftFunc(s, blankInTags)
	if text != "" && strings.IndexByte("+-=", text[0]) >= 0 {
		ref.Op = text[0]
		text = strings.TrimLeftFunc(text[1:], blankInTags)
	}
	first, quoted, text, fault := nextName(text)
	ref.Name, ref.Quoted = first, quoted
	if after, colon := cutColon(text); fault == "" && colon {
		ref.Group = first
		ref.Name, ref.Quoted, text, fault = nextName(strings.TrimLeftFunc(after, blankInTags))
		if _, again := cutColon(text); fault == "" && (ref.Group == "" || ref.Name == "" || again) {
			fault = badTag
		}
	}
	if fault == "" && ref.Name == "" && (ref.Op != 0 || ref.Quoted) {
		fault = badTag
	}
	if fault != "" {
		text = s
	}
	end := strings.IndexFunc(text, separatesTags)
	if end < 0 {
		end = len(text)
	} else {
		_, size := utf8.DecodeRuneInString(text[end:])
		rest = text[end+size:]
	}
	return clean(s[:len(s)-len(text)+end]), ref, rest, fault
}

// nextName reads a name, bare or quoted, up to a colon, a separator or the end.
func nextName(s string) (name string, quoted bool, rest, fault string) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexFunc(s, func(r rune) bool { return r == ':' || r == '：' || separatesTags(r) })
		if end < 0 {
			end = len(s)
		}
		name = clean(s[:end])
		if strings.Contains(name, `"`) {
			fault = badQuote
		}
		return name, false, s[end:], fault
	}
	for i := 1; i < len(s); i++ {
		if s[i] != '"' {
			continue
		}
		if strings.HasPrefix(s[i+1:], `"`) {
			i++
			continue
		}
		name, rest = s[1:i], strings.TrimLeftFunc(s[i+1:], blankInTags)
		if next, _ := utf8.DecodeRuneInString(rest); rest != "" && next != ':' && next != '：' && !separatesTags(next) {
			return "", true, rest, badQuote
		}
		return clean(strings.ReplaceAll(name, `""`, `"`)), true, rest, ""
	}
	return "", true, "", badQuote
}

func cutColon(s string) (after string, found bool) {
	if after, found = strings.CutPrefix(s, ":"); found {
		return after, true
	}
	return strings.CutPrefix(s, "：")
}

// blankInTags: white space that is no separator.
func blankInTags(r rune) bool { return invisible(r) && !separatesTags(r) }

// problem tells what is wrong with a reference, if anything is.
func (r TagRef) problem(item, fault string) (crm.Problem, bool) {
	p := crm.Problem{Code: crm.BadFormat, Column: -1, Value: item}
	switch {
	case fault != "":
		p.Args = []string{fault}
		return p, true
	case hasBreak(r.Group) || hasBreak(r.Name):
		p.Args = []string{badBreak}
		return p, true
	}
	for _, name := range [...]string{r.Group, r.Name} {
		if n := characters(name, crm.MaxTagName); n > crm.MaxTagName {
			p.Code, p.Args = crm.TooLong, []string{strconv.Itoa(crm.MaxTagName), strconv.Itoa(n)}
			return p, true
		}
	}
	return p, false
}
