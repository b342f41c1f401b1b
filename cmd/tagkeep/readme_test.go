package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/table"
)

var readmes = []string{"../../README.md", "../../README.zh-CN.md"}

// The header lines that the READMEs offer for copying hold every column and are
// read without a word of complaint.
func TestReadmeTemplates(t *testing.T) {
	newHome(t)
	labels := map[string]crm.Kind{}
	for _, kind := range crm.Kinds {
		labels[string(kind)], labels[kind.Label(crm.Chinese)] = kind, kind
	}
	line := regexp.MustCompile(`(?m)^(\S+) +(\S+,\S+)$`)
	for _, readme := range readmes {
		found := map[crm.Kind]bool{}
		for _, m := range line.FindAllStringSubmatch(readText(t, readme), -1) {
			kind, ok := labels[m[1]]
			if !ok {
				continue
			}
			found[kind] = true
			var columns []string
			for _, c := range table.Columns(kind) {
				columns = append(columns, c.Header)
			}
			slices.Sort(columns)
			if got := strings.Split(m[2], ","); !slices.Equal(slices.Sorted(slices.Values(got)), columns) {
				t.Errorf("%s, %s: columns %v, want %v", readme, kind, got, columns)
			}
			path := filepath.Join(t.TempDir(), "template.csv")
			if err := os.WriteFile(path, []byte(m[2]+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			var result struct {
				Warnings map[string]int `json:"warnings_by_code"`
			}
			mustCall(t, exitDone, "import", string(kind), path, "--dry-run", "--json").fields(t, &result)
			if len(result.Warnings) != 1 || result.Warnings["NO_ROWS"] != 1 {
				t.Errorf("%s, %s: warnings %v", readme, kind, result.Warnings)
			}
		}
		if len(found) != len(crm.Kinds) {
			t.Errorf("%s: header lines of %v only", readme, found)
		}
	}
}

// The READMEs name no command and no flag that does not exist.
func TestReadmeCommands(t *testing.T) {
	root := new(app).rootCommand()
	commands := map[string]bool{"FILE": true, "文件": true}
	flags := map[string]bool{"help": true}
	for _, c := range slices.Concat(root.Commands(), leaves(root)) {
		if c.Parent() == root {
			commands[c.Name()] = true
		}
		for _, name := range strings.Fields(c.Flags().FlagUsages() + root.PersistentFlags().FlagUsages()) {
			flags[strings.TrimLeft(name, "-")] = strings.HasPrefix(name, "--") || flags[strings.TrimLeft(name, "-")]
		}
	}
	command := regexp.MustCompile("(?m)(?:^\\$ |&& |`)tagkeep (\\w+)|^tagkeep (\\S+).* {3}")
	flag := regexp.MustCompile("`[^`\n]*?--([a-z-]+)")
	for _, readme := range readmes {
		text := readText(t, readme)
		for _, m := range command.FindAllStringSubmatch(text, -1) {
			if word := m[1] + m[2]; !commands[word] {
				t.Errorf("%s: there is no command %q", readme, word)
			}
		}
		for _, m := range flag.FindAllStringSubmatch(text, -1) {
			if !flags[m[1]] {
				t.Errorf("%s: there is no flag --%s", readme, m[1])
			}
		}
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
