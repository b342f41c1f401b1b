package access

import (
	"slices"
	"strings"
	"testing"

	"tagkeep/internal/crm"
)

// The company of the tests: 总部 (1) over 销售部 (2) over 华东 (3), and 市场部 (4)
// under 总部. Groups: 意向 (11) is shared, 渠道 (12) belongs to 销售部, 活动 (13) to
// 市场部, 旧组 (14) is in the bin.
const (
	boss     = 101 // super admin
	watcher  = 102 // auditor
	lead     = 103 // department admin of 销售部, both permissions
	leadOnly = 104 // department admin of 市场部 by own department, 客户联系 only
	seller   = 105 // 华东, 客户联系
	editor   = 106 // 华东, both permissions
	clerk    = 107 // 市场部, neither
	hollow   = 108 // 市场部, 可配置客户标签 without 客户联系
	paused   = 109 // disabled, both permissions
	former   = 110 // left, both permissions
	farLead  = 111 // works in 市场部, department admin of 华东
)

func testCompany(grants ...crm.Grant) crm.Company {
	someone := func(id int64, userid, role string, contact, tagging bool) crm.Staff {
		return crm.Staff{ID: id, UserID: userid, Role: role, Status: crm.StatusActive, Contact: contact, Tagging: tagging}
	}
	f := crm.Company{
		Now: 1000 * hour,
		Departments: []crm.Department{
			{ID: 1, Name: "总部"}, {ID: 2, ParentID: 1, Name: "销售部"}, {ID: 3, ParentID: 2, Name: "华东"}, {ID: 4, ParentID: 1, Name: "市场部"},
		},
		Staff: []crm.Staff{
			someone(boss, "boss", crm.RoleSuper, false, false),
			someone(watcher, "watcher", crm.RoleAuditor, false, false),
			someone(lead, "lead", crm.RoleDeptAdmin, true, true),
			someone(leadOnly, "leadonly", crm.RoleDeptAdmin, true, false),
			someone(seller, "seller", crm.RoleStaff, true, false),
			someone(editor, "editor", crm.RoleStaff, true, true),
			someone(clerk, "clerk", crm.RoleStaff, false, false),
			someone(hollow, "hollow", crm.RoleStaff, false, true),
			someone(paused, "paused", crm.RoleStaff, true, true),
			someone(former, "former", crm.RoleStaff, true, true),
			someone(farLead, "farlead", crm.RoleDeptAdmin, true, true),
		},
		StaffDepartments: map[int64][]int64{
			lead: {2}, leadOnly: {4}, seller: {3}, editor: {3}, clerk: {4}, hollow: {4}, paused: {3}, former: {3}, farLead: {4},
		},
		Groups: []crm.Group{
			{ID: 11, Name: "意向", Scope: crm.ScopeShared},
			{ID: 12, Name: "渠道", Scope: crm.ScopeDepartment, DepartmentID: 2},
			{ID: 13, Name: "活动", Scope: crm.ScopeDepartment, DepartmentID: 4},
			{ID: 14, Name: "旧组", Scope: crm.ScopeShared, DeletionID: 7},
		},
		Tags: []crm.Tag{
			{ID: 21, GroupID: 11, Name: "高意向"}, {ID: 22, GroupID: 12, Name: "展会"}, {ID: 23, GroupID: 13, Name: "双11"},
			{ID: 24, GroupID: 14, Name: "旧"}, {ID: 25, GroupID: 11, Name: "过时", DeletionID: 8},
		},
		Grants: grants,
	}
	for i := range f.Staff {
		switch f.Staff[i].ID {
		case paused:
			f.Staff[i].Status = crm.StatusDisabled
		case former:
			f.Staff[i].Status, f.Staff[i].LeftID = crm.StatusLeft, former
		case farLead:
			f.Staff[i].RoleDepartmentID = 3
		}
	}
	for i := range f.Grants {
		f.Grants[i].ID = int64(i + 1)
	}
	return f
}

// grantTo makes a grant from text: "staff", "role", "dept" or "dept+" (with those
// below); a level that ends in ~ is temporary, for another hour.
func grantTo(kind string, subject int64, o Object, level string) crm.Grant {
	g := crm.Grant{SubjectKind: kind, SubjectID: subject, ObjectKind: o.Kind, ObjectID: o.ID, StartsAt: 999 * hour}
	if name, ok := strings.CutSuffix(kind, "+"); ok {
		kind, g.WithSub = name, true
	}
	if kind == "dept" {
		g.SubjectKind = crm.SubjectDepartment
	}
	if name, ok := strings.CutSuffix(level, "~"); ok {
		level, g.EndsAt = name, 1001*hour
	}
	g.Level = crm.Level(level)
	return g
}

