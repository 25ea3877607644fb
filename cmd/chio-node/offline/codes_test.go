package offline_test

import (
	"bytes"
	"testing"

	"github.com/backbay-labs/chio-node/cmd/chio-node/offline"
	"github.com/backbay-labs/chio-node/credit/reputation"
	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/wire"
)

// TestEachKindHasItsCode: a file whose form and signatures are sound but which
// is not what its kind must be is refused by that kind's code.
func TestEachKindHasItsCode(t *testing.T) {
	active, _ := passports(t)
	evidence, _ := price(t)
	swap := func(doc []byte, from, to string) []byte {
		t.Helper()
		if !bytes.Contains(doc, []byte(from)) {
			t.Fatalf("no %s in %.200s", from, doc)
		}
		return bytes.Replace(doc, []byte(from), []byte(to), 1)
	}
	for name, c := range map[string]struct {
		doc  []byte
		code string
	}{
		"passport by another suite":  {swap(active, `"eddsa-jcs-2022"`, `"eddsa-jcs-2021"`), offline.CodePassport},
		"treaty of a stranger":       {treaty(t, 7, 8, 9), offline.CodeTreaty},
		"statement that adds up not": {resealed(t, swap(statement(t, 7, 8), `"net_units":90000`, `"net_units":80000`)), offline.CodeStatement},
		"voucher of another chain":   {swap(voucher(t), `"chain_id":31337`, `"chain_id":31338`), offline.CodeVoucher},
		"evidence with a margin":     {swap(evidence, `"margin_bps":0`, `"margin_bps":5`), offline.CodePrice},
		"more paid than is owed":     {paidTwice(t), offline.CodePaid},
		"rotation to the same key":   {sameKey(t), offline.CodeRotation},
		"summary over one":           {reputationFile(t, 7, func(s *reputation.Statement) { s.ConfidencePPM = reputation.PPM + 1 }), offline.CodeReputation},
	} {
		t.Run(name, func(t *testing.T) {
			f := offline.File("x.json", c.doc, offline.Options{Trust: trusting(t, 7, 8), At: vectorTime})
			if f.Valid || f.Code != c.code {
				t.Fatalf("%+v, want %s", f, c.code)
			}
		})
	}
}

// resealed signs a statement's changed body again with the kernels of both.
func resealed(t *testing.T, doc []byte) []byte {
	t.Helper()
	var env wire.Envelope
	if err := wire.Unmarshal(doc, &env, wire.DocumentLimits); err != nil {
		t.Fatal(err)
	}
	again, err := wire.Seal(settlement.StatementSchema, env.Body, key(t, 107))
	if err == nil {
		err = again.AddSignature(settlement.StatementSchema, key(t, 108))
	}
	if err != nil {
		t.Fatal(err)
	}
	return again.Bytes()
}

// paidTwice is a settlement receipt over more than its net, signed all the same.
func paidTwice(t *testing.T) []byte {
	t.Helper()
	env, err := wire.Seal(settlement.ReceiptSchema, settlement.SettlementReceipt{Schema: settlement.ReceiptSchema, Observer: didOf(t, 7),
		Payer: settlement.PartyOf(didOf(t, 7)), Payee: settlement.PartyOf(didOf(t, 8)), Statement: wire.Hash([]byte("s")), Number: 1, Rail: settlement.RailNote,
		State: settlement.PaySettled, Kind: settlement.MoveCapture, Net: wire.MonetaryAmount{Units: 1, Currency: "USD"}, Amount: 2, Settled: 2, Reference: "r",
		ObservedAt: now, Finality: settlement.FinalityFinal}, key(t, 107))
	if err != nil {
		t.Fatal(err)
	}
	return env.Bytes()
}

// sameKey is a rotation of a key for itself, signed by all who must.
func sameKey(t *testing.T) []byte {
	t.Helper()
	r := did.Rotation{Schema: did.SchemaRotation, DID: didOf(t, 7), Role: did.RoleKernel, Old: key(t, 107).Public(), New: key(t, 107).Public(),
		Sequence: 2, At: now, Final: &did.FinalTree{LogID: "log", Size: 1, Root: wire.Hash([]byte("root"))}}
	env, err := wire.Seal(did.SchemaRotation, r, key(t, 7))
	if err == nil {
		err = env.AddSignature(did.SchemaRotation, key(t, 107))
	}
	if err != nil {
		t.Fatal(err)
	}
	return env.Bytes()
}
