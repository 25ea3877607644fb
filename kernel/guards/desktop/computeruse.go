package desktop

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
)

// ErrConfig refuses a configuration of this package's guards.
var ErrConfig = errors.New("desktop guard is misconfigured")

// The modes of computer-use.
const (
	ModeObserve    = "observe"
	ModeGuardrail  = "guardrail"
	ModeFailClosed = "fail_closed"
)

// DefaultActions returns the action types of a configuration that names none.
func DefaultActions() []string {
	return []string{
		"remote.session.connect", "remote.session.disconnect", "remote.session.reconnect", "input.inject", "remote.clipboard",
		"remote.file_transfer", "remote.audio", "remote.drive_mapping", "remote.printing", "remote.session_share",
	}
}

// ComputerUse judges the action types of a call against a list.
//
//  1. a call that drives a desktop without a type that can be judged: deny
//  2. every type is listed: allow
//  3. else the mode decides: observe allows and says so, guardrail waits for a
//     person, fail_closed denies
type ComputerUse struct {
	rule             string
	unlisted         kernel.Verdict
	allowed          map[string]struct{}
	pass, passListed kernel.Decision
}

// NewComputerUse checks the configuration. Errors are ErrConfig.
func NewComputerUse(c ComputerUseConfig) (*ComputerUse, error) {
	g := &ComputerUse{rule: cmp.Or(c.Rule, "rules.computer_use"), allowed: map[string]struct{}{}}
	switch c.Mode {
	case ModeObserve:
		g.unlisted = kernel.Allow
	case ModeGuardrail:
		g.unlisted = kernel.PendingApproval
	case ModeFailClosed:
		g.unlisted = kernel.Deny
	default:
		return nil, fmt.Errorf("%w: %s mode is %.40q; write observe, guardrail or fail_closed", ErrConfig, ComputerUseName, c.Mode)
	}
	list := c.Allowed
	if list == nil {
		list = DefaultActions()
	}
	for _, t := range list {
		if !plain(t) {
			return nil, fmt.Errorf("%w: %s allowed_actions has %.80q, which is no action type", ErrConfig, ComputerUseName, t)
		}
		g.allowed[strings.ToLower(t)] = struct{}{}
	}
	g.pass = guard.Allowed(ComputerUseName, "", "", "")
	g.passListed = guard.Allowed(ComputerUseName, "", g.rule+".allowed_actions", "")
	return g, nil
}

// Name returns computer-use.
func (g *ComputerUse) Name() string { return ComputerUseName }

// Judge implements guard.Guard.
func (g *ComputerUse) Judge(r *guard.Request) (kernel.Decision, error) {
	if d, bad := guard.Unreadable(ComputerUseName, r); bad {
		return d, nil
	}
	a := actionsOf(r)
	switch {
	case !a.is:
		return g.pass, nil
	case a.bad: // 1
		return guard.Refuse(ComputerUseName, CodeComputerUse, g.rule, "the action type of the call cannot be judged"), nil
	}
	for _, t := range a.all() {
		if _, ok := g.allowed[t]; !ok { // 3
			return guard.Conclude(g.unlisted, ComputerUseName, CodeComputerUse, g.rule+".mode",
				"action "+brief(t)+" is not in the allow list"), nil
		}
	}
	return g.passListed, nil // 2
}
