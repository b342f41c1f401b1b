package main

import (
	"errors"
	"fmt"
	"strings"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"tagkeep/internal/crm"
	"tagkeep/snapshot"
)

// sighting is a thing that snapshots hold, in JSON.
type sighting struct {
	Kind    string `json:"kind"`
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	First   string `json:"first"` // S3
	FirstAt string `json:"first_at"`
	Last    string `json:"last"`
	LastAt  string `json:"last_at"`
	InBin   bool   `json:"in_bin"` // in the last
	Restore string `json:"restore"`
}

func (a *app) findInSnapshots(cmd *cobra.Command, name string) error {
	ref, err := crm.ParseRef(name, "")
	if err != nil { // a bare name, of whatever kind
		ref = crm.Ref{Names: []string{strings.TrimSpace(name)}}
		if tag, err := crm.ParseRef(name, crm.ObjectTag); err == nil && len(tag.Names) == 2 {
			ref = tag
		}
	}
	return a.withShelf(cmd, forLooking, func(s *shelf) error {
		list, err := s.list(cmd.Context())
		if err != nil {
			return err
		}
		keys, err := a.keys()
		if err != nil {
			return err
		}
		found, passed, err := snapshot.Find(cmd.Context(), list, ref, keys...)
		if err != nil {
			return err
		}
		closed := a.tellPassed(passed)
		if len(found) == 0 {
			if closed != nil && len(passed) == len(list) {
				return closed
			}
			return refuse("NOT_FOUND", both("%d 份快照里都没有：%s", "none of the %d snapshots holds %s", len(list)-len(passed), name),
				findHint(closed))
		}
		out := make([]sighting, len(found))
		for n, f := range found {
			out[n] = a.sighting(s, f)
		}
		if a.json {
			return a.printJSON(map[string]any{"found": out})
		}
		for _, f := range out {
			bin := ""
			if f.InBin {
				bin = a.t("（在回收站里）", " (in the recycle bin)")
			}
			a.print(a.t("%s（#%d）：最早 %s %s，最近 %s %s%s", "%s (#%d): first %s %s, last %s %s%s"), f.Name, f.ID, f.First, f.FirstAt, f.Last, f.LastAt, bin)
			a.print(a.t("  还原：%s", "  restore: %s"), f.Restore)
		}
		return nil
	})
}

// tellPassed says which snapshots were not looked into. The error is that of one
// that no key opens.
func (a *app) tellPassed(passed []snapshot.Info) (closed error) {
	for _, i := range passed {
		why := both("已损坏", "damaged")
		switch {
		case errors.Is(i.Err, snapshot.ErrKeyNeeded):
			why, closed = both("已加密，缺少 --identity", "encrypted, and there is no --identity"), i.Err
		case errors.Is(i.Err, snapshot.ErrWrongKey):
			why, closed = both("已加密，给出的密钥都打不开", "encrypted, and none of the keys opens it"), i.Err
		}
		fmt.Fprintf(a.stderr, a.t("%s，没有查找：%s\n", "%s, not looked into: %s\n"), why.in(a.language()), i.File)
	}
	return closed
}

func findHint(closed error) words {
	if closed != nil {
		return both("加密的快照没有查找：加 --identity 密钥文件再查", "encrypted snapshots were passed over: look again with --identity FILE")
	}
	return both("检查名称；客户也可以写客户ID或手机号", "check the name; for customers the id or mobile number does too")
}

func (a *app) sighting(s *shelf, f snapshot.Sighting) sighting {
	from := f.Last
	if f.Live != nil {
		from = *f.Live
	}
	return sighting{f.Kind, f.ID, f.Written(), f.First.Short(), s.time(f.First.Created), f.Last.Short(), s.time(f.Last.Created), f.InBin,
		fmt.Sprintf("tagkeep snapshot restore %s --mode add --only %s%s%s", from.Short(), quoted(f.Written()), a.sameActor(), a.sameDatabase())}
}

// theDatabase stands for the database as it is now.
const theDatabase = "now"

