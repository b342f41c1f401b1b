package importer

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// rightsCompany has a person of every role; their ids are those of the
// constants.
const rightsCompany = `department 总部
	department 总部/销售
	department 总部/市场
	staff boss role=super
	staff lead in=总部/销售 role=dept_admin contact=1 tagging=1
	staff seller in=总部/销售 contact=1
	staff market in=总部/市场 contact=1 tagging=1
	staff watcher in=总部 role=auditor
	staff off in=总部/销售 status=disabled contact=1 tagging=1
	staff rookie in=总部/销售
	group 意向
	group 销售专用 dept=总部/销售
	group 市场专用 dept=总部/市场
	tag 意向:高
	tag 意向:低
	tag 销售专用:重点
	tag 市场专用:线索
	tag 市场专用:高高
`

const (
	boss int64 = iota + 1
	lead
	seller
	market
	watcher
	off
	rookie
)

// Tags: within a group by who may edit it, new ones by who may edit them then.
func TestRightsOfTags(t *testing.T) {
	const csv = `标签组名称 | 标签名称 | 标签组类型 | 可用部门 | 排序
		意向 | 高 | | | 1
		意向 | 新 | | |
		销售专用 | 重点 | | | 2
		销售专用 | 新 | | |
		新组 | 甲 | | |
		新组 | 乙 | | | 3
		部门组 | 丙 | 部门 | 总部/销售 |
		部门组 | 丁 | | |`
	list := []scenario{
		{
			name: "the admin of the department", have: rightsCompany, opts: Options{CreatedBy: lead}, csv: csv,
			rows: "8: 6 created, 2 updated",
			want: strings.NewReplacer("tag 意向:高", "group 新组\ngroup 部门组 dept=总部/销售\ntag 意向:高 sort=1", "tag 销售专用:重点", "tag 销售专用:重点 sort=2").Replace(rightsCompany) +
				"tag 意向:新\ntag 销售专用:新\ntag 新组:甲\ntag 新组:乙 sort=3\ntag 部门组:丙\ntag 部门组:丁",
		},
		{
			name: "somebody of another department", have: rightsCompany, opts: Options{CreatedBy: market}, csv: csv,
			rows:     "8: 4 created, 1 updated, 3 rejected",
			problems: []string{"4A NOT_ALLOWED", "5A NOT_ALLOWED", "8A NOT_ALLOWED"},
		},
		{
			name: "what is not seen is not there, and its name not free",
			have: rightsCompany + "grant tag:市场专用:线索 staff:lead level=view", opts: Options{CreatedBy: lead},
			csv: `标签组名称 | 标签名称 | 标签组类型 | 可用部门 | 排序
				市场专用 | 线索 | | |
				市场专用 | 线索 | | | 7
				市场专用 | 高高 | | |
				市场专用 | 新 | | |
				别的组 | 甲 | 部门 | 总部/市场 |
				销售专用 | 重点 | 部门 | 总部/市场 |
				 | | | |`,
			rows:     "6: 1 unchanged, 5 rejected",
			problems: []string{"3B DUP_IN_FILE 2", "3B NOT_ALLOWED", "4B NOT_ALLOWED", "5B NOT_ALLOWED", "6A NOT_ALLOWED", "7D NOT_ALLOWED"},
		},
		{
			name: "a super admin", have: rightsCompany, opts: Options{CreatedBy: boss},
			csv:  "标签组名称 | 标签名称\n市场专用 | 新",
			rows: "1: 1 created", want: rightsCompany + "tag 市场专用:新",
		},
	}
	runRights(t, crm.Tags, list)
}