func grantRole(role string, o Object, level string) crm.Grant {
	g := grantTo(crm.SubjectRole, 0, o, level)
	g.SubjectRole = role
	return g
}

// short writes a chain with a word a question: + holds, ~ holds by a temporary
// grant only, - does not.
func short(d Decision) string {
	names := map[Code]string{
		AccountActive: "active", AuditorReadsOnly: "auditor", CustomerContact: "contact", TagConfig: "config",
		GroupVisible: "visible", LevelEnough: "level", CustomerFollowed: "followed", ObjectLive: "live", GiverHolds: "holds",
	}
	chain := chainOf(d)
	for i, s := range d.Chain {
		chain[i] = names[s.Code] + chain[i][len(s.Code):]
	}
	return strings.Join(chain, " ")
}

// TestTable is the table of which action asks which question, for every role.
func TestTable(t *testing.T) {
	customer := &Customer{Live: true, Followers: []int64{seller}}
	asked := map[Action]string{
		View:    "active+ contact+ visible+ level+ followed+ live+",
		Use:     "active+ contact+ visible+ level+ followed+ live+",
		Edit:    "active+ contact+ config+ visible+ level+ followed+ live+",
		Delete:  "active+ contact+ config+ visible+ level+ followed+ live+",
		Restore: "active+ contact+ config+ visible+ level+ followed+",
		Give:    "active+ config+ visible+ level+ live+",
	}
	w := New(testCompany())
	for do, all := range asked {
		super, auditor := "active+ live+", "active+ auditor- live+"
		switch do {
		case View:
			auditor = "active+"
		case Restore:
			super, auditor = "active+", "active+ auditor-"
		}
		for subject, want := range map[int64]string{0: super, boss: super, watcher: auditor, lead: all, editor: all, 999: "active-"} {
			d := w.Decide(Question{Subject: subject, Do: do, On: Tag(21), Customer: customer})
			if got := short(d); got != want {
				t.Errorf("%d %s:\n got %s\nwant %s", subject, do, got, want)
			}
			if want := !strings.Contains(want, "-"); d.Allowed != want {
				t.Errorf("%d %s: allowed %t", subject, do, d.Allowed)
			}
			if without := short(w.Decide(Question{Subject: subject, Do: do, On: Tag(21)})); strings.Contains(without, "followed") {
				t.Errorf("%d %s without a customer: %s", subject, do, without)
			}
		}
	}
	if d := w.Decide(Question{Subject: boss, Do: "fly", On: Tag(21)}); d.Allowed || len(d.Chain) != 0 {
		t.Errorf("unknown action: %v", d)
	}
}

// TestMissing has every question fail once, alone where it can.
func TestMissing(t *testing.T) {
	w := New(testCompany())
	for _, test := range []struct {
		subject int64
		do      Action
		on      Object
		want    string
	}{
		{paused, Edit, Tag(21), "active- contact+ config+ visible+ level+ live+"},
		{former, View, Tag(21), "active- contact+ visible+ level+ live+"},
		{clerk, View, Tag(21), "active+ contact- visible+ level+ live+"},
		{clerk, Use, Group(11), "active+ contact- visible+ level+ live+"},
		{clerk, Give, Group(11), "active+ config- visible+ level- live+"},
		{hollow, Edit, Group(11), "active+ contact- config- visible+ level- live+"},
		{seller, Edit, Group(11), "active+ contact+ config- visible+ level- live+"},
		{seller, View, Group(13), "active+ contact+ visible- level- live+"},
		{editor, Edit, Tag(23), "active+ contact+ config+ visible- level- live+"},
		{leadOnly, Edit, Tag(23), "active+ contact+ config- visible+ level+ live+"},
		{farLead, Edit, Tag(23), "active+ contact+ config+ visible+ level+ live+"}, // staff there, with the permission
		{farLead, View, Tag(22), "active+ contact+ visible- level- live+"},         // 销售部 is above the scope
		{editor, View, Group(14), "active+ contact+ visible+ level+ live-"},
		{editor, View, Tag(24), "active+ contact+ visible+ level+ live-"},
		{editor, Edit, Tag(25), "active+ contact+ config+ visible+ level+ live-"},
		{editor, Restore, Tag(25), "active+ contact+ config+ visible+ level+"},
		{seller, Restore, Tag(25), "active+ contact+ config- visible+ level-"},
		{boss, View, Tag(25), "active+ live-"},
		{0, Edit, Tag(25), "active+ live-"},
		{watcher, View, Tag(25), "active+"},
		{watcher, View, Tag(99), "active+ live-"},
		{boss, Restore, Tag(99), "active+ live-"},
		{editor, View, Tag(99), "active+ contact+ visible- level- live-"},
		{editor, View, Object{"customer", 21}, "active+ contact+ visible- level- live-"},
		{seller, Use, Everything(), "active+ contact+ visible+ level+ live+"},
		{editor, Edit, Everything(), "active+ contact+ config+ visible+ level+ live+"},
	} {
		if got := short(w.Decide(Question{Subject: test.subject, Do: test.do, On: test.on})); got != test.want {
			t.Errorf("%d %s %v:\n got %s\nwant %s", test.subject, test.do, test.on, got, test.want)
		}
	}
}

