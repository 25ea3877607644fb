package federation

import (
	"testing"
	"testing/synctest"
)

// TestExchangesAtOnce: where as many exchanges as there may be are under way, one
// that nobody waits for is not begun, and is given up when the next is due. It
// takes the place of one that ends.
func TestExchangesAtOnce(t *testing.T) {
	a, b := federated(t)
	if cap(a.exchange.running) != exchangesAtOnce {
		t.Fatalf("%d places", cap(a.exchange.running))
	}
	b.logLocal(1)
	synctest.Test(t, func(t *testing.T) {
		a.exchange.running = make(chan struct{}, exchangesAtOnce)
		for range exchangesAtOnce {
			a.exchange.running <- struct{}{}
		}
		a.exchange.background(t.Context(), b.did(), false)
	})
	if held := a.heads()[false]; held.Size != 0 {
		t.Fatalf("with every place taken: %+v", held)
	}
	a.exchange.running = make(chan struct{}, exchangesAtOnce)
	for range exchangesAtOnce - 1 {
		a.exchange.running <- struct{}{}
	}
	a.exchange.background(t.Context(), b.did(), false)
	if held := a.heads()[false]; held.Size != 1 {
		t.Fatalf("with one place free: %+v", held)
	}
	if n := len(a.exchange.running); n != exchangesAtOnce-1 {
		t.Fatalf("afterwards %d places are taken", n)
	}
}
