package settlement_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/store"
)

// TestStoppedPairSellsNothingNew: while a node uses no price of a pair it sells
// nothing at one, whoever signed and quoted the round; what was charged before
// is accrued, and settled at its price, and rounds of peers are kept for that.
func TestStoppedPairSellsNothingNew(t *testing.T) {
	var why error
	w := newWorld(t)
	w.configure = func(_ *party, c *settlement.Config) {
		c.UsablePrice = func(_ store.Reader, p oracle.Price, at int64) error {
			if p.Pair != (oracle.Pair{Base: "USDC", Quote: "USD"}) || p.Median == nil || at != now {
				t.Errorf("asked about %+v at %d", p, at)
			}
			return why
		}
	}
	w.globex.start()
	w.fund(2 * usdc)
	round := w.quote(100_000_000)
	if err := w.globex.admit(w.hosted("before", 100, round)); err != nil {
		t.Fatal(err)
	}
	why = errors.New("tripped: the peg was lost")
	err := w.globex.admit(w.hosted("after", 100, round))
	if code(err) != settlement.CodeNoPrice || !strings.Contains(err.Error(), why.Error()) {
		t.Fatalf("the round of before: %v", err)
	}
	later := w.quote(100_010_000)
	if c := code(w.globex.admit(w.hosted("new", 100, later))); c != settlement.CodeNoPrice {
		t.Fatalf("a round that came while it is stopped: %q", c)
	}
	// Both calls were sold before the stop; one receipt comes only now.
	paid := w.call(100, round)
	w.globex.close(&kernel.Closing{Call: w.hosted("before", 100, round), Receipt: paid})
	if res := w.run(); res.Paid != 999_900 {
		t.Fatalf("what was charged before is not settled: %+v", res)
	}
	if got := w.redeem(); got != 999_900 {
		t.Fatalf("paid %d", got)
	}
}
