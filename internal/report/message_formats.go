package report

import "tagkeep/internal/crm"

// formatEntries: the tokens of BAD_FORMAT and BAD_PHONE, each with what is wrong
// and how it should be. A first argument of BAD_FORMAT that is not among them is
// shown as it is.
var formatEntries = []entry{
	{
		code: crm.BadFormat, token: "integer",
		message: []text{
			{`"{value}" 不是整数，或超出范围`, `"{value}" is not a whole number, or out of range`},
			{"不是整数，或超出范围", "not a whole number, or out of range"},
		},
		hint: []text{{"请填写 0 或正整数，如 10", "enter a whole number from 0 up, such as 10"}},
	},
	{
		code: crm.BadFormat, token: "clear",
		message: []text{{"该列不能清空", "this column cannot be emptied"}},
		hint:    []text{{"请填写内容；留空表示不修改", "enter a value; a blank cell leaves it as it is"}},
	},
	{
		code: crm.BadFormat, token: "line-break",
		message: []text{
			{`名称 "{value}" 里有换行或制表符`, `the name "{value}" contains a line break or a tab`},
			{"名称里有换行或制表符", "the name contains a line break or a tab"},
		},
		hint: []text{{"请删除单元格里的换行和制表符", "remove the line break or tab from the cell"}},
	},
	{
		code: crm.BadFormat, token: "space",
		message: []text{
			{`"{value}" 里有空格`, `"{value}" contains a space`},
			{"里面有空格", "contains a space"},
		},
		hint: []text{{"账号和 ID 里不能有空格，请删除", "accounts and ids have no spaces in them: remove it"}},
	},
	{
		code: crm.BadFormat, token: "ascii",
		message: []text{
			{`"{value}" 不是员工账号`, `"{value}" is not a staff account`},
			{"不是员工账号", "not a staff account"},
		},
		hint: []text{{"账号只有英文字母、数字和符号，请填写企业微信通讯录里的账号", "accounts consist of letters, digits and signs: enter the one in the WeCom directory"}},
	},
	{
		code: crm.BadFormat, token: "date-cell",
		message: []text{
			{`内容被表格软件变成了日期 "{value}"`, `the spreadsheet program turned the text into the date "{value}"`},
			{"内容被表格软件变成了日期", "the spreadsheet program turned the text into a date"},
		},
		hint: []text{{"请把该列设为文本后重新填写", "format the column as text and fill it in again"}},
	},
	{
		code: crm.BadFormat, token: "path",
		message: []text{
			{`部门路径 "{value}" 里有空的一级`, `the department path "{value}" has an empty part`},
			{"部门路径里有空的一级", "the department path has an empty part"},
		},
		hint: []text{{"请写成 总部/华东 的形式", "write it like 总部/华东"}},
	},
	{
		code: crm.BadFormat, token: "depth",
		message: []text{
			{"部门路径有 {2} 级，最多 {1} 级", "the department path has {2} levels, at most {1} are allowed"},
			{"部门路径的级数过多", "the department path has too many levels"},
		},
		hint: []text{{"请检查分隔符 / 是否多写了", "look for a / that does not belong there"}},
	},
	{
		code: crm.BadFormat, token: "one-value",
		message: []text{
			{`"{value}" 里有多个值，这里只能填一个`, `"{value}" holds several values, one belongs here`},
			{"有多个值，这里只能填一个", "several values, one belongs here"},
		},
		hint: []text{{"请只保留一个", "keep one of them"}},
	},
	{
		code: crm.BadFormat, token: "scope",
		message: []text{{"共享标签组不能填可用部门", "a shared tag group has no department"}},
		hint:    []text{{"请清空可用部门，或把标签组类型改为「部门」", "empty the department, or make the group's scope department"}},
	},
	{
		code: crm.BadFormat, token: "object",
		message: []text{
			{`"{value}" 不是授权对象的写法`, `"{value}" is not how the object of a grant is written`},
			{"不是授权对象的写法", "not how the object of a grant is written"},
		},
		hint: []text{{
			"请写成 group:标签组名称、tag:标签组名称:标签名称 或 all；名称里有冒号时加双引号",
			"write group:NAME, tag:GROUP:TAG or all; a name that contains a colon goes in double quotes",
		}},
	},
	{
		code: crm.BadFormat, token: "with-sub",
		message: []text{{"只有部门才有下级", "only a department has sub-departments"}},
		hint:    []text{{"请清空「含下级」，或把授权类型改为「部门」", "empty with_sub, or make subject_kind department"}},
	},
	{
		code: crm.BadFormat, token: "quote",
		message: []text{
			{`"{value}" 里的双引号不成对，或不在开头`, `in "{value}" a double quote is not closed or not at the start of a name`},
			{"双引号不成对，或不在名称开头", "a double quote is not closed or not at the start of a name"},
		},
		hint: []text{{
			"名称里有分隔符时，把整个名称写在一对双引号里，名称自身的双引号写两次",
			"write a name that contains a separator in one pair of double quotes, and double the quotes inside it",
		}},
	},
	{
		code: crm.BadFormat, token: "tag",
		message: []text{
			{`"{value}" 不是标签的写法`, `"{value}" is not how a tag is written`},
			{"不是标签的写法", "not how a tag is written"},
		},
		hint: []text{{
			`请写成 标签名称 或 标签组名称:标签名称；名称里有冒号时加双引号`,
			`write tag or group:tag; a name that contains a colon goes in double quotes`,
		}},
	},
	{
		code: crm.BadFormat, token: "tag-group",
		message: []text{
			{`"{value}" 里有别的标签组的标签，该列只放表头里那个标签组的标签`, `"{value}" holds a tag of another group; the column is for tags of the group in its header`},
			{"有别的标签组的标签", "a tag of another group"},
		},
		hint: []text{{"请移到那个标签组的列，或移到 企业标签 列", "move it to the column of its group, or to the column of all tags"}},
	},
	{
		code: crm.BadFormat, token: "tag-add-and-remove",
		message: []text{
			{`这一行既要添加又要移除标签 "{value}"`, `the row both adds and removes the tag "{value}"`},
			{"这一行既要添加又要移除同一个标签", "the row both adds and removes a tag"},
		},
		hint: []text{{"请只保留其中一个", "keep one of the two"}},
	},
	{
		code: crm.BadPhone, token: "phone-list",
		message: []text{
			{`"{1}" 不是电话号码`, `"{1}" is no phone number`},
			{`"{value}" 里没有电话号码`, `there is no phone number in "{value}"`},
			{"没有电话号码", "there is no phone number"},
		},
		hint: []text{{"请改正该号码；多个号码之间用分号 ; 隔开", "correct it; several numbers are separated by ;"}},
	},
}
