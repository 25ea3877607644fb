package desktop

import (
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
)

// The evidence codes of this package. Codes are never renamed.
const (
	CodeComputerUse kernel.Code = "CHIO-GUARD-COMPUTER-USE"
	CodeChannel     kernel.Code = "CHIO-GUARD-REMOTE-CHANNEL"
	CodeInput       kernel.Code = "CHIO-GUARD-INPUT"
)

// The names of the guards.
const (
	ComputerUseName = "computer-use"
	ChannelsName    = "remote-desktop-side-channel"
	InputName       = "input-injection-capability"
)

// allowed is a decision that is built once and shared; its evidence has no
// room to append to.
func allowed(name string, code kernel.Code, rule, details string) kernel.Decision {
	d := guard.Conclude(kernel.Allow, name, code, rule, details)
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

// brief bounds a name for evidence.
func brief(s string) string { return s[:min(len(s), 80)] }
