package approval_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/approval"
	"github.com/backbay-labs/chio-node/wire"
)

func usd(units uint64) *wire.MonetaryAmount {
	return &wire.MonetaryAmount{Units: units, Currency: "USD"}
}

// batch is a batch approval by an approver for ten calls.
func (d *desk) batch(by *wire.Key, tune func(*approval.BatchApproval)) []byte {
	d.t.Helper()
	calls := uint32(10)
	b := approval.BatchApproval{BatchID: newID(d.t), Subject: d.agent.Public(), ServerPattern: "files", ToolPattern: "delete_*", MaxCalls: &calls,
		NotBefore: now, NotAfter: now + 3600}
	if tune != nil {
		tune(&b)
	}
	e, err := approval.SignBatch(b, by)
	if err != nil {
		d.t.Fatal(err)
	}
	return e.Bytes()
}

func (d *desk) add(doc []byte) *approval.Batch {
	d.t.Helper()
	b, err := d.reg.AddBatch(ctx, doc, now)
	if err != nil {
		d.t.Fatal(err)
	}
	return b
}

func TestBatchGrantsWithinItsBounds(t *testing.T) {
	for name, tc := range map[string]struct {
		tune func(*approval.BatchApproval)
		ask  func(*kernel.ApprovalAsk)
		at   int64
		want kernel.ApprovalState
	}{
		"covered":          {want: kernel.Granted},
		"any tool":         {tune: func(b *approval.BatchApproval) { b.ToolPattern, b.ServerPattern = "*", "*" }, want: kernel.Granted},
		"exact tool":       {tune: func(b *approval.BatchApproval) { b.ToolPattern = "delete_file" }, want: kernel.Granted},
		"another tool":     {tune: func(b *approval.BatchApproval) { b.ToolPattern = "delete_fil" }},
		"another server":   {tune: func(b *approval.BatchApproval) { b.ServerPattern = "mail*" }},
		"another agent":    {ask: func(a *kernel.ApprovalAsk) { a.Subject = wire.PublicKey{9} }},
		"too early":        {at: -1},
		"too late":         {at: 3600},
		"its guard":        {tune: func(b *approval.BatchApproval) { b.Guards = []string{"x", "mcp-tool"} }, want: kernel.Granted},
		"another guard":    {tune: func(b *approval.BatchApproval) { b.Guards = []string{"egress"} }},
		"costs, unbounded": {ask: func(a *kernel.ApprovalAsk) { a.Amount = usd(1) }},
		"costs, per call": {tune: func(b *approval.BatchApproval) { b.MaxAmountPerCall = usd(5) },
			ask: func(a *kernel.ApprovalAsk) { a.Amount = usd(5) }, want: kernel.Granted},
		"costs too much": {tune: func(b *approval.BatchApproval) { b.MaxAmountPerCall = usd(5) },
			ask: func(a *kernel.ApprovalAsk) { a.Amount = usd(6) }},
		"costs, in total": {tune: func(b *approval.BatchApproval) { b.MaxTotalAmount, b.MaxCalls = usd(5), nil },
			ask: func(a *kernel.ApprovalAsk) { a.Amount = usd(5) }, want: kernel.Granted},
		"costs more in total": {tune: func(b *approval.BatchApproval) { b.MaxTotalAmount = usd(5) },
			ask: func(a *kernel.ApprovalAsk) { a.Amount = usd(6) }},
		"another currency": {tune: func(b *approval.BatchApproval) { b.MaxTotalAmount = usd(5) },
			ask: func(a *kernel.ApprovalAsk) { a.Amount = &wire.MonetaryAmount{Units: 1, Currency: "EUR"} }},
		"two approvers needed": {ask: func(a *kernel.ApprovalAsk) { a.Approvers = 2 }},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, nil)
			b := d.add(d.batch(d.alice, tc.tune))
			ask := d.ask()
			if tc.ask != nil {
				tc.ask(ask)
			}
			a := d.decide(ask, now+tc.at)
			if a.State != tc.want {
				t.Fatalf("got %+v", a)
			}
			if tc.want != kernel.Granted {
				return
			}
			if a.ID == "" || a.BatchID != b.BatchID || a.ExpiresAt != b.NotAfter {
				t.Fatalf("got %+v", a)
			}
			if err := d.admit(ask, &a, now); err != nil {
				t.Fatal(err)
			}
			all, err := d.reg.Batches()
			if err != nil || len(all) != 1 || all[0].UsedCalls != 1 || ask.Amount != nil && all[0].UsedAmount != ask.Amount.Units {
				t.Fatalf("%+v, %v", all, err)
			}
		})
	}
}

