package main

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tagkeep/importer"
	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
	"tagkeep/internal/store"
)

// importFlags are the flags of import as they are written.
type importFlags struct {
	opts        importer.Options
	inBin       string
	missing     string
	maxRemovals string
	maxErrors   string
	delimiter   string
	mapping     []string
}

func (a *app) importCommand() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import tags|customers|staff|grants FILE",
		Short: "导入表格 / import a spreadsheet",
		Long: `导入标签（tags）、客户（customers）、员工（staff）或授权（grants）表格，.xlsx 或 .csv。出错的行不影响其他行，
会写进“失败数据”文件，改好标出的单元格后可直接再次导入。被中断时再次运行同一命令即可继续。

Imports tags, customers, staff or grants. A row with an error stops no other row; the failed rows
go into a file of their own that can be imported again once its marked cells are mended.
After an interruption the same command goes on where it stopped.`,
		Args: exactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			kind, err := parseKind(args[0])
			if err != nil {
				return err
			}
			opts, err := f.options(cmd)
			if err != nil {
				return err
			}
			a.again, a.atomic = repeatedFlags(cmd), opts.Atomic
			res, err := a.importFile(cmd.Context(), args[1], kind, opts)
			return a.tellImport(res, err)
		},
	}
	f.declare(cmd.Flags())
	return cmd
}

func parseKind(word string) (crm.Kind, error) {
	kind, err := crm.ParseKind(word)
	if err != nil {
		return "", usage("不认识的种类 %q：应为 tags（标签）、customers（客户）、staff（员工）或 grants（授权）", "unknown kind %q: it is tags, customers, staff or grants", word)
	}
	return kind, nil
}

func (f *importFlags) declare(fs *pflag.FlagSet) {
	o := &f.opts
	fs.BoolVar(&o.DryRun, "dry-run", false, "只检查，不写入 / check only, write nothing")
	fs.StringVar((*string)(&o.Existing), "existing", "update", "已存在的行 / rows that exist: `update|skip|reject`")
	fs.BoolVar(&o.OnlyExisting, "only-existing", false, "只更新，不新建 / update only, create nothing")
	fs.BoolVar(&o.CreateTags, "create-tags", false, "客户表中未知的标签自动新建 / create unknown tags of a customers sheet")
	fs.StringVar(&o.TagGroup, "tag-group", "", "没写组名的新标签放入此组 / the `GROUP` of new tags without one")
	fs.StringVar(&f.inBin, "in-bin", "create", "名称在回收站时 / names in the recycle bin: `create|reject`")
	fs.StringVar((*string)(&o.Tags), "tags", "add", "标签方式 / what tags do: `add|replace|replace-in-group|remove`")
	fs.StringVar(&f.maxRemovals, "max-removals", "", "覆盖最多可移除的关系 / links that replacing may remove: `N|P%`")
	fs.StringVar(&f.missing, "missing", "leave", "（员工表）不在文件中的人 / (staff) people not in the file: `leave|disable`")
	fs.BoolVar(&o.Atomic, "atomic", false, "有一行失败就全部不写 / all or nothing")
	fs.StringVar(&f.maxErrors, "max-errors", "", "失败行超过此数即停 / stop when more rows fail: `N|P%`")
	fs.IntVar(&o.Chunk, "chunk", 1000, "每批行数 / `rows` per chunk")
	fs.StringVar(&o.Sheet, "sheet", "", "要读取的工作表 / `NAME` of the sheet to read")
	fs.StringVar(&o.Encoding, "encoding", "auto", "文字编码 / `auto|utf-8|gb18030|utf-16le|...`")
	fs.StringVar(&f.delimiter, "delimiter", "auto", "分隔符 / `auto|,|;|tab`")
	fs.StringArrayVar(&f.mapping, "map", nil, "表头的含义，可多次 / what a header means, repeatable: `HEADER=FIELD`")
	fs.IntVar(&o.HeaderRow, "header-row", 0, "表头在第几行 / `row` of the header")
	fs.StringVar(&o.ErrorsTo, "errors", "", "失败数据写到 / `FILE` for failed rows")
	fs.BoolVar(&o.Restart, "restart", false, "从头开始，不接着上次 / do not resume")
	fs.BoolVar(&o.FillMerged, "fill-merged", false, "合并单元格的值填满各格 / fill merged cells")
	fs.BoolVar(&o.SkipHidden, "skip-hidden", false, "跳过隐藏行 / leave hidden rows alone")
	fs.DurationVar(&o.Wait, "wait", 10*time.Second, "数据库忙时最多等待 / how long to wait for a busy database: `10s|5m`")
}

// encodings are what --encoding takes.
var encodings = []string{"auto", "utf-8", "utf8", "gb18030", "gbk", "gb2312", "utf-16le", "utf-16be", "big5", "shift_jis", "windows-1252"}

