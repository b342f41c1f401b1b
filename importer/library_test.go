package importer

import (
	"testing"

	"tagkeep/internal/crm"
)

// The tags sheet creates groups and tags.
func TestTagSheet(t *testing.T) {
	const have = `department 总部
		department 总部/市场
		group 意向 sort=3
		tag 意向:高 sort=1 desc=x
`
	list := []scenario{
		{
			name: "groups are created, with and without tags, in any order",
			csv: `标签组名称 | 标签名称 | 排序 | 标签说明 | 到期日期 | 标签ID | 标签组排序 | 单选 | 标签组ID
				等级 | VIP | 2 | 重要 | 2030-01-02 | t1 | 5 | 是 | g1
				空组 | | | | | | | |
				意向 | 高 | | | | | | |
				等级 | 普通 | | | | | | |
				等级 | | | | | | | |`,
			rows: "5: 4 created, 1 unchanged",
			want: `group 等级 single=1 sort=5 wecom=g1
				group 空组
				group 意向
				tag 等级:VIP sort=2 desc=重要 expires=2030-01-02 wecom=t1
				tag 意向:高
				tag 等级:普通`,
		},
		{
			name: "update and empty", have: have,
			csv: `标签组名称 | 标签名称 | 排序 | 标签说明 | 标签组排序
				意向 | 高 | 7 | <清空> | <clear>
				意向 | 低 | | y | `,
			rows: "2: 1 created, 1 updated",
			want: `department 总部
				department 总部/市场
				group 意向
				tag 意向:高 sort=7
				tag 意向:低 desc=y`,
		},
		{
			name: "departments", have: have,
			csv: `标签组名称 | 标签名称 | 标签组类型 | 可用部门
				意向 | 高 | | 总部 > 市场
				专用 | 甲 | 部门 | 总部
				专用 | 乙 | 部门 | 总部/没有
				专用 | 丙 | 共享 | 总部
				专用 | 丁 | 部门 | `,
			rows:     "5: 1 created, 1 updated, 3 rejected",
			problems: []string{"4D CONFLICT_UPDATE 3", "4D UNKNOWN_DEPARTMENT", "5D BAD_FORMAT", "5C CONFLICT_UPDATE 3", "6D REQUIRED"},
			want: `department 总部
				department 总部/市场
				group 意向 dept=总部/市场 sort=3
				group 专用 dept=总部
				tag 意向:高 sort=1 desc=x
				tag 专用:甲`,
		},
		{
			name: "a group becomes shared", have: have + "group 专用 dept=总部",
			csv: `标签组名称 | 标签名称 | 标签组类型
				专用 | | 共享`,
			rows: "1: 1 updated",
			want: insert(have, "tag ", "group 专用"),
		},
		{
			name: "group cells agree or contradict, rejected rows too",
			csv: `标签组名称 | 标签名称 | 标签组排序 | 单选 | 排序
				意向 | 高 | 1 | | x
				意向 | 中 | 2 | 是 | 
				意向 | 低 | 1 | 否 | 
				意向 | 更低 | | | 5
				意向 | | | 是 | `,
			rows:     "5: 1 created, 1 updated, 3 rejected",
			problems: []string{"2E BAD_FORMAT", "3C CONFLICT_UPDATE 2", "4D CONFLICT_UPDATE 3"},
			want:     "group 意向 single=1\ntag 意向:更低 sort=5",
		},
		{
			name: "repeated, the first row being rejected or not",
			csv: `标签组名称 | 标签名称 | 排序
				意向 | 高 | x
				意向 | 高 | 1
				意向 | 中 | 1
				 意向 | 中  | 2
				意向 | | 
				意向 | | `,
			rows:     "6: 1 created, 1 unchanged, 4 rejected",
			problems: []string{"2C BAD_FORMAT", "3B DUP_IN_FILE 2", "5B DUP_IN_FILE 4", "7A DUP_IN_FILE 6"},
			want:     "group 意向\ntag 意向:中 sort=1",
		},
		{
			name: "near duplicates", have: have,
			csv: `标签组名称 | 标签名称
				意 向 | 高
				意向 | ＶＩＰ
				意向 | vip`,
			rows: "3: 3 created", problems: []string{"2A NEAR_DUPLICATE", "4B NEAR_DUPLICATE"},
			want: `department 总部
				department 总部/市场
				group 意向 sort=3
				group 意 向
				tag 意向:高 sort=1 desc=x
				tag 意 向:高
				tag 意向:ＶＩＰ
				tag 意向:vip`,
		},
		{
			name: "names that are required, too long or long",
			csv: `标签组名称 | 标签名称 | 标签说明
				 | 高 | 
				一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一 | 高 | 
				一二三四五六七八九十一二三四五六 | 高 | 
				意向 | | 没有标签的说明`,
			rows:     "4: 1 created, 3 rejected",
			problems: []string{"2A REQUIRED", "3A TOO_LONG", "5B REQUIRED", "4A LONG_NAME"},
			want:     "group 一二三四五六七八九十一二三四五六\ntag 一二三四五六七八九十一二三四五六:高",
		},
	}
	for i := range list {
		list[i].kind = crm.Tags
	}
	runScenarios(t, list)
}

