package node

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/wire"
)

// policyInterval is how often the files of the local policy are looked at.
const policyInterval = 2 * time.Second

// policyFailure is a policy on disk that is not in force because it does not
// compile.
type policyFailure struct {
	err error
	at  int64 // unix seconds
}

// openPolicy loads the local policy for the first time: without one there is
// no node.
func (n *Node) openPolicy() (*policies, error) {
	custom, err := n.opts.customGuards()
	if err != nil {
		return nil, err
	}
	p := &policies{log: n.log, now: n.now, loader: policyLoader{home: n.opts.Home, name: n.cfg.Policy,
		options: policy.CompileOptions{Custom: custom, Hooks: n.opts.Hooks, Panic: panicking(n.opts.Home), Postures: n.postures}}}
	c, files, err := p.loader.load()
	if err != nil {
		return nil, err
	}
	p.files = files
	p.inForce.Store(&inForce{compiled: c, since: n.now()})
	p.warn(c)
	return p, nil
}

// warn says what an operator should know of a policy that is now in force.
func (p *policies) warn(c *policy.Compiled) {
	if len(c.Observed) > 0 {
		p.log.Warn("the policy only observes: what these guards would deny is allowed", slog.Any("guards", c.Observed))
	}
	for _, w := range c.Warnings {
		p.log.Warn("policy", slog.String("problem", w.String()))
	}
}

// reload puts the policy on disk into force, or keeps the one in force if that
// does not compile. A call is judged by the one or the other, never by parts.
func (p *policies) reload() (changed bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, files, err := p.loader.load()
	p.files = files
	before := p.compiled().Hash
	if err != nil {
		p.problem = &policyFailure{err: err, at: p.now()}
		p.log.Error("the policy on disk does not compile; the one before stays in force",
			slog.String("in_force", before.String()), slog.Any("error", err))
		return false, err
	}
	p.problem = nil
	p.inForce.Store(&inForce{compiled: c, since: p.now()})
	if changed = c.Hash != before; changed {
		p.log.Info("another policy is in force", slog.String("before", before.String()), slog.String("now", c.Hash.String()))
		p.warn(c)
	}
	return changed, nil
}

// poll reloads if a file changed. A policy that does not compile was logged
// and stays visible in the status: it is not a failure of the loop.
func (p *policies) poll(context.Context) error {
	p.mu.Lock()
	changed := p.files.changed()
	p.mu.Unlock()
	if changed {
		_, _ = p.reload()
	}
	return nil
}

// watchPolicy begins to look at the files of the policy.
func (n *Node) watchPolicy() { n.every("look at the policy", policyInterval, nil, n.policy.poll) }

// PolicyStatus says which policy decides, and how that stands.
type PolicyStatus struct {
	Source   string        `json:"source"` // what the configuration names
	Hash     wire.Digest   `json:"policy_hash"`
	Since    int64         `json:"since"` // unix seconds
	Guards   []string      `json:"guards"`
	Parts    []policy.Part `json:"parts"`              // every guard, for people
	Observed []string      `json:"observed,omitempty"` // guards that enforce nothing
	Warnings []string      `json:"warnings,omitempty"`
	// Problem: what is on disk does not compile, so that another is in force.
	Problem      string `json:"problem,omitempty"`
	ProblemSince int64  `json:"problem_since,omitzero"`
	Panic        bool   `json:"panic,omitzero"` // the panic file exists: everything is denied
}

func (p *policies) status() PolicyStatus {
	now := p.inForce.Load()
	s := PolicyStatus{Source: p.loader.name, Hash: now.compiled.Hash, Since: now.since, Guards: now.compiled.GuardNames,
		Parts: now.compiled.Parts, Observed: now.compiled.Observed, Panic: p.loader.options.Panic()}
	for _, w := range now.compiled.Warnings {
		s.Warnings = append(s.Warnings, w.String())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if f := p.problem; f != nil {
		s.Problem, s.ProblemSince = f.err.Error(), f.at
	}
	return s
}

// PolicyReloaded answers "policy/reload".
type PolicyReloaded struct {
	Changed bool         `json:"changed"`
	Policy  PolicyStatus `json:"policy"`
}

// ReloadPolicy puts the policy on disk into force now. If it does not compile
// the error says why, and the one before stays in force.
func (n *Node) ReloadPolicy(_ context.Context, _ Empty) (*PolicyReloaded, error) {
	changed, err := n.policy.reload()
	if err != nil {
		p := *problemOf(err)
		p.Hint = "the policy before stays in force, " + n.policy.compiled().Hash.String() + "; " + p.Hint
		return nil, &p
	}
	return &PolicyReloaded{Changed: changed, Policy: n.policy.status()}, nil
}

func (n *Node) policyStatus(context.Context, Empty) (*PolicyStatus, error) {
	s := n.policy.status()
	return &s, nil
}

// SetPanic makes or removes the file that denies every call of a home's node.
// It works whether or not the node is up. reason is kept in the file.
func SetPanic(home string, on bool, reason string) error {
	path := filepath.Join(home, PanicFile)
	if !on {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	return os.WriteFile(path, []byte(reason+"\n"), 0o600)
}

// Panicking reports whether a home has the file, and what it says.
func Panicking(home string) (on bool, reason string) {
	if !panicking(home)() {
		return false, ""
	}
	doc, err := os.ReadFile(filepath.Join(home, PanicFile))
	if err != nil {
		return true, ""
	}
	return true, string(doc[:min(len(doc), maxPanicReason)])
}

const maxPanicReason = 512
