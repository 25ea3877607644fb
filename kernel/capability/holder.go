package capability

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

// ProofExpectation is the call a holder proof must be for.
type ProofExpectation struct {
	CallID       string
	Audience     wire.PublicKey
	Server       string
	Tool         string
	ArgsSHA256   wire.Digest
	CapabilityID string         // leaf token
	AgentKey     wire.PublicKey // leaf token's subject
	Now          int64          // unix seconds
	IntentSHA256 *wire.Digest   // nil: the proof must bind none
	Session      string         // "": the proof must bind none
	OnBehalfOf   string         // "": the proof must claim none
	Human        bool
}

// nonceBytes is the length of a nonce: 16 random bytes in hex.
const nonceBytes = 32

// SignProof seals a holder proof. Schema and agent_key are filled in.
func SignProof(body HolderProof, signer wire.Signer) (*wire.Envelope, error) {
	if !body.AgentKey.IsZero() && body.AgentKey != signer.Public() {
		return nil, refuse(CodeProofMismatch, "proof names agent %s, signing as %s", body.AgentKey, signer.Public())
	}
	body.Schema, body.AgentKey = ProofSchema, signer.Public()
	if err := checkNonce(body.Nonce); err != nil {
		return nil, err
	}
	if err := checkSession(body.Session); err != nil {
		return nil, err
	}
	env, err := wire.Seal(ProofSchema, body, signer)
	if err != nil {
		return nil, fmt.Errorf("sign holder proof: %w", err)
	}
	return env, nil
}

// VerifyProof checks that the holder of the leaf's subject key asked for
// exactly this call, recently:
//
//	1 a proof is present
//	2 it is a canonical chio.holder_proof.v1 signed by one key, soundly
//	3 that key is the expected agent's, and the body says so
//	4 call id, audience, server, tool, arguments, capability, intent and session
//	  are this call's; an intent or session that is not expected is refused too
//	5 the nonce is 32 lowercase hex characters
//	6 the session, if any, is at most 128 printable ASCII characters
//	7 issued_at ≤ now+30 and issued_at+300 ≥ now
//
// Whether the nonce was seen before is for Admit to decide. Errors are *Error.
func VerifyProof(env *wire.Envelope, want ProofExpectation) (*HolderProof, error) {
	if env == nil { // 1
		return nil, refuse(CodeProofMissing, "the call carries no holder proof; sign one with the capability's subject key")
	}
	if len(env.Signatures) > 1 { // 2
		return nil, refuse(CodeProofInvalid, "proof has %d signatures, want one", len(env.Signatures))
	}
	var p HolderProof
	err := env.Open(ProofSchema, &p, []wire.PublicKey{want.AgentKey}, nil) // 2, 3
	if errors.Is(err, wire.ErrNoSigner) {
		return nil, refuse(CodeProofMismatch, "proof is not signed by the capability's subject %s", want.AgentKey)
	}
	if err != nil {
		return nil, refuse(CodeProofInvalid, "proof: %v", err)
	}
	if err := p.answers(want); err != nil {
		return nil, err
	}
	return &p, nil
}

// answers checks rules 3 to 7 of VerifyProof.
func (p *HolderProof) answers(want ProofExpectation) error {
	if member := mismatch(p, want); member != "" { // 3, 4
		return refuse(CodeProofMismatch, "proof is for another call: %s differs", member)
	}
	if err := checkNonce(p.Nonce); err != nil { // 5
		return err
	}
	if err := checkSession(p.Session); err != nil { // 6
		return err
	}
	if p.IssuedAt > want.Now+ProofSkewSeconds { // 7
		return refuse(CodeProofStale, "proof is dated %d, %d s ahead; check the clocks", p.IssuedAt, p.IssuedAt-want.Now)
	}
	if p.IssuedAt < want.Now-ProofTTLSeconds { // 7
		return refuse(CodeProofStale, "proof is %d s old, limit %d; sign a new one", want.Now-p.IssuedAt, ProofTTLSeconds)
	}
	return nil
}

// mismatch names the first member that is not the expected one, or "".
func mismatch(p *HolderProof, want ProofExpectation) string {
	switch {
	case p.AgentKey != want.AgentKey:
		return "agent_key"
	case p.CallID != want.CallID:
		return "call_id"
	case p.Audience != want.Audience:
		return "audience"
	case p.Server != want.Server:
		return "server"
	case p.Tool != want.Tool:
		return "tool"
	case p.ArgsSHA256 != want.ArgsSHA256:
		return "args_sha256"
	case p.CapabilityID != want.CapabilityID:
		return "capability_id"
	case (p.IntentSHA256 == nil) != (want.IntentSHA256 == nil),
		p.IntentSHA256 != nil && *p.IntentSHA256 != *want.IntentSHA256:
		return "intent_sha256"
	case p.Session != want.Session:
		return "session"
	case p.OnBehalfOf != want.OnBehalfOf:
		return "on_behalf_of"
	case p.Human != want.Human:
		return "human"
	}
	return ""
}

func checkSession(s string) error {
	if s == "" {
		return nil
	}
	if err := checkID(s); err != nil {
		return refuse(CodeProofInvalid, "session %v", err)
	}
	return nil
}

func checkNonce(s string) error {
	if len(s) != nonceBytes {
		return refuse(CodeProofInvalid, "nonce has %d characters, want %d hex", len(s), nonceBytes)
	}
	for i := range len(s) {
		if c := s[i]; c < '0' || c > '9' && c < 'a' || c > 'f' {
			return refuse(CodeProofInvalid, "nonce is not lowercase hex")
		}
	}
	return nil
}
