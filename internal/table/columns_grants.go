package table

import "tagkeep/internal/crm"

// grantDeclarations are the columns of grants. Their headers are those of no
// other kind where they are required, so that a sheet is never taken for
// grants by mistake.
var grantDeclarations = [grantColumns]Column{
	GrantObject: {
		Field:    "object",
		Header:   "对象",
		Synonyms: []string{"授权对象", "标签或标签组", "权限对象", "on", "grant_object"},
		Required: true,
		NoteZh:   "必填：group:标签组名称、tag:标签组名称:标签名称，或 all（全部标签）；名称里有冒号时加双引号",
		NoteEn:   "required: group:NAME, tag:GROUP:TAG or all; a name that contains a colon goes in double quotes",
		Sample:   "示例：tag:客户意向:高意向",
		parse:    object,
	},
	GrantSubjectKind: {
		Field:    "subject_kind",
		Header:   "授权类型",
		Synonyms: []string{"被授权类型", "授权给的类型", "授权方式", "subject_type", "grantee_kind", "grantee_type"},
		Required: true,
		NoteZh:   "必填：员工、部门 或 角色",
		NoteEn:   "required: staff, department or role",
		Sample:   "部门",
		parse:    subjectKinds.parse,
	},
	GrantSubject: {
		Field:    "subject",
		Header:   "授权给",
		Synonyms: []string{"被授权者", "被授权人", "授予", "授予对象", "grantee", "granted_to", "grant_to", "to"},
		Required: true,
		Text:     true,
		NoteZh:   "必填：员工账号（或没有重名的姓名）、部门的完整路径，或角色名称",
		NoteEn:   "required: a staff account (or a name that only one person has), a department's whole path, or a role",
		Sample:   "总部/市场部",
		parse:    grantee,
	},
	GrantWithSub: {
		Field:    "with_sub",
		Header:   "含下级",
		Synonyms: []string{"包含下级", "含下级部门", "包含下级部门", "with_sub_departments", "sub_departments", "include_sub"},
		NoteZh:   "是 或 否：授权给部门时是否包含下级部门；留空为否",
		NoteEn:   "yes or no: whether a department's sub-departments have it too; blank means no",
		Sample:   "是",
		parse:    yesNo.parse,
	},
	GrantLevel: {
		Field:    "level",
		Header:   "级别",
		Synonyms: []string{"权限", "权限级别", "授权级别", "access_level", "permission"},
		Required: true,
		NoteZh:   "必填：隐藏、查看、使用 或 编辑；隐藏优先于其他所有授权",
		NoteEn:   "required: hidden, view, use or edit; hidden wins over every other grant",
		Sample:   "使用",
		parse:    levels.parse,
	},
	GrantStarts: {
		Field:    "starts_at",
		Header:   "开始时间",
		Synonyms: []string{"生效时间", "开始日期", "生效日期", "start", "starts", "from", "start_time", "valid_from"},
		Time:     true,
		NoteZh:   "如 2030-01-05 18:00，按公司所在时区；留空表示立即",
		NoteEn:   "such as 2030-01-05 18:00, in the company's time zone; blank means at once",
		Sample:   "2030-01-05 18:00",
		parse:    moment,
	},
	GrantEnds: {
		Field:    "ends_at",
		Header:   "结束时间",
		Synonyms: []string{"失效时间", "结束日期", "到期时间", "end", "ends", "until", "end_time", "valid_until"},
		Time:     true,
		NoteZh:   "临时授权的结束时间，最长为开始后 72 小时；留空表示长期；只写日期表示当天零点",
		NoteEn:   "when a temporary grant ends, at most 72 hours after its start; blank means lasting; a date alone means its first minute",
		Sample:   "2030-01-07 18:00",
		parse:    moment,
	},
	GrantReason: {
		Field:    "reason",
		Header:   "原因",
		Synonyms: []string{"授权原因", "理由", "事由", "why", "grant_reason"},
		NoteZh:   "最多 255 个字",
		NoteEn:   "at most 255 characters",
		Sample:   "周末活动",
		parse:    freeText(crm.MaxReason),
	},
}

// grantee reads 授权给 as one line of text; what it names is told by another
// column (see check.grant).
func grantee(c spot, text string) (string, bool) { return name(c, text, len(text)) }
