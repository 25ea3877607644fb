package federation

import (
	"crypto/rand"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const startTime = 1_800_000_000

// org is one organisation with a running host and a memory store.
type org struct {
	t         testing.TB
	db        store.DB
	org       *wire.Key
	kernel    *wire.Key
	transport *wire.Key
	bindings  Bindings
	host      *p2p.Host
	service   *Service
	clock     *atomic.Int64
	self      Self
}

type option func(*Config)

func key(t testing.TB, seed byte) *wire.Key {
	t.Helper()
	b := make([]byte, 32)
	for i := range b {
		b[i] = seed
	}
	k, err := wire.KeyFromSeed(b)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// newOrg starts an organisation whose three keys follow from seed.
func newOrg(t testing.TB, seed byte, opts ...option) *org {
	t.Helper()
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	o := &org{
		t: t, db: db, org: key(t, seed), kernel: key(t, seed+1), transport: key(t, seed+2), clock: new(atomic.Int64),
	}
	o.clock.Store(startTime)
	o.bindings = o.bind(1, o.transport, o.kernel)
	o.self = Self{
		Kernel: o.kernel.Public(), PolicyHash: wire.Hash([]byte{seed}), GuardNames: []string{"forbidden-path"},
		SettlementAddress: address(seed), OracleAddress: address(seed + 100),
	}
	o.start(opts...)
	return o
}

func (o *org) bind(sequence uint64, transport, kernel *wire.Key) Bindings {
	o.t.Helper()
	var out Bindings
	for role, k := range map[did.Role]*wire.Key{did.RoleTransport: transport, did.RoleKernel: kernel} {
		env, err := did.Bind(o.org, k, did.Term{
			Role: role, Sequence: sequence, NotBefore: startTime - 100, NotAfter: startTime + did.MaxBindingSeconds - 100,
		})
		if err != nil {
			o.t.Fatal(err)
		}
		if role == did.RoleTransport {
			out.Transport = env
		} else {
			out.Kernel = env
		}
	}
	return out
}

func (o *org) start(opts ...option) {
	o.t.Helper()
	dir, err := OpenDirectory(o.db, o.clock.Load)
	if err != nil {
		o.t.Fatal(err)
	}
	host, err := p2p.New(p2p.Config{Key: o.transport, Allow: dir.Knows, Trusted: dir.Trusts, Open: true,
		Clock: func() time.Time { return time.Unix(o.clock.Load(), 0) }})
	if err != nil {
		o.t.Fatal(err)
	}
	cfg := Config{
		Host: host, Directory: dir, DB: o.db, Org: o.org, Terms: testTerms(),
		Bindings: func() Bindings { return o.bindings }, Self: func() Self { return o.self },
		Now: o.clock.Load, Rand: rand.Reader,
	}
	for _, opt := range opts {
		opt(&cfg)
	}
	if o.service, err = New(cfg); err != nil {
		o.t.Fatal(err)
	}
	if err := host.Start(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
	o.host = host
	o.t.Cleanup(func() { _ = host.Stop() })
}

// restart closes the host and opens everything again over the same store.
func (o *org) restart(opts ...option) {
	o.t.Helper()
	if err := o.host.Stop(); err != nil {
		o.t.Fatal(err)
	}
	o.start(opts...)
}

func (o *org) did() did.DID { return did.FromKey(o.org.Public()) }

// address is what federate accepts.
func (o *org) address() string { return o.did().String() + "@" + o.host.Addrs()[0] }

func (o *org) record(of *org) Record {
	o.t.Helper()
	rec, err := o.service.Directory().Peer(of.did())
	if err != nil {
		o.t.Fatal(err)
	}
	return rec
}

func address(seed byte) string {
	d := wire.Hash([]byte{seed})
	return "0x" + d.String()[:40]
}

// testTerms let any tool of server files be called, except delete_file, and
// sell read_file.
func testTerms() Terms {
	return Terms{
		Ingress: policy.Section{
			ForbiddenPaths: &policy.ForbiddenPaths{Patterns: []string{"**/.env"}},
			ToolAccess:     &policy.ToolAccess{Block: []string{"delete_file"}, Default: policy.DefaultAllow},
		},
		Egress: policy.Section{ForbiddenPaths: &policy.ForbiddenPaths{Patterns: []string{"**/secrets/**"}}},
		CapabilitySurface: []SurfaceTool{
			{Server: "files", Tool: "read_file", Operations: []capability.Operation{capability.Invoke},
				Price: &wire.MonetaryAmount{Units: 3, Currency: "USD"}},
			{Server: "files", Tool: "*", Operations: []capability.Operation{capability.Invoke}},
		},
		AcceptedCurrencies: []string{"USD"},
		Money:              &MoneyTerms{Currency: "USD", SettleCurrency: "USDC", CreditMinor: 500, MaxUnvoucheredMinor: 100},
		Settlement: &SettlementTerms{
			ChainID: "eip155:31337", Token: address(200), ChannelContract: address(201),
		},
		Oracle: &OracleTerms{Operators: []string{}, MinOperators: 2, MaxAgeSeconds: 120, MaxDivergenceBps: 200, MarginBps: 50},
	}
}

// admitPeers lets an organisation accept whatever these propose.
func admitPeers(peers ...did.DID) option {
	return func(c *Config) { c.Admission.Peers = append(c.Admission.Peers, peers...) }
}

// federate makes a treaty that b's admission rule accepts.
func federate(t testing.TB, a, b *org) wire.Digest {
	t.Helper()
	p, err := a.service.Preview(t.Context(), b.address())
	if err != nil {
		t.Fatal(err)
	}
	rec, err := a.service.Propose(t.Context(), b.did(), p.TreatyHash)
	if err != nil {
		t.Fatal(err)
	}
	if rec.State != Active {
		t.Fatalf("after the proposal the peer is %s", rec.State)
	}
	return p.TreatyHash
}

func didOf(t testing.TB, seed byte) did.DID { return did.FromKey(key(t, seed).Public()) }
