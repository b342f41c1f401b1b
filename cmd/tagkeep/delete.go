package main

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tagkeep/internal/access"
	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
	"tagkeep/internal/filter"
	"tagkeep/internal/store"
	"tagkeep/recycle"
	"tagkeep/snapshot"
)

// deleteFlags choose what goes, and how.
type deleteFlags struct {
	kind                 string // crm.ObjectGroup, crm.ObjectTag or crm.RefCustomer
	names                []string
	where                string
	condition            *filter.Expr
	expired, unused, all bool
	file                 listFlags

	doFlags
}

// doFlags are those of every command that sends something into the bin.
type doFlags struct {
	reason string
	dryRun bool
	wait   time.Duration
}

func (f *doFlags) declare(fs *pflag.FlagSet) {
	fs.StringVar(&f.reason, "reason", "", "为什么删除，会记录下来 / why, which is recorded: `TEXT`")
	fs.BoolVar(&f.dryRun, "dry-run", false, "只显示会删除什么 / show what would go, delete nothing")
	fs.DurationVar(&f.wait, "wait", 10*time.Second, "数据库忙时最多等待 / how long to wait for a busy database: `10s|5m`")
}

// check wants a reason, but not for a dry run.
func (f *doFlags) check() error {
	if f.wait < 0 {
		return usage("--wait：不能为负", "--wait: must not be negative")
	}
	if f.dryRun {
		return nil
	}
	return needed([2]string{"reason", f.reason})
}

