package report

import "tagkeep/internal/crm"

// cellEntries: what can be wrong with the content of one cell.
var cellEntries = []entry{
	{
		code:  crm.Required,
		title: text{"必填内容为空", "a required value is missing"},
		message: []text{
			{"缺少{0}", "{0} is missing"},
			{"必填内容为空", "a value is required here"},
		},
		hint: []text{{"请填写后重新导入", "fill it in and import again"}},
	},
	{
		code: crm.Required, token: "key",
		message: []text{{"客户ID、unionid、手机号都是空的", "external_userid, unionid and mobile are all blank"}},
		hint:    []text{{"至少填写其中一项，才能确定是哪位客户", "fill in at least one of them, to say which customer is meant"}},
	},
	{
		code:  crm.TooLong,
		title: text{"内容过长", "too long"},
		message: []text{
			{"最多 {0} 个字，现有 {1} 个字", "{1} characters, at most {0} are allowed"},
			{"超过 {0} 个字", "longer than {0} characters"},
			{"内容过长", "the text is too long"},
		},
		hint: []text{{"请缩短后重新导入", "shorten it and import again"}},
	},
	{
		code:  crm.BadFormat,
		title: text{"格式不正确", "not in the expected form"},
		message: []text{
			{`"{value}" 格式不正确，应为: {0}`, `"{value}" is not in the expected form: {0}`},
			{`格式不正确，应为: {0}`, `not in the expected form: {0}`},
			{`"{value}" 格式不正确`, `"{value}" is not in the expected form`},
			{"格式不正确", "not in the expected form"},
		},
		hint: []text{{"请按要求的格式修改后重新导入", "correct it and import again"}},
	},
	{
		code:  crm.BadPhone,
		title: text{"手机号格式不正确", "not a valid mobile number"},
		message: []text{
			{`"{value}" 不是有效的手机号`, `"{value}" is not a valid mobile number`},
			{"不是有效的手机号", "not a valid mobile number"},
		},
		hint: []text{{"请填写 11 位手机号；座机请填到「电话」列", "enter an 11-digit mobile number; landlines belong in the column phone"}},
	},
	{
		code:  crm.BadEmail,
		title: text{"邮箱格式不正确", "not a valid e-mail address"},
		message: []text{
			{`"{value}" 不是有效的邮箱`, `"{value}" is not a valid e-mail address`},
			{"不是有效的邮箱", "not a valid e-mail address"},
		},
		hint: []text{{"请填写完整的邮箱，如 name@example.com", "enter a whole address, such as name@example.com"}},
	},
	{
		code:  crm.BadDate,
		title: text{"日期格式不正确", "not a valid date"},
		message: []text{
			{`"{value}" 不是有效的日期`, `"{value}" is not a valid date`},
			{"不是有效的日期", "not a valid date"},
		},
		hint: []text{{"请写成 2024-03-05 的形式", "write it like 2024-03-05"}},
	},
	{
		code: crm.BadDate, token: "ended",
		message: []text{{"结束时间已经过了", "the end has passed already"}},
		hint:    []text{{"请填写以后的时间，或删除本行", "enter a time that lies ahead, or delete the row"}},
	},
	{
		code: crm.BadDate, token: "ends-before-start",
		message: []text{{"结束时间不晚于开始时间", "the end is not behind the start"}},
		hint:    []text{{"请更正其中一个时间", "correct one of the two"}},
	},
	{
		code:  crm.AmbiguousDate,
		title: text{"日期分不清月和日", "day and month cannot be told apart"},
		message: []text{
			{`"{value}" 分不清哪个是月、哪个是日`, `in "{value}" day and month cannot be told apart`},
			{"分不清哪个是月、哪个是日", "day and month cannot be told apart"},
		},
		hint: []text{
			{"请写成 {0} 或 {1}", "write {0} or {1}, whichever is meant"},
			{"请写成 2024-03-05 (年-月-日)", "write it as year-month-day, like 2024-03-05"},
		},
	},
	{
		code:  crm.NotInList,
		title: text{"不在可选值内", "not one of the allowed values"},
		message: []text{
			{`"{value}" 不在可选值内`, `"{value}" is not one of the allowed values`},
			{"不在可选值内", "not one of the allowed values"},
		},
		hint: []text{
			{"请改为其中之一: {0}", "use one of: {1}"},
			{"请改为其中之一: {0}", "use one of: {0}"},
			{"请改为模板里列出的值", "use one of the values that the template lists"},
		},
	},
	{
		code:  crm.PrecisionLost,
		title: text{"号码已丢失精度", "digits of a number were lost"},
		message: []text{
			{`"{value}" 已丢失精度`, `"{value}" has lost digits`},
			{"已丢失精度", "digits were lost"},
		},
		hint: []text{{"请把该列设为文本后重新填写", "format the column as text and fill it in again"}},
	},
	{
		code:  crm.PrecisionSuspect,
		title: text{"号码超过 15 位，末尾数字可能不对", "a number of more than 15 digits, the last ones may be wrong"},
		message: []text{
			{`"{value}" 超过 15 位，末尾数字可能已变成 0`, `"{value}" has more than 15 digits, the last ones may have become 0`},
			{"数字超过 15 位，末尾可能已变成 0", "more than 15 digits, the last ones may have become 0"},
		},
		hint: []text{{"请核对原始号码，并把该列设为文本后重新填写", "check the number at its source, format the column as text and fill it in again"}},
	},
	{
		code:  crm.FormulaNotCalculated,
		title: text{"公式没有计算结果", "a formula that was never calculated"},
		message: []text{
			{`公式 "{value}" 没有计算结果`, `the formula "{value}" has no result`},
			{"公式没有计算结果", "the formula has no result"},
		},
		hint: []text{{"请用 Excel 或 WPS 打开文件并保存一次，或把公式粘贴为数值", "open and save the file once in Excel or WPS, or paste the formula as a value"}},
	},
	{
		code:  crm.FormulaError,
		title: text{"公式结果是错误值", "a formula that failed"},
		message: []text{
			{`公式的结果是错误值 "{value}"`, `the formula's result is the error "{value}"`},
			{"公式的结果是错误值", "the formula's result is an error"},
		},
		hint: []text{{"请修正公式，或直接填写内容", "correct the formula, or type the value"}},
	},
	{
		code:  crm.MergedCell,
		title: text{"单元格是合并的", "a merged cell"},
		message: []text{
			{"单元格在合并区域 {0} 里，只有左上角有内容", "the cell lies in the merged range {0}, only its first cell holds the value"},
			{"单元格是合并的，只有左上角有内容", "the cell is merged, only the first cell of the range holds the value"},
		},
		hint: []text{{"请取消合并并逐行填写，或加 --fill-merged 导入", "unmerge and fill in every row, or import with --fill-merged"}},
	},
	{
		code:  crm.BadEncoding,
		title: text{"有无法识别的字节", "bytes that are not of the file's encoding"},
		message: []text{
			{"有不属于文件编码的字节，在文件的第 {0} 字节处", "bytes that are not of the file's encoding, at byte {0} of the file"},
			{"有不属于文件编码的字节", "bytes that are not of the file's encoding"},
		},
		hint: []text{{"请改正该处文字；若整个文件都是乱码，请用 --encoding 指定编码", "correct the text there; if the whole file is garbled, name its encoding with --encoding"}},
	},
	{
		code:  crm.ControlChar,
		title: text{"有不可见的控制字符", "a control character that does not show"},
		message: []text{
			{"有不可见的控制字符 {0}", "contains the control character {0}, which does not show"},
			{"有不可见的控制字符", "contains a control character that does not show"},
		},
		hint: []text{{"请清空单元格后重新输入", "empty the cell and type it again"}},
	},
}
