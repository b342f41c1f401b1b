package main

import (
	"errors"
	"fmt"
	"time"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"tagkeep/snapshot"
)

// What verify held a file against.
const (
	checkedRows     = "rows"     // everything
	checkedEnvelope = "envelope" // the SHA-256 of an encrypted file, which no key opened
)

// checkedSnapshot is one file in the JSON of snapshot verify.
type checkedSnapshot struct {
	ID      string `json:"id"`
	Path    string `json:"path"`
	OK      bool   `json:"ok"`
	Checked string `json:"checked"` // rows or envelope, "" where nothing could be
	Problem string `json:"problem"`

	damaged bool
}

func (a *app) verifySnapshots(cmd *cobra.Command, args []string) error {
	keys, err := a.keys()
	if err != nil {
		return err
	}
	return a.withShelf(cmd, forLooking, func(s *shelf) error {
		list, err := s.list(cmd.Context())
		if len(args) > 0 && err == nil {
			list = make([]snapshot.Info, 1)
			list[0], err = s.get(args[0])
		}
		if err != nil {
			return err
		}
		checked, count := []checkedSnapshot{}, map[string]int{}
		for _, i := range list {
			c, err := a.verifyOne(cmd, s, i, keys)
			if err != nil && (len(args) > 0 || !errors.Is(err, snapshot.ErrKeyNeeded) && !errors.Is(err, snapshot.ErrWrongKey)) {
				return err
			}
			switch {
			case err != nil:
				c.Problem = snapshotError(err).Error()
				count["closed"]++
				a.say(a.t("没有校验（%s）：%s", "not verified (%s): %s"), a.explain(snapshotError(err)).message(a.language()), i.Path)
			case c.damaged:
				count["damaged"]++
			default:
				count[c.Checked]++
			}
			checked = append(checked, c)
		}
		return a.tellVerified(checked, count)
	})
}

// tellVerified sums up. Files that nobody could look into are neither whole nor
// damaged.
func (a *app) tellVerified(checked []checkedSnapshot, count map[string]int) (err error) {
	whole := count[checkedRows] + count[checkedEnvelope]
	if a.json {
		err = a.printJSON(map[string]any{"verified": whole, "envelope_only": count[checkedEnvelope], "damaged": count["damaged"], "closed": count["closed"], "snapshots": checked})
	} else if len(checked) != 1 {
		a.say(a.t("完好 %d 份，已损坏 %d 份", "%d whole, %d damaged"), whole, count["damaged"])
		if n := count[checkedEnvelope]; n > 0 {
			a.say(a.t("其中 %d 份已加密，没有私钥，只核对了整个文件的 SHA-256", "%d of them are encrypted: without a key only the SHA-256 of the file was checked"), n)
		}
		if n := count["closed"]; n > 0 {
			a.say(a.t("没有校验 %d 份：打不开", "%d not verified: they do not open"), n)
		}
	}
	switch {
	case err != nil:
		return err
	case count["damaged"] > 0:
		return ended(exitFailed)
	case count["closed"] > 0:
		return ended(exitPartly)
	}
	return nil
}

// verifyOne reads one file whole. Auditors leave no mark in the database, and
// neither does what was only looked at from outside and found in order.
func (a *app) verifyOne(cmd *cobra.Command, s *shelf, i snapshot.Info, keys []age.Identity) (checkedSnapshot, error) {
	c := checkedSnapshot{ID: i.ID, Path: i.Path, Checked: checkedRows}
	found := snapshot.Verify(cmd.Context(), i, keys...)
	if errors.Is(found, snapshot.ErrKeyNeeded) {
		var err error
		if i, err = s.noted(cmd.Context(), i); err != nil {
			return c, err
		}
		if i.SHA256 != "" {
			c.Checked, found = checkedEnvelope, snapshot.VerifyBytes(cmd.Context(), i, i.SHA256)
		}
	}
	if found != nil && !snapshot.Damaged(found) {
		c.Checked = ""
		return c, found
	}
	if c.Checked == checkedRows && found == nil && i.Encrypted {
		var err error
		if i, err = opened(i, keys); err != nil { // the id that counts is the one inside
			return c, err
		}
	}
	if s.db != nil && !s.masked && (c.Checked == checkedRows || found != nil) {
		if err := snapshot.Remember(cmd.Context(), s.db, i, found, time.Now().UnixMilli()); err != nil {
			fmt.Fprintf(a.stderr, a.t("结果没有记入数据库：%v\n", "the result is not kept in the database: %v\n"), err)
		}
	}
	c.ID, c.OK, c.damaged = i.ID, found == nil, found != nil
	if found != nil {
		c.Problem = snapshot.ProblemOf(found)
	}
	switch {
	case a.json:
	case c.OK && c.Checked == checkedEnvelope:
		a.say(a.t("文件完好（已加密，没有私钥，只核对了 SHA-256；核对内容请加 --identity）：%s", "whole from outside (encrypted: without a key only the SHA-256 was checked; add --identity to check what is in it): %s"), i.Path)
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
		keys, err := a.keys()
		if err != nil {
			return err
		}
		if i.Encrypted && len(keys) == 0 {
			if i, err = s.noted(cmd.Context(), i); err != nil {
				return err
			}
		}
		c, err := snapshot.Copy(cmd.Context(), i, dir, keys...)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"id": c.ID, "path": c.Path, "bytes": c.Bytes, "sha256": c.SHA256})
		}
		a.say(a.t("已复制并校验：%s（%s）", "copied and verified: %s (%s)"), c.Path, sizeOf(c.Bytes))
		if i.Encrypted && len(keys) == 0 {
			a.say("  %s", a.t("已加密，没有私钥：核对的是整个文件的 SHA-256", "encrypted, and no key: it is the SHA-256 of the file that was checked"))
		}
		return nil
	})
}
