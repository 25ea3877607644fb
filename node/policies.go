package node

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/wire"
)

// treatyTerms finds the terms that bind a call between two organisations.
type treatyTerms interface {
	// terms returns what judges a call to (or from) a peer: the peer's
	// attestation, the direction's effective digest, and every conjunct.
	terms(m *kernel.Mandate, r kernel.Route) (peer, effective wire.Digest, guards []kernel.SidedGuard, err error)
}

// policies is the kernel's PolicySource: the local policy, and for a call that
// crosses organisations the treaty's terms as well.
type policies struct {
	compiled *policy.Compiled
	servers  *registry
	treaties treatyTerms
}

// Policy implements kernel.PolicySource.
func (p *policies) Policy(m *kernel.Mandate, r kernel.Route) (*kernel.Policy, error) {
	out := &kernel.Policy{LocalHash: p.compiled.Hash, Local: p.compiled.Guard}
	if r.PeerDID == "" {
		if own := p.servers.serverPolicy(r.Server); own != nil {
			hash, err := wire.DigestOf([2]wire.Digest{p.compiled.Hash, own.Hash})
			if err != nil {
				return nil, err
			}
			out.LocalHash, out.Local = hash, both{p.compiled.Guard, own.Guard}
		}
	}
	if r.PeerDID == "" && m.Origin == nil {
		return out, nil
	}
	peer, effective, guards, err := p.treaties.terms(m, r)
	if err != nil {
		return nil, err
	}
	out.PeerHash, out.EffectiveHash, out.Treaty = &peer, &effective, guards
	return out, nil
}

// both is the conjunction of the node's policy and a server's own: Deny ends
// it, PendingApproval sticks.
type both [2]kernel.Guard

// Name implements kernel.Guard.
func (b both) Name() string { return b[0].Name() }

// Evaluate implements kernel.Guard.
func (b both) Evaluate(c *kernel.Call) (kernel.Decision, error) {
	first, err := b[0].Evaluate(c)
	if err != nil || first.Verdict == kernel.Deny {
		return first, err
	}
	second, err := b[1].Evaluate(c)
	second.Evidence = append(first.Evidence, second.Evidence...)
	second.Verdict = second.Verdict.Stricter(first.Verdict)
	second.Observed = second.Observed || first.Observed
	if second.Verdict != kernel.Deny {
		second.Consume = append(first.Consume, second.Consume...)
	}
	return second, err
}

// Revalidate implements kernel.Revalidator: whichever of both asks for it.
func (b both) Revalidate(c *kernel.Call) (kernel.Decision, error) {
	for _, g := range b {
		r, ok := g.(kernel.Revalidator)
		if !ok {
			continue
		}
		if d, err := r.Revalidate(c); err != nil || d.Verdict != kernel.Allow {
			return d, err
		}
	}
	return kernel.Decision{Verdict: kernel.Allow}, nil
}

// loadPolicy reads and compiles the local policy: a file relative to the home,
// or builtin:<name>.
func loadPolicy(home, name string) (*policies, error) {
	doc, err := readPolicy(home, name)
	if err != nil {
		return nil, policyProblem(name, err)
	}
	compiled, err := policy.Compile(doc, policy.CompileOptions{})
	if err != nil {
		return nil, policyProblem(name, err)
	}
	return &policies{compiled: compiled}, nil
}

func readPolicy(home, name string) (*policy.Document, error) {
	if strings.HasPrefix(name, "builtin:") {
		return policy.Load(name, os.DirFS(home))
	}
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(home, path)
	}
	return policy.Load(filepath.Base(path), os.DirFS(filepath.Dir(path)))
}

func policyProblem(name string, err error) error {
	hint := "check it with chio-node policy validate " + name
	var invalid *policy.Error
	if errors.As(err, &invalid) {
		hint = "correct the lines named above; chio-node policy validate shows the same"
	}
	return &Problem{Code: "CHIO-POLICY-INVALID", Message: fmt.Sprintf("policy %s: %v", name, err), Hint: hint, Exit: ExitFailure}
}

// ValidatePolicy loads and compiles a policy file and returns its hash and the
// guards it runs, in order.
func ValidatePolicy(path string) (hash wire.Digest, guards []string, err error) {
	p, err := loadPolicy(filepath.Dir(path), filepath.Base(path))
	if strings.HasPrefix(path, "builtin:") {
		p, err = loadPolicy(".", path)
	}
	if err != nil {
		return wire.Digest{}, nil, err
	}
	return p.compiled.Hash, p.compiled.GuardNames, nil
}

// ResolvePolicy reads a policy file and everything it extends into the one
// document a running node can be handed.
func ResolvePolicy(path string) (wire.Raw, error) {
	p, err := loadPolicy(filepath.Dir(path), filepath.Base(path))
	if err != nil {
		return nil, err
	}
	return p.compiled.Canonical, nil
}
