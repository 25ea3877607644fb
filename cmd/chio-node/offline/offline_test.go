package offline_test

import (
	"bytes"
	"crypto/sha256"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed/signed"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	now = 1_790_000_000
	day = 24 * 3600
	// vectorTime is inside the windows of the capability vectors.
	vectorTime = 1_710_000_400
)

func key(t testing.TB, fill byte) *wire.Key {
	t.Helper()
	k, err := wire.KeyFromSeed(bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func didOf(t testing.TB, fill byte) did.DID { return did.FromKey(key(t, fill).Public()) }

// scalar is a secp256k1 private key for a name.
func scalar(name string) []byte { s := sha256.Sum256([]byte(name)); return s[:] }

// passports returns a file of an active passport and one of a revoked one.
func passports(t testing.TB) (active, revoked []byte) {
	t.Helper()
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	r, err := passport.NewRegistry(passport.Config{DB: db, Org: key(t, 7), Rand: rand.NewChaCha8([32]byte{1})})
	if err != nil {
		t.Fatal(err)
	}
	p, active, err := r.Issue(t.Context(), passport.Request{ValidFrom: now, TTLSeconds: 30 * day, Subject: passport.Subject{
		ID: didOf(t, 9), Name: "researcher", Organization: "acme", Roles: []string{"reader"}, AutonomyTier: passport.TierDirect}}, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Revoke(t.Context(), p.ID, "left", now+1); err != nil {
		t.Fatal(err)
	}
	if revoked, err = r.File(t.Context(), p.ID, now+2); err != nil {
		t.Fatal(err)
	}
	return active, revoked
}

func treaty(t testing.TB, signers ...byte) []byte {
	t.Helper()
	a, b := didOf(t, 7), didOf(t, 8)
	if a > b {
		a, b = b, a
	}
	env, err := wire.Seal(federation.TreatySchema, federation.Treaty{
		Schema: federation.TreatySchema, Parties: [2]did.DID{a, b}, Revision: 1, Window: federation.Window{NotBefore: now, Expires: now + day},
	}, key(t, signers[0]))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range signers[1:] {
		if err := env.AddSignature(federation.TreatySchema, key(t, s)); err != nil {
			t.Fatal(err)
		}
	}
	return env.Bytes()
}

// statement is signed by the kernel keys that trusting names.
func statement(t testing.TB, signers ...byte) []byte {
	t.Helper()
	cents := wire.MonetaryAmount{Units: 9, Currency: "USD"}
	st := settlement.Statement{Schema: settlement.StatementSchema, Treaty: wire.Hash([]byte("treaty")), Payer: didOf(t, 7), Payee: didOf(t, 8),
		Sequence: 1, Period: settlement.Period{From: now, To: now + 9}, ReceiptsRoot: wire.Hash([]byte("root")), Count: 3, Gross: cents,
		Rounds: []settlement.RoundTotal{{Round: wire.Hash([]byte("round")), Count: 3, Gross: 9, Net: 90_000}},
		Net:    wire.MonetaryAmount{Units: 90_000, Currency: "USDC"}, Cumulative: 90_000, ChainID: "eip155:31337", Channel: wire.Hash([]byte("channel"))}
	env, err := wire.Seal(settlement.StatementSchema, st, key(t, signers[0]+100))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range signers[1:] {
		if err := env.AddSignature(settlement.StatementSchema, key(t, s+100)); err != nil {
			t.Fatal(err)
		}
	}
	return env.Bytes()
}

func voucher(t testing.TB) []byte {
	t.Helper()
	payer, err := evm.KeyFromScalar(scalar("payer"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := evm.SignVoucher(payer, 31337, evm.Address{1}, evm.ChannelParams{Payer: payer.Address(), Payee: evm.Address{2}, Token: evm.Address{3}},
		90_000, wire.Hash([]byte("a statement")))
	if err != nil {
		t.Fatal(err)
	}
	return v.Bytes()
}

// price returns evidence of a conversion and the operators that signed it.
func price(t testing.TB) (doc []byte, operators []string) {
	t.Helper()
	var observations []oracle.Signed
	for name, value := range map[string]int64{"acme": 99_990_000, "globex": 100_010_000} {
		k, err := signed.KeyFromScalar(scalar(name))
		if err != nil {
			t.Fatal(err)
		}
		s, err := k.Sign(signed.Reading{Pair: oracle.Pair{Base: "USDC", Quote: "USD"}, Value: value, Expo: -8,
			ObservedAt: now, ValidUntil: now + 300, Source: wire.Hash([]byte(name)), Sequence: 1})
		if err != nil {
			t.Fatal(err)
		}
		observations, operators = append(observations, *s), append(operators, k.Operator())
	}
	r, err := oracle.NewRound(observations...)
	if err != nil {
		t.Fatal(err)
	}
	p, err := oracle.Verify(r, oracle.Operators{Addresses: operators, Min: 2, MaxAgeSeconds: 60, MaxDivergenceBps: 50}, signed.Verify, now)
	if err != nil {
		t.Fatal(err)
	}
	c := oracle.Converter{Currencies: wire.DefaultCurrencies()}
	e, err := c.Prove(wire.MonetaryAmount{Units: 9, Currency: "USD"}, r, p, "USDC", oracle.RuleSettle)
	if err != nil {
		t.Fatal(err)
	}
	return e.Bytes(), operators
}

// vector reads a test vector of package receipt or capability.
func vector(t testing.TB, pkg, name string) []byte {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join("..", "..", "..", "kernel", pkg, "testdata", "vectors", name))
	if err != nil {
		t.Fatal(err)
	}
	canonical, err := wire.Canonicalize(doc, wire.ForeignLimits)
	if err != nil {
		t.Fatal(err)
	}
	return canonical
}

// trusting names organisations, and the kernel and witness of the vectors.
func trusting(t testing.TB, fills ...byte) *receipt.TrustSet {
	t.Helper()
	set, err := receipt.ParseTrustSet(vector(t, "receipt", "trust.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fills {
		set.Kernels = append(set.Kernels, receipt.TrustedKernel{Key: key(t, f+100).Public(), DID: didOf(t, f).String(), Logs: []string{}})
	}
	return set
}
