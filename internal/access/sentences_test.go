package access

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tagkeep/internal/crm"
)

// TestSentences holds the words of every kind of refusal: what is missing, who
// can fix it and how.
func TestSentences(t *testing.T) {
	f := testCompany(grantTo("dept+", 1, Tag(22), "hidden"), grantTo("staff", editor, Group(13), "view"), grantTo("staff", leadOnly, Tag(21), "edit~"))
	f.Groups[2].Name = `活动: "双11"`
	w := New(f)
	const contact, config = "客户与上下游 → 客户联系 → 权限配置 → 使用范围", "客户与上下游 → 客户联系 → 权限配置 → 可配置客户标签"
	for _, test := range []struct {
		subject           int64
		do                Action
		on                Object
		code              Code
		lang              crm.Lang
		message, who, fix string
	}{
		{paused, View, Tag(21), AccountActive, "zh", "账号 paused 已停用", "boss",
			"[tagkeep] tagkeep staff enable paused"},
		{paused, View, Tag(21), AccountActive, "en", "account paused is disabled", "boss",
			"[tagkeep] tagkeep staff enable paused"},
		{999, View, Tag(21), AccountActive, "zh", "没有员工 #999", "boss",
			"[tagkeep] tagkeep import staff 员工.xlsx"},
		{watcher, Edit, Tag(21), AuditorReadsOnly, "zh", "watcher 是审计员，只能查看，不能编辑；要做别的，在员工表的「角色」列改角色", "boss",
			"[tagkeep] tagkeep import staff 员工.xlsx"},
		{clerk, Use, Tag(21), CustomerContact, "zh", "clerk 没有「客户联系」权限", "企业微信超级管理员",
			"[企业微信后台] " + contact + "：加入 clerk；再在员工表的「客户联系」列填「是」并导入\n[tagkeep] tagkeep import staff 员工.xlsx"},
		{seller, Edit, Tag(21), TagConfig, "zh", "seller 没有「可配置客户标签」权限", "企业微信超级管理员；临时授权：boss、lead、leadonly 等 5 人",
			"[企业微信后台] " + config + "：加入 seller（在通讯录权限里勾选不起作用，没有「客户联系」时也不起作用）；再在员工表的「可配置客户标签」列填「是」并导入\n" +
				"[tagkeep] tagkeep import staff 员工.xlsx\n" +
				"[tagkeep] tagkeep access grant --user seller --on tag:意向:高意向 --level edit --for 48h --reason 原因"},
		{hollow, Edit, Tag(21), TagConfig, "en",
			"hollow has the tag-configuration permission (可配置客户标签), which has no effect without the customer-contact permission (客户联系)", "a super admin of WeCom",
			"[WeCom admin console] Customers and partners (客户与上下游) → Customer contact (客户联系) → Permissions (权限配置) → Scope of use (使用范围): add hollow; then set 客户联系 to 是 (yes) in the staff sheet and import it\n" +
				"[tagkeep] tagkeep import staff staff.xlsx"},
		{leadOnly, Edit, Tag(21), TagConfig, "zh", "leadonly 没有「可配置客户标签」权限，由临时授权 G3（leadonly，标签「意向:高意向」，编辑，还剩 1 小时）代替", "", ""},
		{seller, View, Tag(22), GroupVisible, "zh", "授权 G1（总部及下级部门，标签「渠道:展会」，隐藏）对 seller 隐藏了标签「渠道:展会」，别的授权不起作用", "boss",
			"[tagkeep] tagkeep access revoke --department 总部 --with-sub --on tag:渠道:展会 --level hidden --reason 原因"},
		{seller, Use, Group(13), GroupVisible, "zh", `标签组「活动: "双11"」只对 总部/市场部 及下级部门可见，seller 在 总部/销售部/华东`, "boss、farlead",
			`[tagkeep] tagkeep access grant --user seller --on 'group:"活动: ""双11"""' --level use --reason 原因` + "\n" +
				`[tagkeep] tagkeep access grant --user seller --on 'group:"活动: ""双11"""' --level use --for 48h --reason 原因` + "\n" +
				`[tagkeep] tagkeep groups scope '"活动: ""双11"""' --shared`},
		{editor, Use, Tag(23), LevelEnough, "zh", `editor 对标签「活动: "双11":双11」的级别是「查看」（授权 G2（editor，标签组「活动: "双11"」，查看）），使用（打标）至少要「使用」`, "boss、farlead",
			`[tagkeep] tagkeep access grant --user editor --on 'tag:"活动: ""双11""":双11' --level use --reason 原因` + "\n" +
				`[tagkeep] tagkeep access grant --user editor --on 'tag:"活动: ""双11""":双11' --level use --for 48h --reason 原因`},
		{seller, Edit, Tag(21), LevelEnough, "en",
			"seller has level use on tag “意向:高意向” (default); edit takes at least level edit, which those with the tag-configuration permission have by default", "boss, lead, leadonly and 2 more",
			"[tagkeep] tagkeep access grant --user seller --on tag:意向:高意向 --level edit --reason why\n" +
				"[tagkeep] tagkeep access grant --user seller --on tag:意向:高意向 --level edit --for 48h --reason why"},
		{editor, View, Tag(24), ObjectLive, "zh", "标签组「旧组」在回收站里（D7）", "boss、lead、farlead", "[tagkeep] tagkeep recycle restore D7"},
		{editor, View, Tag(25), ObjectLive, "en", "tag “意向:过时” is in the recycle bin (D8)", "boss, lead, farlead", "[tagkeep] tagkeep recycle restore D8"},
		{0, View, Tag(99), ObjectLive, "zh", "没有标签「#99」", "boss", "[tagkeep] tagkeep recycle list"},
		{boss, View, Tag(21), ObjectLive, "zh", "标签「意向:高意向」没有被删除", "", ""},
	} {
		d := w.Decide(Question{Subject: test.subject, Do: test.do, On: test.on})
		i := slices.IndexFunc(d.Chain, func(s Step) bool { return s.Code == test.code })
		if i < 0 {
			t.Errorf("%d %s %v: %s is not asked", test.subject, test.do, test.on, test.code)
			continue
		}
		s := d.Chain[i]
		for _, pair := range [][2]string{{s.Message(test.lang), test.message}, {s.Who(test.lang), test.who}, {s.Fix(test.lang), test.fix}} {
			if pair[0] != pair[1] {
				t.Errorf("%d %s %v %s:\n got %s\nwant %s", test.subject, test.do, test.on, test.code, pair[0], pair[1])
			}
		}
	}
}

