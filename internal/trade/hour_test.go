package trade

import (
	"context"
	"fmt"
	"math/big"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/ethereum/go-ethereum/rpc"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// crashes are the places around a payment where a node may end itself.
var crashes = []string{
	"statement.signed_before_send", "statement.acked_before_voucher", "voucher.signed_before_persist", "voucher.persisted_before_send",
	"statement.countersigned_before_reply", "voucher.accepted_before_reply", "redeem.mined_before_record", "final_before_ledger",
	"nonce.reserved_before_sign", "tx.signed", "tx.persisted", "tx.broadcast_before_record", "mined_before_status",
}

// trade plays the minutes.
func (w *world) trade(ctx context.Context) error {
	for w.passed = range w.minutes {
		if w.passed == w.minutes/2 {
			if err := w.calm(ctx); err != nil {
				return err
			}
			w.say("minute %2d: the two agree to settle on %s from now on", w.passed, w.chains[1].name)
			if err := w.move(ctx); err != nil {
				return fmt.Errorf("agreeing on the second chain: %w", err)
			}
		}
		if err := w.minute(ctx); err != nil {
			return fmt.Errorf("minute %d: %w", w.passed, err)
		}
	}
	return nil
}

// move has both operators change their terms and start their nodes with them.
func (w *world) move(ctx context.Context) error {
	for _, o := range w.orgs {
		if err := o.write("terms.yaml", w.terms(1)); err != nil {
			return err
		}
		o.stop(syscall.SIGINT)
		if err := o.start(ctx); err != nil {
			return err
		}
	}
	return w.agree(ctx, 1)
}

// minute lets one pass: clocks and chains move on, the price changes, there are
// calls both ways with trouble in between, and both settle.
func (w *world) minute(ctx context.Context) error {
	if err := w.advance(); err != nil {
		return err
	}
	w.movePrice(ctx)
	var busy sync.WaitGroup
	for _, o := range w.orgs {
		for range 1 + w.rand.IntN(4) {
			busy.Go(func() { w.call(ctx, o) })
		}
	}
	undo := w.trouble(ctx)
	busy.Wait()
	for _, o := range w.orgs {
		busy.Go(func() { w.settle(ctx, o) })
	}
	busy.Wait()
	undo()
	return w.revive(ctx)
}

// advance moves every clock on by a minute.
func (w *world) advance() error {
	for _, o := range w.orgs {
		if err := o.setClock(time.Duration(w.passed+1) * time.Minute); err != nil {
			return err
		}
	}
	for _, c := range w.chains {
		for range 4 {
			c.Commit()
		}
		// A chain with waiting transactions keeps its time; the next minute
		// catches up.
		_ = c.AdjustTime(time.Minute)
	}
	return nil
}

// The peg is lost in these minutes of a hundred.
const lostFrom, lostTo = 60, 66

// movePrice lets the price walk, and has both sign a round of it. Without the
// peg the pair trips: no round is made of such a price and nothing is sold at
// the one before, until both operators say that they know.
func (w *world) movePrice(ctx context.Context) {
	value := w.peg + int64(w.rand.IntN(40_001)) - 20_000
	w.peg = min(max(value, 99_800_000), 100_200_000)
	at := w.passed * 100 / w.minutes
	lost := at >= lostFrom && at < lostTo
	switch {
	case lost:
		w.say("minute %2d: USDC is at 0.95 USD", w.passed)
		err := w.price(ctx, 95_000_000)
		if err == nil {
			w.note("a price of 0.95 USD was taken")
			return
		}
		w.told.depegged++
		w.tripped = true
		w.note("depeg: %v", err)
		return
	case w.tripped:
		if err := w.reset(ctx); err != nil {
			w.note("%v", err) // a node that is down hears it in the next minute
			return
		}
	}
	if err := w.price(ctx, w.peg); err != nil {
		w.note("price: %v", err)
	}
}

// reset has both operators say that the price is back.
func (w *world) reset(ctx context.Context) error {
	for _, o := range w.orgs {
		if err := o.ask(ctx, "oracle/reset", node.ResetPair{Pair: "USDC/USD", Word: "USDC is back at its peg"}, nil); err != nil {
			return err
		}
	}
	w.tripped = false
	return nil
}

// call has an agent buy something.
func (w *world) call(ctx context.Context, o *org) {
	w.mu.Lock()
	w.told.calls++
	item := fmt.Sprintf("item-%d", w.told.calls)
	w.mu.Unlock()
	var a node.CallAnswer
	err := o.ask(ctx, "call", node.CallRequest{Agent: o.agent(), Server: o.tool(), Tool: paidTool, Arguments: wire.MustMarshal(order{item})}, &a)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err != nil:
		w.told.lost++
	case a.Verdict == "allow":
		w.told.allowed++
	default:
		w.told.refused++
		w.why[a.Code]++
	}
}

