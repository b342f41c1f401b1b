package table

import (
	"slices"
	"strconv"
	"strings"

	"tagkeep/internal/crm"
)

// PathSeparator stands between the names of a department path. WeCom forbids
// it in names, and the other characters read as separators too.
const PathSeparator = "/"

// SplitPath splits a department path at / \ > and their full-width forms. Names
// are trimmed; empty ones, as at the ends of /总部/华东/, are dropped.
func SplitPath(path string) []string {
	names := make([]string, 0, 4)
	for part := range strings.FieldsFuncSeq(path, separatesPath) {
		if name := clean(part); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// JoinPath writes the path of names as SplitPath reads it: 总部/华东.
func JoinPath(names []string) string { return strings.Join(names, PathSeparator) }

func separatesPath(r rune) bool {
	switch r {
	case '/', '\\', '>', '／', '＼', '＞':
		return true
	}
	return false
}

// separatesPaths: fewer than between tags, since names of departments do
// contain commas (研发、测试部), and none of these.
func separatesPaths(r rune) bool {
	switch r {
	case ';', '；', '|', '\n', '\r':
		return true
	}
	return false
}

// departmentPath reads one path into canonical form.
func departmentPath(c spot, text string) (string, bool) {
	if strings.ContainsFunc(text, separatesPaths) {
		return c.fail(crm.BadFormat, badManyValues)
	}
	return canonicalPath(c, text)
}

// departmentPaths reads several paths; the same one twice is kept once.
func departmentPaths(c spot, text string) (string, bool) {
	if !strings.ContainsFunc(text, separatesPaths) {
		return canonicalPath(c, text)
	}
	var paths []string
	for part := range strings.FieldsFuncSeq(text, separatesPaths) {
		if part = clean(part); part == "" {
			continue
		}
		path, ok := canonicalPath(c, part)
		if !ok {
			return "", false
		}
		if !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	if len(paths) == 0 {
		return c.fail(crm.BadFormat, badPath)
	}
	return strings.Join(paths, ";"), true
}

// canonicalPath refuses an empty name between two separators: whether it was
// left out or typed twice cannot be told, and the staff sheet creates what it
// names.
func canonicalPath(c spot, text string) (string, bool) {
	if text, ok := name(c, text, len(text)); !ok {
		return text, false
	}
	text = strings.TrimFunc(text, func(r rune) bool { return separatesPath(r) || invisible(r) })
	names, parts := SplitPath(text), 1
	for _, r := range text {
		if separatesPath(r) {
			parts++
		}
	}
	if len(names) != parts {
		return c.fail(crm.BadFormat, badPath)
	}
	if len(names) > crm.MaxDepartmentDepth {
		return c.fail(crm.BadFormat, badDepth, strconv.Itoa(crm.MaxDepartmentDepth), strconv.Itoa(len(names)))
	}
	for _, name := range names {
		if !c.fits(name, crm.MaxDepartmentName) {
			return "", false
		}
	}
	return JoinPath(names), true
}
