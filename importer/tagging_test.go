package importer

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// library is what most of these tests start from: 意向 has three tags, 等级 is a
// single choice.
const library = `staff zhang
	staff li
	group 意向
	group 等级 single=1
	tag 意向:高
	tag 意向:中
	tag 意向:低
	tag 等级:VIP
	tag 等级:普通
`

// How a tag cell is read.
func TestTagCells(t *testing.T) {
	base := insert(library, "tag ", "group 其他") + "tag 其他:高\ntag 其他:a、b\n"
	runScenarios(t, []scenario{
		{
			name: "separators, groups, brackets, repeats",
			have: library,
			csv: `客户ID | 企业标签
				wm1 | 高；意向:中，高、VIP
				wm2 | 【低;;意向：中】
				wm3 | ; 等级:"VIP"`,
			rows: "3: 3 created", links: "+6 -0",
			want: library + `customer #1 ext=wm1
				link #1 - 意向:中
				link #1 - 意向:高
				link #1 - 等级:VIP
				customer #2 ext=wm2
				link #2 - 意向:中
				link #2 - 意向:低
				customer #3 ext=wm3
				link #3 - 等级:VIP`,
		},
		{
			name: "a name of several groups",
			have: base,
			csv: `客户ID | 企业标签
				wm1 | 高
				wm2 | 其他:高`,
			rows: "2: 1 created, 1 rejected", links: "+1 -0", problems: []string{"2B TAG_AMBIGUOUS"},
			want: base + "customer #1 ext=wm2\nlink #1 - 其他:高",
		},
		{
			name: "a cell that is as a whole a name",
			have: base,
			csv: `客户ID | 企业标签
				wm1 | a、b
				wm2 | 其他：a、b
				wm3 | a、b;中`,
			rows: "3: 2 created, 1 rejected", links: "+2 -0", problems: []string{"4B UNKNOWN_TAG", "4B UNKNOWN_TAG"},
			want: base + "customer #1 ext=wm1\nlink #1 - 其他:a、b\ncustomer #2 ext=wm2\nlink #2 - 其他:a、b",
		},
		{
			name: "unknown names, all of a row at once",
			have: library,
			csv: `客户ID | 企业标签 | 移除标签 | 生日
				wm1 | 意向:髙;没有:高;甲;"x | 乙 | x`,
			rows:     "1: 1 rejected",
			problems: []string{"2D BAD_DATE", "2B BAD_FORMAT", "2B UNKNOWN_TAG", "2B UNKNOWN_GROUP", "2B UNKNOWN_TAG", "2C UNKNOWN_TAG"},
		},
		{
			name: "names differ by case and width",
			have: library,
			csv: `客户ID | 企业标签
				wm1 | vip
				wm2 | ＶＩＰ`,
			rows: "2: 2 rejected", problems: []string{"2B UNKNOWN_TAG", "3B UNKNOWN_TAG"},
		},
		{
			name: "added and removed in one row, two of a single choice",
			have: library,
			csv: `客户ID | 企业标签 | 移除标签
				wm1 | 高 | 高
				wm2 | VIP;普通 | 
				wm3 | VIP;等级:VIP | 
				wm4 | +高;-意向:高 | `,
			rows: "4: 1 created, 3 rejected", links: "+1 -0",
			problems: []string{"2B BAD_FORMAT", "3B LIMIT_REACHED", "5B BAD_FORMAT"},
			want:     library + "customer #1 ext=wm3\nlink #1 - 等级:VIP",
		},
	})
}

