package evm

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/backbay-labs/chio-node/contracts/bindings/channel"
	"github.com/backbay-labs/chio-node/wire"
)

// logPage is how many blocks one question for events spans: what public
// endpoints answer.
const logPage = 2000

// ObserverConfig names a chain and the contract on it. The endpoint may carry a
// secret and appears in no error.
type ObserverConfig struct {
	ChainID uint64
	RPC     string
	Channel Address
	// Confirmations is the number of blocks, its own included, after which a
	// payment counts as final even if the finalized tag has not reached it; 0
	// relies on the tag alone.
	Confirmations uint64
}

// Observer reads the payments of a channel contract with neither key nor store,
// for whoever checks a statement from public data.
type Observer struct {
	config  ObserverConfig
	client  *ethclient.Client
	binding *channel.ChioChannel
}

// Payment is a redemption in a block of the canonical chain. Amounts are token
// units.
type Payment struct {
	Tx            wire.Digest `json:"tx"`
	Block         uint64      `json:"block"`
	BlockHash     wire.Digest `json:"block_hash"`
	Cumulative    uint64      `json:"cumulative"` // paid by the channel in total afterwards
	Paid          uint64      `json:"paid"`       // by this transaction
	Confirmations uint64      `json:"confirmations"`
	Final         bool        `json:"final"`
}

// Observe connects and refuses to go on unless the endpoint serves the chain
// and the contract there has the code of a ChioChannel and signs for its domain.
func Observe(ctx context.Context, config ObserverConfig) (*Observer, error) {
	if config.ChainID == 0 || config.RPC == "" || config.Channel.IsZero() {
		return nil, fmt.Errorf("%w: chain id, rpc endpoint or channel address is missing", ErrConfig)
	}
	client, err := ethclient.DialContext(ctx, config.RPC)
	if err != nil {
		return nil, unobserved("connecting", err)
	}
	o := &Observer{config: config, client: client, binding: channel.NewChioChannel()}
	if err := o.check(ctx); err != nil {
		o.Close()
		return nil, err
	}
	return o, nil
}

// Close drops the connection.
func (o *Observer) Close() { o.client.Close() }

func unobserved(doing string, err error) error {
	return fmt.Errorf("%w: %s: %w", ErrUnavailable, doing, withoutURL(err))
}

func (o *Observer) check(ctx context.Context) error {
	id, err := o.client.ChainID(ctx)
	if err != nil {
		return unobserved("asking for the chain id", err)
	}
	if !id.IsUint64() || id.Uint64() != o.config.ChainID {
		return fmt.Errorf("%w: it serves chain id %s, asked for %d", ErrWrongChain, id, o.config.ChainID)
	}
	out, err := o.call(ctx, o.binding.PackDOMAINSEPARATOR())
	if err != nil {
		return err
	}
	got, err := o.binding.UnpackDOMAINSEPARATOR(out)
	if err != nil || wire.Digest(got) != domainSeparator(channelName, channelVersion, o.config.ChainID, o.config.Channel) {
		return fmt.Errorf("%w: %s is no ChioChannel", ErrWrongContract, o.config.Channel)
	}
	code, err := o.client.CodeAt(ctx, common.Address(o.config.Channel), nil)
	if err != nil {
		return unobserved("reading the contract's code", err)
	}
	return checkCode(o.config.Channel, code)
}

// call asks the contract at the latest block.
func (o *Observer) call(ctx context.Context, data []byte) ([]byte, error) {
	to := common.Address(o.config.Channel)
	out, err := o.client.CallContract(ctx, ethereum.CallMsg{To: &to, Data: data}, nil)
	if err != nil {
		return nil, unobserved("reading "+o.config.Channel.String(), err)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: %s has no code", ErrWrongContract, o.config.Channel)
	}
	return out, nil
}

// Settled is what a channel has paid in total, at the latest block.
func (o *Observer) Settled(ctx context.Context, id wire.Digest) (uint64, error) {
	out, err := o.call(ctx, o.binding.PackChannels(id))
	if err != nil {
		return 0, err
	}
	state, err := o.binding.UnpackChannels(out)
	if err != nil {
		return 0, fmt.Errorf("%w: %s answers in another form: %w", ErrWrongContract, o.config.Channel, err)
	}
	return units(state.Settled)
}

