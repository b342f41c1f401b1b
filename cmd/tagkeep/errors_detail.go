package main

import "regexp"

// details are the technical details of refused files that somebody can come
// across who has not made the file by hand. The others stay English behind a
// word that says what they are for.
var details = []struct {
	en *regexp.Regexp
	zh string
}{
	{regexp.MustCompile(`^the record on line (\d+) is over (\d+) MiB$`), "第 $1 行起的一条记录超过 $2 MiB，可能是引号没有成对"},
	{regexp.MustCompile(`^the record on line (\d+) has more than (\d+) cells$`), "第 $1 行超过 $2 列"},
	{regexp.MustCompile(`^the zip directory at the end of the file is missing or broken: the file was cut off$`), "文件末尾缺失，可能没有下载完整"},
	{regexp.MustCompile(`^.*: it ends inside .*$`), "内容中途截断，可能没有下载完整"},
	{regexp.MustCompile(`^.*: it is empty.*$`), "工作表内容为空文件"},
	{regexp.MustCompile(`^.*: one XML token of more than \d+ bytes$|^.*: a cell of more than \d+ bytes$`), "有一个单元格超过 16 MiB"},
	{regexp.MustCompile(`^.*: row (\d+) has more than \d+ bytes of text$`), "第 $1 行的文字过多"},
	{regexp.MustCompile(`^.*: a document type or entity declaration$`), "含有实体声明，正常的表格没有"},
	{regexp.MustCompile(`^.*: elements nested more than (\d+) deep$`), "结构嵌套超过 $1 层，正常的表格没有"},
	{regexp.MustCompile(`^.* inflates to more than .*$`), "解压后异常巨大，疑似压缩炸弹"},
	{regexp.MustCompile(`^.*: more than (\d+) merged ranges$`), "合并单元格超过 $1 处"},
	{regexp.MustCompile(`^.*: merged ranges that overlap or hold too much, in row (\d+)$`), "第 $1 行的合并单元格重叠或过多"},
	{regexp.MustCompile(`^.*: more than (\d+) shared strings$`), "不同的文字超过 $1 个"},
	{regexp.MustCompile(`^.*: more than (\d+) sheets$`), "工作表超过 $1 个"},
	{regexp.MustCompile(`^a zip with more than (\d+) entries$`), "压缩包内文件超过 $1 个"},
	{regexp.MustCompile(`^zip entry .*$`), "压缩包内的文件名有问题，正常的表格没有"},
}

// inChinese is a technical detail in Chinese.
func inChinese(detail string) string {
	for _, d := range details {
		if at := d.en.FindStringSubmatchIndex(detail); at != nil {
			return string(d.en.ExpandString(nil, d.zh, detail, at))
		}
	}
	return "技术信息：" + detail
}
