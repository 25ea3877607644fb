package certification

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// Schema is the schema of a certification.
const Schema = "chio.certification.v1"

// MaxLifeSeconds bounds how long a certification may hold: 366 days.
const MaxLifeSeconds = 366 * 24 * 3600

// SkewSeconds is how far ahead a signer's clock may be.
const SkewSeconds = 300

// The causes a caller can act on.
var (
	// ErrInvalid: the document is not a certification, or its signer did not sign it.
	ErrInvalid = errors.New("certification is not valid")
	// ErrTier: the tier is unknown, or the results do not earn it.
	ErrTier = errors.New("tier is not earned")
)

// Certification is one signed conformance result. Its id is the digest of its
// canonical body.
type Certification struct {
	Schema         string      `json:"schema"`
	Certifier      did.DID     `json:"certifier"`
	Server         Server      `json:"server"`
	Criteria       Named       `json:"criteria"`
	Suite          Suite       `json:"suite"`
	Results        Results     `json:"results"`
	ReportSHA256   wire.Digest `json:"report_sha256"`
	EvidenceSHA256 wire.Digest `json:"evidence_sha256,omitzero"`
	Tier           Tier        `json:"tier"`
	Supersedes     wire.Digest `json:"supersedes,omitzero"` // id of the one it replaces
	IssuedAt       int64       `json:"issued_at"`           // unix seconds
	ExpiresAt      int64       `json:"expires_at"`          // unix seconds, exclusive
}

// Request is what a certifier decides about a report.
type Request struct {
	Report     []byte      // canonical
	Tier       Tier        // "" takes the highest that is earned
	Evidence   wire.Digest // of an evidence bundle kept elsewhere; zero if none
	Supersedes wire.Digest // zero if none
	TTLSeconds int64
}

// Issue signs a certification with the certifier's organisation key. A report
// that earns no tier, or not the one asked for, is ErrTier.
func Issue(org wire.Signer, req Request, now int64) (*wire.Envelope, *Certification, error) {
	r, err := ParseReport(req.Report)
	if err != nil {
		return nil, nil, err
	}
	if req.TTLSeconds <= 0 || req.TTLSeconds > MaxLifeSeconds {
		return nil, nil, fmt.Errorf("%w: life of %d seconds, want 1 to %d", ErrInvalid, req.TTLSeconds, MaxLifeSeconds)
	}
	if r.StartedAt > now+SkewSeconds {
		return nil, nil, fmt.Errorf("%w: it begins at %d, in the future", ErrReport, r.StartedAt)
	}
	c := &Certification{Schema: Schema, Certifier: did.FromKey(org.Public()), Server: r.Server, Criteria: r.Criteria, Suite: r.Suite,
		Results: r.Results(), ReportSHA256: wire.Hash(req.Report), EvidenceSHA256: req.Evidence, Tier: req.Tier, Supersedes: req.Supersedes,
		IssuedAt: now, ExpiresAt: now + req.TTLSeconds}
	if c.Tier == "" {
		c.Tier = c.Earned()
	}
	if err := c.check(); err != nil {
		return nil, nil, err
	}
	env, err := wire.Seal(Schema, c, org)
	if err != nil {
		return nil, nil, fmt.Errorf("sign a certification: %w", err)
	}
	return env, c, nil
}

// Verify checks a certification by itself:
//
//	1 the envelope opens: canonical, strict, of schema chio.certification.v1,
//	  every signature verifies
//	2 the certifier it names has signed it, and nobody else
//	3 server, criteria and suite are named; report and manifest have digests
//	4 it lives for 1 second to 366 days
//	5 the tier is one, and the results it states earn it
//
// Whether the certifier is trusted, and what became of the certification, are
// other questions: see Finding.
func Verify(env *wire.Envelope) (*Certification, error) {
	if env == nil {
		return nil, fmt.Errorf("%w: there is none", ErrInvalid)
	}
	var c Certification
	if err := env.Open(Schema, &c, nil, nil); err != nil { // 1
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if err := signedOnlyBy(env, c.Certifier); err != nil { // 2
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if err := c.check(); err != nil { // 3, 4, 5
		return nil, err
	}
	return &c, nil
}

func (c *Certification) check() error {
	if err := checkTested(&c.Criteria, &c.Suite, &c.Server); err != nil { // 3
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if c.ReportSHA256.IsZero() { // 3
		return fmt.Errorf("%w: it names no report", ErrInvalid)
	}
	if !validTime(c.IssuedAt) || !validTime(c.ExpiresAt) || c.ExpiresAt <= c.IssuedAt || c.ExpiresAt-c.IssuedAt > MaxLifeSeconds { // 4
		return fmt.Errorf("%w: it holds from %d to %d, want at most %d seconds", ErrInvalid, c.IssuedAt, c.ExpiresAt, MaxLifeSeconds)
	}
	if earned := c.Earned(); !earned.AtLeast(c.Tier) { // 5
		return fmt.Errorf("%w: it says %.20q, its results allow %q", ErrTier, c.Tier, earned)
	}
	return nil
}

// MatchReport checks that a report is the one a certification rests on:
//
//	1 its digest is the one that was signed
//	2 it parses
//	3 criteria, suite, server and counts are those of the certification
func (c *Certification) MatchReport(doc []byte) error {
	if wire.Hash(doc) != c.ReportSHA256 { // 1
		return fmt.Errorf("%w: its digest is %s, the certification rests on %s", ErrReport, wire.Hash(doc), c.ReportSHA256)
	}
	r, err := ParseReport(doc) // 2
	if err != nil {
		return err
	}
	if r.Criteria != c.Criteria || r.Suite != c.Suite || r.Server != c.Server || r.Results() != c.Results { // 3
		return fmt.Errorf("%w: it tells of another server, suite or result than the certification", ErrReport)
	}
	return nil
}

// signedOnlyBy: the one signature is by the key that the DID is made of.
func signedOnlyBy(env *wire.Envelope, who did.DID) error {
	if len(env.Signatures) != 1 || env.Signatures[0].Alg != wire.AlgEd25519 || env.Signatures[0].Key != who.Key().String() {
		return fmt.Errorf("%w: %s, and nobody else, signs this", wire.ErrNoSigner, who)
	}
	return nil
}
