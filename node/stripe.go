package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/stripe"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// reportEvery is how often usage that Stripe has not counted is reported again,
// what it said is booked, and payers are told what they have not heard.
const reportEvery = time.Minute

// billing is the payee's part of the rail by Stripe: nil where no key is
// configured.
type billing struct {
	config *StripeConfig
	client *stripe.Client
	inbox  *stripe.Inbox
	wake   chan struct{} // capacity 1: an event is to be booked
}

// newBilling checks that key and secret can be read, so that a node that could
// not be paid does not start.
func newBilling(n *Node) (*billing, error) {
	c := &n.cfg.Settlement.Stripe
	if !c.bills() {
		return nil, nil
	}
	b := &billing{config: c, wake: make(chan struct{}, 1)}
	key := func() (string, error) { return filled(readSecret(n.opts.Home, c.KeyFile)) }
	if _, err := key(); err != nil {
		return nil, stripeFile("key_file", err)
	}
	if _, err := b.secrets(n.opts.Home); err != nil {
		return nil, stripeFile("webhook.secret_file", err)
	}
	var err error
	b.client, err = stripe.NewClient(stripe.Config{BaseURL: c.BaseURL, Key: key, EventName: c.EventName, Currencies: n.cfg.currencies(),
		Customer: func(peer did.DID) (string, bool) { customer, ok := c.Customers[peer.String()]; return customer, ok },
		HTTP:     &http.Client{Timeout: stripeTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		Wait: func(ctx context.Context, d time.Duration) error {
			t := time.NewTimer(d)
			defer t.Stop()
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-t.C:
				return nil
			}
		}})
	return b, err
}

const stripeTimeout = 30 * time.Second

func stripeFile(key string, err error) error {
	return &Problem{Code: "CHIO-STRIPE-FILE", Message: fmt.Sprintf("settlement.stripe.%s: %v", key, err), Exit: ExitFailure,
		Hint: "put the secret into that file, readable by its owner only (chmod 600)"}
}

// filled refuses an empty secret.
func filled(secret string, err error) (string, error) {
	if err == nil && secret == "" {
		err = errors.New("the file is empty")
	}
	return secret, err
}

// secrets are those of the webhook: more than one while they rotate.
func (b *billing) secrets(home string) ([]string, error) {
	text, err := filled(readSecret(home, b.config.Webhook.SecretFile))
	return strings.Fields(text), err
}

// open lets events end in the settler's books.
func (b *billing) open(db store.DB, books stripe.Books) {
	peers := make(map[string]did.DID)
	for peer, customer := range b.config.Customers {
		peers[customer] = did.DID(peer)
	}
	b.inbox = stripe.NewInbox(db, books, func(customer string) (did.DID, bool) { peer, ok := peers[customer]; return peer, ok })
	b.stir()
}

func (b *billing) stir() {
	select {
	case b.wake <- struct{}{}:
	default: // a wake-up is already waiting
	}
}

// serveStripe listens for what Stripe says, and books it.
func (n *Node) serveStripe() error {
	b := n.money.billing
	if b == nil {
		return nil
	}
	c := &b.config.Webhook
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return &Problem{Code: "CHIO-STRIPE-LISTEN", Message: fmt.Sprintf("the webhook of Stripe cannot listen on %s: %v", c.Listen, err),
			Hint: "choose another address for settlement.stripe.webhook.listen", Exit: ExitFailure}
	}
	mux := http.NewServeMux()
	mux.Handle(c.path(), &stripe.Webhook{Inbox: b.inbox, Secrets: func() ([]string, error) { return b.secrets(n.opts.Home) }, Now: n.now,
		Wake: b.stir, Log: n.log})
	server := NewVCServer(mux, n.log)
	scheme := "http://"
	if c.TLSCert != "" {
		scheme = "https://"
	}
	n.lifecycle.Lock()
	n.servers = append(n.servers, server)
	n.stripeAddr = scheme + l.Addr().String() + c.path()
	n.lifecycle.Unlock()
	n.spawn(func() {
		serve := func() error { return server.Serve(l) }
		if c.TLSCert != "" {
			serve = func() error { return server.ServeTLS(l, inHome(n.opts.Home, c.TLSCert), inHome(n.opts.Home, c.TLSKey)) }
		}
		if err := serve(); err != nil && !errors.Is(err, http.ErrServerClosed) {
			n.log.Error("the webhook of Stripe stopped", slog.Any("error", err))
		}
	})
	n.every("book what Stripe said", reportEvery, b.wake, b.inbox.Work)
	return nil
}