// What tags do on update, by option and by row.
func TestTagModes(t *testing.T) {
	const have = library + `customer #1 ext=wm1
		link #1 - 意向:中
		link #1 - 意向:高
		link #1 - 等级:VIP
		link #1 zhang 意向:低
`
	after := func(links string) string {
		out := library + "customer #1 ext=wm1\n"
		for link := range strings.FieldsSeq(links) {
			out += "link #1 - " + link + "\n"
		}
		return out + "link #1 zhang 意向:低\n"
	}
	one := func(tags, remove, mode string) string {
		return fmt.Sprintf("客户ID | 企业标签 | 移除标签 | 标签操作\nwm1 | %s | %s | %s", tags, remove, mode)
	}
	runScenarios(t, []scenario{
		{name: "add", have: have, csv: one("低", "", ""), rows: "1: 1 updated", links: "+1 -0", want: after("意向:中 意向:低 意向:高 等级:VIP")},
		{name: "there already", have: have, csv: one("高", "", "追加"), rows: "1: 1 unchanged"},
		{name: "single choice", have: have, csv: one("普通", "", ""), rows: "1: 1 updated", links: "+1 -1", want: after("意向:中 意向:高 等级:普通")},
		{name: "replace", have: have, csv: one("高;低", "", "覆盖"), rows: "1: 1 updated", links: "+1 -2", want: after("意向:低 意向:高")},
		{name: "replace by option", have: have, csv: one("高;低", "", ""), opts: Options{Tags: ReplaceTags}, rows: "1: 1 updated", links: "+1 -2", want: after("意向:低 意向:高")},
		{name: "the row wins over the option", have: have, csv: one("低", "", "追加"), opts: Options{Tags: ReplaceTags}, rows: "1: 1 updated", links: "+1 -0", want: after("意向:中 意向:低 意向:高 等级:VIP")},
		{name: "replace in the group", have: have, csv: one("低", "", "组内覆盖"), rows: "1: 1 updated", links: "+1 -2", want: after("意向:低 等级:VIP")},
		{name: "remove", have: have, csv: one("高;低", "", "移除"), rows: "1: 1 updated", links: "+0 -1", want: after("意向:中 等级:VIP")},
		{name: "blank removes nothing", have: have, csv: one("", "", "覆盖"), opts: Options{Tags: ReplaceTags}, rows: "1: 1 unchanged"},
		{name: "separators alone remove nothing", have: have, csv: one(";、", "", "覆盖"), rows: "1: 1 unchanged"},
		{name: "emptied", have: have, csv: one("<清空>", "", ""), rows: "1: 1 updated", links: "+0 -3", want: after("")},
		{name: "emptied but for one", have: have, csv: one("<清空>", "VIP", "追加"), rows: "1: 1 updated", links: "+0 -3", want: after("")},
		{name: "移除标签", have: have, csv: one("低", "高;VIP;普通", ""), rows: "1: 1 updated", links: "+1 -2", want: after("意向:中 意向:低")},
		{name: "signs", have: have, csv: one("-高;=低;+普通", "", "移除"), rows: "1: 1 updated", links: "+2 -3", want: after("意向:低 等级:普通")},
		{name: "signs alone are no list to replace by", have: have, csv: one("-高;+低", "", "覆盖"), rows: "1: 1 updated", links: "+1 -1", want: after("意向:中 意向:低 等级:VIP")},
	})
}

// Every (customer, follower) has tags of its own.
func TestTagsOfFollowers(t *testing.T) {
	runScenarios(t, []scenario{{
		name: "three sets",
		have: library,
		csv: `客户ID | 跟进员工 | 企业标签 | 标签操作
			wm1 | zhang | 高;VIP |
			wm1 | li | 高;普通 |
			wm1 | | 低 | 覆盖`,
		rows: "3: 1 created, 2 updated", links: "+5 -0",
		want: library + `customer #1 ext=wm1
			follow #1 zhang
			follow #1 li
			link #1 - 意向:低
			link #1 li 意向:高
			link #1 li 等级:普通
			link #1 zhang 意向:高
			link #1 zhang 等级:VIP`,
	}})
}

