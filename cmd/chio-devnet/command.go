package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/contracts/devnet"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/wire"
)

// errUsage: the command line is wrong.
var errUsage = errors.New("usage")

// maxBlockMillis bounds --block-ms: an hour.
const maxBlockMillis = 3_600_000

// options are the flags.
type options struct {
	listen  string
	chainID uint64
	blockMS uint64
	fund    []string
	usdc    uint64
	json    bool
}

// clock makes the ticks on which blocks are made.
type clock func(every time.Duration) (ticks <-chan time.Time, stop func())

func newCommand(ticks clock) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "chio-devnet",
		Short: "Run a development chain with USDC and the payment channel contract",
		Example: "  chio-devnet --fund 0x1111111111111111111111111111111111111111\n" +
			"  chio-devnet --listen 127.0.0.1:0 --json",
		Args:          usageArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serve(cmd.Context(), o, ticks, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fmt.Errorf("%w: %w", errUsage, err) })
	flags := cmd.Flags()
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8545", "loopback address of the JSON-RPC server; port 0 picks a free one")
	flags.Uint64Var(&o.chainID, "chain-id", devnet.DefaultChainID, "chain id")
	flags.Uint64Var(&o.blockMS, "block-ms", 500, "milliseconds between looks for transactions to mine")
	flags.StringArrayVar(&o.fund, "fund", nil, "address to give 10 coins for gas, and USDC; may be repeated")
	flags.Uint64Var(&o.usdc, "fund-usdc", 1000, "whole USDC for each funded address")
	flags.BoolVar(&o.json, "json", false, "print one JSON line when ready")
	return cmd
}

func usageArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%w: unexpected argument %q", errUsage, args[0])
	}
	return nil
}

// serve runs the chain until the context ends.
func serve(ctx context.Context, o options, ticks clock, out, errOut io.Writer) error {
	accounts, err := o.accounts()
	if err != nil {
		return err
	}
	if o.blockMS == 0 || o.blockMS > maxBlockMillis {
		return fmt.Errorf("%w: --block-ms %d is outside 1 … %d", errUsage, o.blockMS, maxBlockMillis)
	}
	ticking, stopTicks := ticks(time.Duration(o.blockMS) * time.Millisecond)
	defer stopTicks()
	chain, err := devnet.Start(ctx, devnet.Config{ChainID: o.chainID, Listen: o.listen, Ticks: ticking})
	if err != nil {
		return fmt.Errorf("starting the chain: %w", err)
	}
	if err := run(ctx, chain, o, accounts, out); err != nil {
		return errors.Join(err, chain.Stop())
	}
	fmt.Fprintln(errOut, "chio-devnet: stopping; a second interrupt ends at once")
	return chain.Stop()
}

func run(ctx context.Context, chain *devnet.Chain, o options, accounts []evm.Address, out io.Writer) error {
	for _, a := range accounts {
		if err := chain.Fund(ctx, common.Address(a), o.usdc*1_000_000); err != nil {
			return err
		}
	}
	if err := announce(chain, o, accounts, out); err != nil {
		return fmt.Errorf("printing the ready line: %w", err)
	}
	<-ctx.Done()
	return nil
}

// maxFundUSDC keeps the amount within the token's supply.
const maxFundUSDC = 1_000_000_000

func (o *options) accounts() ([]evm.Address, error) {
	if o.usdc > maxFundUSDC {
		return nil, fmt.Errorf("%w: --fund-usdc %d is above %d", errUsage, o.usdc, maxFundUSDC)
	}
	var accounts []evm.Address
	for _, text := range o.fund {
		a, err := evm.ParseAddress(text)
		if err != nil {
			return nil, fmt.Errorf("%w: --fund: %w", errUsage, err)
		}
		accounts = append(accounts, a)
	}
	return accounts, nil
}

// ready is the JSON ready line.
type ready struct {
	ChainID uint64        `json:"chain_id"`
	RPC     string        `json:"rpc"`
	Token   evm.Address   `json:"token"`
	Channel evm.Address   `json:"channel"`
	Funded  []evm.Address `json:"funded"`
}

// announce prints the ready line, and for people the entry for a node's
// configuration.
func announce(chain *devnet.Chain, o options, accounts []evm.Address, out io.Writer) error {
	r := ready{ChainID: chain.ChainID(), RPC: chain.RPC(), Token: evm.Address(chain.Token()), Channel: evm.Address(chain.Channel()), Funded: accounts}
	if o.json {
		line, err := wire.Marshal(r)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%s\n", line)
		return err
	}
	if _, err := fmt.Fprintf(out, "chio-devnet ready: chain %d at %s\n", r.ChainID, r.RPC); err != nil {
		return err
	}
	for _, a := range accounts {
		if _, err := fmt.Fprintf(out, "funded %s with 10 coins and %d USDC\n", a, o.usdc); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, snippet, r.ChainID, r.RPC, r.Token, r.Channel)
	return err
}

// snippet is the chains entry of a node's configuration file.
const snippet = `
chains:
  - name: devnet
    chain_id: %d
    rpc: %s
    token: "%s"
    channel: "%s"
    confirmations: 1
    max_fee_gwei: 100
`
