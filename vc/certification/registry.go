package certification

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The causes a caller can act on.
var (
	// ErrUnknown: this registry lists no certification of that id.
	ErrUnknown = errors.New("no certification of this id is listed here")
	// ErrExists: it is listed already; publishing again would begin a second chain.
	ErrExists = errors.New("certification is listed already")
	// ErrAdmission: the admission class does not let this certifier in.
	ErrAdmission = errors.New("admission class refuses this certifier")
)

// Config says what a registry works with. Known, Gated and Bonded say who may
// be let in; nil lets nobody in.
type Config struct {
	DB     store.DB
	Org    wire.Signer
	Known  func(did.DID) bool  // has a DID known here: may dispute, and be admitted as reviewable
	Gated  func(did.DID) bool  // has been named by the operator: may be admitted as role_gated
	Bonded func(did.DID) error // why the certifier has no bond at stake; nil: no bond can be shown
}

// Registry lists certifications and what was said of them. Rows are only added.
type Registry struct {
	cfg  Config
	self did.DID
}

// NewRegistry checks the configuration and touches nothing.
func NewRegistry(cfg Config) (*Registry, error) {
	if cfg.DB == nil || cfg.Org == nil {
		return nil, errors.New("certification: DB and Org are required")
	}
	return &Registry{cfg: cfg, self: did.FromKey(cfg.Org.Public())}, nil
}

// Publish lists what a bundle holds under an admission class, and answers its
// id. This registry begins a chain of its own. Somebody else's certification is
// kept with its certifier's chain: what is said here can only make it worse.
//
//	1 the bundle verifies, and holds the report
//	2 it is this organisation's own, or comes with the chain and the head of its
//	  certifier's registry; neither says that it is revoked, superseded or expired
//	3 it is not listed already
//	4 the admission class lets the certifier in
//	5 what it supersedes is listed, active or disputed, older, and by the same
//	  certifier of the same server; that one is then superseded, which this
//	  organisation can sign only for its own: another certifier's record is to
//	  be accepted afterwards
//
// The publication and the end of what it supersedes are one transaction.
func (g *Registry) Publish(ctx context.Context, doc []byte, class Admission, now int64) (wire.Digest, error) {
	b, err := ParseBundle(doc) // 1
	if err != nil {
		return wire.Digest{}, err
	}
	f := b.Judge(Options{Now: now})
	if f.Err() != nil {
		return wire.Digest{}, f.Err()
	}
	if b.Report == nil { // 1
		return wire.Digest{}, fmt.Errorf("%w: it is published together with its report", ErrBundle)
	}
	home, err := g.homeOf(b, f) // 2
	if err != nil {
		return wire.Digest{}, err
	}
	if err := g.admit(class, f.Certification.Certifier); err != nil { // 4
		return wire.Digest{}, err
	}
	err = g.cfg.DB.Update(ctx, func(tx store.Tx) error {
		if _, err := getListing(tx, f.ID); !errors.Is(err, ErrUnknown) { // 3
			return errors.Join(fmt.Errorf("%w: %s", ErrExists, f.ID), err)
		}
		putListing(tx, f, &listing{Certification: b.Certification, Report: b.Report, Home: home})
		first := &Record{Certification: f.ID, Kind: Published, Admission: class}
		if _, err := g.sign(tx, f.ID, first, now); err != nil {
			return err
		}
		return g.supersede(tx, f, now) // 5
	})
	if err != nil {
		return wire.Digest{}, fmt.Errorf("publish a certification: %w", err)
	}
	return f.ID, nil
}

// homeOf answers the certifier's own chain in a bundle, nil for this
// organisation's certifications: their chain is kept here.
func (g *Registry) homeOf(b *Bundle, f *Finding) (*Home, error) {
	own := f.Certification.Certifier == g.self
	if f.State != Active && f.State != Disputed && f.State != Unpublished {
		return nil, fmt.Errorf("%w: it is %s", ErrNotAllowed, f.State)
	}
	switch {
	case own:
		return nil, nil
	case b.Home != nil:
		return b.Home, nil
	case f.History.Registry == f.Certification.Certifier && b.Head != nil:
		return &Home{Records: b.Records, Head: b.Head}, nil
	}
	return nil, fmt.Errorf("%w: it is somebody else's: publish the bundle that the certifier's own registry exports", ErrNotAllowed)
}

// admit decides whether a class lets a certifier in. This organisation's own
// certifications need no leave, but a bond is a bond.
func (g *Registry) admit(class Admission, certifier did.DID) error {
	ask := func(who func(did.DID) bool, why string) error {
		if certifier == g.self || who != nil && who(certifier) {
			return nil
		}
		return fmt.Errorf("%w: %s: %s %s", ErrAdmission, class, certifier, why)
	}
	switch class {
	case PublicUntrusted:
		return nil
	case Reviewable:
		return ask(g.cfg.Known, "is not known here")
	case RoleGated:
		return ask(g.cfg.Gated, "was not named as a certifier by the operator")
	case BondBacked:
		if g.cfg.Bonded == nil {
			return fmt.Errorf("%w: %s: this registry holds no bonds: choose another class", ErrAdmission, class)
		}
		if err := g.cfg.Bonded(certifier); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrAdmission, class, err)
		}
		return nil
	}
	return fmt.Errorf("%w: %.40q is no admission class", ErrAdmission, class)
}

