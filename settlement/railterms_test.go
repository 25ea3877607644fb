package settlement_test

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/settlement"
)

// offRail makes the treaty settle by a rail without a channel, in the currency
// of its prices.
func (w *world) offRail(rail string) {
	w.terms.Rail, w.terms.ChainID, w.terms.Contract = rail, settlement.ChainOf(rail, w.terms.ChainID), ""
	if !settlement.OnChain(rail) {
		w.terms.Token = ""
	}
	w.terms.SettleCurrency = "USD"
}

// A call that could be owed and never paid is denied before it runs.
func TestCreditGateDeniesARailThatIsNotConfigured(t *testing.T) {
	for _, rail := range []string{settlement.RailNote, settlement.RailOffchain, settlement.RailStripe} {
		w := newWorld(t)
		w.offRail(rail)
		if c := code(w.globex.admit(w.hosted("a", 1, nil))); c != settlement.CodeNoRail {
			t.Errorf("%s: %q", rail, c)
		}
		w.call(1, nil)
		_, err := w.acme.settler.Run(t.Context(), w.globex.did)
		if !errors.Is(err, settlement.ErrRail) {
			t.Errorf("%s: run: %v", rail, err)
		}
	}
}
