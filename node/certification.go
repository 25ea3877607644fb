package node

import (
	"context"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc/certification"
	"github.com/backbay-labs/chio-node/wire"
)

// defaultCertificationTTLSeconds is how long a certification holds unless it is said.
const defaultCertificationTTLSeconds = 90 * 24 * 3600

// CertificationConfig is whose certifications count here.
type CertificationConfig struct {
	Certifiers []string `yaml:"certifiers"` // DIDs; this organisation counts besides
}

func (c *CertificationConfig) validate() error {
	for _, d := range c.Certifiers {
		if _, err := did.Parse(d); err != nil {
			return fmt.Errorf("certification.certifiers: %w", err)
		}
	}
	return nil
}

func (c *CertificationConfig) dids() []did.DID {
	out := make([]did.DID, len(c.Certifiers))
	for i, d := range c.Certifiers {
		out[i] = did.DID(d) // validate has parsed it
	}
	return out
}

// openCertifications opens the registry. Known here are this organisation, the
// certifiers it names, and peers with a treaty in force.
func (n *Node) openCertifications() (*certification.Registry, error) {
	named := certification.Trusting(n.cfg.Certification.dids()...)
	return certification.NewRegistry(certification.Config{DB: n.db, Org: n.keys.Org(), Gated: named,
		Known: func(d did.DID) bool { return named(d) || n.network.trustsIssuer(d) }})
}

// certificationOptions judges by the certifiers that a request names, or by
// those of the configuration and this organisation. The word of an organisation
// that has ended does not count.
func (n *Node) certificationOptions(certifiers []did.DID) certification.Options {
	if len(certifiers) == 0 {
		certifiers = append(n.cfg.Certification.dids(), n.DID())
	}
	named := certification.Trusting(certifiers...)
	return certification.Options{Now: n.now(), Trusted: func(d did.DID) bool {
		_, ended := n.deactivated(d)
		return named(d) && !ended
	}}
}

// IssueCertification is what this organisation certifies: the report of a run.
type IssueCertification struct {
	Report         wire.Raw                `json:"report"`
	Tier           certification.Tier      `json:"tier,omitempty"` // "" is the highest that is earned
	EvidenceSHA256 wire.Digest             `json:"evidence_sha256,omitzero"`
	Supersedes     wire.Digest             `json:"supersedes,omitzero"`
	TTLSeconds     int64                   `json:"ttl_seconds,omitzero"` // 0 is 90 days
	Admission      certification.Admission `json:"admission,omitempty"`  // "" does not publish it
}

// CertificationBundle is a certification and the file about it.
type CertificationBundle struct {
	Finding *certification.Finding `json:"finding"`
	Bundle  wire.Raw               `json:"bundle"`
}

func (n *Node) issueCertification(ctx context.Context, req IssueCertification) (*CertificationBundle, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	if req.TTLSeconds == 0 {
		req.TTLSeconds = defaultCertificationTTLSeconds
	}
	env, _, err := certification.Issue(n.keys.Org(), certification.Request{Report: req.Report, Tier: req.Tier, Evidence: req.EvidenceSHA256,
		Supersedes: req.Supersedes, TTLSeconds: req.TTLSeconds}, n.now())
	if err != nil {
		return nil, certificationProblem(err)
	}
	b := certification.Bundle{Certification: env, Report: req.Report}
	doc, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	if req.Admission == "" {
		return &CertificationBundle{Finding: b.Judge(n.certificationOptions(nil)), Bundle: doc}, nil
	}
	return n.publishCertification(ctx, PublishCertification{Bundle: doc, Admission: req.Admission})
}

// PublishCertification lists a certification of anybody's in this registry.
type PublishCertification struct {
	Bundle    wire.Raw                `json:"bundle"`
	Admission certification.Admission `json:"admission"`
}

func (n *Node) publishCertification(ctx context.Context, req PublishCertification) (*CertificationBundle, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	id, err := n.certified.Publish(ctx, req.Bundle, req.Admission, n.now())
	if err != nil {
		return nil, certificationProblem(err)
	}
	return n.exportCertification(ctx, CertificationID{ID: id})
}

// CertificationID names a certification by the digest of its body.
type CertificationID struct {
	ID wire.Digest `json:"id"`
}

// exportCertification is the bundle with the whole chain, signed as of now.
func (n *Node) exportCertification(_ context.Context, req CertificationID) (*CertificationBundle, error) {
	if err := n.alive(); err != nil { // what it signed before can still be shown
		return nil, err
	}
	doc, err := n.certified.Export(req.ID, n.now())
	if err != nil {
		return nil, certificationProblem(err)
	}
	return &CertificationBundle{Finding: certification.VerifyBundle(doc, n.certificationOptions(nil)), Bundle: doc}, nil
}

// CertificationList answers "certification/list".
type CertificationList struct {
	Certifications []*certification.Finding `json:"certifications"`
}

func (n *Node) listCertifications(context.Context, Empty) (*CertificationList, error) {
	all, err := n.certified.List(n.certificationOptions(nil))
	if all == nil {
		all = []*certification.Finding{}
	}
	return &CertificationList{Certifications: all}, certificationProblem(err)
}

func (n *Node) showCertification(_ context.Context, req CertificationID) (*certification.Finding, error) {
	f, err := n.certified.Get(req.ID, n.certificationOptions(nil))
	return f, certificationProblem(err)
}

