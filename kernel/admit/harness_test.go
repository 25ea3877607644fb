package admit_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/admit"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

const now = 1_800_000_000

// disk is a backend that outlives the engines opened on it and can stop taking
// writes, which is what killing the process does to one.
type disk struct {
	store.Backend
	dead    atomic.Bool
	failing atomic.Int32 // this many Apply calls fail
	applied atomic.Int64
}

var errDisk = errors.New("no space left on device")

func (d *disk) Apply(w []store.Write) error {
	if d.dead.Load() || d.failing.Add(-1) >= 0 {
		return errDisk
	}
	d.failing.Store(0)
	d.applied.Add(1)
	return d.Backend.Apply(w)
}

func (d *disk) Close() error { return nil }

// process is everything that dies with the process.
type process struct {
	t         testing.TB
	disk      *disk
	db        *store.Engine
	admission *admit.Admission
	kernel    *kernel.Kernel
	key       *wire.Key
	agent     *wire.Key
	chain     []capability.Token
	ballast   admit.Ballast
	budgets   *budget.Tree
	parts     []admit.Participant
	failpoint func(string)
	dispatch  func(*kernel.Mandate) (kernel.Result, error)
	at        int64 // the clock
	limits    authority.NonceLimits
}

func key(t testing.TB, b byte) *wire.Key {
	t.Helper()
	k, err := wire.KeyFromSeed(bytes.Repeat([]byte{b}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func usd(units uint64) *wire.MonetaryAmount {
	return &wire.MonetaryAmount{Units: units, Currency: "USD"}
}

// newProcess has one capability of invocations calls and total cents; a call
// costs 3.
func newProcess(t testing.TB, invocations uint32, total uint64) *process {
	p := &process{t: t, disk: &disk{Backend: memory.NewBackend()}, key: key(t, 7), agent: key(t, 9), at: now}
	grant := capability.ToolGrant{ServerID: "files", ToolName: "read_file", Operations: []capability.Operation{capability.Invoke},
		MaxInvocations: &invocations, MaxTotalCost: usd(total)}
	p.restart()
	err := p.db.Update(context.Background(), func(tx store.Tx) error {
		if _, err := log.Init(tx, rand.Reader); err != nil {
			return err
		}
		c, err := authority.Issue(tx, authority.Request{Subject: p.agent.Public(), TTLSeconds: 100_000,
			Scope: capability.Scope{Grants: []capability.ToolGrant{grant}}}, p.key, now-10, rand.Reader)
		p.chain = c.Chain
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// restart opens the same disk as a new process would.
func (p *process) restart() {
	p.t.Helper()
	if p.db != nil {
		_ = p.db.Close()
	}
	p.disk.dead.Store(false)
	p.disk.failing.Store(0)
	var err error
	if p.db, err = store.Open(store.Config{Backend: p.disk}); err != nil {
		p.t.Fatal(err)
	}
	var nonces *authority.Nonces
	var revoked *authority.Revocations
	err = p.db.View(func(r store.Reader) error {
		if nonces, err = authority.OpenNonces(r, p.limits); err != nil {
			return err
		}
		revoked, err = authority.OpenRevocations(r, authority.RevocationConfig{DID: did.FromKey(p.key.Public()), MaxStalenessSeconds: 60})
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	clock := func() int64 { return p.at }
	fail := func(name string) {
		if p.failpoint != nil {
			p.failpoint(name)
		}
	}
	p.admission, err = admit.New(admit.Config{DB: p.db, Nonces: nonces, Budgets: p.budgets, Now: clock, Participants: p.parts, Ballast: p.ballast, Failpoint: fail})
	if err != nil {
		p.t.Fatal(err)
	}
	p.kernel, err = kernel.New(kernel.Config{Signer: p.key, Now: clock, Revocations: revoked, Dispatcher: p, Policies: p, Admission: p.admission, Failpoint: fail})
	if err != nil {
		p.t.Fatal(err)
	}
}

// sign makes the receipt of a call that was open when a process ended.
func (p *process) sign(in journal.Intent) (*receipt.Receipt, []byte, error) {
	r, err := admit.Incomplete(in, p.key.Public(), now+5)
	if err != nil {
		return nil, nil, err
	}
	raw, err := receipt.Sign(r, p.key)
	return r, raw, err
}

func (p *process) Route(context.Context, *kernel.Mandate) (kernel.Route, error) {
	return kernel.Route{Server: "files", Audience: p.key.Public(), Price: usd(3)}, nil
}

func (p *process) Dispatch(_ context.Context, m *kernel.Mandate, _ kernel.Route, _ kernel.Ticket) (kernel.Result, error) {
	if p.dispatch != nil {
		return p.dispatch(m)
	}
	return kernel.Result{Content: wire.Raw(`{"text":"hello"}`)}, nil
}

type allow struct{}

func (allow) Name() string { return "allow" }
func (allow) Evaluate(*kernel.Call) (kernel.Decision, error) {
	return kernel.Decision{Verdict: kernel.Allow}, nil
}

func (p *process) Policy(*kernel.Mandate, kernel.Route) (*kernel.Policy, error) {
	return &kernel.Policy{LocalHash: wire.Hash([]byte("policy")), Local: allow{}}, nil
}

// mandate is a call that the capability allows.
func (p *process) mandate() *kernel.Mandate {
	p.t.Helper()
	id, err := wire.NewUUIDv7(p.at*1000, rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	var nonce [16]byte
	if _, err := rand.Read(nonce[:]); err != nil {
		p.t.Fatal(err)
	}
	m := &kernel.Mandate{CallID: id, Server: "files", Tool: "read_file", Operation: capability.Invoke,
		Arguments: wire.Raw(`{"path":"notes/a.txt"}`), Chain: p.chain, Holder: receipt.Holder{Kind: "agent"}, Edge: "test"}
	m.Proof, err = capability.SignProof(capability.HolderProof{Schema: capability.ProofSchema, CallID: m.CallID,
		Audience: p.key.Public(), Server: "files", Tool: m.Tool, ArgsSHA256: wire.Hash(m.Arguments),
		CapabilityID: p.chain[0].ID, Nonce: hex.EncodeToString(nonce[:]), IssuedAt: p.at, AgentKey: p.agent.Public()}, p.agent)
	if err != nil {
		p.t.Fatal(err)
	}
	return m
}

func (p *process) call() kernel.Outcome { return p.kernel.Mediate(context.Background(), p.mandate()) }

// receipts returns the verdict words in the log by call id; the log itself
// and every receipt in it must verify.
func (p *process) receipts() map[string][]string {
	p.t.Helper()
	out := map[string][]string{}
	trust := receipt.TrustKernel(p.key.Public())
	err := p.db.View(func(r store.Reader) error {
		if _, err := log.Verify(r); err != nil {
			return err
		}
		return log.Scan(r, 0, func(index uint64, leaf []byte) error {
			rec, res, err := receipt.VerifyJSON(leaf, trust)
			if err != nil {
				return err
			}
			if !res.Intact() || !res.SignerTrusted {
				p.t.Errorf("receipt %d does not verify: %+v", index, res)
			}
			var md receipt.Metadata
			if err := wire.UnmarshalLenient(rec.Metadata, &md, wire.DocumentLimits); err != nil {
				return err
			}
			out[md.CallID] = append(out[md.CallID], rec.Decision.Verdict)
			return nil
		})
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

func (p *process) purse() (budget.Purse, uint64) {
	p.t.Helper()
	var a budget.Account
	err := p.db.View(func(r store.Reader) (err error) {
		a, err = budget.Snapshot(r, p.chain[0].Ref(), 0)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return a.Purse("USD"), a.Invocations
}

func (p *process) open() []journal.Intent {
	p.t.Helper()
	var open []journal.Intent
	err := p.db.View(func(r store.Reader) (err error) {
		open, err = journal.Open(r)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return open
}
