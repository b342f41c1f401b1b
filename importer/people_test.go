package importer

import (
	"testing"

	"tagkeep/internal/crm"
)

// The staff sheet creates people and the departments that it names.
func TestStaffSheet(t *testing.T) {
	const have = `department 总部
		department 总部/市场
		staff zhang name=张三 in=总部/市场 contact=1
		staff gone name=王五 status=left
`
	list := []scenario{
		{
			name: "people, departments with their parents, departments alone",
			csv: `员工账号 | 姓名 | 部门 | 角色 | 客户联系 | 可配置客户标签 | 状态
				zhang | 张三 | 总部/市场;总部/销售/一部 | 超级管理员 | 是 | 是 |
				Li | 李四 | | | | | 停用
				 | | 总部/财务 | | | | 
				 | | 总部/财务;总部/市场 | | | | 
				 | | 总部/财务 | | | |`,
			rows:     "5: 3 created, 1 unchanged, 1 rejected",
			problems: []string{"6C DUP_IN_FILE 4"},
			want: `department 总部
				department 总部/市场
				department 总部/销售
				department 总部/销售/一部
				department 总部/财务
				staff zhang name=张三 in=总部/市场;总部/销售/一部 role=super contact=1 tagging=1
				staff Li name=李四 status=disabled`,
		},
		{
			name: "update, blank leaves, accounts without regard to case", have: have,
			csv: `员工账号 | 姓名 | 部门 | 客户联系 | 状态
				ZHANG | 张三三 | | 否 | 
				zhang | 张三 | | | `,
			rows:     "2: 1 updated, 1 rejected",
			problems: []string{"3A DUP_IN_FILE 2"},
			want:     "department 总部\ndepartment 总部/市场\nstaff zhang name=张三三 in=总部/市场\nstaff gone name=王五 status=left",
		},
		{
			name: "moved, and taken out of all departments", have: have + "staff li in=总部",
			csv: `员工账号 | 部门
				zhang | 总部;分部
				li | <清空>`,
			rows: "2: 2 updated",
			want: "department 总部\ndepartment 总部/市场\ndepartment 分部\nstaff zhang name=张三 in=分部;总部 contact=1\nstaff gone name=王五 status=left\nstaff li",
		},
		{
			name: "who comes back under an old account is somebody new", have: have,
			csv: `员工账号 | 姓名 | 状态
				gone | 新人 | 在职
				zhang | | 离职`,
			rows: "2: 1 created, 1 updated",
			want: "department 总部\ndepartment 总部/市场\nstaff zhang name=张三 in=总部/市场 status=left contact=1\nstaff gone name=王五 status=left\nstaff gone name=新人",
		},
		{
			name: "who has left and leaves is the same", have: have,
			csv: `员工账号 | 姓名 | 状态
				GONE | 王五 | 离职
				new | 赵六 | 离职`,
			rows: "2: 1 created, 1 unchanged",
			want: have + "staff new name=赵六 status=left",
		},
		{
			name: "what is wrong", have: have,
			csv: `员工账号 | 姓名 | 部门 | 角色 | 状态
				 | 张三 | | | 
				李 | | | | 
				zhao | | 总部//市场 | 管理员 | 在
				 | 张三 | 总部 | | `,
			rows:     "4: 4 rejected",
			problems: []string{"2A REQUIRED", "3A BAD_FORMAT", "4C BAD_FORMAT", "4D NOT_IN_LIST", "4E NOT_IN_LIST", "5A REQUIRED"},
		},
		{
			name: "skip", have: have, opts: Options{Existing: SkipExisting},
			csv: `员工账号 | 姓名 | 部门
				zhang | 别人 | 
				li | 李四 | 总部
				 | | 总部
				 | | 总部/新`,
			rows: "4: 2 created, 2 skipped", again: "4: 4 skipped",
			want: "department 总部\ndepartment 总部/市场\ndepartment 总部/新\nstaff zhang name=张三 in=总部/市场 contact=1\nstaff gone name=王五 status=left\nstaff li name=李四 in=总部",
		},
		{
			name: "only existing", have: have, opts: Options{OnlyExisting: true},
			csv: `员工账号 | 姓名 | 部门
				zhang | 张三三 | 
				li | 李四 | 新部
				 | | 新部`,
			rows: "3: 1 updated, 2 skipped",
			want: "department 总部\ndepartment 总部/市场\nstaff zhang name=张三三 in=总部/市场 contact=1\nstaff gone name=王五 status=left",
		},
	}
	for i := range list {
		list[i].kind = crm.People
	}
	runScenarios(t, list)
}

// --missing disable.
func TestMissing(t *testing.T) {
	const have = `staff zhang name=张三
		staff li name=李四
		staff wang status=disabled
		staff gone status=left
		staff sun
`
	list := []scenario{
		{
			name: "those who are here and not in the file; rejected rows are in it", have: have, opts: Options{DisableMissing: true},
			csv: `员工账号 | 角色
				ZHANG | 
				sun | 老板`,
			rows: "2: 1 unchanged, 1 rejected", problems: []string{"3B NOT_IN_LIST"},
			want: "staff zhang name=张三\nstaff li name=李四 status=disabled\nstaff wang status=disabled\nstaff gone status=left\nstaff sun",
		},
		{
			name: "nobody where an account cannot be read", have: have, opts: Options{DisableMissing: true},
			csv: `员工账号 | 姓名
				zhang | 
				l i | 李四`,
			rows: "2: 1 unchanged, 1 rejected", problems: []string{"3A BAD_FORMAT"},
		},
		{
			name: "left alone without the option", have: have,
			csv:  "员工账号 | 姓名\nzhang |",
			rows: "1: 1 unchanged",
		},
	}
	for i := range list {
		list[i].kind = crm.People
	}
	runScenarios(t, list)
}
