package reputation

import (
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// Import is another organisation's summary that VerifyImport accepted.
type Import struct {
	issuer     did.DID
	subject    did.DID
	computedAt int64
	composite  uint64
	id         wire.Digest
}

// Issuer is whose summary it is.
func (i *Import) Issuer() did.DID { return i.issuer }

// Subject is the agent it is about.
func (i *Import) Subject() did.DID { return i.subject }

// ID is the digest of the signed body.
func (i *Import) ID() wire.Digest { return i.id }

// ComputedAt is when, in unix seconds.
func (i *Import) ComputedAt() int64 { return i.computedAt }

// ImportPolicy says whose summaries count.
type ImportPolicy struct {
	Own     did.DID
	Allowed func(did.DID) bool // nil allows nobody
}

// VerifyImport decides whether a summary may be imported now:
//
//	1 the rules of Verify hold
//	2 it is not our own: that would count the same receipts twice
//	3 its issuer is allowed, and is not the agent itself
//	4 it is not expired, not older than ImportMaxAge, and not from the future
//	5 it has a composite: an unknown imports nothing
func VerifyImport(doc []byte, policy ImportPolicy, p Params, now int64) (*Import, *Statement, error) {
	if err := p.Validate(); err != nil {
		return nil, nil, err
	}
	s, env, err := Verify(doc) // 1
	if err != nil {
		return nil, nil, err
	}
	switch {
	case s.Issuer == policy.Own: // 2
		return nil, s, fmt.Errorf("%w: %s", ErrOwn, s.Issuer)
	case policy.Allowed == nil || !policy.Allowed(s.Issuer): // 3
		return nil, s, fmt.Errorf("%w: %s", ErrIssuer, s.Issuer)
	case now >= s.ExpiresAt, s.ComputedAt < now-p.ImportMaxAge, s.ComputedAt > now+p.FutureSkewSeconds: // 4
		return nil, s, fmt.Errorf("%w: computed at %d, expires at %d, now %d; at most %d seconds old", ErrAge, s.ComputedAt, s.ExpiresAt, now, p.ImportMaxAge)
	case s.CompositePPM == nil: // 5
		return nil, s, fmt.Errorf("%w: %s counted %d receipts of %s", ErrNothing, s.Issuer, s.Receipts, s.Subject)
	}
	return &Import{issuer: s.Issuer, subject: s.Subject, computedAt: s.ComputedAt, composite: *s.CompositePPM, id: env.ID()}, s, nil
}

// Counted is an import that moved a composite.
type Counted struct {
	Issuer       did.DID     `json:"issuer"`
	ID           wire.Digest `json:"id"`
	ComputedAt   int64       `json:"computed_at"`
	CompositePPM uint64      `json:"composite_ppm"`
	SelfIssued   bool        `json:"self_issued,omitzero"` // of the agent's own organisation
}

// imported picks the imports that count:
//
//	1 about the subject, and not our own
//	2 not older than the rules allow, nor from the future
//	3 no issuer twice: one organisation has one say
//	4 no more than the rules allow
func (r *run) imported(card *Card, c *Corpus) ([]Counted, error) {
	var out []Counted
	for i := range c.Imports {
		m := &c.Imports[i]
		if m.subject != card.Subject || m.issuer == card.Issuer || m.issuer == "" || // 1
			m.computedAt > r.now+r.params.FutureSkewSeconds || m.computedAt < r.now-r.params.ImportMaxAge { // 2
			continue
		}
		if slices.ContainsFunc(out, func(have Counted) bool { return have.Issuer == m.issuer }) { // 3
			return nil, fmt.Errorf("%w: two summaries of %s: give the newer one", ErrCorpus, m.issuer)
		}
		out = append(out, Counted{m.issuer, m.id, m.computedAt, m.composite, m.issuer == c.Organization})
	}
	if len(out) > r.params.MaxImports { // 4
		return nil, fmt.Errorf("%w: %d imported summaries, at most %d count", ErrLimit, len(out), r.params.MaxImports)
	}
	slices.SortFunc(out, func(a, b Counted) int { return compareText(string(a.Issuer), string(b.Issuer)) })
	return out, nil
}

// moved is our composite after imports: each pulls ours by the attenuated
// difference, weighs as much as any other and at most maxWeightPPM, and the sum
// of the pulls makes SharePPM of the result, so that all of them together move
// it by at most share · attenuation, 10 % by default. Praise by the agent's own organisation does not raise it.
func (r *run) moved(ours uint64, imports []Counted) uint64 {
	if len(imports) == 0 {
		return ours
	}
	up, down := uint64(0), uint64(0)
	for _, m := range imports {
		if m.CompositePPM > ours && m.SelfIssued {
			continue
		}
		if m.CompositePPM > ours {
			up += m.CompositePPM - ours
		} else {
			down += ours - m.CompositePPM
		}
	}
	// differences sum to at most 64·10^6, so that no product exceeds 10^12 · 5·10^5
	weight := min(PPM/uint64(len(imports)), maxWeightPPM)
	pull := func(d uint64) uint64 {
		return d * r.params.AttenuationPPM / PPM * r.params.SharePPM / PPM * weight / PPM
	}
	if up >= down {
		return min(ours+pull(up-down), PPM)
	}
	return ours - min(pull(down-up), ours)
}
