package report

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"tagkeep/internal/crm"
)

// Bounds of what is kept about unknown names. Longer names are no names but
// text that got into the wrong column; they are counted only.
const (
	mostUnknown    = 10000
	longestUnknown = 200 // characters
)

// Unknown is one name that could not be resolved, however often it occurs.
type Unknown struct {
	Code crm.Code
	// Name as the cell has it.
	Name string
	// Tag that was meant in an unknown group, "" when it was not told.
	Tag string
	// Nearest existing name, "" for none.
	Nearest string
	Count   int64
}

// unknowns groups the unknown names of a file. The zero value is ready.
type unknowns struct {
	byName map[unknownKey]*Unknown
	others map[crm.Code]int64 // occurrences that are not in byName
}

type unknownKey struct {
	code      crm.Code
	name, tag string
}

// add counts the name of p, if p is about an unknown name.
func (u *unknowns) add(p *crm.Problem) {
	switch p.Code {
	case crm.UnknownTag, crm.UnknownGroup, crm.UnknownStaff, crm.UnknownDepartment:
	default:
		return
	}
	name := argument(p, 0)
	if name == "" {
		name = p.Value
	}
	tag := ""
	if p.Code == crm.UnknownGroup {
		tag = argument(p, 2)
	}
	if known := u.byName[unknownKey{p.Code, name, tag}]; known != nil {
		known.Count++
		return
	}
	if u.byName == nil {
		u.byName = make(map[unknownKey]*Unknown)
		u.others = make(map[crm.Code]int64)
	}
	if len(u.byName) >= mostUnknown || utf8.RuneCountInString(name+tag) > longestUnknown {
		u.others[p.Code]++
		return
	}
	// Clones: a name must not keep the chunk alive that it was read with.
	name, tag = strings.Clone(name), strings.Clone(tag)
	u.byName[unknownKey{p.Code, name, tag}] = &Unknown{
		Code: p.Code, Name: name, Tag: tag, Nearest: strings.Clone(argument(p, 1)), Count: 1,
	}
}

// list returns the names of the codes, the most frequent first.
func (u *unknowns) list(codes ...crm.Code) []Unknown {
	var found []Unknown
	for key, one := range u.byName {
		if slices.Contains(codes, key.code) {
			found = append(found, *one)
		}
	}
	slices.SortFunc(found, func(a, b Unknown) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Tag, b.Tag))
	})
	return found
}

// argument is the i-th argument of p, "" when it is missing.
func argument(p *crm.Problem, i int) string {
	if i < len(p.Args) {
		return p.Args[i]
	}
	return ""
}

// groupAndTag says which group and tag would have to be made; the group is ""
// when the cell did not name one.
func (u Unknown) groupAndTag() (group, tag string) {
	if u.Code == crm.UnknownGroup {
		return u.Name, u.Tag
	}
	first, rest := cutName(u.Name)
	if rest == "" {
		return "", first
	}
	tag, rest = cutName(strings.TrimPrefix(strings.TrimPrefix(rest, ":"), "："))
	if rest != "" || tag == "" || first == "" {
		return "", u.Name
	}
	return first, tag
}

// cutName takes the first name off an item of a tag cell: up to a colon, or in
// double quotes with quotes doubled inside.
func cutName(s string) (name, rest string) {
	if !strings.HasPrefix(s, `"`) {
		if i := strings.IndexAny(s, ":："); i >= 0 {
			return s[:i], s[i:]
		}
		return s, ""
	}
	var b strings.Builder
	for s = s[1:]; ; {
		before, after, found := strings.Cut(s, `"`)
		b.WriteString(before)
		if !found || !strings.HasPrefix(after, `"`) {
			return b.String(), after
		}
		b.WriteByte('"')
		s = after[1:]
	}
}
