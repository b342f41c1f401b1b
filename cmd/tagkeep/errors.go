package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"tagkeep/importer"
	"tagkeep/internal/crm"
	"tagkeep/internal/report"
	"tagkeep/internal/sheet"
	"tagkeep/internal/table"
)

// Exit codes, a contract with scripts.
const (
	exitDone    = 0
	exitFailed  = 1
	exitRefused = 2
	exitPartly  = 3
	exitStopped = 130
)

// words is a sentence in both languages. Which one the user gets is decided
// when it is told: the database may have the last word in that.
type words struct{ zh, en string }

func both(zh, en string, args ...any) words {
	return words{fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)}
}

func (w words) Error() string           { return w.en }
func (w words) in(lang crm.Lang) string { return lang.Pick(w.zh, w.en) }
func (w words) empty() bool             { return w.en == "" }

// failure is an error with what the user is told about it.
type failure struct {
	exit int
	code string // stable, for --json
	err  error  // words where both languages are known
	hint words  // the next step; empty where explain knows it
	done words  // what is done already
	told bool   // the command has said it all
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func (f *failure) message(lang crm.Lang) string {
	if w, ok := f.err.(words); ok {
		return w.in(lang)
	}
	return f.err.Error()
}

// refuse is a refusal before any write.
func refuse(code string, what, hint words) error {
	return &failure{exit: exitRefused, code: code, err: what, hint: hint}
}

// ended is an exit code for a command that has told everything.
func ended(exit int) error {
	if exit == exitDone {
		return nil
	}
	return &failure{exit: exit, err: errors.New("ended"), told: true}
}

// exit tells the user what went wrong and returns the exit code.
func (a *app) exit(err error) int {
	if err == nil {
		return exitDone
	}
	f := a.explain(err)
	if f.told {
		return f.exit
	}
	told := a.details(f)
	if a.json {
		_ = a.printJSON(map[string]failureInfo{"error": told}) // nowhere left to say so
		return f.exit
	}
	fmt.Fprintln(a.stderr, a.t("错误：", "error: ")+told.Message)
	if told.Done != "" {
		fmt.Fprintln(a.stderr, a.t("已完成：", "done: ")+told.Done)
	}
	if told.Hint != "" {
		fmt.Fprintln(a.stderr, a.t("下一步：", "next: ")+told.Hint)
	}
	return f.exit
}

// failureInfo is a failure in JSON.
type failureInfo struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
	Done    string `json:"done"`
}

func (a *app) details(f *failure) failureInfo {
	lang := a.language()
	return failureInfo{f.code, withoutPassword(f.message(lang)), f.hint.in(lang), f.done.in(lang)}
}

var password = regexp.MustCompile(`(://[^:/@\s]*):[^@\s]*@`)

// withoutPassword takes the password out of a database address that was typed
// in the wrong place, as in tagkeep mysql://user:password@host/name.
func withoutPassword(s string) string { return password.ReplaceAllString(s, "$1:***@") }

// explain is the one place that turns an error into a message, a hint, a stable
// code and an exit code.
func (a *app) explain(err error) *failure {
	f := &failure{exit: exitFailed, code: "FAILED", err: err}
	if had := (*failure)(nil); errors.As(err, &had) {
		*f = *had
	}
	if f.told {
		return f
	}
	var file *sheet.FileError
	var header *table.HeaderError
	var removals *importer.RemovalsError
	switch {
	case errors.Is(err, importer.ErrStopped), errors.Is(err, context.Canceled):
		f.exit, f.code, f.err = exitStopped, "INTERRUPTED", both("已中断", "interrupted")
	case errors.As(err, &file):
		explainFile(f, file)
	case errors.As(err, &header):
		f.exit, f.code = exitRefused, reasonCode(string(header.Reason))
		f.err, f.hint = headerMessage(header)
	case errors.As(err, &removals):
		f.exit, f.code = exitRefused, "TOO_MANY_REMOVALS"
		f.err = both("覆盖会移除 %d 个打标关系（文件涉及的客户共有 %d 个），超过上限，没有写入任何数据",
			"replacing would remove %d links of the %d that the customers in the file have, more than is allowed; nothing was written", removals.Removed, removals.Of)
		f.hint = both("核对文件和 --tags；确实要移除时加 --max-removals %d", "check the file and --tags; if that is what you want, add --max-removals %d", removals.Removed)
	case errors.Is(err, importer.ErrUsage):
		f.exit, f.code = exitRefused, "USAGE"
	case explainAdmin(f, err), explainFilter(f, err):
	case !a.explainDatabase(f, err):
		explainPath(f, err)
	}
	if f.code == "USAGE" && f.hint.empty() {
		f.hint = both("用 tagkeep --help 查看用法", "see tagkeep --help")
	}
	return f
}

// explainPath is about files that are missing, out of reach or on a full disk.
func explainPath(f *failure, err error) {
	name := ""
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		name = p.Path
	}
	switch {
	case f.code == "USAGE":
	case errors.Is(err, fs.ErrNotExist) && name != "":
		f.exit, f.code = exitRefused, "NO_FILE"
		f.err, f.hint = both("找不到文件：%s", "there is no file %s", name), both("检查路径是否写对", "check the path")
	case errors.Is(err, fs.ErrPermission):
		if f.code = "NO_PERMISSION"; f.done.empty() {
			f.exit = exitRefused
		}
		f.hint = words{report.FileHint(crm.Chinese, err), report.FileHint(crm.English, err)}
		if name != "" {
			f.err = both("没有权限访问：%s", "no permission for %s", name)
		}
	case f.hint.empty():
		f.hint = words{report.FileHint(crm.Chinese, err), report.FileHint(crm.English, err)}
	}
}

// reasonCode writes a reason such as no-header as codes are written.
func reasonCode(reason string) string {
	return strings.ToUpper(strings.ReplaceAll(reason, "-", "_"))
}
