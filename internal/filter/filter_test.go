package filter_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tagkeep/internal/crm"
	"tagkeep/internal/filter"
)

var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

func at(text string) int64 {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, shanghai)
	if err != nil {
		panic(err)
	}
	return t.UnixMilli()
}

// company is a small one: two people of one name, a name used in two groups,
// two departments called 一部, a tag and a group in the bin.
func company() crm.Company {
	return crm.Company{
		Now: at("2026-03-01 00:30"),
		Departments: []crm.Department{{ID: 1, Name: "总部"}, {ID: 2, ParentID: 1, Name: "市场部"}, {ID: 3, ParentID: 2, Name: "一部"},
			{ID: 4, ParentID: 1, Name: "一部"}, {ID: 5, ParentID: 1, Name: "旧部", GoneEvent: 1}},
		Staff: []crm.Staff{{ID: 1, UserID: "Zhang", Name: "张三", Status: crm.StatusActive, Role: crm.RoleStaff, Contact: true},
			{ID: 2, UserID: "zhang2", Name: "张三", Role: crm.RoleDeptAdmin}, {ID: 3, UserID: "li", LeftID: 3, Name: "李四", Status: crm.StatusLeft},
			{ID: 4, UserID: "LI", Name: "李斯"}},
		StaffDepartments: map[int64][]int64{1: {3}, 2: {4}, 4: {1}},
		Groups: []crm.Group{{ID: 1, Name: "意向", Scope: crm.ScopeShared}, {ID: 2, Name: "等级", Scope: crm.ScopeDepartment, DepartmentID: 3, SingleChoice: true},
			{ID: 3, Name: "旧", DeletionID: 7}, {ID: 4, Name: "a:b"}},
		Tags: []crm.Tag{{ID: 1, GroupID: 1, Name: "高意向", ExpiresOn: "2026-02-28"}, {ID: 2, GroupID: 1, Name: "低"}, {ID: 3, GroupID: 2, Name: "低"},
			{ID: 4, GroupID: 1, Name: "没了", DeletionID: 8}, {ID: 5, GroupID: 3, Name: "旧标签", DeletionID: 7}, {ID: 6, GroupID: 4, Name: `c"d`}},
	}
}

func bind(t *testing.T, text string) *filter.Filter {
	t.Helper()
	e, err := filter.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	f, err := e.Bind(company(), shanghai)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return f
}

func wang() (*crm.Customer, []crm.Follow, []crm.Link) {
	c := &crm.Customer{ID: 12, ExternalID: "wm1", Mobile: "13800138000", Phones: "010-12345678;+852 2345", Name: "Wang 王 Ｆａｎｇ", Region: "上海市",
		Gender: "female", Birthday: "1990-05-01", CreatedAt: at("2026-01-31 23:59"), UpdatedAt: at("2026-02-28 12:00")}
	follows := []crm.Follow{{CustomerID: 12, StaffID: 1, Remark: "展会", AddedAt: at("2026-01-31 00:00")}, {CustomerID: 12, StaffID: 4, Remark: "转介"}}
	links := []crm.Link{{CustomerID: 12, TagID: 1, StaffID: 1}, {CustomerID: 12, TagID: 3, StaffID: 4}, {CustomerID: 12, TagID: 4}, {CustomerID: 12, TagID: 6}}
	return c, follows, links
}