func TestLevels(t *testing.T) {
	for _, test := range []struct {
		name    string
		grants  []crm.Grant
		subject int64
		on      Object
		want    crm.Level
	}{
		{"shared", nil, seller, Tag(21), "use"},
		{"shared, configuring", nil, editor, Tag(21), "edit"},
		{"shared, a department admin", nil, leadOnly, Tag(21), "use"},
		{"shared, configuring without contact", nil, hollow, Tag(21), "use"},
		{"below the department", nil, seller, Tag(22), "use"},
		{"below the department, configuring", nil, editor, Tag(22), "edit"},
		{"its admin", nil, leadOnly, Tag(23), "edit"},
		{"another department", nil, seller, Tag(23), "hidden"},
		{"disabled", nil, paused, Tag(21), "hidden"},
		{"gone", nil, former, Tag(21), "hidden"},
		{"super admin", nil, boss, Tag(23), "edit"},
		{"auditor", nil, watcher, Tag(23), "view"},
		{"operator", nil, 0, Tag(23), "edit"},
		{"operator, nothing", nil, 0, Tag(99), "hidden"},

		{"raised", list(grantTo("staff", seller, Tag(21), "edit")), seller, Tag(21), "edit"},
		{"lowered", list(grantTo("staff", editor, Tag(21), "view")), editor, Tag(21), "view"},
		{"another tag", list(grantTo("staff", editor, Tag(22), "view")), editor, Tag(21), "edit"},
		{"made visible", list(grantTo("staff", seller, Group(13), "view")), seller, Tag(23), "view"},
		{"the tag, not its group", list(grantTo("staff", seller, Tag(23), "view")), seller, Group(13), "hidden"},
		{"on all", list(grantTo("staff", seller, Everything(), "view")), seller, Tag(23), "view"},
		{"to the role", list(grantRole("staff", Group(13), "use")), seller, Tag(23), "use"},
		{"to another role", list(grantRole("auditor", Group(13), "use")), seller, Tag(23), "hidden"},
		{"to the department", list(grantTo("dept", 3, Group(13), "use")), seller, Tag(23), "use"},
		{"to the one above", list(grantTo("dept", 2, Group(13), "use")), seller, Tag(23), "hidden"},
		{"to the one above and below", list(grantTo("dept+", 2, Group(13), "use")), seller, Tag(23), "use"},
		{"to a department that does not exist", list(grantTo("dept+", 9, Group(13), "use")), seller, Tag(23), "hidden"},

		{"the nearer object", list(grantTo("staff", seller, Group(11), "edit"), grantRole("staff", Tag(21), "view")), seller, Tag(21), "view"},
		{"the group before all", list(grantTo("staff", seller, Everything(), "edit"), grantRole("staff", Group(11), "view")), seller, Tag(21), "view"},
		{"the person before the department", list(grantTo("dept", 3, Tag(21), "edit"), grantTo("staff", seller, Tag(21), "view")), seller, Tag(21), "view"},
		{"the own department before the one above", list(grantTo("dept+", 2, Tag(21), "edit"), grantTo("dept", 3, Tag(21), "view")), seller, Tag(21), "view"},
		{"the nearer above", list(grantTo("dept+", 1, Tag(21), "edit"), grantTo("dept+", 2, Tag(21), "view")), seller, Tag(21), "view"},
		{"the department before the role", list(grantRole("staff", Tag(21), "edit"), grantTo("dept+", 1, Tag(21), "view")), seller, Tag(21), "view"},
		{"the highest of equals", list(grantTo("staff", seller, Tag(21), "view"), grantTo("staff", seller, Tag(21), "edit")), seller, Tag(21), "edit"},

		{"deny", list(grantTo("staff", seller, Tag(21), "edit"), grantRole("staff", Everything(), "hidden")), seller, Tag(21), "hidden"},
		{"deny for a time", list(grantTo("staff", seller, Tag(21), "edit~"), grantTo("dept+", 1, Group(11), "hidden~")), seller, Tag(21), "hidden"},
		{"deny to the own department", list(grantTo("dept", 2, Group(11), "hidden")), seller, Tag(21), "use"},
		{"deny and super admin", list(grantRole("super", Everything(), "hidden")), boss, Tag(21), "edit"},
		{"deny and auditor", list(grantRole("auditor", Everything(), "hidden")), watcher, Tag(21), "view"},
		{"auditor with a grant", list(grantRole("auditor", Everything(), "edit")), watcher, Tag(21), "view"},

		{"raised for a time", list(grantTo("staff", seller, Tag(21), "edit~")), seller, Tag(21), "edit"},
		{"never lowered for a time", list(grantTo("staff", editor, Tag(21), "view~")), editor, Tag(21), "edit"},
		{"a far one raises a near one", list(grantTo("staff", seller, Tag(21), "view"), grantRole("staff", Everything(), "edit~")), seller, Tag(21), "edit"},
		{"revoked", list(revoked(grantTo("staff", seller, Tag(21), "edit"))), seller, Tag(21), "use"},
		{"ended", list(between(grantTo("staff", seller, Tag(21), "edit"), 990, 1000)), seller, Tag(21), "use"},
		{"about to end", list(between(grantTo("staff", seller, Tag(21), "edit"), 1000, 1001)), seller, Tag(21), "edit"},
		{"to come", list(between(grantTo("staff", seller, Tag(21), "edit"), 1001, 0)), seller, Tag(21), "use"},
		{"same as one who left", list(grantTo("staff", former, Tag(21), "edit")), seller, Tag(21), "use"},
	} {
		f := testCompany(test.grants...)
		for i := range f.Staff {
			if f.Staff[i].ID == seller {
				f.Staff[i].SameAs = former
			}
		}
		if got := New(f).Level(test.subject, test.on); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func list(grants ...crm.Grant) []crm.Grant { return grants }

func revoked(g crm.Grant) crm.Grant { g.RevokedAt = 1; return g }

func between(g crm.Grant, from, to int64) crm.Grant {
	g.StartsAt, g.EndsAt = from*hour, to*hour
	return g
}

// TestLifted: what a temporary grant stands in for, and what it never does.
func TestLifted(t *testing.T) {
	for _, test := range []struct {
		name    string
		grants  []crm.Grant
		subject int64
		do      Action
		on      Object
		want    string
	}{
		{"visible", list(grantTo("staff", seller, Tag(23), "view~")), seller, View, Tag(23), "active+ contact+ visible~ level~ live+"},
		{"use", list(grantTo("staff", seller, Group(13), "use~")), seller, Use, Tag(23), "active+ contact+ visible~ level~ live+"},
		{"edit", list(grantTo("staff", seller, Tag(21), "edit~")), seller, Edit, Tag(21), "active+ contact+ config~ visible+ level~ live+"},
		{"edit elsewhere", list(grantTo("staff", seller, Tag(22), "edit~")), seller, Edit, Tag(21), "active+ contact+ config- visible+ level- live+"},
		{"too little", list(grantTo("staff", seller, Tag(23), "use~")), seller, Edit, Tag(23), "active+ contact+ config- visible~ level- live+"},
		{"lasting edit", list(grantTo("staff", seller, Tag(21), "edit")), seller, Edit, Tag(21), "active+ contact+ config- visible+ level+ live+"},
		{"both", list(grantTo("staff", seller, Tag(21), "edit"), grantTo("staff", seller, Tag(21), "edit~")), seller, Edit, Tag(21), "active+ contact+ config~ visible+ level+ live+"},
		{"no contact", list(grantTo("staff", clerk, Tag(21), "edit~")), clerk, Edit, Tag(21), "active+ contact- config~ visible+ level~ live+"},
		{"no account", list(grantTo("staff", paused, Tag(23), "edit~")), paused, Edit, Tag(23), "active- contact+ config+ visible~ level~ live+"},
		{"deny", list(grantTo("staff", seller, Tag(21), "edit~"), grantTo("dept", 3, Tag(21), "hidden")), seller, Edit, Tag(21), "active+ contact+ config- visible- level- live+"},
	} {
		w := New(testCompany(test.grants...))
		if got := short(w.Decide(Question{Subject: test.subject, Do: test.do, On: test.on})); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, test.want)
		}
	}
}

