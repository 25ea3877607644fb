package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/kernel/admit"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed/signed"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// money is everything that pays: the settlement and oracle keys, the chain,
// obligations and statements.
type money struct {
	n         *Node
	key       *evm.Key
	oracleKey *signed.Key
	lookout   *lookout
	desk      *federation.Desk    // set by connect, once there is a network
	settler   *settlement.Settler // the same
	billing   *billing            // nil where nobody is billed

	wake chan struct{} // capacity 1: a voucher arrived

	mu     sync.Mutex            // guards chains, each dialled when first needed, and due
	chains map[uint64]*evm.Chain // by chain id
	due    map[did.DID]struct{}
}

func newMoney(n *Node) (*money, error) {
	m := &money{n: n, wake: make(chan struct{}, 1), chains: make(map[uint64]*evm.Chain), lookout: newLookout(n)}
	for _, k := range []struct {
		role did.Role
		into func([]byte) error
	}{
		{did.RoleSettlement, func(s []byte) (err error) {
			if m.key, err = n.settlementKey(); m.key == nil && err == nil {
				m.key, err = evm.KeyFromScalar(s)
			}
			return err
		}},
		{did.RoleOracle, func(s []byte) (err error) { m.oracleKey, err = signed.KeyFromScalar(s); return err }},
	} {
		scalar, err := n.keys.Secp(k.role)
		if err != nil {
			return nil, fmt.Errorf("open the %s key: %w", k.role, err)
		}
		if err := k.into(scalar); err != nil {
			return nil, fmt.Errorf("open the %s key: %w", k.role, err)
		}
	}
	return m, nil
}

// connect builds the settler on top of the network's treaties and streams.
func (m *money) connect(w *network) error {
	var rails []settlement.Rail
	var notes []settlement.NoteRail
	for i := range m.n.cfg.Chains {
		r, err := newRail(m, &m.n.cfg.Chains[i])
		if err != nil {
			return err
		}
		rails, notes = append(rails, r), append(notes, noteRail{r})
	}
	var err error
	if m.desk, err = federation.NewDesk(w.service); err != nil {
		return err
	}
	if m.billing, err = newBilling(m.n); err != nil {
		return err
	}
	config := settlement.Config{Self: m.n.DID(), DB: m.n.db, Kernel: m.n.keys.Kernel(), Treaties: m.desk,
		Counterparty: m.desk, Rails: rails, Notes: notes,
		VerifyPrice: signed.Verify, Now: m.n.now, Round: readRound, UsablePrice: m.usablePrice, Currencies: m.n.cfg.currencies(),
		Vouchered: m.vouchered, Alarm: m.alarm, Failpoint: m.n.opts.Failpoint}
	m.outsideRails(&config)
	if m.settler, err = settlement.New(config); err != nil {
		return err
	}
	if m.billing != nil {
		m.billing.open(m.n.db, m.settler)
	}
	m.desk.SetSettler(m.settler)
	return nil
}

func (m *money) participants() []admit.Participant {
	return []admit.Participant{m.settler.Participant()}
}

// accrue records what one joint receipt makes one side owe.
func (m *money) accrue(tx store.Tx, o federation.Obligation) error {
	id, err := wire.ParseDigest(o.ReceiptID)
	if err != nil {
		return fmt.Errorf("receipt %.80s: %w", o.ReceiptID, err)
	}
	return m.settler.Accrue(tx, settlement.Obligation{Payer: o.Payer, Payee: o.Payee, Receipt: id, Treaty: o.TreatyID, Round: o.PriceRound,
		At: o.At, Amount: o.Charge})
}

// contest takes what one receipt makes one side owe out of settlement, or puts
// it back.
func (m *money) contest(tx store.Tx, o federation.Obligation, contested bool) error {
	id, err := wire.ParseDigest(o.ReceiptID)
	if err != nil {
		return fmt.Errorf("receipt %.80s: %w", o.ReceiptID, err)
	}
	return m.settler.Contest(tx, settlement.Obligation{Payer: o.Payer, Payee: o.Payee, Receipt: id, Treaty: o.TreatyID}, contested)
}

// waive ends what one receipt made one side owe, because the other gave it up.
func (m *money) waive(tx store.Tx, o federation.Obligation) error {
	id, err := wire.ParseDigest(o.ReceiptID)
	if err != nil {
		return fmt.Errorf("receipt %.80s: %w", o.ReceiptID, err)
	}
	return m.settler.Waive(tx, settlement.Obligation{Payer: o.Payer, Payee: o.Payee, Receipt: id, Treaty: o.TreatyID, At: o.At})
}

// priceRound names the round of a quote under a treaty whose prices are not in
// the currency that settles.
func (m *money) priceRound(_ context.Context, _ did.DID, t *federation.Money) (*wire.Digest, error) {
	if t.Currency == t.SettleCurrency {
		return nil, nil
	}
	pair := oracle.Pair{Base: t.SettleCurrency, Quote: t.Currency}
	id, err := m.n.currentRound(pair)
	if err == nil && id == nil {
		err = fmt.Errorf("there is no usable %s price: the operators sign one with chio-node oracle sign, and oracle import makes it a round", pair)
	}
	return id, err
}

