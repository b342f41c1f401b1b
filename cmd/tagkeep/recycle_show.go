package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tagkeep/internal/crm"
	"tagkeep/internal/report"
	"tagkeep/internal/sheet"
	"tagkeep/recycle"
)

// shownInBin is how many things of a kind a terminal gets, and how many of all
// kinds JSON has; a file has all.
const (
	shownInBin  = 30
	listedInBin = 1000
)

func (a *app) recycleShowCommand() *cobra.Command {
	var look recycle.Look
	var out string
	var force bool
	cmd := &cobra.Command{Use: "show D7", Short: "一次删除里的全部内容，可存成表格 / everything in a deletion, also as a spreadsheet", Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.showBin(cmd, args[0], look, out, force) }}
	cmd.Flags().StringVar(&out, "out", "", "存成表格 / write it to a spreadsheet: `FILE.xlsx|FILE.csv`")
	cmd.Flags().BoolVar(&force, "force", false, "覆盖已有的文件 / replace an existing file")
	cmd.Flags().BoolVar(&look.Verify, "verify", false, "通读快照 / read the snapshot to its end")
	return cmd
}

func (a *app) showBin(cmd *cobra.Command, word string, look recycle.Look, path string, force bool) error {
	id, err := eventID(word)
	if err != nil {
		return err
	}
	return a.atBin(cmd, false, func(b *bin) error {
		look.By = b.By
		var file *binFile
		if path != "" {
			if file, err = a.newBinFile(path, force); err != nil {
				return err
			}
			defer file.discard()
		}
		items, counts := []recycle.InBin{}, make(map[string]int)
		e, err := recycle.Show(cmd.Context(), b.DB, b.dir, id, look, func(x recycle.InBin) error {
			if b.masked {
				x.Mobile, x.Name = report.Mask(x.Mobile), report.Mask(x.Name)
			}
			if counts[x.Kind]++; counts[x.Kind] <= shownInBin || a.json && len(items) < listedInBin {
				items = append(items, x)
			}
			if file == nil {
				return nil
			}
			return file.row(a, x)
		})
		if err != nil {
			return err
		}
		written := ""
		if file != nil {
			if written, err = file.close(force); err != nil {
				return err
			}
		}
		return a.tellShown(b, e, items, counts, written)
	})
}

func (a *app) tellShown(b *bin, e recycle.Entry, items []recycle.InBin, counts map[string]int, written string) error {
	if a.json {
		return a.printJSON(struct {
			binEntry
			Items []recycle.InBin `json:"items"`
			File  string          `json:"file"`
		}{a.binEntry(b, e), items, written})
	}
	a.printEntry(b, e)
	kind := ""
	for _, x := range items {
		if x.Kind != kind {
			kind = x.Kind
			a.print("%s", kindWord(a, kind)+a.t("：", ":"))
		}
		a.print("  %s  %s", padded(x.Kind+":#"+strconv.FormatInt(x.ID, 10), 14), a.binLine(x))
	}
	for _, kind := range []string{crm.ObjectGroup, crm.ObjectTag, crm.RefCustomer} {
		if more := counts[kind] - shownInBin; more > 0 {
			a.print(a.t("还有 %d 个%s；全部内容：tagkeep recycle show %s --out %s.xlsx", "%d more of kind %s; all of it: tagkeep recycle show %s --out %s.xlsx"), more, kindWord(a, kind), e.Label(), e.Label())
		}
	}
	if written != "" {
		a.say(a.t("已写入 %s", "written to %s"), written)
	}
	if e.State == crm.StateInBin {
		a.print(a.t("下一步：tagkeep recycle plan %s%s", "next: tagkeep recycle plan %s%s"), e.Label(), a.sameActor()+a.sameDatabase())
	}
	return nil
}

func (a *app) binLine(x recycle.InBin) string {
	words := []string{x.Name}
	if x.Group != "" {
		words[0] = x.Group + ":" + x.Name
	}
	for _, more := range []string{x.External, x.Mobile} {
		if more != "" {
			words = append(words, more)
		}
	}
	if x.Kind != crm.ObjectGroup {
		words = append(words, fmt.Sprintf(a.t("打标关系 %d", "%d links"), x.Links))
	}
	if x.Grants > 0 {
		words = append(words, fmt.Sprintf(a.t("授权 %d", "%d grants"), x.Grants))
	}
	return strings.Join(words, a.t("，", ", "))
}

// binFile is a spreadsheet of what an event has in the bin.
type binFile struct {
	file  *sheet.NewFile
	csv   *sheet.CSVWriter
	book  *sheet.XLSXWriter
	sheet *sheet.SheetWriter
}

func (a *app) newBinFile(path string, force bool) (f *binFile, err error) {
	format := strings.ToLower(filepath.Ext(path))
	if format != ".xlsx" && format != ".csv" {
		return nil, usage("--out：文件名要以 .xlsx 或 .csv 结尾：%s", "--out: the file's name must end in .xlsx or .csv: %s", path)
	}
	f = &binFile{}
	if f.file, err = a.newFile(path, force); err != nil {
		return nil, err
	}
	if err = f.begin(a, f.file, format); err != nil {
		f.discard()
		return nil, err
	}
	return f, nil
}

func (f *binFile) begin(a *app, w io.Writer, format string) (err error) {
	header := []string{"类型", "编号", "标签组", "名称", "客户ID", "手机号", "打标关系", "授权"}
	if a.language() == crm.English {
		header = []string{"kind", "id", "group", "name", "external_id", "mobile", "links", "grants"}
	}
	if format == ".csv" {
		if f.csv, err = sheet.NewCSVWriter(w, sheet.CSVFormat{Encoding: "utf-8", Delimiter: ',', CRLF: true, BOM: true}); err != nil {
			return err
		}
		return f.csv.Write(header)
	}
	f.book = sheet.NewXLSXWriter(w)
	f.sheet, err = f.book.Sheet(a.t("回收站", "recycle bin"), sheet.SheetOptions{Widths: []float64{10, 10, 24, 30, 24, 16, 10, 8}, FreezeRows: 1, AutoFilter: true})
	if err != nil {
		return err
	}
	cells := make([]sheet.OutCell, len(header))
	for i, h := range header {
		cells[i] = sheet.OutCell{Value: h, Style: sheet.Header}
	}
	return f.sheet.Row(cells)
}

func (f *binFile) row(a *app, x recycle.InBin) error {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	group := x.Group
	if x.Kind == crm.ObjectGroup {
		group = x.Name
	}
	cells := []string{kindWord(a, x.Kind), number(x.ID), group, x.Name, x.External, x.Mobile, number(x.Links), number(x.Grants)}
	if f.csv != nil {
		for i := range cells {
			cells[i] = sheet.Guard(cells[i])
		}
		return f.csv.Write(cells)
	}
	out := make([]sheet.OutCell, len(cells))
	for i, c := range cells {
		out[i] = sheet.OutCell{Value: c, Number: i == 1 || i >= 6}
	}
	return f.sheet.Row(out)
}

func (f *binFile) close(force bool) (string, error) {
	var err error
	if f.csv != nil {
		err = f.csv.Flush()
	} else {
		err = f.book.Close()
	}
	if err != nil {
		return "", err
	}
	return f.file.Commit(force)
}

func (f *binFile) discard() {
	if f.book != nil {
		f.book.Discard()
	}
	f.file.Discard()
}
