package report

import "tagkeep/internal/crm"

// nameEntries: names and keys that cannot be resolved or that clash.
var nameEntries = []entry{
	{
		code:  crm.UnknownGroup,
		title: text{"标签组不存在", "no such tag group"},
		message: []text{
			{"标签组「{0}」不存在", `there is no tag group "{0}"`},
			{"标签组不存在", "there is no such tag group"},
		},
		hint: []text{
			{"是否想填「{1}」？否则请先新建该标签组", `did you mean "{1}"? otherwise create the group first`},
			{"请先新建该标签组，或改为已有的标签组", "create the group first, or use one that exists"},
		},
	},
	{
		code:  crm.UnknownTag,
		title: text{"标签不存在", "no such tag"},
		message: []text{
			{"标签「{0}」不存在", `there is no tag "{0}"`},
			{"标签不存在", "there is no such tag"},
		},
		hint: []text{
			{"是否想填「{1}」？否则请先导入该标签，或加 --create-tags", `did you mean "{1}"? otherwise import the tag first, or add --create-tags`},
			{"请先导入该标签，或加 --create-tags", "import the tag first, or add --create-tags"},
		},
	},
	{
		code:  crm.UnknownStaff,
		title: text{"员工不存在", "no such staff member"},
		message: []text{
			{"员工「{0}」不存在", `there is no staff member "{0}"`},
			{"员工不存在", "there is no such staff member"},
		},
		hint: []text{
			{"是否想填「{1}」？否则请先导入该员工", `did you mean "{1}"? otherwise import the staff member first`},
			{"请填写员工账号，或先导入该员工", "enter the account, or import the staff member first"},
		},
	},
	{
		code:  crm.UnknownDepartment,
		title: text{"部门不存在", "no such department"},
		message: []text{
			{"部门「{0}」不存在", `there is no department "{0}"`},
			{"部门不存在", "there is no such department"},
		},
		hint: []text{
			{"是否想填「{1}」？部门要写完整路径", `did you mean "{1}"? a department is written with its whole path`},
			{"请填写完整路径，如 总部/华东，或先导入员工表", "write the whole path, such as 总部/华东, or import the staff sheet first"},
		},
	},
	{
		code:  crm.UnknownCustomer,
		title: text{"客户不存在", "no such customer"},
		message: []text{
			{`没有找到客户 "{value}"`, `there is no customer "{value}"`},
			{"没有找到该客户", "there is no such customer"},
		},
		hint: []text{{"请核对客户ID、unionid 或手机号", "check external_userid, unionid or mobile"}},
	},
	{
		code:  crm.TagAmbiguous,
		title: text{"标签在多个标签组里", "a tag name found in several groups"},
		message: []text{
			{"标签「{0}」在多个标签组里: {1}", `the tag "{0}" is in several groups: {1}`},
			{"标签「{0}」在多个标签组里", `the tag "{0}" is in several groups`},
			{"同名标签在多个标签组里", "the tag is in several groups"},
		},
		hint: []text{
			{"请写明标签组，如 标签组名称:{0}", "name the group too, like group:{0}"},
			{"请写明标签组，如 标签组名称:标签名称", "name the group too, like group:tag"},
		},
	},
	{
		code:  crm.StaffAmbiguous,
		title: text{"员工重名", "several staff members of one name"},
		message: []text{
			{"有多名员工叫「{0}」: {1}", `several staff members are called "{0}": {1}`},
			{"有多名员工叫「{0}」", `several staff members are called "{0}"`},
			{"有多名员工叫这个名字", "several staff members have this name"},
		},
		hint: []text{{"请改填员工账号", "enter the account instead of the name"}},
	},
	{
		code:  crm.CustomerAmbiguous,
		title: text{"同一手机号有多个客户", "several customers have the phone number"},
		message: []text{
			{"手机号 {0} 对应多个客户: {1}", "several customers have the phone number {0}: {1}"},
			{"手机号 {0} 对应多个客户", "several customers have the phone number {0}"},
			{"手机号对应多个客户", "several customers have the phone number"},
		},
		hint: []text{{"请补填客户ID 或 unionid", "fill in external_userid or unionid as well"}},
	},
	{
		code:  crm.KeyConflict,
		title: text{"一行里的标识属于不同客户", "keys of one row that belong to different customers"},
		message: []text{
			{"「{0}」属于客户 {1}，「{2}」却属于客户 {3}", `"{0}" belongs to customer {1}, but "{2}" to customer {3}`},
			{"「{0}」和「{2}」属于不同的客户", `"{0}" and "{2}" belong to different customers`},
			{"各个标识属于不同的客户", "the row's keys belong to different customers"},
		},
		hint: []text{{"请更正其中一项，或清空没有把握的那一项", "correct one of them, or empty the one that is not certain"}},
	},
	{
		code:  crm.DupInFile,
		title: text{"文件内重复", "repeats an earlier row"},
		message: []text{
			{"与第 {row} 行重复", "repeats row {row}"},
			{"与前面的行重复", "repeats an earlier row"},
		},
		hint: []text{
			{
				"请删除本行；若要用本行覆盖第 {row} 行，请清空本行的「错误代码」后再导入",
				"delete this row; to overwrite row {row} with it on purpose, empty its cell error_code and import again",
			},
			{
				"请删除本行；若要用本行覆盖，请清空本行的「错误代码」后再导入",
				"delete this row; to overwrite on purpose, empty its cell error_code and import again",
			},
		},
	},
	{
		code:  crm.DupInDB,
		title: text{"系统中已存在", "exists already"},
		message: []text{
			{"「{0}」已存在", `"{0}" exists already`},
			{`"{value}" 已存在`, `"{value}" exists already`},
			{"系统中已存在", "exists already"},
		},
		hint: []text{{"请改名；若要更新已有的，请用 --existing update 导入", "change it; to update what exists, import with --existing update"}},
	},
	{
		code:  crm.ConflictUpdate,
		title: text{"同一客户的各行不一致", "rows of one customer that contradict each other"},
		message: []text{
			{"「{0}」与第 {row} 行不一致，那一行是 {1}", `"{0}" contradicts row {row}, where it is {1}`},
			{"「{0}」与第 {row} 行不一致", `"{0}" contradicts row {row}`},
			{"与第 {row} 行不一致", "contradicts row {row}"},
			{"与同一客户的另一行不一致", "contradicts another row of the same customer"},
		},
		hint: []text{{
			"请改成一致或留空；若要以本行为准，请清空本行的「错误代码」后再导入",
			"make them agree or leave the cell blank; to let this row win, empty its cell error_code and import again",
		}},
	},
	{
		code:  crm.GroupInBin,
		title: text{"标签组在回收站里", "the tag group is in the recycle bin"},
		message: []text{
			{"标签组「{0}」在回收站里 (删除事件 {1})", `the tag group "{0}" is in the recycle bin (deletion {1})`},
			{"标签组「{0}」在回收站里", `the tag group "{0}" is in the recycle bin`},
			{"标签组在回收站里", "the tag group is in the recycle bin"},
		},
		hint: restoreFirst,
	},
	{
		code:  crm.TagInBin,
		title: text{"标签在回收站里", "the tag is in the recycle bin"},
		message: []text{
			{"标签「{0}」在回收站里 (删除事件 {1})", `the tag "{0}" is in the recycle bin (deletion {1})`},
			{"标签「{0}」在回收站里", `the tag "{0}" is in the recycle bin`},
			{"标签在回收站里", "the tag is in the recycle bin"},
		},
		hint: restoreFirst,
	},
}

