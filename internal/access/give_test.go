package access

import (
	"testing"

	"tagkeep/internal/crm"
)

func TestMayGive(t *testing.T) {
	const soon = 1001 * hour // the end of temporary grants in the tests
	for _, test := range []struct {
		name   string
		grants []crm.Grant
		giver  int64
		on     Object
		level  crm.Level
		until  int64
		want   giftFault
		denied bool // already by the chain of Give
	}{
		{name: "super admin, all", giver: boss, on: Everything(), level: "edit"},
		{name: "operator, all", giver: 0, on: Everything(), level: "edit"},
		{name: "auditor", giver: watcher, on: Group(11), level: "view", denied: true},
		{name: "editor, shared", giver: editor, on: Group(11), level: "edit"},
		{name: "seller, shared", giver: seller, on: Group(11), level: "view", denied: true},
		{name: "editor, hidden from them", giver: editor, on: Group(13), level: "view", denied: true},
		{name: "editor, all by default", giver: editor, on: Everything(), level: "view", want: byDefault},
		{name: "editor hides all by default", giver: editor, on: Everything(), level: "hidden", want: byDefault},
		{name: "editor, all by grant", grants: list(grantTo("staff", editor, Everything(), "edit")),
			giver: editor, on: Everything(), level: "edit"},
		{name: "all, but one group is lower", grants: list(grantTo("staff", editor, Everything(), "edit"), grantRole("staff", Group(13), "view")),
			giver: editor, on: Everything(), level: "view", want: notBelow},
		{name: "a group, but one tag is hidden", grants: list(grantTo("dept", 3, Tag(21), "hidden")),
			giver: editor, on: Group(11), level: "view", want: notBelow},
		{name: "a group, but one tag in the bin is lower", grants: list(grantTo("dept", 3, Tag(25), "view")),
			giver: editor, on: Group(11), level: "view", want: notBelow},
		{name: "hiding the group needs no tags", grants: list(grantTo("dept", 3, Tag(21), "view")),
			giver: editor, on: Group(11), level: "hidden"},
		{name: "for a time, lasting", grants: list(grantTo("staff", seller, Tag(21), "edit~")),
			giver: seller, on: Tag(21), level: "view", want: overTime},
		{name: "for a time, longer", grants: list(grantTo("staff", seller, Tag(21), "edit~")),
			giver: seller, on: Tag(21), level: "view", until: soon + 1, want: overTime},
		{name: "for a time, as long", grants: list(grantTo("staff", seller, Tag(21), "edit~")),
			giver: seller, on: Tag(21), level: "edit", until: soon},
		{name: "for a time, hiding", grants: list(grantTo("staff", seller, Tag(21), "edit~")),
			giver: seller, on: Tag(21), level: "hidden", want: overTime},
		{name: "has it anyway", grants: list(grantTo("staff", editor, Tag(21), "edit~")),
			giver: editor, on: Tag(21), level: "edit"},
		{name: "no such level", giver: editor, on: Tag(21), level: "own", want: tooHigh},
		{name: "in the bin", giver: editor, on: Tag(25), level: "view", denied: true},
	} {
		w := New(testCompany(test.grants...))
		d := w.MayGive(test.giver, test.on, test.level, test.until)
		last := d.Chain[len(d.Chain)-1]
		switch {
		case test.denied:
			if d.Allowed || last.Code == GiverHolds {
				t.Errorf("%s: %s", test.name, short(d))
			}
		case last.Code != GiverHolds || last.gift.fault != test.want || d.Allowed != (test.want == fine):
			t.Errorf("%s: %s", test.name, short(d))
		}
		if !d.Allowed {
			if s, ok := d.Refusal(); !ok || s.Message(crm.Chinese) == "" || s.Fix(crm.English) == "" || s.Who(crm.Chinese) == "" {
				t.Errorf("%s: no sentence, fix or helper", test.name)
			}
		}
	}
}
