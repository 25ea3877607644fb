package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// QuoteRequest asks "quote/list": what calls cost at one peer, or at all; with a
// server and tool, at that one. Fresh exchanges with the peer first.
type QuoteRequest struct {
	DID    string `json:"did,omitempty"`
	Server string `json:"server,omitempty"`
	Tool   string `json:"tool,omitempty"`
	Fresh  bool   `json:"fresh,omitempty"`
}

// QuoteList answers it.
type QuoteList struct {
	Quotes []Quote `json:"quotes"`
}

// Quote is what a call costs under the treaty in force: the price that the peer's
// attestation names and the treaty fixed, so that both have signed it. Where it is
// paid in another currency, Reserve and Settles are that price at the round which
// a call made now would name: at most, with margin, rounded up, and as a statement
// converts it. Problem says why a call would not be let through for its price.
type Quote struct {
	Peer       string                  `json:"peer"`
	Treaty     wire.Digest             `json:"treaty_id"`
	Server     string                  `json:"server"`
	Tool       string                  `json:"tool"`
	Price      *wire.MonetaryAmount    `json:"price,omitzero"` // absent: free
	Reserve    *wire.MonetaryAmount    `json:"reserve,omitzero"`
	Settles    *wire.MonetaryAmount    `json:"settles,omitzero"`
	Round      *receipt.OracleEvidence `json:"round,omitzero"`
	ValidUntil int64                   `json:"valid_until"` // unix seconds: of the treaty, or of the round if that is earlier
	Problem    string                  `json:"problem,omitempty"`
}

// listQuotes reads the terms in force. A peer without any is left out, unless it
// was asked for.
func (n *Node) listQuotes(ctx context.Context, req QuoteRequest) (*QuoteList, error) {
	records := n.network.service.List()
	if req.DID != "" {
		rec, err := n.knownPeer(req.DID)
		if err != nil {
			return nil, err
		}
		records = []federation.Record{rec}
		if req.Fresh {
			if err := n.needNetwork(); err != nil {
				return nil, err
			}
			if _, err := n.network.exchange.SyncNow(ctx, rec.DID); err != nil {
				return nil, federationProblem(err)
			}
		}
	}
	out := &QuoteList{Quotes: []Quote{}}
	for _, rec := range records {
		treaty, err := n.network.service.TreatyFor(rec.DID, federation.Outbound)
		switch {
		case err != nil && req.DID != "":
			d := federation.TreatyDenial(err)
			return nil, &Problem{Code: string(d.Code), Message: d.Reason, Hint: d.Fix, Exit: ExitDenied}
		case err != nil:
			continue
		}
		tools := treaty.Surface
		if req.Tool != "" {
			tool, ok := federation.Offered(tools, req.Server, req.Tool)
			if !ok {
				return nil, &Problem{Code: "CHIO-QUOTE-NOT-OFFERED", Message: fmt.Sprintf("%s does not offer %.80s/%.80s", rec.DID.Short(), req.Server, req.Tool),
					Hint: "chio-node quote list " + req.DID + " shows what it offers", Exit: ExitFailure}
			}
			tool.Server, tool.Tool = req.Server, req.Tool
			tools = []federation.SurfaceTool{tool}
		}
		for i := range tools {
			out.Quotes = append(out.Quotes, n.quote(ctx, treaty, &tools[i]))
		}
	}
	return out, nil
}

// quote is what one tool costs now.
func (n *Node) quote(ctx context.Context, t *federation.TreatyPolicy, tool *federation.SurfaceTool) Quote {
	q := Quote{Peer: t.Peer.String(), Treaty: t.TreatyID, Server: tool.Server, Tool: tool.Tool, ValidUntil: t.Window.Expires}
	if tool.Price == nil || tool.Price.Units == 0 {
		return q
	}
	price := *tool.Price
	q.Price = &price
	switch m := t.Money; {
	case m == nil:
		q.Problem = "the treaty has no money terms: free calls only"
	case m.Currency != price.Currency:
		q.Problem = fmt.Sprintf("the price is in %.16s, the treaty in %.16s", price.Currency, m.Currency)
	case m.Currency != m.SettleCurrency:
		if err := n.convertQuote(ctx, t, &q); err != nil {
			q.Problem = err.Error()
		}
	}
	return q
}

func (n *Node) convertQuote(ctx context.Context, t *federation.TreatyPolicy, q *Quote) error {
	round, err := n.money.priceRound(ctx, t.Peer, t.Money)
	if err != nil {
		return err
	}
	if round == nil {
		return errors.New("there is no price round")
	}
	c, err := (&converter{n: n}).Convert(*q.Price, t.Money.SettleCurrency, round, n.now())
	if err != nil {
		return err
	}
	settles, err := c.Cost(*q.Price)
	if err != nil {
		return err
	}
	hold, evidence := c.Hold(), c.Evidence()
	q.Reserve, q.Settles, q.Round = &hold, &settles, &evidence
	q.ValidUntil = min(q.ValidUntil, evidence.UpdatedAt+evidence.MaxAgeSeconds)
	return nil
}
