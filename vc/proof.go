package vc

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"github.com/multiformats/go-multibase"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// The fixed values of a proof.
const (
	proofType    = "DataIntegrityProof"
	cryptosuite  = "eddsa-jcs-2022"
	proofPurpose = "assertionMethod"
)

// The reasons a proof is refused; a bad signature also wraps
// wire.ErrBadSignature.
var (
	ErrNoProof    = errors.New("credential has no proof")
	ErrManyProofs = errors.New("proof sets and chains are not accepted: want exactly one proof object")
	ErrProof      = errors.New("proof is not an acceptable eddsa-jcs-2022 proof")
	ErrController = errors.New("issuer does not control the verification method")
)

// proof is a Data Integrity proof as we write and read it. A member that is
// not here is refused, although the signature covers it: a member we do not
// understand may restrict what the proof is good for.
type proof struct {
	Context            wire.Raw `json:"@context,omitempty"`
	Created            Time     `json:"created"`
	Cryptosuite        string   `json:"cryptosuite"`
	ProofPurpose       string   `json:"proofPurpose"`
	ProofValue         string   `json:"proofValue,omitempty"`
	Type               string   `json:"type"`
	VerificationMethod string   `json:"verificationMethod"`
}

// secured is a canonical credential taken apart for its proof.
type secured struct {
	document []byte // canonical, without the proof
	config   []byte // canonical proof, without its proofValue
	proof    proof
	context  []byte // the document's @context
	members  []byte // the document without it, for decoding
}

// Sign adds a proof by the holder of a did:chio key to an unsecured credential
// and returns the canonical secured credential.
func Sign(unsecured []byte, signer wire.Signer, created Time) ([]byte, error) {
	canonical, err := wire.Canonicalize(unsecured, wire.ForeignLimits)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	ms, err := members(canonical)
	if err != nil {
		return nil, err
	}
	if find(ms, "proof") != nil {
		return nil, fmt.Errorf("%w: it is signed already", ErrManyProofs)
	}
	p := proof{
		Context: find(ms, "@context"), Created: created, Cryptosuite: cryptosuite, ProofPurpose: proofPurpose,
		Type: proofType, VerificationMethod: did.FromKey(signer.Public()).KeyID(),
	}
	config, err := wire.Marshal(p)
	if err != nil {
		return nil, err
	}
	sig, err := signer.Sign(hashData(config, canonical))
	if err != nil {
		return nil, fmt.Errorf("sign the credential: %w", err)
	}
	if p.ProofValue, err = multibase.Encode(multibase.Base58BTC, sig[:]); err != nil {
		return nil, fmt.Errorf("encode the proof: %w", err)
	}
	whole := make(map[string]wire.Raw, len(ms)+1)
	for _, m := range ms {
		whole[string(m.name[1:len(m.name)-1])] = m.value
	}
	if whole["proof"], err = wire.Marshal(p); err != nil {
		return nil, err
	}
	return wire.Marshal(whole)
}

// hashData is the message that is signed: SHA-256 of the canonical proof
// configuration, then SHA-256 of the canonical document (vc-di-eddsa §3.3.4).
func hashData(config, document []byte) []byte {
	c, d := sha256.Sum256(config), sha256.Sum256(document)
	return append(c[:], d[:]...)
}

// takeApart finds the one proof of a canonical credential and checks
// everything about it but the signature.
//
//	3a there is a proof, and it is one object
//	3b its members are known, its type, suite and purpose ours
//	3c its @context, if it has one, equals the document's
func takeApart(canonical []byte) (*secured, error) {
	ms, err := members(canonical)
	if err != nil {
		return nil, err
	}
	raw := find(ms, "proof")
	switch { // 3a
	case raw == nil, bytes.Equal(raw, []byte("null")), bytes.Equal(raw, []byte("[]")), bytes.Equal(raw, []byte("{}")):
		return nil, ErrNoProof
	case raw[0] == '[':
		return nil, ErrManyProofs
	case raw[0] != '{':
		return nil, fmt.Errorf("%w: it is not an object", ErrProof)
	}
	s := &secured{document: without(ms, "proof"), members: without(ms, "proof", "@context"), context: find(ms, "@context")}
	pm, err := members(raw)
	if err != nil {
		return nil, err
	}
	if err := wire.Unmarshal(without(pm, "@context"), &s.proof, wire.DocumentLimits); err != nil { // 3b
		return nil, fmt.Errorf("%w: %w", ErrProof, err)
	}
	if p := s.proof; p.Type != proofType || p.Cryptosuite != cryptosuite || p.ProofPurpose != proofPurpose { // 3b
		return nil, fmt.Errorf("%w: type %.40q, suite %.40q, purpose %.40q", ErrProof, p.Type, p.Cryptosuite, p.ProofPurpose)
	}
	if c := find(pm, "@context"); c != nil && !bytes.Equal(c, s.context) { // 3c
		return nil, fmt.Errorf("%w: its @context is not the document's", ErrProof)
	}
	s.config = without(pm, "proofValue")
	return s, nil
}

// controller resolves a verification method to the DID that controls it and
// its key: did:chio:<hex>#key-1, or did:key:z6Mk…#z6Mk….
func controller(method string) (text string, id did.DID, err error) {
	base, fragment, ok := strings.Cut(method, "#")
	if !ok {
		return "", "", fmt.Errorf("%w: %.140q has no fragment", ErrProof, method)
	}
	if id, err = did.Parse(base); err == nil && method == id.KeyID() {
		return base, id, nil
	}
	if id, err = did.FromDIDKey(base); err == nil && fragment == id.Multibase() {
		return base, id, nil
	}
	return "", "", fmt.Errorf("%w: %.140q is neither did:chio:…#key-1 nor did:key:…#…", ErrProof, method)
}

// verify checks the signature under a key.
func (s *secured) verify(key wire.PublicKey) error {
	const size = 90 // base58 of 64 bytes is at most 88 characters
	v := s.proof.ProofValue
	if len(v) == 0 || len(v) > size || v[0] != 'z' {
		return fmt.Errorf("%w: proofValue is not base58btc of 64 bytes", ErrProof)
	}
	// At a fixed length base58 has one spelling per value.
	_, raw, err := multibase.Decode(v)
	if err != nil || len(raw) != ed25519.SignatureSize {
		return fmt.Errorf("%w: proofValue is not base58btc of 64 bytes", ErrProof)
	}
	if err := key.Verify(hashData(s.config, s.document), wire.Signature(raw)); err != nil {
		return fmt.Errorf("%w: %w", ErrProof, err)
	}
	return nil
}
