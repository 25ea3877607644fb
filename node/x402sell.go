package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/settlement/x402"
	"github.com/backbay-labs/chio-node/wire"
)

// The bounds of the listener that sells.
const (
	maxSellBody    = 64 << 10
	maxSelling     = 64 // requests at once
	sellTimeout    = 2 * time.Minute
	receiptHeader  = "Chio-Receipt"
	sellEdge       = "x402"
	sellCapability = 30 * 24 * 3600 // seconds
)

// saleAnswer is a call's result, as long as it may wait for its payment.
type saleAnswer struct {
	Content wire.Raw `json:"content"`
	Receipt string   `json:"receipt"`
}

// serveX402 listens for paid calls, if the configuration asks for it.
func (n *Node) serveX402(ctx context.Context) error {
	c := &n.cfg.X402.Sell
	if c.Listen == "" {
		return nil
	}
	if err := n.allowSales(ctx); err != nil {
		return fmt.Errorf("give %s a capability on what is for sale: %w", c.Agent, err)
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return &Problem{Code: "CHIO-X402-LISTEN", Message: fmt.Sprintf("paid calls cannot be listened for on %s: %v", c.Listen, err),
			Hint: "choose another address for x402.sell.listen", Exit: ExitFailure}
	}
	base := c.PublicURL
	switch {
	case base != "":
	case c.TLSCert != "":
		base = "https://" + l.Addr().String()
	default:
		base = "http://" + l.Addr().String()
	}
	mux := http.NewServeMux()
	places := make(chan struct{}, maxSelling)
	for i := range c.Tools {
		s := &sale{n: n, tool: &c.Tools[i], url: strings.TrimSuffix(base, "/") + c.Tools[i].Path, places: places}
		if s.price, err = n.cfg.usdc(s.tool.Price); err != nil {
			return errors.Join(err, l.Close())
		}
		mux.Handle(s.tool.Path, s)
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: sellTimeout + 15*time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 2 * x402.MaxHeader, ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelDebug)}
	n.lifecycle.Lock()
	n.servers = append(n.servers, server)
	n.sellAddr = base
	n.lifecycle.Unlock()
	n.every("renew the capability of paid calls", time.Hour, nil, n.allowSales)
	n.spawn(func() {
		serve := func() error { return server.Serve(l) }
		if c.TLSCert != "" {
			serve = func() error { return server.ServeTLS(l, inHome(n.opts.Home, c.TLSCert), inHome(n.opts.Home, c.TLSKey)) }
		}
		if err := serve(); err != nil && !errors.Is(err, http.ErrServerClosed) {
			n.log.Error("the listener for paid calls stopped", slog.Any("error", err))
		}
	})
	return nil
}

// allowSales gives the agent of the sales a capability for exactly the tools
// for sale, server by server, unless it holds one that names them all. A revoked
// one counts: what the operator took is not given again.
func (n *Node) allowSales(ctx context.Context) error {
	c := &n.cfg.X402.Sell
	key, err := n.ensureAgent(ctx, c.Agent)
	if err != nil {
		return err
	}
	held, err := n.held.forAgent(n.db, key)
	if err != nil {
		return err
	}
	grants := make(map[string][]capability.ToolGrant)
	for _, t := range c.Tools {
		grants[t.Server] = append(grants[t.Server], capability.ToolGrant{ServerID: t.Server, ToolName: t.Tool, Operations: []capability.Operation{capability.Invoke}})
	}
	for _, tools := range grants {
		decided := slices.ContainsFunc(held, func(h *authority.Capability) bool {
			return h.Chain[0].Issuer == n.keys.Kernel().Public() && h.Leaf().ExpiresAt > n.now()+mcpRenewSeconds && namesAll(h.Leaf().Scope, tools)
		})
		if decided {
			continue
		}
		if _, err := n.issueLocal(ctx, authority.Request{Subject: key, TTLSeconds: sellCapability, Scope: capability.Scope{Grants: tools}}); err != nil {
			return err
		}
	}
	return nil
}

// namesAll reports that a scope speaks of each of some tools.
func namesAll(scope capability.Scope, tools []capability.ToolGrant) bool {
	return !slices.ContainsFunc(tools, func(t capability.ToolGrant) bool {
		return !slices.ContainsFunc(scope.Grants, func(g capability.ToolGrant) bool {
			return (g.ServerID == t.ServerID || g.ServerID == "*") && (g.ToolName == t.ToolName || g.ToolName == "*")
		})
	})
}

// sale is one tool for sale.
type sale struct {
	n      *Node
	tool   *X402SaleTool
	url    string
	price  wire.MonetaryAmount
	places chan struct{}
}