// --create-tags and --tag-group.
func TestCreateTags(t *testing.T) {
	const csv = `客户ID | 企业标签
		wm1 | 新组:新标签;意向:极高
		wm2 | 新组:新标签;散的
		wm3 | 新组:坏;没有
		wm4 | 散的;高`
	runScenarios(t, []scenario{
		{
			name: "refused without the option", have: library, csv: csv,
			rows: "4: 4 rejected",
			problems: []string{"2B UNKNOWN_GROUP", "2B UNKNOWN_TAG", "3B UNKNOWN_GROUP", "3B UNKNOWN_TAG",
				"4B UNKNOWN_GROUP", "4B UNKNOWN_TAG", "5B UNKNOWN_TAG"},
		},
		{
			name: "those with a group", have: library, csv: csv, opts: Options{CreateTags: true},
			rows: "4: 1 created, 3 rejected", links: "+2 -0",
			problems: []string{"3B UNKNOWN_TAG", "4B UNKNOWN_TAG", "5B UNKNOWN_TAG"},
			want: insert(library, "tag ", "group 新组") + "tag 新组:新标签\ntag 意向:极高\n" + `customer #1 ext=wm1
				link #1 - 意向:极高
				link #1 - 新组:新标签`,
		},
		{
			name: "bare ones into a group", have: library, csv: csv, opts: Options{CreateTags: true, TagGroup: " 杂项 "},
			rows: "4: 4 created", links: "+8 -0",
			want: insert(library, "tag ", "group 新组\ngroup 杂项") + `tag 新组:新标签
				tag 意向:极高
				tag 杂项:散的
				tag 新组:坏
				tag 杂项:没有
				customer #1 ext=wm1
				link #1 - 意向:极高
				link #1 - 新组:新标签
				customer #2 ext=wm2
				link #2 - 新组:新标签
				link #2 - 杂项:散的
				customer #3 ext=wm3
				link #3 - 新组:坏
				link #3 - 杂项:没有
				customer #4 ext=wm4
				link #4 - 意向:高
				link #4 - 杂项:散的`,
		},
		{
			name: "near duplicates are told", have: library, opts: Options{CreateTags: true},
			csv: `客户ID | 企业标签
				wm1 | 等级:vip
				wm2 | 意 向:高`,
			rows: "2: 2 created", links: "+2 -0", problems: []string{"2B NEAR_DUPLICATE", "3B NEAR_DUPLICATE"},
			want: insert(library, "tag ", "group 意 向") + `tag 等级:vip
				tag 意 向:高
				customer #1 ext=wm1
				link #1 - 等级:vip
				customer #2 ext=wm2
				link #2 - 意 向:高`,
		},
		{
			name: "a rejected row creates none", have: library, opts: Options{CreateTags: true},
			csv: `客户ID | 企业标签 | 生日
				wm1 | 新组:甲 | x`,
			rows: "1: 1 rejected", problems: []string{"2C BAD_DATE"},
		},
	})
}

// insert puts a line before the first one that begins so.
func insert(lines, before, line string) string {
	head, tail, _ := strings.Cut(lines, before)
	return head + line + "\n" + before + tail
}

// Tags and groups in the recycle bin.
func TestTagsInBin(t *testing.T) {
	const have = `staff zhang
		group 意向
		group 旧组 bin=5
		tag 意向:高
		tag 意向:流失 bin=7
		tag 意向:两次 bin=7
		tag 意向:两次 bin=8
		tag 旧组:甲 bin=5
		customer #1 ext=wm1
		link #1 - 意向:两次@7
		link #1 - 意向:两次@8
		link #1 - 意向:流失@7
		link #1 - 意向:高
`
	without := func(link string) string { return strings.Replace(have, "\t\tlink #1 - "+link+"\n", "", 1) }
	runScenarios(t, []scenario{
		{
			name: "adding", have: have, opts: Options{CreateTags: true, TagGroup: "旧组"},
			csv: `客户ID | 企业标签
				wm1 | 流失
				wm2 | 意向:流失
				wm3 | 旧组:甲
				wm4 | 旧组:没有过
				wm5 | 散的`,
			rows:     "5: 5 rejected",
			problems: []string{"2B TAG_IN_BIN", "3B TAG_IN_BIN", "4B GROUP_IN_BIN", "5B GROUP_IN_BIN", "6B GROUP_IN_BIN"},
		},
		{
			name: "移除标签 takes a sleeping link", have: have,
			csv: `客户ID | 移除标签
				wm1 | 流失`,
			rows: "1: 1 updated", links: "+0 -1", want: without("意向:流失@7"),
		},
		{
			name: "so does 移除", have: have, opts: Options{Tags: RemoveTags},
			csv: `客户ID | 企业标签
				wm1 | 意向:流失`,
			rows: "1: 1 updated", links: "+0 -1", want: without("意向:流失@7"),
		},
		{
			name: "and -", have: have,
			csv: `客户ID | 企业标签
				wm1 | -流失`,
			rows: "1: 1 updated", links: "+0 -1", want: without("意向:流失@7"),
		},
		{
			name: "of several the id is needed", have: have,
			csv: `客户ID | 移除标签
				wm1 | 两次`,
			rows: "1: 1 rejected", problems: []string{"2B TAG_AMBIGUOUS"},
		},
		{
			name: "by id", have: have,
			csv: `客户ID | 移除标签
				wm1 | #4`,
			rows: "1: 1 updated", links: "+0 -1", want: without("意向:两次@8"),
		},
		{
			name: "覆盖 and <清空> touch live links only", have: have,
			csv: `客户ID | 企业标签 | 标签操作
				wm1 | <清空> | 覆盖`,
			rows: "1: 1 updated", links: "+0 -1", want: without("意向:高"),
		},
	})
}