// supersede ends the certification that a new one names.
func (g *Registry) supersede(tx store.Tx, f *Finding, now int64) error {
	id := f.Certification.Supersedes
	if id.IsZero() {
		return nil
	}
	older, err := g.find(tx, id, Options{Now: now})
	if err != nil {
		return fmt.Errorf("what it supersedes: %w", err)
	}
	if err := succeeds(f.Certification, older.Certification); err != nil {
		return err
	}
	if older.Certification.Certifier != g.self {
		return nil // its certifier's record is to come
	}
	_, err = g.sign(tx, id, &Record{Certification: id, Kind: Superseded, Successor: f.ID}, now)
	return err
}

// succeeds checks that a newer certification may take the place of an older one.
func succeeds(newer, older *Certification) error {
	if newer.Certifier != older.Certifier || newer.Server.Name != older.Server.Name || newer.IssuedAt < older.IssuedAt {
		return fmt.Errorf("%w: a certification supersedes an older one of the same certifier and server", ErrNotAllowed)
	}
	return nil
}

// Say adds a record of this organisation's to a chain and answers its id:
// a revocation, a dispute, or what becomes of one.
func (g *Registry) Say(ctx context.Context, r Record, now int64) (id wire.Digest, err error) {
	err = g.cfg.DB.Update(ctx, func(tx store.Tx) (err error) {
		id, err = g.sign(tx, r.Certification, &r, now)
		return err
	})
	return id, err
}

// Accept adds a record that somebody else has signed for this registry's chain.
//
//	1 it verifies by itself, and is for this registry
//	2 its signer is known here: the certifier, or a DID this node knows
//	3 it is not from the future
//	4 it continues the chain and the state machine allows it (Fold)
//	5 a successor is listed here, names what it supersedes, and may
func (g *Registry) Accept(ctx context.Context, doc []byte, now int64) (wire.Digest, error) {
	var env wire.Envelope
	if err := wire.UnmarshalCanonical(doc, &env, wire.DocumentLimits); err != nil {
		return wire.Digest{}, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	r, err := VerifyRecord(&env) // 1
	if err != nil {
		return wire.Digest{}, err
	}
	if r.Registry != g.self { // 1
		return wire.Digest{}, fmt.Errorf("%w: it is for the registry of %s", ErrNotAllowed, r.Registry)
	}
	if r.At > now+SkewSeconds { // 3
		return wire.Digest{}, fmt.Errorf("%w: it is from the future", ErrNotAllowed)
	}
	known := r.Signer == g.self || g.cfg.Known != nil && g.cfg.Known(r.Signer) // 2; asked outside of the transaction
	err = g.cfg.DB.Update(ctx, func(tx store.Tx) error { return g.append(tx, &env, r, known, now) })
	return env.ID(), err
}

// sign completes a record of ours with its place in the chain and adds it.
func (g *Registry) sign(tx store.Tx, id wire.Digest, r *Record, now int64) (wire.Digest, error) {
	f, err := g.find(tx, id, Options{Now: now})
	if err != nil {
		return wire.Digest{}, err
	}
	env, err := SignRecord(g.cfg.Org, f, g.self, *r, now)
	if err != nil {
		return wire.Digest{}, err
	}
	made, err := VerifyRecord(env)
	if err != nil {
		return wire.Digest{}, err
	}
	return env.ID(), g.append(tx, env, made, true, now)
}

// SignRecord signs a record that comes next in the chain of a finding, at the
// registry that keeps it. The certification, its place and time are filled in.
func SignRecord(org wire.Signer, f *Finding, registry did.DID, r Record, now int64) (*wire.Envelope, error) {
	r.Schema, r.Certification, r.Registry, r.Signer = SchemaRecord, f.ID, registry, did.FromKey(org.Public())
	r.Sequence, r.Previous, r.At = f.History.Sequence+1, f.History.Head, max(now, f.History.At)
	if f.History.Sequence == 0 {
		r.Previous = f.ID
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	env, err := wire.Seal(SchemaRecord, &r, org)
	if err != nil {
		return nil, fmt.Errorf("sign a certification record: %w", err)
	}
	return env, nil
}

func (g *Registry) append(tx store.Tx, env *wire.Envelope, r *Record, known bool, now int64) error {
	f, err := g.find(tx, r.Certification, Options{Now: now})
	if err != nil {
		return err
	}
	if !known && r.Signer != f.Certification.Certifier { // 2
		return fmt.Errorf("%w: %s is not known here", ErrNotAllowed, r.Signer)
	}
	if err := f.History.apply(f.ID, f.Certification, r, env.ID()); err != nil { // 4
		return err
	}
	if r.Kind == Superseded { // 5
		successor, err := g.find(tx, r.Successor, Options{Now: now})
		if err != nil {
			return fmt.Errorf("the successor: %w", err)
		}
		if successor.Certification.Supersedes != f.ID {
			return fmt.Errorf("%w: %s does not say that it supersedes %s", ErrNotAllowed, r.Successor, f.ID)
		}
		if err := succeeds(successor.Certification, f.Certification); err != nil {
			return err
		}
	}
	return putRecord(tx, f.ID, r.Sequence, env)
}