func TestFollows(t *testing.T) {
	w := New(testCompany())
	for _, test := range []struct {
		subject   int64
		followers []int64
		want      bool
	}{
		{seller, []int64{editor}, true},
		{lead, []int64{seller}, true},  // below
		{seller, []int64{lead}, false}, // above
		{seller, []int64{clerk, editor}, true},
		{clerk, []int64{seller}, false},
		{farLead, []int64{seller}, true}, // in the scope
		{farLead, []int64{clerk}, false}, // a colleague, outside the scope
		{seller, nil, false},
		{seller, []int64{999}, false},
		{boss, nil, true},
		{watcher, nil, true},
		{0, nil, true},
		{paused, []int64{seller}, false},
		{999, []int64{seller}, false},
	} {
		if got := w.Follows(test.subject, test.followers); got != test.want {
			t.Errorf("%d, followed by %v: %t", test.subject, test.followers, got)
		}
	}
	d := w.Decide(Question{Subject: seller, Do: Use, On: Tag(21), Customer: &Customer{Followers: []int64{clerk}}})
	if got, want := short(d), "active+ contact+ visible+ level+ followed- live-"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWho(t *testing.T) {
	w := New(testCompany(grantTo("staff", seller, Group(13), "edit~"), grantTo("dept", 3, Group(13), "view")))
	want := []Person{
		{ID: boss, Level: "edit", By: ByRole},
		{ID: watcher, Level: "view", By: ByRole},
		{ID: leadOnly, Level: "edit", By: ByDefault},
		{ID: seller, Level: "edit", By: ByGrant, Grant: 1, Until: 1001 * hour},
		{ID: editor, Level: "view", By: ByGrant, Grant: 2},
		{ID: farLead, Level: "edit", By: ByDefault},
	}
	if got := w.Who(Tag(23), View); !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	want = []Person{{ID: boss, Level: "edit", By: ByRole}, {ID: seller, Level: "edit", By: ByGrant, Grant: 1, Until: 1001 * hour}, {ID: farLead, Level: "edit", By: ByDefault}}
	if got := w.Who(Tag(23), Edit); !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// TestNotSeen: nobody without rights can tell what is hidden from what does not
// exist; what is only deleted, or lacks a level, may be told.
func TestNotSeen(t *testing.T) {
	w := New(testCompany(grantTo("staff", editor, Tag(21), "hidden")))
	for _, test := range []struct {
		subject int64
		on      Object
		want    bool
	}{
		{seller, Tag(23), false}, {seller, Tag(99), false}, {editor, Tag(21), false}, {editor, Group(11), true},
		{seller, Tag(21), true}, {seller, Tag(25), true}, {clerk, Tag(21), false}, {paused, Tag(21), false},
		{watcher, Tag(25), true}, {boss, Tag(25), true}, {boss, Tag(99), false}, {0, Tag(23), true}, {0, Tag(99), false},
	} {
		if got := w.Decide(Question{Subject: test.subject, Do: Edit, On: test.on}).Seen(); got != test.want {
			t.Errorf("%d %v: seen %t", test.subject, test.on, got)
		}
	}
	for _, o := range []Object{Tag(23), Tag(99)} {
		if w.Visible(seller, o) || w.Level(seller, o) != crm.LevelHidden || slices.Contains(w.Tags(seller, View), o.ID) {
			t.Errorf("%v can be told from nothing", o)
		}
	}
}

func TestParseAction(t *testing.T) {
	for s, want := range map[string]Action{
		"view": View, "查看": View, "使用(打标)": Use, "使用（打标）": Use, "打标": Use, "USE": Use, "编辑": Edit,
		"删除": Delete, " restore ": Restore, "恢复": Restore, "grant": Give, "授权": Give,
	} {
		if got, err := ParseAction(s); err != nil || got != want {
			t.Errorf("%q: %s, %v", s, got, err)
		}
	}
	if _, err := ParseAction("fly"); err == nil {
		t.Error("fly: no error")
	}
}
