package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"tagkeep/importer"
)

// bar is the progress bar of an import: only on a terminal, on stderr.
type bar struct {
	a *app
	p *progressbar.ProgressBar
}

// checking says on a terminal that the file is being read for the first time,
// until wipe is called.
func (a *app) checking() (wipe func()) {
	if a.quiet || !terminal(a.stderr) {
		return func() {}
	}
	text := a.t("正在检查文件…", "checking the file…")
	fmt.Fprint(a.stderr, "\r"+text)
	return func() { fmt.Fprint(a.stderr, "\r"+strings.Repeat(" ", 2*len([]rune(text)))+"\r") }
}

func (a *app) progress(bytes int64) *bar {
	if a.quiet || !terminal(a.stderr) {
		return &bar{a: a}
	}
	return &bar{a, progressbar.NewOptions64(bytes,
		progressbar.OptionSetWriter(a.stderr),
		progressbar.OptionShowBytes(true),
		progressbar.OptionSetWidth(24),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetDescription(a.t("正在导入", "importing")),
	)}
}

func (b *bar) update(p importer.Progress) {
	if b.p == nil {
		return
	}
	text := fmt.Sprintf(b.a.t("已处理 %d 行", "%d rows"), p.Rows)
	if p.Rejected > 0 {
		text += fmt.Sprintf(b.a.t("，失败 %d", ", %d failed"), p.Rejected)
	}
	b.p.Describe(text)
	_ = b.p.Set64(min(p.Done, p.Total)) // a bar that cannot be drawn is no reason to fail
}

func (b *bar) done() {
	if b.p != nil {
		_ = b.p.Finish()
	}
}