// ResolveCertification asks what holds of a server.
type ResolveCertification struct {
	Manifest   wire.Digest        `json:"manifest_sha256,omitzero"`
	Name       string             `json:"name,omitempty"`
	Version    string             `json:"version,omitempty"`
	Tier       certification.Tier `json:"tier,omitempty"`       // at least; "" is bronze
	Certifiers []did.DID          `json:"certifiers,omitempty"` // none: those of the configuration and this organisation
}

// ResolvedCertification is the answer, and whether it suffices.
type ResolvedCertification struct {
	certification.Answer
	Holds bool `json:"holds"`
}

func (n *Node) resolveCertification(_ context.Context, req ResolveCertification) (*ResolvedCertification, error) {
	if req.Tier == "" {
		req.Tier = certification.Bronze
	}
	if _, err := certification.ParseTier(string(req.Tier)); err != nil {
		return nil, usage("%v", err)
	}
	a, err := n.certified.Resolve(certification.Query{ManifestSHA256: req.Manifest, Name: req.Name, Version: req.Version}, n.certificationOptions(req.Certifiers))
	if err != nil {
		return nil, certificationProblem(err)
	}
	return &ResolvedCertification{Answer: *a, Holds: a.Holds(req.Tier)}, nil
}

// CertificationRecord is what this organisation says of a certification: in its
// own registry by id, or for that of the bundle.
type CertificationRecord struct {
	ID             wire.Digest        `json:"id,omitzero"`
	Bundle         wire.Raw           `json:"bundle,omitempty"`
	Kind           certification.Kind `json:"kind"`
	Dispute        wire.Digest        `json:"dispute,omitzero"`
	Successor      wire.Digest        `json:"successor,omitzero"`
	Reason         string             `json:"reason,omitempty"`
	EvidenceSHA256 wire.Digest        `json:"evidence_sha256,omitzero"`
}

// RecordedCertification is what came of it. Record is the signed record to hand
// to the registry of a bundle.
type RecordedCertification struct {
	RecordID wire.Digest            `json:"record_id"`
	Finding  *certification.Finding `json:"finding,omitempty"`
	Record   wire.Raw               `json:"record,omitempty"`
}

func (n *Node) recordCertification(ctx context.Context, req CertificationRecord) (*RecordedCertification, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	r := certification.Record{Certification: req.ID, Kind: req.Kind, Dispute: req.Dispute, Successor: req.Successor, Reason: req.Reason,
		EvidenceSHA256: req.EvidenceSHA256}
	if len(req.Bundle) > 0 {
		return n.recordElsewhere(req.Bundle, r)
	}
	id, err := n.certified.Say(ctx, r, n.now())
	if err != nil {
		return nil, certificationProblem(err)
	}
	f, err := n.certified.Get(req.ID, n.certificationOptions(nil))
	return &RecordedCertification{RecordID: id, Finding: f}, certificationProblem(err)
}

// recordElsewhere signs a record for the registry that keeps the bundle's chain.
func (n *Node) recordElsewhere(bundle wire.Raw, r certification.Record) (*RecordedCertification, error) {
	f := certification.VerifyBundle(bundle, n.certificationOptions(nil))
	if err := f.Err(); err != nil {
		return nil, certificationProblem(err)
	}
	if f.History.Sequence == 0 {
		return nil, certificationProblem(fmt.Errorf("%w: the bundle is of no registry", certification.ErrNotAllowed))
	}
	env, err := certification.SignRecord(n.keys.Org(), f, f.History.Registry, r, n.now())
	if err != nil {
		return nil, certificationProblem(err)
	}
	return &RecordedCertification{RecordID: env.ID(), Record: env.Bytes()}, nil
}

// AcceptCertificationRecord adds somebody else's signed record.
type AcceptCertificationRecord struct {
	Record wire.Raw `json:"record"`
}

func (n *Node) acceptCertificationRecord(ctx context.Context, req AcceptCertificationRecord) (*RecordedCertification, error) {
	id, err := n.certified.Accept(ctx, req.Record, n.now())
	if err != nil {
		return nil, certificationProblem(err)
	}
	return &RecordedCertification{RecordID: id}, nil
}

// certificationProblem gives the causes an operator can act on a code.
func certificationProblem(err error) error {
	return named(err, []cause{
		{certification.ErrUnknown, "CHIO-CERT-UNKNOWN", "chio-node certification list shows them", ExitFailure},
		{certification.ErrExists, "CHIO-CERT-EXISTS", "a certification is listed once; certify again for a newer one", ExitFailure},
		{certification.ErrAdmission, "CHIO-CERT-ADMISSION", "choose another --admission, or name the certifier under certification.certifiers", ExitDenied},
		{certification.ErrTier, "CHIO-CERT-TIER", "the report says which checks failed; docs/identity.md has the rules of the tiers", ExitDenied},
		{certification.ErrChain, "CHIO-CERT-CHAIN", "the chain has moved on: export the bundle again and sign on that", ExitFailure},
		{certification.ErrNotAllowed, "CHIO-CERT-STATE", "chio-node certification show ID shows its state; docs/identity.md has the table", ExitDenied},
		{certification.ErrTooMany, "CHIO-CERT-TOO-MANY", "ask for one server: chio-node certification resolve", ExitFailure},
		{certification.ErrInvalid, "CHIO-CERT-INVALID", "get the file again from its maker", ExitUnverifiable},
		{certification.ErrReport, "CHIO-CERT-INVALID", "get the file again from its maker", ExitUnverifiable},
		{certification.ErrRecord, "CHIO-CERT-INVALID", "a revocation and a dispute need a reason of one line", ExitUnverifiable},
		{certification.ErrBundle, "CHIO-CERT-INVALID", "get the file again from its maker", ExitUnverifiable},
	})
}
