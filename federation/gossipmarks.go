package federation

import (
	"context"
	"errors"

	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/store"
)

// prefixGossip holds log id/transport peer id → the highest sequence number
// that the author used in the log's topic, eight bytes.
const prefixGossip = "f/gs/"

// Mark implements p2p.Marks.
func (g gossipMarks) Mark(_ context.Context, topic string, author p2p.PeerID) (mark []byte, err error) {
	err = g.db.View(func(r store.Reader) error {
		mark, err = r.Get(markKey(topic, author))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		return err
	})
	return mark, err
}

// SetMark implements p2p.Marks.
func (g gossipMarks) SetMark(ctx context.Context, topic string, author p2p.PeerID, mark []byte) error {
	return g.db.Update(ctx, func(tx store.Tx) error {
		tx.Set(markKey(topic, author), mark)
		return nil
	})
}
