package vc

import (
	"fmt"
	"slices"
	"strings"

	"github.com/multiformats/go-multibase"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// SignOptions say how a proof is made. The zero value makes a proof of
// eddsa-jcs-2022 for assertion, without a time, by the signer's did:chio.
type SignOptions struct {
	Suite      Suite       // nil: eddsa-jcs-2022
	Method     string      // DID URL of the signer's key; "": that of its did:chio
	Controller string      // whose method it is; "": what Method says before its #
	ID         string      // a URL, so that another proof can follow this one
	Purpose    did.Purpose // "": assertionMethod; SignPresentation: authentication
	Created    *Time
	Expires    *Time
	Domain     []string
	Challenge  string
	Nonce      string

	// PreviousProof are the ids of proofs that are there already and that this
	// one signs too.
	PreviousProof []string

	Vocabulary Vocabulary // judges the terms before anything is signed
	Resource   func(url string) ([]byte, error)
	AllowV1    bool // sign a credential of VC 1.1
}

// Sign adds a proof by the holder of a did:chio key to an unsecured document
// and returns the canonical secured document. What the document says is the
// caller's; SignCredential checks it.
func Sign(unsecured []byte, signer wire.Signer, created Time) ([]byte, error) {
	return addProof(unsecured, signer, SignOptions{Created: &created}, false)
}

// SignCredential signs a credential that every rule about its form accepts:
// rules 1, 2 and 11 of VerifyCredential, 12 if Resource is given, and that the
// issuer is the controller of the method.
func SignCredential(unsecured []byte, signer wire.Signer, o SignOptions) ([]byte, error) {
	return signCredential(unsecured, signer, o, false)
}

// AddProof is SignCredential for a credential that has proofs already: the new
// one stands beside them, or follows those that PreviousProof names. The
// signer need not be the issuer.
func AddProof(secured []byte, signer wire.Signer, o SignOptions) ([]byte, error) {
	return signCredential(secured, signer, o, true)
}

func signCredential(doc []byte, signer wire.Signer, o SignOptions, more bool) ([]byte, error) {
	canonical, err := wire.Canonicalize(doc, wire.ForeignLimits) // 1
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	ms, err := members(canonical)
	if err != nil {
		return nil, err
	}
	var c Credential
	if err := c.decode(ms, o.Vocabulary != nil); err != nil { // 2
		return nil, err
	}
	if c.Version == Version1 && !o.AllowV1 {
		return nil, malformed("it is a credential of version 1.1: write one of 2.0, or ask for 1.1")
	}
	if controller := o.controller(signer); !more && controller != c.Issuer { // 4
		return nil, fmt.Errorf("%w: issuer %.100q, signer %.140q", ErrController, c.Issuer, controller)
	}
	if o.Vocabulary != nil { // 11
		if err := o.Vocabulary.Check(without(ms, "proof")); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrVocabulary, err)
		}
	}
	if o.Resource != nil { // 12
		if err := checkResources(c.resources, o.Vocabulary, o.Resource); err != nil {
			return nil, err
		}
	}
	return addProof(canonical, signer, o, more)
}

func (o *SignOptions) controller(signer wire.Signer) string {
	if o.Controller != "" {
		return o.Controller
	}
	base, _, _ := strings.Cut(o.method(signer), "#")
	return base
}

func (o *SignOptions) method(signer wire.Signer) string {
	if o.Method == "" {
		return did.FromKey(signer.Public()).KeyID()
	}
	return o.Method
}

// written is a proof as we write it.
type written struct {
	Context            wire.Raw    `json:"@context,omitempty"`
	Challenge          string      `json:"challenge,omitempty"`
	Created            *Time       `json:"created,omitempty"`
	Cryptosuite        string      `json:"cryptosuite,omitempty"`
	Domain             wire.Raw    `json:"domain,omitempty"`
	Expires            *Time       `json:"expires,omitempty"`
	ID                 string      `json:"id,omitempty"`
	Nonce              string      `json:"nonce,omitempty"`
	PreviousProof      wire.Raw    `json:"previousProof,omitempty"`
	ProofPurpose       did.Purpose `json:"proofPurpose"`
	ProofValue         string      `json:"proofValue,omitempty"`
	Type               string      `json:"type"`
	VerificationMethod string      `json:"verificationMethod"`
}

