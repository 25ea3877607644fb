package vc

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// step is one numbered check of the gate: what it is called and how it went.
type step func(rule int, name string, err error) error

// open applies the integrity rules that need no profile, 1 to 5 and 11 to 13,
// and reads the credential.
func (g *Gate) open(doc []byte, note step) (*Credential, error) {
	canonical, err := wire.Canonicalize(doc, wire.ForeignLimits) // 1
	if note(1, "strict JSON", err) != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	ms, err := members(canonical)
	if err == nil && isEnvelope(ms, typeEnvelopedCredential) {
		return g.openEnveloped(ms, note)
	}
	var s *secured
	if err == nil {
		s, err = apart(ms, did.PurposeAssertion) // 3, before 2: without a proof there is nothing to read
	}
	if note(3, "acceptable proofs", err) != nil {
		return nil, err
	}
	c := &Credential{Plain: !s.list && s.proofs[0].isPlain()}
	if err := note(2, "data model", c.decode(s.members, g.Vocabulary != nil)); err != nil {
		return nil, err
	}
	methods, err := g.controllers(s, did.PurposeAssertion) // 4
	if err == nil && !slices.ContainsFunc(methods, func(m *did.Method) bool { return m.Controller == c.Issuer }) {
		err = fmt.Errorf("%w: issuer %.100q, method %.140q", ErrController, c.Issuer, s.proofs[0].VerificationMethod)
	}
	if note(4, "issuer controls the method", err) != nil {
		return nil, err
	}
	document := s.document()
	if err := note(5, "signature", g.signatures(s, methods, document)); err != nil {
		return nil, err
	}
	c.Proofs = make([]Proof, len(s.proofs))
	for i := range s.proofs {
		c.Proofs[i] = s.proofs[i].Proof
	}
	return c, g.terms(c, document, note)
}

// isPlain: it is a proof as Sign makes it without options.
func (p *securedProof) isPlain() bool {
	return p.Cryptosuite == suiteJCS && p.ID == "" && p.Expires == nil && p.Domain == nil &&
		p.Challenge == "" && p.Nonce == "" && p.PreviousProof == nil
}

// controllers resolves the method of every proof, for the purpose.
func (g *Gate) controllers(s *secured, purpose did.Purpose) ([]*did.Method, error) {
	out := make([]*did.Method, len(s.proofs))
	for i := range s.proofs {
		m, err := g.method(s.proofs[i].VerificationMethod, purpose)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrProof, err)
		}
		out[i] = m
	}
	return out, nil
}

// method finds the key of a verification method.
func (g *Gate) method(url string, purpose did.Purpose) (*did.Method, error) {
	if g.Methods == nil {
		return did.SelfCertified(url, purpose)
	}
	m, err := g.Methods.Method(g.context(), url, purpose)
	if err == nil && (m == nil || m.ID != url || m.Controller == "") {
		return nil, fmt.Errorf("%w: %.140q was not resolved", did.ErrMethod, url)
	}
	return m, err
}

func (g *Gate) context() context.Context {
	if g.Context == nil {
		return context.Background()
	}
	return g.Context
}

// signatures verifies every proof: one that does not hold makes the whole set
// worthless.
func (g *Gate) signatures(s *secured, methods []*did.Method, document []byte) error {
	for i := range s.proofs {
		p := &s.proofs[i]
		suite, err := g.suite(&p.Proof)
		if err != nil {
			return err
		}
		if err := p.verify(methods[i].Key, suite, s.preimage(p, document)); err != nil {
			return err
		}
	}
	return nil
}

// suite finds the cryptosuite of a proof; nil is eddsa-jcs-2022.
func (g *Gate) suite(p *Proof) (Suite, error) {
	name := p.Suite()
	if name == suiteJCS {
		return nil, nil
	}
	for _, s := range g.Suites {
		// The name of the legacy suite is a proof type; as a cryptosuite it is nothing.
		if s.Name() == name && (p.Type == proofLegacy) == (name == proofLegacy) {
			return s, nil
		}
	}
	return nil, fmt.Errorf("%w: %w: %.60q", ErrProof, ErrSuite, name)
}

// terms applies rules 11 to 13 to a credential whose signatures hold.
func (g *Gate) terms(c *Credential, document []byte, note step) error {
	if g.Vocabulary != nil {
		if err := g.Vocabulary.Check(document); err != nil {
			return note(11, "vocabulary", fmt.Errorf("%w: %w", ErrVocabulary, err))
		}
		_ = note(11, "vocabulary", nil)
	}
	if len(c.resources) > 0 {
		if err := note(12, "related resources", checkResources(c.resources, g.Vocabulary, g.Resource)); err != nil {
			return err
		}
	}
	if len(c.Schemas) > 0 {
		return note(13, "schemas", g.schemas(c, document))
	}
	return nil
}

func (g *Gate) schemas(c *Credential, document []byte) error {
	if g.Schema == nil {
		return fmt.Errorf("%w: nobody was given to check %.100q", ErrSchema, c.Schemas[0].ID)
	}
	for _, s := range c.Schemas {
		for _, r := range c.resources {
			if r.id == s.ID {
				s.digests = append(slices.Clip(s.digests), r.digests...)
			}
		}
		if err := g.Schema(s, document); err != nil {
			return fmt.Errorf("%w: %.100q: %w", ErrSchema, s.ID, err)
		}
	}
	return nil
}

// The reasons the contents of a signed credential are refused.
var (
	ErrVocabulary = errors.New("credential uses a term or context that is not defined here")
	ErrSchema     = errors.New("credential does not follow a schema it names")
)
