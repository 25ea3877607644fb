package reputation_test

import (
	"testing"

	"github.com/backbay-labs/chio-node/credit/reputation"
	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// TestClear: each rule of who counts.
func TestClear(t *testing.T) {
	k := keys(t)
	by := func(issuer *wire.Key, composite uint64, group string) reputation.Activated {
		return reputation.Activated{Import: k.imported(t, issuer, composite, now), Group: group}
	}
	globex, initech := did.FromKey(k.globex.Public()), did.FromKey(k.initech.Public())
	for name, c := range map[string]struct {
		list []reputation.Activated
		home did.DID
		want int
	}{
		"nobody":           {nil, "", 0},
		"one":              {[]reputation.Activated{by(k.globex, 5, "g")}, "", 0},
		"two":              {[]reputation.Activated{by(k.globex, 5, "g"), by(k.initech, 6, "i")}, "", 2},
		"two of one group": {[]reputation.Activated{by(k.globex, 5, "g"), by(k.initech, 6, "g")}, "", 0},
		"one of its own":   {[]reputation.Activated{by(k.globex, 5, "g"), by(k.initech, 6, "i")}, globex, 0},
		"friends of its own": {[]reputation.Activated{by(k.globex, 5, "g"), by(k.initech, 6, "i"), by(k.acme, 7, "i"), by(k.other, 8, "a")},
			initech, 2},
	} {
		got := reputation.Clear(c.list, c.home)
		if len(got) != c.want {
			t.Errorf("%s: %d count, want %d", name, len(got), c.want)
		}
		for i := range got {
			if got[i].Issuer() == c.home || name == "friends of its own" && got[i].Issuer() == did.FromKey(k.acme.Public()) {
				t.Errorf("%s: %s counts", name, got[i].Issuer())
			}
		}
	}
	got := reputation.Clear([]reputation.Activated{by(k.globex, 900_000, "g"), by(k.acme, 10, "g"), by(k.initech, 6, "i")}, "")
	for i := range got {
		if got[i].Issuer() == globex {
			t.Error("of one group the higher composite counts")
		}
	}
}
