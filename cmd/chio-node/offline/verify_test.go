package offline_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/backbay-labs/chio-node/cmd/chio-node/offline"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// good is one intact file of a kind and what is taken for granted about it.
type good struct {
	kind offline.Kind
	doc  []byte
	opts offline.Options
}

func everyKind(t testing.TB) map[string]good {
	t.Helper()
	active, revoked := passports(t)
	evidence, operators := price(t)
	trust := trusting(t, 7, 8)
	return map[string]good{
		"passport":   {offline.KindPassport, active, offline.Options{Trust: trust, At: now + 1}},
		"revoked":    {offline.KindPassport, revoked, offline.Options{Trust: trust, At: now + 3}},
		"treaty":     {offline.KindTreaty, treaty(t, 7, 8), offline.Options{Trust: trust, At: now}},
		"statement":  {offline.KindStatement, statement(t, 7, 8), offline.Options{Trust: trust}},
		"voucher":    {offline.KindVoucher, voucher(t), offline.Options{}},
		"price":      {offline.KindPrice, evidence, offline.Options{Operators: operators}},
		"bundle":     {offline.KindBundle, vector(t, "receipt", "bundle_valid.json"), offline.Options{Trust: trust}},
		"receipt":    {offline.KindReceipt, vector(t, "receipt", "allow_valid.json"), offline.Options{Trust: trust}},
		"capability": {offline.KindCapability, vector(t, "capability", "root_valid.json"), offline.Options{Trust: trust, At: vectorTime}},
		"reputation": {offline.KindReputation, reputationFile(t, 7, nil), offline.Options{Trust: trust, At: now}},
		"chain":      {offline.KindCapability, vector(t, "capability", "chain_valid.json"), offline.Options{Trust: trust, At: vectorTime}},
	}
}

