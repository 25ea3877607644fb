package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/node"
)

// started is the JSON of policy init.
type started struct {
	File    string          `json:"file"`
	Preset  string          `json:"preset"`
	Servers []starterServer `json:"servers,omitempty"`
}

// starterServer is one server of an MCP client's configuration.
type starterServer struct {
	Name     string   `json:"name"`
	Serve    string   `json:"serve,omitempty"`    // the command that mediates it
	Warnings []string `json:"warnings,omitempty"` // what an operator should look at
}

func (a *app) policyInitCmd() *cobra.Command {
	var preset, from, out string
	var force bool
	c := &cobra.Command{Use: "init", Short: "write a starter policy, from a preset or from an MCP client's configuration",
		Long: "With --from-mcp-config it reads what Claude, Cursor or VS Code start as tool servers (mcpServers or servers): directories\n" +
			"of file servers become the paths that are allowed, URLs the hosts, known tools are grouped by what they can do. The\n" +
			"policy has comments to go on from, and the mcp serve line of each server is printed. Values of the environment are\n" +
			"never copied.",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.policyInit(preset, from, out, force) }}
	c.Flags().StringVar(&preset, "preset", "default", "policy of the binary to build on: "+strings.Join(policy.BuiltinNames(), ", "))
	c.Flags().StringVar(&from, "from-mcp-config", "", "configuration file of an MCP client")
	c.Flags().StringVar(&out, "out", "policy.yaml", "file to write, - for standard output")
	c.Flags().BoolVar(&force, "force", false, "overwrite the file")
	return c
}

func (a *app) policyInit(preset, from, out string, force bool) error {
	if _, have := policy.Builtin(preset); !have {
		return usageProblem(fmt.Sprintf("no preset %.60q", preset), "one of "+strings.Join(policy.BuiltinNames(), ", "))
	}
	var servers []mcpEntry
	if from != "" {
		doc, err := a.read(from)
		if err != nil {
			return err
		}
		if servers, err = parseMCPConfig(doc); err != nil {
			return &node.Problem{Code: "CHIO-MCP-CONFIG", Message: fmt.Sprintf("%s: %v", from, err), Exit: node.ExitFailure,
				Hint: `it looks like {"mcpServers": {"files": {"command": "npx", "args": [...]}}}`}
		}
	}
	base, err := policy.Load("builtin:"+preset, nil)
	if err != nil {
		return err
	}
	text := starterPolicy(preset, base, servers)
	if _, err := policy.Parse(out, []byte(text)); err != nil {
		return fmt.Errorf("the starter policy is not valid: %w", err)
	}
	s := started{File: out, Preset: preset}
	for _, e := range servers {
		s.Servers = append(s.Servers, e.starter(out))
	}
	if out == "-" {
		fmt.Fprint(a.Stdout, text)
		a.showStarted(a.Stderr, &s)
		return nil
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(out, flags, 0o644)
	if errors.Is(err, os.ErrExist) {
		return usageProblem(out+" exists", "name another file with --out, or overwrite it with --force")
	}
	if err != nil {
		return fmt.Errorf("write the policy: %w", err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write the policy: %w", err)
	}
	return a.print(s, func(w io.Writer) { a.showStarted(w, &s) })
}

func (a *app) showStarted(w io.Writer, s *started) {
	if s.File != "-" {
		fmt.Fprintf(w, "wrote %s, on top of builtin:%s\n", s.File, s.Preset)
	}
	for _, srv := range s.Servers {
		fmt.Fprintf(w, "\n%s\n", srv.Name)
		if srv.Serve != "" {
			fmt.Fprintf(w, "  %s\n", srv.Serve)
		}
		for _, text := range srv.Warnings {
			fmt.Fprintf(w, "  ! %s\n", text)
		}
	}
	if s.File != "-" {
		fmt.Fprintf(a.Stderr, "hint: look at it, then try it out: chio-node policy explain %s\n", s.File)
	}
}

// starterPolicy writes the policy, with comments for whoever goes on from it.
func starterPolicy(preset string, base *policy.Document, servers []mcpEntry) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# A starting point: everything of builtin:%s, and what follows.\n", preset)
	b.WriteString("# Read it, try it (chio-node policy explain), test it (chio-node policy test), run it with\n" +
		"# mcp serve --observe all before it enforces anything. docs/policy-reference.md has every block.\n")
	fmt.Fprintf(&b, "hushspec: \"0.1.0\"\nname: starter\nextends: builtin:%s\n", preset)
	var dirs, hosts []string
	for _, s := range servers {
		dirs, hosts = append(dirs, s.dirs...), append(hosts, s.hosts...)
	}
	groups := groupTools(servers)
	if len(dirs)+len(hosts)+len(groups) == 0 {
		b.WriteString("# rules:\n#   tool_access:\n#     block: [delete_file]\n#     require_confirmation: [write_file]\n")
		return b.String()
	}
	b.WriteString("# A block written here replaces that of the base, so what the base says is repeated.\nrules:\n")
	writeDirs(&b, dedupe(dirs))
	writeHosts(&b, base.Rules.Egress, dedupe(hosts))
	writeTools(&b, base.Rules.ToolAccess, groups)
	return b.String()
}
