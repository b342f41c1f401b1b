package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "c.csv")
	expect := filepath.Join(dir, "e.jsonl")
	for _, tt := range []struct {
		args   string
		status int
		stderr string
	}{
		{"-help", 0, "usage: gen"},
		{"-kind tags -rows 5", 2, "no -o FILE"},
		{"-kind tags -rows 5 -faults many -o -", 2, `faults "many"`},
		{"-kind tags -rows 5 -delimiter ab -o -", 2, "delimiter"},
		{"-kind pigs -rows 5 -o " + file, 1, "unknown kind"},
		{"-kind customers -rows 1000 -faults 0.7% -o " + file + " -expect " + expect, 0, "1000 rows, 7 with a fault"},
	} {
		if tt.status == 0 {
			if _, err := os.Stat(file); err == nil {
				t.Errorf("a refused command left %s behind", file)
			}
		}
		var stdout, stderr bytes.Buffer
		if status := run(strings.Fields(tt.args), &stdout, &stderr); status != tt.status {
			t.Errorf("gen %s: status %d, want %d", tt.args, status, tt.status)
		}
		if !strings.Contains(stderr.String(), tt.stderr) {
			t.Errorf("gen %s: stderr %q does not say %q", tt.args, stderr.String(), tt.stderr)
		}
	}
	for name, lines := range map[string]int{file: 1001, expect: 7} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(data, []byte("\n")); n != lines {
			t.Errorf("%s has %d lines, want %d", name, n, lines)
		}
	}
}
