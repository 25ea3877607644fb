package p2p

import (
	"strings"
	"testing"
)

// TestConnectAfterHeal: a peer that could not be dialled is dialled again at
// once when it is asked for, however often that failed before.
func TestConnectAfterHeal(t *testing.T) {
	a, b := startHost(t, 1, Config{Open: true}), startHost(t, 2, Config{Open: true, Listen: []string{"/ip4/127.0.0.1/tcp/0"}})
	address := b.Addrs()[0]
	if err := b.Stop(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := a.Connect(t.Context(), address); err == nil {
			t.Fatal("connected to a host that is down")
		}
	}
	listen, _, _ := strings.Cut(address, "/p2p/")
	startHost(t, 2, Config{Open: true, Listen: []string{listen}})
	if _, err := a.Connect(t.Context(), address); err != nil {
		t.Fatalf("the host is back: %v", err)
	}
}
