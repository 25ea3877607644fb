package offline

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/wire"
)

// settlementDetail is what a settlement evidence file says.
type settlementDetail struct {
	ID        wire.Digest           `json:"id"`
	Statement *settlement.Statement `json:"statement"`
	Receipts  string                `json:"receipts"` // listed | bundle: held against the receipts themselves
	Prices    string                `json:"prices"`   // none | absent | recomputed | trusted
	Voucher   *evm.Voucher          `json:"voucher,omitempty"`
	Note      *evm.Note             `json:"note,omitempty"`

	Claim    *settlement.OutsidePayment     `json:"claim,omitempty"`
	Payments []settlement.SettlementReceipt `json:"payments,omitempty"` // what the two say that they have seen
}

// paid judges a settlement receipt: it adds up, and one key has signed it.
// Whether that is a kernel of its observer only a trust set can say; that money
// moved is the observer's word.
func paid(f *Finding, doc []byte, o Options) {
	r, env, err := settlement.ParseReceipt(doc)
	if err == nil && len(env.Signatures) != 1 {
		err = fmt.Errorf("%w: a settlement receipt has the signature of its observer, this has %d", wire.ErrNoSigner, len(env.Signatures))
	}
	if err != nil {
		f.refuse(CodePaid, err)
		return
	}
	f.detail(r)
	_, err = settlement.VerifyReceipt(doc, kernels(o.Trust))
	switch {
	case errors.Is(err, settlement.ErrUntrusted):
		f.sound(false, err.Error())
	case err != nil:
		f.refuse(CodePaid, err)
	default:
		f.sound(true, "")
	}
}

// evidence judges settlement evidence. Whether it was paid only a chain can
// say.
func evidence(f *Finding, doc []byte, o Options) { _ = settled(f, doc, nil, o) }

// Settlement verifies a settlement evidence file and, unless bundle is empty,
// the receipts that it is over:
//
//	1 the document is its own canonical form and settlement evidence
//	2 its parts hold and belong together (settlement.VerifyEvidence)
//	3 the bundle verifies as a whole against the trust set, has every receipt,
//	  and they add up to the statement
//	4 with a trust set, two kernels it names for payer and payee have signed the
//	  statement, and one of its observer each receipt of the payment
//
// Proven is nil unless 1 and 2 hold.
func Settlement(name string, doc, bundle []byte, o Options) (*Finding, *settlement.Proven) {
	f := &Finding{File: name, Kind: KindUnknown}
	if err := wire.IsCanonical(doc, limits(doc)); err != nil { // 1
		f.refuse(receipt.CodeFormat, fmt.Errorf("the file is not canonical JSON: %w", err))
		return f, nil
	}
	kind, schema := recognise(doc)
	f.Kind = kind
	if err := asked(kind, schema, []Kind{KindSettlement}); err != nil { // 1
		f.refuse(CodeKind, fmt.Errorf("%w; chio-node settle show writes one", err))
		return f, nil
	}
	return f, settled(f, doc, bundle, o)
}

func settled(f *Finding, doc, bundle []byte, o Options) *settlement.Proven {
	d := settlementDetail{Receipts: "listed", Prices: "none"}
	p, err := settlement.VerifyEvidence(doc, settlement.EvidenceChecks{ // 2
		Voucher: func(doc []byte) (v settlement.Voucher, err error) {
			d.Voucher, err = evm.ParseVoucher(doc)
			if err == nil {
				v = plainVoucher(d.Voucher)
			}
			return v, err
		},
		Note: func(doc []byte) (n settlement.Note, err error) {
			d.Note, err = evm.ParseNote(doc)
			if err == nil {
				n = d.Note.Plain()
			}
			return n, err
		},
		Prices: func(doc []byte, st *settlement.Statement) (err error) {
			d.Prices, err = statementPrices(doc, st, o.Operators)
			return err
		},
	})
	if err != nil {
		f.refuse(CodeStatement, err)
		return nil
	}
	if len(p.Statement.Rounds) > 0 && len(p.Evidence.Prices) == 0 {
		d.Prices = "absent"
	}
	d.ID, d.Statement, d.Claim, d.Payments = p.ID, p.Statement, p.Claim, p.Payments
	if len(bundle) > 0 { // 3
		if err := againstBundle(p, bundle, o); err != nil {
			f.detail(d)
			f.refuse(CodeStatement, err)
			return p
		}
		d.Receipts = "bundle"
	}
	f.detail(d)
	_, err = settlement.VerifyStatement(p.Evidence.Statement, kernels(o.Trust)) // 4
	if err == nil {
		err = p.VerifyPayments(kernels(o.Trust))
	}
	switch {
	case errors.Is(err, settlement.ErrUntrusted):
		f.sound(false, err.Error())
	case err != nil:
		f.refuse(CodeStatement, err)
	default:
		f.sound(true, "")
	}
	return p
}

func plainVoucher(v *evm.Voucher) settlement.Voucher {
	return settlement.Voucher{ChainID: fmt.Sprintf("eip155:%d", v.ChainID), Contract: v.Contract.String(), Channel: v.Channel,
		Payer: v.Payer.String(), Payee: v.Payee.String(), Token: v.Token.String(), Cumulative: v.Cumulative, Statement: v.Statement}
}

// statementPrices recomputes every conversion, with the operators that count or,
// if none are named, with those that signed.
func statementPrices(doc []byte, st *settlement.Statement, named []string) (string, error) {
	if len(named) > 0 {
		_, err := settlement.VerifyPrices(doc, operators(named), verifier, wire.DefaultCurrencies(), st)
		return "trusted", err
	}
	var signed settlement.Prices
	if err := wire.UnmarshalCanonical(doc, &signed, wire.BundleLimits); err != nil {
		return "", err
	}
	var signers []string
	seen := make(map[string]bool)
	for i := range signed.Body.Evidence {
		for _, obs := range signed.Body.Evidence[i].Body.Round.Observations {
			if !seen[obs.Operator] {
				seen[obs.Operator] = true
				signers = append(signers, obs.Operator)
			}
		}
	}
	_, err := settlement.VerifyPrices(doc, operators(signers), verifier, wire.DefaultCurrencies(), st)
	return "recomputed", err
}

// againstBundle holds the statement against the receipts of a bundle.
func againstBundle(p *settlement.Proven, doc []byte, o Options) error {
	if o.Trust == nil {
		return ErrTrust
	}
	if _, err := receipt.VerifyBundle(doc, o.Trust, o.Proofs...); err != nil {
		return err
	}
	b, err := receipt.ParseBundle(doc)
	if err != nil {
		return err
	}
	found := make(map[string]*receipt.Receipt)
	for _, log := range b.Logs {
		for _, entry := range log.Receipts {
			r, err := receipt.Parse(entry.Receipt)
			if err != nil {
				return err
			}
			found[r.ID] = r
		}
	}
	return p.VerifyReceipts(func(id wire.Digest) *receipt.Receipt { return found[id.String()] }, kernels(o.Trust))
}
