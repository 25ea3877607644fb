package federation

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/wire"
)

func TestLoadTermsExample(t *testing.T) {
	doc, err := os.ReadFile("testdata/terms.yaml")
	if err != nil {
		t.Fatal(err)
	}
	terms, err := LoadTerms("terms.yaml", doc)
	if err != nil {
		t.Fatal(err)
	}
	self := Self{Kernel: key(t, 11).Public(), SettlementAddress: address(10), OracleAddress: address(110)}
	if _, err := newAttestation(terms.fill(self), self, didOf(t, 10), didOf(t, 20), nil, startTime); err != nil {
		t.Fatal(err)
	}
	again, err := LoadTerms("terms.json", wire.MustMarshal(terms))
	if err != nil {
		t.Fatal(err)
	}
	one, two := wire.MustMarshal(terms), wire.MustMarshal(again)
	if string(one) != string(two) {
		t.Fatalf("YAML and JSON differ:\n%s\n%s", one, two)
	}
}

func TestLoadTermsRefuses(t *testing.T) {
	const good = "ingress:\n  tool_access:\n    default: allow\n"
	for name, c := range map[string]struct{ doc, says string }{
		"empty":                   {"", ""},
		"a comment":               {"# nothing\n", ""},
		"a list":                  {"- ingress\n", "mapping"},
		"two documents":           {good + "---\n" + good, "more than one document"},
		"unknown key":             {good + "ingres: {}\n", ":4:"},
		"unknown nested key":      {good + "money:\n  currency: USD\n  credit: 5\n", ":6:"},
		"unknown policy key":      {"ingress:\n  tool_acces: {}\n", ":2:"},
		"a block out of subset":   {"ingress:\n  velocity:\n    max_requests_per_agent: 1\n", "velocity"},
		"repeated section":        {good + good, "repeated"},
		"repeated key":            {good + "ttl_seconds: 1\nttl_seconds: 2\n", "repeated"},
		"anchor":                  {good + "accepted_currencies: &x [USD]\n", "anchor"},
		"float":                   {good + "ttl_seconds: 1.5\n", "1.5"},
		"hex":                     {good + "ttl_seconds: 0x10\n", "decimal"},
		"negative":                {good + "ttl_seconds: -1\n", "-1"},
		"null":                    {good + "ttl_seconds: null\n", "null"},
		"unquoted yes":            {good + "accepted_currencies: [yes]\n", ""},
		"json with unknown key":   {`{"ingress":{"x":1}}`, "ingress"},
		"json with duplicate key": {`{"ttl_seconds":1,"ttl_seconds":1}`, "duplicate"},
		"json with bad section":   {`{"ingress":{"forbidden_paths":{"patterns":[]}}}`, "patterns"},
		"too large":               {strings.Repeat("#", maxTermsBytes+1), "limit"},
		"too deep":                {good + "money: " + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "\n", "deep"},
	} {
		t.Run(name, func(t *testing.T) {
			terms, err := LoadTerms("terms.yaml", []byte(c.doc))
			if name == "unquoted yes" { // text in YAML 1.2; the currency check refuses it
				if err == nil {
					err = terms.check()
				}
			}
			if !errors.Is(err, ErrTerms) || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("got %v, want it to say %q", err, c.says)
			}
		})
	}
}

