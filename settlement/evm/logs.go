package evm

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/backbay-labs/chio-node/store"
)

// pageBlocks is how many blocks one question for events covers at most.
// Endpoints bound the range or the number of results, each in its own way, so a
// page that is refused is asked for in halves.
const pageBlocks = 2000

// scanEvents gives each event of the channel contract with the topic, from the
// named cursor to the head, to the function; then it moves the cursor to the
// newest block that the chain calls safe. Events above that are seen again the
// next time, so that a reorganisation hides none: what is done about one must
// be safe to repeat. Without a cursor it begins at the head.
//
//	cursor/<name> the newest block whose events need not be looked at again
func (c *Chain) scanEvents(ctx context.Context, name string, topic common.Hash, each func(*types.Log) error) error {
	latest, err := c.block(ctx, Latest)
	if err != nil {
		return err
	}
	row := c.row("cursor/" + name)
	from, known, err := c.cursor(row)
	if err != nil {
		return err
	}
	if !known {
		from = latest.Number
	}
	if from < latest.Number || !known {
		first := from + 1
		if !known {
			first = from
		}
		if err := c.pages(ctx, topic, first, latest.Number, each); err != nil {
			return err
		}
	}
	safe, err := c.safeBlock(ctx)
	if errors.Is(err, errNoBlock) {
		return nil
	}
	if err != nil {
		return err
	}
	to := min(safe.Number, latest.Number)
	if known && to <= from {
		return nil
	}
	if !known { // keep what is above the safe block in sight
		to = min(to, from)
	}
	return c.config.DB.Update(ctx, func(tx store.Tx) error {
		tx.Set(row, strconv.AppendUint(nil, to, 10))
		return nil
	})
}

func (c *Chain) cursor(row string) (n uint64, known bool, err error) {
	err = c.config.DB.View(func(r store.Reader) error {
		text, err := r.Get(row)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		known = true
		n, err = strconv.ParseUint(string(text), 10, 64)
		return err
	})
	if err != nil {
		return 0, false, fmt.Errorf("reading a cursor of %s: %w", c.config.Name, err)
	}
	return n, known, nil
}

// safeBlock is the newest block that the chain calls safe, or that counts as
// final.
func (c *Chain) safeBlock(ctx context.Context) (block, error) {
	b, err := c.block(ctx, Safe)
	if errors.Is(err, errNoBlock) {
		return c.finalBlock(ctx)
	}
	return b, err
}

// pages asks for the events of a range of blocks, both ends included.
func (c *Chain) pages(ctx context.Context, topic common.Hash, from, to uint64, each func(*types.Log) error) error {
	for size := uint64(pageBlocks); from <= to; {
		last := min(to, from+size-1)
		logs, err := c.events(ctx, topic, from, last)
		if err != nil {
			if ctx.Err() != nil || size == 1 {
				return err
			}
			size = max(1, min(size, last-from+1)/2)
			continue
		}
		for _, l := range logs {
			if err := each(l); err != nil {
				return err
			}
		}
		from = last + 1
	}
	return nil
}

func (c *Chain) events(ctx context.Context, topic common.Hash, from, to uint64) ([]*types.Log, error) {
	var logs []*types.Log
	err := c.rawCall(ctx, &logs, "eth_getLogs", map[string]any{
		"address": common.Address(c.config.Channel), "topics": []any{topic},
		"fromBlock": hexutil.EncodeUint64(from), "toBlock": hexutil.EncodeUint64(to),
	})
	if err != nil {
		return nil, c.unavailable(fmt.Sprintf("reading the events of blocks %d to %d", from, to), err)
	}
	return logs, nil
}
