package crm

import (
	"errors"
	"reflect"
	"testing"
)

func TestParseRef(t *testing.T) {
	for _, tt := range []struct {
		text, kind string
		want       Ref
	}{
		{"all", "", Ref{Kind: ObjectAll}},
		{"group:意向", "", Ref{Kind: ObjectGroup, Names: []string{"意向"}}},
		{"group：意向", "", Ref{Kind: ObjectGroup, Names: []string{"意向"}}},
		{"意向", ObjectGroup, Ref{Kind: ObjectGroup, Names: []string{"意向"}}},
		{"tag:意向:高意向", "", Ref{Kind: ObjectTag, Names: []string{"意向", "高意向"}}},
		{"意向:高意向", ObjectTag, Ref{Kind: ObjectTag, Names: []string{"意向", "高意向"}}},
		{"高意向", ObjectTag, Ref{Kind: ObjectTag, Names: []string{"高意向"}}},
		{`tag:"a:b":"c""d"`, "", Ref{Kind: ObjectTag, Names: []string{"a:b", `c"d`}}},
		{"tag:#12", "", Ref{Kind: ObjectTag, ID: 12}},
		{"#12", ObjectGroup, Ref{Kind: ObjectGroup, ID: 12}},
		{"#周年庆", ObjectTag, Ref{Kind: ObjectTag, Names: []string{"#周年庆"}}},
		{"department:总部/市场部", "", Ref{Kind: RefDepartment, Names: []string{"总部/市场部"}}},
		{"all", ObjectGroup, Ref{Kind: ObjectGroup, Names: []string{"all"}}},
	} {
		if got, err := ParseRef(tt.text, tt.kind); err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%q as %q: got %+v, %v", tt.text, tt.kind, got, err)
		}
	}
	for _, tt := range [][2]string{{"", ObjectGroup}, {"意向", ""}, {"group:", ""}, {"group:a:b", ""}, {"tag:a:b:c", ""}, {`tag:"a`, ""}, {`tag:"a"b`, ""}, {"tag::b", ""}} {
		if got, err := ParseRef(tt[0], tt[1]); !errors.Is(err, ErrBadRef) {
			t.Errorf("%q as %q: got %+v, %v", tt[0], tt[1], got, err)
		}
	}
}
