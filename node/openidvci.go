package node

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/openid4vci"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/vc/status"
	"github.com/backbay-labs/chio-node/wire"
)

// passportLists is where the status lists of passports are published, on the
// listener of the VC-API.
const passportLists = "GET /passports/status/{list}"

// issuerRoutes is OpenID4VCI below a base URL, if the configuration asks for it.
func (n *Node) issuerRoutes(base string, routes map[string]http.Handler) error {
	if !n.cfg.VCAPI.OpenID4VCI {
		return nil
	}
	issuer, err := openid4vci.New(openid4vci.Config{DB: n.db, Rand: n.rand, Now: n.opts.Now, URL: strings.TrimSuffix(base, "/"), Name: n.cfg.Name,
		Issue: n.collectPassport, Refuse: n.alive, Log: n.log})
	if err != nil {
		return err
	}
	for _, pattern := range issuer.Patterns() {
		routes[pattern] = issuer
	}
	routes[passportLists] = http.HandlerFunc(n.servePassportList)
	n.lifecycle.Lock()
	n.issuer = issuer
	n.lifecycle.Unlock()
	return nil
}

// servePassportList publishes one of the lists that passports name. Their URL
// there is a DID URL: the service passport-status of the DID says where it is.
func (n *Node) servePassportList(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	number, err := strconv.ParseUint(r.PathValue("list"), 10, 32)
	if err != nil {
		http.Error(w, "no such list", http.StatusNotFound)
		return
	}
	if err := n.alive(); err != nil { // an organisation that ended signs no list
		http.Error(w, err.Error(), http.StatusGone)
		return
	}
	list, err := n.passports.StatusList(r.Context(), number, n.now())
	if errors.Is(err, status.ErrUnknown) {
		http.Error(w, "no such list", http.StatusNotFound)
		return
	}
	if err != nil {
		n.log.Error("a status list could not be written", "error", err)
		http.Error(w, "the list could not be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/vc")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(list) // a client that went away needs no answer
}

// OfferPassport asks "openid/offer": a passport for an agent whose key is in
// somebody's wallet. Issue has no key: the wallet proves it.
type OfferPassport struct {
	Issue      IssuePassport `json:"issue"`
	Formats    []string      `json:"formats,omitempty"`    // default ldp_vc
	TxCode     bool          `json:"tx_code,omitzero"`     // ask the wallet's user for a code
	TTLSeconds int64         `json:"ttl_seconds,omitzero"` // of the offer; default 15 minutes
}

// OfferedPassport answers it. URI, ValueURI and TxCode are kept nowhere.
type OfferedPassport struct {
	OfferInfo
	URI      string   `json:"uri"`       // the offer by reference
	ValueURI string   `json:"value_uri"` // the offer by value
	Object   wire.Raw `json:"credential_offer"`
	TxCode   string   `json:"tx_code,omitempty"`
}

// OfferInfo is one offer as this node knows it.
type OfferInfo struct {
	ID        string           `json:"id"`
	Agent     string           `json:"agent"`
	Status    openid4vci.State `json:"status"`
	Formats   []string         `json:"formats"`
	CreatedAt string           `json:"created_at"`
	ExpiresAt string           `json:"expires_at"`
	Passport  string           `json:"passport,omitempty"`
	AgentDID  string           `json:"agent_did,omitempty"`
	Reused    bool             `json:"reused,omitzero"` // its code came twice
	Attempts  int              `json:"attempts,omitzero"`
	Event     string           `json:"event,omitempty"` // what the wallet said of it last
}

// OfferList answers "openid/offers".
type OfferList struct {
	Offers []OfferInfo `json:"offers"`
}

// OfferRequest asks "openid/withdraw".
type OfferRequest struct {
	ID string `json:"id"`
}

// vciIssuer is the issuer, or why there is none.
func (n *Node) vciIssuer() (*openid4vci.Issuer, error) {
	n.lifecycle.Lock()
	defer n.lifecycle.Unlock()
	if n.issuer == nil {
		return nil, &Problem{Code: "CHIO-OPENID-OFF", Message: "this node does not issue to wallets", Exit: ExitFailure,
			Hint: "set vc_api.listen and vc_api.openid4vci in the configuration, and start it"}
	}
	return n.issuer, nil
}

// offerPassport makes an offer of what would be issued now.
func (n *Node) offerPassport(ctx context.Context, req OfferPassport) (*OfferedPassport, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	issuer, err := n.vciIssuer()
	if err != nil {
		return nil, err
	}
	if req.Issue.Key != nil {
		return nil, usage("an offer names no key: the wallet proves its own")
	}
	if req.Issue.Login != nil {
		return nil, usage("a login is for a passport that is issued at once, not for an offer")
	}
	forms := make([]string, len(req.Formats))
	for i, name := range req.Formats {
		if forms[i], err = openid4vci.FormOf(name); err != nil {
			return nil, offerProblem(err)
		}
	}
	if err := n.receiptsOf(ctx, &req.Issue); err != nil {
		return nil, err
	}
	if err := n.rehearse(ctx, req.Issue); err != nil {
		return nil, err
	}
	content, err := wire.Marshal(req.Issue)
	if err != nil {
		return nil, err
	}
	m, err := issuer.Make(ctx, openid4vci.Terms{Forms: forms, Content: content, TxCode: req.TxCode, TTLSeconds: req.TTLSeconds})
	if err != nil {
		return nil, offerProblem(err)
	}
	info, err := n.describeOffer(m.Offer)
	return &OfferedPassport{OfferInfo: info, URI: m.URI, ValueURI: m.ValueURI, Object: m.Object, TxCode: m.TxCode}, err
}

// receiptsOf fills in what the receipts say of an agent that is known, if an
// offer asks for it: they are of the key it has.
func (n *Node) receiptsOf(ctx context.Context, req *IssuePassport) error {
	if !req.FromReceipts {
		return nil
	}
	var a authority.Agent
	err := n.db.View(func(r store.Reader) (err error) {
		a, err = authority.AgentByName(r, req.Agent)
		return err
	})
	if errors.Is(err, authority.ErrUnknown) || req.Reputation != nil {
		return usage("there are no receipts of agent %.64s yet: offer the passport without a reputation", req.Agent)
	}
	if err == nil {
		req.FromReceipts = false
		req.Reputation, err = n.passportReputation(ctx, a.Key)
	}
	return err
}

// errRehearsed ends a rehearsal.
var errRehearsed = errors.New("nothing of this is kept")

// rehearse issues the passport in a transaction that is not kept, so that what
// cannot be issued is not offered: to the agent's key, or to any.
func (n *Node) rehearse(ctx context.Context, req IssuePassport) error {
	if req.FromReceipts {
		return usage("an offer says no reputation: whose key it will be about is not known yet")
	}
	some, err := wire.GenerateKey(n.rand)
	if err != nil {
		return err
	}
	var refused error
	err = n.db.Update(ctx, func(tx store.Tx) error {
		key := some.Public()
		if a, err := authority.AgentByName(tx, req.Agent); err == nil {
			key = a.Key
		}
		_, refused = n.newPassport(tx, req, key, n.now(), n.now())
		return errRehearsed
	})
	if !errors.Is(err, errRehearsed) {
		return err
	}
	if errors.Is(refused, vc.ErrMalformed) {
		return passportProblem(refused)
	}
	if errors.Is(refused, openid4vci.ErrDenied) || errors.Is(refused, authority.ErrRequest) {
		return &Problem{Code: "CHIO-AGENT-KEY", Message: refused.Error(), Exit: ExitFailure, Cause: refused,
			Hint: "choose another name for an agent whose key is in a wallet"}
	}
	return refused
}

// newPassport issues a passport about a wallet's key and makes it the one that
// the agent's capabilities rest on. An agent keeps its key, and an offer lifts
// no revocation and no suspension that came after it.
func (n *Node) newPassport(tx store.Tx, req IssuePassport, key wire.PublicKey, offered, now int64) (string, error) {
	a, err := authority.AgentByName(tx, req.Agent)
	switch {
	case errors.Is(err, authority.ErrUnknown):
		a = authority.Agent{Name: req.Agent, Key: key, CreatedAt: now}
	case err != nil:
		return "", err
	case a.Custodial:
		return "", fmt.Errorf("%w: this node keeps the key of agent %s", openid4vci.ErrDenied, a.Name)
	case a.Key != key:
		return "", fmt.Errorf("%w: agent %s has another key", openid4vci.ErrDenied, a.Name)
	}
	if err := n.notWithdrawnSince(tx, a, offered); err != nil {
		return "", err
	}
	p, _, err := n.givePassport(tx, a, req, now)
	if errors.Is(err, vc.ErrMalformed) || errors.Is(err, authority.ErrExists) {
		return "", fmt.Errorf("%w: %w", openid4vci.ErrDenied, err)
	} else if err != nil {
		return "", err
	}
	return p.ID, nil
}

// notWithdrawnSince refuses an agent whose passport was revoked or suspended
// after a time.
func (n *Node) notWithdrawnSince(r store.Reader, a authority.Agent, offered int64) error {
	if a.Passport == nil || a.Passport.Issuer != n.DID().String() {
		return nil
	}
	rec, err := n.passports.GetIn(r, a.Passport.ID)
	if err != nil {
		return err
	}
	if max(rec.RevokedAt, rec.SuspendedAt) > offered {
		return fmt.Errorf("%w: the passport of agent %s was revoked or suspended after the offer was made", openid4vci.ErrDenied, a.Name)
	}
	return nil
}

// collectPassport gives a wallet the passport of its offer, which the first
// request makes, in one of its forms.
func (n *Node) collectPassport(tx store.Tx, c openid4vci.Collection) (*openid4vci.Issued, error) {
	id := c.Passport
	if id == "" {
		var req IssuePassport
		err := wire.Unmarshal(c.Content, &req, wire.DocumentLimits)
		if err != nil {
			return nil, fmt.Errorf("read what was offered: %w", err)
		}
		if id, err = n.newPassport(tx, req, c.Key, c.Offered, c.Now); err != nil {
			return nil, err
		}
	}
	r, err := n.passports.GetIn(tx, id)
	if err != nil {
		return nil, err
	}
	p, err := r.Parse()
	if err != nil {
		return nil, err
	}
	if s := r.State(p, c.Now); s != passport.Active {
		return nil, fmt.Errorf("%w: it is %s", openid4vci.ErrDenied, s)
	}
	credential, err := openid4vci.Credential(c.Form, r, c.Key, n.keys.Org(), c.Now, n.rand)
	if err != nil {
		return nil, err
	}
	return &openid4vci.Issued{Passport: id, Credential: credential}, nil
}

func (n *Node) describeOffer(o *openid4vci.Offer) (OfferInfo, error) {
	var req IssuePassport
	if err := wire.Unmarshal(o.Content, &req, wire.DocumentLimits); err != nil {
		return OfferInfo{}, fmt.Errorf("read offer %s: %w", o.ID, err)
	}
	info := OfferInfo{ID: o.ID, Agent: req.Agent, Status: o.State(n.now()), Formats: []string{}, CreatedAt: vc.Time(o.CreatedAt).String(),
		ExpiresAt: vc.Time(o.ExpiresAt).String(), Passport: o.Passport, Reused: o.ReusedAt != 0, Attempts: o.Attempts, Event: o.Event}
	for _, form := range o.Forms {
		info.Formats = append(info.Formats, openid4vci.Format(form))
	}
	if key, err := wire.ParsePublicKey(o.Key); err == nil {
		info.AgentDID = did.FromKey(key).String()
	}
	return info, nil
}

func (n *Node) listOffers(context.Context, Empty) (*OfferList, error) {
	issuer, err := n.vciIssuer()
	if err != nil {
		return nil, err
	}
	list := &OfferList{Offers: []OfferInfo{}}
	return list, issuer.List(func(o *openid4vci.Offer) error {
		info, err := n.describeOffer(o)
		list.Offers = append(list.Offers, info)
		return err
	})
}

func (n *Node) withdrawOffer(ctx context.Context, req OfferRequest) (*OfferInfo, error) {
	issuer, err := n.vciIssuer()
	if err != nil {
		return nil, err
	}
	o, err := issuer.Withdraw(ctx, req.ID)
	if err != nil {
		return nil, offerProblem(err)
	}
	info, err := n.describeOffer(o)
	return &info, err
}

// offerProblem names what is wrong with an offer.
func offerProblem(err error) error {
	switch {
	case errors.Is(err, openid4vci.ErrForm):
		return &Problem{Code: "CHIO-OPENID-FORMAT", Message: err.Error(), Hint: "the formats are ldp_vc, vc+jwt and dc+sd-jwt", Exit: ExitUsage, Cause: err}
	case errors.Is(err, openid4vci.ErrTerms):
		return &Problem{Code: "CHIO-USAGE", Message: err.Error(), Hint: "chio-node openid offer --help", Exit: ExitUsage, Cause: err}
	case errors.Is(err, openid4vci.ErrFull), errors.Is(err, openid4vci.ErrUnknown), errors.Is(err, openid4vci.ErrCollected):
		return &Problem{Code: "CHIO-OPENID-OFFER", Message: err.Error(), Hint: "chio-node openid offers shows them", Exit: ExitFailure, Cause: err}
	}
	return err
}
