package federation

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/wire"
)

// connectCheckEvery is how often Run looks for peers that came back.
const connectCheckEvery = time.Second

// exchangesAtOnce bounds the exchanges that nobody waits for: each has a stream
// open, which over TCP reserves 256 KiB here and there.
const exchangesAtOnce = 256

// SyncReport is what one exchange with a peer brought.
type SyncReport struct {
	Peer     did.DID `json:"peer"`
	HeadSize uint64  `json:"head_size"` // of the peer's log, witnessed by us
	Receipts int     `json:"receipts"`  // new receipts of the peer that name us
	Epochs   int     `json:"epochs"`    // new revocation epochs of the peer
	Joined   int     `json:"joined"`    // joint statements completed
}

// SyncNow connects to a peer, exchanges everything with it, and has it do the
// same with us, so that afterwards each holds the other's cosigned head.
func (x *Exchange) SyncNow(ctx context.Context, peer did.DID) (SyncReport, error) {
	rec, err := x.s.Connect(ctx, peer)
	if err == nil {
		err = rec.inForce(x.now())
	}
	if err != nil {
		return SyncReport{Peer: peer}, err
	}
	report, err := x.exchange(ctx, rec)
	if err != nil {
		return report, err
	}
	if err := x.syncRequest(ctx, rec, syncRequest{Type: "pull"}, &answerHead{}); err != nil {
		return report, fmt.Errorf("have %s exchange with us: %w", peer, err)
	}
	return report, nil
}

// exchange does our half: revocations both ways, the peer's head, the receipts
// under it that name us, and the joint statements that are due. A part that
// fails does not keep the others from running, except where one needs another.
func (x *Exchange) exchange(ctx context.Context, rec Record) (SyncReport, error) {
	report := SyncReport{Peer: rec.DID}
	if err := x.confirm(ctx, rec); err != nil {
		return report, err
	}
	release, err := x.turn(ctx, rec.DID)
	if err != nil {
		return report, err
	}
	defer release()
	var failed []error
	note := func(what string, err error) {
		if err != nil {
			failed = append(failed, fmt.Errorf("%s with %s: %w", what, rec.DID, err))
		}
	}
	_, err = x.Heartbeat(ctx)
	note("heartbeat", err)
	note("push revocations", x.pushRevocations(ctx, rec))
	report.Epochs, err = x.pullRevocations(ctx, rec)
	note("collect revocations", err)
	note("collect deactivations", x.s.pullEnded(ctx, rec))
	if x.s.cfg.Host.Relayed(rec.PeerID) {
		return report, errors.Join(failed...) // the rest needs a direct connection
	}
	head, err := x.witnessHead(ctx, rec)
	note("witness the head", err)
	if head != nil {
		report.HeadSize = head.Size
		report.Receipts, err = x.pullReceipts(ctx, rec, head)
		note("collect receipts", err)
	}
	note("object", x.tellObjections(ctx, rec))
	note("answer objections", x.tellAnswers(ctx, rec))
	report.Joined, err = x.cosignPending(ctx, rec)
	note("cosign", err)
	return report, errors.Join(failed...)
}

// turn waits for the exchanges with one peer that began before, as long as the
// context allows; it is over with release.
func (x *Exchange) turn(ctx context.Context, peer did.DID) (release func(), err error) {
	x.mu.Lock()
	turn := x.pulling[peer]
	if turn == nil {
		turn = make(chan struct{}, 1)
		x.pulling[peer] = turn
	}
	x.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for another exchange with %s: %w", peer, context.Cause(ctx))
	}
}

func (x *Exchange) syncRequest(ctx context.Context, rec Record, q syncRequest, into any) error {
	frame, err := wire.Marshal(q)
	if err != nil {
		return err
	}
	return x.request(ctx, rec, ProtocolSync, frame, into)
}

// kick asks Run for an exchange with a peer soon. It never blocks.
func (x *Exchange) kick(peer did.DID) { x.schedule(peer, false) }

// nudge is kick, and the peer is asked to exchange with us afterwards: it has
// looked before what it should find was on our disk.
func (x *Exchange) nudge(peer did.DID) { x.schedule(peer, true) }

