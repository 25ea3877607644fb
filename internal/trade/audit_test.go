package trade

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"

	"github.com/backbay-labs/chio-node/contracts/bindings/channel"
	"github.com/backbay-labs/chio-node/contracts/bindings/devusdc"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/badger"
	"github.com/backbay-labs/chio-node/wire"
)

// heal ends all trouble and lets both settle until nothing is owed and
// everything is final on both chains.
func (w *world) heal(ctx context.Context) error {
	if err := w.calm(ctx); err != nil {
		return err
	}
	if w.tripped {
		if err := w.reset(ctx); err != nil {
			return err
		}
	}
	if err := w.price(ctx, w.peg); err != nil {
		return err
	}
	return until(ctx, "everything is settled", func() error {
		for _, c := range w.chains {
			if err := c.Finalize(ctx); err != nil {
				return err
			}
		}
		var open []error
		for _, o := range w.orgs {
			if err := o.ask(ctx, "federate/sync", node.SyncRequest{}, nil); err != nil {
				return err
			}
			w.settle(ctx, o)
			var a node.SettleAnswer
			if err := o.ask(ctx, "settle/status", node.SettleRequest{}, &a); err != nil {
				return err
			}
			for _, p := range a.Peers {
				if p.State != "final" && p.State != "funded" || p.Problem != "" {
					open = append(open, fmt.Errorf("%s as %s: %s %s", o.name, p.Direction, p.State, p.Problem))
				}
			}
		}
		return errors.Join(open...)
	})
}

// book is what one organisation's disk says, both nodes being down.
type book struct {
	charged    map[wire.Digest]charge // by receipt, of what this one sold
	statements map[wire.Digest]stated // by id
	ledger     ledger.Summary
	channels   map[wire.Digest]ledger.Balance // its accounts of channels, by channel
	usdc       ledger.Balance
	rounds     map[wire.Digest][2]int64 // the two prices of each, times 10^8
}

// charge is what a receipt says is owed, in cents.
type charge struct {
	cents uint64
	round wire.Digest
}

// stated is a statement with its receipts.
type stated struct {
	*settlement.Statement
	receipts []wire.Digest
}

// audit compares, to the unit:
//
//	1 each log, exported, verifies offline
//	2 each ledger replays and balances (I8)
//	3 both hold the same statements, byte for byte (I10)
//	4 what an organisation charged, by its receipts, stands in exactly one
//	  statement, and nothing else does (I7)
//	5 every statement's net is its rounds' gross at the prices that were signed,
//	  by arithmetic of this program's own
//	6 per channel, what the contract paid is what the statements say, and what it
//	  holds is what the payer's ledger says it holds (I7)
//	7 per chain, the tokens of both and of the contract are those that were given,
//	  moved by exactly these payments
func (w *world) audit(ctx context.Context) error {
	var books [2]*book
	for i, o := range w.orgs {
		b, err := w.read(o) // 1, 2
		if err != nil {
			return fmt.Errorf("%s: %w", o.name, err)
		}
		books[i] = b
	}
	if err := w.sameStatements(books); err != nil { // 3
		return err
	}
	var sold [2]uint64
	for i, o := range w.orgs {
		var err error
		if sold[i], err = covered(books[i], o.keys.DID); err != nil { // 4
			return fmt.Errorf("%s: %w", o.name, err)
		}
	}
	settled := make(map[wire.Digest]*settlement.Statement) // the newest of each channel
	for _, st := range books[0].statements {
		if err := w.recompute(books[0], st.Statement); err != nil { // 5
			return err
		}
		if have := settled[st.Channel]; have == nil || have.Sequence < st.Sequence {
			settled[st.Channel] = st.Statement
		}
	}
	for i, c := range w.chains {
		if err := w.onChain(ctx, c, books, settled); err != nil { // 6, 7
			return fmt.Errorf("chain %d: %w", i+1, err)
		}
	}
	w.say("%d calls: %d allowed, %d refused %v, %d lost; %d kills, %d crashes at a named point, %d reorganisations of up to %d blocks, %d stalls, %d minutes without the peg",
		w.told.calls, w.told.allowed, w.told.refused, w.why, w.told.lost, w.told.killed, w.told.crashed, w.told.reorged, w.told.deepest, w.told.stall, w.told.depegged)
	w.say("%d statements on %d channels; acme sold for %d cents, globex for %d; ledgers of %d and %d postings", len(books[0].statements), len(settled),
		sold[0], sold[1], books[0].ledger.Sequence, books[1].ledger.Sequence)
	if sold[0] == 0 || sold[1] == 0 || w.told.killed+w.told.crashed == 0 || w.told.reorged == 0 || w.told.depegged == 0 {
		return errors.New("this was no trade: nothing was sold, or nothing went wrong")
	}
	w.say("every book agrees to the unit: receipts, statements, both ledgers, both chains")
	return nil
}

