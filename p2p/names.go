package p2p

import (
	"sync"

	"github.com/libp2p/go-libp2p/core/peer"
)

// maxNames bounds the peer ids whose text is remembered: all who can be
// connected, several times over.
const maxNames = 8192

// names remembers the text of peer ids. Gossip asks who is in good standing
// several times a second for each peer and topic, and base58 is slow.
type names struct {
	mu    sync.RWMutex
	texts map[peer.ID]PeerID
}

func (n *names) of(id peer.ID) PeerID {
	n.mu.RLock()
	text, ok := n.texts[id]
	n.mu.RUnlock()
	if ok {
		return text
	}
	text = PeerID(id.String())
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.texts == nil || len(n.texts) >= maxNames {
		n.texts = make(map[peer.ID]PeerID)
	}
	n.texts[id] = text
	return text
}
