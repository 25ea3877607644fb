package vc

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/multiformats/go-multibase"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// The fixed values of proofs.
const (
	proofType   = "DataIntegrityProof"
	suiteJCS    = "eddsa-jcs-2022"
	proofLegacy = "Ed25519Signature2020" // a proof type of its own, without a cryptosuite
)

// maxProofs bounds a proof set, each of which costs a verification, and the
// proofs that one proof may follow.
const maxProofs = 8

// The reasons a proof is refused; a bad signature also wraps
// wire.ErrBadSignature.
var (
	ErrNoProof    = errors.New("credential has no proof")
	ErrManyProofs = errors.New("it is signed already, or has too many proofs")
	ErrProof      = errors.New("proof is not acceptable")
	ErrSuite      = errors.New("cryptosuite is not accepted here")
	ErrKeyKind    = errors.New("key of the verification method does not fit the cryptosuite")
	ErrProofChain = errors.New("proof follows a proof that is not there exactly once, or itself")
	ErrController = errors.New("issuer does not control the verification method")
)

// Proof is a Data Integrity proof (Data Integrity 1.0 §2.1), or one of
// Ed25519Signature2020. Every member is signed.
type Proof struct {
	ID                 string
	Type               string
	Cryptosuite        string // "" for Ed25519Signature2020
	VerificationMethod string // a DID URL
	Purpose            did.Purpose
	Created            *Time // rounded up
	Expires            *Time // rounded down
	Domain             []string
	Challenge          string
	Nonce              string
	PreviousProof      []string
	Value              string // base58btc of 64 bytes
}

// Suite is the name of the cryptosuite.
func (p *Proof) Suite() string {
	if p.Type == proofLegacy {
		return proofLegacy
	}
	return p.Cryptosuite
}

// parse reads the members of a proof. A member that is not known is refused,
// although the signature covers it: it may restrict what the proof is good for.
//
//	3b type is DataIntegrityProof with a cryptosuite, or Ed25519Signature2020
//	   without one; the purpose is the one asked for; times have an offset; ids
//	   are URLs; the other members are texts that are not empty
//	3c its @context, if it has one, equals the document's
//	3d no member is unknown, and proofValue and verificationMethod are there
func (p *Proof) parse(ms []member, purpose did.Purpose, context []byte) error {
	for _, m := range ms {
		if err := p.member(m, context); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrProof, bytes.Trim(m.name, `"`), err)
		}
	}
	switch { // 3b, 3d
	case p.Value == "" || p.VerificationMethod == "":
		return fmt.Errorf("%w: it has no proofValue or no verificationMethod", ErrProof)
	case p.Type == proofType && p.Cryptosuite != "", p.Type == proofLegacy && p.Cryptosuite == "":
	default:
		return fmt.Errorf("%w: type %.40q with cryptosuite %.40q", ErrProof, p.Type, p.Cryptosuite)
	}
	if p.Purpose != purpose { // 3b
		return fmt.Errorf("%w: purpose %.40q, want %s", ErrProof, p.Purpose, purpose)
	}
	return nil
}

func (p *Proof) member(m member, context []byte) (err error) {
	v := m.value
	switch string(m.name) {
	case `"@context"`: // 3c
		if !bytes.Equal(v, context) {
			err = errors.New("it is not the document's")
		}
	case `"type"`:
		p.Type, err = text(v)
	case `"cryptosuite"`:
		p.Cryptosuite, err = text(v)
	case `"proofPurpose"`:
		var s string
		s, err = text(v)
		p.Purpose = did.Purpose(s)
	case `"verificationMethod"`:
		p.VerificationMethod, err = urlOf(v)
	case `"proofValue"`:
		p.Value, err = text(v)
	case `"created"`:
		p.Created, err = proofTime(v, instant.ceil)
	default:
		err = p.optional(string(m.name), v)
	}
	return err
}

func (p *Proof) optional(name string, v []byte) (err error) {
	switch name {
	case `"id"`:
		p.ID, err = urlOf(v)
	case `"expires"`:
		p.Expires, err = proofTime(v, instant.floor)
	case `"domain"`:
		p.Domain, err = texts(v)
	case `"challenge"`:
		p.Challenge, err = text(v)
	case `"nonce"`:
		p.Nonce, err = text(v)
	case `"previousProof"`:
		p.PreviousProof, err = texts(v)
	default: // 3d
		err = errors.New("this member is not known")
	}
	return err
}

func proofTime(v []byte, round func(instant) Time) (*Time, error) {
	s, err := text(v)
	if err != nil {
		return nil, err
	}
	i, err := parseInstant(s)
	if err != nil {
		return nil, err
	}
	t := round(i)
	return &t, nil
}

// securedProof is a proof and what it signs besides the document.
type securedProof struct {
	Proof
	raw      []byte // canonical, as it stands in the document
	config   []byte // canonical, without its proofValue
	previous []int  // the proofs it follows
}

// secured is a canonical credential or presentation taken apart for its proofs.
type secured struct {
	members []member
	proofs  []securedProof
	list    bool // the proofs stand in an array
}

