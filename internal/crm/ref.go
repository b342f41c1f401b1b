package crm

import (
	"errors"
	"strconv"
	"strings"
)

// Kinds of things that a Ref may name beside the objects of grants.
const (
	RefCustomer   = "customer"
	RefStaff      = "staff"
	RefDepartment = "department"
)

// Ref is how a command names a thing: group:意向, tag:意向:高意向, customer:wm1,
// staff:zhang, department:总部/市场部, all; by its id as tag:#12.
type Ref struct {
	Kind  string   // one of the Object and Ref constants
	ID    int64    // as in #12, 0 when it is named
	Names []string // a tag has its group's before its own where that is given
}

// ErrBadRef: the text names nothing.
var ErrBadRef = errors.New("not the name of an object")

var refKinds = []string{ObjectGroup, ObjectTag, RefCustomer, RefStaff, RefDepartment}

// ParseRef reads the text of a Ref. kind is what is meant where the text does
// not begin with a kind; "" demands that it does. A name with a colon or a quote
// in it stands in double quotes, doubled inside.
func ParseRef(text, kind string) (Ref, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "：", ":"))
	if text == ObjectAll && (kind == "" || kind == ObjectAll) {
		return Ref{Kind: ObjectAll}, nil
	}
	for _, k := range refKinds {
		if rest, ok := strings.CutPrefix(text, k+":"); ok {
			text, kind = rest, k
			break
		}
	}
	r := Ref{Kind: kind}
	if num, ok := strings.CutPrefix(text, "#"); ok {
		if id, err := strconv.ParseInt(num, 10, 64); err == nil && id > 0 && kind != "" {
			r.ID = id
			return r, nil
		}
	}
	names, ok := splitNames(text)
	if !ok || kind == "" || kind == ObjectAll || len(names) > 1 && kind != ObjectTag || len(names) > 2 {
		return Ref{}, ErrBadRef
	}
	r.Names = names
	return r, nil
}

// splitNames splits at colons outside double quotes.
func splitNames(s string) (names []string, ok bool) {
	for {
		name, rest, more := "", "", false
		if strings.HasPrefix(s, `"`) {
			end := 1
			for end < len(s) && (s[end] != '"' || strings.HasPrefix(s[end:], `""`)) {
				if s[end] == '"' {
					end++
				}
				end++
			}
			if end >= len(s) {
				return nil, false
			}
			name, rest = strings.ReplaceAll(s[1:end], `""`, `"`), s[end+1:]
			if rest, more = strings.CutPrefix(rest, ":"); !more && rest != "" {
				return nil, false
			}
		} else {
			name, rest, more = strings.Cut(s, ":")
		}
		if name = strings.TrimSpace(name); name == "" {
			return nil, false
		}
		names = append(names, name)
		if !more {
			return names, true
		}
		s = rest
	}
}
