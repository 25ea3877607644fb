package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/admit"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	rlog "github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

func (w *network) buildExchange() (err error) {
	n := w.n
	w.exchange, err = federation.NewExchange(federation.ExchangeConfig{Service: w.service, KernelKey: n.keys.Kernel(), Revocations: n.revocations,
		Accrue: n.money.accrue, Contest: n.money.contest, Waive: n.money.waive, PriceRound: n.money.priceRound, PassportDocument: n.passportDocument, CheckPassport: checkPassport,
		SyncEvery: time.Duration(n.cfg.Federation.SyncIntervalSeconds) * time.Second, Clock: n.opts.Now, Failpoint: n.opts.Failpoint,
		Archived: n.leafAt})
	return err
}

func (w *network) participants() []admit.Participant { return w.exchange.Participants() }

// passportDocument is the passport that goes along with an agent's call.
func (n *Node) passportDocument(ref kernel.PassportRef) (wire.Raw, error) {
	rec, err := n.passports.Get(ref.ID)
	if err != nil {
		return nil, err
	}
	return rec.Passport, nil
}

// checkPassport judges a passport that came with a peer's call: signed by that
// peer, current, about the calling agent. Whether it was revoked is answered by
// the peer's revocation epochs, which are fresher than any status list.
func checkPassport(doc wire.Raw, ref kernel.PassportRef, subject wire.PublicKey, now int64) error {
	report := passport.Verify(doc, vc.Gate{Now: now, SkewSeconds: bindingBackdateSeconds, AllowNoStatus: true,
		TrustedIssuer: func(issuer string) bool { return issuer == ref.Issuer }})
	switch {
	case !report.Integrity || !report.IssuerTrusted || report.Window != vc.WindowCurrent:
		return fmt.Errorf("the passport that came with the call does not verify: %w", report.Err())
	case report.ID != ref.ID || report.Passport == nil || report.Passport.Subject.ID.Key() != subject:
		return errors.New("the passport that came with the call is another one, or another agent's")
	default:
		return nil
	}
}

// start opens the sockets and asks peers about calls whose answer was lost.
func (w *network) start(ctx context.Context) error {
	if err := w.host.Start(ctx); err != nil {
		return &Problem{Code: "CHIO-P2P-LISTEN", Message: err.Error(), Hint: "choose another address with --p2p", Exit: ExitFailure}
	}
	w.mu.Lock()
	w.up = true
	w.mu.Unlock()
	if err := rememberListen(w.n.opts.Home, w.host.Addrs()); err != nil {
		w.n.log.Warn("the next start may come up on other ports", slog.Any("error", err))
	}
	if err := w.askWitnesses(ctx); err != nil {
		return err
	}
	if err := w.service.Reissue(ctx); err != nil {
		return termsProblem(err)
	}
	resolveCtx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	if _, err := w.exchange.Resolve(resolveCtx, w.n.admission); err != nil {
		w.n.log.Warn("not every peer could be asked about lost answers; their calls end as incomplete", slog.Any("error", err))
	}
	return nil
}

// resolveTimeout bounds the questions to peers before the node serves.
const resolveTimeout = 10 * time.Second

// serve lets peers' calls in.
func (w *network) serve() { w.exchange.SetKernel(w.n.kernel) }

// loops runs the exchange until the node stops.
func (w *network) loops() {
	n := w.n
	ctx := n.context()
	n.spawn(func() {
		if err := w.exchange.Run(ctx); err != nil && ctx.Err() == nil {
			n.log.Error("the exchange with peers stopped", slog.Any("error", err))
		}
	})
	n.spawn(func() { w.greet(ctx) })
	n.spawn(func() { n.keepDirectories(ctx) })
}

// greet says hello to every active peer after a start: each learns where the
// other is now, and what happened meanwhile is exchanged at once.
func (w *network) greet(ctx context.Context) {
	for _, rec := range w.service.List() {
		if rec.State != federation.Active || ctx.Err() != nil {
			continue
		}
		peerCtx, cancel := context.WithTimeout(ctx, firstExchangeTimeout)
		if _, err := w.exchange.SyncNow(peerCtx, rec.DID); err != nil && ctx.Err() == nil {
			w.n.log.Info("a peer is not reachable yet", slog.String("peer", rec.DID.String()), slog.Any("error", err))
		}
		cancel()
	}
}

func (w *network) stop() error {
	w.mu.Lock()
	up := w.up
	w.up = false
	w.mu.Unlock()
	if !up {
		return nil
	}
	return w.host.Stop()
}

// joined makes the first exchange with a peer whose treaty came into force:
// afterwards each holds the other's head and revocation epoch, without which a
// call would be refused as stale.
func (w *network) joined(ctx context.Context, rec federation.Record) {
	if rec.State != federation.Active {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, firstExchangeTimeout)
	defer cancel()
	if _, err := w.exchange.SyncNow(ctx, rec.DID); err != nil {
		w.n.log.Warn("first exchange with a new peer not completed; it is tried again", slog.String("peer", rec.DID.String()), slog.Any("error", err))
	}
}

