package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// writeReference writes the command-line reference in Markdown: every visible
// verb in alphabetical order, with its usage, its flags, one line each, and an
// example. docs/cli.md is this text.
func writeReference(w io.Writer) error {
	a := &app{Env: System()}
	root := a.root()
	var b strings.Builder
	b.WriteString("# Command line\n\n" + referenceHead + "\n```\n" + flagLines(root.PersistentFlags()) + "```\n\n")
	b.WriteString("| Verb | |\n|---|---|\n")
	all := verbs(root)
	for _, c := range all {
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s |\n", verbPath(c), strings.ReplaceAll(c.CommandPath(), " ", "-"), strings.ReplaceAll(c.Short, "|", `\|`))
	}
	for _, c := range all {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", c.CommandPath(), sentence(c.Short))
		if c.Long != "" {
			fmt.Fprintf(&b, "\n%s\n", c.Long)
		}
		fmt.Fprintf(&b, "\n```\n%s\n", strings.TrimSuffix(c.UseLine(), " [flags]"))
		b.WriteString(flagLines(c.LocalNonPersistentFlags()))
		b.WriteString("```\n")
		if c.Example != "" {
			fmt.Fprintf(&b, "\nExample: `%s`\n", strings.TrimSpace(c.Example))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

const referenceHead = "This page is generated from the program: `go test ./cmd/chio-node/cli -run Reference -update` writes it anew.\n\n" +
	"`--json` prints one JSON object (`receipt watch` one a line), also for an error: `{\"error\":{\"code\",\"message\",\"hint\"}}`.\n" +
	"Exit codes: 0 ok, 1 failure, 2 usage, 3 denied, 4 unverifiable; the precise cause is the `code`, which\n" +
	"[errors.md](errors.md) and `chio-node explain` tell about. A verb talks to the node that is up in the home, or opens the\n" +
	"home itself when none is. Flags of every verb:\n"

// verbs are the visible commands that do something, sorted by path.
func verbs(c *cobra.Command) (out []*cobra.Command) {
	for _, sub := range c.Commands() {
		if sub.Hidden || sub.Name() == "help" || sub.Name() == "completion" {
			continue
		}
		if does(sub) {
			out = append(out, sub)
		}
		out = append(out, verbs(sub)...)
	}
	slices.SortFunc(out, func(a, b *cobra.Command) int { return strings.Compare(a.CommandPath(), b.CommandPath()) })
	return out
}

// does tells a verb from a command that only groups others.
func does(c *cobra.Command) bool {
	return !c.HasSubCommands() || c.Args != nil || strings.Contains(c.Use, " ") || c.LocalNonPersistentFlags().HasFlags()
}

func verbPath(c *cobra.Command) string {
	_, path, _ := strings.Cut(c.CommandPath(), " ")
	return path
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// flagLines shows each flag on a line of its own.
func flagLines(flags *pflag.FlagSet) string {
	var b strings.Builder
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		kind, usage := pflag.UnquoteUsage(f)
		if kind != "" {
			kind = " " + kind
		}
		fmt.Fprintf(&b, "  --%-28s %s%s\n", f.Name+kind, usage, defaultOf(f))
	})
	return b.String()
}

// defaultOf names a default that is not nothing.
func defaultOf(f *pflag.Flag) string {
	switch f.DefValue {
	case "", "0", "false", "[]", "0s":
		return ""
	}
	if strings.Contains(f.Usage, "default") {
		return ""
	}
	return " (default " + f.DefValue + ")"
}