// ServeHTTP answers a request without payment with what it costs, and one with
// a payment with the result, once it is paid.
func (s *sale) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	default:
		s.n.junk.Add(1)
		w.Header().Set("Retry-After", "1")
		writeProblem(w, http.StatusServiceUnavailable, &Problem{Code: "CHIO-X402-BUSY", Message: "too many paid calls are under way", Hint: "try again in a moment", Exit: ExitFailure})
		return
	}
	// A client that hangs up does not take back what it ordered: it is charged for
	// a call that ran, and gets the result when it asks again.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), sellTimeout)
	defer cancel()
	args, err := s.arguments(w, r)
	if err != nil {
		s.n.junk.Add(1)
		writeProblem(w, http.StatusBadRequest, problemOf(err))
		return
	}
	seller, batch, price, err := s.n.x402.selling(ctx)
	if err != nil {
		s.n.log.Error("nothing can be sold: the chain does not answer", slog.Any("error", err))
		writeProblem(w, http.StatusServiceUnavailable, &Problem{Code: "CHIO-X402-CHAIN", Message: "payments cannot be taken at the moment",
			Hint: "try again later; nothing was charged", Exit: ExitFailure})
		return
	}
	price.Amount = s.price.Units
	required := x402.Required{X402Version: x402.Version, Error: x402.HeaderSignature + " header is required",
		Resource: x402.Resource{URL: s.url, Description: s.tool.Description, MimeType: "application/json"}, Accepts: []x402.Requirements{price.Requirements()}}
	if batch != nil {
		required.Accepts = append(required.Accepts, batch.Terms.Requirements(price))
	}
	header := r.Header.Get(x402.HeaderSignature)
	if header == "" {
		s.require(w, required)
		return
	}
	request, err := wire.DigestOf([]string{s.tool.Path, s.tool.Server, s.tool.Tool, wire.Hash(args).String()})
	if err != nil {
		writeProblem(w, http.StatusInternalServerError, problemOf(err))
		return
	}
	var ended saleEnd
	execute := func(ctx context.Context, payer evm.Address) ([]byte, error) {
		return ended.of(s.run(ctx, payer, price, args))
	}
	var sold x402.Sale
	if scheme, schemeErr := x402.SchemeOf(header); batch != nil && schemeErr == nil && scheme == x402.SchemeBatch {
		sold, err = s.sellBatch(ctx, w, batch, header, price, &required, request, execute)
	} else {
		if sold, err = seller.Sell(ctx, header, price, wire.MustMarshal(required), request, execute); sold.State != "" {
			w.Header().Set(x402.HeaderResponse, x402.Encode(sold.Settlement(price)))
		}
	}
	if err != nil {
		s.refuse(w, required, &ended, err)
		return
	}
	var answer saleAnswer
	if err := wire.Unmarshal(sold.Result, &answer, wire.ForeignLimits); err != nil {
		writeProblem(w, http.StatusInternalServerError, problemOf(err))
		return
	}
	w.Header().Set(receiptHeader, answer.Receipt)
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(answer.Content) // asked again with the same payment, it comes again
}

// sellBatch sells for a voucher on a deposit. Where the voucher does not go on from
// what was charged, what is asked for says where its payer stands.
func (s *sale) sellBatch(ctx context.Context, w http.ResponseWriter, batch *x402.BatchSeller, header string, price x402.Price, required *x402.Required,
	request wire.Digest, execute func(context.Context, evm.Address) ([]byte, error)) (x402.Sale, error) {
	sold, err := batch.Sell(ctx, header, price, wire.MustMarshal(*required), request, execute)
	if sold == nil {
		return x402.Sale{}, err
	}
	if err == nil {
		w.Header().Set(x402.HeaderResponse, x402.Encode(sold.Settlement(price)))
	}
	if errors.Is(err, x402.ErrCumulative) {
		sold.Corrective(&required.Accepts[len(required.Accepts)-1])
	}
	return sold.Sale, err
}

// wrongTotal is what the protocol calls x402.ErrCumulative; clients read it.
const wrongTotal = "invalid_batch_settlement_evm_cumulative_amount_mismatch"