// ToDelete is an argument of a problem with the name of something that was to be
// deleted: to create or restore it first makes no sense then.
const ToDelete = "to-delete"

// deleteEntries: names of what was to be deleted.
var deleteEntries = []entry{
	{
		code: crm.UnknownGroup, token: ToDelete,
		message: []text{
			{"标签组「{0}」不存在", `there is no tag group "{0}"`},
			{"标签组不存在", "there is no such tag group"},
		},
		hint: []text{
			{"是否想填「{1}」？否则它已经不在了", `did you mean "{1}"? otherwise it is gone already`},
			{"请核对名称: tagkeep groups list", "check the name: tagkeep groups list"},
		},
	},
	{
		code: crm.UnknownTag, token: ToDelete,
		message: []text{
			{"标签「{0}」不存在", `there is no tag "{0}"`},
			{"标签不存在", "there is no such tag"},
		},
		hint: []text{
			{"是否想填「{1}」？否则它已经不在了", `did you mean "{1}"? otherwise it is gone already`},
			{"请核对名称: tagkeep tags list", "check the name: tagkeep tags list"},
		},
	},
	{
		code: crm.GroupInBin, token: ToDelete,
		message: []text{{"标签组「{0}」已经在回收站里 (删除事件 {1})", `the tag group "{0}" is in the recycle bin already (deletion {1})`}, {"标签组已经在回收站里", "the tag group is in the recycle bin already"}},
		hint:    []text{{"不必再删除，去掉这一行", "it need not be deleted: leave the row out"}},
	},
	{
		code: crm.TagInBin, token: ToDelete,
		message: []text{{"标签「{0}」已经在回收站里 (删除事件 {1})", `the tag "{0}" is in the recycle bin already (deletion {1})`}, {"标签已经在回收站里", "the tag is in the recycle bin already"}},
		hint:    []text{{"不必再删除，去掉这一行", "it need not be deleted: leave the row out"}},
	},
}

// restoreFirst is the way out for everything that is in the bin. Commands shown
// to be copied never carry a name out of a file, which could be more than a
// name to a shell.
var restoreFirst = []text{
	{"请先恢复: tagkeep recycle restore {1}", "restore it first: tagkeep recycle restore {1}"},
	{"请先从回收站恢复 (tagkeep recycle list)", "restore it from the recycle bin first (tagkeep recycle list)"},
}
