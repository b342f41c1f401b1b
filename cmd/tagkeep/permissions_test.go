package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// roles are the columns of docs/permissions.md, by the accounts of the company
// that the test makes; "" is the operator.
var roles = []string{"", "boss", "lead", "editor", "seller", "watcher", "paused"}

// company is the one that docs/permissions.md describes.
var permissionFiles = map[string]string{
	"staff.csv": "员工账号,姓名,部门,角色,客户联系,可配置客户标签,状态\n" +
		"boss,王总,总部,超级管理员,是,是,在职\n" +
		"lead,李经理,总部/销售部,部门管理员,是,是,在职\n" +
		"editor,赵编辑,总部/销售部,普通员工,是,是,在职\n" +
		"seller,孙销售,总部/销售部,普通员工,是,否,在职\n" +
		"rookie,周新人,总部/销售部,普通员工,否,否,在职\n" +
		"market,钱市场,总部/市场部,普通员工,是,是,在职\n" +
		"former,胡离职,总部/销售部,普通员工,是,否,离职\n" +
		"watcher,吴审计,总部,审计员,否,否,在职\n" +
		"paused,郑停用,总部/销售部,普通员工,是,是,停用\n",
	"tags.csv":         "标签组,标签名称,标签组类型,所属部门\n意向,高意向,,\n意向,低意向,,\n意向,旧标签,,\n市场标签,旧线索,部门,总部/市场部\n销售标签,重点,部门,总部/销售部\n市场标签,线索,部门,总部/市场部\n",
	"customers.csv":    "客户ID,手机号,客户名称,跟进员工,企业标签\nwm1,13800000001,甲,seller,意向:高意向\nwm2,13800000002,乙,market,市场标签:线索\n",
	"newtags.csv":      "标签组,标签名称\n意向,新标签\n",
	"owntags.csv":      "标签组,标签名称,标签说明\n意向,待跟进,\n意向,低意向,改过\n",
	"newgroup.csv":     "标签组,标签名称\n新组,新标签\n",
	"markettags.csv":   "标签组,标签名称\n市场标签,新线索\n",
	"retag.csv":        "客户ID,跟进员工,企业标签\nwm1,seller,意向:低意向\n",
	"marketretag.csv":  "客户ID,跟进员工,企业标签\nwm2,market,意向:低意向\n",
	"newcustomer.csv":  "客户ID,客户名称,跟进员工\nwm3,丙,seller\n",
	"newstaff.csv":     "员工账号,姓名,部门,角色,客户联系,可配置客户标签,状态\nnewbie,新人,总部/销售部,普通员工,是,否,在职\n",
	"grants.csv":       "对象,授权类型,授权给,级别,原因\ngroup:意向,员工,rookie,查看,试用\n",
	"marketgrants.csv": "对象,授权类型,授权给,级别,原因\ngroup:市场标签,员工,seller,使用,试用\n",
}

// Every command, as every role, ends as docs/permissions.md says: ✓ done,
// ◐ done in part, ✗ refused; and every command that works on a database stands
// there. Auditors, and what is refused, change nothing.
func TestPermissions(t *testing.T) {
	lines := permissionTable(t)
	base := permissionCompany(t)
	listed := make(map[string]bool)
	for _, line := range lines {
		args := strings.Fields(strings.Trim(line[0], "` "))
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			listed[commandOf(args)] = true
			got := []string{line[0]}
			for _, role := range roles {
				got = append(got, permissionMark(t, base, role, args))
			}
			if !slices.Equal(got, line) {
				t.Errorf("got  | %s |\nwant | %s |", strings.Join(got, " | "), strings.Join(line, " | "))
			}
		})
	}
	free := []string{"tagkeep demo", "tagkeep init", "tagkeep inspect"} // they ask no database
	for _, c := range leaves((&app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard}).rootCommand()) {
		if path := c.CommandPath(); !listed[strings.TrimPrefix(path, "tagkeep ")] && !slices.Contains(free, path) && !c.Hidden {
			t.Errorf("%s is not in docs/permissions.md", path)
		}
	}
}

// permissionTable are the cells of the table's lines.
func permissionTable(t *testing.T) (lines [][]string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/permissions.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		lines = append(lines, cells)
	}
	return lines
}

// leaves are the commands below c that have none below them.
func leaves(c *cobra.Command) (out []*cobra.Command) {
	for _, sub := range c.Commands() {
		if sub.HasSubCommands() {
			out = append(out, leaves(sub)...)
		} else if sub.Name() != "help" {
			out = append(out, sub)
		}
	}
	return out
}

// commandOf is the command of an example line: its words before the first that
// no command has.
func commandOf(args []string) string {
	c, _, err := (&app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard}).rootCommand().Find(args)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(c.CommandPath(), "tagkeep ")
}

// permissionCompany makes the company once; each command works on a copy.
func permissionCompany(t *testing.T) string {
	t.Helper()
	newHome(t)
	dir := t.TempDir()
	for name, text := range permissionFiles {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	t.Setenv("TAGKEEP_DB", "sqlite:base.db")
	t.Setenv("TAGKEEP_LANG", "zh")
	for _, args := range [][]string{
		{"init"}, {"import", "staff", "staff.csv"}, {"import", "tags", "tags.csv"}, {"import", "customers", "customers.csv"},
		{"import", "tags", "owntags.csv", "--as", "editor"},
		{"access", "grant", "--user", "rookie", "--on", "group:销售标签", "--level", "view", "--reason", "试用"},
		{"access", "request", "--user", "seller", "--do", "edit", "--on", "group:意向", "--for", "24h", "--reason", "活动"},
		{"snapshot", "create", "--snapshots", "shots"},
	} {
		mustCall(t, exitDone, args...)
	}
	buryIn(t, "base.db", "shots", "tag:意向:旧标签")   // D1
	buryIn(t, "base.db", "shots", "tag:市场标签:旧线索") // D2
	return dir
}

// permissionMark runs a command as a role on a copy of the company.
func permissionMark(t *testing.T, dir, role string, args []string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "base.db"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "c.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	all := append([]string{"--db", "sqlite:" + path}, args...)
	if role != "" {
		all = append(all, "--as", role)
	}
	defer func() {
		for _, made := range []string{"out.csv", "out.xlsx", "out"} {
			os.RemoveAll(made)
		}
	}()
	before := mustCall(t, exitDone, "state", "--json", "--db", "sqlite:"+path).stdout
	c := call(t, t.Context(), all...)
	out := c.stdout + c.stderr
	after := mustCall(t, exitDone, "state", "--json", "--db", "sqlite:"+path).stdout
	if (role == "watcher" || role == "paused" || c.code == exitRefused) && before != after {
		t.Errorf("%v has changed something", all)
	}
	switch c.code {
	case exitDone:
		return "✓"
	case exitPartly:
		return "◐"
	case exitRefused:
		if strings.Contains(out, "--help") || strings.Contains(out, "没有这个命令") || strings.Contains(out, "没有这个选项") {
			t.Fatalf("%v: %s", all, out) // a mistyped line of the table
		}
		return "✗"
	}
	t.Fatalf("%v: exit %d\n%s", all, c.code, out)
	return ""
}
