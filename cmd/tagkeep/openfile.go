package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"tagkeep/importer"
	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
	"tagkeep/internal/table"
)

// openFile is tagkeep FILE, also a file dragged onto the program: it guesses the
// kind, dry-runs, shows the result and asks whether to import.
func (a *app) openFile(cmd *cobra.Command, path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(path, `./\`) {
		return unknownCommand(cmd, path)
	}
	a.window, a.again = true, a.sameActor()
	ctx := cmd.Context()
	kind, err := a.guessKind(ctx, path)
	if err != nil {
		return err
	}
	if !a.json || !a.yes {
		a.asks = true
		res, err := a.importFile(ctx, path, kind, importer.Options{DryRun: true})
		if err != nil || a.json {
			return a.tellImport(res, err)
		}
		a.summary(res, nil)
		if res.Rows.Created+res.Rows.Updated == 0 {
			a.say("%s", a.t("没有要写入的行，不必导入。", "There is nothing to import."))
			return ended(exitFor(res))
		}
		yes, err := a.confirmed(ctx, a.t("现在导入吗？", "Import it now?"))
		if err != nil {
			return err
		}
		if !yes {
			return a.notImported(res, path)
		}
	}
	res, err := a.importFile(ctx, path, kind, importer.Options{Command: commandLine(cmd)})
	return a.tellImport(res, err)
}

// notImported says how to import what was only checked.
func (a *app) notImported(res *importer.Result, path string) error {
	a.say(a.t("未导入。要导入请执行：tagkeep import %s %s%s", "Not imported. To import it: tagkeep import %s %s%s"), res.Kind, quoted(path), a.sameActor()+a.sameDatabase())
	return ended(exitFor(res))
}

func (a *app) guessKind(ctx context.Context, path string) (crm.Kind, error) {
	if err := checkInput(path); err != nil {
		return "", err
	}
	f, err := sheet.Open(ctx, path, sheet.Options{Fit: table.FitAny})
	if err != nil {
		return "", err
	}
	defer f.Close()
	first, err := firstRows(ctx, f, 20)
	if err != nil {
		return "", err
	}
	kind, ok := table.GuessKind(first)
	if !ok {
		return "", refuse("KIND_UNCLEAR", both("%s：看不出是标签、客户、员工还是授权表格", "%s: not clear whether these are tags, customers, staff or grants", path),
			both("用 tagkeep inspect %s 查看读到的内容，或指明种类：tagkeep import tags|customers|staff|grants %[1]s",
				"see what was read with tagkeep inspect %s, or say the kind: tagkeep import tags|customers|staff|grants %[1]s", quoted(path)))
	}
	return kind, nil
}

// checkInput says in the user's language what may be wrong with a path.
func checkInput(path string) error {
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return refuse("NO_FILE", both("找不到文件：%s", "there is no file %s", path), both("检查路径是否写对", "check the path"))
	case err == nil && st.IsDir():
		return refuse("NOT_A_FILE", both("%s 是文件夹，不是表格", "%s is a folder and no spreadsheet", path), both("写出文件夹里的表格文件名", "name the file in it"))
	case err == nil && !st.Mode().IsRegular():
		return refuse("NOT_A_FILE", both("%s 不是普通文件，表格要能读两遍", "%s is no regular file, and a spreadsheet is read twice", path), both("先存成文件再导入", "save it to a file first"))
	}
	return nil // what else there is, opening it will tell
}

// firstRows reads up to n rows.
func firstRows(ctx context.Context, f *sheet.File, n int) ([]sheet.Row, error) {
	rows, err := f.Rows(ctx)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	buf := make([]sheet.Row, n)
	got := 0
	for got < n {
		k, err := rows.Read(buf[got:])
		got += k
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	return buf[:got], nil
}

// confirmed asks a yes-no question; without a terminal the answer is --yes.
func (a *app) confirmed(ctx context.Context, question string) (bool, error) {
	if a.yes || !terminal(a.stdin) {
		return a.yes, nil
	}
	line, err := a.answer(ctx, question+" [y/N] ")
	if err != nil {
		return false, err
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes", "是", "好":
		return true, nil
	}
	return false, nil
}

// answer asks for a line on the terminal; "" when there is none.
func (a *app) answer(ctx context.Context, question string) (string, error) {
	fmt.Fprint(a.stderr, question)
	answer := make(chan string, 1)
	if a.lines == nil {
		a.lines = bufio.NewReader(a.stdin)
	}
	go func() { // the read goes on when Ctrl-C ends the question
		line, _ := a.lines.ReadString('\n')
		answer <- line
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(a.stderr)
		return "", ctx.Err()
	case line := <-answer:
		return strings.TrimSpace(line), nil
	}
}