func (x *Exchange) schedule(peer did.DID, mutual bool) {
	x.mu.Lock()
	x.due[peer] = x.due[peer] || mutual
	x.mu.Unlock()
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

// Run exchanges with peers until the context ends: shortly after each call with
// one, when one connects, and with all of them at intervals.
func (x *Exchange) Run(ctx context.Context) error {
	every := time.NewTimer(x.pace())
	defer every.Stop()
	check := time.NewTicker(connectCheckEvery)
	defer check.Stop()
	var running sync.WaitGroup
	defer running.Wait()
	connected := make(map[did.DID]bool)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
			every.Reset(x.pace())
			x.renew(ctx)
			x.sweepResults(ctx)
			for _, rec := range x.s.cfg.Directory.List() {
				if rec.State == Active || rec.Untold > 0 { // stale or not: connecting renews the hello
					x.kick(rec.DID)
				}
			}
		case <-check.C:
			x.arrivals(connected)
			x.gossipTurn(ctx)
			x.followHeard(ctx, &running)
		case <-x.talk.wake:
			x.followHeard(ctx, &running)
		case <-x.wake:
			if pause(ctx, x.cfg.Debounce) != nil {
				return nil
			}
			for peer, mutual := range x.takeDue() {
				running.Go(func() { x.background(ctx, peer, mutual) })
			}
		}
	}
}

// pace is the time to the next exchange with all peers. It is never longer than
// SyncEvery, and up to a quarter shorter, so that nodes that were started
// together do not stay together.
func (x *Exchange) pace() time.Duration {
	var dice [2]byte
	if _, err := io.ReadFull(x.s.cfg.Rand, dice[:]); err != nil {
		return x.cfg.SyncEvery
	}
	return x.cfg.SyncEvery - x.cfg.SyncEvery/4*time.Duration(binary.BigEndian.Uint16(dice[:]))/(1<<16)
}

// followHeard asks the owners of heads that were heard.
func (x *Exchange) followHeard(ctx context.Context, running *sync.WaitGroup) {
	for peer, heard := range x.toCompare() {
		running.Go(func() { x.follow(ctx, peer, heard) })
	}
}

// renew makes the heartbeat epoch that peers bound our freshness by.
func (x *Exchange) renew(ctx context.Context) {
	if _, err := x.Heartbeat(ctx); err != nil && ctx.Err() == nil {
		x.warn("revocation heartbeat not made", x.did, err)
	}
}

// arrivals kicks the peers that were not connected when last looked at.
func (x *Exchange) arrivals(connected map[did.DID]bool) {
	for _, rec := range x.s.cfg.Directory.List() {
		now := x.s.cfg.Host.Connected(rec.PeerID) || x.s.cfg.Host.Relayed(rec.PeerID)
		if now && !connected[rec.DID] {
			x.kick(rec.DID)
		}
		connected[rec.DID] = now
	}
}

func (x *Exchange) takeDue() map[did.DID]bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	due := x.due
	x.due = make(map[did.DID]bool)
	return due
}

// background is one exchange that nobody waits for; mutual has the peer do its
// half too.
func (x *Exchange) background(ctx context.Context, peer did.DID, mutual bool) {
	if x.s.alive() != nil {
		return // peers have the record, and ask for what they want to read
	}
	ctx, cancel := context.WithTimeout(ctx, x.cfg.SyncEvery)
	defer cancel()
	rec, err := x.s.cfg.Directory.Peer(peer)
	if err != nil {
		return
	}
	if rec.Untold > 0 {
		x.s.tellUntold(ctx, rec)
	}
	if rec.State == Terminated {
		return // a hello would begin another relationship
	}
	if rec, err = x.s.Connect(ctx, peer); err == nil {
		if rec.inForce(x.now()) != nil {
			return
		}
		select {
		case x.running <- struct{}{}:
			defer func() { <-x.running }()
		case <-ctx.Done():
			return
		}
		_, err = x.exchange(ctx, rec)
		if mutual && !x.s.cfg.Host.Relayed(rec.PeerID) {
			err = errors.Join(err, x.syncRequest(ctx, rec, syncRequest{Type: "pull"}, &answerHead{}))
		}
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, p2p.ErrNotConnected) {
		x.warn("exchange with a peer not completed", peer, err)
	}
}
