package x402

import (
	"cmp"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Receipts are what a node that is self has seen of the payment with an
// authorization's nonce, in the form of every rail; none while it is open. The
// rows say all of it, so the same receipt comes out each time.
func Receipts(r store.Reader, self did.DID, currency string, nonce wire.Digest) (out []settlement.SettlementReceipt, err error) {
	err = Sales(r, "", func(row string, s *Sale) error {
		if s.Nonce != nonce {
			return nil
		}
		network, _, _ := strings.Cut(strings.TrimPrefix(row, salePrefix), "/")
		if receipt, ended := s.receipt(self, network, currency); ended {
			out = append(out, receipt)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, Purchases(r, "", func(_ string, p *Purchase) error {
		if p.Nonce != nonce {
			return nil
		}
		if receipt, ended := p.receipt(self, currency); ended {
			out = append(out, receipt)
		}
		return nil
	})
}

func (s *Sale) receipt(self did.DID, network, currency string) (settlement.SettlementReceipt, bool) {
	r := common(self, currency, s.Nonce, s.Amount, s.UpdatedAt)
	r.Payer, r.Payee = settlement.Party(network+":"+strings.ToLower(s.Payer)), settlement.PartyOf(self)
	switch s.State {
	case SaleFinal:
		paid(&r, s.Tx)
	case SaleUnpaid, SaleDenied:
		r.State, r.Failure = settlement.PayFailed, cmp.Or(s.Reason, "the call was denied and not charged")
	case SaleLapsed:
		r.State, r.Failure = settlement.PayTimedOut, cmp.Or(s.Reason, "the transfer can no longer happen")
	default:
		return r, false
	}
	return r, true
}

func (p *Purchase) receipt(self did.DID, currency string) (settlement.SettlementReceipt, bool) {
	r := common(self, currency, p.Nonce, p.Amount, p.UpdatedAt)
	r.Payer, r.Payee = settlement.PartyOf(self), settlement.Party(p.Network+":"+strings.ToLower(p.PayTo))
	switch p.State {
	case PurchaseFinal:
		paid(&r, p.Tx)
	case PurchaseVoid:
		r.State, r.Failure = settlement.PayTimedOut, "the transfer can no longer happen"
	default:
		return r, false
	}
	return r, true
}

func common(self did.DID, currency string, nonce wire.Digest, amount uint64, at int64) settlement.SettlementReceipt {
	return settlement.SettlementReceipt{Schema: settlement.ReceiptSchema, Observer: self, Statement: nonce, Number: 1, Rail: settlement.RailX402,
		Net: wire.MonetaryAmount{Units: amount, Currency: currency}, Reference: "nonce 0x" + nonce.String(), ObservedAt: at, Finality: settlement.FinalityFinal}
}

func paid(r *settlement.SettlementReceipt, tx wire.Digest) {
	r.State, r.Kind, r.Amount, r.Settled = settlement.PaySettled, settlement.MoveCapture, r.Net.Units, r.Net.Units
	if !tx.IsZero() {
		r.Reference = "0x" + tx.String()
	}
}
