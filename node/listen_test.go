package node

import (
	"net"
	"slices"
	"testing"
)

func TestStableListen(t *testing.T) {
	home := t.TempDir()
	open := []string{"/ip4/127.0.0.1/udp/0/quic-v1", "/ip4/127.0.0.1/tcp/0"}
	if got := stableListen(home, open); !slices.Equal(got, open) {
		t.Fatalf("without a memory: %v", got)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	last := []string{"/ip4/127.0.0.1/udp/" + port + "/quic-v1", "/ip4/127.0.0.1/tcp/" + port}
	if err := rememberListen(home, []string{last[0] + "/p2p/12D3KooWx", last[1] + "/p2p/12D3KooWx"}); err != nil {
		t.Fatal(err)
	}
	if got := stableListen(home, open); !slices.Equal(got, open) {
		t.Errorf("a port that is taken: %v", got)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got := stableListen(home, open); !slices.Equal(got, last) {
		t.Errorf("free again: %v, want %v", got, last)
	}
	fixed := []string{"/ip4/127.0.0.1/udp/4001/quic-v1", "/ip4/127.0.0.1/tcp/4001"}
	if got := stableListen(home, fixed); !slices.Equal(got, fixed) {
		t.Errorf("a configured port: %v", got)
	}
	if got := stableListen(home, open[:1]); !slices.Equal(got, open[:1]) {
		t.Errorf("another number of addresses: %v", got)
	}
}