// arguments are the JSON object in the body of a POST, or the query of a GET as
// texts.
func (s *sale) arguments(w http.ResponseWriter, r *http.Request) (wire.Raw, error) {
	switch r.Method {
	case http.MethodGet:
		args := make(map[string]string)
		for name, values := range r.URL.Query() {
			if len(values) != 1 {
				return nil, usage("argument %.80q is given %d times", name, len(values))
			}
			args[name] = values[0]
		}
		return wire.Marshal(args)
	case http.MethodPost:
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxSellBody))
		if err != nil {
			return nil, usage("request body: %v", err)
		}
		if len(body) == 0 {
			return wire.Raw("{}"), nil
		}
		args, err := wire.Canonicalize(body, wire.ForeignLimits)
		if err != nil || args[0] != '{' {
			return nil, usage("the body must be one JSON object: the arguments of the tool")
		}
		return args, nil
	}
	return nil, usage("method %.20q: use POST with a JSON body, or GET with a query", r.Method)
}

// saleEnd keeps how the kernel ended a call that is not sold.
type saleEnd struct{ answer *CallAnswer }

func (e *saleEnd) of(a *CallAnswer, err error) ([]byte, error) {
	switch {
	case err != nil:
		return nil, err
	case a.Ended == kernel.Allow.String() && !a.IsError && !a.Unlogged:
		return wire.Marshal(saleAnswer{Content: a.Content, Receipt: a.ReceiptID})
	}
	e.answer = a
	switch {
	case a.Ended == "incomplete" || a.Unlogged:
		return nil, fmt.Errorf("%s: %s", a.Code, a.Reason)
	case a.IsError:
		return nil, fmt.Errorf("%w: the tool reported failure", x402.ErrDenied)
	}
	return nil, fmt.Errorf("%w: %s", x402.ErrDenied, a.Code)
}

// run makes the call in the name of the agent of the sales, on behalf of the
// account that pays.
func (s *sale) run(ctx context.Context, payer evm.Address, price x402.Price, args wire.Raw) (*CallAnswer, error) {
	m, err := s.n.mandate(ctx, call{Agent: s.n.cfg.X402.Sell.Agent, Server: s.tool.Server, Tool: s.tool.Tool, Args: args, Edge: sellEdge,
		OnBehalfOf: "did:pkh:" + price.Network() + ":" + payer.String()})
	if err != nil {
		return nil, err
	}
	return answerOf(s.n.kernel.Mediate(ctx, m)), nil
}

// require says what the call costs, and why a payment was not taken.
func (s *sale) require(w http.ResponseWriter, required x402.Required) {
	w.Header().Set(x402.HeaderRequired, x402.Encode(required))
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusPaymentRequired)
	_, _ = w.Write(wire.MustMarshal(required))
}

// refuse answers a paid request that is not sold. What is the client's to mend
// is a 402 that says so.
func (s *sale) refuse(w http.ResponseWriter, required x402.Required, ended *saleEnd, err error) {
	if a := ended.answer; a != nil {
		w.Header().Set(receiptHeader, a.ReceiptID)
	}
	for _, known := range []error{x402.ErrMalformed, x402.ErrMismatch, x402.ErrExpired, x402.ErrSpent, x402.ErrFunds, x402.ErrUnpaid, x402.ErrChannel, x402.ErrCumulative, evm.ErrSignature} {
		if errors.Is(err, known) {
			if required.Error = err.Error(); errors.Is(err, x402.ErrCumulative) {
				required.Error = wrongTotal
			}
			s.require(w, required)
			return
		}
	}
	switch {
	case errors.Is(err, x402.ErrDenied):
		p := &Problem{Code: "CHIO-X402-DENIED", Message: err.Error(), Hint: "nothing was charged; the receipt says why", Exit: ExitDenied}
		if a := ended.answer; a != nil && a.Code != "" {
			p.Code, p.Message = a.Code, a.Reason
		}
		writeProblem(w, http.StatusForbidden, p)
	case errors.Is(err, x402.ErrBusy):
		w.Header().Set("Retry-After", "1")
		writeProblem(w, http.StatusConflict, &Problem{Code: "CHIO-X402-BUSY", Message: err.Error(), Hint: "ask again with the same payment", Exit: ExitFailure})
	case errors.Is(err, x402.ErrIncomplete):
		writeProblem(w, http.StatusBadGateway, &Problem{Code: "CHIO-X402-INCOMPLETE", Message: "the call's outcome is not known", Exit: ExitFailure,
			Hint: "nothing was charged; check its effect before paying for another"})
	default:
		s.n.log.Warn("a sale is not settled yet", slog.String("path", s.tool.Path), slog.Any("error", err))
		w.Header().Set("Retry-After", "5")
		writeProblem(w, http.StatusServiceUnavailable, &Problem{Code: "CHIO-X402-UNSETTLED", Message: "the payment is not settled yet", Exit: ExitFailure,
			Hint: "ask again with the same payment: it is charged once"})
	}
}
