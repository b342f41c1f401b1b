package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tagkeep/internal/archive"
	"tagkeep/internal/report"
	"tagkeep/snapshot"
)

// snapshotInfo is a snapshot in JSON.
type snapshotInfo struct {
	ID         string           `json:"id"`
	Sequence   int64            `json:"sequence"`
	Path       string           `json:"path"`
	Created    string           `json:"created"`
	Reason     string           `json:"reason"`
	Label      string           `json:"label"`
	Scope      string           `json:"scope"`
	Bytes      int64            `json:"bytes"`
	SHA256     string           `json:"sha256"`
	Rows       map[string]int64 `json:"rows"`
	Exact      string           `json:"exact"`
	Root       string           `json:"root"`
	Database   string           `json:"database"`
	Company    string           `json:"company"`
	Schema     int              `json:"schema"`
	Verified   string           `json:"verified"`
	Drilled    string           `json:"drilled"`
	Sampled    bool             `json:"sampled"`
	Suspicious bool             `json:"suspicious"`
	Future     bool             `json:"future"`
	Encrypted  bool             `json:"encrypted"`
	Recipients int              `json:"recipients"` // public keys, 0 where nobody knows
	Problem    string           `json:"problem"`
}

func (s *shelf) info(i snapshot.Info) snapshotInfo {
	return snapshotInfo{i.ID, i.Sequence, i.Path, s.time(i.Created), i.Reason, i.Label, i.Scope, i.Bytes, i.SHA256, i.Rows, i.Exact, i.Root, i.Database,
		i.Company, i.Schema, s.time(i.Verified), s.time(i.Drilled), i.Sampled, i.Suspicious, i.Future, i.Encrypted, i.Recipients, i.Problem}
}

func (a *app) listSnapshots(cmd *cobra.Command) error {
	return a.withShelf(cmd, forLooking, func(s *shelf) error {
		list, err := s.list(cmd.Context())
		if err != nil {
			return err
		}
		folder, err := a.snapshotFolder()
		if err != nil {
			return err
		}
		if a.json {
			infos := make([]snapshotInfo, len(list))
			for n, i := range list {
				infos[n] = s.info(i)
			}
			return a.printJSON(map[string]any{"folder": folder, "snapshots": infos})
		}
		if len(list) == 0 {
			a.print(a.t("还没有快照：%s\n下一步：tagkeep snapshot create", "no snapshots yet: %s\nnext: tagkeep snapshot create"), folder)
			return nil
		}
		for _, i := range list {
			a.listOne(s, i)
		}
		a.print(a.t("共 %d 份：%s", "%d snapshots: %s"), len(list), folder)
		return nil
	})
}

func (a *app) listOne(s *shelf, i snapshot.Info) {
	if i.ID == "" && i.Encrypted && i.Problem == "" {
		a.print(a.t("%s %s  已加密，没有 --identity 就不知道内容：%s", "%s %s  encrypted, and nobody knows what is in it without --identity: %s"), padded(i.Short(), 5), s.time(i.Created), i.File)
		return
	}
	if i.ID == "" {
		a.print(a.t("%s %s  【已损坏】%s：%s", "%s %s  [DAMAGED] %s: %s"), padded(i.Short(), 5), s.time(i.Created), i.File, a.problem(i.Problem))
		return
	}
	a.print("%s %s  %s %s %s  %s %s", padded(i.Short(), 5), s.time(i.Created), padded(a.reasonWord(i.Reason), 14), padded(a.scopeWord(i), 6),
		padded(sizeOf(i.Bytes), 9), fmt.Sprintf(a.t("%7d 行", "%7d rows"), i.Total()), a.standing(s, i))
	if i.Label != "" {
		a.print("      %s", i.Label)
	}
	if i.Problem != "" {
		a.print(a.t("      【已损坏】%s", "      [DAMAGED] %s"), a.problem(i.Problem))
	}
}

// standing says what is known of a snapshot beside its contents.
func (a *app) standing(s *shelf, i snapshot.Info) string {
	var words []string
	if i.Verified != 0 {
		words = append(words, a.t("已校验 ", "verified ")+s.time(i.Verified))
	} else if s.db != nil && s.db.Meta().UUID == i.Database {
		words = append(words, a.t("未校验", "not verified"))
	}
	if i.Drilled != 0 {
		drilled := a.t("已演练还原 ", "proven restorable ") + s.time(i.Drilled)
		if i.Sampled {
			drilled += a.t("（抽样）", " (sampled)")
		}
		words = append(words, drilled)
	}
	if i.Encrypted {
		words = append(words, a.sealWord(i))
	}
	if i.Suspicious {
		words = append(words, a.t("【可疑：数据骤减】", "[SUSPICIOUS: far less data]"))
	}
	if i.Future {
		words = append(words, a.t("【时间在未来】", "[FROM THE FUTURE]"))
	}
	if s.db != nil && s.db.Meta().UUID != i.Database {
		words = append(words, a.t("【另一个数据库】", "[ANOTHER DATABASE]"))
	}
	return strings.Join(words, a.t("，", ", "))
}