// read has an organisation export what a third party needs, verifies that, ends
// the node and reads its disk.
func (w *world) read(o *org) (*book, error) {
	out := filepath.Join(w.dir, o.name+".export")
	if err := o.verb(nil, "export", "--out", out); err != nil {
		return nil, err
	}
	if err := o.verb(nil, "verify", filepath.Join(out, "receipts.json"), "--trust", filepath.Join(out, "trust.json")); err != nil { // 1
		return nil, err
	}
	b := &book{charged: make(map[wire.Digest]charge), statements: make(map[wire.Digest]stated), channels: make(map[wire.Digest]ledger.Balance),
		rounds: make(map[wire.Digest][2]int64)}
	if err := b.readReceipts(filepath.Join(out, "receipts.json")); err != nil {
		return nil, err
	}
	o.stop(syscall.SIGINT)
	db, err := badger.Open(filepath.Join(o.home, "store"), badger.Options{})
	if err != nil {
		return nil, err
	}
	err = db.View(func(r store.Reader) (err error) {
		if b.ledger, err = ledger.Verify(r); err != nil { // 2
			return err
		}
		if err := b.readStatements(r); err != nil {
			return err
		}
		if err := b.readRounds(r); err != nil {
			return err
		}
		for _, st := range b.statements {
			if b.channels[st.Channel], err = ledger.ReadBalance(r, ledger.Channel(st.Channel.String()), "USDC"); err != nil {
				return err
			}
		}
		b.usdc, err = ledger.ReadBalance(r, ledger.USDC, "USDC")
		return err
	})
	return b, errors.Join(err, db.Close())
}

