//go:build unix

package tour

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// TestTour is the README's two organisations with everything configured that
// it leaves out: prices, terms, chain and oracle.
func TestTour(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tour{w}.run()
}

// tour is the world with the steps of the README.
type tour struct{ *world }

func (w tour) run() {
	w.initialise()
	w.acme.refused(node.ExitFailure, "CHIO-HOME-EXISTS", "init", "--name", "acme")
	w.globex.start()
	w.globex.serve()
	w.acme.start()
	w.passport()
	w.price()
	w.treaty()
	w.calls()
	w.receipts()
	w.evidence()
	w.quotes()
	w.settle()
	w.revoke()
	w.again()
}

func (w tour) server() string { return w.globex.ready.DID + "/files" }

func (w tour) passport() {
	var issued struct {
		node.PassportInfo
		Path string `json:"path"`
	}
	w.acme.ok(&issued, "passport", "issue", "--agent", "researcher")
	if issued.Status != "active" || !strings.HasPrefix(issued.AgentDID, "did:") {
		w.t.Fatalf("passport: %+v", issued)
	}
	if r := w.acme.run("passport", "verify", issued.Path); r.exit != node.ExitOK {
		w.t.Fatalf("a fresh passport does not verify: %s", r)
	}
	var doc wire.Raw
	w.globex.ok(&doc, "did", "resolve", w.acme.ready.DID)
	if !strings.Contains(string(doc), w.acme.ready.DID) {
		w.t.Fatalf("document of %s: %s", w.acme.ready.DID, doc)
	}
}

// treaty: Acme looks, is not talked into other terms, and signs; Globex's
// operator signs too.
func (w tour) treaty() {
	var seen node.FederatePreview
	w.acme.ok(&seen, "federate", "--dry-run", w.globex.ready.Peer)
	stricter := map[string]bool{}
	for _, l := range seen.Lines {
		stricter[l.Stricter] = true
	}
	if seen.PeerDID != w.globex.ready.DID || !stricter["ours"] || !stricter["theirs"] {
		w.t.Fatalf("the preview must show both sides binding: %+v", seen)
	}
	w.acme.refused(node.ExitUsage, "CHIO-USAGE", "federate", w.globex.ready.Peer)
	w.acme.refused(node.ExitDenied, "CHIO-FED-TERMS-CHANGED", "federate", "--accept", wire.Hash([]byte("other")).String(), w.globex.ready.Peer)
	w.globex.refused(node.ExitFailure, "CHIO-FED-NO-PROPOSAL", "federate", "accept", w.acme.ready.DID, seen.TreatyHash.String())

	var proposed struct {
		node.PeerInfo
		Preview node.FederatePreview `json:"preview"`
	}
	w.acme.ok(&proposed, "federate", "--accept", seen.TreatyHash.String(), w.globex.ready.Peer)
	if proposed.State == "active" {
		w.t.Fatalf("the treaty is in force before Globex's operator signed: %+v", proposed)
	}
	var pending node.PeerList
	w.globex.ok(&pending, "federate", "pending")
	if len(pending.Peers) != 1 || pending.Peers[0].DID != w.acme.ready.DID || *pending.Peers[0].Treaty != seen.TreatyHash {
		w.t.Fatalf("pending at Globex: %+v", pending)
	}
	if a := w.acme.call("researcher", w.server(), "read_file", readNote); a.Verdict == "allow" {
		w.t.Fatalf("a call passed without a treaty: %+v", a)
	}
	w.globex.refused(node.ExitDenied, "CHIO-FED-TERMS-CHANGED", "federate", "accept", w.acme.ready.DID, wire.Hash([]byte("other")).String())
	var accepted node.PeerInfo
	w.globex.ok(&accepted, "federate", "accept", w.acme.ready.DID, seen.TreatyHash.String())
	if accepted.State != "active" {
		w.t.Fatalf("accepted: %+v", accepted)
	}
	w.synchronised()
}

