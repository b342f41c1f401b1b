package main

import (
	"github.com/spf13/cobra"
	"golang.org/x/text/unicode/norm"

	"tagkeep/internal/access"
	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/recycle"
	"tagkeep/snapshot"
)

func (a *app) mergeTagsCommand() *cobra.Command {
	var into string
	var f doFlags
	cmd := &cobra.Command{
		Use:   "merge GROUP:TAG… --into GROUP:TAG --reason TEXT",
		Short: "合并到另一个标签，客户一起过去，可以撤回 / into another tag, with their customers; can be taken back",
		Long: `合并后原标签放入回收站，客户改为带有目标标签；原标签上的授权不转移。
用 tagkeep recycle restore 恢复时，目标标签会退回由合并得到的客户。

The old tags go into the recycle bin and their customers get the tag of --into; grants are not handed on.
When they are restored (tagkeep recycle restore), that tag gives back what it got by the merge.`,
		Args: someArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := needed([2]string{"into", into}); err != nil {
				return err
			}
			if err := f.check(); err != nil {
				return err
			}
			return a.mergeTags(cmd, args, into, f)
		}}
	cmd.Flags().StringVar(&into, "into", "", "合并到此标签 / the `GROUP:TAG` that they go into")
	f.declare(cmd.Flags())
	return cmd
}

func (a *app) mergeTags(cmd *cobra.Command, names []string, into string, f doFlags) error {
	return a.atDesk(cmd, func(d *admin.Desk) error {
		c, out := &choice{}, deleted{doFlags: f, kind: crm.ObjectTag}
		var target int64
		err := d.Look(cmd.Context(), func(tx *store.Tx, company *admin.Company) error {
			p := picker{a: a, tx: tx, company: company, by: d.By, f: deleteFlags{kind: crm.ObjectTag, names: names}, c: c}
			if err := p.named(); err != nil {
				return err
			}
			t, err := company.Tag(norm.NFC.String(into), false)
			target, out.into = t.ID, company.World.Written(access.Tag(t.ID))
			return err
		})
		if err != nil {
			return err
		}
		out.choice = c
		if f.dryRun {
			out.Counts, err = recycle.PlanMerge(cmd.Context(), d.DB, c.Tags, target, d.By)
		} else {
			out.Deleted, err = a.intoBin(cmd, d, f, c, func(dir *snapshot.Dir, o recycle.DeleteOptions) (recycle.Deleted, error) {
				return recycle.MergeTags(cmd.Context(), d.DB, dir, c.Tags, target, o)
			})
		}
		if err != nil {
			return deleteError(cmd.Context(), d, err)
		}
		return a.tellDeleted(cmd.Context(), d, out)
	})
}
