package report

import "tagkeep/internal/crm"

// fileEntries: rows that cannot be read as rows, limits, and what the database
// says.
var fileEntries = []entry{
	{
		code:    crm.UnterminatedQuote,
		title:   text{"双引号没有结束", "a double quote that is never closed"},
		message: []text{{"双引号没有结束，无法确定这一行到哪里为止", "a double quote is never closed, so the row's end is not certain"}},
		hint:    []text{{"请补上结束的双引号；内容里的双引号要写两次", "add the closing quote; quotes inside a value are written twice"}},
	},
	{
		code:  crm.TooManyCells,
		title: text{"单元格多于表头", "more cells than the header"},
		message: []text{
			{"单元格比表头多，表头只有 {0} 列", "more cells than the header, which has {0} columns"},
			{"单元格比表头多", "more cells than the header"},
		},
		hint: []text{{"请检查内容里是否有没加引号的分隔符，或表头缺了列", "look for a delimiter inside a value without quotes, or for a missing header"}},
	},
	{
		code:  crm.LimitReached,
		title: text{"超过数量上限", "above a limit"},
		message: []text{
			{"超过上限 {0} ({1})", "above the limit of {0} ({1})"},
			{"超过上限 {0}", "above the limit of {0}"},
			{"超过数量上限", "above a limit"},
		},
		hint: []text{{"请减少数量后重新导入", "reduce the number and import again"}},
	},
	{
		code: crm.LimitReached, token: "tags",
		message: []text{
			{"标签总数超过上限 {0} 个", "more than {0} tags in all"},
			{"标签总数超过上限", "more tags in all than are allowed"},
		},
		hint: []text{{"请先删除不用的标签 (tagkeep delete tags --unused)", "delete unused tags first (tagkeep delete tags --unused)"}},
	},
	{
		code: crm.LimitReached, token: "pair-tags",
		message: []text{
			{"同一员工给一位客户打的标签超过上限 {0} 个", "more than {0} tags by one staff member on one customer"},
			{"同一员工给一位客户打的标签超过上限", "more tags by one staff member on one customer than are allowed"},
		},
		hint: []text{{"请减少该客户的标签", "give this customer fewer tags"}},
	},
	{
		code: crm.LimitReached, token: "single-choice",
		message: []text{
			{"单选标签组里最多选 {0} 个标签", "at most {0} tag of a single-choice group may be given"},
			{"单选标签组里选了多个标签", "several tags of a single-choice group were given"},
		},
		hint: []text{{"该标签组是单选的，请只保留一个标签", "the group is single-choice: keep one of the tags"}},
	},
	{
		code: crm.LimitReached, token: "temporary-hours",
		message: []text{
			{"临时授权最长 {0} 小时，从开始时间算起", "a temporary grant lasts at most {0} hours from its start"},
			{"临时授权的时间过长", "a temporary grant for too long a time"},
		},
		hint: []text{{"请提前结束时间；需要长期授权时，清空开始时间和结束时间", "let it end earlier; for a lasting grant, leave starts_at and ends_at blank"}},
	},
	{
		code:  crm.DBRejected,
		title: text{"数据库拒绝了该行", "the database refused the row"},
		message: []text{
			{"数据库拒绝了该行: {0}", "the database refused the row: {0}"},
			{"数据库拒绝了该行", "the database refused the row"},
		},
		hint: []text{{"请按原因修改该行；看不出原因时请联系管理员", "correct the row; where the reason does not tell how, ask the administrator"}},
	},
}

