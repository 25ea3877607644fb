package kernel_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"sync"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

const now = 1_800_000_000

// harness is a kernel whose every collaborator can be made to misbehave.
type harness struct {
	t             testing.TB
	kernelKey     *wire.Key
	agent         *wire.Key
	chain         []capability.Token
	switches      fakeSwitches
	revocations   fakeRevocations
	dispatcher    fakeDispatcher
	policies      fakePolicies
	admission     fakeAdmission
	dispatchCalls int
}

func key(t testing.TB, b byte) *wire.Key {
	t.Helper()
	k, err := wire.KeyFromSeed(bytes.Repeat([]byte{b}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newHarness(t testing.TB) *harness {
	h := &harness{t: t, kernelKey: key(t, 7), agent: key(t, 9)}
	h.chain = []capability.Token{h.token(capability.ToolGrant{ServerID: "files", ToolName: "read_file",
		Operations: []capability.Operation{capability.Invoke}})}
	h.dispatcher.route = func(*kernel.Mandate) (kernel.Route, error) {
		return kernel.Route{Server: "files", Audience: h.kernelKey.Public()}, nil
	}
	h.dispatcher.dispatch = func(*kernel.Mandate, kernel.Ticket) (kernel.Result, error) {
		h.dispatchCalls++
		return kernel.Result{Content: wire.Raw(`{"text":"hello"}`)}, nil
	}
	h.policies.policy = func() (*kernel.Policy, error) {
		return &kernel.Policy{LocalHash: wire.Hash([]byte("policy")), Local: verdictGuard{kernel.Allow}}, nil
	}
	return h
}

func (h *harness) token(grants ...capability.ToolGrant) capability.Token {
	h.t.Helper()
	id, err := wire.NewUUIDv7(now*1000, rand.Reader)
	if err != nil {
		h.t.Fatal(err)
	}
	tok, err := capability.Sign(capability.Token{ID: id, Subject: h.agent.Public(), IssuedAt: now - 10, ExpiresAt: now + 600,
		Scope: capability.Scope{Grants: grants}}, h.kernelKey)
	if err != nil {
		h.t.Fatal(err)
	}
	return *tok
}

func (h *harness) kernel() *kernel.Kernel {
	h.t.Helper()
	k, err := kernel.New(kernel.Config{Signer: h.kernelKey, Now: func() int64 { return now }, Switches: &h.switches,
		Revocations: &h.revocations, Dispatcher: &h.dispatcher, Policies: &h.policies, Admission: &h.admission})
	if err != nil {
		h.t.Fatal(err)
	}
	return k
}

// mandate builds a well-formed, proved mandate for files/read_file.
func (h *harness) mandate() *kernel.Mandate {
	h.t.Helper()
	id, err := wire.NewUUIDv7(now*1000, rand.Reader)
	if err != nil {
		h.t.Fatal(err)
	}
	m := &kernel.Mandate{CallID: id, Server: "files", Tool: "read_file", Operation: capability.Invoke,
		Arguments: wire.Raw(`{"path":"notes/a.txt"}`), Chain: h.chain, Holder: receipt.Holder{Kind: "agent"}, Edge: "test"}
	h.prove(m, func(*capability.HolderProof) {})
	return m
}

func (h *harness) prove(m *kernel.Mandate, change func(*capability.HolderProof)) {
	h.t.Helper()
	var nonce [16]byte
	if _, err := rand.Read(nonce[:]); err != nil {
		h.t.Fatal(err)
	}
	args, err := wire.Canonicalize(m.Arguments, wire.ForeignLimits)
	if err != nil {
		h.t.Fatal(err)
	}
	p := capability.HolderProof{Schema: capability.ProofSchema, CallID: m.CallID, Audience: h.kernelKey.Public(), Server: "files",
		Tool: m.Tool, ArgsSHA256: wire.Hash(args), CapabilityID: h.chain[len(h.chain)-1].ID, Nonce: hex.EncodeToString(nonce[:]),
		IssuedAt: now, AgentKey: h.agent.Public()}
	change(&p)
	if m.Proof, err = capability.SignProof(p, h.agent); err != nil {
		h.t.Fatal(err)
	}
}

var errBroken = errors.New("broken on purpose")

type fakeSwitches struct{ stop func() *kernel.Denial }

func (f *fakeSwitches) Stopped(*kernel.Mandate) *kernel.Denial {
	if f.stop == nil {
		return nil
	}
	return f.stop()
}

type fakeRevocations struct{ check func() *kernel.Denial }

func (f *fakeRevocations) Check([]capability.Token, *kernel.PassportRef, wire.PublicKey, *kernel.Origin, int64) *kernel.Denial {
	if f.check == nil {
		return nil
	}
	return f.check()
}
func (f *fakeRevocations) Epoch() uint64 { return 3 }

type fakeDispatcher struct {
	route    func(*kernel.Mandate) (kernel.Route, error)
	dispatch func(*kernel.Mandate, kernel.Ticket) (kernel.Result, error)
}

func (f *fakeDispatcher) Route(_ context.Context, m *kernel.Mandate) (kernel.Route, error) {
	return f.route(m)
}
func (f *fakeDispatcher) Dispatch(_ context.Context, m *kernel.Mandate, _ kernel.Route, t kernel.Ticket) (kernel.Result, error) {
	return f.dispatch(m, t)
}

type fakePolicies struct {
	policy func() (*kernel.Policy, error)
}

func (f *fakePolicies) Policy(*kernel.Mandate, kernel.Route) (*kernel.Policy, error) {
	return f.policy()
}

// fakeAdmission records what was made durable, in order.
type fakeAdmission struct {
	mu                             sync.Mutex
	ready, admitErr, closeErr, ref error
	panicIn                        string
	closed                         []*kernel.Closing
	refused                        []*kernel.Refusal
	admitted                       []*kernel.Admittance
}

func (f *fakeAdmission) Ready() error { f.boom("ready"); return f.ready }

func (f *fakeAdmission) Admit(_ context.Context, a *kernel.Admittance) (kernel.Ticket, error) {
	f.boom("admit")
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.admitErr != nil {
		return kernel.Ticket{}, f.admitErr
	}
	f.admitted = append(f.admitted, a)
	return kernel.Ticket{CallID: a.Call.Mandate.CallID, Charge: a.Charge}, nil
}

func (f *fakeAdmission) Close(_ context.Context, c *kernel.Closing) error {
	f.boom("close")
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closeErr == nil {
		f.closed = append(f.closed, c)
	}
	return f.closeErr
}

func (f *fakeAdmission) Refuse(_ context.Context, r *kernel.Refusal) error {
	f.boom("refuse")
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ref == nil {
		f.refused = append(f.refused, r)
	}
	return f.ref
}

func (f *fakeAdmission) boom(where string) {
	if f.panicIn == where {
		panic("boom in " + where)
	}
}

type verdictGuard struct{ v kernel.Verdict }

func (g verdictGuard) Name() string { return "fixed" }
func (g verdictGuard) Evaluate(*kernel.Call) (kernel.Decision, error) {
	return kernel.Decision{Verdict: g.v, Evidence: []kernel.Evidence{{Guard: "fixed", Verdict: g.v, Code: "CHIO-GUARD-FIXED", Details: "fixed verdict"}}}, nil
}

type errGuard struct{}

func (errGuard) Name() string { return "broken" }
func (errGuard) Evaluate(*kernel.Call) (kernel.Decision, error) {
	return kernel.Decision{Verdict: kernel.Allow}, errBroken
}

type panicGuard struct{}

func (panicGuard) Name() string                                   { return "panicking" }
func (panicGuard) Evaluate(*kernel.Call) (kernel.Decision, error) { panic("boom") }

type outGuard struct {
	fn func(wire.Raw) (kernel.OutputDecision, error)
}

func (outGuard) Name() string { return "output" }
func (g outGuard) Inspect(_ *kernel.Call, c wire.Raw) (kernel.OutputDecision, error) {
	return g.fn(c)
}