func (a *app) deleteCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "delete",
		Short: "批量删除到回收站，先做已校验的快照 / delete into the recycle bin, after a verified snapshot",
		Long: `删除标签组（连同其标签）、标签或客户：先做快照并校验，再放入回收站，打标关系和授权随之沉睡，可以整批恢复。
选择方式：写出名称，或 --from 表格，或 --where 条件（docs/filter.md），或 --expired、--unused、--all。
选中同类的全部对象时必须写 --all。不会改动企业微信里的标签和客户。

Deletes tag groups with their tags, tags or customers: a snapshot is taken and verified, then all goes into the
recycle bin as one event, links and grants asleep, and can be restored as one.
What goes is named, or listed in a spreadsheet (--from), or chosen by --where (docs/filter.md), --expired,
--unused or --all. To delete everything of a kind takes --all. Nothing changes in WeCom itself.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, k := range []struct{ kind, use, short string }{
		{crm.ObjectGroup, "groups", "删除标签组及其标签 / delete tag groups with their tags"},
		{crm.ObjectTag, "tags", "删除标签 / delete tags"},
		{crm.RefCustomer, "customers", "删除客户 / delete customers"},
	} {
		cmd.AddCommand(a.deleteKindCommand(k.kind, k.use, k.short))
	}
	return cmd
}

func (a *app) deleteKindCommand(kind, use, short string) *cobra.Command {
	f := deleteFlags{kind: kind}
	cmd := &cobra.Command{Use: use + " NAME… | --from FILE | --where CONDITION | --all", Short: short, Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			f.names = args
			if err := f.check(); err != nil {
				return err
			}
			return a.deleteThings(cmd, f)
		}}
	fs := cmd.Flags()
	fs.StringVar(&f.where, "where", "", "符合条件的（docs/filter.md） / those that fit a `CONDITION` (docs/filter.md)")
	if kind == crm.ObjectTag {
		fs.BoolVar(&f.expired, "expired", false, "已过到期日期的 / those whose last day is past")
	}
	if kind != crm.RefCustomer {
		fs.BoolVar(&f.unused, "unused", false, map[string]string{crm.ObjectTag: "没有客户的 / those that no customer has",
			crm.ObjectGroup: "没有标签的 / those without tags"}[kind])
	}
	fs.BoolVar(&f.all, "all", false, "全部；其他选择方式选中全部时也要写 / all; also where another choice comes to everything")
	f.file.declare(fs)
	f.doFlags.declare(fs)
	return cmd
}

// check wants one way to choose. --all is one by itself, and else the consent to
// a choice that comes to everything.
func (f *deleteFlags) check() error {
	ways := 0
	for _, given := range []bool{len(f.names) > 0, f.file.path != "", f.where != "", f.expired, f.unused} {
		if given {
			ways++
		}
	}
	switch {
	case ways == 0 && !f.all:
		return refuse("USAGE", both("没有说明要删除哪些，没有删除任何数据", "nothing says what to delete, and nothing was deleted"),
			both("写出名称，或用 --from 文件、--where 条件、--unused、--all 选择", "give names, or choose with --from FILE, --where CONDITION, --unused or --all"))
	case ways > 1:
		return usage("名称、--from、--where、--expired、--unused 只能选一种", "names, --from, --where, --expired and --unused do not go together")
	case len(f.names) > 0 && f.all:
		return usage("写了名称就不能再写 --all", "--all does not go with names")
	}
	if err := f.file.check(); err != nil {
		return err
	}
	if f.where != "" {
		var err error
		if f.condition, err = parseWhere(f.where); err != nil {
			return err
		}
		if err := f.condition.Check(filterKinds[f.kind]); err != nil {
			return err
		}
		if f.condition.InBin() {
			return refuse("USAGE", both("条件选的是回收站里的，它们已经删除了", "the condition chooses what is in the recycle bin: that is deleted already"),
				both("要彻底清除请用 tagkeep recycle purge", "to remove it for good: tagkeep recycle purge"))
		}
	}
	return f.doFlags.check()
}

var filterKinds = map[string]crm.Kind{crm.ObjectGroup: filter.Groups, crm.ObjectTag: crm.Tags, crm.RefCustomer: crm.Customers}

// deleteThings chooses, and deletes or says what would go.
func (a *app) deleteThings(cmd *cobra.Command, f deleteFlags) error {
	return a.atDesk(cmd, func(d *admin.Desk) error {
		c, err := a.choose(cmd.Context(), d, f)
		if err != nil {
			return err
		}
		defer c.list.discard()
		if err := c.check(f); err != nil {
			return a.notDeleted(d, c, f, err)
		}
		out := deleted{choice: c, doFlags: f.doFlags, kind: f.kind}
		if f.dryRun {
			out.Counts, err = recycle.PlanDelete(cmd.Context(), d.DB, c.Selection, d.By)
		} else {
			out.Deleted, err = a.intoBin(cmd, d, f.doFlags, c, func(dir *snapshot.Dir, o recycle.DeleteOptions) (recycle.Deleted, error) {
				return recycle.Delete(cmd.Context(), d.DB, dir, c.Selection, o)
			})
		}
		if err != nil {
			return deleteError(cmd.Context(), d, err)
		}
		return a.tellDeleted(cmd.Context(), d, out)
	})
}

// intoBin runs what takes a snapshot and sends things into the bin.
func (a *app) intoBin(cmd *cobra.Command, d *admin.Desk, f doFlags, c *choice, fn func(*snapshot.Dir, recycle.DeleteOptions) (recycle.Deleted, error)) (recycle.Deleted, error) {
	path, err := a.snapshotFolder()
	if err != nil {
		return recycle.Deleted{}, err
	}
	dir, err := a.openFolder(path)
	if err != nil {
		return recycle.Deleted{}, snapshotError(err)
	}
	var bar *rowBar
	out, err := fn(dir, recycle.DeleteOptions{Reason: f.reason, By: d.By, Command: commandLine(cmd), Wait: f.wait, Confirm: a.confirmDelete(cmd.Context(), c),
		Progress: func(rows int64) {
			if bar == nil {
				bar = a.rowsBar(-1, a.t("正在做快照", "taking the snapshot"))
			}
			bar.set(rows, 0)
		}})
	if bar != nil {
		bar.done()
	}
	return out, snapshotError(untouched(err))
}

// check refuses a choice of nothing, and of everything without a word.
func (c *choice) check(f deleteFlags) error {
	switch {
	case c.Empty() && c.list != nil && c.list.ledger.Rejected > 0:
		return refuse("NOTHING_CHOSEN", both("文件里没有一行能删除，没有删除任何数据", "no row of the file can be deleted, and nothing was deleted"), words{})
	case c.Empty():
		return refuse("NOTHING_CHOSEN", words{f.nothing().zh + "，没有删除任何数据", f.nothing().en + ": nothing was deleted"}, words{})
	case c.list != nil && f.file.atomic && c.list.ledger.Rejected > 0:
		return refuse("NOT_ATOMIC", both("有 %d 行不能删除，按 --atomic 没有删除任何数据", "%d rows cannot be deleted: with --atomic nothing was deleted", c.list.ledger.Rejected), words{})
	case c.everything && !f.all && len(f.names) == 0:
		return refuse("NEEDS_ALL", both("选中的是全部（%d 个），没有删除任何数据", "that is all there is, %d of them: nothing was deleted", c.count()),
			both("确实要全部删除时加 --all", "if all of it is meant, add --all"))
	}
	return nil
}

// nothing says why a choice is empty.
func (f *deleteFlags) nothing() words {
	switch {
	case f.file.path != "":
		return both("文件里没有数据行", "the file has no rows")
	case f.where != "":
		return both("没有一个符合条件 %s", "nothing fits the condition %s", f.where)
	case f.expired:
		return both("没有过期的标签", "no tag has expired")
	case f.unused && f.kind == crm.ObjectGroup:
		return both("没有空的标签组", "no tag group is without tags")
	case f.unused:
		return both("每个标签都有客户", "every tag is on a customer")
	}
	return both("一个也没有", "there are none")
}

// notDeleted ends a command whose choice is refused. Where a file was read it
// tells its rows too.
func (a *app) notDeleted(d *admin.Desk, c *choice, f deleteFlags, err error) error {
	if c.list == nil || c.list.ledger.Rejected == 0 {
		return err
	}
	out := deleted{choice: c, doFlags: f.doFlags, kind: f.kind, refused: err}
	if werr := c.list.finish(0); werr != nil {
		return werr
	}
	return a.tellRefused(out)
}

// deleteError is recycleError for a delete, which can name what may not go.
func deleteError(ctx context.Context, d *admin.Desk, err error) error {
	var refusal *recycle.Refusal
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refusal):
		return refusedDelete(ctx, d, refusal)
	}
	return recycleError(err)
}

// refusedDelete names what may not go. A tag that whoever acts does not see, in a
// group that they do, has no name for them.
func refusedDelete(ctx context.Context, d *admin.Desk, r *recycle.Refusal) error {
	if r.Customer == 0 && !r.Decision.Seen() {
		return refuse("NOT_ALLOWED", both("不能删除：其中有您没有权限的标签", "not allowed: there are tags among it that you have no right to"),
			both("[tagkeep] 请超级管理员执行此命令", "[tagkeep] ask a super admin to run this command"))
	}
	return cmp.Or(d.Look(ctx, func(tx *store.Tx, c *admin.Company) error {
		written := c.World.Written(r.On)
		if r.Customer != 0 {
			written = crm.RefCustomer + ":" + numberOf("#", r.Customer)
		}
		return &admin.Refusal{Do: r.Do, On: written, Decision: r.Decision}
	}), error(r))
}

// objectOf is a thing of a kind as package access knows it.
func objectOf(kind string, id int64) access.Object {
	if kind == crm.ObjectGroup {
		return access.Group(id)
	}
	return access.Tag(id)
}
