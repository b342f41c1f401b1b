package table

import "tagkeep/internal/crm"

// staffDeclarations are the columns of staff.
var staffDeclarations = [staffColumns]Column{
	StaffUserID: {
		Field:    "userid",
		Header:   "员工账号",
		Synonyms: []string{"员工帐号", "账号", "帐号", "员工ID", "成员账号", "成员帐号", "企微账号", "企业微信账号", "用户ID", "user_id", "account", "staff", "staff_id"},
		Text:     true,
		NoteZh:   "企业微信的成员账号，最多 64 个英文字符；留空表示只建部门",
		NoteEn:   "the member's userid in WeCom, at most 64 ASCII characters; blank makes the department alone",
		Sample:   "示例：zhangsan",
		parse:    userID,
	},
	StaffName: {
		Field:    "name",
		Header:   "姓名",
		Synonyms: []string{"员工姓名", "成员姓名", "名称", "显示名", "显示名称", "staff_name", "display_name"},
		NoteZh:   "最多 64 个字",
		NoteEn:   "at most 64 characters",
		Sample:   "张三（示例）",
		parse:    label(crm.MaxStaffName),
	},
	StaffDepartments: {
		Field:    "departments",
		Header:   "部门",
		Synonyms: []string{"所属部门", "所在部门", "部门路径", "部门名称", "department", "department_path", "dept", "dept_path"},
		Clear:    true,
		NoteZh:   "完整路径，如 总部/市场部；多个部门用 ; 分隔；不存在的部门会新建",
		NoteEn:   "a path such as 总部/市场部, several separated by ;; a department that does not exist is created",
		Sample:   "示例公司/市场部",
		parse:    departmentPaths,
	},
	StaffRole: {
		Field:    "role",
		Header:   "角色",
		Synonyms: []string{"系统角色", "员工角色", "staff_role"},
		NoteZh:   "超级管理员、部门管理员、审计员 或 普通员工",
		NoteEn:   "super admin, department admin, auditor or staff",
		Sample:   "普通员工",
		parse:    roles.parse,
	},
	StaffContact: {
		Field:    "customer_contact",
		Header:   "客户联系",
		Synonyms: []string{"客户联系权限", "客户联系功能", "contact"},
		NoteZh:   "是 或 否：是否有客户联系权限",
		NoteEn:   "yes or no: whether the person has the customer-contact permission",
		Sample:   "是",
		parse:    yesNo.parse,
	},
	StaffTagging: {
		Field:    "tag_config",
		Header:   "可配置客户标签",
		Synonyms: []string{"配置客户标签", "可配置标签", "标签配置", "标签配置权限", "客户标签权限", "tagging", "tag_configuration"},
		NoteZh:   "是 或 否：是否可以配置客户标签；没有客户联系权限时不起作用",
		NoteEn:   "yes or no: whether the person may configure customer tags; without the customer-contact permission it has no effect",
		Sample:   "否",
		parse:    yesNo.parse,
	},
	StaffStatus: {
		Field:    "status",
		Header:   "状态",
		Synonyms: []string{"员工状态", "账号状态", "帐号状态", "在职状态", "state"},
		NoteZh:   "在职、停用 或 离职",
		NoteEn:   "active, disabled or left",
		Sample:   "在职",
		parse:    statuses.parse,
	},
}
