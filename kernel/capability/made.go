package capability

import "github.com/backbay-labs/chio-node/wire"

// MadeProof is a holder proof that was signed in this process. It can only come
// from MakeProof and cannot be changed, so its signature need not be verified
// again by the kernel it is handed to: the edge that holds an agent's sealed
// key signs and the kernel next to it would only check its own arithmetic.
// Everything else about the proof is judged as for any other.
type MadeProof struct {
	env  *wire.Envelope
	body HolderProof
}

// MakeProof is SignProof that remembers that it signed. Schema and agent_key
// are filled in.
func MakeProof(body HolderProof, signer wire.Signer) (*MadeProof, error) {
	env, err := SignProof(body, signer)
	if err != nil {
		return nil, err
	}
	body.Schema, body.AgentKey = ProofSchema, signer.Public()
	if body.IntentSHA256 != nil { // the caller's pointer could be written through later
		intent := *body.IntentSHA256
		body.IntentSHA256 = &intent
	}
	return &MadeProof{env: env, body: body}, nil
}

// Envelope is the signed proof, for a kernel elsewhere. It is a copy.
func (m *MadeProof) Envelope() *wire.Envelope {
	return &wire.Envelope{Body: append(wire.Raw(nil), m.env.Body...), Signatures: append([]wire.EnvelopeSignature(nil), m.env.Signatures...)}
}

// Check applies rules 3 to 7 of VerifyProof; the zero MadeProof fails them.
// Errors are *Error.
func (m *MadeProof) Check(want ProofExpectation) (*HolderProof, error) {
	if m == nil || m.env == nil {
		return nil, refuse(CodeProofMissing, "the call carries no holder proof; sign one with the capability's subject key")
	}
	p := m.body
	if err := p.answers(want); err != nil {
		return nil, err
	}
	return &p, nil
}
