package admin

import (
	"fmt"
	"strings"
	"time"

	"tagkeep/internal/crm"
)

// StatsTable is a part of the statistics in words, one number a row.
type StatsTable struct {
	Title  string
	Header [3]string // of name, number and note
	Rows   []StatsRow
}

// StatsRow is a line of such a table.
type StatsRow struct {
	Name   string
	Number int64
	Note   string
}

// Tables tells the statistics in the language: first an overview, then groups,
// tags and what to look after. The overview always has rows.
func (s *Stats) Tables(l crm.Lang, zone *time.Location) []StatsTable {
	tag, customers, note := l.Pick("标签", "tag"), l.Pick("客户数", "customers"), l.Pick("说明", "note")
	groups := StatsTable{Title: l.Pick("标签组", "Groups"), Header: [3]string{l.Pick("标签组", "group"), customers, note}}
	for _, g := range s.Groups {
		groups.Rows = append(groups.Rows, StatsRow{g.Name, g.Customers, fmt.Sprintf(l.Pick("%d 个标签", "%d tags"), g.Tags)})
	}
	alike := StatsTable{Title: l.Pick("疑似重复的名称", "Near duplicates"), Header: [3]string{l.Pick("名称", "name"), l.Pick("个数", "how many"), l.Pick("写法", "written")}}
	for _, a := range s.Alike {
		name := l.Pick("标签组", "group")
		if a.Kind == crm.ObjectTag {
			name = fmt.Sprintf(l.Pick("「%s」里的标签", "tags of %s"), a.Group)
		}
		alike.Rows = append(alike.Rows, StatsRow{name, int64(len(a.Names)), quotedNames(a.Names, l)})
	}
	return []StatsTable{s.overview(l, zone), groups,
		tagTable(l.Pick("标签", "Tags"), [3]string{tag, customers, note}, s.Tags, l),
		tagTable(l.Pick("没有客户的标签", "Unused tags"), [3]string{tag, customers, note}, s.Unused, l),
		tagTable(l.Pick("到期的标签", "Expiring tags"), [3]string{tag, customers, note}, s.Expiring, l), alike}
}

// quotedNames shows where names that look the same differ in spaces.
func quotedNames(names []string, l crm.Lang) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = l.Pick("「"+n+"」", `"`+n+`"`)
	}
	return strings.Join(quoted, " ")
}

func tagTable(title string, header [3]string, tags []TagStats, l crm.Lang) StatsTable {
	t := StatsTable{Title: title, Header: header}
	for _, tag := range tags {
		t.Rows = append(t.Rows, StatsRow{tag.Written(), tag.Customers, expiry(tag, l)})
	}
	return t
}

// expiry says when a tag expires, "" for never.
func expiry(t TagStats, l crm.Lang) string {
	switch {
	case t.ExpiresOn == "":
		return ""
	case t.Days < 0:
		return fmt.Sprintf(l.Pick("%s 到期，已过 %d 天", "expired on %s, %d days ago"), t.ExpiresOn, -t.Days)
	case t.Days == 0:
		return fmt.Sprintf(l.Pick("%s 到期，就是今天", "expires on %s, today"), t.ExpiresOn)
	}
	return fmt.Sprintf(l.Pick("%s 到期，还有 %d 天", "expires on %s, in %d days"), t.ExpiresOn, t.Days)
}

func (s *Stats) overview(l crm.Lang, zone *time.Location) StatsTable {
	t := StatsTable{Title: l.Pick("概览", "Overview"), Header: [3]string{l.Pick("项目", "what"), l.Pick("数量", "number"), l.Pick("说明", "note")}}
	add := func(zh, en string, n int64, note string) {
		t.Rows = append(t.Rows, StatsRow{l.Pick(zh, en), n, note})
	}
	seen := ""
	if !s.Everything {
		seen = l.Pick("只算看得到的", "those that may be seen")
	}
	add("客户", "customers", s.Customers.Total, seen)
	add("有企业微信客户ID", "with a WeCom id", s.Customers.Known, share(s.Customers.Known, s.Customers.Total))
	add("仅在本地", "local only", s.Customers.Local, share(s.Customers.Local, s.Customers.Total))
	add("标签组", "tag groups", int64(len(s.Groups)), seen)
	add("标签", "tags", int64(len(s.Tags)), seen)
	add("没有客户的标签", "unused tags", int64(len(s.Unused)), share(int64(len(s.Unused)), int64(len(s.Tags))))
	past := 0
	for _, tag := range s.Expiring {
		if tag.Days < 0 {
			past++
		}
	}
	add("已过期的标签", "expired tags", int64(past), "")
	add("30 天内到期的标签", "tags that expire within 30 days", int64(len(s.Expiring)-past), "")
	add("疑似重复的名称", "near-duplicate names", int64(len(s.Alike)), l.Pick("只差大小写、全半角或空格", "that differ by case, width or spaces only"))
	add("回收站里的标签组", "tag groups in the bin", s.Bin.Groups, "")
	add("回收站里的标签", "tags in the bin", s.Bin.Tags, "")
	add("回收站里的客户", "customers in the bin", s.Bin.Customers, "")
	if s.Everything {
		note := ""
		if s.Bin.Expires != 0 {
			note = fmt.Sprintf(l.Pick("最早 %s 彻底删除", "the first is purged on %s"), time.UnixMilli(s.Bin.Expires).In(zone).Format(time.DateOnly))
		}
		add("回收站里的删除事件", "deletions in the bin", s.Bin.Events, note)
	}
	for _, limit := range s.Limits {
		add(limitWords[limit.Name][0], limitWords[limit.Name][1], limit.Used, limit.note(l))
	}
	return t
}

// limitWords are Chinese and English.
var limitWords = map[string][2]string{
	LimitTags:       {"企业微信上限：标签总数", "WeCom limit: tags"},
	LimitPair:       {"企业微信上限：一位员工给一位客户打的标签", "WeCom limit: tags of one member on one customer"},
	LimitNameLength: {"企业微信上限：名称的字数", "WeCom limit: characters of a name"},
}

func (limit Limit) note(l crm.Lang) string {
	note := fmt.Sprintf(l.Pick("上限 %d，已用 %s", "of %d, %s used"), limit.Max, share(limit.Used, limit.Max))
	switch {
	case limit.Name == LimitNameLength:
		note = fmt.Sprintf(l.Pick("最长的；上限 %d，超过 %d 个字的有 %d 个", "the longest; at most %d, longer than %d: %d"), limit.Max, crm.SafeTagName, limit.Over)
	case limit.Name == LimitPair:
		note = l.Pick("最多的；", "the most; ") + note
	}
	return note
}

// share is a part in percent, "" of nothing.
func share(part, whole int64) string {
	if whole == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f%%", 100*float64(part)/float64(whole))
}
