package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tagkeep/internal/crm"
)

// usage is a wrong command line.
func usage(zh, en string, args ...any) error {
	return &failure{exit: exitRefused, code: "USAGE", err: both(zh, en, args...)}
}

// unknownCommand is for a word that is neither a command nor a file.
func unknownCommand(cmd *cobra.Command, word string) error {
	f := &failure{exit: exitRefused, code: "USAGE", err: both("没有这个命令：%s %s", "there is no command %s %s", cmd.CommandPath(), word)}
	if !cmd.HasParent() {
		f.err = both("没有这个命令或文件：%s", "there is no command or file %s", word)
	}
	if near := nearestCommand(cmd, word); near != "" {
		f.hint = both("是否想执行 %s？", "did you mean %s?", near)
	}
	return f
}

// nearestCommand is the command below cmd that was most likely meant.
func nearestCommand(cmd *cobra.Command, word string) string {
	var names []string
	for _, c := range cmd.Commands() {
		if c.Hidden {
			continue
		}
		names = append(names, c.Name())
		if strings.HasPrefix(c.Name(), strings.ToLower(word)) {
			return c.CommandPath()
		}
	}
	if near, ok := crm.Nearest(word, names); ok {
		return cmd.CommandPath() + " " + near
	}
	return strings.Join(sameWord(cmd.Root(), strings.ToLower(word), cmd.Name()), " / ")
}

// sameWord are the commands called word that stand elsewhere: tags delete is
// delete tags, and restore is one of recycle and one of snapshot.
func sameWord(in *cobra.Command, word, under string) (paths []string) {
	for _, c := range in.Commands() {
		switch {
		case c.Hidden:
		case c.Name() != word:
			paths = append(paths, sameWord(c, word, under)...)
		case c.HasSubCommands():
			for _, below := range c.Commands() {
				if below.Name() == under {
					paths = append(paths, below.CommandPath())
				}
			}
		default:
			paths = append(paths, c.CommandPath())
		}
	}
	return paths
}

// flagError says in the user's language what pflag refuses.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var bare *pflag.ValueRequiredError
	var bad *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		return unknownFlag(cmd, unknown)
	case errors.As(err, &bare):
		return usage("--%s 后面缺少值", "--%s needs a value", bare.GetFlag().Name)
	case errors.As(err, &bad):
		return usage("--%s：%q 不是有效的值", "--%s: %q is not a valid value", bad.GetFlag().Name, bad.GetValue())
	}
	return usage("%v", "%v", err)
}

func unknownFlag(cmd *cobra.Command, e *pflag.NotExistError) error {
	name := e.GetSpecifiedName()
	if e.GetSpecifiedShortnames() != "" {
		return usage("没有这个选项：-%s", "there is no flag -%s", name)
	}
	f := &failure{exit: exitRefused, code: "USAGE", err: both("没有这个选项：--%s", "there is no flag --%s", name),
		hint: both("用 %s --help 查看选项", "see %s --help", cmd.CommandPath())}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near, ok := crm.Nearest(name, names); ok {
		f.hint = both("是否想写 --%s？", "did you mean --%s?", near)
	}
	return f
}

// noArgs refuses arguments; behind a command that has others below it, the
// argument is a mistyped one.
func noArgs(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cmd.HasSubCommands():
		return unknownCommand(cmd, args[0])
	}
	return usage("多余的参数：%s", "unexpected argument: %s", args[0])
}

// exactArgs wants n arguments.
func exactArgs(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == n {
			return nil
		}
		return &failure{exit: exitRefused, code: "USAGE",
			err:  both("需要 %d 个参数，给了 %d 个", "want %d arguments, got %d", n, len(args)),
			hint: both("写成 %s", "write %s", strings.TrimSpace(strings.TrimSuffix(cmd.UseLine(), "[flags]")))}
	}
}

// oneOf checks a flag's value.
func oneOf(flag, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return usage("--%s：%q 不在可选值内：%s", "--%s: %q is not one of %s", flag, value, strings.Join(allowed, ", "))
}

// usageTemplate is cobra's with headings in both languages.
func usageTemplate(root *cobra.Command) string {
	return strings.NewReplacer(
		"Global Flags:", "通用选项 / global flags:",
		"Available Commands:", "命令 / commands:",
		"Usage:", "用法 / usage:",
		"Flags:", "选项 / flags:",
		`Use "{{.CommandPath}} [command] --help" for more information about a command.`,
		`各命令的选项 / flags of a command: {{.CommandPath}} COMMAND --help`,
	).Replace(root.UsageTemplate())
}