func TestEveryKindVerifies(t *testing.T) {
	for name, g := range everyKind(t) {
		t.Run(name, func(t *testing.T) {
			f := offline.File("x.json", g.doc, g.opts)
			if f.Kind != g.kind || !f.Valid || !f.Integrity || f.Code != "" || f.Detail == nil {
				t.Fatalf("%+v", f)
			}
			if g.kind != offline.KindVoucher && (f.SignerTrusted == nil || !*f.SignerTrusted) {
				t.Fatal("its signer is not trusted")
			}
			if _, err := wire.Marshal(f); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestEveryByteIsCovered changes each byte of each kind (of a large file,
// each seventh: package vc changes them all), some in a second way, and cuts the
// file at many places.
func TestEveryByteIsCovered(t *testing.T) {
	for name, g := range everyKind(t) {
		t.Run(name, func(t *testing.T) {
			step := 1
			if len(g.doc) > 2048 {
				step = 7
			}
			for i := 0; i < len(g.doc); i += step {
				for _, mask := range []byte{0x01, 0x20} {
					if mask == 0x20 && i%5 != 0 {
						continue
					}
					bad := bytes.Clone(g.doc)
					bad[i] ^= mask
					if f := offline.File("x.json", bad, g.opts); f.Valid || f.Code == "" || f.Reason == "" {
						t.Fatalf("byte %d (%q in %q): %+v", i, g.doc[i], g.doc[max(0, i-20):min(len(g.doc), i+20)], f)
					}
				}
				if i%16 == 0 && offline.File("x.json", g.doc[:i], g.opts).Valid {
					t.Fatalf("cut at %d", i)
				}
			}
			for _, tail := range []string{"\n", " ", "{}", "\x00"} {
				if f := offline.File("x.json", append(bytes.Clone(g.doc), tail...), g.opts); f.Valid {
					t.Errorf("with %q behind it: %+v", tail, f)
				}
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	active, _ := passports(t)
	pretty := append([]byte("\n"), active...)
	cases := map[string]struct {
		doc  []byte
		only []offline.Kind
		code string
	}{
		"empty":                  {nil, nil, receipt.CodeFormat},
		"not JSON":               {[]byte("hello"), nil, receipt.CodeFormat},
		"not an object":          {[]byte("7"), nil, offline.CodeKind},
		"no schema":              {[]byte("{}"), nil, offline.CodeKind},
		"another schema":         {[]byte(`{"schema":"chio.unheard_of.v1"}`), nil, offline.CodeKind},
		"a trust set":            {vector(t, "receipt", "trust.json"), nil, offline.CodeKind},
		"not canonical":          {pretty, nil, receipt.CodeNotCanonical},
		"empty passport file":    {[]byte(`{"schema":"chio.passport_file.v1"}`), nil, receipt.CodeFormat},
		"empty envelope":         {[]byte(`{"body":{"schema":"chio.treaty.v1"},"signatures":[]}`), nil, receipt.CodeFormat},
		"treaty of one party":    {treaty(t, 7), nil, receipt.CodeSignature},
		"treaty of a stranger":   {treaty(t, 7, 8, 9), nil, offline.CodeTreaty},
		"statement of one side":  {statement(t, 7), nil, receipt.CodeSignature},
		"statement of nothing":   {[]byte(`{"body":{"schema":"chio.statement.v1"},"signatures":[]}`), nil, receipt.CodeFormat},
		"empty voucher":          {[]byte(`{"schema":"chio.voucher.v1"}`), nil, receipt.CodeNotCanonical},
		"empty evidence":         {[]byte(`{"body":{"schema":"chio.price_evidence.v1"},"id":"00"}`), nil, receipt.CodeFormat},
		"passport as receipt":    {active, []offline.Kind{offline.KindReceipt, offline.KindBundle}, offline.CodeKind},
		"tampered receipt":       {vector(t, "receipt", "tampered_reject.json"), nil, receipt.CodeSignature},
		"incoherent receipt":     {vector(t, "receipt", "incoherent_reject.json"), nil, receipt.CodeIncoherent},
		"swapped bundle":         {vector(t, "receipt", "bundle_swapped_reject.json"), nil, receipt.CodeInclusion},
		"tampered capability":    {vector(t, "capability", "root_tampered_reject.json"), nil, capability.CodeSignature},
		"widened chain":          {vector(t, "capability", "chain_widened_reject.json"), nil, capability.CodeWidened},
		"empty chain":            {[]byte("[]"), nil, capability.CodeInvalid},
		"chain of other things":  {[]byte("[7]"), nil, capability.CodeInvalid},
		"capability with caveat": {vector(t, "capability", "root_caveat_reject.json"), nil, capability.CodeInvalid},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f := offline.File("x.json", c.doc, offline.Options{Trust: trusting(t, 7, 8), At: vectorTime}, c.only...)
			if f.Valid || f.Code != c.code {
				t.Fatalf("%+v, want %s", f, c.code)
			}
		})
	}
}

// TestUnknownSigners: an intact file of a signer nobody named is valid and says
// so; only a log must be somebody's.
func TestUnknownSigners(t *testing.T) {
	for name, g := range everyKind(t) {
		if g.kind == offline.KindVoucher {
			continue
		}
		t.Run(name, func(t *testing.T) {
			f := offline.File("x.json", g.doc, offline.Options{At: g.opts.At})
			if f.Code != receipt.CodeUntrusted || f.Valid == (g.kind == offline.KindBundle) {
				t.Fatalf("%+v", f)
			}
		})
	}
	evidence, operators := price(t)
	stranger := offline.Options{Operators: []string{operators[0], "0x" + string(bytes.Repeat([]byte{'1'}, 40))}}
	if f := offline.File("x.json", evidence, stranger); !f.Valid || *f.SignerTrusted || f.Code != receipt.CodeUntrusted {
		t.Fatalf("an operator nobody named: %+v", f)
	}
	if f := offline.File("x.json", statement(t, 7, 9), offline.Options{Trust: trusting(t, 7, 8, 9)}); !f.Valid || *f.SignerTrusted {
		t.Fatalf("a trusted kernel that is not a party's: %+v", f)
	}
	if f := offline.File("x.json", treaty(t, 7, 8), offline.Options{Trust: trusting(t, 7), At: now}); *f.SignerTrusted {
		t.Fatalf("one of two parties is known: %+v", f)
	}
}

func TestStatus(t *testing.T) {
	all := everyKind(t)
	status := func(name string, at int64) *offline.Finding {
		g := all[name]
		g.opts.At = at
		return offline.File("x.json", g.doc, g.opts)
	}
	if f := status("passport", now+1); f.Status != "active" {
		t.Errorf("active: %+v", f)
	}
	if f := status("revoked", now+3); f.Status != "revoked" || !f.Valid {
		t.Errorf("revoked: %+v", f)
	}
	if f := status("passport", now+31*day); !f.Valid || !bytes.Contains(f.Detail, []byte(`"window":"expired"`)) {
		t.Errorf("expired: %+v", f)
	}
	for at, window := range map[int64]string{now - 1: "not_yet_valid", now: "current", now + day: "expired"} {
		if f := status("treaty", at); !f.Valid || !bytes.Contains(f.Detail, []byte(`"window":"`+window+`"`)) {
			t.Errorf("treaty at %d: %+v", at, f)
		}
	}
	if f := status("capability", vectorTime+1000); f.Valid || !f.Integrity || f.Code != capability.CodeExpired {
		t.Errorf("capability after its time: %+v", f)
	}
	if f := status("receipt", 0); f.Status != receipt.VerdictAuthorized {
		t.Errorf("receipt: %+v", f)
	}
}

// TestKernelRoot: as little trust as one key. A bundle that a witness cosigned
// needs the witness, too.
func TestKernelRoot(t *testing.T) {
	root := trusting(t).Kernels[0].Key
	all := everyKind(t)
	for _, name := range []string{"receipt", "capability", "chain"} {
		if f := offline.File("x.json", all[name].doc, offline.Options{KernelRoot: &root, At: vectorTime}); !f.Valid || !*f.SignerTrusted {
			t.Errorf("%s: %+v", name, f)
		}
	}
	bundle := all["bundle"].doc
	if f := offline.File("x.json", bundle, offline.Options{KernelRoot: &root}); f.Valid || f.Code != receipt.CodeUntrusted {
		t.Errorf("a bundle with an unknown witness: %+v", f)
	}
	if !offline.NeedsTrust(bundle) || slices.ContainsFunc([]string{"receipt", "voucher", "chain"}, func(n string) bool { return offline.NeedsTrust(all[n].doc) }) {
		t.Error("bundles need trust, and nothing else does")
	}
	stranger := key(t, 42).Public()
	if f := offline.File("x.json", bundle, offline.Options{KernelRoot: &stranger}); f.Valid {
		t.Errorf("a stranger's root: %+v", f)
	}
}

func FuzzFile(f *testing.F) {
	for _, g := range everyKind(f) {
		f.Add(g.doc)
	}
	trust := trusting(f, 7, 8)
	f.Fuzz(func(t *testing.T, doc []byte) {
		got := offline.File("x.json", doc, offline.Options{Trust: trust, At: now})
		if got.Valid && wire.IsCanonical(doc, wire.BundleLimits) != nil {
			t.Fatalf("valid, though not canonical: %q", doc)
		}
		if !got.Valid && (got.Code == "" || got.Reason == "") {
			t.Fatalf("refused without a cause: %+v", got)
		}
	})
}