// warningEntries: facts about rows that are imported all the same, and about
// the file.
var warningEntries = []entry{
	{
		code:  crm.InBin,
		title: text{"回收站里有同名的", "one of the same name is in the recycle bin"},
		message: []text{
			{"「{0}」在回收站里 (删除事件 {1})，另外新建一个", `"{0}" is in the recycle bin (deletion {1}), another one is created`},
			{"「{0}」在回收站里，另外新建一个", `"{0}" is in the recycle bin, another one is created`},
			{"回收站里有同名的，另外新建一个", "one of the same name is in the recycle bin, another one is created"},
		},
		hint: []text{
			{"若要恢复原来的: tagkeep recycle restore {1}", "to bring back the old one: tagkeep recycle restore {1}"},
			{"若要恢复原来的，请查看 tagkeep recycle list", "to bring back the old one, see tagkeep recycle list"},
		},
	},
	{
		code: crm.InBin, token: asError,
		message: []text{
			{"「{0}」在回收站里 (删除事件 {1})", `"{0}" is in the recycle bin (deletion {1})`},
			{"「{0}」在回收站里", `"{0}" is in the recycle bin`},
			{"回收站里有同名的", "one of the same name is in the recycle bin"},
		},
		hint: restoreFirst,
	},
	{
		code: crm.PrecisionSuspect, token: asWarning,
		message: []text{
			{`"{value}" 超过 15 位，末尾数字可能已变成 0`, `"{value}" has more than 15 digits, the last ones may have become 0`},
			{"数字超过 15 位，末尾可能已变成 0", "more than 15 digits, the last ones may have become 0"},
		},
		hint: []text{{"请核对原始数字；有误时把该列设为文本后重新导入", "check it at its source; if it is wrong, format the column as text and import again"}},
	},
	{
		code: crm.MergedCell, token: asWarning,
		message: []text{
			{"单元格在合并区域 {0} 里，按空白处理", "the cell lies in the merged range {0} and is taken as blank"},
			{"单元格是合并的，按空白处理", "the cell is merged and is taken as blank"},
		},
		hint: []text{{"若每一行都要有该值，请加 --fill-merged 导入", "if every row should have the value, import with --fill-merged"}},
	},
	{
		code:  crm.SharedPhone,
		title: text{"手机号与其他客户相同", "other customers have the same phone number"},
		message: []text{
			{"还有 {0} 个客户用同一手机号，本行按新客户处理", "{0} other customers have this phone number, the row is taken as a new customer"},
			{"还有客户用同一手机号，本行按新客户处理", "other customers have this phone number, the row is taken as a new customer"},
		},
		hint: []text{{"若是同一人，请补填已有客户的客户ID 或 unionid", "if it is the same person, fill in that customer's external_userid or unionid"}},
	},
	{
		code:  crm.NearDuplicate,
		title: text{"疑似重复", "nearly the same name"},
		message: []text{
			{`"{value}" 与「{0}」只差大小写、全半角或空格`, `"{value}" differs from "{0}" only in case, width or spaces`},
			{"与「{0}」只差大小写、全半角或空格", `differs from "{0}" only in case, width or spaces`},
			{"与另一个名称只差大小写、全半角或空格", "differs from another name only in case, width or spaces"},
		},
		hint: []text{{"若是同一个，请统一写法；现在按两个处理", "if they are one, write them alike; they are taken as two"}},
	},
	{
		code:  crm.LongName,
		title: text{"名称超过企业微信的长度", "longer than a name may be in WeCom"},
		message: []text{
			{"名称有 {1} 个字，企业微信里最多 {0} 个字", "the name has {1} characters, in WeCom at most {0} are allowed"},
			{"名称超过企业微信允许的长度", "the name is longer than WeCom allows"},
		},
		hint: []text{{"用到企业微信之前请缩短", "shorten it before it is used in WeCom"}},
	},
	{
		code:  crm.UnknownColumn,
		title: text{"不认识的列", "unknown columns"},
		message: []text{
			{"不认识的列「{value}」，已忽略", `the column "{value}" is not known and is ignored`},
			{"有不认识的列，已忽略", "a column is not known and is ignored"},
		},
		hint: []text{
			{"是否想写「{0}」？请改表头，或用 --map 指定字段", `did you mean "{0}"? change the header, or map the column with --map`},
			{"若需要导入该列，请改表头或用 --map 指定字段", "to import it, change the header or map it with --map"},
		},
	},
	{
		code:  crm.HiddenRows,
		title: text{"有隐藏的行", "hidden rows"},
		message: []text{
			{"有 {0} 行被隐藏或筛选掉，仍会导入", "{0} rows are hidden or filtered out and are imported all the same"},
			{"有被隐藏或筛选掉的行，仍会导入", "hidden or filtered rows are imported all the same"},
		},
		hint: []text{{"不想导入隐藏行请加 --skip-hidden", "to leave hidden rows out, add --skip-hidden"}},
	},
	{
		code:  crm.OtherSheets,
		title: text{"还有没读取的工作表", "sheets that were not read"},
		message: []text{
			{"还有没读取的工作表: {0}", "sheets that were not read: {0}"},
			{"还有没读取的工作表", "there are sheets that were not read"},
		},
		hint: []text{{"要读取其他工作表请加 --sheet 名称", "to read another sheet, add --sheet NAME"}},
	},
	{
		code:  crm.SameFile,
		title: text{"文件已导入过", "the file was imported before"},
		message: []text{
			{"这个文件已经导入过 ({0}，{1})", "this file was imported before ({0}, {1})"},
			{"这个文件已经导入过 ({0})", "this file was imported before ({0})"},
			{"这个文件已经导入过", "this file was imported before"},
		},
		hint: []text{{"没有变化的行不会重复写入", "rows that have not changed are not written again"}},
	},
	{
		code:    crm.NoRows,
		title:   text{"没有数据行", "no data rows"},
		message: []text{{"文件里没有数据行", "the file has no data rows"}},
		hint:    []text{{"请在表头下面填写数据后重新导入", "fill in rows below the header and import again"}},
	},
	{
		code:  crm.ActiveContent,
		title: text{"文件里有不读取的内容", "content that is not read"},
		message: []text{
			{"文件里有{0}，已忽略", "the file carries {0}, which are ignored"},
			{"文件里有不读取的内容，已忽略", "the file carries content that is not read"},
		},
		hint: []text{{"tagkeep 只读取单元格的值，不运行也不打开它们", "tagkeep reads the values of cells only, it neither runs nor opens anything"}},
		words: map[string]text{
			"macros":           {"宏", "macros"},
			"external links":   {"外部链接", "external links"},
			"embedded objects": {"嵌入的对象", "embedded objects"},
			"data connections": {"数据连接", "data connections"},
		},
	},
	{
		code:    crm.QuoteRepaired,
		title:   text{"双引号写法不规范", "double quotes not written by the rules"},
		message: []text{{"双引号写法不规范，已按唯一可能的意思读取", "double quotes are not written by the rules, the only possible reading was taken"}},
		hint:    []text{{"请核对该行；内容里的双引号要写两次", "check the row; quotes inside a value are written twice"}},
	},
	{
		code:  crm.LeadingZero,
		title: text{"开头的 0 来自数字格式", "leading zeros that come from the number format"},
		message: []text{
			{`"{value}" 开头的 0 只是数字格式，已按显示的样子读取`, `the leading zeros of "{value}" are only a number format, it was read as it shows`},
			{"开头的 0 只是数字格式，已按显示的样子读取", "leading zeros are only a number format, it was read as it shows"},
		},
		hint: []text{{"请核对；把该列设为文本可避免丢失 0", "check it; a column formatted as text does not lose zeros"}},
	},
	{
		code:    crm.PictureCell,
		title:   text{"单元格里是图片", "a picture in a cell"},
		message: []text{{"单元格里是图片，按空白处理", "the cell holds a picture and is taken as blank"}},
		hint:    []text{{"tagkeep 不导入图片；需要文字时请直接填写", "tagkeep does not import pictures; type the text where it is needed"}},
	},
}
