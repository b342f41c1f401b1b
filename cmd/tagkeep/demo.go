package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tagkeep/importer"
	"tagkeep/internal/crm"
	"tagkeep/samples"
)

// demoSteps are the imports of the demo, in the order in which a company fills
// its database. The last one has bad rows on purpose.
var demoSteps = []struct {
	kind crm.Kind
	file string
}{
	{crm.People, "staff.xlsx"},
	{crm.Tags, "tags.xlsx"},
	{crm.Customers, "customers-gb18030.csv"},
	{crm.Customers, "messy.xlsx"},
}

func (a *app) demoCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "在单独的文件夹里用示例数据走一遍 / run the main job on samples in a folder of its own",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := demoFolder(dir)
			if err != nil {
				return err
			}
			a.database = "sqlite:" + filepath.Join(dir, "demo.db")
			var last *importer.Result
			for _, step := range demoSteps {
				path := filepath.Join(dir, step.file)
				a.say("\n$ tagkeep import %s %s", step.kind, step.file)
				res, err := a.importFile(cmd.Context(), path, step.kind, importer.Options{Command: "tagkeep demo"})
				if err != nil {
					return err
				}
				a.summary(res, nil)
				last = res
			}
			db, err := a.open(cmd.Context())
			if err != nil {
				return err
			}
			defer db.Close()
			s, err := db.State(cmd.Context())
			if err != nil {
				return err
			}
			a.say("\n$ tagkeep state")
			a.printState(a.say, db, s)
			a.say(a.t("\n全部在文件夹 %s 中，看完可删除。", "\nAll of it is in the folder %s; delete it when you have seen it."), dir)
			if a.json {
				return a.printJSON(map[string]any{"folder": dir, "state": s, "errors_file": last.ErrorsFile})
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "文件夹，默认新建一个临时的 / the folder, by default a new temporary one: `FOLDER`")
	return cmd
}

// demoFolder makes the folder and puts the samples into it. It never touches a
// folder that holds something.
func demoFolder(dir string) (string, error) {
	if dir == "" {
		made, err := os.MkdirTemp("", "tagkeep-demo-")
		if err != nil {
			return "", fmt.Errorf("make a folder for the demo: %w", err)
		}
		dir = made
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make a folder for the demo: %w", err)
	}
	held, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("look into the demo's folder: %w", err)
	}
	if len(held) > 0 {
		return "", refuse("NOT_EMPTY", both("文件夹不是空的：%s", "the folder is not empty: %s", dir),
			both("用 --dir 指明一个空的或还不存在的文件夹", "name an empty one, or one that does not exist, with --dir"))
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", err
	}
	return dir, os.CopyFS(dir, samples.Files)
}
