package node

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/ld"
	"github.com/backbay-labs/chio-node/vc/openid4vp"
	"github.com/backbay-labs/chio-node/vc/passport"
)

// verifierRoutes is OpenID4VP below a base URL, if the configuration asks for
// it.
func (n *Node) verifierRoutes(base string, routes map[string]http.Handler, gate func(context.Context) vc.Gate) error {
	if !n.cfg.VCAPI.OpenID4VP {
		return nil
	}
	processor, err := ld.New()
	if err != nil {
		return err
	}
	name, _ := credentialIssuer(n.keys.Org(), n.cfg.VCAPI.DIDMethod)
	v, err := openid4vp.New(openid4vp.Config{
		DB: n.db, Rand: n.rand, Now: n.opts.Now, Signer: n.keys.Org(), DID: name, Base: base,
		Gate:  func(ctx context.Context) vc.Gate { return n.knowingOwnLists(gate(ctx)) },
		Types: processor.Types, Anchor: n.anchor, Withdrawn: n.withdrawn, Refuse: n.alive,
	})
	if err != nil {
		return err
	}
	if err := v.Sweep(n.ctx); err != nil {
		return err
	}
	routes[openid4vp.Path] = v
	n.lifecycle.Lock()
	n.verifier = v
	n.lifecycle.Unlock()
	return nil
}

// knowingOwnLists adds the status lists of this organisation's passports to
// those that a gate knows.
func (n *Node) knowingOwnLists(g vc.Gate) vc.Gate {
	others := g.StatusList
	g.StatusList = func(url string) (*vc.StatusList, error) {
		number, own := strings.CutPrefix(url, n.DID().String()+"/status/")
		if !own && others != nil {
			return others(url)
		}
		at, err := strconv.ParseUint(number, 10, 32)
		if !own || err != nil {
			return nil, fmt.Errorf("status list %.140q is not known here", url)
		}
		doc, err := n.passports.StatusList(g.Context, at, g.Now)
		if err != nil {
			return nil, err
		}
		return vc.OpenStatusList(doc, n.DID().String())
	}
	return g
}

// withdrawn is what this node knows against a passport beyond its status
// lists, as authentic asks it of a presentation.
func (n *Node) withdrawn(p *openid4vp.Presented) error {
	if p.Agent == "" {
		return nil
	}
	if d := n.revocations.Check(nil, &kernel.PassportRef{Issuer: p.Issuer, ID: p.ID}, p.Agent.Key(), nil, n.now()); d != nil {
		return fmt.Errorf("%w: %s", passport.ErrWithdrawn, d.Reason)
	}
	for _, party := range []did.DID{did.DID(p.Issuer), p.Agent} {
		if at, ended := n.deactivated(party); ended {
			return fmt.Errorf("%w: %s was deactivated at %s", passport.ErrWithdrawn, party, stamp(at))
		}
	}
	return nil
}

// AskWallet asks "openid/request". Without a policy and without issuers nobody
// is trusted, and nothing is asked.
type AskWallet struct {
	Policy        *passport.Policy `json:"policy,omitempty"`         // judges passports
	Issuers       []string         `json:"issuers,omitempty"`        // DIDs whose credentials count besides passports
	AllowNoStatus bool             `json:"allow_no_status,omitzero"` // of these, too, that say nothing of a status
	Query         *openid4vp.Query `json:"dcql_query,omitempty"`     // nil: a passport
	TTLSeconds    int64            `json:"ttl_seconds,omitzero"`     // default 600
}

// WalletRequest asks "openid/result".
type WalletRequest struct {
	ID string `json:"id"`
}

func (n *Node) walletVerifier() (*openid4vp.Verifier, error) {
	n.lifecycle.Lock()
	defer n.lifecycle.Unlock()
	if n.verifier == nil {
		return nil, &Problem{Code: "CHIO-OPENID-OFF", Message: "this node asks wallets for nothing", Exit: ExitFailure,
			Hint: "set vc_api.listen and vc_api.openid4vp in the configuration, and start it"}
	}
	return n.verifier, nil
}

func (n *Node) askWallet(ctx context.Context, req AskWallet) (*openid4vp.Request, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	v, err := n.walletVerifier()
	if err != nil {
		return nil, err
	}
	r, err := v.Request(ctx, openid4vp.Ask{Query: req.Query, TTLSeconds: req.TTLSeconds,
		Policy: openid4vp.Policy{Passport: req.Policy, Issuers: req.Issuers, AllowNoStatus: req.AllowNoStatus}})
	return r, WalletProblem(err)
}

func (n *Node) walletResult(ctx context.Context, req WalletRequest) (*openid4vp.Result, error) {
	v, err := n.walletVerifier()
	if err != nil {
		return nil, err
	}
	r, err := v.Result(ctx, req.ID)
	return r, WalletProblem(err)
}

// WalletProblem gives the refusals of requests to wallets their codes.
func WalletProblem(err error) error {
	p := &Problem{Exit: ExitUsage, Cause: err}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, openid4vp.ErrPolicy):
		p.Code, p.Hint = "CHIO-OPENID-POLICY", "give --policy FILE for passports, or --issuer DID for other credentials"
	case errors.Is(err, openid4vp.ErrQuery), errors.Is(err, openid4vp.ErrLife):
		p.Code, p.Hint = "CHIO-OPENID-QUERY", "docs/identity.md says what of DCQL is understood"
	case errors.Is(err, openid4vp.ErrUnknown), errors.Is(err, openid4vp.ErrTooMany):
		p.Code, p.Hint, p.Exit = "CHIO-OPENID-REQUEST", "chio-node openid request makes one and prints its id", ExitFailure
	default:
		return err
	}
	p.Message = err.Error()
	return p
}
