package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/cmd/chio-node/offline"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) settleShowCmd() *cobra.Command {
	var out string
	c := &cobra.Command{Use: "show STATEMENT", Short: "everything a statement rests on, as a file that anybody can verify",
		Long: "STATEMENT is an id that settle status shows. The file holds the statement, the ids of its receipts, its prices, its\n" +
			"voucher and the transaction that paid it, as far as this node knows them: for chio-node settle verify.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := wire.ParseDigest(args[0])
			if err != nil {
				return usageProblem("statement: "+err.Error(), "chio-node settle status lists the ids")
			}
			var res node.SettlementEvidence
			if err := a.call(cmd.Context(), "settle/evidence", node.SettlementEvidenceRequest{Statement: id}, &res); err != nil {
				return err
			}
			if out != "" {
				if err := writeFile(out, res.Evidence); err != nil {
					return err
				}
			}
			return a.print(res, func(w io.Writer) {
				if out == "" {
					fmt.Fprintf(w, "%s\n", res.Evidence)
				} else {
					fmt.Fprintln(w, out)
				}
			})
		}}
	c.Flags().StringVar(&out, "out", "", "file to write")
	return c
}

// anchorFlags name the chain that says whether a statement was paid.
type anchorFlags struct {
	rpc                    []string // every one is asked, and must say the same
	token, channel         string
	chainID, confirmations uint64
	offline                bool
}

// anchored is where a payment stands, as the chain says.
type anchored struct {
	State   string       `json:"state"` // unanchored | unvouchered | unpaid | covered | mined | final
	Settled uint64       `json:"settled,omitzero"`
	Payment *evm.Payment `json:"payment,omitempty"`
}

// settleVerdict is what settle verify prints.
type settleVerdict struct {
	offline.Finding
	Chain anchored `json:"chain"`

	seen []settlement.SettlementReceipt // what the two say of the payment; in Detail
}

