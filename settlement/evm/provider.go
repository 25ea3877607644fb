package evm

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"sync"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/rpc"
)

// ErrDisagree: two providers say different things about money; nothing was
// decided.
var ErrDisagree = errors.New("chain endpoints disagree")

// behindBlocks is how far behind the best head a provider may be and still be
// asked before the others.
const behindBlocks = 10

// provider is one endpoint of the chain.
type provider struct {
	n      int // position in the configuration, from 1, to be named by
	client *ethclient.Client

	mu    sync.Mutex // guards what is known of it
	state providerState
	head  uint64 // when last asked
}

type providerState int

const (
	unproven providerState = iota // its chain id is to be asked for before it is used
	proven                        // it serves the configured chain
	foreign                       // it serves another chain
)

func (p *provider) set(s providerState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = s
}

func (p *provider) get() (providerState, uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state, p.head
}

// prove asks a provider what chain it serves, and how far it has come.
func (c *Chain) prove(ctx context.Context, p *provider) error {
	ctx, cancel := context.WithTimeout(ctx, c.config.RequestTimeout)
	defer cancel()
	id, err := p.client.ChainID(ctx)
	if err != nil {
		p.set(unproven)
		return c.unavailable(fmt.Sprintf("asking endpoint %d for the chain id", p.n), err)
	}
	if !id.IsUint64() || id.Uint64() != c.config.ChainID {
		p.set(foreign)
		return fmt.Errorf("%w: endpoint %d of %s serves chain id %s, the configuration says %d; fix chain_id or rpc", ErrWrongChain, p.n, c.config.Name, id, c.config.ChainID)
	}
	head, err := p.client.BlockNumber(ctx)
	if err != nil {
		p.set(unproven)
		return c.unavailable(fmt.Sprintf("asking endpoint %d for its head", p.n), err)
	}
	p.mu.Lock()
	p.state, p.head = proven, head
	p.mu.Unlock()
	return nil
}

// survey proves every provider anew and puts those that lag behind the best
// head last. It fails only if none can be used: ErrWrongChain if each that
// answers serves another chain.
func (c *Chain) survey(ctx context.Context) error {
	errs := make([]error, len(c.providers))
	var group sync.WaitGroup
	for i, p := range c.providers {
		group.Go(func() { errs[i] = c.prove(ctx, p) })
	}
	group.Wait()
	var best uint64
	usable, wrong := false, error(nil)
	for i, p := range c.providers {
		if errs[i] == nil {
			usable = true
			_, head := p.get()
			best = max(best, head)
		} else if errors.Is(errs[i], ErrWrongChain) {
			wrong = errs[i]
		}
	}
	if !usable {
		if wrong != nil {
			return wrong
		}
		return errors.Join(errs...)
	}
	var good, rest []*provider
	for _, p := range c.providers {
		if s, head := p.get(); s == proven && head+behindBlocks >= best {
			good = append(good, p)
		} else {
			rest = append(rest, p)
		}
	}
	c.setOrder(append(good, rest...))
	return nil
}

func (c *Chain) setOrder(order []*provider) {
	c.orderMu.Lock()
	defer c.orderMu.Unlock()
	c.order = order
}

// demote makes a provider that failed the last to be asked, until survey has
// proved it again: otherwise each question would wait for it.
func (c *Chain) demote(p *provider) {
	p.set(unproven)
	c.orderMu.Lock()
	defer c.orderMu.Unlock()
	c.order = append(slices.DeleteFunc(c.order, func(o *provider) bool { return o == p }), p)
}

// proven lists the providers known to serve the chain, in the order to ask.
func (c *Chain) proven() []*provider {
	return slices.DeleteFunc(c.ranked(), func(p *provider) bool { s, _ := p.get(); return s != proven })
}

// ranked lists the providers in the order to ask them.
func (c *Chain) ranked() []*provider {
	c.orderMu.Lock()
	defer c.orderMu.Unlock()
	return slices.Clone(c.order)
}

// pinnedKey holds the one provider that may be asked under a context.
type pinnedKey struct{}

// pinned makes every question under the context go to one provider.
func pinned(ctx context.Context, p *provider) context.Context {
	return context.WithValue(ctx, pinnedKey{}, p)
}

