package federation

import (
	"errors"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// settling is who answers at the desk: a settler over the rail, if there is one.
func (p *peerNode) settling(desk *Desk) SettlementHandler {
	p.t.Helper()
	if p.rail == nil {
		return noSettler{}
	}
	var err error
	p.settler, err = settlement.New(settlement.Config{Self: p.did(), DB: p.db, Kernel: p.kernel, Treaties: desk, Counterparty: desk,
		Rails: []settlement.Rail{p.rail}, Now: p.clock.Load, VerifyPrice: noPrices, Failpoint: p.passing,
		ListedReceipts: p.listed})
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.settler.Reconcile(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	return p.settler
}

func noPrices(oracle.Pair, oracle.Observation) error { return errors.New("no prices here") }

func (p *peerNode) accrue(tx store.Tx, o Obligation) error {
	if p.settler != nil {
		if err := p.settler.Accrue(tx, o.settled()); err != nil {
			return err
		}
	}
	tx.AfterCommit(func() {
		p.accrued.Lock()
		defer p.accrued.Unlock()
		p.accrued.list = append(p.accrued.list, o)
	})
	return nil
}

// settled is the obligation as settlement keeps it. Its receipt was verified.
func (o Obligation) settled() settlement.Obligation {
	id, _ := wire.ParseDigest(o.ReceiptID)
	return settlement.Obligation{Payer: o.Payer, Payee: o.Payee, Receipt: id, Treaty: o.TreatyID, Round: o.PriceRound, At: o.At, Amount: o.Charge}
}

func (p *peerNode) obligations() []Obligation {
	p.accrued.Lock()
	defer p.accrued.Unlock()
	return append([]Obligation(nil), p.accrued.list...)
}

// contestedObligation is one change that Contest was asked for.
type contestedObligation struct {
	receipt   string
	payer     did.DID
	contested bool
}

func (p *peerNode) contest(tx store.Tx, o Obligation, contested bool) error {
	if p.settler != nil {
		if err := p.settler.Contest(tx, o.settled(), contested); err != nil {
			return err
		}
	}
	tx.AfterCommit(func() {
		p.accrued.Lock()
		defer p.accrued.Unlock()
		p.accrued.contested = append(p.accrued.contested, contestedObligation{o.ReceiptID, o.Payer, contested})
	})
	return nil
}

func (p *peerNode) waive(tx store.Tx, o Obligation) error {
	if p.settler != nil {
		if err := p.settler.Waive(tx, o.settled()); err != nil {
			return err
		}
	}
	tx.AfterCommit(func() {
		p.accrued.Lock()
		defer p.accrued.Unlock()
		p.accrued.waived = append(p.accrued.waived, o)
	})
	return nil
}

func (p *peerNode) waivers() []Obligation {
	p.accrued.Lock()
	defer p.accrued.Unlock()
	return append([]Obligation(nil), p.accrued.waived...)
}

func (p *peerNode) contests() []contestedObligation {
	p.accrued.Lock()
	defer p.accrued.Unlock()
	return append([]contestedObligation(nil), p.accrued.contested...)
}