func TestTermsCheck(t *testing.T) {
	surface := func(e SurfaceTool) func(*Terms) { return func(t *Terms) { t.CapabilitySurface = []SurfaceTool{e} } }
	invoke := []capability.Operation{capability.Invoke}
	for name, change := range map[string]func(*Terms){
		"no server":            surface(SurfaceTool{Tool: "x", Operations: invoke}),
		"server with a path":   surface(SurfaceTool{Server: "a/b", Tool: "x", Operations: invoke}),
		"tool with a NUL":      surface(SurfaceTool{Server: "a", Tool: "x\x00", Operations: invoke}),
		"no operations":        surface(SurfaceTool{Server: "a", Tool: "x"}),
		"unknown operation":    surface(SurfaceTool{Server: "a", Tool: "x", Operations: []capability.Operation{"own"}}),
		"price overflow":       surface(SurfaceTool{Server: "a", Tool: "x", Operations: invoke, Price: &wire.MonetaryAmount{Units: wire.MaxUnits + 1, Currency: "USD"}}),
		"price elsewhere":      surface(SurfaceTool{Server: "a", Tool: "x", Operations: invoke, Price: &wire.MonetaryAmount{Units: 1, Currency: "EUR"}}),
		"price without money":  func(t *Terms) { t.Money = nil },
		"money without chain":  func(t *Terms) { t.Settlement = nil },
		"two currencies alone": func(t *Terms) { t.Oracle = nil },
		"currency refused":     func(t *Terms) { t.AcceptedCurrencies = []string{"EUR"} },
		"lower-case currency":  func(t *Terms) { t.AcceptedCurrencies = []string{"usd"} },
		"chain without eip155": func(t *Terms) { t.Settlement.ChainID = "31337" },
		"chain with a zero":    func(t *Terms) { t.Settlement.ChainID = "eip155:01" },
		"zero address":         func(t *Terms) { t.Settlement.Token = "0x" + strings.Repeat("0", 40) },
		"short address":        func(t *Terms) { t.Settlement.ChannelContract = "0x1234" },
		"one operator enough":  func(t *Terms) { t.Oracle.MinOperators = 1 },
		"no maximum age":       func(t *Terms) { t.Oracle.MaxAgeSeconds = 0 },
		"margin over 100 %":    func(t *Terms) { t.Oracle.MarginBps = 10_001 },
		"operator not hex":     func(t *Terms) { t.Oracle.Operators = []string{"operator"} },
		"repeated tool": func(t *Terms) {
			t.CapabilitySurface = append(t.CapabilitySurface, t.CapabilitySurface[0])
		},
		"too many tools": func(t *Terms) {
			for i := range maxSurface + 1 {
				t.CapabilitySurface = append(t.CapabilitySurface, SurfaceTool{Server: "s", Tool: strings.Repeat("x", i/200+1) + string(rune('!'+i%90)), Operations: invoke})
			}
		},
		"for ever":     func(t *Terms) { t.TTLSeconds = maxTermSeconds + 1 },
		"bad glob":     func(t *Terms) { t.Ingress.ForbiddenPaths = &policy.ForbiddenPaths{Patterns: []string{"["}} },
		"no patterns":  func(t *Terms) { t.Egress.ForbiddenPaths = &policy.ForbiddenPaths{} },
		"no staleness": func(t *Terms) { t.Revocation.MaxStalenessSeconds = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			terms := testTerms()
			s, o, m := *terms.Settlement, *terms.Oracle, *terms.Money
			terms.Settlement, terms.Oracle, terms.Money = &s, &o, &m
			change(&terms)
			self := Self{Kernel: key(t, 11).Public(), SettlementAddress: address(10), OracleAddress: address(110)}
			if _, err := newAttestation(terms.fill(self), self, didOf(t, 10), didOf(t, 20), nil, startTime); err == nil {
				t.Fatal("signed")
			}
		})
	}
}

func TestVerifyAttestation(t *testing.T) {
	x, _ := testAttestations(t)
	a, b := didOf(t, 10), didOf(t, 20)
	seal := func(change func(*Attestation), by ...wire.Signer) *wire.Envelope {
		c := *x.Attestation
		if change != nil {
			change(&c)
		}
		env, err := wire.Seal(AttestationSchema, c, by...)
		if err != nil {
			t.Fatal(err)
		}
		return env
	}
	good := seal(nil, key(t, 10))
	if _, err := VerifyAttestation(good, a, b); err != nil {
		t.Fatal(err)
	}
	spelled := &wire.Envelope{Body: bytes.Replace(good.Body, []byte(`"revocation_terms"`), []byte(`"previous":null,"revocation_terms"`), 1)}
	if err := spelled.AddSignature(AttestationSchema, key(t, 10)); err != nil {
		t.Fatal(err)
	}
	one := x.id
	for name, c := range map[string]struct {
		env            *wire.Envelope
		from, audience did.DID
	}{
		"none":                 {nil, a, b},
		"another issuer":       {good, b, a},
		"another audience":     {good, a, didOf(t, 30)},
		"signed by the kernel": {seal(nil, key(t, 11)), a, b},
		"two signers":          {seal(nil, key(t, 10), key(t, 11)), a, b},
		"sequence zero":        {seal(func(a *Attestation) { a.Sequence = 0 }, key(t, 10)), a, b},
		"first with previous":  {seal(func(a *Attestation) { a.Previous = &one }, key(t, 10)), a, b},
		"second without":       {seal(func(a *Attestation) { a.Sequence = 2 }, key(t, 10)), a, b},
		"empty window":         {seal(func(a *Attestation) { a.Expires = a.NotBefore }, key(t, 10)), a, b},
		"org key as kernel":    {seal(func(a *Attestation) { a.KernelKey = key(t, 10).Public() }, key(t, 10)), a, b},
		"another spelling":     {spelled, a, b},
		"unsorted guards":      {seal(func(a *Attestation) { a.GuardSet = []string{"b", "a"} }, key(t, 10)), a, b},
		"unsorted surface": {seal(func(a *Attestation) {
			a.CapabilitySurface = []SurfaceTool{a.CapabilitySurface[1], a.CapabilitySurface[0]}
		}, key(t, 10)), a, b},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := VerifyAttestation(c.env, c.from, c.audience); !errors.Is(err, ErrAttestation) {
				t.Fatalf("got %v", err)
			}
		})
	}
	if err := x.currentAt(x.Expires); !errors.Is(err, ErrAttestation) {
		t.Fatal("counts after its end")
	}
	if err := x.currentAt(x.NotBefore - ClockSkewSeconds - 1); !errors.Is(err, ErrAttestation) {
		t.Fatal("counts before its start")
	}
	if err := x.currentAt(x.NotBefore - ClockSkewSeconds); err != nil {
		t.Fatal(err)
	}
}

