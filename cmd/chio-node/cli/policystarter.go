package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/kernel/policy"
)

func writeDirs(b *strings.Builder, dirs []string) {
	if len(dirs) == 0 {
		return
	}
	b.WriteString("  # The directories that the file servers were given: what is below them may be read and written, nothing\n" +
		"  # else. Take a line out of write to make a directory read-only.\n  path_allowlist:\n    enabled: true\n")
	for _, field := range []string{"read", "write"} {
		fmt.Fprintf(b, "    %s:\n", field)
		for _, d := range dirs {
			fmt.Fprintf(b, "      - %s\n", quoteYAML(strings.TrimSuffix(d, "/")+"/**"))
		}
	}
}

func writeHosts(b *strings.Builder, base *policy.EgressRule, hosts []string) {
	if len(hosts) == 0 {
		return
	}
	b.WriteString("  # The hosts in the configuration. A tool that names another one is refused: add what is needed, or\n" +
		"  # default: allow. \"*\" is one label of a name, \"**\" any number.\n  egress:\n    default: block\n")
	if base != nil {
		hosts = dedupe(append(hosts, base.Allow...))
		writeList(b, "block", base.Block)
	}
	writeList(b, "allow", hosts)
}

func writeList(b *strings.Builder, field string, entries []string) {
	if len(entries) == 0 {
		return
	}
	fmt.Fprintf(b, "    %s:\n", field)
	for _, e := range entries {
		fmt.Fprintf(b, "      - %s\n", quoteYAML(e))
	}
}

// writeTools groups known tools. What the base refuses or asks about stays so,
// and a base with an allow list gets only what reads.
func writeTools(b *strings.Builder, base *policy.ToolAccessRule, groups map[string][]string) {
	if len(groups) == 0 {
		return
	}
	own := policy.ToolAccess{Default: policy.DefaultAllow}
	if base != nil && base.Enabled {
		own = base.ToolAccess
	}
	if own.Default == "" {
		own.Default = policy.DefaultAllow
	}
	b.WriteString("  # Tools of servers that are known here, by what they can do.\n  tool_access:\n")
	fmt.Fprintf(b, "    default: %s\n", own.Default)
	if own.MaxArgsSize != nil {
		fmt.Fprintf(b, "    max_args_size: %d\n", *own.MaxArgsSize)
	}
	if own.Default == policy.DefaultBlock || len(own.Allow) > 0 {
		b.WriteString("    # These only read.\n")
		writeList(b, "allow", dedupe(slices.Concat(own.Allow, groups[riskReads])))
		comment(b, "These change things; they are refused until they are in allow", groups[riskWrites])
	} else {
		comment(b, "These only read", groups[riskReads])
		comment(b, "These change things", groups[riskWrites])
	}
	if list := dedupe(slices.Concat(own.Block, groups[riskRuns])); len(list) > 0 {
		b.WriteString("    # They run whatever they are given.\n")
		writeList(b, "block", list)
	}
	if list := dedupe(slices.Concat(own.RequireConfirmation, groups[riskDestroys], groups[riskSends])); len(list) > 0 {
		b.WriteString("    # They remove what cannot be got back, or speak to others: a person is asked first.\n")
		writeList(b, "require_confirmation", list)
	}
}

func comment(b *strings.Builder, text string, names []string) {
	if len(names) > 0 {
		fmt.Fprintf(b, "    # %s: %s\n", text, strings.Join(names, ", "))
	}
}

func dedupe(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