func TestRequest(t *testing.T) {
	w := New(testCompany(grantTo("staff", editor, Tag(22), "hidden")))
	for _, test := range []struct {
		subject int64
		do      Action
		on      Object
		want    string
	}{
		{seller, Edit, Tag(21), "[tagkeep] tagkeep access request --user seller --do edit --on tag:意向:高意向 --for 48h --reason why"},
		{seller, View, Tag(23), "[tagkeep] tagkeep access request --user seller --do view --on tag:活动:双11 --for 48h --reason why"},
		{seller, View, Tag(21), ""}, // allowed
		{editor, View, Tag(22), ""}, // a deny: no grant helps
		{clerk, View, Tag(22), ""},  // 客户联系 is missing
		{seller, Edit, Tag(25), ""}, // in the bin
		{999, View, Tag(21), ""},
		{0, View, Tag(99), ""},
	} {
		if got := w.Decide(Question{Subject: test.subject, Do: test.do, On: test.on}).Request(crm.English); got != test.want {
			t.Errorf("%d %s %v: %q, want %q", test.subject, test.do, test.on, got, test.want)
		}
	}
}

// TestSentencesEverywhere: in any company every step has its sentence, and every
// one that fails has somebody to go to and a way out that begins as promised.
func TestSentencesEverywhere(t *testing.T) {
	for seed := range uint64(1000) {
		c := &company{Rand: rand.New(rand.NewPCG(seed, 2))}
		c.found()
		for range 8 {
			c.happen()
		}
		w := New(crm.Company(c.model))
		for range 10 {
			q := c.question()
			steps := append(w.Decide(q).Chain, w.MayGive(q.Subject, q.On, crm.LevelUse, 0).Chain...)
			for _, s := range steps {
				for _, l := range []crm.Lang{crm.Chinese, crm.English} {
					if fault := badSentence(s, l); fault != "" {
						t.Fatalf("seed %d, %+v, %s: %s\n%s\n%s", seed, q, s.Code, fault, s.Message(l), s.Fix(l))
					}
				}
			}
			for _, p := range w.Who(q.On, q.Do) {
				if w.Reason(p, crm.English) == "" {
					t.Fatalf("seed %d, %+v: no reason for %v", seed, q, p)
				}
			}
		}
	}
}

func badSentence(s Step, l crm.Lang) string {
	switch {
	case s.Message(l) == "" || strings.Contains(s.Message(l), "%!"):
		return "bad sentence"
	case s.OK && (s.Fix(l) != "" || s.Who(l) != ""):
		return "a fix for what is not broken"
	case s.OK:
		return ""
	case s.Who(l) == "":
		return "nobody to go to"
	}
	for line := range strings.Lines(s.Fix(l)) {
		if !strings.HasPrefix(line, "[tagkeep] tagkeep ") && !strings.HasPrefix(line, l.Pick("[企业微信后台] ", "[WeCom admin console] ")) {
			return "a fix of another form"
		}
	}
	if s.Fix(l) == "" {
		return "no fix"
	}
	return ""
}

// TestDenies: one deny left is enough, so the way out names them all.
func TestDenies(t *testing.T) {
	w := New(testCompany(
		grantTo("staff", seller, Tag(21), "hidden"), grantTo("dept+", 2, Group(11), "hidden"), grantRole("staff", Everything(), "hidden~"),
		grantTo("dept", 2, Tag(21), "hidden"), grantTo("staff", seller, Group(12), "hidden")))
	s, _ := w.Decide(Question{Subject: seller, Do: View, On: Tag(21)}).Refusal()
	want := `[tagkeep] tagkeep access revoke --user seller --on tag:意向:高意向 --level hidden --reason why
[tagkeep] tagkeep access revoke --department 总部/销售部 --with-sub --on group:意向 --level hidden --reason why
[tagkeep] tagkeep access revoke --role staff --on all --level hidden --reason why`
	if got := s.Fix(crm.English); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCommand(t *testing.T) {
	for word, want := range map[string]string{
		"意向": "意向", "tag:意向:高意向": "tag:意向:高意向", "a b": "'a b'", "it's": `'it'\''s'`, "": "''", "$(rm)": "'$(rm)'", "tag:#5": "'tag:#5'", "总部/市场部": "总部/市场部", "a;b": "'a;b'",
	} {
		if got := command(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
	for name, want := range map[string]string{
		"意向": "意向", "a:b": `"a:b"`, "a：b": `"a：b"`, `5"`: `"5"""`, "a b": `"a b"`, "#5": `"#5"`, "C#": "C#",
	} {
		if got := quoted(name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}
