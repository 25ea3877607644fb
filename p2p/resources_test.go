package p2p

import (
	"strconv"
	"testing"

	"github.com/libp2p/go-libp2p/core/peer"
)

// TestStreamsOfAllStrangers: strangers together may have no more streams than
// leave the memory that these reserve to peers, and one that ends makes room.
func TestStreamsOfAllStrangers(t *testing.T) {
	r := &resources{open: make(map[peer.ID]int)}
	var last peer.ID
	entered := 0
	for i := range maxStrangers {
		last = peer.ID(strconv.Itoa(i))
		for range maxStrangerStreams {
			if r.enter(last) {
				entered++
			}
		}
	}
	if entered != maxStreamsOfStrangers {
		t.Fatalf("%d streams of strangers, want %d", entered, maxStreamsOfStrangers)
	}
	first := peer.ID("0")
	if r.leave(first); !r.enter(first) || r.enter(first) {
		t.Fatal("a stream that ended makes room for one, and one only")
	}
	for range maxStrangerStreams {
		r.leave(first)
	}
	if r.all != maxStreamsOfStrangers-maxStrangerStreams || r.open[first] != 0 {
		t.Fatalf("%d streams are left, %d of one that has none", r.all, r.open[first])
	}
}

// TestNamesAreBounded: the text of a peer id is the same however often it is
// asked for, and no number of them fills the memory.
func TestNamesAreBounded(t *testing.T) {
	var n names
	for i := range maxNames + 2 {
		id := peer.ID(strconv.Itoa(i))
		if first, again := n.of(id), n.of(id); first != PeerID(id.String()) || again != first {
			t.Fatalf("%q, then %q", first, again)
		}
		if len(n.texts) > maxNames {
			t.Fatalf("%d names", len(n.texts))
		}
	}
}