// TestEveryByteOfATreatyCounts changes each byte of a signed treaty.
func TestEveryByteOfATreatyCounts(t *testing.T) {
	x, y := testAttestations(t)
	treaty, err := compute(x, y, nil)
	if err != nil {
		t.Fatal(err)
	}
	env, err := wire.Seal(TreatySchema, treaty, key(t, 10), key(t, 20))
	if err != nil {
		t.Fatal(err)
	}
	doc := env.Bytes()
	open := func(doc []byte) error {
		var e wire.Envelope
		if err := wire.UnmarshalCanonical(doc, &e, wire.DocumentLimits); err != nil {
			return err
		}
		_, err := VerifyTreaty(&e, true)
		return err
	}
	if err := open(doc); err != nil {
		t.Fatal(err)
	}
	for i := range doc {
		doc[i] ^= 1
		if open(doc) == nil {
			t.Fatalf("byte %d of %d may change", i, len(doc))
		}
		doc[i] ^= 1
	}
}

// TestPolicyGivesOnlyWhatIsWrittenForYou: a peer cannot read the terms that
// were written for another.
func TestPolicyGivesOnlyWhatIsWrittenForYou(t *testing.T) {
	a, b, c := newOrg(t, 10), newOrg(t, 20), newOrg(t, 30)
	for _, o := range []*org{a, c} {
		if _, err := o.service.Preview(t.Context(), b.address()); err != nil {
			t.Fatal(err)
		}
	}
	forC := *b.record(c).Ours
	if _, _, err := a.service.fetch(t.Context(), a.record(b), &forC); !errors.Is(err, ErrRefused) {
		t.Fatalf("a read what b wrote for c: %v", err)
	}
	forA := *b.record(a).Ours
	if got, _, err := a.service.fetch(t.Context(), a.record(b), &forA); err != nil || got.id != forA {
		t.Fatal(err)
	}
}

func FuzzLoadTerms(f *testing.F) {
	doc, err := os.ReadFile("testdata/terms.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(doc)
	f.Add([]byte(`{"ingress":{"tool_access":{"default":"allow"}},"ttl_seconds":60}`))
	f.Add([]byte("ingress: &a\n  caps: {max_args_size: 1}\negress: *a\n"))
	f.Fuzz(func(t *testing.T, doc []byte) {
		terms, err := LoadTerms("terms.yaml", doc)
		if err != nil {
			return
		}
		again, err := LoadTerms("again.json", wire.MustMarshal(terms))
		if err != nil || string(wire.MustMarshal(again)) != string(wire.MustMarshal(terms)) {
			t.Fatalf("%q does not survive: %v", doc, err)
		}
	})
}

func FuzzVerifyTreaty(f *testing.F) {
	x, y := testAttestations(f)
	treaty, err := compute(x, y, nil)
	if err != nil {
		f.Fatal(err)
	}
	env, err := wire.Seal(TreatySchema, treaty, key(f, 10), key(f, 20))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(env.Bytes())
	f.Add([]byte(`{"body":{"schema":"chio.treaty.v1"},"signatures":[]}`))
	good := env.ID()
	f.Fuzz(func(t *testing.T, doc []byte) {
		var e wire.Envelope
		if wire.UnmarshalCanonical(doc, &e, wire.DocumentLimits) != nil {
			return
		}
		if _, err := VerifyTreaty(&e, true); err == nil && e.ID() != good {
			t.Fatalf("accepted %q", doc)
		}
	})
}
