package report

import "tagkeep/internal/crm"

// rightsEntries: what the person in whose name a file is imported may not do.
// What that person may not see is told in the words for what does not exist.
var rightsEntries = []entry{
	{
		code:  crm.NotAllowed,
		title: text{"没有权限", "not allowed"},
		message: []text{
			{"没有权限: {0}", "not allowed: {1}"},
			{"没有权限: {0}", "not allowed: {0}"},
			{"没有权限", "not allowed"},
		},
		hint: []text{
			{"处理办法: {2}", "what to do: {3}"},
			{
				"[tagkeep] 用 tagkeep access check 查看缺少哪项权限，用 tagkeep access request 申请",
				"[tagkeep] see what is missing with tagkeep access check, ask for it with tagkeep access request",
			},
		},
	},
	{
		code: crm.NotAllowed, token: "name-taken",
		message: []text{
			{"不能用「{1}」这个名称新建", `nothing new can have the name "{1}"`},
			{"不能用这个名称新建", "nothing new can have this name"},
		},
		hint: []text{{
			"[tagkeep] 请换一个名称；确需这个名称时，请超级管理员用 tagkeep import tags 导入这一行",
			"[tagkeep] choose another name; if it must be this one, have a super admin import the row with tagkeep import tags",
		}},
	},
	{
		code: crm.NotAllowed, token: "foreign-department",
		message: []text{
			{"部门「{1}」不在自己的部门里，不能设为它的标签组", `"{1}" is none of one's own departments, a tag group cannot be made theirs`},
			{"不是自己的部门，不能设为它的标签组", "not one's own department, a tag group cannot be made theirs"},
		},
		hint: []text{{
			"[tagkeep] 请该部门的部门管理员或超级管理员用 tagkeep import tags 导入这一行",
			"[tagkeep] have that department's admin or a super admin import the row with tagkeep import tags",
		}},
	},
	{
		code: crm.NotAllowed, token: "staff-scope",
		message: []text{
			{"不在自己负责的部门里，不能导入", "not in the departments that one answers for"},
		},
		hint: []text{{
			"[tagkeep] 请填写自己负责的部门或下级部门，或请超级管理员用 tagkeep import staff 导入这一行",
			"[tagkeep] enter a department that one answers for or one below it, or have a super admin import the row with tagkeep import staff",
		}},
	},
	{
		code: crm.NotAllowed, token: "role-above",
		message: []text{
			{"部门管理员不能给出或修改「{1}」这个角色", "a department admin can neither give the role {1} nor change who has it"},
			{"部门管理员不能给出或修改这个角色", "a department admin can neither give this role nor change who has it"},
		},
		hint: []text{{
			"[tagkeep] 请超级管理员用 tagkeep import staff 导入这一行",
			"[tagkeep] have a super admin import the row with tagkeep import staff",
		}},
		words: map[string]text{
			crm.RoleSuper:     {"超级管理员", "super admin"},
			crm.RoleAuditor:   {"审计员", "auditor"},
			crm.RoleDeptAdmin: {"部门管理员", "department admin"},
		},
	},
	{
		code: crm.NotAllowed, token: "permission-above",
		message: []text{
			{"自己没有这项权限，不能给别人", "nobody gives a permission that they do not have"},
		},
		hint: []text{{
			"[企业微信后台] 客户与上下游 → 客户联系 → 权限配置；再请超级管理员用 tagkeep import staff 导入这一行",
			"[WeCom admin console] Customers and partners → Customer contact → Permissions; then have a super admin import the row with tagkeep import staff",
		}},
	},
	{
		code:  crm.NotFollowed,
		title: text{"不是该员工跟进的客户", "the staff member does not follow the customer"},
		message: []text{
			{"员工「{0}」没有跟进该客户", `the staff member "{0}" does not follow the customer`},
			{"该员工没有跟进该客户", "the staff member does not follow the customer"},
		},
		hint: []text{{"请更正跟进员工，或先由该员工在企业微信里添加客户", "correct the staff member, or have them add the customer in WeCom first"}},
	},
	{
		code: crm.NotFollowed, token: "by-others",
		message: []text{
			{"客户的跟进员工都不在「{1}」的部门里", `none of the customer's followers is in the departments of "{1}"`},
			{"客户的跟进员工都不在自己的部门里", "none of the customer's followers is in one's own departments"},
		},
		hint: []text{{
			"[企业微信后台] 客户与上下游 → 客户联系 → 在职继承：把客户分配给自己的部门；或请跟进该客户的部门用 tagkeep import customers 导入这一行",
			"[WeCom admin console] Customers and partners → Customer contact → Hand over customers of active members; or have the department that follows the customer import the row with tagkeep import customers",
		}},
	},
	{
		code: crm.NotFollowed, token: "new",
		message: []text{
			{"新的跟进员工要在「{1}」的部门或下级部门里", `a new follower must be in the departments of "{1}" or below`},
			{"新的跟进员工要在自己的部门或下级部门里", "a new follower must be in one's own departments or below"},
		},
		hint: []text{{
			"[tagkeep] 请在「跟进员工」填写自己部门的员工账号，或请超级管理员用 tagkeep import customers 导入这一行",
			"[tagkeep] enter an account of one's own departments as follower, or have a super admin import the row with tagkeep import customers",
		}},
	},
}
