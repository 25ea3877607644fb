package receipt

import (
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

// Limits bound one receipt. Its size leaves room for what is stored with it in
// one row of the store, its depth for the levels of a bundle around it;
// parameters that are larger or deeper must be redacted before signing.
func Limits() wire.Limits { return wire.Limits{Bytes: 896 << 10, Depth: 40} }

// Sign completes and signs a receipt and returns its canonical form, the leaf
// of the log. It fills in kernel_key, id, signature and, where empty,
// parameter_hash; algorithm and bbs_signature are cleared. A parameter_hash
// that is not the hash of the recorded parameters, or members that do not
// cohere (see CheckCoherence), is an *Error and nothing is signed.
func Sign(r *Receipt, signer wire.Signer) ([]byte, error) {
	r.KernelKey, r.ID, r.Signature, r.Algorithm, r.BBSSignature = signer.Public(), "", wire.Signature{}, "", ""
	if err := fillParameterHash(&r.Action); err != nil {
		return nil, err
	}
	if err := CheckCoherence(r); err != nil {
		return nil, err
	}
	doc, err := wire.Marshal(r)
	if err != nil {
		return nil, refuse(CodeFormat, "receipt: %v", err)
	}
	list := members(doc)
	body := bodyOf(doc, list)
	id := wire.Hash(body).String()
	sig, err := signer.Sign(signingInput(body, id))
	if err != nil {
		return nil, fmt.Errorf("sign receipt: %w", err)
	}
	doc = assemble(doc, list, id, sig)
	if err := withinLimits(doc); err != nil {
		return nil, err
	}
	r.ID, r.Signature = id, sig
	return doc, nil
}

// fillParameterHash makes the recorded parameters canonical and binds them.
func fillParameterHash(a *Action) error {
	params, err := wire.Canonicalize(a.Parameters, Limits())
	if err != nil {
		return refuse(CodeFormat, "action.parameters: %v", err)
	}
	a.Parameters = params
	hash := wire.Hash(params).String()
	if a.ParameterHash == "" {
		a.ParameterHash = hash
	}
	if a.ParameterHash != hash {
		return refuse(CodeParameters, "parameter_hash is %.64s, the recorded parameters hash to %s", a.ParameterHash, hash)
	}
	return nil
}

// withinLimits refuses a receipt that Parse would refuse.
func withinLimits(doc []byte) error {
	if limit := Limits().Bytes; len(doc) > limit {
		return refuse(CodeFormat, "receipt has %d bytes, limit %d; redact the parameters", len(doc), limit)
	}
	var depth, deepest int
	for i := 0; i < len(doc); i++ {
		switch doc[i] {
		case '"':
			i = skipString(doc, i) - 1
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	if limit := Limits().Depth; deepest > limit {
		return refuse(CodeFormat, "receipt is nested %d deep, limit %d; redact the parameters", deepest, limit)
	}
	return nil
}

// Parse decodes a receipt strictly. Nothing of it is verified.
func Parse(doc []byte) (*Receipt, error) {
	var r Receipt
	if err := wire.Unmarshal(doc, &r, Limits()); err != nil {
		return nil, refuse(CodeFormat, "receipt: %v", err)
	}
	return &r, nil
}

// Bytes is the canonical form of a receipt, as Sign returned it.
func (r *Receipt) Bytes() ([]byte, error) { return wire.Marshal(r) }
