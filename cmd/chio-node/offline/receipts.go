package offline

import (
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// ErrTrust: a bundle or a dispute means nothing without a trust set.
var ErrTrust = errors.New("a receipt bundle or a dispute is judged against a trust set: pass --trust FILE, or for a bundle --kernel-root HEX")

// NeedsTrust reports whether a file of this content can be judged without a
// trust set.
func NeedsTrust(doc []byte) bool {
	kind, _ := recognise(doc)
	return kind == KindBundle || kind == KindDispute
}

// bundle judges a bundle as a whole; a signer nobody named is a failure here.
func bundle(f *Finding, doc []byte, o Options) {
	trust := o.Trust
	if o.KernelRoot != nil {
		trust = trustRoot(doc, *o.KernelRoot)
	}
	if trust == nil {
		f.refuse(receipt.CodeUntrusted, ErrTrust)
		return
	}
	report, err := receipt.VerifyBundle(doc, trust, o.Proofs...)
	if err != nil {
		f.refuse(receipt.CodeFormat, err)
		return
	}
	f.detail(report)
	f.sound(true, "")
}

// trustRoot trusts one kernel for every log the bundle names: who trusts a
// kernel and nothing else takes its word for which logs are its own. Witnesses
// stay unknown, so a cosigned bundle needs a trust set.
func trustRoot(doc []byte, root wire.PublicKey) *receipt.TrustSet {
	t := receipt.TrustKernel(root)
	var b struct {
		Logs []struct {
			Checkpoint string `json:"checkpoint"`
		} `json:"logs"`
	}
	if wire.UnmarshalLenient(doc, &b, wire.BundleLimits) != nil {
		return t // VerifyBundle says what is wrong with it
	}
	for _, log := range b.Logs {
		origin, _, _ := strings.Cut(log.Checkpoint, "\n")
		t.Kernels[0].Logs = append(t.Kernels[0].Logs, origin)
	}
	return t
}

// single is the trust set for one receipt or capability.
func (o *Options) single() *receipt.TrustSet {
	if o.KernelRoot != nil {
		return receipt.TrustKernel(*o.KernelRoot)
	}
	return o.Trust
}

func oneReceipt(f *Finding, doc []byte, o Options) {
	_, res, err := receipt.VerifyJSON(doc, o.single())
	if err != nil {
		f.refuse(receipt.CodeFormat, err)
		return
	}
	f.detail(res)
	if !res.Intact() {
		f.refuse(res.Code, errors.New(res.Detail))
		return
	}
	f.Status = res.Verdict
	f.sound(res.SignerTrusted, res.Detail)
	f.Code, f.Reason = res.Code, res.Detail // also of an agent the trust set does not name
}

// capabilityDetail is what a token says; of a chain, its leaf.
type capabilityDetail struct {
	ID        string         `json:"id"`
	Issuer    wire.PublicKey `json:"issuer"` // of the root
	Subject   wire.PublicKey `json:"subject"`
	ExpiresAt int64          `json:"expires_at"`
	Depth     int            `json:"depth"`
	Tokens    int            `json:"tokens"`
}

// capabilities judges one token, or a chain of them, at a given time. A single
// token that was delegated is judged by its signature, time and links alone,
// since its parents are not there to see.
func capabilities(f *Finding, doc []byte, o Options) {
	chain, err := parseChain(doc)
	if err != nil {
		f.refuse(capability.CodeInvalid, err)
		return
	}
	leaf := &chain[len(chain)-1]
	f.detail(capabilityDetail{ID: leaf.ID, Issuer: chain[0].Issuer, Subject: leaf.Subject, ExpiresAt: leaf.ExpiresAt,
		Depth: len(leaf.DelegationChain), Tokens: len(chain)})
	for i := range chain {
		if err := chain[i].VerifySignature(); err != nil {
			f.refuse(capability.CodeInvalid, err)
			return
		}
	}
	f.Integrity = true
	if err := whole(chain, o.At); err != nil {
		f.refuse(capability.CodeInvalid, err)
		return
	}
	trust := o.single()
	f.sound(trust != nil && trust.Issues(chain[0].Issuer), fmt.Sprintf("the trust set does not name the issuer %s", chain[0].Issuer))
}

func whole(chain []capability.Token, at int64) error {
	leaf := &chain[0]
	if len(chain) == 1 && len(leaf.DelegationChain) > 0 {
		if err := leaf.CheckTime(at); err != nil {
			return err
		}
		return leaf.CheckLinks(capability.MaxDepth)
	}
	_, err := capability.VerifyChain(chain, capability.ChainInput{Now: at, MaxDepth: capability.MaxDepth,
		CountsAggregates: true,                                       // reported, not spent
		TrustedRoot:      func(wire.PublicKey) bool { return true }}) // trust is a question of its own
	return err
}

func parseChain(doc []byte) ([]capability.Token, error) {
	if doc[0] != '[' {
		t, err := capability.Parse(doc)
		if err != nil {
			return nil, err
		}
		return []capability.Token{*t}, nil
	}
	var parts []wire.Raw
	if err := wire.Unmarshal(doc, &parts, wire.ForeignLimits); err != nil {
		return nil, err
	}
	if len(parts) == 0 || len(parts) > capability.MaxLinks+1 {
		return nil, fmt.Errorf("a chain has 1 to %d tokens, this has %d", capability.MaxLinks+1, len(parts))
	}
	chain := make([]capability.Token, 0, len(parts))
	for i, p := range parts {
		t, err := capability.Parse(p)
		if err != nil {
			return nil, fmt.Errorf("token %d: %w", i, err)
		}
		chain = append(chain, *t)
	}
	return chain, nil
}
