package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"slices"
	"sync"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// contractDesk makes functions of contracts tools. What a call may take is held
// of the agent's budget before anything is signed; what it took is what the
// token moved in its transaction.
type contractDesk struct {
	n *Node

	mu      sync.Mutex // guards callers, each made when its chain first answers
	callers callersByChain
}

const (
	// contractTimeout bounds one call, with the wait for its block.
	contractTimeout = 2 * time.Minute
	// continueContractsEvery is how often calls that are not over are looked at.
	continueContractsEvery = 5 * time.Second
)

// callersByChain has one caller for a chain id.
type callersByChain map[uint64]*evm.Caller

// contractServer is one tool server of contract tools.
type contractServer struct {
	desk  *contractDesk
	tools map[string]*contractTool
}

// attach makes the configured functions tools, by server.
func (d *contractDesk) attach() error {
	servers := map[string]*toolServer{}
	for i := range d.n.cfg.ContractTools {
		t, err := d.n.cfg.contractTool(&d.n.cfg.ContractTools[i])
		if err != nil {
			return err
		}
		s := servers[t.config.Server]
		if s == nil {
			s = &toolServer{name: t.config.Server, tools: &contractServer{desk: d, tools: map[string]*contractTool{}}, prices: make(prices),
				metered: map[string]bool{}, confinement: "none: it runs in this process, and calls the contracts of contract_tools"}
			servers[t.config.Server] = s
		}
		s.tools.(*contractServer).tools[t.config.Tool] = t
		if t.most > 0 {
			s.prices[t.config.Tool], s.metered[t.config.Tool] = wire.MonetaryAmount{Units: t.most, Currency: x402Currency}, true
		}
	}
	for _, s := range servers {
		if _, err := d.n.tools.attach(s); err != nil {
			return err
		}
	}
	return nil
}

func (s *contractServer) callable(_ context.Context, tool string) error {
	if s.tools[tool] == nil {
		return fmt.Errorf("no contract tool %.80q", tool)
	}
	return nil
}