// takeApart finds the proofs of a canonical document and checks everything
// about them but keys and signatures.
//
//	3a there is a proof: an object, or an array of 1 to 8 of them
//	3b to 3d each is well formed (Proof.parse)
//	3e no id is used twice, no proof stands there twice, and what a proof
//	   follows is there, once, and does not follow it in turn
func takeApart(canonical []byte, purpose did.Purpose) (*secured, error) {
	ms, err := members(canonical)
	if err != nil {
		return nil, err
	}
	return apart(ms, purpose)
}

func apart(ms []member, purpose did.Purpose) (*secured, error) {
	raw := find(ms, "proof")
	s := &secured{members: ms, list: isArray(raw)}
	switch string(raw) { // 3a
	case "", "null", "[]", "{}":
		return nil, ErrNoProof
	}
	list, err := items(raw)
	if err != nil || len(list) > maxProofs { // 3a
		return nil, fmt.Errorf("%w: at most %d", ErrManyProofs, maxProofs)
	}
	context := find(ms, "@context")
	s.proofs = make([]securedProof, len(list))
	for i, object := range list {
		pm, err := members(object)
		if err != nil {
			return nil, fmt.Errorf("%w: it is not an object", ErrProof)
		}
		p := &s.proofs[i]
		if err := p.parse(pm, purpose, context); err != nil {
			return nil, err
		}
		p.raw, p.config = object, without(pm, "proofValue")
	}
	return s, s.chain()
}

// document is the canonical document without its proofs.
func (s *secured) document() []byte { return without(s.members, "proof") }

// chain resolves what each proof follows (3e).
func (s *secured) chain() error {
	if !s.list && s.proofs[0].PreviousProof == nil {
		return nil
	}
	for i := range s.proofs {
		p := &s.proofs[i]
		for j := range s.proofs[:i] {
			if q := &s.proofs[j]; p.ID != "" && p.ID == q.ID || bytes.Equal(p.raw, q.raw) {
				return fmt.Errorf("%w: proof %d is proof %d again", ErrProofChain, i, j)
			}
		}
		for k, id := range p.PreviousProof {
			at := slices.IndexFunc(s.proofs, func(q securedProof) bool { return q.ID == id })
			if at < 0 || at == i || slices.Contains(p.PreviousProof[:k], id) {
				return fmt.Errorf("%w: previousProof %.100q", ErrProofChain, id)
			}
			p.previous = append(p.previous, at)
		}
	}
	return s.acyclic()
}

// acyclic takes away proofs that follow none of those left, until none is
// left: what then cannot be taken away follows itself.
func (s *secured) acyclic() error {
	done := make([]bool, len(s.proofs))
	for range s.proofs {
		for i := range s.proofs {
			if !slices.ContainsFunc(s.proofs[i].previous, func(j int) bool { return !done[j] }) {
				done[i] = true
			}
		}
	}
	if i := slices.Index(done, false); i >= 0 {
		return fmt.Errorf("%w: proof %d", ErrProofChain, i)
	}
	return nil
}

// preimage is the document that a proof signs: without proofs, or, for one that
// follows others, with exactly those in the order in which they stand (Data
// Integrity 1.0 §4.5).
func (s *secured) preimage(p *securedProof, document []byte) []byte {
	if len(p.previous) == 0 {
		return document
	}
	return with(s.members, "proof", s.array(func(i int) bool { return slices.Contains(p.previous, i) }))
}

// array is the canonical array of some of the proofs.
func (s *secured) array(some func(i int) bool) []byte {
	out := []byte{'['}
	for i := range s.proofs {
		if some(i) {
			if len(out) > 1 {
				out = append(out, ',')
			}
			out = append(out, s.proofs[i].raw...)
		}
	}
	return append(out, ']')
}

// hashData is the message that is signed with eddsa-jcs-2022: SHA-256 of the
// canonical proof configuration, then SHA-256 of the canonical document
// (vc-di-eddsa §3.3.4).
func hashData(config, document []byte) []byte {
	out := make([]byte, 0, 2*sha256.Size)
	c, d := sha256.Sum256(config), sha256.Sum256(document)
	return append(append(out, c[:]...), d[:]...)
}

// verify checks the signature of a proof under the key of its method.
func (p *securedProof) verify(k did.Key, suite Suite, document []byte) error {
	key, ok := k.Ed25519()
	if !ok {
		return fmt.Errorf("%w: %s key with %s", ErrKeyKind, k.Kind(), p.Proof.Suite())
	}
	const size = 90 // base58 of 64 bytes is at most 88 characters
	v := p.Value
	if len(v) > size || v[0] != 'z' {
		return fmt.Errorf("%w: proofValue is not base58btc of 64 bytes", ErrProof)
	}
	// At a fixed length base58 has one spelling per value.
	_, raw, err := multibase.Decode(v)
	if err != nil || len(raw) != ed25519.SignatureSize {
		return fmt.Errorf("%w: proofValue is not base58btc of 64 bytes", ErrProof)
	}
	message, err := message(suite, p.config, document)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrProof, err)
	}
	if err := key.Verify(message, wire.Signature(raw)); err != nil {
		return fmt.Errorf("%w: %w", ErrProof, err)
	}
	return nil
}

// message is what is signed; a nil suite is eddsa-jcs-2022.
func message(suite Suite, config, document []byte) ([]byte, error) {
	if suite == nil {
		return hashData(config, document), nil
	}
	return suite.HashData(document, config)
}