// problem says in the user's language what the package says of a file.
func (a *app) problem(p string) string { return problemWords(p).in(a.language()) }

func problemWords(p string) words {
	switch p {
	case archive.ErrTruncated.Error():
		return both("文件不完整", "the file is cut off")
	case archive.ErrNotArchive.Error():
		return both("不是快照文件", "not a snapshot file")
	case archive.ErrVersion.Error():
		return both("由更新版本的 tagkeep 写成", "written by a newer tagkeep")
	}
	if strings.Contains(p, archive.ErrCorrupt.Error()) {
		return words{"内容与写入时的校验值不符（技术信息：" + p + "）", p}
	}
	return words{p, p}
}

func (a *app) reasonWord(reason string) string {
	words := map[string]string{snapshot.Manual: "手动", snapshot.Schedule: "定时", snapshot.BeforeDelete: "删除前", snapshot.BeforeRestore: "恢复前",
		snapshot.BeforeUndo: "撤销前", snapshot.BeforePurge: "清除前"}
	if zh, ok := words[reason]; ok {
		return a.t(zh, reason)
	}
	return reason
}

func (a *app) scopeWord(i snapshot.Info) string {
	if i.Whole() {
		return a.t("全部", "all")
	}
	return a.t("部分", "part")
}

func (a *app) showSnapshot(cmd *cobra.Command, word string) error {
	return a.withShelf(cmd, forLooking, func(s *shelf) error {
		i, err := s.get(word)
		if err != nil {
			return err
		}
		if i.Err != nil {
			return i.Err
		}
		keys, err := a.keys()
		if err != nil {
			return err
		}
		beside := i.Encrypted && i.ID != "" && len(keys) == 0
		if i.Encrypted && !beside {
			if i, err = opened(i, keys); err != nil {
				return err
			}
		}
		if i, err = s.marked(cmd.Context(), i); err != nil {
			return err
		}
		if a.json {
			return a.printJSON(s.info(i))
		}
		a.print("%s  %s  %s  %s", i.Short(), s.time(i.Created), a.reasonWord(i.Reason), i.Label)
		a.print(a.t("  文件：%s（%s）", "  file: %s (%s)"), i.Path, sizeOf(i.Bytes))
		a.print(a.t("  公司：%s，数据库 %s", "  company: %s, database %s"), cmp.Or(i.Company, "—"), i.Database)
		if !i.Whole() {
			a.print(a.t("  范围：%s", "  scope: %s"), i.Scope)
		}
		for _, kind := range []struct{ table, zh, en string }{
			{"department", "部门", "departments"}, {"staff", "员工", "staff"}, {"tag_group", "标签组", "groups"}, {"tag", "标签", "tags"},
			{"customer", "客户", "customers"}, {"customer_staff", "跟进关系", "follows"}, {"link", "打标关系", "links"}, {"access_grant", "授权", "grants"},
			{"deletion", "删除事件", "deletions"}, {"import_run", "导入记录", "imports"}, {"audit_log", "操作日志", "log rows"}} {
			a.print("  %s%12d", padded(a.t(kind.zh, kind.en), 12), i.Rows[kind.table])
		}
		a.print("  id     %s", i.ID)
		if i.Exact != "" {
			a.print("  exact  %s", i.Exact)
		}
		if i.SHA256 != "" {
			a.print("  sha256 %s", i.SHA256)
		}
		if beside {
			a.print("  %s", a.t("以上是旁边的 .json 所写，加 --identity 才从快照本身读出", "this is what the .json beside it says; with --identity it is read from the snapshot itself"))
		}
		if w := a.standing(s, i); w != "" {
			a.print("  %s", w)
		}
		if i.Problem != "" {
			a.print(a.t("  【已损坏】%s", "  [DAMAGED] %s"), a.problem(i.Problem))
		}
		return nil
	})
}

func (a *app) catSnapshotCommand() *cobra.Command {
	key := ""
	cmd := &cobra.Command{
		Use: "cat S12|FILE [TABLE]", Short: "读出行 / print rows",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				return nil
			}
			return exactArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.catSnapshot(cmd, args, key) },
	}
	cmd.Flags().StringVar(&key, "key", "", "只读这些编号（第一列）/ only these ids, the first column: `FROM[-TO]`")
	return cmd
}

