package authority

import (
	"fmt"
	"strings"
	"sync"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// CodePassportSuspended denies a call on a passport that its issuer suspended.
const CodePassportSuspended kernel.Code = "CHIO-PASSPORT-SUSPENDED"

// RevocationConfig is what an operator decides about revocation.
type RevocationConfig struct {
	DID did.DID // of this organisation
	// MaxStalenessSeconds is how old a peer's newest epoch may be for a call
	// that peer's kernel sent; older denies with CHIO-REVOKED-STALE.
	MaxStalenessSeconds int64
}

func (c *RevocationConfig) validate() error {
	if _, err := did.Parse(c.DID.String()); err != nil {
		return fmt.Errorf("revocation config: did: %w", err)
	}
	if c.MaxStalenessSeconds <= 0 {
		return fmt.Errorf("revocation config: max_staleness_seconds is %d, want a positive number", c.MaxStalenessSeconds)
	}
	return nil
}

// Revocations answers step 4 of the kernel from memory. It mirrors committed
// rows: our own epochs and those of peers.
type Revocations struct {
	cfg RevocationConfig

	mu      sync.RWMutex // guards what follows; written only after a commit
	revoked map[Entry]struct{}
	epoch   uint64
	peers   map[did.DID]peerState
}

// peerState is how fresh and how honest a peer's epochs are.
type peerState struct {
	issuedAt int64
	forked   bool // it signed two histories: nothing it says counts as fresh
}

var _ kernel.Revocations = (*Revocations)(nil)

// OpenRevocations rebuilds the set from rows.
func OpenRevocations(r store.Reader, cfg RevocationConfig) (*Revocations, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	v := &Revocations{cfg: cfg, revoked: map[Entry]struct{}{}, peers: map[did.DID]peerState{}}
	own, err := readHistory(r, ownState)
	if err != nil {
		return nil, err
	}
	v.epoch = own.Epoch
	err = r.Scan(entryRows, "", func(key string, value []byte) error {
		var e Entry
		if err := wire.UnmarshalCanonical(value, &e, wire.DocumentLimits); err != nil || e.rowKey() != key {
			return fmt.Errorf("%w: revocation row %.120q", ErrCorrupt, key)
		}
		v.revoked[e] = struct{}{}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := v.loadPeers(r); err != nil {
		return nil, err
	}
	return v, nil
}

func (v *Revocations) loadPeers(r store.Reader) error {
	var keys []string
	err := r.Scan(peerStates, "", func(key string, _ []byte) error {
		keys = append(keys, key)
		return nil
	})
	if err != nil {
		return err
	}
	for _, key := range keys {
		h, err := readHistory(r, key)
		if err != nil {
			return err
		}
		v.peers[did.DID(strings.TrimPrefix(key, peerStates))] = peerState{issuedAt: h.IssuedAt}
	}
	return r.Scan(evidenceRows, "", func(key string, _ []byte) error {
		peer := did.DID(strings.TrimPrefix(key, evidenceRows))
		s := v.peers[peer]
		s.forked = true
		v.peers[peer] = s
		return nil
	})
}

// Epoch is the number of our newest epoch.
func (v *Revocations) Epoch() uint64 {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.epoch
}

// Freshness tells when a peer dated its newest epoch (unix seconds, 0 if none
// was received), and whether it signed two histories, after which no epoch of
// its is fresh. It is for callers with a tighter bound than ours.
func (v *Revocations) Freshness(peer did.DID) (issuedAt int64, forked bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	s := v.peers[peer]
	return s.issuedAt, s.forked
}

// Check denies a call whose authority was revoked:
//
//	1 any token of the chain
//	2 the passport, or it is suspended
//	3 the caller's key or the subject of any token, revoked by us, or, for a
//	  call that a peer sent, by that peer
//	4 for a call that a peer sent: the peer has one history, and its newest
//	  epoch is younger than MaxStalenessSeconds
func (v *Revocations) Check(chain []capability.Token, passport *kernel.PassportRef, subject wire.PublicKey,
	origin *kernel.Origin, now int64) *kernel.Denial {
	v.mu.RLock()
	defer v.mu.RUnlock()
	for i := range chain { // 1
		t := &chain[i]
		if v.has(KindCapability, t.Issuer.String(), t.ID) {
			return revokedDenial(kernel.CodeRevokedToken, "capability "+clip(t.ID)+" was revoked",
				"ask the capability authority for a new one")
		}
	}
	if passport != nil && v.has(KindPassport, passport.Issuer, passport.ID) { // 2
		return revokedDenial(kernel.CodeRevokedPassport, "passport "+clip(passport.ID)+" was revoked",
			"ask the organisation that issued it for a new one")
	}
	if passport != nil && v.has(KindSuspension, passport.Issuer, passport.ID) { // 2
		return revokedDenial(CodePassportSuspended, "passport "+clip(passport.ID)+" is suspended",
			"ask the organisation that issued it to resume it")
	}
	if d := v.checkSubject(subject, origin); d != nil { // 3
		return d
	}
	for i := range chain { // 3
		if d := v.checkSubject(chain[i].Subject, origin); d != nil {
			return d
		}
	}
	if origin != nil { // 4
		return v.checkFresh(did.DID(origin.PeerDID), now)
	}
	return nil
}

func (v *Revocations) checkSubject(subject wire.PublicKey, origin *kernel.Origin) *kernel.Denial {
	key := subject.String()
	if v.has(KindSubject, v.cfg.DID.String(), key) || origin != nil && v.has(KindSubject, origin.PeerDID, key) {
		return revokedDenial(kernel.CodeRevokedSubject, "agent key "+key+" was revoked",
			"register the agent under a new key")
	}
	return nil
}

func (v *Revocations) checkFresh(peer did.DID, now int64) *kernel.Denial {
	s, known := v.peers[peer]
	switch {
	case s.forked:
		return revokedDenial(kernel.CodeRevocationStale, "the calling organisation signed two revocation histories",
			"resolve it with the peer; the evidence is in this node's export")
	case !known:
		return revokedDenial(kernel.CodeRevocationStale, "no revocation epoch of the calling organisation was received",
			"connect the two nodes so that epochs are exchanged")
	case now-s.issuedAt > v.cfg.MaxStalenessSeconds:
		return revokedDenial(kernel.CodeRevocationStale,
			fmt.Sprintf("the calling organisation's revocation epoch is %d seconds old, the limit is %d",
				now-s.issuedAt, v.cfg.MaxStalenessSeconds),
			"connect the two nodes so that epochs are exchanged")
	}
	return nil
}

// has is called with mu held.
func (v *Revocations) has(kind Kind, issuer, id string) bool {
	if len(v.revoked) == 0 {
		return false
	}
	_, found := v.revoked[Entry{Kind: kind, Issuer: issuer, ID: id}]
	return found
}

// advance mirrors one committed epoch; peer is "" for our own.
func (v *Revocations) advance(body *EpochBody, peer did.DID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, e := range body.Entries {
		if e.Kind == KindResumption {
			delete(v.revoked, e.suspension())
			continue
		}
		v.revoked[e] = struct{}{}
	}
	if peer == "" {
		v.epoch = body.Epoch
		return
	}
	s := v.peers[peer]
	s.issuedAt = body.IssuedAt
	v.peers[peer] = s
}

func (v *Revocations) markForked(peer did.DID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.peers[peer]
	s.forked = true
	v.peers[peer] = s
}

func revokedDenial(code kernel.Code, reason, fix string) *kernel.Denial {
	return &kernel.Denial{Step: 4, Code: code, Guard: "revocation", Side: "local", Reason: reason, Fix: fix}
}

func clip(s string) string {
	if len(s) > 80 {
		return s[:80]
	}
	return s
}