func (s *contractServer) names() (names []string) {
	for name := range s.tools {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Contracted is the result of a call of a contract. Status is executed,
// reverted or, of a view, read. Of the transaction it names what anyone can look
// up; amounts are minor units of the chain's token.
type Contracted struct {
	Rail      string         `json:"rail"`
	Network   string         `json:"network"`
	Contract  string         `json:"contract"`
	Function  string         `json:"function"`
	Status    string         `json:"status"`
	Tx        string         `json:"tx,omitempty"`
	Block     uint64         `json:"block"`
	BlockHash string         `json:"block_hash,omitempty"` // of a view
	Allowed   uint64         `json:"allowed_minor"`
	Spent     uint64         `json:"spent_minor"`
	Reason    string         `json:"reason,omitempty"` // of a revert, in the contract's words
	Returns   map[string]any `json:"returns,omitempty"`
	Events    []evm.Event    `json:"events,omitempty"`
}

// call makes the call. Money decides the outcome:
//
//	nothing signed     the call did not run and is free
//	in a block         it costs what the token moved; nothing if it reverted
//	signed, no block   incomplete: the hold stays spent
func (s *contractServer) call(ctx context.Context, m *kernel.Mandate) (kernel.Result, error) {
	t := s.tools[m.Tool]
	if t == nil {
		return kernel.Result{}, fmt.Errorf("%w: no contract tool %.80q", kernel.ErrNotDispatched, m.Tool)
	}
	ctx, cancel := context.WithTimeout(ctx, contractTimeout)
	defer cancel()
	data, err := t.function.Encode(m.Arguments)
	if err != nil {
		return kernel.Result{}, fmt.Errorf("%w: %w", kernel.ErrNotDispatched, err)
	}
	caller, err := s.desk.caller(ctx, t.chain)
	if err != nil {
		return kernel.Result{}, fmt.Errorf("%w: %w", kernel.ErrNotDispatched, err)
	}
	out := &Contracted{Rail: "evm", Network: fmt.Sprintf("eip155:%d", t.chain.ChainID), Contract: t.to.String(), Function: t.function.Name}
	if t.config.View {
		return t.view(ctx, caller, data, out)
	}
	if out.Allowed, err = t.allowance(m.Arguments); err != nil {
		return kernel.Result{}, fmt.Errorf("%w: %w", kernel.ErrNotDispatched, err)
	}
	rec, err := caller.Execute(ctx, evm.ContractCall{ID: m.CallID, To: t.to, Data: data, Spends: out.Allowed, GasMax: t.config.GasMax})
	switch {
	case errors.Is(err, evm.ErrUnsettled):
		return kernel.Result{}, err
	case errors.Is(err, evm.ErrSigner):
		s.desk.n.log.Error("no contract is called: the settlement key is not at hand", slog.Any("error", err))
		return kernel.Result{}, fmt.Errorf("%w: the node's settlement key is not at hand", kernel.ErrNotDispatched)
	case err != nil:
		return kernel.Result{}, fmt.Errorf("%w: %w", kernel.ErrNotDispatched, err)
	}
	out.Status, out.Tx, out.Block, out.Spent, out.Reason = "executed", hexOf(rec.Tx), rec.Block, rec.Spent, rec.Reason
	if rec.Reverted {
		out.Status = "reverted"
	}
	if out.Events, err = caller.Events(ctx, rec, t.events); err != nil {
		s.desk.n.log.Warn("the events of a contract call could not be read", slog.String("call", m.CallID), slog.Any("error", err))
	}
	res := kernel.Result{IsError: rec.Reverted}
	if t.most > 0 {
		res.Cost = &wire.MonetaryAmount{Units: rec.Spent, Currency: x402Currency}
	}
	res.Content, err = wire.Marshal(out)
	return res, err
}

func (t *contractTool) view(ctx context.Context, caller *evm.Caller, data []byte, out *Contracted) (kernel.Result, error) {
	values, at, err := caller.Chain.View(ctx, t.to, t.function, data)
	var revert *evm.RevertError
	switch {
	case errors.As(err, &revert):
		out.Status, out.Reason = "reverted", revert.Reason
	case err != nil:
		return kernel.Result{}, fmt.Errorf("%w: %w", kernel.ErrNotDispatched, err)
	default:
		out.Status, out.Returns = "read", values
	}
	out.Block, out.BlockHash = at.Number, hexOf(at.Hash)
	content, err := wire.Marshal(out)
	return kernel.Result{Content: content, IsError: revert != nil}, err
}

// allowance is what one call may take.
func (t *contractTool) allowance(args wire.Raw) (uint64, error) {
	if t.config.Spends.Argument == "" {
		return t.most, nil
	}
	units, err := t.function.Amount(t.config.Spends.Argument, args)
	if err == nil && units > t.most {
		err = fmt.Errorf("%w: %s is %d, at most %d is held", evm.ErrArguments, t.config.Spends.Argument, units, t.most)
	}
	return units, err
}

// caller is the one caller of a chain.
func (d *contractDesk) caller(ctx context.Context, c *ChainConfig) (*evm.Caller, error) {
	chain, err := d.n.money.dial(ctx, c)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.callers[c.ChainID] == nil {
		d.callers[c.ChainID] = evm.NewCaller(chain, x402Currency)
	}
	return d.callers[c.ChainID], nil
}

// loops looks after calls that are not over: of a process that died, of a chain
// that did not answer, and of blocks that are not final.
func (d *contractDesk) loops() {
	if len(d.n.cfg.Chains) > 0 {
		d.n.every("continue contract calls", continueContractsEvery, nil, d.bring)
	}
}

// bring leaves the chains alone while nothing is open.
func (d *contractDesk) bring(ctx context.Context) error {
	open, err := evm.OpenCalls(d.n.db)
	if err != nil || !open {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, watchTimeout)
	defer cancel()
	var failed []error
	for i := range d.n.cfg.Chains {
		caller, err := d.caller(ctx, &d.n.cfg.Chains[i])
		if err == nil {
			err = caller.Continue(ctx)
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// ContractTool is one configured function. Schema is the JSON schema of its
// arguments.
type ContractTool struct {
	Server      string   `json:"server"`
	Tool        string   `json:"tool"`
	Network     string   `json:"network"`
	Contract    string   `json:"contract"`
	Function    string   `json:"function"`
	View        bool     `json:"view"`
	MaxPrice    string   `json:"max_price,omitempty"`
	Description string   `json:"description,omitempty"`
	Schema      wire.Raw `json:"schema"`
}

// ContractTools answers "contract/tools".
type ContractTools struct {
	Tools []ContractTool `json:"tools"`
}

func (n *Node) listContractTools(context.Context, Empty) (*ContractTools, error) {
	out := &ContractTools{Tools: []ContractTool{}}
	for i := range n.cfg.ContractTools {
		t, err := n.cfg.contractTool(&n.cfg.ContractTools[i])
		if err != nil {
			return nil, err
		}
		out.Tools = append(out.Tools, ContractTool{Server: t.config.Server, Tool: t.config.Tool, Network: fmt.Sprintf("eip155:%d", t.chain.ChainID),
			Contract: t.to.String(), Function: t.config.Function, View: t.config.View, MaxPrice: t.config.Spends.Max,
			Description: t.config.Description, Schema: t.function.Schema()})
	}
	return out, nil
}

// ContractCallInfo is one call of a contract. Row names it.
type ContractCallInfo struct {
	Row string `json:"row"`
	evm.CallRecord
}

// ContractCalls answers "contract/calls". Next goes on after the page; it is
// absent at the end.
type ContractCalls struct {
	Calls []ContractCallInfo `json:"calls"`
	Next  string             `json:"next,omitempty"`
}

func (n *Node) listContractCalls(_ context.Context, req ListX402) (*ContractCalls, error) {
	limit := req.Limit
	if limit <= 0 || limit > MaxX402Page {
		limit = MaxX402Page
	}
	out := &ContractCalls{Calls: []ContractCallInfo{}}
	err := n.db.View(func(r store.Reader) error {
		return evm.Calls(r, req.After, func(row string, rec *evm.CallRecord) error {
			if len(out.Calls) == limit {
				out.Next = out.Calls[limit-1].Row
				return store.ErrStop
			}
			out.Calls = append(out.Calls, ContractCallInfo{Row: row, CallRecord: *rec})
			return nil
		})
	})
	return out, err
}

// measureGas writes what transactions cost, in gwei: a counter of wei would not
// fit the numbers of who reads it.
func (n *Node) measureGas(e *exposition) error {
	e.family("chio_gas_spent_gwei_total", kindCounter, "Paid for final transactions of the settlement account, in gwei of the chain's coin.")
	return n.db.View(func(r store.Reader) error {
		for i := range n.cfg.Chains {
			wei, err := evm.GasSpent(r, n.cfg.Chains[i].ChainID, n.money.key.Address())
			if err != nil {
				return err
			}
			gwei := wei.Quo(wei, big.NewInt(1e9))
			if !gwei.IsInt64() {
				return fmt.Errorf("gas spent on %s: %s gwei", n.cfg.Chains[i].Name, gwei)
			}
			e.sample("chio_gas_spent_gwei_total", gwei.Int64(), "chain", n.cfg.Chains[i].Name)
		}
		return nil
	})
}