// Customers: those that one's departments follow, with tags that one may use.
func TestRightsOfCustomers(t *testing.T) {
	const people = `customer #1 ext=wm1 mobile=13800000001 name=甲
		follow #1 seller
		link #1 seller 市场专用:线索
		link #1 seller 意向:高
		customer #2 ext=wm2 mobile=13800000002 name=乙
		follow #2 market
		customer #3 ext=wm3 mobile=13800000003
`
	const have = rightsCompany + people
	const low, high = "grant tag:意向:低 role:staff level=view\n", "grant tag:意向:高 role:staff level=view\n"
	list := []scenario{
		{
			name: "followed, not followed, new", have: have, opts: Options{CreatedBy: seller},
			csv: `客户ID | 手机号 | 跟进员工 | 企业标签
				wm1 | | seller | 意向:低
				wm1 | | market | 意向:低
				wm2 | | market | 意向:低
				wm3 | | | 意向:低
				wm4 | | lead | 销售专用:重点
				wm5 | | market | 意向:低
				wm6 | | | 意向:低
				 | 13800000002 | seller | 意向:低
				wm1 | 13800000002 | lead |
				wm7 | 13800000002 | seller |`,
			rows: "10: 2 created, 1 updated, 7 rejected", links: "+2 -0",
			problems: []string{"3C NOT_FOLLOWED", "4A NOT_FOLLOWED", "5A NOT_FOLLOWED", "7C NOT_FOLLOWED", "8C NOT_FOLLOWED", "9B NOT_FOLLOWED", "10B KEY_CONFLICT"},
		},
		{
			name: "tags to use, to view and out of sight", have: rightsCompany + low + people, opts: Options{CreatedBy: seller, CreateTags: true},
			csv: `客户ID | 跟进员工 | 企业标签 | 移除标签
				wm1 | seller | 市场专用:线索 |
				wm1 | lead | 意向:低;市场专用:高搞 |
				wm1 | boss | 意向:新 |`,
			rows:     "3: 3 rejected",
			problems: []string{"2C UNKNOWN_GROUP", "3C UNKNOWN_GROUP", "3C NOT_ALLOWED", "4C NOT_ALLOWED", "4B NOT_FOLLOWED"},
		},
		{
			name: "to view only", have: rightsCompany + low + high + people, opts: Options{CreatedBy: seller},
			csv: `客户ID | 跟进员工 | 企业标签 | 移除标签
				wm1 | lead | 意向:低 |
				wm1 | seller | | 意向:高;市场专用:线索`,
			rows: "2: 2 rejected", problems: []string{"2C NOT_ALLOWED", "3D UNKNOWN_TAG", "3D NOT_ALLOWED"},
		},
		{
			name: "replacing leaves what is out of sight", have: have, opts: Options{CreatedBy: seller, Tags: ReplaceTags},
			csv: `客户ID | 跟进员工 | 企业标签
				wm1 | seller | 意向:低`,
			rows: "1: 1 updated", links: "+1 -1", want: strings.Replace(have, "link #1 seller 意向:高", "link #1 seller 意向:低", 1),
		},
	}
	runRights(t, crm.Customers, list)
}

// Staff: department admins, for those whose departments they answer for.
func TestRightsOfStaff(t *testing.T) {
	runRights(t, crm.People, []scenario{{
		name: "a department admin", have: rightsCompany, opts: Options{CreatedBy: lead},
		csv: `员工账号 | 姓名 | 部门 | 角色 | 可配置客户标签
			rookie | 新手 | 总部/销售/一组 | |
			new | 新人 | 总部/销售 | 部门管理员 | 是
			market | 钱 | | |
			boss | 王 | | |
			seller | | 总部/市场 | |
			seller2 | 孙 | | |
			seller3 | 孙 | 总部/销售 | 超级管理员 |
			 | | 总部/财务 | |
			 | | 总部/销售/二组 | |
			new2 | | 总部/销售部 | |`,
		rows:     "10: 2 created, 1 updated, 7 rejected",
		problems: []string{"4A NOT_ALLOWED", "5A NOT_ALLOWED", "6C NOT_ALLOWED", "7A NOT_ALLOWED", "8D NOT_ALLOWED", "9C NOT_ALLOWED", "11C NOT_ALLOWED"},
	}})
}

// Grants: nobody gives what they do not have.
func TestRightsOfGrants(t *testing.T) {
	runRights(t, crm.Grants, []scenario{{
		name: "a department admin", have: rightsCompany, opts: Options{CreatedBy: lead},
		csv: `对象 | 授权类型 | 授权给 | 级别
			group:销售专用 | 员工 | market | 使用
			tag:意向:高 | 员工 | market | 编辑
			group:市场专用 | 员工 | seller | 使用
			tag:市场专用:高高 | 员工 | seller | 使用
			all | 员工 | seller | 使用`,
		rows: "5: 2 created, 3 rejected", problems: []string{"4A UNKNOWN_GROUP", "5A UNKNOWN_GROUP", "6D NOT_ALLOWED"},
		want: rightsCompany + "grant group:销售专用 staff:market level=use\ngrant tag:意向:高 staff:market level=edit",
	}})
}

