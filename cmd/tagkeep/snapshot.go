package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/snapshot"
)

func (a *app) snapshotCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "snapshot",
		Short: "快照：已校验的完整副本 / snapshots: verified copies of the database",
		Long: `快照是数据库（或其中一部分）的压缩副本，每份一个文件，写完、重新读出并校验后才会出现。
S12 是快照的编号；也可以写文件名或文件路径。

A snapshot is a compressed copy of the database, or of a part of it, in one file, which appears when it
was written, read again and verified. S12 is its number; the name or path of its file does too.

--recipient age1…（或 TAGKEEP_RECIPIENTS）加密快照，写快照的机器不需要私钥；读取内容时用 --identity 指明私钥文件（或
TAGKEEP_IDENTITY）。公钥和私钥用 age-keygen 生成；至少用两把，分开保管。
--recipient age1… (or TAGKEEP_RECIPIENTS) encrypts snapshots, and the machine that writes them needs no private key;
reading what is in them takes --identity FILE (or TAGKEEP_IDENTITY). age-keygen makes the keys: have two, in two places.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	all := false
	verify := &cobra.Command{Use: "verify S12|FILE | --all", Short: "从头到尾校验 / verify to the last bit",
		Args: func(cmd *cobra.Command, args []string) error {
			if all {
				return noArgs(cmd, args)
			}
			return exactArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.verifySnapshots(cmd, args) }}
	verify.Flags().BoolVar(&all, "all", false, "文件夹里的全部快照 / every snapshot of the folder")
	to := ""
	copies := &cobra.Command{Use: "copy S12|FILE --to DIR", Short: "复制到另一个文件夹并校验 / copy to another folder, verified", Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.copySnapshot(cmd, args[0], to) }}
	copies.Flags().StringVar(&to, "to", "", "目标文件夹 / the folder: `DIR`")
	show := &cobra.Command{Use: "show S12|FILE", Short: "一份快照的详情 / one snapshot", Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.showSnapshot(cmd, args[0]) }}
	find := &cobra.Command{Use: "find NAME", Short: "哪些快照里有这个标签、标签组或客户 / which snapshots hold a tag, group or customer", Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.findInSnapshots(cmd, args[0]) }}
	diff := &cobra.Command{Use: "diff S12|FILE S13|FILE|now", Short: "两份快照之间（或到现在）的变化 / what changed between two snapshots, or since", Args: exactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error { return a.diffSnapshots(cmd, args[0], args[1]) }}
	cat, restore, drill := a.catSnapshotCommand(), a.snapshotRestoreCommand(), a.snapshotDrillCommand()
	a.identityFlag(show, cat, verify, copies, restore, drill, find, diff)
	cmd.AddCommand(a.createSnapshotCommand(),
		&cobra.Command{Use: "list", Short: "列出，最新的在前 / list, newest first", Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return a.listSnapshots(cmd) }},
		show, cat, verify, copies, restore, a.snapshotPruneCommand(), drill, find, diff)
	return cmd
}

func (a *app) createSnapshotCommand() *cobra.Command {
	var o snapshot.Options
	var only []string
	cmd := &cobra.Command{
		Use: "create", Short: "新建快照 / make a snapshot", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.createSnapshot(cmd, o, only) },
	}
	cmd.Flags().StringVar(&o.Reason, "reason", snapshot.Manual, "缘由 / reason: `manual|schedule`")
	cmd.Flags().StringVar(&o.Label, "label", "", "备注 / label: `TEXT`")
	cmd.Flags().StringArrayVar(&only, "only", nil, "只取这一部分，可重复 / only this part, may be repeated: `group:…|tag:…|customer:…`")
	a.recipientFlag(cmd)
	return cmd
}

func (a *app) createSnapshot(cmd *cobra.Command, o snapshot.Options, only []string) error {
	if err := oneOf("reason", o.Reason, snapshot.Manual, snapshot.Schedule); err != nil {
		return err
	}
	var refs []crm.Ref
	for _, word := range only {
		r, err := crm.ParseRef(word, "")
		if err != nil || r.Kind != crm.ObjectGroup && r.Kind != crm.ObjectTag && r.Kind != crm.RefCustomer {
			return usage("--only：%q 应写成 group:名称、tag:组:名称 或 customer:客户ID", "--only: %q should be group:NAME, tag:GROUP:NAME or customer:ID", word)
		}
		refs = append(refs, r)
	}
	return a.withShelf(cmd, forMaking, func(s *shelf) error {
		err := s.db.View(cmd.Context(), func(tx *store.Tx) (err error) {
			o.Scope, err = snapshot.FindScope(tx, refs)
			return err
		})
		if err != nil {
			return err
		}
		o.By, o.Command = s.by, commandLine(cmd)
		wipe := a.counting(&o)
		m, err := snapshot.Create(cmd.Context(), s.db, s.dir, o)
		wipe()
		if err != nil {
			return err
		}
		return a.tellMade(m)
	})
}

// counting shows on a terminal how many rows were read.
func (a *app) counting(o *snapshot.Options) (wipe func()) {
	if a.quiet || !terminal(a.stderr) {
		return func() {}
	}
	o.Progress = func(rows int64) {
		fmt.Fprintf(a.stderr, a.t("\r正在写入快照：%d 行", "\rwriting the snapshot: %d rows"), rows)
	}
	return func() { fmt.Fprint(a.stderr, "\r"+strings.Repeat(" ", 60)+"\r") }
}

// madeSnapshot is the JSON of snapshot create.
type madeSnapshot struct {
	ID         string           `json:"id"`
	Sequence   int64            `json:"sequence"`
	Path       string           `json:"path"`
	Bytes      int64            `json:"bytes"`
	SHA256     string           `json:"sha256"`
	Scope      string           `json:"scope"`
	Rows       map[string]int64 `json:"rows"`
	Exact      string           `json:"exact"`
	Suspicious bool             `json:"suspicious"`
	Encrypted  bool             `json:"encrypted"`
	Recipients int              `json:"recipients"` // public keys
}

func (a *app) tellMade(m snapshot.Made) error {
	if a.json {
		err := a.printJSON(madeSnapshot{m.ID, m.Sequence, m.Path, m.Bytes, m.SHA256, m.Scope, m.Rows, m.Exact, m.Suspicious, m.Encrypted, m.Recipients})
		if err != nil {
			return err
		}
	} else {
		a.say(a.t("快照 %s 已写入并校验：%s", "snapshot %s is written and verified: %s"), m.Short(), m.Path)
		a.say("  %s", a.contents(m.Info))
		if m.Encrypted {
			a.say("  %s", a.sealWord(m.Info))
		}
	}
	if m.Recipients == 1 {
		f := oneRecipient()
		fmt.Fprintln(a.stderr, a.t("警告：", "warning: ")+f.what.in(a.language()))
		fmt.Fprintln(a.stderr, a.t("下一步：", "next: ")+f.next.in(a.language()))
	}
	if !m.Suspicious {
		return nil
	}
	fmt.Fprintln(a.stderr, a.t("警告：与上一份定时快照相比，有一类数据少了一半以上。", "warning: more than half of one kind of data is gone since the last scheduled snapshot."))
	fmt.Fprintln(a.stderr, a.t("下一步：", "next: ")+fmt.Sprintf("tagkeep snapshot diff S%d %s%s", m.Sequence-1, m.Short(), a.sameDatabase()))
	return ended(exitPartly)
}

// contents is a line on what a snapshot holds.
func (a *app) contents(i snapshot.Info) string {
	return fmt.Sprintf(a.t("标签组 %d，标签 %d，客户 %d，打标关系 %d，授权 %d；%s", "%d groups, %d tags, %d customers, %d links, %d grants; %s"),
		i.Rows["tag_group"], i.Rows["tag"], i.Rows["customer"], i.Rows["link"], i.Rows["access_grant"], sizeOf(i.Bytes))
}

// sizeOf writes a number of bytes for people.
func sizeOf(n int64) string {
	units := []string{"B", "KB", "MB", "GB", "TB"}
	v, u := float64(n), 0
	for ; v >= 1000 && u < len(units)-1; u++ {
		v /= 1000
	}
	if u == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", v, units[u])
}