// usablePrice is what stops a price at this node, whoever quoted it: the latch of
// its pair, and what was read of chains.
func (m *money) usablePrice(r store.Reader, p oracle.Price, now int64) error {
	latch, err := readLatch(r, p.Pair)
	if err != nil {
		return err
	}
	if err := stopped(&latch); err != nil {
		return err
	}
	return m.lookout.usable(p.Pair, p.Median, now)
}

// vouchered wakes the redemption of a voucher that arrived.
func (m *money) vouchered(peer did.DID) {
	if !m.n.cfg.Settlement.AutoRedeem {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.due == nil {
		m.due = make(map[did.DID]struct{})
	}
	m.due[peer] = struct{}{}
	select {
	case m.wake <- struct{}{}:
	default: // a wake-up is already waiting
	}
}

// redeemDue redeems what arrived since, for a node that does so by itself.
func (m *money) redeemDue(ctx context.Context) error {
	m.mu.Lock()
	due := m.due
	m.due = nil
	m.mu.Unlock()
	var failed []error
	for peer := range due {
		if _, err := m.settler.RedeemDue(ctx, peer); err != nil {
			failed = append(failed, fmt.Errorf("redeem the voucher of %s: %w", peer, err))
		}
	}
	return errors.Join(failed...)
}

// reconcile finishes what was half paid when the last process ended, before
// the node serves. A chain that does not answer halts payments, not the node.
func (m *money) reconcile(ctx context.Context) error {
	if err := m.sweepHolds(ctx, 0); err != nil { // open calls are closed by now, so every hold left is nobody's
		return err
	}
	if len(m.n.cfg.Chains) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, reconcileTimeout)
	defer cancel()
	err := m.settler.Reconcile(ctx)
	if err != nil {
		// Each channel that could not be compared is halted or left as it was, so
		// nothing is paid on it; calls go on.
		m.n.log.Error("payments are not reconciled with the chain; settle status says what is halted", slog.Any("error", err))
	}
	return nil
}

const reconcileTimeout = 15 * time.Second

func (m *money) settlementAddress() string { return m.key.Address().String() }
func (m *money) oracleAddress() string     { return m.oracleKey.Operator() }

// errNoChain: the configuration names no chain to settle on.
var errNoChain = &Problem{Code: "CHIO-SETTLE-NO-CHAIN", Message: "no chain is configured to settle on", Exit: ExitFailure,
	Hint: "add one under chains and name it in settlement.chain; chio-devnet prints a ready entry"}

// dial connects to a configured chain once and keeps the connection.
func (m *money) dial(ctx context.Context, c *ChainConfig) (*evm.Chain, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if chain := m.chains[c.ChainID]; chain != nil {
		return chain, nil
	}
	token, err := evm.ParseAddress(c.Token)
	if err != nil {
		return nil, err
	}
	contract, err := evm.ParseAddress(c.Channel)
	if err != nil {
		return nil, err
	}
	fee := c.MaxFeeGwei
	if fee == 0 {
		fee = defaultMaxFeeGwei
	}
	bump := c.BumpAfterBlocks
	if bump == 0 {
		bump = defaultBumpAfterBlocks
	}
	chain, err := evm.Dial(ctx, evm.Config{Name: c.Name, ChainID: c.ChainID, RPC: c.RPC, Fallbacks: c.RPCs, AgreeAbove: c.AgreeAboveMinor,
		Token: token, Channel: contract, Key: m.key, DB: m.n.db, BumpAfterBlocks: bump, CloseMaxFeeGwei: c.CloseMaxFeeGwei,
		GasMarginPercent: c.GasMarginPercent, Heads: c.Heads, Confirmations: c.Confirmations, MaxFeeGwei: fee, Now: m.n.now, Wait: pollEvery(c), Failpoint: m.n.opts.Failpoint})
	if err != nil {
		return nil, chainProblem(err)
	}
	m.chains[c.ChainID] = chain
	return chain, nil
}

const (
	defaultMaxFeeGwei      = 200
	defaultBumpAfterBlocks = 20
)

// pollEvery is how long to wait between two looks at a chain: a chain on this
// machine is looked at more often than somebody's endpoint.
func pollEvery(c *ChainConfig) func(context.Context) error {
	interval := time.Second
	if u, err := url.Parse(c.RPC); err == nil && loopback(u.Host) == nil {
		interval = 100 * time.Millisecond
	}
	return func(ctx context.Context) error {
		t := time.NewTimer(interval)
		defer t.Stop()
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-t.C:
			return nil
		}
	}
}

func chainProblem(err error) error {
	p := &Problem{Code: "CHIO-CHAIN", Message: err.Error(), Hint: "is the rpc endpoint in the config up?", Exit: ExitFailure}
	if errors.Is(err, evm.ErrWrongChain) {
		p.Code, p.Hint = "CHIO-CHAIN-ID", "correct chain_id or rpc in the config"
	}
	return p
}

func (m *money) close() error {
	m.lookout.close()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, chain := range m.chains {
		chain.Close()
	}
	return nil
}