// keyRange reads 12 or 12-30.
func keyRange(s string) (from, to int64, err error) {
	if s == "" {
		return math.MinInt64, math.MaxInt64, nil
	}
	low, high, two := strings.Cut(s, "-")
	if !two {
		high = low
	}
	from, err = strconv.ParseInt(low, 10, 64)
	if err == nil {
		to, err = strconv.ParseInt(high, 10, 64)
	}
	if err != nil || from > to {
		return 0, 0, usage("--key：%q 应写成 12 或 12-30", "--key: %q should be 12 or 12-30", s)
	}
	return from, to, nil
}

func (a *app) catSnapshot(cmd *cobra.Command, args []string, key string) error {
	from, to, err := keyRange(key)
	if err != nil {
		return err
	}
	return a.withShelf(cmd, forLooking, func(s *shelf) error {
		i, err := s.get(args[0])
		if err != nil {
			return err
		}
		keys, err := a.keys()
		if err != nil {
			return err
		}
		f, err := i.Open(keys...)
		if err != nil {
			return err
		}
		defer f.Close()
		var tables []archive.Table
		var names []string
		for _, t := range f.Header().Tables {
			names = append(names, t.Name)
			if len(args) < 2 || args[1] == t.Name {
				tables = append(tables, t)
			}
		}
		if len(tables) == 0 {
			return usage("快照里没有表 %s，有：%s", "the snapshot has no table %s; it has %s", args[1], strings.Join(names, " "))
		}
		if a.json { // half an object would be none
			if err := check(cmd, f, tables, from, to); err != nil {
				return err
			}
		}
		out := bufio.NewWriterSize(a.stdout, 1<<16)
		w := &catWriter{out: out, json: a.json, masked: s.masked}
		w.begin()
		for n := range tables {
			w.table(n, &tables[n])
			for c, err := range f.Table(cmd.Context(), tables[n].Name, from, to) {
				if err != nil {
					_ = out.Flush() // what was right
					return err
				}
				for _, cells := range c.Rows() {
					w.row(cells)
				}
			}
		}
		w.end()
		return out.Flush()
	})
}

// check reads what is about to be printed.
func check(cmd *cobra.Command, f *snapshot.File, tables []archive.Table, from, to int64) error {
	for _, t := range tables {
		for _, err := range f.Table(cmd.Context(), t.Name, from, to) {
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// catWriter writes rows for people, or as one JSON object, without holding them.
// Errors stay with out until it is flushed.
type catWriter struct {
	out          *bufio.Writer
	json, masked bool
	tables, rows int
}

func (w *catWriter) begin() {
	if w.json {
		_, _ = w.out.WriteString(`{"tables":[`)
	}
}

func (w *catWriter) table(n int, t *archive.Table) {
	if !w.json {
		fmt.Fprintf(w.out, "#%s\t%s\n", t.Name, strings.Join(t.Columns, "\t"))
		return
	}
	w.closeTable()
	if n > 0 {
		_ = w.out.WriteByte(',')
	}
	w.tables, w.rows = n+1, 0
	columns, _ := json.Marshal(t.Columns) // names
	fmt.Fprintf(w.out, `{"table":%q,"columns":%s,"rows":[`, t.Name, columns)
}

func (w *catWriter) closeTable() {
	if w.tables > 0 {
		_, _ = w.out.WriteString("]}")
	}
}

func (w *catWriter) end() {
	if w.json {
		w.closeTable()
		_, _ = w.out.WriteString("]}\n")
	}
}

func (w *catWriter) row(cells []archive.Cell) {
	words := make([]*string, len(cells))
	for i, c := range cells {
		if c.Null {
			continue
		}
		s := string(c.Text)
		if w.masked {
			s = report.Mask(s)
		}
		words[i] = &s
	}
	if w.json {
		if w.rows > 0 {
			_ = w.out.WriteByte(',')
		}
		w.rows++
		b, _ := json.Marshal(words) // texts
		_, _ = w.out.Write(b)
		return
	}
	for i, s := range words {
		if i > 0 {
			_ = w.out.WriteByte('\t')
		}
		if s != nil {
			_, _ = w.out.WriteString(plainCell(*s))
		}
	}
	_ = w.out.WriteByte('\n')
}

// plainCell keeps a row on its line, and a terminal from taking orders.
func plainCell(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '␤'
		}
		return r
	}, s)
}