// proof is the configuration of the proof to be made.
func (o *SignOptions) proof(signer wire.Signer, context []byte) (*written, error) {
	p := &written{
		Context: context, Challenge: o.Challenge, Created: o.Created, Cryptosuite: suiteJCS, Expires: o.Expires,
		ID: o.ID, Nonce: o.Nonce, ProofPurpose: o.Purpose, Type: proofType, VerificationMethod: o.method(signer),
	}
	if o.Suite != nil {
		p.Cryptosuite, p.Context = o.Suite.Name(), nil // such a suite reads the document's context
	}
	if p.Cryptosuite == proofLegacy {
		p.Type, p.Cryptosuite = proofLegacy, ""
	}
	if slices.Contains(o.Domain, "") || slices.Contains(o.PreviousProof, "") {
		return nil, fmt.Errorf("%w: a domain or previousProof is empty", ErrProof)
	}
	var err error
	if p.Domain, err = oneOrMore(o.Domain); err != nil {
		return nil, err
	}
	p.PreviousProof, err = oneOrMore(o.PreviousProof)
	return p, err
}

// oneOrMore writes one text as itself and several as an array.
func oneOrMore(list []string) (wire.Raw, error) {
	switch len(list) {
	case 0:
		return nil, nil
	case 1:
		return wire.Marshal(list[0])
	}
	return wire.Marshal(list)
}

// addProof signs a document, whatever it says.
func addProof(doc []byte, signer wire.Signer, o SignOptions, more bool) ([]byte, error) {
	canonical, err := wire.Canonicalize(doc, wire.ForeignLimits)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	ms, err := members(canonical)
	if err != nil {
		return nil, err
	}
	if o.Purpose == "" {
		o.Purpose = did.PurposeAssertion
	}
	s := &secured{members: ms, list: true}
	if find(ms, "proof") != nil {
		if !more {
			return nil, fmt.Errorf("%w: use AddProof to add another", ErrManyProofs)
		}
		if s, err = takeApart(canonical, o.Purpose); err != nil {
			return nil, err
		}
	}
	return s.sign(signer, &o)
}

// sign makes the proof and returns the document with it: alone, or after those
// that are there.
func (s *secured) sign(signer wire.Signer, o *SignOptions) ([]byte, error) {
	context := find(s.members, "@context")
	w, err := o.proof(signer, context)
	if err != nil {
		return nil, err
	}
	config, err := wire.Marshal(w)
	if err != nil {
		return nil, err
	}
	s.list = true
	s.proofs = append(s.proofs, securedProof{Proof: Proof{ID: o.ID, PreviousProof: o.PreviousProof}, raw: config, config: config})
	for i := range s.proofs {
		s.proofs[i].previous = nil
	}
	if err := s.chain(); err != nil { // 3e
		return nil, err
	}
	p := &s.proofs[len(s.proofs)-1]
	if w.ProofValue, err = p.sign(signer, o.Suite, s.preimage(p, s.document())); err != nil {
		return nil, err
	}
	if p.raw, err = wire.Marshal(w); err != nil {
		return nil, err
	}
	ms, err := members(p.raw)
	if err != nil {
		return nil, err
	}
	var check Proof
	if err := check.parse(ms, o.Purpose, context); err != nil { // what we would refuse, we do not write
		return nil, err
	}
	return s.secure()
}

// sign makes the proofValue.
func (p *securedProof) sign(signer wire.Signer, suite Suite, document []byte) (string, error) {
	m, err := message(suite, p.config, document)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrProof, err)
	}
	sig, err := signer.Sign(m)
	if err != nil {
		return "", fmt.Errorf("sign the credential: %w", err)
	}
	value, err := multibase.Encode(multibase.Base58BTC, sig[:])
	if err != nil {
		return "", fmt.Errorf("encode the proof: %w", err)
	}
	return value, nil
}

// secure is the document with its proofs: one object, or an array.
func (s *secured) secure() ([]byte, error) {
	if len(s.proofs) > maxProofs {
		return nil, fmt.Errorf("%w: at most %d", ErrManyProofs, maxProofs)
	}
	if len(s.proofs) == 1 {
		return with(s.members, "proof", s.proofs[0].raw), nil
	}
	return with(s.members, "proof", s.array(func(int) bool { return true })), nil
}