// Payment finds the redemption of exactly this statement on a channel, or nil.
// It looks at the transaction named by hint, if any, then at the events of the
// contract, newest first, back to the blocks before since (unix seconds): a
// payment is not older than what it pays for.
func (o *Observer) Payment(ctx context.Context, id, statement, hint wire.Digest, since int64) (*Payment, error) {
	if !hint.IsZero() {
		r, err := o.client.TransactionReceipt(ctx, common.Hash(hint))
		if err != nil && !errors.Is(err, ethereum.NotFound) {
			return nil, unobserved("reading a receipt", err)
		}
		if err == nil && r.Status == types.ReceiptStatusSuccessful {
			if p, err := o.among(ctx, r.Logs, id, statement); err != nil || p != nil {
				return p, err
			}
		}
	}
	head, err := o.header(ctx, "latest")
	if err != nil || head == nil {
		return nil, err
	}
	for to := uint64(head.Number); ; to -= logPage {
		from := to - min(to, logPage-1)
		logs, err := o.client.FilterLogs(ctx, ethereum.FilterQuery{FromBlock: new(big.Int).SetUint64(from), ToBlock: new(big.Int).SetUint64(to),
			Addresses: []common.Address{common.Address(o.config.Channel)},
			Topics:    [][]common.Hash{nil, {common.Hash(id)}, {common.Hash(statement)}}})
		if err != nil {
			return nil, unobserved("reading events", err)
		}
		pointers := make([]*types.Log, len(logs))
		for i := range logs {
			pointers[i] = &logs[i]
		}
		if p, err := o.among(ctx, pointers, id, statement); err != nil || p != nil || from == 0 {
			return p, err
		}
		oldest, err := o.header(ctx, hexutil.EncodeUint64(from))
		if err != nil {
			return nil, err
		}
		if oldest == nil || int64(oldest.Time) < since {
			return nil, nil
		}
	}
}

// among picks the event of the statement whose block is the canonical one of
// its height.
func (o *Observer) among(ctx context.Context, logs []*types.Log, id, statement wire.Digest) (*Payment, error) {
	for _, log := range logs {
		if log.Address != common.Address(o.config.Channel) || log.Removed {
			continue
		}
		event, err := o.binding.UnpackRedeemedEvent(log)
		if err != nil || event.Id != id || event.Statement != statement {
			continue
		}
		b, err := o.header(ctx, hexutil.EncodeUint64(log.BlockNumber))
		if err != nil {
			return nil, err
		}
		if b == nil || b.Hash != log.BlockHash {
			continue
		}
		p := &Payment{Tx: wire.Digest(log.TxHash), Block: log.BlockNumber, BlockHash: wire.Digest(log.BlockHash)}
		if p.Cumulative, err = units(event.Cumulative); err != nil {
			return nil, err
		}
		if p.Paid, err = units(event.Paid); err != nil {
			return nil, err
		}
		return p, o.settle(ctx, p)
	}
	return nil, nil
}

// settle says how deep a payment is.
func (o *Observer) settle(ctx context.Context, p *Payment) error {
	head, err := o.header(ctx, "latest")
	if err != nil {
		return err
	}
	if head != nil && uint64(head.Number) >= p.Block {
		p.Confirmations = uint64(head.Number) - p.Block + 1
	}
	p.Final = o.config.Confirmations > 0 && p.Confirmations >= o.config.Confirmations
	if p.Final {
		return nil
	}
	final, err := o.header(ctx, "finalized")
	if err == nil && final != nil {
		p.Final = uint64(final.Number) >= p.Block
	}
	return err
}

// seenBlock is the part of a header that is the same on every chain.
type seenBlock struct {
	Number hexutil.Uint64 `json:"number"`
	Hash   common.Hash    `json:"hash"`
	Time   hexutil.Uint64 `json:"timestamp"`
}

// header reads a block by tag or number; nil means that there is none.
func (o *Observer) header(ctx context.Context, name string) (*seenBlock, error) {
	var b *seenBlock
	err := o.client.Client().CallContext(ctx, &b, "eth_getBlockByNumber", name, false)
	var refusal rpc.Error
	if errors.As(err, &refusal) { // how some endpoints say that there is none
		return nil, nil
	}
	if err != nil {
		return nil, unobserved("reading block "+name, err)
	}
	return b, nil
}
