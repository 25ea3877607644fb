package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/backbay-labs/chio-node/node"
)

// showPolicyState prints how the local policy stands, one fact a line.
func showPolicyState(w io.Writer, s *node.PolicyStatus) {
	fmt.Fprintf(w, "policy\t%s %s\n", s.Source, s.Hash)
	if s.Panic {
		fmt.Fprintf(w, "\tpanic: every call is denied, until chio-node policy panic off\n")
	}
	if len(s.Observed) > 0 {
		fmt.Fprintf(w, "\tonly observes: %s\n", strings.Join(s.Observed, ", "))
	}
	if s.Problem != "" {
		fmt.Fprintf(w, "\tnot in force since %s, what is on disk: %s\n", moment(s.ProblemSince), s.Problem)
	}
}

// checkPolicyState is what doctor says of the policy of a node that is up.
func checkPolicyState(s *node.PolicyStatus) []finding {
	const name = "policy live"
	var out []finding
	if s.Problem != "" {
		out = append(out, wrong(name, "the policy on disk does not compile; "+s.Hash.String()+" stays in force, and a restart would fail",
			"correct it; chio-node policy reload says what is wrong", "since %s: %s", moment(s.ProblemSince), s.Problem))
	}
	if s.Panic {
		out = append(out, doubt(name, "every call is denied", "chio-node policy panic off", "panic is on"))
	}
	if len(out) == 0 {
		out = append(out, fine(name, "%s since %s", s.Hash, moment(s.Since)))
	}
	return out
}

// checkObserved points out what a policy does not enforce.
func checkObserved(observed []string) []finding {
	if len(observed) == 0 {
		return nil
	}
	return []finding{doubt("observe", "what these guards would deny is allowed and recorded", "chio-node receipt list --observed; take extensions.chio.observe out of the policy to enforce it",
		"the policy only observes: %s", strings.Join(observed, ", "))}
}
