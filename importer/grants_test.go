package importer

import (
	"testing"

	"tagkeep/internal/crm"
)

// grantCompany is one with a tree, people and tags, of which some are in the bin.
const grantCompany = `department 总部
	department 总部/市场
	staff zhang name=张三
	staff same1 name=同名
	staff same2 name=同名
	group 意向
	group a：b
	group 旧组 bin=5
	tag 意向:高
	tag 意向:流失 bin=7
	tag a：b:高
	tag 旧组:甲 bin=5
`

// The grants sheet. The clock shows 2024-02-29 23:59:59.999 in Shanghai.
func TestGrantSheet(t *testing.T) {
	const header = "对象 | 授权类型 | 授权给 | 含下级 | 级别 | 开始时间 | 结束时间 | 原因\n"
	list := []scenario{
		{
			name: "all objects, all subjects", have: grantCompany,
			csv: header + `group:意向 | 员工 | ZHANG | | 编辑 | | | 值班
				标签：意向：高 | 员工 | 张三 | 否 | 隐藏 | | |
				all | 部门 | 总部 > 市场 | 是 | view | | |
				全部标签 | 角色 | 部门管理员 | | 使用 | | |
				group:"a：b" | role | auditor | | 查看 | | |
				tag:#1 | 部门 | 总部 | | 使用 | | |`,
			rows: "6: 6 created",
			want: grantCompany + `grant group:意向 staff:zhang level=edit reason=值班
				grant tag:意向:高 staff:zhang level=hidden
				grant all department:总部/市场 level=view sub=1
				grant all role:dept_admin level=use
				grant group:a：b role:auditor level=view
				grant tag:意向:高 department:总部 level=use`,
		},
		{
			name: "temporary ones", have: grantCompany,
			csv: header + `all | 员工 | zhang | | 编辑 | | 2024-03-03 23:59:59 | 
				all | 员工 | same1 | | 编辑 | 2024-03-10 | 2024-03-13 | 
				all | 员工 | same1 | | 编辑 | 2024-03-20 | 2024-03-23 0:00:01 | 
				all | 员工 | same2 | | 编辑 | | 2024-03-04 | 
				all | 员工 | same2 | | 编辑 | 2024-03-02 | 2024-03-01 | 
				all | 员工 | same2 | | 编辑 | | 2024-02-01 | 
				all | 员工 | same2 | | 查看 | 2024-03-10 | |`,
			rows:     "7: 3 created, 4 rejected",
			problems: []string{"4G LIMIT_REACHED", "5G LIMIT_REACHED", "6G BAD_DATE", "7G BAD_DATE"},
			want: grantCompany + `grant all staff:zhang level=edit starts=1709222399999 ends=1709481599000
				grant all staff:same1 level=edit starts=1710000000000 ends=1710259200000
				grant all staff:same2 level=view starts=1710000000000`,
		},
		{
			name: "what stands stays, what differs is revoked and given anew",
			have: grantCompany + `grant group:意向 staff:zhang level=use reason=x
				grant group:意向 department:总部 level=use
				grant group:a：b department:总部 level=use reason=y
				grant all staff:zhang level=use starts=1709200000000 ends=1709300000000
				grant all staff:same1 level=use starts=1700000000000 ends=1700000001000`,
			csv: header + `group:意向 | 员工 | zhang | | 使用 | | | 
				group:意向 | 部门 | 总部 | 是 | 使用 | | |
				group:"a：b" | 部门 | 总部 | 否 | 隐藏 | | |
				all | 员工 | zhang | | 使用 | | 2024-03-01 21:33:20 |
				all | 员工 | same1 | | 使用 | | |`,
			rows: "5: 1 created, 2 updated, 2 unchanged",
			want: grantCompany + `grant group:意向 staff:zhang level=use reason=x
				grant group:意向 department:总部 level=use revoked=1
				grant group:a：b department:总部 level=use reason=y revoked=1
				grant all staff:zhang level=use starts=1709200000000 ends=1709300000000
				grant all staff:same1 level=use starts=1700000000000 ends=1700000001000
				grant group:意向 department:总部 level=use sub=1
				grant group:a：b department:总部 level=hidden reason=y
				grant all staff:same1 level=use`,
		},
		{
			name: "what cannot be found", have: grantCompany,
			csv: header + `group:意象 | 员工 | zhang | | 使用 | | |
				tag:高 | 员工 | zhang | | 使用 | | |
				tag:意向:中 | 员工 | zhang | | 使用 | | |
				group:旧组 | 员工 | zhang | | 使用 | | |
				tag:意向:流失 | 员工 | zhang | | 使用 | | |
				tag:旧组:甲 | 员工 | zhang | | 使用 | | |
				all | 员工 | 同名 | | 使用 | | |
				all | 员工 | nobody | | 使用 | | |
				all | 部门 | 市场 | | 使用 | | |
				all | 角色 | 管理员 | | 使用 | | |
				意向 | 员工 | zhang | 是 | 最高 | | |
				 | | | | | | |x
				tag:#2 | 员工 | zhang | | 使用 | | |
				group:#9 | 员工 | zhang | | 使用 | | |`,
			rows: "14: 14 rejected",
			problems: []string{"2A UNKNOWN_GROUP", "3A TAG_AMBIGUOUS", "4A UNKNOWN_TAG", "5A GROUP_IN_BIN", "6A TAG_IN_BIN", "7A GROUP_IN_BIN",
				"8C STAFF_AMBIGUOUS", "9C UNKNOWN_STAFF", "10C UNKNOWN_DEPARTMENT", "11C NOT_IN_LIST",
				"12A BAD_FORMAT", "12E NOT_IN_LIST", "12D BAD_FORMAT",
				"13A REQUIRED", "13B REQUIRED", "13C REQUIRED", "13E REQUIRED", "14A TAG_IN_BIN", "15A UNKNOWN_GROUP"},
		},
		{
			name: "repeated", have: grantCompany,
			csv: header + `group:意向 | 员工 | zhang | | 使用 | | |
				group:#1 | 员工 | 张三 | | 编辑 | | |
				group:意向 | 员工 | zhang | | 使用 | 2024-03-10 | 2024-03-11 |
				group:意向 | 员工 | zhang | | 编辑 | 2024-03-10 | 2024-03-11 |`,
			rows: "4: 2 created, 2 rejected", problems: []string{"3A DUP_IN_FILE 2", "5A DUP_IN_FILE 4"},
			want: grantCompany + "grant group:意向 staff:zhang level=use\ngrant group:意向 staff:zhang level=use starts=1710000000000 ends=1710086400000",
		},
		{
			name: "skip", have: grantCompany + "grant group:意向 staff:zhang level=use", opts: Options{Existing: SkipExisting},
			csv: header + `group:意向 | 员工 | zhang | | 编辑 | | |
				all | 员工 | zhang | | 使用 | | |`,
			rows: "2: 1 created, 1 skipped", want: grantCompany + "grant group:意向 staff:zhang level=use\ngrant all staff:zhang level=use",
		},
		{
			name: "reject", have: grantCompany + "grant group:意向 staff:zhang level=use", opts: Options{Existing: RejectExisting},
			csv:  header + "group:意向 | 员工 | zhang | | 编辑 | | |",
			rows: "1: 1 rejected", problems: []string{"2A DUP_IN_DB"},
		},
		{
			name: "only existing", have: grantCompany + "grant group:意向 staff:zhang level=use", opts: Options{OnlyExisting: true},
			csv: header + `group:意向 | 员工 | zhang | | 编辑 | | |
				all | 员工 | zhang | | 使用 | | |`,
			rows: "2: 1 updated, 1 skipped", want: grantCompany + "grant group:意向 staff:zhang level=use revoked=1\ngrant group:意向 staff:zhang level=edit",
		},
	}
	for i := range list {
		list[i].kind = crm.Grants
	}
	runScenarios(t, list)
}