// readReceipts reads what the organisation's own log says it is owed.
func (b *book) readReceipts(path string) error {
	doc, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var bundle receipt.Bundle
	if err := wire.UnmarshalCanonical(doc, &bundle, wire.BundleLimits); err != nil {
		return err
	}
	for _, log := range bundle.Logs {
		for _, leaf := range log.Receipts {
			if err := b.enter(leaf.Receipt); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *book) enter(doc wire.Raw) error {
	r, err := receipt.Parse(doc)
	if err != nil {
		return err
	}
	var md receipt.Metadata
	if err := wire.UnmarshalLenient(r.Metadata, &md, receipt.Limits()); err != nil {
		return err
	}
	if md.Federation == nil || md.Financial == nil || md.Federation.Role != "host" || md.Financial.CostCharged == 0 || r.Decision.Verdict != receipt.Allow {
		return nil
	}
	id, err := wire.ParseDigest(r.ID)
	if err != nil {
		return err
	}
	if md.Financial.PriceRound == nil || md.Financial.Currency != "USD" {
		return fmt.Errorf("receipt %s: charged %d %s at no price", r.ID, md.Financial.CostCharged, md.Financial.Currency)
	}
	b.charged[id] = charge{md.Financial.CostCharged, *md.Financial.PriceRound}
	return nil
}

// readStatements reads the statements that both have signed.
func (b *book) readStatements(r store.Reader) error {
	return r.Scan("s/s/", "", func(key string, row []byte) error {
		var rec struct {
			Stage    string        `json:"stage"`
			Document wire.Raw      `json:"document"`
			Receipts []wire.Digest `json:"receipts"`
		}
		if err := wire.UnmarshalLenient(row, &rec, wire.BundleLimits); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		st, env, err := settlement.ParseStatement(rec.Document)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		if rec.Stage != "vouchered" || len(env.Signatures) != 2 {
			return fmt.Errorf("%s: it is %s, signed by %d", key, rec.Stage, len(env.Signatures))
		}
		b.statements[env.ID()] = stated{st, rec.Receipts}
		return nil
	})
}

// readRounds reads the prices that statements use.
func (b *book) readRounds(r store.Reader) error {
	return r.Scan("s/r/", "", func(key string, row []byte) error {
		round, err := oracle.ParseRound(row)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		var prices []int64
		for _, o := range round.Observations {
			prices = append(prices, o.Value)
		}
		slices.Sort(prices)
		if len(prices) != 2 {
			return fmt.Errorf("%s: %d prices", key, len(prices))
		}
		b.rounds[round.ID()] = [2]int64(prices)
		return nil
	})
}

func (w *world) sameStatements(books [2]*book) error {
	if len(books[0].statements) != len(books[1].statements) {
		return fmt.Errorf("acme holds %d statements, globex %d", len(books[0].statements), len(books[1].statements))
	}
	for id := range books[0].statements { // the id is the digest of the bytes
		if _, ok := books[1].statements[id]; !ok {
			return fmt.Errorf("globex lacks statement %s", id)
		}
	}
	return nil
}

// covered checks that what the payee charged is stated exactly once, and returns
// its sum in cents.
func covered(b *book, payee string) (cents uint64, err error) {
	seen := make(map[wire.Digest]bool)
	for id, st := range b.statements {
		if st.Payee.String() != payee {
			continue
		}
		var gross uint64
		for _, r := range st.receipts {
			owed, ok := b.charged[r]
			if !ok || seen[r] {
				return 0, fmt.Errorf("statement %s: receipt %s charged nothing, or is stated twice", id, r)
			}
			seen[r] = true
			gross += owed.cents
		}
		if gross != st.Gross.Units || settlement.ReceiptsRoot(st.receipts) != st.ReceiptsRoot {
			return 0, fmt.Errorf("statement %s: its receipts charged %d cents, it states %d", id, gross, st.Gross.Units)
		}
		cents += gross
	}
	if len(seen) != len(b.charged) {
		return 0, fmt.Errorf("%d receipts charged something, %d are stated", len(b.charged), len(seen))
	}
	return cents, nil
}

// recompute converts a statement's rounds at the mean of the two prices that
// were signed, half to even.
func (w *world) recompute(b *book, st *settlement.Statement) error {
	var net uint64
	for _, t := range st.Rounds {
		prices, ok := b.rounds[t.Round]
		if !ok || !w.rounds[prices] {
			return fmt.Errorf("statement %d of %s uses round %s, which nobody signed", st.Sequence, st.Channel, t.Round)
		}
		num := new(big.Int).Mul(new(big.Int).SetUint64(t.Gross), big.NewInt(10_000*2*100_000_000))
		den := big.NewInt(prices[0] + prices[1])
		units, rest := new(big.Int).QuoRem(num, den, new(big.Int))
		if half := new(big.Int).Lsh(rest, 1).Cmp(den); half > 0 || half == 0 && units.Bit(0) == 1 {
			units.Add(units, big.NewInt(1))
		}
		net += units.Uint64()
	}
	if net != st.Net.Units {
		return fmt.Errorf("statement %d of %s nets %d, its rounds give %d", st.Sequence, st.Channel, st.Net.Units, net)
	}
	return nil
}

// onChain compares the contract and the token with the books.
func (w *world) onChain(ctx context.Context, c *chain, books [2]*book, settled map[wire.Digest]*settlement.Statement) error {
	name := fmt.Sprintf("eip155:%d", c.ChainID())
	var spent, earned [2]uint64
	var held uint64
	for id, st := range settled {
		if st.ChainID != name {
			continue
		}
		payer := 0
		if st.Payer.String() != w.orgs[0].keys.DID {
			payer = 1
		}
		deposited, paid, err := w.channel(ctx, c, id)
		if err != nil {
			return err
		}
		if paid != st.Cumulative { // 6
			return fmt.Errorf("channel %s has paid %d, its statements owe %d", id, paid, st.Cumulative)
		}
		holds, err := books[payer].channels[id].NetDebit()
		if err != nil || holds != deposited-paid { // 6
			return fmt.Errorf("channel %s holds %d, %s's ledger says %d (%v)", id, deposited-paid, w.orgs[payer].name, holds, err)
		}
		spent[payer] += deposited
		earned[1-payer] += paid
		held += deposited - paid
	}
	for i, o := range w.orgs { // 7
		has, err := w.tokens(ctx, c, common.HexToAddress(o.keys.Settlement))
		if err != nil {
			return err
		}
		if want := given - spent[i] + earned[i]; has != want {
			return fmt.Errorf("%s has %d tokens, the books say %d", o.name, has, want)
		}
	}
	has, err := w.tokens(ctx, c, c.Channel())
	if err == nil && has != held { // 7
		err = fmt.Errorf("the contract has %d tokens, its channels hold %d", has, held)
	}
	return err
}

func (w *world) channel(ctx context.Context, c *chain, id wire.Digest) (deposited, settled uint64, err error) {
	abi, at := channel.NewChioChannel(), c.Channel()
	out, err := c.Client().CallContract(ctx, ethereum.CallMsg{To: &at, Data: abi.PackChannels(id)}, nil)
	if err != nil {
		return 0, 0, err
	}
	s, err := abi.UnpackChannels(out)
	if err != nil {
		return 0, 0, err
	}
	return s.Deposited.Uint64(), s.Settled.Uint64(), nil
}

func (w *world) tokens(ctx context.Context, c *chain, of common.Address) (uint64, error) {
	abi, at := devusdc.NewDevUSDC(), c.Token()
	out, err := c.Client().CallContract(ctx, ethereum.CallMsg{To: &at, Data: abi.PackBalanceOf(of)}, nil)
	if err != nil {
		return 0, err
	}
	n, err := abi.UnpackBalanceOf(out)
	if err != nil {
		return 0, err
	}
	return n.Uint64(), nil
}
