package recycle

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"tagkeep/importer"
	"tagkeep/internal/crm"
)

// sheets makes random sheets about the things of a scene. Rows repeat,
// contradict each other and name what is not there: those are rejected.
type sheets struct{ *rand.Rand }

func (r sheets) one(of ...string) string { return of[r.IntN(len(of))] }

// rarely is a value that most rows do not have.
func (r sheets) rarely(of ...string) string {
	if r.IntN(3) > 0 {
		return ""
	}
	return r.one(of...)
}

// sheet is one of a random kind.
func (r sheets) sheet() (kind crm.Kind, o importer.Options, lines []string) {
	kind = crm.Kinds[r.IntN(len(crm.Kinds))]
	if r.IntN(2) == 0 {
		kind = crm.Customers
	}
	o.Chunk = []int{1, 3, 1000}[r.IntN(3)]
	row, header := r.customer, "客户ID,手机号,客户名称,跟进员工,企业标签,客户备注,标签操作"
	switch kind {
	case crm.Customers:
		o.CreateTags = r.IntN(2) == 0
		if o.CreateTags {
			o.TagGroup = r.one("意向", "等级", "新组")
		}
		o.Tags = []importer.TagMode{importer.AddTags, importer.ReplaceTags, importer.ReplaceTagsInGroup, importer.RemoveTags}[r.IntN(4)]
	case crm.Tags:
		row, header = r.tag, "标签组,标签名称,标签说明,标签组类型,所属部门,单选,标签排序"
	case crm.People:
		o.DisableMissing = r.IntN(4) == 0
		row, header = r.person, "员工账号,姓名,部门,角色,客户联系,状态"
	case crm.Grants:
		row, header = r.grant, "对象,授权类型,授权给,级别,原因"
	}
	lines = []string{header}
	for range 1 + r.IntN(8) {
		lines = append(lines, strings.Join(row(), ","))
	}
	return kind, o, lines
}

func (r sheets) customer() []string {
	tags := make([]string, r.IntN(4))
	for i := range tags {
		tags[i] = r.one("意向:高意向", "意向:低意向", "等级:VIP", "等级:金卡", "来源:官网", "来源:门店", "新标签", "另一个")
	}
	id := fmt.Sprint("wm", 1+r.IntN(25))
	return []string{id, r.rarely("13800000001", "13800000002", "<清空>"), r.rarely("甲", "乙", "<清空>"), r.one("", "anna", "ben", "carl"),
		strings.Join(tags, ";"), r.rarely("备注一", "备注二"), r.rarely("追加", "覆盖", "组内覆盖", "移除")}
}

func (r sheets) tag() []string {
	scope, department := "", ""
	if r.IntN(4) == 0 {
		scope, department = "部门", r.one("总部/销售部", "总部/客服部")
	}
	return []string{r.one("意向", "等级", "来源", "新组", "第二组"), r.one("", "高意向", "VIP", "官网", "新标签", "第三个"), r.rarely("说明一", "<清空>"), scope, department,
		r.rarely("是", "否"), r.rarely("3", "7")}
}

func (r sheets) person() []string {
	return []string{r.one("", "anna", "ben", "carl", "newbie", "second"), r.rarely("安娜", "小本"), r.one("", "总部/销售部", "总部/新部门", "总部/新部门/一组;总部/客服部"),
		r.rarely("普通员工", "部门管理员"), r.rarely("是", "否"), r.rarely("在职", "停用", "离职")}
}

func (r sheets) grant() []string {
	kind, to := "员工", r.one("anna", "ben", "carl")
	if r.IntN(3) == 0 {
		kind, to = "部门", r.one("总部/销售部", "总部/客服部")
	}
	return []string{r.one("all", "group:意向", "tag:意向:高意向", "group:等级"), kind, to, r.one("查看", "使用", "编辑", "隐藏"), r.rarely("原因一", "原因二")}
}

// The undo of any import right after it gives back exactly what was there, and
// the undo of that what the import had made, whatever imports, undos and deletes
// have gone before.
func TestRandomUndoOfImport(t *testing.T) {
	rounds := 40
	if testing.Short() {
		rounds = 12
	}
	each(t, func(t *testing.T, s *scene) {
		r := sheets{rand.New(rand.NewPCG(6, 2026))}
		changed := 0
		for round := range rounds {
			before := s.state()
			kind, o, lines := r.sheet()
			what := fmt.Sprintf("round %d: %s %+v\n%s", round, kind, o, strings.Join(lines, "\n"))
			run := s.load(kind, o, lines...)
			imported := s.state()
			if imported.Exact != before.Exact {
				changed++
			}
			u := s.undoRun(run, UndoOptions{})
			s.same(s.state(), before, "after the undo of "+what)
			if u.KeptCount > 0 {
				t.Errorf("%s\nkept: %v", what, u.Kept)
			}
			back := s.undo(u.Event)
			s.same(s.state(), imported, "after the undo of the undo of "+what)
			if r.IntN(3) == 0 {
				s.undo(back.Event)
				s.same(s.state(), before, "after undoing once more "+what)
			}
			s.disturb(r, run, round)
			if t.Failed() {
				return
			}
		}
		if changed < rounds/3 {
			t.Errorf("only %d of %d sheets changed anything", changed, rounds)
		}
	})
}

// disturb undoes an older import, whatever has been changed since, and takes
// that back; now and then something is deleted for good measure.
func (s *scene) disturb(r sheets, newest int64, round int) {
	s.Helper()
	old := 1 + r.Int64N(newest)
	before := s.state()
	u, err := UndoRun(s.Context(), s.db, s.dir, old, UndoOptions{})
	if err == nil {
		s.tick()
		s.sound()
		s.undo(u.Event)
		s.same(s.state(), before, fmt.Sprintf("round %d: after undoing R%d and taking that back", round, old))
	} else if !errors.Is(err, ErrUndone) {
		s.Fatalf("round %d: undo of R%d: %v", round, old, err)
	}
	if round%9 == 4 {
		s.del(Selection{Customers: []int64{int64(1 + round/9)}})
	}
}