// options checks the flags' values.
func (f *importFlags) options(cmd *cobra.Command) (importer.Options, error) {
	o := f.opts
	if err := f.check(); err != nil {
		return o, err
	}
	o.RejectInBin, o.DisableMissing = f.inBin == "reject", f.missing == "disable"
	var err error
	if o.MaxRemovals, err = amount("max-removals", f.maxRemovals); err != nil {
		return o, err
	}
	if o.MaxErrors, err = amount("max-errors", f.maxErrors); err != nil {
		return o, err
	}
	if o.Delimiter, err = delimiter(f.delimiter); err != nil {
		return o, err
	}
	if o.Map, err = parseMapping(f.mapping); err != nil {
		return o, err
	}
	if o.Encoding == "auto" {
		o.Encoding = ""
	}
	o.WantFile = cmd.Flags().Changed("errors")
	o.Command = commandLine(cmd)
	return o, nil
}

// parseMapping reads 'Header=field' of --map.
func parseMapping(list []string) (map[string]string, error) {
	if len(list) == 0 {
		return nil, nil
	}
	m := make(map[string]string, len(list))
	for _, one := range list {
		header, field, ok := strings.Cut(one, "=")
		if !ok || header == "" || field == "" {
			return nil, usage("--map：%q 应写成 '表头=字段'", "--map: %q is not 'Header=field'", one)
		}
		m[header] = field
	}
	return m, nil
}

// check refuses values that no import can have.
func (f *importFlags) check() error {
	o := f.opts
	for _, err := range []error{
		oneOf("existing", string(o.Existing), "update", "skip", "reject"),
		oneOf("tags", string(o.Tags), "add", "replace", "replace-in-group", "remove"),
		oneOf("in-bin", f.inBin, "create", "reject"),
		oneOf("missing", f.missing, "leave", "disable"),
		oneOf("encoding", strings.ToLower(o.Encoding), encodings...),
	} {
		if err != nil {
			return err
		}
	}
	switch {
	case o.Chunk < 1 || o.Chunk > 100000:
		return usage("--chunk：%d 不在 1 到 100000 之间", "--chunk: %d is not between 1 and 100000", o.Chunk)
	case o.HeaderRow < 0:
		return usage("--header-row：%d 不是行号", "--header-row: %d is not a row", o.HeaderRow)
	case o.Wait < 0:
		return usage("--wait：不能为负", "--wait: must not be negative")
	case o.OnlyExisting && o.Existing != importer.UpdateExisting:
		return usage("--only-existing 不能和 --existing %s 一起用：那样什么都不会导入", "--only-existing and --existing %s together leave nothing to do", o.Existing)
	case o.TagGroup != "" && !o.CreateTags:
		return usage("--tag-group 需要和 --create-tags 一起用", "--tag-group needs --create-tags")
	}
	return nil
}

// amount reads 100 or 5%.
func amount(flag, text string) (importer.Amount, error) {
	if text == "" {
		return importer.Amount{}, nil
	}
	n, err := importer.ParseAmount(text)
	if err != nil {
		return n, usage("--%s：%q 应为个数（如 100）或百分比（如 5%%）", "--%s: %q is neither a number such as 100 nor a share such as 5%%", flag, text)
	}
	return n, nil
}

func delimiter(s string) (rune, error) {
	switch s {
	case "auto", "":
		return 0, nil
	case "tab", `\t`:
		return '\t', nil
	}
	r, n := utf8.DecodeRuneInString(s)
	if n != len(s) || !strings.ContainsRune(",;|，\t", r) {
		return 0, usage("--delimiter：%q 应为 auto、逗号、;、| 或 tab", "--delimiter: %q is not one of auto, comma, ;, |, tab", s)
	}
	return r, nil
}

// commandLine is the command for the audit log, without the database's address,
// which may hold a password.
func commandLine(cmd *cobra.Command) string {
	words := append([]string{cmd.CommandPath()}, flagsOf(cmd, "db")...)
	return strings.Join(append(words, cmd.Flags().Args()...), " ")
}

// repeatedFlags are the flags that the import of the repair file needs too: all
// but those about this file alone.
func repeatedFlags(cmd *cobra.Command) string {
	flags := flagsOf(cmd, "db", "lang", "json", "quiet", "yes", "dry-run", "atomic", "errors", "restart", "sheet", "header-row", "encoding", "delimiter", "skip-hidden", "fill-merged", "missing", "max-errors", "chunk", "wait")
	for i, f := range flags {
		flags[i] = " " + f
	}
	return strings.Join(flags, "")
}

// planFlags are the flags that a command needs to carry out what its dry run
// showed, but for the database and who acts.
func planFlags(cmd *cobra.Command) string {
	text := ""
	for _, f := range flagsOf(cmd, "db", "as", "lang", "json", "quiet", "yes", "dry-run", "plan", "report", "wait") {
		text += " " + f
	}
	return text
}

// flagsOf are the flags that were given, as a shell takes them.
func flagsOf(cmd *cobra.Command, without ...string) []string {
	var out []string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch list, ok := f.Value.(pflag.SliceValue); {
		case slices.Contains(without, f.Name):
		case ok:
			for _, v := range list.GetSlice() {
				out = append(out, "--"+f.Name+" "+quoted(v))
			}
		case f.Value.Type() == "bool":
			out = append(out, "--"+f.Name)
		default:
			out = append(out, "--"+f.Name+" "+quoted(f.Value.String()))
		}
	})
	return out
}

