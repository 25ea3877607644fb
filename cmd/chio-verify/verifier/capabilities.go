package verifier

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

const defaultMaxDepth = capability.MaxDepth

// capabilityObject is the JSON about one token, the leaf if a chain was given.
// chain_valid judges the whole chain as this node would, apart from trust in
// the root's issuer, which is signer_trusted, and revocation.
type capabilityObject struct {
	ID             string         `json:"id"`
	Issuer         wire.PublicKey `json:"issuer"`
	Subject        wire.PublicKey `json:"subject"`
	SignatureValid bool           `json:"signature_valid"`
	TimeStatus     string         `json:"time_status"` // valid | expired | not_yet_valid
	TimeValid      bool           `json:"time_valid"`
	ShapeValid     bool           `json:"delegation_chain_shape_valid"`
	ChainValid     bool           `json:"chain_valid"`
	Depth          int            `json:"depth"`
	SignerTrusted  bool           `json:"signer_trusted"`
	Code           string         `json:"code,omitempty"`
	Detail         string         `json:"detail,omitempty"`
}

// verifyCapability judges a token or a chain at a given time. A single token
// that was delegated is judged by its signature, time and links alone; a chain
// must verify as a whole.
func verifyCapability(e *env) (*answer, error) {
	if !e.opt.set["at"] {
		return nil, fmt.Errorf("%w: --at UNIX is required", errUsage)
	}
	if e.opt.maxDepth < 0 {
		return nil, fmt.Errorf("%w: --max-depth is negative", errUsage)
	}
	trust, err := e.trustSet()
	if err != nil {
		return nil, err
	}
	doc, err := e.read(e.files[0])
	if err != nil {
		return nil, err
	}
	chain, single, err := parseChain(doc)
	if err != nil {
		return nil, err
	}
	return judge(chain, single, e, trust), nil
}

func judge(chain []capability.Token, single bool, e *env, trust *receipt.TrustSet) *answer {
	leaf := &chain[len(chain)-1]
	o := &capabilityObject{ID: leaf.ID, Issuer: leaf.Issuer, Subject: leaf.Subject, TimeStatus: "valid", Depth: len(leaf.DelegationChain)}
	o.SignerTrusted = trust != nil && trust.Issues(chain[0].Issuer)
	signature, timed := leaf.VerifySignature(), leaf.CheckTime(e.opt.at)
	shape := leaf.CheckLinks(e.opt.maxDepth)
	_, whole := capability.VerifyChain(chain, capability.ChainInput{
		Now: e.opt.at, MaxDepth: e.opt.maxDepth, TrustedRoot: func(wire.PublicKey) bool { return true },
		CountsAggregates: true, // reported, not spent
	})
	o.SignatureValid, o.TimeValid, o.ShapeValid, o.ChainValid = signature == nil, timed == nil, shape == nil, whole == nil
	switch codeOf(timed) {
	case capability.CodeExpired:
		o.TimeStatus = "expired"
	case capability.CodeNotYetValid:
		o.TimeStatus = "not_yet_valid"
	}
	failed := errors.Join(signature, timed, shape)
	if failed == nil && !single {
		failed = whole
	}
	a := &answer{object: o}
	var cause *capability.Error
	if errors.As(failed, &cause) {
		o.Code, o.Detail = cause.Code, cause.Detail
		a.exit, a.code, a.detail = exitUnverifiable, cause.Code, cause.Detail
	}
	a.check(o.SignatureValid, "token %s signed by %s", o.ID, o.Issuer)
	a.check(o.TimeValid, "time: %s", o.TimeStatus)
	a.check(o.ShapeValid, "delegation links")
	if !single || len(leaf.DelegationChain) == 0 {
		a.check(o.ChainValid, "chain of %d", len(chain))
	}
	a.check(o.SignerTrusted, "issuer in the trust set")
	return a
}

// parseChain reads one token, or an array of them.
func parseChain(doc []byte) (chain []capability.Token, single bool, err error) {
	if !isArray(doc) {
		t, err := capability.Parse(doc)
		if err != nil {
			return nil, false, err
		}
		return []capability.Token{*t}, true, nil
	}
	var parts []wire.Raw
	if err := wire.Unmarshal(doc, &parts, wire.ForeignLimits); err != nil {
		return nil, false, &capability.Error{Code: capability.CodeInvalid, Detail: "chain: " + err.Error()}
	}
	if len(parts) == 0 || len(parts) > capability.MaxLinks+1 {
		return nil, false, &capability.Error{Code: capability.CodeChain, Detail: fmt.Sprintf("chain has %d tokens, want 1 to %d", len(parts), capability.MaxLinks+1)}
	}
	for i, p := range parts {
		t, err := capability.Parse(p)
		if err != nil {
			return nil, false, fmt.Errorf("token %d: %w", i, err)
		}
		chain = append(chain, *t)
	}
	return chain, false, nil
}

func codeOf(err error) string {
	var e *capability.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
