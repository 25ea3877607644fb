package redteam

import (
	"math/rand/v2"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/node"
)

// TestI9_ClockOffByAnHour: a node whose clock jumps an hour ahead or back takes
// no proof twice, honours no token outside its window, and serves again once
// the clock is right.
func TestI9_ClockOffByAnHour(t *testing.T) {
	w := newWorld(t)
	w.files = w.serve(node.MCPServer{Server: "files", Dir: w.path("workspace")}, w.path("workspace"), 4, filesProgram, w.path("workspace"))
	rng := rand.New(rand.NewPCG(seed, 7))
	c := w.newCast(rng)
	in := func() []byte {
		return c.aim(rng, w, c.owned, c.owned.chain["read"], "files", "read_file", readA).signed().bytes()
	}
	used := in()
	w.ends(used, receipt.Allow)
	for _, step := range []struct {
		name        string
		late        int64
		fresh, used kernel.Code // "" is allow
	}{
		{"an hour behind", 3600, kernel.CodeCapNotYetValid, kernel.CodeCapNotYetValid},
		{"right again", 0, "", kernel.CodeProofReplayed},
		{"an hour ahead", -3600, "", kernel.CodeProofStale},
		{"right once more", 0, "", kernel.CodeProofReplayed},
		{"two days ahead", -48 * 3600, kernel.CodeCapExpired, kernel.CodeCapExpired},
		{"right at last", 0, "", kernel.CodeProofReplayed},
	} {
		w.late.Store(step.late)
		for what, try := range map[string]struct {
			body []byte
			want kernel.Code
		}{"a new call": {in(), step.fresh}, "a used one": {used, step.used}} {
			a, p := w.fire(try.body)
			if a == nil || a.Code != string(try.want) || (a.Ended == receipt.Allow) != (try.want == "") || a.Unlogged {
				t.Errorf("%s, %s: want %q: %+v, %+v", step.name, what, try.want, a, p)
			}
		}
	}
	w.late.Store(0)
	var b node.ReceiptBundle
	w.must("receipt/export", node.ExportReceipts{}, &b)
	(&oracle{world: w}).verify(b)
}
