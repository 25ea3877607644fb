package settlement_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed/signed"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/wire"
)

func (w *world) trust() settlement.Kernels {
	return settlement.Kernels{w.acme.did: {w.acme.kernel.Public()}, w.globex.did: {w.globex.kernel.Public()}}
}

// The files verify offline, together, and one changed bit anywhere is refused.
func TestFilesVerifyAndNoByteIsFree(t *testing.T) {
	w := settled(t)
	statement, voucher, prices := w.globex.files(settlement.In)
	st, err := settlement.VerifyStatement(statement, w.trust())
	must(t, err)
	v, err := settlement.VerifyVoucher(voucher, parseVoucher, st)
	if err != nil || v.Cumulative != 99_990 {
		t.Fatalf("voucher %+v, %v", v, err)
	}
	currencies := wire.DefaultCurrencies()
	p, err := settlement.VerifyPrices(prices, w.terms.Oracle, signed.Verify, currencies, st)
	if err != nil || len(p.Body.Evidence) != 1 {
		t.Fatalf("prices %+v, %v", p, err)
	}
	for name, c := range map[string]struct {
		doc    []byte
		verify func([]byte) error
	}{
		"statement": {statement, func(b []byte) error { _, err := settlement.VerifyStatement(b, w.trust()); return err }},
		"voucher":   {voucher, func(b []byte) error { _, err := settlement.VerifyVoucher(b, parseVoucher, nil); return err }},
		"prices": {prices, func(b []byte) error {
			_, err := settlement.VerifyPrices(b, w.terms.Oracle, signed.Verify, currencies, nil)
			return err
		}},
	} {
		for i := range c.doc {
			bad := append([]byte(nil), c.doc...)
			bad[i] ^= 1
			if c.verify(bad) == nil {
				t.Fatalf("%s: byte %d of %d is free: %s", name, i, len(bad), c.doc[max(0, i-20):min(len(bad), i+20)])
			}
		}
		if c.verify(append(append([]byte(nil), c.doc...), '\n')) == nil {
			t.Errorf("%s: a trailing byte is free", name)
		}
	}
}

func TestVerifyStatementNeedsBothTrustedKernels(t *testing.T) {
	w := settled(t)
	doc, voucher, prices := w.acme.files(settlement.Out)
	one := w.trust()
	delete(one, w.globex.did)
	swapped := settlement.Kernels{w.acme.did: w.trust()[w.globex.did], w.globex.did: w.trust()[w.globex.did]}
	for name, c := range map[string]struct {
		doc   []byte
		trust settlement.Kernels
	}{"nobody trusted": {doc, nil}, "one trusted": {doc, one}, "wrong key": {doc, swapped}, "one signature": {w.payerSigned(doc), w.trust()}} {
		if _, err := settlement.VerifyStatement(c.doc, c.trust); !errors.Is(err, settlement.ErrUntrusted) {
			t.Errorf("%s: %v", name, err)
		}
	}
	st, err := settlement.VerifyStatement(doc, w.trust())
	must(t, err)
	other := *st
	other.Treaty = wire.Hash([]byte("another"))
	if _, err := settlement.VerifyVoucher(voucher, parseVoucher, &other); !errors.Is(err, settlement.ErrVoucher) {
		t.Errorf("voucher of another statement: %v", err)
	}
	if _, err := settlement.VerifyPrices(prices, w.terms.Oracle, signed.Verify, wire.DefaultCurrencies(), &other); err == nil {
		t.Error("prices of another statement were accepted")
	}
}

