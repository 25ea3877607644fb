package offline

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/wire"
)

// statementDetail is what a statement says, with its id.
type statementDetail struct {
	ID        wire.Digest           `json:"id"`
	Statement *settlement.Statement `json:"statement"`
}

// statement judges a statement: it adds up and two kernels have signed it.
// Whether they are the kernels of payer and payee only a trust set can say.
func statement(f *Finding, doc []byte, o Options) {
	st, env, err := settlement.ParseStatement(doc)
	if err == nil && len(env.Signatures) != 2 {
		err = fmt.Errorf("%w: a statement has the signatures of both kernels, this has %d", wire.ErrNoSigner, len(env.Signatures))
	}
	if err != nil {
		f.refuse(CodeStatement, err)
		return
	}
	f.detail(statementDetail{ID: env.ID(), Statement: st})
	_, err = settlement.VerifyStatement(doc, kernels(o.Trust))
	switch {
	case errors.Is(err, settlement.ErrUntrusted):
		f.sound(false, err.Error())
	case err != nil:
		f.refuse(CodeStatement, err)
	default:
		f.sound(true, "")
	}
}

// kernels lists the kernel keys of each organisation of a trust set.
func kernels(trust *receipt.TrustSet) settlement.Kernels {
	all := settlement.Kernels{}
	if trust == nil {
		return all
	}
	for i := range trust.Kernels {
		if id, err := did.Parse(trust.Kernels[i].DID); err == nil {
			all[id] = append(all[id], trust.Kernels[i].Key)
		}
	}
	return all
}

// voucher judges a voucher: the payer named in it has signed it. A trust set
// names no accounts, so whose account it is stays the reader's question.
func voucher(f *Finding, doc []byte, _ Options) {
	v, err := evm.ParseVoucher(doc)
	if err != nil {
		f.refuse(CodeVoucher, err)
		return
	}
	f.Integrity, f.Valid = true, true
	f.detail(v)
}

// priceDetail is what price evidence says. How old a price may be and how far
// its sources may lie apart is agreed by treaty, so both are told here.
type priceDetail struct {
	ID            wire.Digest         `json:"id"`
	RoundID       wire.Digest         `json:"round_id"`
	Pair          string              `json:"pair"`
	Price         string              `json:"price"` // decimal text, for people
	Operators     []string            `json:"operators"`
	ObservedAt    int64               `json:"observed_at"`
	ValidUntil    int64               `json:"valid_until"`
	DivergenceBps int64               `json:"divergence_bps"`
	Rule          oracle.Rule         `json:"rule"`
	MarginBps     uint32              `json:"margin_bps"`
	From          wire.MonetaryAmount `json:"from"`
	To            wire.MonetaryAmount `json:"to"`
	Grounds       int                 `json:"grounds,omitzero"`  // observations that carry the payloads they rest on
	Repeated      int                 `json:"repeated,omitzero"` // of these, repeated from the payloads (--signers)
}

// price judges price evidence twice: with the operators that signed it, which
// shows that it is intact and recomputes, and with those that the caller
// trusts.
func price(f *Finding, doc []byte, o Options) {
	e, err := oracle.ParseEvidence(doc)
	if err != nil {
		f.refuse(CodePrice, err)
		return
	}
	var signers []string
	for _, obs := range e.Body.Round.Observations {
		signers = append(signers, obs.Operator)
	}
	p, err := oracle.VerifyEvidence(e, operators(signers), verifier, wire.DefaultCurrencies())
	if err != nil {
		f.refuse(CodePrice, err)
		return
	}
	repeated := 0
	if o.Signers != nil {
		if repeated, err = e.VerifyGrounds(o.Signers.MaxAgeSeconds, o.Signers.MaxAheadSeconds, o.Signers.Sample); err != nil {
			f.refuse(CodePrice, err)
			return
		}
	}
	b := &e.Body
	f.detail(priceDetail{ID: e.ID, RoundID: b.RoundID, Pair: b.Round.Pair.String(), Price: p.Median.FloatString(12), Operators: signers,
		ObservedAt: p.ObservedAt, ValidUntil: p.ValidUntil, DivergenceBps: divergence(p), Rule: b.Rule, MarginBps: b.MarginBps, From: b.From, To: b.To,
		Grounds: len(b.Grounds), Repeated: repeated})
	if len(o.Operators) == 0 {
		f.sound(false, "no oracle operators were named: pass --operators")
		return
	}
	if _, err := oracle.VerifyEvidence(e, operators(o.Operators), verifier, wire.DefaultCurrencies()); err != nil {
		f.sound(false, err.Error())
		return
	}
	f.sound(true, "")
}

// The bounds of a round that is judged without the treaty it was used under:
// as wide as they go, because the treaty's own are narrower.
const (
	anyAgeSeconds    = 1 << 40
	anyDivergenceBps = 1<<32 - 1
)

func operators(addresses []string) oracle.Operators {
	return oracle.Operators{Addresses: addresses, Min: oracle.MinOperators, MaxAgeSeconds: anyAgeSeconds, MaxDivergenceBps: anyDivergenceBps}
}

// divergence is (high − low) / low in basis points, rounded down.
func divergence(p oracle.Price) int64 {
	d := new(big.Rat).Sub(p.High, p.Low)
	d.Quo(d, p.Low).Mul(d, big.NewRat(10_000, 1))
	bps := new(big.Int).Quo(d.Num(), d.Denom())
	if !bps.IsInt64() {
		return anyDivergenceBps
	}
	return bps.Int64()
}