// A sleeping link that is removed leaves a row that says so.
func TestRemoveSleepingLink(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := storetest.Open(t, target)
		seed(t, db, `staff a
			staff b
			staff c role=super
			group 意向
			tag 意向:高
			tag 意向:流失 bin=7
			customer #1 ext=wm1
			link #1 - 意向:高
			link #1 - 意向:流失@7`)
		path := sheetOf(t, "客户ID | 移除标签\nwm1 | 高;流失")
		mustImport(t, db, path, crm.Customers, Options{CreatedBy: 3})
		if n := storetest.Count(t, db, "sleeping_removal", "deletion_id = 7 AND kind = 'link' AND customer_id = 1 AND tag_id = 2 AND staff_id = 0 AND by_id = 3 AND run_id = 1"); n != 1 {
			t.Error("the removal is not noted")
		}
		if n := storetest.Count(t, db, "sleeping_removal", ""); n != 1 {
			t.Errorf("%d removals are noted, want 1", n)
		}
	})
}

// WeCom's limits: 3,000 tags on a pair, 10,000 in all.
func TestLimits(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := storetest.Open(t, target)
		wipe(t, db)
		const group = 2500
		storetest.Write(t, db, func(tx *store.Tx) error {
			for g := range int64(4) {
				if err := tx.CreateGroups([]crm.Group{{ID: g + 1, Name: fmt.Sprint("g", g), Scope: crm.ScopeShared, CreatedAt: 1, UpdatedAt: 1}}); err != nil {
					return err
				}
			}
			var tags []crm.Tag
			for i := range int64(crm.MaxTags - 1) {
				tags = append(tags, crm.Tag{ID: i + 1, GroupID: i/group + 1, Name: fmt.Sprint("t", i), CreatedAt: 1, UpdatedAt: 1})
			}
			if err := tx.CreateTags(tags); err != nil {
				return err
			}
			var links []crm.Link
			for i := range int64(crm.MaxTagsPerPair) {
				if i != 0 {
					links = append(links, crm.Link{CustomerID: 1, TagID: i + 1, TaggedAt: 1})
				}
			}
			if err := tx.AddLinks(links); err != nil {
				return err
			}
			if err := tx.CreateCustomers([]crm.Customer{{ID: 1, ExternalID: "wm1", CreatedAt: 1, UpdatedAt: 1}}); err != nil {
				return err
			}
			_, err := tx.NextIDs(store.SeqTag, crm.MaxTags)
			if err == nil {
				_, err = tx.NextIDs(store.SeqGroup, 4)
			}
			if err == nil {
				_, err = tx.NextIDs(store.SeqCustomer, 1)
			}
			return err
		})
		path := sheetOf(t, `客户ID | 跟进员工 | 企业标签 | 移除标签
			wm1 | | g0:t0;g2:t6000 | 
			wm2 | | g0:neu1;g0:neu2 | 
			wm3 | | g0:neu1 | 
			wm4 | | g0:neu2 | 
			wm5 | | g0:neu1;g0:t1 | `)
		res := mustImport(t, db, path, crm.Customers, Options{CreateTags: true})
		want := outline{"5: 2 created, 3 rejected", "+3 -0", []string{"2C LIMIT_REACHED", "3C LIMIT_REACHED", "5C LIMIT_REACHED"}}
		if got := told(res); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", got, want)
		}
		path = sheetOf(t, `客户ID | 企业标签 | 移除标签
			wm1 | g0:t0;g2:t6000 | g0:t1`)
		if res := mustImport(t, db, path, crm.Customers, Options{}); res.Rows.Updated != 1 {
			t.Errorf("one removed, two added, 3,000 in all: %v", told(res))
		}
		path = sheetOf(t, "标签组 | 标签名称\ng0 | t0\ng0 | neu3\ng5 | neu4\ng6 |")
		res = mustImport(t, db, path, crm.Tags, Options{})
		want = outline{"4: 1 created, 1 unchanged, 2 rejected", "+0 -0", []string{"3B LIMIT_REACHED", "4B LIMIT_REACHED"}}
		if got := told(res); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("tags: got %v, want %v", got, want)
		}
	})
}

