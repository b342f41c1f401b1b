package main

import (
	"fmt"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
	"tagkeep/internal/table"
)

// explainFile says why a spreadsheet is refused, and the way out.
func explainFile(f *failure, e *sheet.FileError) {
	f.exit, f.code = exitRefused, reasonCode(string(e.Reason))
	if e.Reason == sheet.Changed {
		f.exit = exitFailed
	}
	what, hint := fileMessage(e)
	f.err, f.hint = words{e.Path + "：" + what.zh, e.Path + ": " + what.en}, hint
}

func fileMessage(e *sheet.FileError) (what, hint words) {
	saveAs := both("在 Excel 或 WPS 中打开，另存为 .xlsx 后再导入", "open it in Excel or WPS, save it as .xlsx and import that")
	switch e.Reason {
	case sheet.LegacyXLS:
		return both("这是旧版 Excel 文件（.xls）", "this is an old Excel file (.xls)"), saveAs
	case sheet.Encrypted:
		return both("工作簿有密码", "the workbook has a password"),
			both("打开后去掉密码（文件 → 信息 → 保护工作簿 → 用密码进行加密），保存后再导入", "remove the password (File > Info > Protect Workbook), save and import again")
	case sheet.HTML:
		return both("这其实是网页表格，不是 Excel 文件", "this is really a web page, not an Excel file"), saveAs
	case sheet.OtherFormat:
		return both("不支持的格式：%s", "not a spreadsheet that is read: %s", e.Detail), saveAs
	case sheet.NotAWorkbook:
		return both("压缩包里没有 Excel 工作簿", "there is no Excel workbook in this archive"), saveAs
	case sheet.Damaged:
		return words{"文件已损坏或不完整（" + inChinese(e.Detail) + "）", "the file is damaged or incomplete (" + e.Detail + ")"}, both("重新下载或重新导出该文件", "download or export it again")
	case sheet.Hostile:
		return words{"文件超出安全限制（" + inChinese(e.Detail) + "）", "the file breaks a safety limit (" + e.Detail + ")"},
			both("用 Excel 或 WPS 打开并另存；仍被拒绝时拆成小文件", "open and save it with Excel or WPS; if it is still refused, split it")
	case sheet.NoSuchSheet:
		return both("没有这个工作表", "there is no such sheet"), both("已有的工作表：%s", "the sheets are: %s", e.Detail)
	case sheet.NoCells:
		return both("工作簿里没有可读取的工作表", "the workbook has no sheet with cells"), both("检查文件内容", "check what is in the file")
	case sheet.EncodingUnsure:
		return both("无法确定文字编码", "the text's encoding is not clear"),
			both("用 --encoding 指明，例如 --encoding gb18030、utf-8、big5", "name it: --encoding gb18030, utf-8, big5, …")
	case sheet.Changed:
		return both("读取过程中文件被修改", "the file was changed while it was read"),
			both("关闭正在编辑它的程序，再运行同一命令", "close the program that writes it and run the same command again")
	}
	return words{string(e.Reason), string(e.Reason)}, words{}
}

// headerMessage says what is wrong with the header row, and the way out.
func headerMessage(e *table.HeaderError) (what, hint words) {
	place := both("第 %d 行表头", "header in row %d", e.Row)
	if e.Reason == table.NoHeader {
		place = both("没有找到表头", "no header found")
	}
	hint = both("改好表头后再导入；也可用 --map '表头=字段' 说明，或用 --header-row N 指明表头所在行",
		"mend the header and import again; or say what it means with --map 'Header=field', or where it is with --header-row N")
	if e.Fits != "" {
		hint = words{fmt.Sprintf("这看起来是「%s」表格，请执行 tagkeep import %s 文件", e.Fits.Label(crm.Chinese), e.Fits),
			fmt.Sprintf("this looks like a sheet of %s: tagkeep import %[1]s FILE", e.Fits)}
	}
	var parts []words
	for _, list := range [][]words{missingColumns(e), doubledColumns(e), blankColumns(e), mapFaults(e)} {
		parts = append(parts, list...)
	}
	if e.Reason == table.TwoLineHeader {
		parts = append(parts, both("占两行且无法合并", "it takes two rows that cannot be joined"))
	}
	if len(e.Found) > 0 {
		parts = append(parts, words{"读到的是：" + listed(e.Found, "、"), "found: " + listed(e.Found, ", ")})
	}
	all := joined(parts, "；", "; ")
	return words{place.zh + "：" + all.zh, place.en + ": " + all.en}, hint
}

func missingColumns(e *table.HeaderError) []words {
	var parts []words
	for _, m := range e.Missing {
		s := both("「%s」", `"%s"`, m.Header)
		parts = append(parts, words{s.zh + nearestNote(m.Nearest).zh, s.en + nearestNote(m.Nearest).en})
	}
	switch {
	case len(parts) == 0:
		return nil
	case e.AnyOf:
		all := joined(parts, "、", ", ")
		return []words{{"至少要有其中一列：" + all.zh, "one of these columns is needed: " + all.en}}
	}
	all := joined(parts, "、", ", ")
	return []words{{"缺少" + all.zh, "missing: " + all.en}}
}

func doubledColumns(e *table.HeaderError) []words {
	var parts []words
	for _, d := range e.Doubled {
		var zh, en []string
		for i, c := range d.Columns {
			zh = append(zh, sheet.ColumnName(c)+" 列「"+d.Headers[i]+"」")
			en = append(en, sheet.ColumnName(c)+` "`+d.Headers[i]+`"`)
		}
		parts = append(parts, words{fmt.Sprintf("「%s」重复：%s", d.Header, strings.Join(zh, "、")), fmt.Sprintf(`"%s" stands in several columns: %s`, d.Header, strings.Join(en, ", "))})
	}
	return parts
}

func blankColumns(e *table.HeaderError) []words {
	var parts []words
	for _, c := range e.Blank {
		parts = append(parts, both("%s 列有数据但没有表头", "column %s has data but no header", sheet.ColumnName(c)))
	}
	return parts
}

func mapFaults(e *table.HeaderError) []words {
	var parts []words
	for _, m := range e.Map {
		s := both("--map '%s=%s'：表格里没有这个表头", "--map '%s=%s': the sheet has no such header", m.Header, m.Field)
		if m.UnknownField {
			s = both("--map '%s=%s'：没有这个字段", "--map '%s=%s': there is no such field", m.Header, m.Field)
		}
		parts = append(parts, words{s.zh + nearestNote(m.Nearest).zh, s.en + nearestNote(m.Nearest).en})
	}
	return parts
}

func nearestNote(nearest string) words {
	if nearest == "" {
		return words{}
	}
	return both("（是否就是「%s」？）", ` (is it "%s"?)`, nearest)
}

func joined(parts []words, zh, en string) words {
	var a, b []string
	for _, p := range parts {
		a, b = append(a, p.zh), append(b, p.en)
	}
	return words{strings.Join(a, zh), strings.Join(b, en)}
}

// mostHeaders is how many of the headers that were found a message lists.
const mostHeaders = 20

func listed(headers []string, separator string) string {
	if len(headers) > mostHeaders {
		headers = append(headers[:mostHeaders:mostHeaders], "…")
	}
	return strings.Join(headers, separator)
}
