package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/kernel/guards"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/node"
)

// guardRow is one line of guard list.
type guardRow struct {
	Name     string `json:"name"`
	Purpose  string `json:"purpose,omitempty"`
	Block    string `json:"block"`
	On       bool   `json:"on"`
	Config   string `json:"config,omitempty"`
	Output   bool   `json:"output,omitzero"`
	Observed bool   `json:"observed,omitzero"`
}

// guardList is the JSON of guard list.
type guardList struct {
	Policy string     `json:"policy,omitempty"` // what was asked about; absent: only the catalogue
	Guards []guardRow `json:"guards"`
}

func (a *app) guardCmd() *cobra.Command {
	c := &cobra.Command{Use: "guard", Short: "list guards, and ask one about a call"}
	var path string
	list := &cobra.Command{Use: "list", Short: "the guards in the order in which they run, and which of them a policy turns on",
		Long: "Without --policy it is the policy of the node in the home, with the guards that its program registered.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := a.guardList(cmd, path)
			if err != nil {
				return err
			}
			return a.print(l, func(w io.Writer) { showGuards(w, l) })
		}}
	list.Flags().StringVar(&path, "policy", "", "policy: a file, or builtin:NAME")
	c.AddCommand(list, a.guardEvalCmd())
	return c
}

func (a *app) guardList(cmd *cobra.Command, path string) (*guardList, error) {
	var parts []policy.Part
	l := &guardList{Policy: path}
	switch {
	case path != "":
		_, c, err := a.load(path, policy.CompileOptions{})
		if err != nil {
			return nil, err
		}
		parts = c.Parts
	case node.Exists(a.home):
		var s node.PolicyStatus
		if err := a.call(cmd.Context(), "policy/status", node.Empty{}, &s); err != nil {
			return nil, err
		}
		l.Policy, parts = s.Source, s.Parts
	}
	l.Guards = rowsOf(parts)
	return l, nil
}

// rowsOf lists the eighteen in their order, on or off, and whatever else a
// policy runs in its place.
func rowsOf(parts []policy.Part) []guardRow {
	rows := make([]guardRow, 0, len(parts)+18)
	for _, p := range parts {
		rows = append(rows, guardRow{Name: p.Name, Purpose: purposes[p.Name], Block: p.Block, On: true, Config: p.Config, Output: p.Output, Observed: p.Observed})
	}
	at := 0
	for _, e := range guards.Catalogue() {
		i := slices.IndexFunc(rows, func(r guardRow) bool { return r.Name == e.Name })
		if i < 0 {
			for at < len(rows) && (rows[at].Name == policy.PostureName || rows[at].Name == policy.OriginsName) {
				at++ // they stand before the eighteen
			}
			rows = slices.Insert(rows, at, guardRow{Name: e.Name, Purpose: purposes[e.Name], Block: e.Block})
			i = at
		}
		at = i + 1
	}
	return rows
}

func showGuards(w io.Writer, l *guardList) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range l.Guards {
		state := "-"
		if r.On {
			state = "on"
		}
		if r.Observed {
			state = "observes"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", r.Name, state, r.Block, r.Purpose, r.Config)
	}
	_ = t.Flush() // standard output is gone: nobody to tell
}

// guardVerdict is the JSON of guard eval.
type guardVerdict struct {
	Guard    string    `json:"guard"`
	Verdict  string    `json:"verdict"`
	Evidence []opinion `json:"evidence"`
}

func (a *app) guardEvalCmd() *cobra.Command {
	var path, tool, args, at, server string
	c := &cobra.Command{Use: "eval NAME --policy P --tool T --args JSON", Short: "ask one guard of a policy about a call", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, names []string) error {
			t := trial{server: server, tool: tool, args: args}
			var err error
			if t.now, err = a.evaluationTime(at); err != nil {
				return err
			}
			v, err := a.guardEval(names[0], path, &t)
			if err != nil {
				return err
			}
			return a.print(v, func(w io.Writer) {
				fmt.Fprintf(w, "%s: %s\n", v.Guard, v.Verdict)
				showOpinions(w, v.Evidence)
			})
		}}
	policyFlag(c, &path)
	c.Flags().StringVar(&tool, "tool", "", "the tool that is called")
	_ = c.MarkFlagRequired("tool") // the flag exists: it is defined above
	c.Flags().StringVar(&args, "args", "{}", "its arguments, a JSON object")
	c.Flags().StringVar(&server, "server", "", "the server it is called at")
	atFlag(c, &at)
	return c
}

func (a *app) guardEval(name, path string, t *trial) (*guardVerdict, error) {
	l, c, err := a.load(path, policy.CompileOptions{})
	if err != nil {
		return nil, err
	}
	if !slices.Contains(c.GuardNames, name) {
		return nil, usageProblem(fmt.Sprintf("policy %s runs no guard %.60q", path, name), "it runs "+strings.Join(c.GuardNames, ", "))
	}
	call, err := t.call()
	if err != nil {
		return nil, err
	}
	all, err := a.opinions(l, call, name)
	if err != nil {
		return nil, err
	}
	v := &guardVerdict{Guard: name}
	for _, o := range all {
		if o.Guard == name {
			v.Verdict, v.Evidence = o.Verdict, append(v.Evidence, o)
		}
	}
	if len(v.Evidence) == 0 { // what is malformed, or always enforced, ended it before
		last := all[len(all)-1]
		return nil, &node.Problem{Code: "CHIO-GUARD-NOT-ASKED", Exit: node.ExitFailure,
			Message: fmt.Sprintf("%s was not asked: %s denied before, %s", name, last.Guard, last.Details),
			Hint:    "chio-node policy explain shows all that was said"}
	}
	return v, nil
}

// purposes says what each guard is there for, in a few words.
var purposes = map[string]string{
	"forbidden-path":              "files nobody may touch",
	"velocity":                    "calls and money per time, per capability",
	"agent-velocity":              "calls per time, per agent and session",
	"shell-command":               "commands that destroy, exfiltrate or fetch and run",
	"egress-allowlist":            "hosts that may be contacted",
	"internal-network":            "addresses inside the own network, cloud metadata",
	"mcp-tool":                    "tools by name, size of arguments",
	"secret-leak":                 "credentials in arguments",
	"patch-integrity":             "size and content of patches",
	"path-allowlist":              "files that may be touched",
	"computer-use":                "desktop actions",
	"remote-desktop-side-channel": "clipboard, files, audio and drives of remote desktops",
	"input-injection-capability":  "typing and clicking",
	"browser-automation":          "pages, verbs and credentials in a browser",
	"code-execution":              "languages, modules and network of code that runs",
	"prompt-injection":            "instructions hidden in arguments",
	"jailbreak":                   "attempts to talk a model out of its rules",
	"spider-sense":                "likeness to known attacks",
	policy.PanicName:              "everything, while panic is on",
	policy.PostureName:            "what the session's state permits",
	policy.OriginsName:            "where the request came from",
	policy.ConditionName:          "whether any rule is in force now",
	policy.ApprovalName:           "calls that a person must confirm",
	policy.AssuranceName:          "what the calling runtime must show",
	"output-sanitizer":            "secrets and personal data in results",
	"indirect-injection":          "instructions hidden in results",
}
