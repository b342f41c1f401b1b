package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"tagkeep/internal/crm"
)

// app is one run of the program.
type app struct {
	stdin          io.Reader
	lines          *bufio.Reader // of stdin, once something was asked
	stdout, stderr io.Writer

	database  string // --db
	snapshots string // --snapshots
	as        string // --as
	lang      string // --lang
	json      bool
	quiet     bool
	yes       bool

	recipients []string // --recipient
	identities []string // --identity

	at      target         // the database, once it is known
	zone    *time.Location // its company's
	company crm.Lang       // its language, once it is open
	atomic  bool           // --atomic, which a dry run does not need itself
	again   string         // flags that the repair file's import needs too
	asks    bool           // a dry run is followed by the question whether to import
	window  bool           // started with a file: on Windows perhaps in a window of its own
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "tagkeep [FILE]",
		Short: "批量导入企业微信客户标签和客户，逐行逐格报错 / bulk import of WeCom customer tags and customers with exact row errors",
		Long: `tagkeep FILE      先预演导入一个表格，给出结果，再询问是否导入
                  dry-runs a spreadsheet, shows the result, asks whether to import

退出码 / exit codes:
    0  完成 / done
    1  失败：环境、数据库或磁盘 / failed: environment, database or disk
    2  写入前拒绝：参数、文件、表头或确认 / refused before any write
    3  部分完成：有失败的行 / done in part: some rows were rejected
  130  中断，可继续 / interrupted, resumable`,
		Args:          cobra.ArbitraryArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch len(args) {
			case 0:
				return cmd.Help()
			case 1:
				return a.openFile(cmd, args[0])
			}
			return unknownCommand(cmd, args[0])
		},
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(flagError)
	a.declare(root.PersistentFlags())
	root.Flags().BoolP("version", "v", false, "版本 / version")
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		if a.lang == "" {
			return nil
		}
		return oneOf("lang", a.lang, string(crm.Chinese), string(crm.English))
	}
	root.AddCommand(a.initCommand(), a.importCommand(), a.inspectCommand(), a.runsCommand(), a.stateCommand(), a.exportCommand(), a.accessCommand(), a.whyCommand(), a.demoCommand(),
		a.groupsCommand(), a.tagsCommand(), a.staffCommand(), a.auditCommand(), a.snapshotCommand(), a.nightlyCommand(), a.doctorCommand(), a.templateCommand(), a.statsCommand(), a.undoCommand(), a.deleteCommand(), a.recycleCommand())
	root.SetUsageTemplate(usageTemplate(root))
	root.CompletionOptions.HiddenDefaultCmd = true
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		c.Hidden = c.Hidden || c.Name() == "help"
	}
	return root
}

// declare adds the flags that every command has.
func (a *app) declare(f *pflag.FlagSet) {
	f.StringVar(&a.database, "db", "", "数据库 / database: `sqlite:PATH | mysql://user:pass@host:port/name` (TAGKEEP_DB, TAGKEEP_DB_FILE)")
	f.StringVar(&a.snapshots, "snapshots", "", "快照文件夹 / folder of the snapshots: `DIR` (TAGKEEP_SNAPSHOTS)")
	f.StringVar(&a.as, "as", "", "以此员工的身份操作 / act as this member: `USERID`")
	f.StringVar(&a.lang, "lang", "", "语言 / language: `zh|en` (TAGKEEP_LANG)")
	f.BoolVar(&a.json, "json", false, "标准输出只有一个 JSON 对象 / exactly one JSON object on stdout")
	f.BoolVarP(&a.quiet, "quiet", "q", false, "不显示进度和摘要 / no progress, no summary")
	f.BoolVarP(&a.yes, "yes", "y", false, "不再询问 / do not ask")
	f.BoolP("help", "h", false, "帮助 / help")
}

// language of text for people: --lang, TAGKEEP_LANG, the locale, the company's,
// Chinese.
func (a *app) language() crm.Lang {
	for _, s := range []string{a.lang, os.Getenv("TAGKEEP_LANG"), locale()} {
		switch s = strings.ToLower(s); {
		case strings.HasPrefix(s, "zh"):
			return crm.Chinese
		case strings.HasPrefix(s, "en"):
			return crm.English
		}
	}
	if a.company != "" {
		return a.company
	}
	return crm.Chinese
}

// locale is what the environment says about the language of messages. C and
// POSIX say nothing: scheduled jobs have them.
func locale() string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			if v == "C" || v == "POSIX" || strings.HasPrefix(v, "C.") {
				return ""
			}
			return v
		}
	}
	return ""
}

// t picks the text of the user's language.
func (a *app) t(zh, en string) string { return a.language().Pick(zh, en) }

// say tells people how it went: on stdout, or on stderr when stdout is for JSON.
// --quiet leaves it out.
func (a *app) say(format string, args ...any) {
	switch {
	case a.quiet:
	case a.json:
		fmt.Fprintf(a.stderr, format+"\n", args...)
	default:
		a.print(format, args...)
	}
}

// print writes what the command was asked for.
func (a *app) print(format string, args ...any) { fmt.Fprintf(a.stdout, format+"\n", args...) }

// terminal reports whether a stream is one.
func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