// ask puts a question to the providers in their order until one answers. A
// refusal is an answer; silence, a broken answer or another chain is not.
func ask[T any](ctx context.Context, c *Chain, question func(context.Context, *ethclient.Client) (T, error)) (T, error) {
	var zero T
	order := c.ranked()
	if p, ok := ctx.Value(pinnedKey{}).(*provider); ok {
		order = []*provider{p}
	}
	var last error
	for _, p := range order {
		if state, _ := p.get(); state != proven {
			if err := c.prove(ctx, p); err != nil {
				last = err
				continue
			}
		}
		v, err := askOne(ctx, c, p, question)
		if err == nil || isAnswer(err) {
			return v, err
		}
		if ctx.Err() != nil {
			return zero, err
		}
		c.demote(p)
		last = err
	}
	return zero, last
}

func askOne[T any](ctx context.Context, c *Chain, p *provider, question func(context.Context, *ethclient.Client) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.RequestTimeout)
	defer cancel()
	return question(ctx, p.client)
}

// The codes with which endpoints say that they cannot answer now: rate limits
// and internal errors. geth also reports a reverted call with 3 and refused
// transactions with -32000, which are answers.
const (
	codeLimit    = -32005
	codeInternal = -32603
)

func isAnswer(err error) bool {
	var refusal rpc.Error
	if errors.As(err, &refusal) {
		return refusal.ErrorCode() != codeLimit && refusal.ErrorCode() != codeInternal
	}
	return errors.Is(err, ethereum.NotFound)
}

// sendToAll broadcasts to every provider of the chain at once. It succeeds if
// one takes the transaction; otherwise the error is the first of those that
// answered, or of those that did not.
func (c *Chain) sendToAll(ctx context.Context, tx *types.Transaction) error {
	order := c.ranked()
	if proven := c.proven(); len(proven) > 0 {
		order = proven // what failed lately gets it with the next Track
	}
	errs := make([]error, len(order))
	var group sync.WaitGroup
	for i, p := range order {
		group.Go(func() {
			if state, _ := p.get(); state != proven {
				if errs[i] = c.prove(ctx, p); errs[i] != nil {
					return
				}
			}
			_, errs[i] = askOne(ctx, c, p, func(ctx context.Context, client *ethclient.Client) (struct{}, error) {
				return struct{}{}, client.SendTransaction(ctx, tx)
			})
			if errs[i] != nil && !isAnswer(errs[i]) {
				c.demote(p)
			}
		})
	}
	group.Wait()
	var first error
	for _, err := range errs {
		if err == nil {
			return nil
		}
		if first == nil || isAnswer(err) && !isAnswer(first) {
			first = err
		}
	}
	return first
}

// jurors are the two providers that decide about an amount, or one if the
// amount is not above the configured bound. ErrUnavailable if two are needed
// and fewer serve the chain.
func (c *Chain) jurors(amount uint64) ([]*provider, error) {
	want := 1
	if len(c.providers) > 1 && amount > c.config.AgreeAbove {
		want = 2
	}
	out := c.proven()
	if len(out) < want {
		return nil, fmt.Errorf("%w: %s: %d of %d endpoints answer for the chain, %d must agree on amounts above %d; bring another up", ErrUnavailable, c.config.Name, len(out), len(c.providers), want, c.config.AgreeAbove)
	}
	return out[:want], nil
}

// The questions that go to one provider after the other.

func (c *Chain) rawCall(ctx context.Context, into any, method string, args ...any) error {
	_, err := ask(ctx, c, func(ctx context.Context, client *ethclient.Client) (struct{}, error) {
		return struct{}{}, client.Client().CallContext(ctx, into, method, args...)
	})
	return err
}

func (c *Chain) callAt(ctx context.Context, msg ethereum.CallMsg, at block) ([]byte, error) {
	return ask(ctx, c, func(ctx context.Context, client *ethclient.Client) ([]byte, error) {
		return client.CallContractAtHash(ctx, msg, at.Hash)
	})
}

func (c *Chain) quantity(ctx context.Context, method string, args ...any) (*big.Int, error) {
	var n hexutil.Big
	err := c.rawCall(ctx, &n, method, args...)
	return n.ToInt(), err
}
