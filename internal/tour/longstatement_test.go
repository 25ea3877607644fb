package tour

import (
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/wire"
)

// TestI7_KillLongStatement kills both nodes while they settle more receipts than
// a message lists. One statement is over all of them, is paid once, and is proven
// offline.
func TestI7_KillLongStatement(t *testing.T) {
	t.Parallel()
	const calls, paid = 1030, 1030 * readPrice * usdcPerCent
	f := fedOn(t, quic, calls*readPrice, func(w *world) {
		for name, terms := range map[string]string{"acme": acmeTerms, "globex": globexTerms} {
			w.write(name+"/terms.yaml", strings.ReplaceAll(terms, "_minor: 1000\n", "_minor: 4000\n"))
		}
	})
	if err := f.chain.Fund(t.Context(), common.HexToAddress(f.acme.status.Settlement), 40_000_000); err != nil {
		t.Fatal(err)
	}
	f.acme.ok(nil, "settle", "fund", f.globex.ready.DID, "40 USDC")
	f.callMany(calls)
	f.synchronised()
	start := f.usdc(f.globex.status.Settlement)
	for _, c := range []struct {
		dies      *org
		failpoint string
		alone     bool // without anybody asking for it
	}{
		{f.acme, "statement.receipts_before_record", false},
		{f.globex, "statement.receipts_before_record", false},
		{f.acme, "statement.receipts_partly_filed", false},
		{f.globex, "statement.receipts_partly_filed", true},
	} {
		c.dies.arm(c.failpoint, 1)
		if !c.alone {
			spawn(t, "settle run", f.dir, f.acme.env(), nodeProgram, "--json", "settle", "run").wait()
		}
		c.dies.crashed()
		f.restart(c.dies)
	}
	f.settled("after all crashes", start+paid)
	var status node.SettleAnswer
	f.globex.ok(&status, "settle", "status")
	s := side(status, "payee")
	if s == nil || s.Statement == nil || s.Cumulative != paid {
		t.Fatalf("%+v", status)
	}
	for _, o := range []*org{f.acme, f.globex} {
		file := f.path(o.name + ".settlement.json")
		o.ok(nil, "settle", "show", s.Statement.String(), "--out", file)
		if r := o.run("settle", "verify", file, "--offline"); r.exit != node.ExitOK {
			t.Errorf("%s: %s", o.name, r)
		}
		var e settlement.Evidence
		if doc, err := os.ReadFile(file); err != nil || wire.Unmarshal(doc, &e, wire.BundleLimits) != nil || len(e.Receipts) != calls {
			t.Errorf("%s shows %d receipts of the statement, %v", o.name, len(e.Receipts), err)
		}
	}
	f.acme.audit()
	f.globex.audit()
}

// callMany makes calls of the researcher, several at a time.
func (f *fed) callMany(n int) {
	f.t.Helper()
	c, err := node.Dial(f.acme.home)
	if err != nil {
		f.t.Fatal(err)
	}
	body := wire.MustMarshal(node.CallRequest{Agent: "researcher", Server: f.server, Tool: "read_file", Arguments: wire.Raw(readNote)})
	var wg sync.WaitGroup
	work := make(chan int, n)
	for i := range n {
		work <- i
	}
	close(work)
	for range 8 {
		wg.Go(func() {
			for range work {
				doc, err := c.Call(f.t.Context(), "call", body)
				var a node.CallAnswer
				if err == nil {
					err = wire.Unmarshal(doc, &a, wire.DocumentLimits)
				}
				if err != nil || a.Verdict != "allow" {
					f.t.Errorf("%+v, %v", a, err)
					return
				}
			}
		})
	}
	wg.Wait()
	if f.t.Failed() {
		f.t.FailNow()
	}
}