// Names in the bin are created anew, or refused.
func TestTagSheetBin(t *testing.T) {
	const have = `group 意向
		group 旧组 bin=5
		tag 意向:流失 bin=7
		tag 旧组:甲 bin=5
`
	const csv = `标签组名称 | 标签名称
		意向 | 流失
		旧组 | 甲
		旧组 | 乙
		意向 | 新`
	list := []scenario{
		{
			name: "create", have: have, csv: csv,
			rows: "4: 4 created", problems: []string{"2B IN_BIN", "3A IN_BIN"},
			want: `group 意向
				group 旧组 bin=5
				group 旧组
				tag 意向:流失 bin=7
				tag 旧组:甲 bin=5
				tag 意向:流失
				tag 旧组:甲
				tag 旧组:乙
				tag 意向:新`,
		},
		{
			name: "reject", have: have, csv: csv, opts: Options{RejectInBin: true},
			rows: "4: 1 created, 3 rejected", problems: []string{"2B TAG_IN_BIN", "3A GROUP_IN_BIN", "4A GROUP_IN_BIN"},
			want: have + "tag 意向:新",
		},
		{
			name: "what is skipped is not created", have: have, csv: csv, opts: Options{OnlyExisting: true},
			rows: "4: 4 skipped",
		},
	}
	for i := range list {
		list[i].kind = crm.Tags
	}
	runScenarios(t, list)
}

// --existing and --only-existing in the tags sheet.
func TestTagSheetExisting(t *testing.T) {
	const have = "group 意向\ntag 意向:高\n"
	const csv = `标签组名称 | 标签名称 | 排序
		意向 | 高 | 1
		意向 | 低 | 2
		等级 | VIP | 3
		等级 | VIP2 | 4
		意向 | | 
		新组 | | `
	list := []scenario{
		{
			name: "skip", have: have, csv: csv, opts: Options{Existing: SkipExisting},
			rows: "6: 4 created, 2 skipped", again: "6: 6 skipped",
			want: "group 意向\ngroup 等级\ngroup 新组\ntag 意向:高\ntag 意向:低 sort=2\ntag 等级:VIP sort=3\ntag 等级:VIP2 sort=4",
		},
		{
			name: "reject", have: have, csv: csv, opts: Options{Existing: RejectExisting},
			rows: "6: 4 created, 2 rejected", problems: []string{"2B DUP_IN_DB", "6A DUP_IN_DB"}, again: "6: 6 rejected",
			want: "group 意向\ngroup 等级\ngroup 新组\ntag 意向:高\ntag 意向:低 sort=2\ntag 等级:VIP sort=3\ntag 等级:VIP2 sort=4",
		},
		{
			name: "only existing", have: have, csv: csv, opts: Options{OnlyExisting: true},
			rows: "6: 1 updated, 1 unchanged, 4 skipped",
			want: "group 意向\ntag 意向:高 sort=1",
		},
	}
	for i := range list {
		list[i].kind = crm.Tags
	}
	runScenarios(t, list)
}