// StripeEvents answers "settle/stripe": what Stripe said and could not be
// booked; and after a decision, what became of the event.
type StripeEvents struct {
	Events []stripe.Entry `json:"events"`
}

// StripeDecision asks "settle/stripe/take" and "settle/stripe/drop" about one
// event. An absent amount is the event's.
type StripeDecision struct {
	Event  string               `json:"event"`
	Amount *wire.MonetaryAmount `json:"amount,omitempty"`
	Reason string               `json:"reason,omitempty"`
}

func (n *Node) stripeInbox() (*stripe.Inbox, error) {
	if n.money.billing == nil {
		return nil, &Problem{Code: "CHIO-SETTLE-NO-RAIL", Message: "no Stripe account is configured here", Hint: "set settlement.stripe in the config", Exit: ExitFailure}
	}
	return n.money.billing.inbox, nil
}

func (n *Node) stripeEvents(context.Context, Empty) (*StripeEvents, error) {
	inbox, err := n.stripeInbox()
	if err != nil {
		return nil, err
	}
	answer := &StripeEvents{}
	err = n.db.View(func(r store.Reader) (err error) {
		answer.Events, err = inbox.Waiting(r)
		return err
	})
	return answer, err
}

// takeStripe books an event that waits, whole or in part.
func (n *Node) takeStripe(ctx context.Context, req StripeDecision) (*StripeEvents, error) {
	var units uint64
	if req.Amount != nil {
		if err := n.stripeCurrency(req); err != nil {
			return nil, err
		}
		units = req.Amount.Units
	}
	return n.decideStripe(req, "booked", func(inbox *stripe.Inbox) (*stripe.Entry, error) { return inbox.Take(ctx, req.Event, units) })
}

// dropStripe takes an event off the list.
func (n *Node) dropStripe(ctx context.Context, req StripeDecision) (*StripeEvents, error) {
	if req.Reason == "" || len(req.Reason) > 300 {
		return nil, usage("a reason of 1 to 300 bytes is needed")
	}
	return n.decideStripe(req, "dropped", func(inbox *stripe.Inbox) (*stripe.Entry, error) { return inbox.Drop(ctx, req.Event, req.Reason) })
}

func (n *Node) decideStripe(req StripeDecision, what string, do func(*stripe.Inbox) (*stripe.Entry, error)) (*StripeEvents, error) {
	inbox, err := n.stripeInbox()
	if err != nil {
		return nil, err
	}
	entry, err := do(inbox)
	if err != nil {
		return nil, settleProblem(err)
	}
	n.log.Info("an operator decided about a Stripe event", slog.String("decision", what), slog.String("event", req.Event), slog.String("reason", req.Reason))
	return &StripeEvents{Events: []stripe.Entry{*entry}}, nil
}

// stripeCurrency refuses an amount of nothing, or in another currency than the
// event's.
func (n *Node) stripeCurrency(req StripeDecision) error {
	list, err := n.stripeEvents(n.context(), Empty{})
	if err != nil {
		return err
	}
	for i := range list.Events {
		if e := &list.Events[i].Event; e.ID == req.Event && e.Amount.Currency != req.Amount.Currency {
			return usage("event %s is in %s, not %s", req.Event, e.Amount.Currency, req.Amount.Currency)
		}
	}
	if req.Amount.Units == 0 {
		return usage("an amount of nothing; chio-node settle stripe drop takes an event off the list")
	}
	return nil
}

// measureStripe writes how many events wait.
func (n *Node) measureStripe(e *exposition) error {
	if n.money.billing == nil {
		return nil
	}
	list, err := n.stripeEvents(n.context(), Empty{})
	if err != nil {
		return err
	}
	e.family("chio_stripe_events_waiting", kindGauge, "Events of Stripe that could not be booked: chio-node settle stripe says why.")
	e.sample("chio_stripe_events_waiting", int64(len(list.Events)))
	return nil
}

// rails are the settler's part of the configuration without a chain.
func (m *money) outsideRails(c *settlement.Config) {
	c.Offchain, c.Stripe = m.n.cfg.Settlement.Offchain, m.n.cfg.Settlement.Stripe.Accept
	if m.billing != nil {
		c.Meter = m.billing.client
	}
}
