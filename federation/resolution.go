package federation

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ResolutionSchema is the schema of what two organisations say together about
// evidence against one of them.
const ResolutionSchema = "chio.federation_resolution.v1"

// MaxStatement bounds what a resolution says, in bytes.
const MaxStatement = 2000

// prefixResolution holds resolutions: SHA-256 → envelope.
const prefixResolution = "f/res/"

var (
	// ErrResolution refuses a resolution.
	ErrResolution = errors.New("resolution is not valid")
	// ErrNoEvidence: there is nothing to resolve.
	ErrNoEvidence = errors.New("there is no evidence against this peer")
)

// Resolution is why, in the words of both, evidence of equivocation does not
// end a relationship. It takes nothing of the evidence away.
type Resolution struct {
	Schema    string      `json:"schema"`
	Parties   [2]did.DID  `json:"parties"` // sorted
	Accused   did.DID     `json:"accused"` // whose log it is about
	Evidence  wire.Digest `json:"evidence_sha256"`
	Statement string      `json:"statement"`
	At        int64       `json:"at"` // unix seconds
}

// VerifyResolution opens a resolution between two organisations:
//
//	1 the envelope opens: canonical, strict, every signature verifies
//	2 it is between the two, and about one of them
//	3 nobody else has signed; with both, both have
//	4 a statement that can be shown, and a positive time
func VerifyResolution(env *wire.Envelope, a, b did.DID, both bool) (*Resolution, error) {
	if env == nil {
		return nil, fmt.Errorf("%w: there is none", ErrResolution)
	}
	var r Resolution
	if err := env.Open(ResolutionSchema, &r, nil, nil); err != nil { // 1
		return nil, fmt.Errorf("%w: %w", ErrResolution, err)
	}
	if r.Parties != partiesOf(a, b) || a == b || r.Accused != a && r.Accused != b { // 2
		return nil, fmt.Errorf("%w: it is not between %s and %s", ErrResolution, a, b)
	}
	for _, s := range env.Signatures { // 3
		if s.Alg != wire.AlgEd25519 || s.Key != a.Key().String() && s.Key != b.Key().String() {
			return nil, fmt.Errorf("%w: %.80s signed and is no party", ErrResolution, s.Key)
		}
	}
	if both && len(env.Signatures) != 2 { // 3
		return nil, fmt.Errorf("%w: it takes both parties", ErrResolution)
	}
	if err := CheckText(r.Statement, MaxStatement); err != nil || r.At <= 0 { // 4
		return nil, fmt.Errorf("%w: statement, or time %d: %w", ErrResolution, r.At, err)
	}
	return &r, nil
}

// ProposeResolution signs a statement about the evidence that is held against a
// peer, and has the peer asked to sign it too.
func (s *Service) ProposeResolution(ctx context.Context, peer did.DID, statement string) (id wire.Digest, err error) {
	if err := s.alive(); err != nil {
		return id, err
	}
	if err := CheckText(statement, MaxStatement); err != nil {
		return id, fmt.Errorf("%w: statement: %w", ErrResolution, err)
	}
	err = s.cfg.Directory.update(ctx, peer, func(tx store.Tx, rec *Record) error {
		if rec.State == Unknown {
			return fmt.Errorf("%w: %s", ErrUnknownPeer, peer)
		}
		if rec.State != Frozen {
			return fmt.Errorf("%w: %s is %s, not frozen", ErrTransition, peer, rec.State)
		}
		evidence, err := tx.Get(prefixFork + peer.String())
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("%w: %s: thaw it", ErrNoEvidence, peer)
		}
		if err != nil {
			return err
		}
		at := s.noticeTime(rec)
		env, err := wire.Seal(ResolutionSchema, Resolution{Schema: ResolutionSchema, Parties: partiesOf(s.did, peer), Accused: peer,
			Evidence: wire.Hash(evidence), Statement: statement, At: at}, s.cfg.Org)
		if err != nil {
			return err
		}
		id = env.ID()
		rec.resolving(tx, env, false, cause{ByOperator, "resolution proposed: " + statement})
		return tellLater(tx, rec, treatyRequest{Resolution: env, Evidence: evidence}, at)
	})
	return id, err
}

// AcceptResolution signs what a peer proposed about the evidence against us.
func (s *Service) AcceptResolution(ctx context.Context, peer did.DID, id wire.Digest) error {
	if err := s.alive(); err != nil {
		return err
	}
	return s.cfg.Directory.update(ctx, peer, func(tx store.Tx, rec *Record) error {
		if !same(rec.Resolution, &id) || rec.Resolved {
			return fmt.Errorf("%w: resolution %s of %s", ErrNoProposal, id, peer)
		}
		env, r, err := readResolution(tx, id, s.did, peer, false)
		if err != nil {
			return err
		}
		if r.Accused != s.did {
			return fmt.Errorf("%w: it is for the peer to sign", ErrNoProposal)
		}
		if err := env.AddSignature(ResolutionSchema, s.cfg.Org); err != nil {
			return err
		}
		rec.resolving(tx, env, true, cause{ByOperator, "resolution signed: " + r.Statement})
		return tellLater(tx, rec, treatyRequest{Resolution: env}, s.noticeTime(rec))
	})
}