// 覆盖 that would take an unusual number of links is refused before any write.
func TestMaxRemovals(t *testing.T) {
	var have, csv strings.Builder
	have.WriteString("staff zhang\ngroup g\ntag g:keep\ntag g:lose\n")
	csv.WriteString("客户ID | 企业标签\n")
	for i := range 101 {
		fmt.Fprintf(&have, "customer #%d ext=wm%d\n", i+1, i+1)
		fmt.Fprintf(&csv, "wm%d | keep\n", i+1)
	}
	for i := range 101 {
		fmt.Fprintf(&have, "link #%d - g:keep\nlink #%d - g:lose\n", i+1, i+1)
	}
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := storetest.Open(t, target)
		try := func(rows int, opts Options) (*Result, error) {
			seed(t, db, have.String())
			text := strings.Join(strings.SplitAfter(csv.String(), "\n")[:rows+1], "")
			return tryImport(t.Context(), t, db, sheetOf(t, text), crm.Customers, opts, 10)
		}
		for _, c := range []struct {
			name    string
			rows    int
			opts    Options
			refused bool
		}{
			{"100 links", 100, Options{Tags: ReplaceTags}, false},
			{"101 links of 202", 101, Options{Tags: ReplaceTags}, true},
			{"in the group", 101, Options{Tags: ReplaceTagsInGroup}, true},
			{"allowed by number", 101, Options{Tags: ReplaceTags, MaxRemovals: Amount{N: 101, Given: true}}, false},
			{"allowed by share", 101, Options{Tags: ReplaceTags, MaxRemovals: Amount{N: 50, Percent: true, Given: true}}, false},
			{"a smaller number", 5, Options{Tags: ReplaceTags, MaxRemovals: Amount{N: 4, Given: true}}, true},
			{"a smaller share", 5, Options{Tags: ReplaceTags, MaxRemovals: Amount{N: 49, Percent: true, Given: true}}, true},
			{"移除 is on purpose", 101, Options{Tags: RemoveTags}, false},
		} {
			t.Run(c.name, func(t *testing.T) {
				for _, dry := range []bool{true, false} {
					c.opts.DryRun = dry
					_, err := try(c.rows, c.opts)
					var refusal *RemovalsError
					if got := errors.As(err, &refusal); got != c.refused || err != nil && !got {
						t.Fatalf("dry run %v: got %v, want refused %v", dry, err, c.refused)
					}
					if c.refused && (refusal.Removed != int64(c.rows) || refusal.Of != int64(2*c.rows)) {
						t.Errorf("dry run %v: %v", dry, refusal)
					}
					removed := storetest.Count(t, db, "link", "") != 202
					if removed != (!dry && !c.refused) {
						t.Errorf("dry run %v: links are removed: %v", dry, removed)
					}
				}
				if c.refused && storetest.Count(t, db, "import_run", "") != 0 {
					t.Error("the refused run is recorded")
				}
			})
		}
		seed(t, db, have.String())
		many := strings.ReplaceAll(csv.String(), "| keep\n", "| <清空>\n")
		if _, err := tryImport(t.Context(), t, db, sheetOf(t, many), crm.Customers, Options{}, 0); !errors.As(err, new(*RemovalsError)) {
			t.Errorf("<清空> of 202 links: got %v", err)
		}
	})
}
