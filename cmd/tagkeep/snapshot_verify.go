package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tagkeep/snapshot"
)

// checkedSnapshot is one file in the JSON of snapshot verify.
type checkedSnapshot struct {
	ID      string `json:"id"`
	Path    string `json:"path"`
	OK      bool   `json:"ok"`
	Problem string `json:"problem"`
}

func (a *app) verifySnapshots(cmd *cobra.Command, args []string) error {
	return a.withShelf(cmd, forLooking, func(s *shelf) error {
		list, err := s.list(cmd.Context())
		if len(args) > 0 && err == nil {
			list = make([]snapshot.Info, 1)
			list[0], err = s.get(args[0])
		}
		if err != nil {
			return err
		}
		checked, bad := []checkedSnapshot{}, 0
		for _, i := range list {
			c, err := a.verifyOne(cmd, s, i)
			if err != nil {
				return err
			}
			if !c.OK {
				bad++
			}
			checked = append(checked, c)
		}
		if a.json {
			err = a.printJSON(map[string]any{"verified": len(checked) - bad, "damaged": bad, "snapshots": checked})
		} else if len(checked) != 1 {
			a.say(a.t("完好 %d 份，已损坏 %d 份", "%d whole, %d damaged"), len(checked)-bad, bad)
		}
		if err == nil && bad > 0 {
			err = ended(exitFailed)
		}
		return err
	})
}

// verifyOne reads one file whole. Auditors leave no mark in the database.
func (a *app) verifyOne(cmd *cobra.Command, s *shelf, i snapshot.Info) (checkedSnapshot, error) {
	found := snapshot.Verify(cmd.Context(), i)
	if found != nil && !snapshot.Damaged(found) {
		return checkedSnapshot{}, found
	}
	if s.db != nil && !s.masked {
		if err := snapshot.Remember(cmd.Context(), s.db, i, found, time.Now().UnixMilli()); err != nil {
			fmt.Fprintf(a.stderr, a.t("结果没有记入数据库：%v\n", "the result is not kept in the database: %v\n"), err)
		}
	}
	c := checkedSnapshot{ID: i.ID, Path: i.Path, OK: found == nil}
	if found != nil {
		c.Problem = snapshot.ProblemOf(found)
	}
	switch {
	case a.json:
	case c.OK:
		a.say(a.t("完好：%s", "whole: %s"), i.Path)
	default:
		a.print(a.t("【已损坏】%s：%s", "[DAMAGED] %s: %s"), i.Path, a.problem(c.Problem))
	}
	return c, nil
}

func (a *app) copySnapshot(cmd *cobra.Command, word, to string) error {
	if to == "" {
		return usage("缺少 --to，例如 --to /mnt/backup", "--to is missing, as in --to /mnt/backup")
	}
	return a.withShelf(cmd, forTaking, func(s *shelf) error {
		i, err := s.get(word)
		if err != nil {
			return err
		}
		dir, err := snapshot.OpenDir(to)
		if err != nil {
			return err
		}
		c, err := snapshot.Copy(cmd.Context(), i, dir)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"id": c.ID, "path": c.Path, "bytes": c.Bytes, "sha256": c.SHA256})
		}
		a.say(a.t("已复制并校验：%s（%s）", "copied and verified: %s (%s)"), c.Path, sizeOf(c.Bytes))
		return nil
	})
}