func (a *app) diffSnapshots(cmd *cobra.Command, one, two string) error {
	if one == theDatabase {
		return usage("now 只能写在后面：tagkeep snapshot diff %s now", "now comes second: tagkeep snapshot diff %s now", two)
	}
	return a.withShelf(cmd, forLooking, func(s *shelf) error {
		keys, err := a.keys()
		if err != nil {
			return err
		}
		before, done, err := s.side(cmd, one, snapshot.Info{}, keys)
		if err != nil {
			return err
		}
		defer done()
		after, done2, err := s.side(cmd, two, before.Info, keys)
		if err != nil {
			return err
		}
		defer done2()
		d, err := snapshot.Compare(cmd.Context(), before, after)
		if err != nil {
			return scopesError(err)
		}
		if a.json {
			return a.printJSON(struct {
				From string `json:"from"`
				To   string `json:"to"`
				*snapshot.Diff
			}{before.Info.ID, after.Info.ID, d})
		}
		a.printDiff(d)
		return nil
	})
}

func scopesError(err error) error {
	if errors.Is(err, snapshot.ErrScopes) {
		return refuse("OTHER_SCOPE", both("两份快照的范围不同，不能比较", "the snapshots hold different parts, and cannot be compared"),
			both("用 tagkeep snapshot show 查看范围；选范围相同的两份", "tagkeep snapshot show tells the scope; choose two of the same"))
	}
	return err
}

// side opens one side of a comparison. now is captured in the scope of the other.
func (s *shelf) side(cmd *cobra.Command, word string, other snapshot.Info, keys []age.Identity) (*snapshot.File, func(), error) {
	if word != theDatabase {
		i, err := s.get(word)
		if err != nil {
			return nil, nil, err
		}
		f, err := i.Open(keys...)
		if err != nil {
			return nil, nil, err
		}
		return f, func() { _ = f.Close() }, nil
	}
	if s.db == nil || s.dir == nil {
		return nil, nil, refuse("NO_DATABASE", both("没有数据库可以比较", "there is no database to compare with"), both("用 --db 指明数据库", "name one with --db"))
	}
	scope, ok := snapshot.ParseScope(other.Scope)
	if !ok {
		return nil, nil, scopesError(snapshot.ErrScopes)
	}
	return snapshot.Now(cmd.Context(), s.db, s.dir, snapshot.Options{Scope: scope})
}

// shownItems is how many things of a kind people are shown.
const shownItems = 20

func (a *app) printDiff(d *snapshot.Diff) {
	if d.Same {
		a.print("%s", a.t("没有变化", "nothing changed"))
		return
	}
	for _, k := range d.Kinds {
		if k.Any() {
			a.printKind(k)
		}
	}
	if len(d.Links) > 0 {
		a.print("%s", a.t("打标关系", "links"))
	}
	for n, l := range d.Links {
		if n == shownItems {
			a.print(a.t("  … 另有 %d 个标签，见 --json", "  … %d tags more, see --json"), len(d.Links)-n)
			break
		}
		a.print(a.t("  %s：+%d −%d", "  %s: +%d −%d"), l.Tag, l.Gained, l.Lost)
	}
	if len(d.Access) > 0 {
		a.print("%s", a.t("权限变化（按标签数）", "access, in tags"))
	}
	for n, c := range d.Access {
		if n == shownItems {
			a.print(a.t("  … 另有 %d 项，见 --json", "  … %d more, see --json"), len(d.Access)-n)
			break
		}
		a.print(a.t("  %s %s：+%d −%d（%s）", "  %s %s: +%d −%d (%s)"), c.UserID, c.Do.Label(a.language()), c.Gained, c.Lost, strings.Join(c.Tags, a.t("，", ", ")))
	}
}

func (a *app) printKind(k snapshot.KindDiff) {
	kinds := map[string]string{"departments": "部门", "staff": "员工", "groups": "标签组", "tags": "标签", "customers": "客户", "grants": "授权", "follows": "跟进关系"}
	changes := map[string]string{"added": "新增", "removed": "移除", "renamed": "改名", "moved": "移动", "changed": "改动"}
	a.print(a.t("%s：新增 %d，移除 %d，改名 %d，移动 %d，改动 %d", "%s: %d added, %d removed, %d renamed, %d moved, %d changed"),
		a.t(kinds[k.Kind], k.Kind), k.Added, k.Removed, k.Renamed, k.Moved, k.Changed)
	for n, i := range k.Items {
		if n == shownItems {
			a.print("%s", a.t("  … 其余见 --json", "  … the others: see --json"))
			return
		}
		line := i.Name
		if i.Was != "" {
			line = i.Was + " → " + i.Name
		}
		if len(i.Fields) > 0 {
			line += a.t("（", " (") + strings.Join(i.Fields, ", ") + a.t("）", ")")
		}
		a.print("  %s  %s", padded(a.t(changes[i.Change], i.Change), 8), plainCell(line))
	}
}