// Check refuses each way not to add up.
func TestStatementMustAddUp(t *testing.T) {
	w := settled(t)
	doc, _, _ := w.acme.files(settlement.Out)
	for i, change := range []func(*settlement.Statement){
		func(s *settlement.Statement) { s.Schema = "chio.statement.v2" },
		func(s *settlement.Statement) { s.Payee = s.Payer },
		func(s *settlement.Statement) { s.ChainID = "" },
		func(s *settlement.Statement) { s.Channel = wire.Digest{} },
		func(s *settlement.Statement) { s.Sequence = 0 },
		func(s *settlement.Statement) { s.Sequence = 2 },
		func(s *settlement.Statement) { id := wire.Digest{1}; s.Previous = &id },
		func(s *settlement.Statement) { s.Count = 0 },
		func(s *settlement.Statement) { s.Count = settlement.MaxReceipts + 1 },
		func(s *settlement.Statement) { s.Period.To = s.Period.From - 1 },
		func(s *settlement.Statement) { s.Gross.Units++ },
		func(s *settlement.Statement) { s.Net.Units-- },
		func(s *settlement.Statement) { s.Cumulative++ },
		func(s *settlement.Statement) { s.Rounds = nil },
		func(s *settlement.Statement) { s.Rounds = append(s.Rounds[:1:1], s.Rounds[0]) },
		func(s *settlement.Statement) {
			s.Rounds = append(s.Rounds[:0:0], s.Rounds...)
			s.Rounds[0].Net = wire.MaxUnits + 1
		},
		func(s *settlement.Statement) { s.Net.Currency = s.Gross.Currency },
	} {
		st, _, err := settlement.ParseStatement(doc)
		must(t, err)
		change(st)
		if err := st.Check(); !errors.Is(err, settlement.ErrStatement) {
			t.Errorf("change %d: %v", i, err)
		}
		env, err := wire.Seal(st.Schema, st, w.acme.kernel)
		must(t, err)
		if _, _, err := settlement.ParseStatement(env.Bytes()); err == nil {
			t.Errorf("change %d parses", i)
		}
	}
}

func TestConfigNamesWhatIsMissing(t *testing.T) {
	w := newWorld(t)
	full := settlement.Config{Self: w.acme.did, DB: w.acme.db, Kernel: w.acme.kernel, Treaties: w.acme, Counterparty: w.acme,
		VerifyPrice: signed.Verify, Now: func() int64 { return now }}
	if _, err := settlement.New(full); err != nil {
		t.Fatal(err)
	}
	for i, strip := range []func(*settlement.Config){
		func(c *settlement.Config) { c.Self = "" }, func(c *settlement.Config) { c.DB = nil },
		func(c *settlement.Config) { c.Kernel = nil }, func(c *settlement.Config) { c.Treaties = nil },
		func(c *settlement.Config) { c.Counterparty = nil }, func(c *settlement.Config) { c.VerifyPrice = nil },
		func(c *settlement.Config) { c.Now = nil }, func(c *settlement.Config) { c.Rails = []settlement.Rail{nil} },
	} {
		c := full
		strip(&c)
		if _, err := settlement.New(c); !errors.Is(err, settlement.ErrConfig) {
			t.Errorf("config %d: %v", i, err)
		}
	}
	none := full
	s, err := settlement.New(none)
	must(t, err)
	if _, err := s.Fund(t.Context(), w.globex.did, 1); !errors.Is(err, settlement.ErrRail) {
		t.Errorf("funding without a rail: %v", err)
	}
	if _, err := s.Fund(t.Context(), w.globex.did, 0); !errors.Is(err, wire.ErrAmount) {
		t.Errorf("funding nothing: %v", err)
	}
}

// FuzzStatement: what parses is its own canonical form and adds up.
func FuzzStatement(f *testing.F) {
	f.Add([]byte(`{"body":{"schema":"chio.statement.v1"},"signatures":[]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		st, env, err := settlement.ParseStatement(doc)
		if err != nil {
			return
		}
		if string(env.Bytes()) != string(doc) || string(wire.MustMarshal(st)) != string(env.Body) || st.Check() != nil {
			t.Fatalf("accepted %s", doc)
		}
	})
}

// FuzzPrices: what verifies, with nobody trusted beyond the test's operators,
// is its own canonical form.
func FuzzPrices(f *testing.F) {
	operators := oracle.Operators{Min: 2, MaxAgeSeconds: 120, MaxAheadSeconds: 60, MaxDivergenceBps: 100}
	for i := range 2 {
		k, err := signed.KeyFromScalar(scalar(fmt.Sprint("operator ", i)))
		must(f, err)
		operators.Addresses = append(operators.Addresses, k.Operator())
	}
	f.Add([]byte(`{"body":{"evidence":[],"schema":"chio.statement_prices.v1","statement":""},"id":""}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		p, err := settlement.VerifyPrices(doc, operators, signed.Verify, wire.DefaultCurrencies(), nil)
		if err != nil {
			return
		}
		if string(wire.MustMarshal(p)) != string(doc) {
			t.Fatalf("accepted %s", doc)
		}
	})
}