func TestBatchNeverExceedsItsBoundsUnderConcurrency(t *testing.T) {
	const callers, room = 24, 7
	d := newDesk(t, nil)
	calls := uint32(1000)
	d.add(d.batch(d.alice, func(b *approval.BatchApproval) { b.MaxCalls, b.MaxTotalAmount = &calls, usd(room*3+2) }))
	var wg sync.WaitGroup
	ends := make(chan error, callers)
	start := make(chan struct{})
	for range callers {
		ask := d.ask()
		ask.Amount = usd(3)
		a := d.decide(ask, now)
		if a.State != kernel.Granted {
			t.Fatalf("nothing is used yet: %+v", a)
		}
		wg.Go(func() {
			<-start
			ends <- d.admit(ask, &a, now)
		})
	}
	close(start)
	wg.Wait()
	close(ends)
	admitted := 0
	for err := range ends {
		switch {
		case err == nil:
			admitted++
		case codeOf(err) != approval.CodeLapsed:
			t.Fatalf("unexpected end: %v", err)
		}
	}
	all, err := d.reg.Batches()
	if err != nil || admitted != room || all[0].UsedAmount != room*3 {
		t.Fatalf("%d admitted, %+v, %v", admitted, all, err)
	}
	ask := d.ask()
	ask.Amount = usd(3)
	if a := d.decide(ask, now); a.State != kernel.Awaited {
		t.Fatalf("a spent batch: %+v", a)
	}
}

func TestBatchCountsCalls(t *testing.T) {
	d := newDesk(t, nil)
	calls := uint32(2)
	for range 2 { // of two batches only one is used at a time
		d.add(d.batch(d.alice, func(b *approval.BatchApproval) { b.MaxCalls = &calls }))
	}
	d.add(d.batch(d.bob, func(b *approval.BatchApproval) { b.MaxCalls = &calls }))
	for i := range 6 {
		ask := d.ask()
		a := d.decide(ask, now)
		if a.State != kernel.Granted || strings.Contains(a.BatchID, ",") {
			t.Fatalf("call %d: %+v", i, a)
		}
		if err := d.admit(ask, &a, now); err != nil {
			t.Fatal(err)
		}
	}
	if a := d.decide(d.ask(), now); a.State != kernel.Awaited {
		t.Fatalf("a seventh of six: %+v", a)
	}
}

// A batch is one approver's vote: it adds to tokens, never twice for one key.
func TestBatchCountsAsOneVote(t *testing.T) {
	d := newDesk(t, func(c *approval.Config) { c.Threshold = 2 })
	d.add(d.batch(d.alice, nil))
	d.add(d.batch(d.alice, nil))
	ask, id := d.waiting() // one key, however many batches
	if q, err := d.respond(d.token(d.alice, ask, id, approval.Approved, nil), now); err != nil || q.State != approval.Waiting {
		t.Fatalf("%+v, %v", q, err)
	}
	if a := d.decide(ask, now); a.State != kernel.Awaited {
		t.Fatalf("one key as token and batch: %+v", a)
	}
	second := d.add(d.batch(d.bob, nil))
	a := d.decide(ask, now)
	if a.State != kernel.Granted || a.BatchID != second.BatchID || len(a.Approvers) != 2 || a.ExpiresAt != now+600 {
		t.Fatalf("token and batch: %+v", a)
	}
	if err := d.admit(ask, &a, now); err != nil {
		t.Fatal(err)
	}
	if q, err := d.reg.Get(id); err != nil || q.State != approval.Used || len(q.BatchIDs) != 1 {
		t.Fatalf("%+v, %v", q, err)
	}
	if a := d.decide(d.ask(), now); a.State != kernel.Granted || !strings.Contains(a.BatchID, ",") {
		t.Fatalf("two batches: %+v", a)
	}
	// With a batch of another the vote suffices, but it is the call that finds out.
	ask = d.ask()
	ask.Tool, ask.Guard = "delete_all", "mcp-tool"
	ask.Approvers = 3
	first := d.decide(ask, now)
	if err := d.pend(ask, first, now); err != nil {
		t.Fatal(err)
	}
	id = first.ID
	if q, err := d.respond(d.token(d.carol, ask, id, approval.Approved, nil), now); err != nil || q.State != approval.Waiting {
		t.Fatalf("%+v, %v", q, err)
	}
	if a := d.decide(ask, now); a.State != kernel.Granted {
		t.Fatalf("%+v", a)
	}
}