// settle is settle run at one organisation. What fails is tried again in the
// next minute: that is all an operator would do.
func (w *world) settle(ctx context.Context, o *org) {
	var a node.SettleAnswer
	if err := o.ask(ctx, "settle/run", node.SettleRequest{}, &a); err != nil {
		w.note("%v", err)
		return
	}
	for _, p := range a.Peers {
		if p.Problem != "" {
			w.note("%s as %s: %s", o.name, p.Direction, p.Problem)
		}
	}
}

// planned is the trouble of the first minutes, so that no trade is without it.
var planned = [...]int{2, 0, 1}

// trouble lets something happen, or nothing; undo ends what lasts.
func (w *world) trouble(ctx context.Context) (undo func()) {
	undo = func() {}
	o, c := w.orgs[w.rand.IntN(2)], w.chains[w.rand.IntN(2)]
	event := w.rand.IntN(6)
	if w.passed < len(planned) {
		event = planned[w.passed]
	}
	switch event {
	case 0:
		w.told.killed++
		w.say("minute %2d: %s is killed", w.passed, o.name)
		if err := o.kill(ctx); err != nil {
			w.note("%v", err)
		}
	case 1:
		at := crashes[w.rand.IntN(len(crashes))]
		if err := os.WriteFile(crashFile(o.home), []byte(at), 0o600); err != nil {
			w.note("%v", err)
		}
		w.say("minute %2d: %s will end at %s", w.passed, o.name, at)
	case 2, 3:
		if err := w.reorganise(ctx, c); err != nil {
			w.note("%v", err)
		}
	case 4:
		w.told.stall++
		w.say("minute %2d: the endpoint of %s stalls", w.passed, c.name)
		c.proxy.stall()
		release := time.AfterFunc(3*time.Second, c.proxy.release)
		undo = func() { release.Stop(); c.proxy.release() }
	}
	return undo
}

// maxDepth is how many blocks a reorganisation drops at most; what is final
// stays.
const maxDepth = 12

func (w *world) reorganise(ctx context.Context, c *chain) error {
	head, err := c.Client().BlockNumber(ctx)
	if err != nil {
		return err
	}
	final := uint64(0)
	if h, err := c.Client().HeaderByNumber(ctx, big.NewInt(int64(rpc.FinalizedBlockNumber))); err == nil {
		final = h.Number.Uint64()
	}
	depth := min(1+w.rand.Uint64N(maxDepth), head-final)
	if depth == 0 {
		return nil
	}
	parent, err := c.Client().HeaderByNumber(ctx, new(big.Int).SetUint64(head-depth))
	if err != nil {
		return err
	}
	if err := c.Fork(parent.Hash()); err != nil {
		return err
	}
	for range depth + 1 {
		c.Commit()
	}
	w.told.reorged++
	w.told.deepest = max(w.told.deepest, int(depth))
	w.say("minute %2d: %s is reorganised by %d blocks", w.passed, c.name, depth)
	return nil
}

// revive starts what has ended itself.
func (w *world) revive(ctx context.Context) error {
	for _, o := range w.orgs {
		if !o.dead() {
			continue
		}
		w.told.crashed++
		if err := o.kill(ctx); err != nil {
			return err
		}
	}
	return nil
}

// calm ends all trouble.
func (w *world) calm(ctx context.Context) error {
	for _, o := range w.orgs {
		if err := os.Remove(crashFile(o.home)); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	for _, c := range w.chains {
		c.proxy.release()
	}
	return w.revive(ctx)
}

// note keeps what went wrong on the way, to be shown if the end is wrong.
func (w *world) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.notes = append(w.notes, fmt.Sprintf("minute %d: ", w.passed)+fmt.Sprintf(format, args...))
}
