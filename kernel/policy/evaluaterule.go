package policy

import (
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
)

// deciding is the row of evidence that the decision rests on: of a denial the
// last that denies, of a warning the first that asks, of an allow the row of
// the block that the type of action is about.
func deciding(action string, d kernel.Decision) kernel.Evidence {
	var out kernel.Evidence
	switch d.Verdict {
	case kernel.Allow:
		return allowing(action, d.Evidence)
	case kernel.PendingApproval:
		for _, e := range d.Evidence {
			if e.Verdict == kernel.PendingApproval {
				return e
			}
		}
	case kernel.Deny:
		for _, e := range d.Evidence {
			if e.Verdict == kernel.Deny {
				out = e
			}
		}
	}
	return out
}

// languageRule is the rule in the words of the language, which names
// path_allowlist as a whole where our evidence names the list.
func languageRule(rule string) string {
	const paths = "rules.path_allowlist"
	if strings.HasPrefix(rule, paths+".") {
		return paths
	}
	return rule
}

// ruleOrder lists, for each type of action, the guards whose rule is reported
// when all allow, the most telling first.
func ruleOrder(action string) []string {
	switch action {
	case ActionFileRead:
		return []string{"path-allowlist", "forbidden-path"}
	case ActionFileWrite:
		return []string{"secret-leak", "path-allowlist", "forbidden-path"}
	case ActionPatch:
		return []string{"patch-integrity", "path-allowlist", "forbidden-path"}
	case ActionEgress:
		return []string{"egress-allowlist"}
	case ActionShell:
		return []string{"shell-command"}
	case ActionTool:
		return []string{"mcp-tool"}
	case ActionComputerUse:
		return []string{"remote-desktop-side-channel", "computer-use"}
	case ActionInput:
		return []string{"input-injection-capability", "computer-use"}
	case ActionBrowser:
		return []string{"browser-automation"}
	case ActionCode:
		return []string{"code-execution"}
	}
	return nil
}

// allowing prefers a list that names the target over a default, and of lists
// the narrowest, which is the last.
func allowing(action string, rows []kernel.Evidence) kernel.Evidence {
	for _, name := range ruleOrder(action) {
		var byDefault, named kernel.Evidence
		for _, e := range rows {
			switch {
			case e.Guard != name || e.Verdict != kernel.Allow || e.Rule == "":
			case strings.HasSuffix(e.Rule, ".default"):
				if byDefault.Rule == "" {
					byDefault = e
				}
			default:
				named = e
			}
		}
		switch {
		case named.Rule != "":
			return named
		case byDefault.Rule != "":
			return byDefault
		}
	}
	return kernel.Evidence{}
}