func TestBatchRevoked(t *testing.T) {
	d := newDesk(t, nil)
	doc := d.batch(d.alice, nil)
	b := d.add(doc)
	granted := d.ask()
	before := d.decide(granted, now)
	if got, err := d.reg.RevokeBatch(ctx, b.BatchID, now+1); err != nil || got.RevokedAt != now+1 {
		t.Fatalf("%+v, %v", got, err)
	}
	if got, err := d.reg.RevokeBatch(ctx, b.BatchID, now+2); err != nil || got.RevokedAt != now+1 {
		t.Fatalf("again: %+v, %v", got, err)
	}
	if code := codeOf(d.admit(granted, &before, now+1)); code != approval.CodeLapsed {
		t.Fatalf("granted before, admitted after: %s", code)
	}
	if again := d.add(doc); again.RevokedAt == 0 {
		t.Fatal("registering it again revived it")
	}
	if a := d.decide(d.ask(), now+1); a.State != kernel.Awaited {
		t.Fatalf("%+v", a)
	}
	if _, err := d.reg.RevokeBatch(ctx, "nothing", now); codeOf(err) != approval.CodeUnknown {
		t.Fatalf("unknown: %v", err)
	}
	if _, err := d.reg.Sweep(ctx, now+3600); err != nil {
		t.Fatal(err)
	}
	d.left(0)
	if _, err := d.reg.AddBatch(ctx, doc, now+3600); codeOf(err) != approval.CodeWindow {
		t.Fatalf("after its window: %v", err)
	}
}