// importFile runs one import: first reading, database, second reading.
func (a *app) importFile(ctx context.Context, path string, kind crm.Kind, o importer.Options) (*importer.Result, error) {
	if err := checkInput(path); err != nil {
		return nil, err
	}
	if err := a.findZone(ctx); err != nil {
		return nil, err
	}
	o.Lang = a.language()
	wipe := a.checking()
	im, err := importer.Open(ctx, path, kind, o, a.zone)
	wipe()
	if err != nil {
		return nil, err
	}
	defer im.Close()
	if err := checkErrorsFile(o.ErrorsTo, im.Info()); err != nil {
		return nil, err
	}
	db, err := a.importTarget(ctx, o.DryRun)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	by, err := a.actor(ctx, db)
	if err != nil {
		return nil, err
	}
	im.As(by)
	bar := a.progress(im.Info().Size)
	im.OnProgress(bar.update)
	res, err := im.Run(ctx, db)
	bar.done()
	return res, err
}

// checkErrorsFile refuses, before anything is stored, a name that the repair
// file cannot have: rows of a workbook go into a workbook.
func checkErrorsFile(path string, in sheet.Info) error {
	if path == "" || strings.EqualFold(filepath.Ext(path), "."+string(in.Format)) {
		return nil
	}
	return usage("--errors：%s 的失败数据要写成 .%s 文件", "--errors: failed rows of %s go into a .%s file", filepath.Base(in.Path), in.Format)
}

// importTarget: an import makes a missing database, a dry run takes it as empty.
// Nobody is in a database that is still to be made, so --as demands one.
func (a *app) importTarget(ctx context.Context, dryRun bool) (*store.DB, error) {
	if a.as != "" {
		there, err := a.open(ctx)
		if err != nil {
			return nil, err
		}
		if dryRun {
			return there, nil
		}
		if err := there.Close(); err != nil {
			return nil, err
		}
	}
	if dryRun {
		return a.openOrEmpty(ctx)
	}
	db, _, err := a.openOrMake(ctx, store.Settings{}, store.ForBulk())
	return db, err
}

// tellImport prints the result and turns it into an exit code.
func (a *app) tellImport(res *importer.Result, err error) error {
	if res == nil || err != nil && !toldInSummary(err) {
		return a.broken(res, err)
	}
	if a.json {
		if err := a.printJSON(res); err != nil {
			return err
		}
	}
	a.summary(res, err)
	switch {
	case errors.Is(err, importer.ErrStopped):
		return ended(exitStopped)
	case errors.Is(err, importer.ErrAtomic), a.wouldRefuse(res):
		return ended(exitRefused)
	case errors.Is(err, importer.ErrTooManyErrors):
		return ended(exitPartly)
	}
	return ended(exitFor(res))
}

// wouldRefuse: a dry run ends as the import would.
func (a *app) wouldRefuse(res *importer.Result) bool {
	return res.DryRun && a.atomic && res.Rows.Rejected > 0
}

// exitFor is the exit code of an import that went through.
func exitFor(res *importer.Result) int {
	if res.Rows.Rejected > 0 {
		return exitPartly
	}
	return exitDone
}

// toldInSummary: ways to end that have a result to show.
func toldInSummary(err error) bool {
	return errors.Is(err, importer.ErrStopped) || errors.Is(err, importer.ErrAtomic) || errors.Is(err, importer.ErrTooManyErrors)
}

// broken is an import that failed; what is stored already stays, and is told.
func (a *app) broken(res *importer.Result, err error) error {
	refused := (*importer.RefusedError)(nil)
	if errors.As(err, &refused) {
		err = &failure{exit: exitRefused, code: "NOT_ALLOWED", err: inBoth(refused.Message), hint: inBoth(refused.Fix)}
	}
	switch {
	case res == nil:
		return err
	case res.DryRun:
		if removals := (*importer.RemovalsError)(nil); errors.As(err, &removals) && !a.json {
			a.summary(res, err)
		}
		return err
	case res.Run == 0:
		return err
	case res.Status == importer.StatusPartial:
		return &failure{exit: exitFailed, code: "NO_ERRORS_FILE", err: both("失败数据文件没有写成：%v", "the file of failed rows could not be written: %v", cause(err)),
			hint: both("排除原因后再运行同一命令，或用 --errors 写到别处；已写入的行不会重复写入", "run the same command again when that is mended, or write elsewhere with --errors; rows that are stored are not stored twice"),
			done: both("R%d：没有错误的行已全部写入", "R%d: all rows without errors are stored", res.Run)}
	}
	done := both("R%d 已写入到第 %d 行；再运行同一命令会从下一行继续", "R%d is stored up to row %d; the same command goes on with the next row", res.Run, res.StoredTo)
	if res.StoredTo == 0 {
		done = both("还没有写入任何行", "no row is stored yet")
	}
	f := &failure{exit: exitFailed, code: "FAILED", err: err, done: done}
	if refused != nil { // the right was lost on the way
		f.code, f.err, f.hint = "NOT_ALLOWED", inBoth(refused.Message), inBoth(refused.Fix)
	}
	return f
}