// firstExchangeTimeout bounds how long consenting to a treaty waits for it.
const firstExchangeTimeout = 10 * time.Second

// pushRevocations sends our newest epochs to every active peer.
func (w *network) pushRevocations(ctx context.Context) {
	w.mu.Lock()
	up := w.up
	w.mu.Unlock()
	if !up {
		return
	}
	if err := w.exchange.PushRevocations(ctx); err != nil {
		w.n.log.Warn("not every peer has the revocation yet; it is pushed again when it connects", slog.Any("error", err))
	}
}

func (w *network) treatyCapability(ctx context.Context, peer did.DID) (*capability.Token, error) {
	t, err := w.exchange.TreatyCapability(ctx, peer)
	if err != nil {
		return nil, federationProblem(err)
	}
	return t, nil
}

// head is a checkpoint of our log that covers at least its first need entries:
// the one a peer has witnessed if that reaches so far, else one signed now.
func (w *network) head(r store.Reader, need uint64) (note []byte, size uint64, err error) {
	note, size, err = w.exchange.WitnessedHead(r)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, 0, err
	}
	if err == nil && len(note) > 0 && size >= need {
		// A head by a kernel key that was retired since proves nothing any more.
		if _, stale := receipt.VerifyCheckpoint(note, w.n.logID, w.n.keys.Kernel().Public()); stale == nil {
			return note, size, nil
		}
	}
	note, head, err := rlog.SignHead(r, w.n.headSigner())
	return note, head.Size, err
}

// addTrust adds what this node has verified of its peers: their kernel keys and
// logs, and themselves as witnesses.
func (w *network) addTrust(t *receipt.TrustSet) {
	heads, err := w.exchange.Heads()
	if err != nil {
		w.n.log.Warn("peers' logs are left out of the trust set", slog.Any("error", err))
	}
	for _, rec := range w.service.List() {
		if rec.Treaty == nil {
			continue
		}
		k := receipt.TrustedKernel{Key: rec.Kernel, DID: rec.DID.String(), Logs: []string{}}
		for _, h := range heads {
			if h.Peer == rec.DID && !h.Own && h.Origin != w.n.logID { // no peer signs our log
				k.Logs = append(k.Logs, h.Origin)
			}
		}
		t.Kernels = append(t.Kernels, k)
		t.Witnesses = append(t.Witnesses, receipt.Witness{Name: rec.DID.String(), Key: rec.Kernel})
	}
}

func (n *Node) peerInfo(rec federation.Record) (*PeerInfo, error) {
	info := &PeerInfo{DID: rec.DID.String(), State: string(rec.At(n.now())), Reason: rec.Reason, Treaty: rec.Treaty, Untold: rec.Untold}
	info.Passport = n.peerPassport(&rec)
	info.Refused = n.network.host.RefusedOf(rec.PeerID)
	if info.Treaty == nil {
		info.Treaty = rec.Proposal
	}
	if len(rec.Addresses) > 0 {
		info.Address = rec.DID.String() + "@" + rec.Addresses[0]
	}
	if p, err := n.network.service.Show(rec.DID); err == nil {
		info.Revision, info.Expires = p.Treaty.Revision, p.Treaty.Window.Expires
	}
	if r, signed, err := n.network.service.ResolutionWith(rec.DID); err == nil {
		info.Resolution = &PeerResolution{SHA256: *rec.Resolution, Accused: r.Accused.String(), Statement: r.Statement, Signed: signed}
	}
	return info, n.network.exchanged(rec.DID, info)
}

// exchanged fills in what was exchanged with a peer so far. It reads a few rows,
// however much that is: a list of peers asks for each.
func (w *network) exchanged(peer did.DID, info *PeerInfo) error {
	theirs, ours, err := w.exchange.HeadsOf(peer)
	if err != nil {
		return err
	}
	if theirs != nil {
		info.LogID, info.HeadSize = theirs.Origin, theirs.Size
	}
	if ours != nil {
		info.Witnessed = ours.Size
	}
	filed, err := w.exchange.Filed(peer)
	if err != nil {
		return err
	}
	info.Foreign, info.Joint = filed.Foreign, filed.Joint
	return w.observed(peer, info)
}

// SyncRequest asks "federate/sync": one peer, or every active one.
type SyncRequest struct {
	Peer string `json:"peer,omitempty"`
}

// syncPeers exchanges heads and receipts now. A peer that cannot be reached
// does not keep the others from their turn.
func (n *Node) syncPeers(ctx context.Context, req SyncRequest) (*PeerList, error) {
	if err := n.needNetwork(); err != nil {
		return nil, err
	}
	var records []federation.Record
	var failed []error
	for _, rec := range n.network.service.List() {
		if rec.State != federation.Active || req.Peer != "" && rec.DID.String() != req.Peer { // stale or not: connecting renews the hello
			continue
		}
		if _, err := n.network.exchange.SyncNow(ctx, rec.DID); err != nil {
			failed = append(failed, err)
			continue
		}
		records = append(records, rec)
	}
	if len(failed) > 0 {
		return nil, federationProblem(errors.Join(failed...))
	}
	return n.peerList(records)
}