// runRights runs scenarios whose database is not of interest beyond what they
// state: the others must not be changed where nothing was accepted.
func runRights(t *testing.T, kind crm.Kind, list []scenario) {
	t.Helper()
	for i := range list {
		list[i].kind, list[i].anything = kind, list[i].want == "" && !strings.HasSuffix(list[i].rows, list[i].rows[:strings.Index(list[i].rows, ":")]+" rejected")
	}
	runScenarios(t, list)
}

// Who may import nothing of a kind is refused before any write.
func TestRightsRefused(t *testing.T) {
	files := map[crm.Kind]string{
		crm.Tags: "标签组名称\n新组", crm.Customers: "客户ID\nwm9", crm.People: "员工账号\nnew", crm.Grants: "对象 | 授权类型 | 授权给 | 级别\nall | 员工 | seller | 使用",
	}
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := storetest.Open(t, target)
		seed(t, db, rightsCompany)
		before := storetest.State(t, db)
		for kind, text := range files {
			path := sheetOf(t, text)
			for by, refused := range map[int64]bool{
				0: false, boss: false, watcher: true, off: true, 99: true,
				lead: false, market: kind == crm.People, rookie: true, seller: kind != crm.Customers,
			} {
				for _, dry := range []bool{true, false} {
					if !dry && !refused {
						continue
					}
					_, err := tryImport(t.Context(), t, db, path, kind, Options{CreatedBy: by, DryRun: dry}, 0)
					e := (*RefusedError)(nil)
					if errors.As(err, &e) != refused || !refused && err != nil {
						t.Errorf("%s by %d: got %v", kind, by, err)
					}
					if refused && (e.Message(crm.Chinese) == "" || e.Fix(crm.English) == "") {
						t.Errorf("%s by %d: nothing is said: %q, %q", kind, by, e.Message(crm.Chinese), e.Fix(crm.English))
					}
				}
			}
		}
		if after := storetest.State(t, db); after != before {
			t.Errorf("the state has changed: %+v, was %+v", after, before)
		}
		if n := storetest.Count(t, db, "import_run", ""); n != 0 {
			t.Errorf("%d runs", n)
		}
	})
}

// What the person may not see is named nowhere in the result.
func TestRightsRevealNothing(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	seed(t, db, rightsCompany+`group 市场旧组 dept=总部/市场 bin=5
		tag 市场旧组:绝密 bin=5
		tag 市场专用:绝密二 bin=6
		customer #1 ext=wm1 mobile=13800000001 name=机密客户
		customer #2 ext=wm2 mobile=13800000001 name=机密客户二
		customer #3 ext=wm3 mobile=13800000003 name=机密客户三 bin=7
		follow #1 market
		follow #2 market
		follow #3 market
		link #1 market 市场专用:线索`)
	for kind, text := range map[crm.Kind]string{
		crm.Customers: `客户ID | 手机号 | 跟进员工 | 企业标签 | 移除标签
			wm1 | | seller | |
			wm1 | 13800000001 | market | |
			wm4 | 13800000001 | seller | 线索;绝密;绝密二;市场专用;高搞;#4 | 市场专用:线索;绝密二;#4
			 | 13800000001 | seller | |
			wm2 | 13800000003 | seller | |
			wm3 | | seller | 意向:高 |`,
		crm.Tags: `标签组名称 | 标签名称
			市场专 用 | 甲
			市场旧组 | 甲`,
		crm.Grants: `对象 | 授权类型 | 授权给 | 级别
			group:市场专 | 员工 | seller | 使用
			tag:线 | 员工 | seller | 使用
			tag:绝密 | 员工 | seller | 使用
			group:市场旧组 | 员工 | seller | 使用`,
	} {
		by := lead
		if kind == crm.Customers {
			by = seller
		}
		res := mustImport(t, db, sheetOf(t, text), kind, Options{CreatedBy: by})
		t.Log(kind, told(res))
		for _, e := range append(res.Errors, res.Warnings...) {
			e.Value = ""
			b, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"机密", "D5", "D6", "D7", "市场专用」？", "线索」？", "高高", "#1", "#2"} {
				if strings.Contains(string(b), secret) {
					t.Errorf("%s: %s is revealed: %s", kind, secret, b)
				}
			}
		}
	}
}
