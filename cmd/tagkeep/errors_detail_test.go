package main

import (
	"strings"
	"testing"
)

// Details that an admin can come across are told in Chinese; of the others it is
// said what they are.
func TestDetailsInChinese(t *testing.T) {
	for en, zh := range map[string]string{
		"the record on line 12 is over 16 MiB":                                                "第 12 行起的一条记录超过 16 MiB，可能是引号没有成对",
		"the zip directory at the end of the file is missing or broken: the file was cut off": "文件末尾缺失，可能没有下载完整",
		"xl/worksheets/sheet1.xml: one XML token of more than 16777216 bytes":                 "有一个单元格超过 16 MiB",
		"xl/worksheets/sheet1.xml: elements nested more than 256 deep":                        "结构嵌套超过 256 层，正常的表格没有",
		"xl/worksheets/sheet1.xml: it ends inside <row> (byte 77)":                            "内容中途截断，可能没有下载完整",
		"xl/sharedStrings.xml inflates to more than 1000 times its size":                      "解压后异常巨大，疑似压缩炸弹",
		"xl/worksheets/sheet1.xml: merged ranges that overlap or hold too much, in row 9":     "第 9 行的合并单元格重叠或过多",
		"xl/worksheets/sheet1.xml: a broken attribute (byte 5)":                               "技术信息：xl/worksheets/sheet1.xml: a broken attribute (byte 5)",
	} {
		if got := inChinese(en); got != zh {
			t.Errorf("%s: got %s, want %s", en, got, zh)
		}
	}
	for _, d := range details {
		if strings.ContainsAny(strings.NewReplacer("MiB", "").Replace(d.zh), "abcdefghijklmnopqrstuvwxyz") {
			t.Errorf("%s is not Chinese", d.zh)
		}
	}
}