func (w tour) calls() {
	a := w.acme.call("researcher", w.server(), "read_file", readNote)
	if a.Verdict != "allow" || a.Charged != readPrice || a.PeerReceiptID == "" || !strings.Contains(string(a.Content), "hello from globex") {
		w.t.Fatalf("allowed call: %+v", a)
	}
	if a = w.acme.call("researcher", w.server(), "list_directory", `{"path":"."}`); a.Verdict != "allow" || a.Charged != 0 {
		w.t.Errorf("another tool, free of charge: %+v", a)
	}
	var before, after node.Status
	w.globex.ok(&before, "status")
	for _, c := range []struct{ name, agent, tool, args, side string }{
		{"a path that Globex's terms forbid", "researcher", "read_file", `{"path":"secret/plan.txt"}`, "peer_terms"},
		{"a path that Acme's own policy forbids", "researcher", "read_file", `{"path":".env"}`, "local"},
		{"more bytes than Acme's own terms let out", "researcher", "read_file", `{"path":"note.txt","note":"` + strings.Repeat("a", 5000) + `"}`, "own_terms"},
	} {
		a := w.acme.call(c.agent, w.server(), c.tool, c.args)
		if a.Verdict != "deny" || a.BoundBy != c.side || a.Charged != 0 || a.Code == "" || a.Fix == "" {
			w.t.Errorf("%s: %+v", c.name, a)
		}
	}
	if a := w.acme.call("researcher", w.server(), "delete_file", readNote); a.Verdict != "deny" {
		w.t.Errorf("a tool that Globex's terms block: %+v", a)
	}
	w.globex.ok(&after, "status")
	if after.Receipts != before.Receipts {
		w.t.Errorf("denied at Acme, and Globex's log grew from %d to %d", before.Receipts, after.Receipts)
	}
	if _, err := os.Stat(w.path("workspace/note.txt")); err != nil {
		w.t.Errorf("the denied call took effect: %v", err)
	}
	if a := w.globex.call("local", "files", "list_directory", `{"path":"."}`); a.Verdict == "allow" {
		w.t.Errorf("an agent without a capability was allowed: %+v", a)
	}
}

func (w tour) receipts() {
	var list node.ReceiptList
	w.acme.ok(&list, "receipt", "list")
	if list.Total != uint64(len(list.Receipts)) || list.Total < 5 {
		w.t.Fatalf("receipts: %+v", list)
	}
	var one node.ReceiptRow
	w.acme.ok(&one, "receipt", "show", list.Receipts[0].ID)
	if one.ID != list.Receipts[0].ID || len(one.Receipt) == 0 {
		w.t.Fatalf("receipt: %+v", one)
	}
	bundle, trust := w.path("bundle.json"), w.path("trust.json")
	w.acme.ok(nil, "receipt", "export", "--out", bundle, "--trust-out", trust)
	w.verifies(bundle, trust)
	w.acme.ok(nil, "receipt", "export", "--out", bundle, "--trust-out", trust, one.ID)
	w.verifies(bundle, trust)
	if r := w.acme.run("receipt", "verify", bundle, "--trust", trust); r.exit != node.ExitOK {
		w.t.Errorf("receipt verify: %s", r)
	}
}

// verifies checks a bundle offline, and copies of it with one byte changed.
func (w tour) verifies(bundle, trust string) {
	w.t.Helper()
	if r := w.chioVerify("bundle", bundle, "--trust", trust); r.exit != node.ExitOK {
		w.t.Fatalf("bundle: %s", r)
	}
	doc := w.read(filepath.Base(bundle))
	for _, at := range []int{0, len(doc) / 3, len(doc) / 2, len(doc) - 2} {
		changed := append([]byte(nil), doc...)
		changed[at] ^= 1
		w.write("changed.json", string(changed))
		if r := w.chioVerify("bundle", w.path("changed.json"), "--trust", trust); r.exit != node.ExitUnverifiable {
			w.t.Errorf("byte %d of %d changed: %s", at, len(doc), r)
		}
	}
}

// evidence: everything a third party needs, verified without a node.
func (w tour) evidence() {
	dir := w.path("evidence")
	w.acme.ok(nil, "export", "--out", dir)
	if r := w.chioVerify("bundle", filepath.Join(dir, "receipts.json"), "--trust", filepath.Join(dir, "trust.json")); r.exit != node.ExitOK {
		w.t.Fatalf("exported receipts: %s", r)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		w.t.Fatal(err)
	}
	offline := &org{t: w.t, w: w.world, name: "third party", home: w.path("nobody")}
	for _, f := range files {
		if f.Name() == "trust.json" {
			continue
		}
		r := offline.run("verify", filepath.Join(dir, f.Name()), "--trust", filepath.Join(dir, "trust.json"))
		if r.exit != node.ExitOK {
			w.t.Errorf("%s does not verify: %s", f.Name(), r)
		}
	}
	if _, err := os.Stat(offline.home); err == nil {
		w.t.Error("verifying made a home")
	}
}

// quotes: what a call costs in the currency that pays is what it is paid with.
func (w tour) quotes() {
	w.t.Helper()
	var list node.QuoteList
	w.acme.ok(&list, "quote", "request", w.globex.ready.DID, "files", "read_file")
	q := list.Quotes[0]
	if len(list.Quotes) != 1 || q.Problem != "" || q.Price.Units != readPrice || q.Settles == nil || q.Settles.Units != readPrice*usdcPerCent ||
		q.Reserve.Units <= q.Settles.Units || q.Round == nil || q.ValidUntil != q.Round.UpdatedAt+q.Round.MaxAgeSeconds {
		w.t.Errorf("quoted %+v", list)
	}
}