func TestCustomer(t *testing.T) {
	for text, want := range map[string]bool{
		"tag = 意向:高意向":                      true,
		"标签＝意向：高意向":                         true,
		"tag = 高意向":                         true,
		"tag = 等级:低":                        true,
		"tag = 意向:低":                        false,
		"tag = #3":                          true,
		`tag = """a:b"":""c""""d"""`:        true,
		"group = 意向":                        true,
		"group = a:b":                       true,
		"group != 意向":                       false,
		"有标签 且 无职位":                         true,
		"no tag":                            false,
		"department = 总部":                   true,
		"department = 市场部":                  true,
		"department = 总部/市场部":               true,
		`department = 总部\市场部／一部`:            true,
		"department = 总部/一部":                false,
		"follower = zhang":                  true,
		"follower = 李斯":                     true,
		"follower = LI":                     true,
		"follower = 李四":                     false,
		"follower != zhang":                 false,
		"name ~ fang":                       true,
		"name ~ 'fang'":                     false,
		`name ~ "王　f"`:                      true,
		"name 包含 王":                         true,
		"name = wang":                       false,
		`客户名称 = "Wang 王 Ｆａｎｇ"`:              true,
		"id = wm1":                          true,
		"id = WM1":                          false,
		"id = #12":                          true,
		"id = #13":                          false,
		"mobile = +86-138-0013-8000":        true,
		"mobile ~ 0013":                     true,
		"phone = 01012345678":               true,
		"phone = 852-2345":                  false,
		"region = 上海":                       false,
		"region ~ 上海":                       true,
		`region = ""`:                       false,
		`company = ""`:                      true,
		`company != ""`:                     false,
		"性别 = 女":                            true,
		"gender != male":                    true,
		"birthday = 1990/5/1":               true,
		"birthday < 1990年5月2日":              true,
		"birthday <= 1990-05-01":            true,
		"birthday > 1990-05-01":             false,
		"remark = 展会":                       true,
		"remark = 转介":                       true,
		"备注 != 转介":                          false,
		"added = 2026-01-31":                true,
		"created = 2026-01-31":              true,
		"created > 2026-01-30":              true,
		"created > 2026-01-31":              false,
		"created >= 2026-01-31":             true,
		"created < 2026-02-01":              true,
		"updated = 今天-1d":                   true,
		"updated = -1天":                     true,
		"updated < today":                   true,
		"updated >= today":                  false,
		"text ~ 介":                          true,
		"text ~ 010-1":                      true,
		"text ~ 张":                          false,
		"not (tag = 高意向 or name = x)":       false,
		"非标签=高意向 或 地区~上海":                   true,
		"地区~上海 且 (无标签 或 有生日)":               true,
		"无 标签 and name = x or id=wm1":       true,
		"(name = x or id = wm1) and no tag": false,
		"in bin":                            false,
	} {
		if got := bind(t, text).Customer(wang()); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// A row is asked for its own follower, and for the customer's tags.
func TestRow(t *testing.T) {
	c, follows, links := wang()
	c.Remark = "自己"
	for _, tt := range []struct {
		text string
		row  *crm.Follow
		want bool
	}{
		{"follower = zhang", &follows[0], true},
		{"follower = zhang", &follows[1], false},
		{"follower = zhang", nil, false},
		{"no follower", nil, true},
		{"department = 市场部", &follows[0], true},
		{"department = 市场部", &follows[1], false},
		{"remark = 展会", &follows[1], false},
		{"remark = 自己", &follows[1], false},
		{"remark = 自己", nil, true},
		{"has added", &follows[0], true},
		{"has added", &follows[1], false},
		{"tag = 高意向", &follows[1], true},
		{"text ~ 展会", &follows[0], true},
		{"text ~ 展会", nil, false},
	} {
		if got := bind(t, tt.text).Row(c, tt.row, links); got != tt.want {
			t.Errorf("%s of %+v: %v", tt.text, tt.row, got)
		}
	}
}

func TestLibrary(t *testing.T) {
	world := company()
	for text, want := range map[string]bool{
		"customers = 0": false, "customers > 2": true, "客户数 >= 3": true, "has customers": true, "expires < today": true,
		"expires = 2026-02-28": true, "无 说明": true, "scope = 共享": true, "scope = department": false, "单选 = 否": true, "has single": false,
		"group = 意向": true, "department = 总部": false, "tag = 意向:高意向": true, "text ~ 意向": true, "name = 高意向": true, "created > 2000-01-01": false,
	} {
		if got := bind(t, text).Tag(&world.Tags[0], &world.Groups[0], 3); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	for text, want := range map[string]bool{"department = 总部": true, "single = yes": true, "name = 等级": true, "group = 意向": false, "scope = 专属": true} {
		if got := bind(t, text).Group(&world.Groups[1]); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	for text, want := range map[string]bool{"id = ZHANG": true, "role = 普通员工": true, "status != 离职": true, "has contact": true, "contact = 否": false, "department = 总部": true, "name ~ 三": true} {
		if got := bind(t, text).Staff(&world.Staff[0]); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	g := &crm.Grant{ObjectKind: crm.ObjectTag, ObjectID: 1, SubjectKind: crm.SubjectDepartment, SubjectID: 3, Level: crm.LevelUse, Reason: "周末", EndsAt: at("2026-03-02 08:00")}
	for text, want := range map[string]bool{"tag = 高意向": true, "group = 意向": true, "department = 总部": true, "has follower": false, "level = 使用": true, "ends > today": true, "has starts": false, "reason ~ 周": true} {
		if got := bind(t, text).Grant(g); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// Without asking for the bin only live things are chosen, with it only those in
// the bin; tags count likewise.
func TestBin(t *testing.T) {
	world := company()
	c, follows, links := wang()
	dead := *c
	dead.DeletionID = 7
	for _, tt := range []struct {
		text       string
		live, dead bool
	}{
		{"id = wm1", true, false},
		{"在回收站", false, true},
		{"in bin and id = wm1", false, true},
		{"deleted = D7", false, true},
		{"删除=8", false, false},
		{"deleted != d8", false, true},
		{"deleted = D7 and tag = 意向:没了", false, true},
		{"tag = 旧标签 and in 回收站", false, false},
	} {
		f := bind(t, tt.text)
		if got := f.Customer(c, follows, links); got != tt.live {
			t.Errorf("%s of the live one: %v", tt.text, got)
		}
		if got := f.Customer(&dead, follows, links); got != tt.dead {
			t.Errorf("%s of the one in the bin: %v", tt.text, got)
		}
	}
	if f := bind(t, "deleted = D8"); !f.Tag(&world.Tags[3], &world.Groups[0], 0) || f.Tag(&world.Tags[0], &world.Groups[0], 0) || f.Tag(&world.Tags[4], &world.Groups[2], 0) {
		t.Error("deleted = D8 does not choose the tag of that event alone")
	}
}

// A name deleted twice is meant both times.
func TestBinNames(t *testing.T) {
	world := company()
	world.Tags = append(world.Tags, crm.Tag{ID: 9, GroupID: 1, Name: "没了", DeletionID: 9})
	e, err := filter.Parse("tag = 意向:没了 and in bin")
	if err != nil {
		t.Fatal(err)
	}
	f, err := e.Bind(world, shanghai)
	if err != nil {
		t.Fatal(err)
	}
	c := &crm.Customer{ID: 1, DeletionID: 9}
	for _, tag := range []int64{4, 9} {
		if !f.Customer(c, nil, []crm.Link{{CustomerID: 1, TagID: tag}}) {
			t.Errorf("tag %d is not chosen", tag)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, tt := range []struct {
		text string
		pos  int
		says string // somewhere in message and fix, in either language
	}{
		{"", 1, "a condition is missing"},
		{"地区 = 上海 且", 10, "a condition is missing"},
		{"colour = red", 1, `"colour"`},
		{"regoin = x", 1, "did you mean region?"},
		{"region", 7, "= != ~"},
		{"region > 3", 8, "= != ~"},
		{"customers ~ 3", 11, "= != < <= > >="},
		{"tag < x", 5, "one of = !="},
		{"name =", 7, "is missing"},
		{"name = and", 8, `"and"`},
		{`name ~ ""`, 8, "cannot be"},
		{"mobile = -", 10, "cannot be"},
		{"created > 2026-02-30", 11, "today-30d"},
		{"created > x", 11, "今天-30d"},
		{"gender = x", 10, "male, female"},
		{"single = x", 10, "yes or no"},
		{"customers = -1", 13, "whole number"},
		{"deleted = x", 11, "D7"},
		{"(name = x", 1, "not closed"},
		{`name = "x`, 8, "not closed"},
		{"name = x)", 9, "expected and, or"},
		{"name = 张 三", 10, "加引号"},
		{"name = 张且地区 = 上海", 13, "前后要有空格"},
		{"name ! x", 6, "!="},
		{"not in bin", 5, "and in bin"},
		{"name = x or 在回收站", 13, "and in bin"},
		{"in x", 4, "expected bin"},
		{"has x", 5, `"x"`},
		{`"name" = x`, 1, `"name"`},
		{"name = \xff", 1, "UTF-8"},
		{strings.Repeat("(", 65) + "no tag" + strings.Repeat(")", 65), 66, "too long"},
		{strings.Repeat("not ", 65) + "no tag", 261, "too long"},
		{"no tag" + strings.Repeat(" or no tag", 100), 1011, ""},
		{"name = " + strings.Repeat("x", 1001), 8, "longer than 1000"},
	} {
		_, err := filter.Parse(tt.text)
		e := (*filter.SyntaxError)(nil)
		if !errors.As(err, &e) {
			t.Errorf("%.40s: %v", tt.text, err)
			continue
		}
		all := e.Message(crm.Chinese) + e.Fix(crm.Chinese) + e.Message(crm.English) + e.Fix(crm.English)
		if !strings.Contains(all, tt.says) || tt.says != "" && e.Pos != tt.pos || strings.Contains(all, "%!") {
			t.Errorf("%.40s: at %d: %s", tt.text, e.Pos, all)
		}
	}
}

func TestNameErrors(t *testing.T) {
	for _, tt := range []struct{ text, says string }{
		{"tag = 高意象", "did you mean 高意向?"},
		{"tag = 意向:高意象", "did you mean 意向:高意向?"},
		{"tag = 低", "意向:低, 等级:低"},
		{"tag = 没了", "(D8)"},
		{"tag = 旧:旧标签", "(D7)"},
		{"group = 旧", "(D7)"},
		{"tag = #4", "there is no tag #4"},
		{"group = 意问", "意向"},
		{"department = 一部", "总部/市场部/一部, 总部/一部"},
		{"department = 旧部", "there is no department"},
		{"follower = 张三", "zhang, zhang2"},
		{"follower = zhan", "did you mean zhang?"},
		{"in bin and tag = 低", "意向:低"},
	} {
		e, err := filter.Parse(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.Bind(company(), shanghai)
		n := (*filter.NameError)(nil)
		if !errors.As(err, &n) {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		all := n.Message(crm.Chinese) + n.Fix(crm.Chinese) + n.Message(crm.English) + n.Fix(crm.English)
		if !strings.Contains(all, tt.says) {
			t.Errorf("%s: %s", tt.text, all)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		text string
		kind crm.Kind
		ok   bool
	}{
		{"mobile ~ 1 or 有生日", crm.Customers, true},
		{"name = x and mobile ~ 1", crm.Tags, false},
		{"expires < today", crm.Customers, false},
		{"customers = 0", crm.Tags, true},
		{"customers = 0", filter.Groups, false},
		{"tag = 高意向", filter.Groups, false},
		{"in bin", crm.People, false},
		{"deleted = D7", crm.Grants, false},
		{"level = use", crm.Grants, true},
	} {
		e, err := filter.Parse(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		err = e.Check(tt.kind)
		k := (*filter.KindError)(nil)
		if errors.As(err, &k) == tt.ok {
			t.Errorf("%s for %s: %v", tt.text, tt.kind, err)
		}
		if k != nil && (k.Message(crm.Chinese) == "" || !strings.Contains(k.Fix(crm.English), "name") && tt.kind != crm.Grants) {
			t.Errorf("%s for %s: %s; %s", tt.text, tt.kind, k.Message(crm.Chinese), k.Fix(crm.English))
		}
	}
}

func TestString(t *testing.T) {
	for text, want := range map[string]string{
		"标签=意向：高意向 并且 (地区~上海 且 无生日)":        "tag = 意向：高意向 and region ~ 上海 and no birthday",
		"(name=x 或 (id=1 或 id=2)) 且 has 备注": "(name = x or id = 1 or id = 2) and has remark",
		"非 (非(单选=否))":                       "not not single = no",
		"not (no tag or no 生日)":             "not (no tag or no birthday)",
		`name="and" or name = "a ""b"""`:    `name = "and" or name = "a ""b"""`,
		"name = “且”":                        `name = "且"`,
		"added>=今天-007d":                    "added >= today-7d",
		"创建时间<>2026/1/3":                    "created != 2026-01-03",
		"在回收站里 且 删除=7":                      "in bin and deleted = D7",
		`remark = "  "`:                     `remark = ""`,
		"角色=审计员":                            "role = auditor",
	} {
		e, err := filter.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := e.String(); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
