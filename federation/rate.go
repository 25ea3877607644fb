package federation

import (
	"context"
	"sync"
	"time"

	"github.com/backbay-labs/chio-node/p2p"
)

// Trusts reports whether a transport identity is a peer's with a treaty, for
// whom the host keeps room. It is what p2p.Config.Trusted wants: a hello alone
// agrees to nothing, and anybody can say it.
func (d *Directory) Trusts(id p2p.PeerID) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	rec := d.records[d.owners[id]]
	return rec != nil && rec.State == Active
}

// What the log says of streams that were refused: so many lines of one peer,
// and so many peers are told apart.
const maxLoggedPeers = 1024

var logRate = p2p.Rate{Every: 10 * time.Second, Burst: 20}

// complaints keep a peer that is refused without end from filling the log.
type complaints struct {
	peers *p2p.Buckets[p2p.PeerID]

	mu       sync.Mutex // guards withheld
	withheld int        // lines that were not written
}

func newComplaints() *complaints {
	return &complaints{peers: p2p.NewBuckets[p2p.PeerID](maxLoggedPeers)}
}

// may reports whether a line about a peer may be written, and how many were not
// since the last one.
func (c *complaints) may(id p2p.PeerID, now int64) (withheld int, ok bool) {
	ok = c.peers.Take(id, logRate, time.Unix(now, 0))
	c.mu.Lock()
	defer c.mu.Unlock()
	if !ok {
		c.withheld++
		return 0, false
	}
	withheld, c.withheld = c.withheld, 0
	return withheld, true
}

// logged reports what a peer was refused for; the peer sees a reset stream.
func (s *Service) logged(name string, serve p2p.Handler) p2p.Handler {
	return func(ctx context.Context, from p2p.Peer, stream *p2p.Stream) error {
		err := serve(ctx, from, stream)
		if err != nil {
			s.complain("stream refused", from.ID, "protocol", name, "error", err.Error())
		}
		return err
	}
}

// complain logs what a peer did, unless it does so too often.
func (s *Service) complain(what string, id p2p.PeerID, attrs ...any) {
	if withheld, ok := s.complaints.may(id, s.cfg.Now()); ok {
		s.cfg.Log.Info(what, append(attrs, "peer_id", string(id), "lines_withheld", withheld)...)
	}
}
