package node

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// What federation.below_minimum may say of a peer that does not show the
// passport that is asked for.
const (
	belowRefuse = "refuse" // no treaty with it is signed, and no call of its passes
	belowReview = "review" // the operator decides
)

func (f *FederationConfig) validatePassports() error {
	if f.MinimumBond != "" {
		return errors.New("federation.minimum_bond: this node cannot judge a bond of an organisation: leave it out; " +
			"federation.minimum_passport and federation.allow say with whom treaties are signed")
	}
	switch {
	case f.BelowMinimum != "" && f.MinimumPassport == nil:
		return errors.New("federation.below_minimum: there is no minimum: write federation.minimum_passport")
	case f.BelowMinimum != "" && f.BelowMinimum != belowRefuse && f.BelowMinimum != belowReview:
		return fmt.Errorf("federation.below_minimum %.20q: use %s or %s", f.BelowMinimum, belowRefuse, belowReview)
	case f.MinimumPassport == nil:
		return nil
	}
	if err := f.MinimumPassport.Check(); err != nil {
		return fmt.Errorf("federation.minimum_passport: %w", err)
	}
	return nil
}

// treatyAdmission is whose treaties are signed without asking, and what a peer must
// show of itself for any to be signed.
func (n *Node) treatyAdmission() (federation.Admission, error) {
	c := &n.cfg.Federation
	a := federation.Admission{Review: c.BelowMinimum == belowReview}
	for _, d := range c.Allow {
		a.Peers = append(a.Peers, did.DID(d)) // parsed when the config was
	}
	for _, d := range c.AllowListedBy {
		a.ListedBy = append(a.ListedBy, did.DID(d)) // likewise
	}
	if c.MinimumPassport == nil {
		return a, nil
	}
	digest, err := c.MinimumPassport.Digest()
	a.Passports = &peerPassports{n, c.MinimumPassport, digest}
	return a, err
}

// peerPassports implements federation.Passports by a passport policy. What is
// vouched for is the key of the organisation's DID.
type peerPassports struct {
	n      *Node
	policy *passport.Policy
	digest wire.Digest
}

// Policy implements federation.Passports.
func (p *peerPassports) Policy() wire.Digest { return p.digest }

// Judge implements federation.Passports:
//
//	1 the file verifies, and the policy accepts the passport in it
//	2 it is about the peer: who holds that key has said hello
//	3 neither the passport nor an organisation that it rests on was withdrawn
func (p *peerPassports) Judge(peer did.DID, file []byte) federation.Shown {
	now := p.n.now()
	r := passport.VerifyFile(file, p.policy.Gate(vc.Gate{Now: now, SkewSeconds: bindingBackdateSeconds}, p.n.anchor))
	var s federation.Shown
	if r.Passport != nil {
		s.Issuer, s.ID = r.Passport.Issuer.String(), r.Passport.ID
		s.Name, s.Tier = r.Passport.Subject.Name, r.Passport.Subject.AutonomyTier
	}
	err := p.policy.Judge([]*passport.Report{r}, now).Err() // 1
	if r.Passport == nil {
		err = errors.Join(err, r.Err())
	} else if about := r.Passport.Subject.ID; about != peer { // 2
		err = fmt.Errorf("%w: it is about %s, not about %s", passport.ErrRefused, about, peer)
	}
	if err == nil {
		err = p.Withdrawn(peer, &s) // 3
	}
	if err != nil {
		s.Refused = err.Error()
		return s
	}
	s.Until = p.policy.CountsUntil(r)
	return s
}

// Withdrawn implements federation.Passports: what this node has heard from its
// peers, and of deactivations.
func (p *peerPassports) Withdrawn(peer did.DID, s *federation.Shown) error {
	if d := p.n.revocations.Check(nil, &kernel.PassportRef{Issuer: s.Issuer, ID: s.ID}, peer.Key(), nil, p.n.now()); d != nil {
		return fmt.Errorf("%w: %s", passport.ErrWithdrawn, d.Reason)
	}
	if at, ended := p.n.deactivated(did.DID(s.Issuer)); ended {
		return fmt.Errorf("%w: %s was deactivated at %s", passport.ErrWithdrawn, s.Issuer, stamp(at))
	}
	return nil
}

// peerPassport is what a peer has shown, nil if nothing is asked for.
func (n *Node) peerPassport(rec *federation.Record) *PeerPassport {
	if n.cfg.Federation.MinimumPassport == nil {
		return nil
	}
	p := &PeerPassport{Counts: true}
	if s := rec.Passport; s != nil {
		p.Issuer, p.ID, p.Name, p.AutonomyTier, p.ShownAt, p.Until = s.Issuer, s.ID, s.Name, s.Tier, s.At, s.Until
	}
	if err := n.network.service.Qualifies(rec); err != nil {
		p.Counts, p.Reason = false, err.Error()
	}
	return p
}

// orgPassport gives what this organisation shows of itself, nil if the
// configuration names no file. The file is read each time, so that a renewed one
// is shown at once; one that cannot be used is not shown.
func (n *Node) orgPassport() func() []byte {
	path := n.cfg.Federation.Passport
	if path == "" {
		return nil
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(n.opts.Home, path)
	}
	return func() []byte {
		file, err := readOrgPassport(path, n.DID())
		if err != nil {
			n.log.Error("federation.passport is not shown to peers", slog.String("file", path), slog.Any("error", err))
			return nil
		}
		return file
	}
}

// readOrgPassport reads a passport file and checks that it is about an
// organisation. Whether it counts is for those to whom it is shown.
func readOrgPassport(path string, org did.DID) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	doc, err := io.ReadAll(io.LimitReader(f, federation.MaxPassportBytes+1))
	if err != nil {
		return nil, err
	}
	if len(doc) > federation.MaxPassportBytes {
		return nil, fmt.Errorf("%w: the limit is %d bytes", wire.ErrTooLarge, federation.MaxPassportBytes)
	}
	r := passport.VerifyFile(doc, vc.Gate{})
	if r.Passport == nil {
		return nil, r.Err()
	}
	if about := r.Passport.Subject.ID; about != org {
		return nil, fmt.Errorf("it is about %s, not about this organisation, %s", about, org)
	}
	return doc, nil
}