// takeResolution files what a peer sends, frozen or not:
//
//	1 VerifyResolution holds, and the peer has signed
//	2 signed by both: it is the one we proposed last. It lifts nothing: our
//	  operator thaws
//	3 signed by the peer: it is about us, and the evidence that comes along is
//	  the one it names: two heads of one size by a kernel key of ours. It waits
//	  for the operator
func (s *Service) takeResolution(ctx context.Context, peer did.DID, q treatyRequest) error {
	r, err := VerifyResolution(q.Resolution, s.did, peer, false) // 1
	if err != nil {
		return err
	}
	if !signedWith(q.Resolution, peer.Key().String()) { // 1
		return fmt.Errorf("%w: the peer has not signed", ErrResolution)
	}
	id, both := q.Resolution.ID(), len(q.Resolution.Signatures) == 2
	if !both { // 3
		if err := s.checkEvidence(r, q.Evidence); err != nil {
			return err
		}
	}
	return s.cfg.Directory.update(ctx, peer, func(tx store.Tx, rec *Record) error {
		switch {
		case same(rec.Resolution, &id) && (rec.Resolved || !both):
			return nil // known
		case both && (!same(rec.Resolution, &id) || r.Accused != peer): // 2
			return fmt.Errorf("%w: %s is not what we proposed", ErrResolution, id)
		}
		why := cause{ByPeer, "resolution proposed: " + r.Statement}
		if both {
			why.reason = "resolution signed: " + r.Statement
		}
		rec.resolving(tx, q.Resolution, both, why)
		return nil
	})
}

// checkEvidence is rule 3 of takeResolution.
func (s *Service) checkEvidence(r *Resolution, evidence wire.Raw) error {
	if r.Accused != s.did || wire.Hash(evidence) != r.Evidence {
		return fmt.Errorf("%w: it is not about us, or not about the evidence that came along", ErrResolution)
	}
	var e receipt.Equivocation
	if err := wire.UnmarshalCanonical(evidence, &e, wire.DocumentLimits); err != nil {
		return fmt.Errorf("%w: evidence: %w", ErrResolution, err)
	}
	n, err := receipt.ParseNote([]byte(e.A))
	if err != nil {
		return fmt.Errorf("%w: evidence: %w", ErrResolution, err)
	}
	trust := &receipt.TrustSet{Schema: receipt.TrustSchema}
	for _, k := range s.ownKernels() {
		trust.Kernels = append(trust.Kernels, receipt.TrustedKernel{Key: k, Logs: []string{n.Checkpoint.Origin}})
	}
	if _, err := receipt.VerifyEquivocation(evidence, trust); err != nil {
		return fmt.Errorf("%w: evidence: %w", ErrResolution, err)
	}
	return nil
}

// resolving makes a resolution the record's, in place of an earlier one.
func (r *Record) resolving(tx store.Tx, env *wire.Envelope, both bool, why cause) {
	id := env.ID()
	tx.Set(prefixResolution+id.String(), env.Bytes())
	r.Resolution, r.Resolved = &id, both
	r.note(r.State, why, nil)
}

func readResolution(r store.Reader, id wire.Digest, a, b did.DID, both bool) (*wire.Envelope, *Resolution, error) {
	env, err := readEnvelope(r, prefixResolution, id)
	if err != nil {
		return nil, nil, err
	}
	body, err := VerifyResolution(env, a, b, both)
	return env, body, err
}

// ResolutionWith returns the resolution that is proposed or signed between us
// and a peer; store.ErrNotFound without one.
func (s *Service) ResolutionWith(peer did.DID) (r *Resolution, signed bool, err error) {
	rec, err := s.cfg.Directory.Peer(peer)
	if err != nil {
		return nil, false, err
	}
	if rec.Resolution == nil {
		return nil, false, store.ErrNotFound
	}
	err = s.cfg.DB.View(func(tx store.Reader) (err error) {
		_, r, err = readResolution(tx, *rec.Resolution, s.did, peer, rec.Resolved)
		return err
	})
	return r, rec.Resolved, err
}

// Resolves reports whether a resolution that both signed is about this
// evidence against a peer.
func (s *Service) Resolves(peer did.DID, evidence []byte) (bool, error) {
	r, signed, err := s.ResolutionWith(peer)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, ErrUnknownPeer) {
		return false, nil
	}
	return err == nil && signed && r.Accused == peer && r.Evidence == wire.Hash(evidence), err
}
