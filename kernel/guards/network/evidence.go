package network

import (
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
)

// The evidence codes of this package. Codes are never renamed.
const (
	CodeEgress   kernel.Code = "CHIO-GUARD-EGRESS"
	CodeInternal kernel.Code = "CHIO-GUARD-INTERNAL-NETWORK"
	CodeBrowser  kernel.Code = "CHIO-GUARD-BROWSER"
)

// The names of the guards.
const (
	EgressName   = "egress-allowlist"
	InternalName = "internal-network"
	BrowserName  = "browser-automation"
)

// allowed is a decision that is built once and shared; its evidence has no
// room to append to.
func allowed(name, rule string) kernel.Decision {
	d := guard.Conclude(kernel.Allow, name, "", rule, "")
	d.Evidence = d.Evidence[:1:1]
	return d
}

// refuseMalformed denies a request whose arguments could not be read.
func refuseMalformed(name string, r *guard.Request) (kernel.Decision, bool) {
	if r == nil || r.Call == nil || r.Call.Mandate == nil {
		return guard.Refuse(name, guard.CodeMalformed, "", "there is no call to judge"), true
	}
	switch s := r.Action.Shape.(type) {
	case nil:
		return guard.Refuse(name, guard.CodeMalformed, "", "the action was not extracted"), true
	case guard.Malformed:
		return guard.Refuse(name, guard.CodeMalformed, "", s.Reason), true
	}
	return kernel.Decision{}, false
}

func orDefault(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