func TestHostileBatches(t *testing.T) {
	d := newDesk(t, nil)
	good := d.batch(d.alice, nil)
	for name, tc := range map[string]struct {
		doc  []byte
		want kernel.Code
	}{
		"not json":       {[]byte("x"), approval.CodeBatch},
		"too large":      {[]byte(`"` + strings.Repeat("a", approval.TokenLimits.Bytes) + `"`), approval.CodeBatch},
		"not canonical":  {append([]byte("\n"), good...), approval.CodeBatch},
		"token":          {d.token(d.alice, d.ask(), newID(t), approval.Approved, nil), approval.CodeBatch},
		"forged":         {forged(t, good), approval.CodeBatch},
		"unsigned":       {unsigned(t, good), approval.CodeBatch},
		"another signer": {reseal(t, good, resignBatch(t, d.bob)), approval.CodeBatch},
		"untrusted":      {d.batch(key(t, 9), nil), approval.CodeUntrusted},
		"own agent":      {d.batch(d.agent, nil), approval.CodeUntrusted},
		"unknown member": {[]byte(strings.Replace(string(good), `"batch_id"`, `"a":1,"batch_id"`, 1)), approval.CodeBatch},
		"wider": {[]byte(strings.Replace(string(good), `"delete_*"`, `"*"`, 1)),
			approval.CodeBatch},
	} {
		if _, err := d.reg.AddBatch(ctx, tc.doc, now); codeOf(err) != tc.want {
			t.Errorf("%s: %v, want %s", name, err, tc.want)
		}
	}
	first := d.add(good)
	same := d.batch(d.alice, func(b *approval.BatchApproval) { b.BatchID, b.ToolPattern = first.BatchID, "*" })
	if _, err := d.reg.AddBatch(ctx, same, now); codeOf(err) != approval.CodeBatch {
		t.Errorf("another one under the same id: %v", err)
	}
	bad := map[string]func(*approval.BatchApproval){
		"id":             func(b *approval.BatchApproval) { b.BatchID = "1" },
		"empty server":   func(b *approval.BatchApproval) { b.ServerPattern = "" },
		"middle star":    func(b *approval.BatchApproval) { b.ToolPattern = "a*b" },
		"two stars":      func(b *approval.BatchApproval) { b.ToolPattern = "a**" },
		"long pattern":   func(b *approval.BatchApproval) { b.ToolPattern = strings.Repeat("a", 257) },
		"no bound":       func(b *approval.BatchApproval) { b.MaxCalls = nil },
		"only per call":  func(b *approval.BatchApproval) { b.MaxCalls, b.MaxAmountPerCall = nil, usd(1) },
		"too much money": func(b *approval.BatchApproval) { b.MaxTotalAmount = usd(wire.MaxUnits + 1) },
		"no currency":    func(b *approval.BatchApproval) { b.MaxTotalAmount = &wire.MonetaryAmount{Units: 1} },
		"two currencies": func(b *approval.BatchApproval) {
			b.MaxTotalAmount, b.MaxAmountPerCall = usd(1), &wire.MonetaryAmount{Units: 1, Currency: "EUR"}
		},
		"empty window":     func(b *approval.BatchApproval) { b.NotAfter = b.NotBefore },
		"long window":      func(b *approval.BatchApproval) { b.NotAfter = b.NotBefore + approval.MaxBatchSeconds + 1 },
		"negative time":    func(b *approval.BatchApproval) { b.NotBefore = -1 },
		"many guards":      func(b *approval.BatchApproval) { b.Guards = make([]string, 17) },
		"guard of no name": func(b *approval.BatchApproval) { b.Guards = []string{""} },
	}
	calls := uint32(1)
	for name, change := range bad {
		b := approval.BatchApproval{BatchID: newID(t), Subject: d.agent.Public(), ServerPattern: "*", ToolPattern: "*", MaxCalls: &calls, NotBefore: now, NotAfter: now + 1}
		change(&b)
		if _, err := approval.SignBatch(b, d.alice); err == nil {
			t.Errorf("%s: signed", name)
		}
		b.Schema, b.Approver = approval.BatchSchema, d.alice.Public()
		e, err := wire.Seal(approval.BatchSchema, b, d.alice)
		if err != nil {
			continue
		}
		if _, _, err := approval.ParseBatch(e.Bytes()); codeOf(err) != approval.CodeBatch {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func resignBatch(t *testing.T, by *wire.Key) func(*wire.Envelope) {
	return func(e *wire.Envelope) {
		e.Signatures = nil
		if err := e.AddSignature(approval.BatchSchema, by); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBatchesAreBounded(t *testing.T) {
	d := newDesk(t, func(c *approval.Config) { *c = approval.WithBounds(*c, 0, 0, 3) })
	for range 3 {
		d.add(d.batch(d.alice, nil))
	}
	if _, err := d.reg.AddBatch(ctx, d.batch(d.alice, nil), now); codeOf(err) != approval.CodeFull {
		t.Fatalf("a fourth: %v", err)
	}
	d = newDesk(t, nil)
	for range approval.MaxBatchesPerAgent {
		d.add(d.batch(d.alice, nil))
	}
	if _, err := d.reg.AddBatch(ctx, d.batch(d.alice, nil), now); codeOf(err) != approval.CodeFull {
		t.Fatalf("one agent's: %v", err)
	}
}

func TestTokensThatCannotBeSigned(t *testing.T) {
	d := newDesk(t, nil)
	for name, change := range map[string]func(*approval.Token){
		"id":          func(k *approval.Token) { k.ApprovalID = "1" },
		"decision":    func(k *approval.Token) { k.Decision = "maybe" },
		"long life":   func(k *approval.Token) { k.ExpiresAt = k.IssuedAt + approval.MaxTokenSeconds + 1 },
		"no life":     func(k *approval.Token) { k.ExpiresAt = k.IssuedAt },
		"before time": func(k *approval.Token) { k.IssuedAt = -1 },
		"long reason": func(k *approval.Token) { k.Reason = strings.Repeat("a", 1025) },
	} {
		k := approval.Token{ApprovalID: newID(t), Decision: approval.Approved, IssuedAt: now, ExpiresAt: now + 60}
		change(&k)
		if _, err := approval.SignToken(k, d.alice); err == nil {
			t.Errorf("%s: signed", name)
		}
		k.Schema, k.Approver = approval.TokenSchema, d.alice.Public()
		e, err := wire.Seal(approval.TokenSchema, k, d.alice)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := approval.ParseToken(e.Bytes()); codeOf(err) != approval.CodeToken {
			t.Errorf("%s: %v", name, err)
		}
	}
}