func (a *app) settleVerifyCmd() *cobra.Command {
	var f verifyFlags
	var chain anchorFlags
	var receipts string
	c := &cobra.Command{Use: "verify FILE", Short: "verify a settlement, from its file and the chain",
		Long: "FILE is what settle show wrote, at either organisation. Signatures, sums, the receipts' root, conversions and voucher\n" +
			"are checked offline; --receipts holds the statement against the receipts themselves. Then the chain is asked for the\n" +
			"redemption of exactly this statement, through endpoints of your own: --rpc, or the chain of that id in this home's\n" +
			"config. Several must agree (--rpc again, or rpcs in the config). Without any, the state is unanchored.\n" +
			"Exit 0: it holds, and is paid if a chain was asked (mined, final, or covered by a later voucher).\n" +
			"Exit 1: it holds and is not paid, or the chain could not be asked. Exit 4: it does not hold, the chain contradicts\n" +
			"it, or with --trust the signers are not trusted.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.settleVerify(cmd, f, chain, args[0], receipts) }}
	f.trustFlag(c)
	fl := c.Flags()
	fl.StringSliceVar(&f.operators, "operators", nil, "0x… addresses of the oracle operators that count (default: those that signed)")
	fl.StringVar(&receipts, "receipts", "", "bundle that holds the receipts (chio-node receipt export at the payee); needs --trust")
	fl.StringSliceVar(&chain.rpc, "rpc", nil, "endpoint to ask; may be repeated: then all must agree")
	fl.Uint64Var(&chain.chainID, "chain-id", 0, "the chain it must serve")
	fl.StringVar(&chain.token, "token", "", "0x… the token that counts")
	fl.StringVar(&chain.channel, "channel", "", "0x… the ChioChannel contract that counts")
	fl.Uint64Var(&chain.confirmations, "confirmations", 0, "blocks after which a payment is final before the chain says so")
	fl.BoolVar(&chain.offline, "offline", false, "ask no chain, whatever the config says")
	c.MarkFlagsRequiredTogether("rpc", "chain-id", "token", "channel")
	c.MarkFlagsMutuallyExclusive("rpc", "offline")
	return c
}

func (a *app) settleVerify(cmd *cobra.Command, f verifyFlags, chain anchorFlags, path, receipts string) error {
	o, err := a.believed(f)
	if err != nil {
		return err
	}
	doc, err := a.read(path)
	if err != nil {
		return err
	}
	var bundle []byte
	if receipts != "" {
		if o.Trust == nil {
			return usageProblem(offline.ErrTrust.Error(), "chio-node receipt export writes a trust set beside the bundle")
		}
		if bundle, err = a.read(receipts); err != nil {
			return err
		}
	}
	found, proven := offline.Settlement(path, doc, bundle, o)
	v := settleVerdict{Finding: *found, Chain: anchored{State: "unanchored"}}
	if proven != nil {
		v.seen = proven.Payments
	}
	code := 0
	switch {
	case !v.Valid:
		code = node.ExitUnverifiable
	case o.Trust != nil && v.SignerTrusted != nil && !*v.SignerTrusted:
		code = node.ExitUnverifiable
	default:
		if code, err = a.anchor(cmd.Context(), &v, chain, proven); err != nil {
			return err
		}
	}
	if err := a.print(v, func(w io.Writer) { a.showSettleVerdict(w, &v) }); err != nil {
		return err
	}
	if code != 0 {
		return exit(code)
	}
	return nil
}

// anchor asks the chain, if there is one to ask, and returns the exit code.
func (a *app) anchor(ctx context.Context, v *settleVerdict, f anchorFlags, p *settlement.Proven) (int, error) {
	configs, token, err := a.chainToAsk(f, p.Statement.ChainID)
	if err != nil || len(configs) == 0 {
		return 0, err
	}
	config := configs[0]
	if p.Note != nil {
		return 0, nil // the token is not asked: see what the two have seen
	}
	if p.Voucher == nil {
		v.Chain.State = "unvouchered"
		return node.ExitFailure, nil
	}
	contradicted := func(format string, args ...any) (int, error) {
		v.Valid, v.Code, v.Reason = false, offline.CodeVoucher, fmt.Sprintf(format, args...)
		return node.ExitUnverifiable, nil
	}
	switch {
	case p.Voucher.ChainID != fmt.Sprintf("eip155:%d", config.ChainID):
		return contradicted("the voucher is for %s, the chain asked is eip155:%d", p.Voucher.ChainID, config.ChainID)
	case p.Voucher.Contract != config.Channel.String():
		return contradicted("the voucher is for contract %s, the one that counts is %s", p.Voucher.Contract, config.Channel)
	case p.Voucher.Token != token.String():
		return contradicted("the voucher pays in token %s, the one that counts is %s", p.Voucher.Token, token)
	}
	for i := range configs {
		says, err := observed(ctx, &configs[i], p)
		if err != nil {
			return 0, observeProblem(fmt.Errorf("endpoint %d: %w", i+1, err))
		}
		if i == 0 {
			v.Chain = *says
		} else if err := v.Chain.agree(says, i+1); err != nil {
			return 0, observeProblem(err)
		}
	}
	if pay := v.Chain.Payment; pay != nil && pay.Cumulative != p.Statement.Cumulative {
		return contradicted("the chain has paid %d for this statement, it states %d", pay.Cumulative, p.Statement.Cumulative)
	}
	if v.Chain.State == "unpaid" {
		return node.ExitFailure, nil
	}
	return 0, nil
}

// observed is what one endpoint says of the payment of a statement.
func observed(ctx context.Context, config *evm.ObserverConfig, p *settlement.Proven) (*anchored, error) {
	o, err := evm.Observe(ctx, *config)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	says := &anchored{State: "unpaid"}
	if says.Payment, err = o.Payment(ctx, p.Voucher.Channel, p.ID, p.Evidence.Tx, p.Statement.Period.From); err != nil {
		return nil, err
	}
	if says.Settled, err = o.Settled(ctx, p.Voucher.Channel); err != nil {
		return nil, err
	}
	switch pay := says.Payment; {
	case pay != nil && pay.Final:
		says.State = "final"
	case pay != nil:
		says.State = "mined"
	case says.Settled >= p.Statement.Cumulative:
		says.State = "covered"
	}
	return says, nil
}

// agree takes the more careful of two answers. They may be of different heads,
// so one may call final what the other calls mined; anything else that differs
// is a lie or a lag, and which is not known.
func (a *anchored) agree(other *anchored, n int) error {
	x, y := a.Payment, other.Payment
	same := x == nil && y == nil && a.State == other.State ||
		x != nil && y != nil && x.Tx == y.Tx && x.BlockHash == y.BlockHash && x.Cumulative == y.Cumulative && x.Paid == y.Paid
	if !same {
		return fmt.Errorf("%w: endpoint 1 says %s and %d settled, endpoint %d %s and %d; nothing is decided until they agree", evm.ErrDisagree, a.State, a.Settled, n, other.State, other.Settled)
	}
	if x != nil && !y.Final {
		a.State, a.Payment = other.State, y
	}
	a.Settled = min(a.Settled, other.Settled)
	return nil
}

func observeProblem(err error) error {
	p := &node.Problem{Code: "CHIO-CHAIN", Message: err.Error(), Hint: "is the rpc endpoint up, and of the right chain?", Exit: node.ExitFailure}
	if errors.Is(err, evm.ErrWrongChain) || errors.Is(err, evm.ErrWrongContract) {
		p.Code, p.Hint = "CHIO-CHAIN-ID", "correct --rpc, --chain-id and --channel, or the chain in the config"
	}
	if errors.Is(err, evm.ErrDisagree) {
		p.Code, p.Hint = "CHIO-CHAIN-DISAGREE", "ask again later; if they still differ, find out which endpoint is wrong"
	}
	return p
}

// chainToAsk is the chain that the flags name, or the one of a statement's id in
// the config of this home, or none: one entry for each endpoint.
func (a *app) chainToAsk(f anchorFlags, caip string) ([]evm.ObserverConfig, evm.Address, error) {
	c := node.ChainConfig{ChainID: f.chainID, Token: f.token, Channel: f.channel, Confirmations: f.confirmations}
	if len(f.rpc) > 0 {
		c.RPC, c.RPCs = f.rpc[0], f.rpc[1:]
	} else {
		have, err := a.configuredChain(caip)
		if err != nil || have == nil || f.offline {
			return nil, evm.Address{}, err
		}
		c = *have
	}
	config := evm.ObserverConfig{ChainID: c.ChainID, Confirmations: c.Confirmations}
	token, err := evm.ParseAddress(strings.ToLower(c.Token))
	if err == nil {
		config.Channel, err = evm.ParseAddress(strings.ToLower(c.Channel))
	}
	if err != nil {
		return nil, token, usageProblem(err.Error(), "addresses are 0x and 40 hex digits")
	}
	var all []evm.ObserverConfig
	for _, config.RPC = range append([]string{c.RPC}, c.RPCs...) {
		all = append(all, config)
	}
	return all, token, nil
}

func (a *app) configuredChain(caip string) (*node.ChainConfig, error) {
	doc, err := os.ReadFile(filepath.Join(a.home, "chio-node.yaml"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	cfg, err := node.ParseConfig(doc)
	if err != nil {
		return nil, err
	}
	for i := range cfg.Chains {
		if fmt.Sprintf("eip155:%d", cfg.Chains[i].ChainID) == caip {
			return &cfg.Chains[i], nil
		}
	}
	return nil, nil
}

func (a *app) showSettleVerdict(w io.Writer, v *settleVerdict) {
	a.showFinding(w, &v.Finding)
	fmt.Fprintf(w, "payment: %s\n", v.Chain.State)
	for i := range v.seen {
		r := &v.seen[i]
		fmt.Fprintf(w, "  seen by %s: %s, %d of %d %s by %s, %s\n", r.Observer, r.State, r.Settled, r.Net.Units, r.Net.Currency, r.Rail, r.Reference)
	}
	if p := v.Chain.Payment; p != nil {
		fmt.Fprintf(w, "  tx 0x%s in block %d, %d confirmation(s), %d units\n", p.Tx, p.Block, p.Confirmations, p.Paid)
	}
}