func (w tour) settle() {
	payer, payee := w.usdc(w.acme.status.Settlement), w.usdc(w.globex.status.Settlement)
	w.acme.ok(nil, "settle", "fund", w.globex.ready.DID, "5 USDC")
	if got := payer - w.usdc(w.acme.status.Settlement); got != 5_000_000 {
		w.t.Fatalf("funding 5 USDC took %d", got)
	}
	var made, redeemed, again node.SettleAnswer
	w.acme.ok(&made, "settle", "run")
	w.globex.ok(&redeemed, "settle", "run")
	paid := w.usdc(w.globex.status.Settlement) - payee
	if paid != readPrice*usdcPerCent {
		w.t.Fatalf("one call of %d cents was paid with %d: %+v, %+v", readPrice, paid, made, redeemed)
	}
	p, q := side(made, "payer"), side(redeemed, "payee")
	if p == nil || q == nil || p.Statement == nil || q.Statement == nil || *p.Statement != *q.Statement || q.Tx == "" || p.Receipts != 1 {
		w.t.Errorf("the two sides settled differently: %+v, %+v", made, redeemed)
	}
	w.acme.ok(&again, "settle", "run")
	w.globex.ok(&again, "settle", "run")
	if got := w.usdc(w.globex.status.Settlement) - payee; got != paid {
		w.t.Errorf("settling again paid %d more", got-paid)
	}
	var status node.SettleAnswer
	w.globex.ok(&status, "settle", "status")
	if s := side(status, "payee"); s == nil || s.Cumulative != paid {
		w.t.Errorf("status: %+v", status)
	}
	w.proves(p.Statement.String(), q.Tx)
	w.evidence() // now with statement, voucher and price
}

// proves holds what both sides show of a statement against the chain, from the
// file and an endpoint alone.
func (w tour) proves(statement, tx string) {
	for _, o := range []*org{w.acme, w.globex} {
		file := w.path(o.name + ".settlement.json")
		o.ok(nil, "settle", "show", statement, "--out", file)
		r := o.run("settle", "verify", file)
		if r.exit != node.ExitOK || !strings.Contains(string(r.stdout), `"tx":"`+strings.TrimPrefix(tx, "0x")+`"`) || !strings.Contains(string(r.stdout), `"paid":`) {
			w.t.Errorf("%s cannot verify the payment: %s", o.name, r)
		}
		if r := o.run("settle", "verify", file, "--offline"); r.exit != node.ExitOK || !strings.Contains(string(r.stdout), `"state":"unanchored"`) {
			w.t.Errorf("%s, offline: %s", o.name, r)
		}
	}
	w.witnessed(w.globex, w.path("globex.settlement.json"))
}

func side(a node.SettleAnswer, direction string) *node.SettledPeer {
	for i := range a.Peers {
		if a.Peers[i].Direction == direction {
			return &a.Peers[i]
		}
	}
	return nil
}

func (w tour) revoke() {
	var r node.Revoked
	w.acme.ok(&r, "passport", "revoke", "researcher")
	if a := w.acme.call("researcher", w.server(), "read_file", readNote); a.Code != "CHIO-REVOKED-PASSPORT" {
		w.t.Fatalf("after the revocation: %+v", a)
	}
	var shown node.PassportInfo
	var list node.PassportList
	w.acme.ok(&list, "passport", "list")
	for _, p := range list.Passports {
		if p.ID == r.ID {
			shown = p
		}
	}
	if shown.Status != "revoked" {
		w.t.Errorf("passports: %+v", list)
	}
}

// again stops both nodes as an operator does and starts them from disk.
func (w tour) again() {
	w.synchronised()
	for _, o := range []*org{w.acme, w.globex} {
		o.ok(&o.status, "status")
		if code := o.up.interrupt(); code != node.ExitOK {
			w.t.Fatalf("%s stopped with %d", o.name, code)
		}
	}
	w.globex.tools.wait()
	for _, o := range []*org{w.globex, w.acme} {
		old := o.ready
		o.start()
		var s node.Status
		o.ok(&s, "status")
		if s.Receipts != o.status.Receipts || o.ready.DID != old.DID || !s.Ready {
			w.t.Fatalf("%s: was %+v, is %+v", o.name, o.status, s)
		}
	}
	w.globex.serve()
	w.acme.ok(nil, "passport", "issue", "--agent", "writer")
	w.synchronised()
	if a := w.acme.call("writer", w.server(), "read_file", readNote); a.Verdict != "allow" {
		w.t.Fatalf("after the second start: %+v", a)
	}
	w.synchronised()
	w.acme.audit()
	w.globex.audit()
}
