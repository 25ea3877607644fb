package vc

import (
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// PresentationGate is what a verifier of presentations brings: the Gate of the
// credentials in it, whose Methods, Suites, Vocabulary and Envelope also serve
// the presentation itself, and what the presentation was asked for with.
type PresentationGate struct {
	Gate
	Domain    string // the one domain of every proof; "": they have none
	Challenge string // the challenge of every proof; "" is refused unless Unbound

	// Unbound accepts any challenge and domain: whoever holds a copy of the
	// presentation can then show it again.
	Unbound bool

	HolderIsSubject bool // every subject of every credential is the holder
	AllowEmpty      bool // accept a presentation of no credential, which proves only who the holder is
	MaxCredentials  int  // 0: 16
}

// PresentationReport answers for a presentation: is it whole and its holder's
// (Integrity), was it made for this verifier and moment (Bound), and do all
// its credentials hold, for this holder (Authorized). The zero report is three
// noes.
type PresentationReport struct {
	Integrity   bool      `json:"integrity"`
	Bound       bool      `json:"bound"`
	Authorized  bool      `json:"authorized"`
	Holder      string    `json:"holder,omitempty"`
	Credentials []*Report `json:"credentials,omitempty"` // in the order of the presentation, up to the first that is not whole
	Checks      []Check   `json:"checks"`

	Presentation *Presentation `json:"-"` // nil unless it is whole
	err          error
}

// Err is nil only if all answers are yes; otherwise it is the first failed
// check, wrapping a sentinel of this package.
func (r *PresentationReport) Err() error {
	if r.err == nil && !(r.Integrity && r.Bound && r.Authorized) {
		return ErrPresentation
	}
	return r.err
}

// Note records a check and keeps the first failure.
func (r *PresentationReport) Note(rule int, name string, err error) error {
	var inner Report
	inner.err, inner.Checks = r.err, r.Checks
	_ = inner.Note(rule, name, err)
	r.err, r.Checks = inner.err, inner.Checks
	return err
}

// VerifyPresentation is the one gate for a presentation:
//
//	20 strict JSON within the limits
//	21 a presentation of VC 2.0 or 1.1 (Presentation.decode)
//	22 one to eight acceptable proofs for authentication (takeApart), or one envelope
//	23 every method resolves for the purpose; the holder, if it is named,
//	   controls every one of them, and otherwise one party does, who is the holder
//	24 every signature verifies
//	25 the vocabulary, if the verifier has one, defines every term
//	26 every proof has exactly the challenge and the domain that were asked for
//	27 of every proof created ≤ now + skew, now < expires
//	28 it holds at most as many credentials as allowed, at least one unless none
//	   is allowed, and each passes VerifyCredential with the Gate; those after
//	   one that is not whole are not judged
//	29 the holder is the subject of each, if that is asked for
//
// Integrity is 20 to 25, Bound 26 and 27, Authorized all of it. After a failed
// integrity rule nothing further is asked. That a challenge is used once is
// for the caller to remember.
func VerifyPresentation(doc []byte, g PresentationGate) *PresentationReport {
	r := &PresentationReport{Checks: make([]Check, 0, 12)}
	p, err := g.open(doc, r.Note)
	return r.finish(p, err, &g)
}

// VerifyPresentationEnvelope is VerifyPresentation for one that arrives as an
// envelope, such as a compact JWS, and not as JSON.
func VerifyPresentationEnvelope(mediaType string, data []byte, g PresentationGate) *PresentationReport {
	r := &PresentationReport{Checks: make([]Check, 0, 12)}
	p, err := g.openSealed(mediaType, data, r.Note)
	return r.finish(p, err, &g)
}

// finish asks rules 26 to 29 of a presentation that is whole.
func (r *PresentationReport) finish(p *Presentation, err error, g *PresentationGate) *PresentationReport {
	if err != nil {
		r.err = err
		return r
	}
	r.Integrity, r.Holder, r.Presentation = true, p.Holder, p
	asked := r.Note(26, "challenge and domain", g.asked(p))
	_, err = proofWindow(p.Proofs, &g.Gate)
	r.Bound = errors.Join(asked, r.Note(27, "time of the proof", err)) == nil
	inside := r.Note(28, "credentials", r.inside(p, g))
	r.Authorized = r.Bound && inside == nil && r.Note(29, "holder", g.holder(p, r.Credentials)) == nil
	return r
}

// open applies rules 20 to 25.
func (g *PresentationGate) open(doc []byte, note step) (*Presentation, error) {
	canonical, err := wire.Canonicalize(doc, wire.ForeignLimits) // 20
	if note(20, "strict JSON", err) != nil {
		return nil, fmt.Errorf("%w: %w", ErrPresentation, err)
	}
	if ms, err := members(canonical); err == nil && isEnvelope(ms, typeEnvelopedPresentation) {
		mediaType, data, err := readEnvelope(ms)
		if err != nil {
			return nil, note(22, "acceptable proofs", err)
		}
		return g.openSealed(mediaType, data, note)
	}
	s, err := takeApart(canonical, did.PurposeAuthenticate) // 22
	if note(22, "acceptable proofs", err) != nil {
		return nil, err
	}
	var p Presentation
	if err := note(21, "data model", p.decode(s.members, g.Vocabulary != nil)); err != nil {
		return nil, err
	}
	methods, err := g.controllers(s, did.PurposeAuthenticate) // 23
	for i := 0; err == nil && i < len(methods); i++ {
		err = p.heldBy(methods[i])
	}
	if note(23, "holder controls the method", err) != nil {
		return nil, err
	}
	document := s.document()
	if err := note(24, "signature", g.signatures(s, methods, document)); err != nil {
		return nil, err
	}
	for i := range s.proofs {
		p.Proofs = append(p.Proofs, s.proofs[i].Proof)
	}
	return &p, g.defined(document, note)
}

// openSealed applies rules 20 to 25 to a presentation in an envelope, as
// Gate.openSealed does for a credential.
func (g *PresentationGate) openSealed(mediaType string, data []byte, note step) (*Presentation, error) {
	s := g.sealed(mediaType, data, did.PurposeAuthenticate)
	o, err := g.unseal(s)
	if note(24, "signature", err) != nil {
		return nil, err
	}
	canonical, err := wire.Canonicalize(o.Document, wire.ForeignLimits)
	if err != nil {
		return nil, note(20, "strict JSON", fmt.Errorf("%w: %w", ErrPresentation, err))
	}
	ms, err := members(canonical)
	if err == nil && find(ms, "proof") != nil {
		err = fmt.Errorf("%w: an enveloped presentation has a proof of its own", ErrPresentation)
	}
	if note(22, "acceptable proofs", err) != nil {
		return nil, err
	}
	p := Presentation{Proofs: []Proof{o.proof(s)}}
	if err := note(21, "data model", p.decode(ms, g.Vocabulary != nil)); err != nil {
		return nil, err
	}
	if err := note(23, "holder controls the method", p.heldBy(o.Method)); err != nil {
		return nil, err
	}
	return &p, g.defined(canonical, note)
}

// heldBy makes the controller of the first method the holder of a presentation
// that names none, and insists on it for every other.
func (p *Presentation) heldBy(m *did.Method) error {
	if p.Holder == "" {
		p.Holder = m.Controller
	}
	if p.Holder != m.Controller {
		return fmt.Errorf("%w: holder %.100q, method %.140q", ErrHolder, p.Holder, m.ID)
	}
	return nil
}

func (g *PresentationGate) defined(document []byte, note step) error {
	if g.Vocabulary == nil {
		return nil
	}
	if err := g.Vocabulary.Check(document); err != nil {
		return note(25, "vocabulary", fmt.Errorf("%w: %w", ErrVocabulary, err))
	}
	return note(25, "vocabulary", nil)
}

// asked applies rule 26.
func (g *PresentationGate) asked(p *Presentation) error {
	if g.Unbound {
		return nil
	}
	if g.Challenge == "" {
		return fmt.Errorf("%w: no challenge was sent, so a copy cannot be told from the original", ErrChallenge)
	}
	for i := range p.Proofs {
		q := &p.Proofs[i]
		if q.Challenge != g.Challenge {
			return fmt.Errorf("%w: challenge %.80q, asked with %.80q", ErrChallenge, q.Challenge, g.Challenge)
		}
		if g.Domain == "" && len(q.Domain) != 0 || g.Domain != "" && !slices.Equal(q.Domain, []string{g.Domain}) {
			return fmt.Errorf("%w: domain %.100q, asked from %.100q", ErrChallenge, q.Domain, g.Domain)
		}
	}
	return nil
}

// inside applies rule 28 and keeps the report of every credential it judges.
func (r *PresentationReport) inside(p *Presentation, g *PresentationGate) error {
	limit := maxCredentials
	if g.MaxCredentials > 0 {
		limit = min(limit, g.MaxCredentials)
	}
	if len(p.Credentials) > limit {
		return fmt.Errorf("%w: %d credentials, at most %d are looked at", ErrPresentation, len(p.Credentials), limit)
	}
	if len(p.Credentials) == 0 && !g.AllowEmpty {
		return ErrNoCredentials
	}
	var first error
	for i, c := range p.Credentials {
		report := VerifyCredential(c, g.Gate)
		r.Credentials = append(r.Credentials, report)
		if err := report.Err(); err != nil && first == nil {
			first = fmt.Errorf("credential %d: %w", i, err)
		}
		if rest := len(p.Credentials) - i - 1; !report.Integrity && rest > 0 {
			// Whoever pads a presentation with what is dear to refuse pays once.
			return fmt.Errorf("%w (%d after credential %d were not judged)", first, rest, i)
		}
	}
	return first
}

// holder applies rule 29.
func (g *PresentationGate) holder(p *Presentation, reports []*Report) error {
	if !g.HolderIsSubject {
		return nil
	}
	for i, r := range reports {
		if slices.ContainsFunc(r.Credential.SubjectIDs(), func(id string) bool { return id != p.Holder }) {
			return fmt.Errorf("%w: credential %d of the presentation of %.100q", ErrNotSubject, i, p.Holder)
		}
	}
	return nil
}
