package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptCommands are what scripts have beside the commands of testscript.
var scriptCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"exits":     exits,
	"limited":   limited,
	"json":      checkJSON,
	"keys":      checkKeys,
	"let":       letField,
	"agree":     agreeOn,
	"sample":    copySamples,
	"gen":       generate,
	"gb18030":   encodeGB18030,
	"utf8":      decodeGB18030,
	"bytes":     writeBytes,
	"replace":   replaceText,
	"cell":      setCell,
	"column":    setColumn,
	"encrypted": makeEncrypted,
	"agekey":    makeKey,
	"unsealed":  unseal,
	"foreign":   makeForeign,
	"mode":      checkMode,
	"name":      nameFile,
	"dump":      dump,
	"sql":       runSQL,
	"bury":      buryThings,
}

// Keys of what a script's commands find among its values: the database, the
// test, and what the engine answered.
const (
	theTarget  = "target"
	theTest    = "test"
	theAnswers = "answers"
)

// exits CODE PROGRAM ARG… runs a program that must end with this exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code program [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// limited CODE ARG… is exits for tagkeep run by somebody whom permissions bind.
// For root that means to go without the capability to pass over them.
func limited(ts *testscript.TestScript, neg bool, args []string) {
	words := []string{args[0], "tagkeep"}
	if os.Getuid() == 0 {
		words = []string{args[0], "setpriv", "--bounding-set=-dac_override,-dac_read_search", "tagkeep"}
	}
	exits(ts, neg, append(words, args[1:]...))
}

// json PATH=VALUE… and json PATH~REGEXP… look into the one JSON object on stdout;
// PATH is rows.read or errors.0.code; errors.len is how many there are.
func checkJSON(ts *testscript.TestScript, neg bool, args []string) {
	object := oneObject(ts)
	for _, arg := range args {
		i := strings.IndexAny(arg, "=~")
		if i < 0 {
			ts.Fatalf("usage: json path=value or path~regexp")
		}
		got, ok := at(object, arg[:i])
		want := arg[i+1:]
		match := ok && got == want
		if arg[i] == '~' {
			match = ok && regexp.MustCompile(want).MatchString(got)
		}
		if match == neg {
			ts.Fatalf("%s is %q (there: %v), wanted %s", arg[:i], got, ok, arg)
		}
	}
}

// keys PATH KEY… are exactly those of the object at PATH on stdout, . for all.
func checkKeys(ts *testscript.TestScript, neg bool, args []string) {
	value := any(oneObject(ts))
	if args[0] != "." {
		value = walk(value, args[0])
	}
	object, ok := value.(map[string]any)
	if !ok {
		ts.Fatalf("%s is not an object", args[0])
	}
	var got []string
	for k := range object {
		got = append(got, k)
	}
	want := slices.Sorted(slices.Values(args[1:]))
	if slices.Sort(got); !slices.Equal(got, want) {
		ts.Fatalf("keys of %s:\n got %v\nwant %v", args[0], got, want)
	}
}

// let VARIABLE=PATH keeps what stands at PATH on stdout.
func letField(ts *testscript.TestScript, _ bool, args []string) {
	name, path, _ := strings.Cut(args[0], "=")
	value, ok := at(oneObject(ts), path)
	if !ok {
		ts.Fatalf("there is no %s", path)
	}
	ts.Setenv(name, value)
}

// agree PATH: what stands there must be the same on every engine.
func agreeOn(ts *testscript.TestScript, _ bool, args []string) {
	value, ok := at(oneObject(ts), args[0])
	if !ok {
		ts.Fatalf("there is no %s", args[0])
	}
	ts.Value(theAnswers).(*answers).add(ts.Name(), value)
}

// oneObject is what stdout must hold: one JSON object and nothing else.
func oneObject(ts *testscript.TestScript) map[string]any {
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	dec.UseNumber()
	var object map[string]any
	if err := dec.Decode(&object); err != nil {
		ts.Fatalf("stdout is no JSON object: %v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		ts.Fatalf("stdout holds more than one JSON object")
	}
	return object
}

func walk(value any, path string) any {
	for _, step := range strings.Split(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

func at(object map[string]any, path string) (string, bool) {
	path, count := strings.CutSuffix(path, ".len")
	switch v := walk(object, path).(type) {
	case nil:
		return "", false
	case []any:
		return strconv.Itoa(len(v)), count
	case map[string]any:
		return strconv.Itoa(len(v)), count
	case string:
		return v, true
	default:
		return fmt.Sprint(v), true
	}
}
