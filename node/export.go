package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed/signed"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// exportAll gathers everything a third party needs to verify this node:
// receipts with proofs, the trust set, passports, treaties, and the newest
// statement of each channel with its voucher and price evidence. Of more than
// one of a kind the later ones are numbered.
func (n *Node) exportAll(ctx context.Context, _ Empty) (*Files, error) {
	b, err := n.exportReceipts(ctx, ExportReceipts{})
	if err != nil {
		return nil, err
	}
	f := &Files{Files: map[string]wire.Raw{"receipts.json": b.Bundle, "trust.json": b.Trust}}
	for _, part := range []func(context.Context, *Files) error{n.exportRotations, n.exportPassports, n.exportTreaties, n.exportSettlement} {
		if err := part(ctx, f); err != nil {
			return nil, fmt.Errorf("export: %w", err)
		}
	}
	return f, nil
}

// add files a document under the first free name of its kind.
func (f *Files) add(kind string, doc []byte) {
	name := kind + ".json"
	for i := 2; f.Files[name] != nil; i++ {
		name = fmt.Sprintf("%s-%d.json", kind, i)
	}
	f.Files[name] = doc
}

func (n *Node) exportPassports(ctx context.Context, f *Files) error {
	var ids []string
	err := n.passports.List("", func(r *passport.Record) error {
		p, err := r.Parse()
		if err == nil {
			ids = append(ids, p.ID)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		file, err := n.passportFile(ctx, id)
		if err != nil {
			return err
		}
		f.add("passport", file)
	}
	return nil
}

func (n *Node) exportTreaties(_ context.Context, f *Files) error {
	for _, rec := range n.network.service.List() {
		if rec.Treaty == nil {
			continue
		}
		env, err := n.network.service.TreatyEnvelope(*rec.Treaty)
		if err != nil {
			return err
		}
		f.add("treaty", env.Bytes())
	}
	return nil
}

func (n *Node) exportSettlement(_ context.Context, f *Files) error {
	return n.db.View(func(r store.Reader) error {
		peers, err := n.money.settler.Peers(r)
		if err != nil {
			return err
		}
		for _, peer := range peers {
			st, err := n.money.settler.Status(r, peer)
			if err != nil {
				return err
			}
			for _, c := range append(st.Out.Channels, st.In.Channels...) {
				if err := n.exportChannel(r, f, peer, &c); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// exportChannel adds a channel's newest statement that both have signed.
func (n *Node) exportChannel(r store.Reader, f *Files, peer did.DID, c *settlement.ChannelStatus) error {
	if c.Statement == nil {
		return nil
	}
	doc, err := n.money.settler.StatementFile(r, c.Channel, c.Sequence)
	if err != nil {
		return err
	}
	f.add("statement", doc)
	voucher, err := n.money.settler.VoucherFile(r, c.Channel, c.Sequence)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err == nil {
		f.add("voucher", voucher)
	}
	return n.exportPrices(r, f, peer, doc)
}

// exportPrices proves the conversion of each price round of a statement.
func (n *Node) exportPrices(r store.Reader, f *Files, peer did.DID, doc []byte) error {
	st, _, err := settlement.ParseStatement(doc)
	if err != nil {
		return err
	}
	terms, err := n.money.desk.ByID(peer, st.Treaty)
	if err != nil {
		return nil // the treaty has ended: its operators are no longer known here
	}
	for _, total := range st.Rounds {
		round, err := n.money.settler.PriceRound(r, total.Round)
		if err != nil {
			return err
		}
		var at int64
		for _, o := range round.Observations {
			at = max(at, o.ObservedAt)
		}
		price, err := oracle.Verify(round, terms.Oracle, signed.Verify, at)
		if err != nil {
			return err
		}
		e, err := oracle.Converter{Currencies: n.cfg.currencies()}.Prove(wire.MonetaryAmount{Units: total.Gross, Currency: st.Gross.Currency},
			round, price, st.Net.Currency, oracle.RuleSettle)
		if err == nil {
			e, err = withGrounds(r, e)
		}
		if err != nil {
			return err
		}
		f.add("price", e.Bytes())
	}
	return nil
}
