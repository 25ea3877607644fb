package node

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc/oidc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// openLogins composes the logins at identity providers. Their addresses are the
// operator's choice, so private ones are reached like any other.
func (n *Node) openLogins() (*oidc.Logins, error) {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	cfg := oidc.Config{Now: n.opts.Now, Rand: n.rand, Transport: &http.Transport{
		DialContext:            dialer.DialContext, // and no proxy
		TLSClientConfig:        &tls.Config{Time: n.opts.Now, MinVersion: tls.VersionTLS12},
		DisableKeepAlives:      true,
		MaxResponseHeaderBytes: 16 << 10,
	}}
	for i := range n.cfg.IdentityProviders {
		cfg.Providers = append(cfg.Providers, n.cfg.IdentityProviders[i].provider(n.opts.Home))
	}
	return oidc.New(cfg)
}

// StartLogin asks "login/start": a login at an identity provider of the
// configuration, with a redirect to a port of this machine, or for a device.
type StartLogin struct {
	Provider    string `json:"provider"`
	RedirectURI string `json:"redirect_uri,omitempty"`
	Device      bool   `json:"device,omitzero"`
}

func (n *Node) startLogin(ctx context.Context, req StartLogin) (s *oidc.Started, err error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	if req.Device {
		s, err = n.logins.StartDevice(ctx, req.Provider)
	} else {
		s, err = n.logins.Start(ctx, req.Provider, req.RedirectURI)
	}
	return s, loginProblem(err)
}

// vouched is the login a new passport rests on; nil is none.
type vouched struct {
	login  *oidc.Login
	record *passport.ProvenanceRecord
}

// vouch redeems the login that a request for a passport names, if it names one:
//
//	1 the request does not say by itself what a provider said
//	2 the provider's own token verifies, and meets what the configuration requires
//	3 the roles are the login's: all of them, or those asked for if it gives them
//
// What the passport will say of its provenance is put into the request.
func (n *Node) vouch(ctx context.Context, req *IssuePassport) (*vouched, error) {
	if req.Login == nil {
		return nil, nil
	}
	if req.Provenance != nil { // 1
		return nil, usage("a passport rests on a login or on a provenance that was given, not on both")
	}
	login, err := n.logins.Redeem(ctx, *req.Login) // 2
	if err != nil {
		return nil, loginProblem(err)
	}
	if login.GivesRoles { // 3
		for _, r := range req.Roles {
			if !slices.Contains(login.Facts.Roles, r) {
				return nil, &Problem{Code: "CHIO-LOGIN-REQUIREMENT", Message: "the login does not give the role " + r, Exit: ExitDenied,
					Hint: "leave --role away: the passport gets the roles that the login gives"}
			}
		}
		if len(req.Roles) == 0 {
			req.Roles = login.Facts.Roles
		}
	}
	record, err := login.Record(n.DID(), req.Agent, n.rand)
	if err != nil {
		return nil, passportProblem(err)
	}
	if req.Provenance, err = record.Reference(); err != nil {
		return nil, err
	}
	return &vouched{login, record}, nil
}

// keep makes the login count, once, and files its record beside the passport.
func (v *vouched) keep(tx store.Tx, passportID string, now int64) error {
	if v == nil {
		return nil
	}
	if err := v.login.Spend(tx, now); err != nil {
		return loginProblem(err)
	}
	return passport.KeepProvenance(tx, passportID, v.record)
}

// KeptProvenance answers "passport/provenance": the record as it is hashed, so
// that it can be shown to whoever wants to compare it with the passport.
type KeptProvenance struct {
	PassportID string      `json:"passport_id"`
	Agent      string      `json:"agent"`
	Record     wire.Raw    `json:"record"`
	SHA256     wire.Digest `json:"sha256"`
}

func (n *Node) showProvenance(_ context.Context, req PassportRequest) (*KeptProvenance, error) {
	_, p, err := n.namedPassport(req)
	if err != nil {
		return nil, err
	}
	var kept *passport.ProvenanceRecord
	if err := n.db.View(func(r store.Reader) (err error) {
		kept, err = passport.KeptProvenance(r, p.ID)
		return err
	}); err != nil {
		return nil, ProvenanceProblem(err)
	}
	if err := passport.CheckProvenance(p, kept); err != nil {
		return nil, ProvenanceProblem(err)
	}
	doc, err := kept.Canonical()
	return &KeptProvenance{PassportID: p.ID, Agent: p.Subject.Name, Record: doc, SHA256: wire.Hash(doc)}, err
}

// ProvenanceProblem gives the refusals of provenance records their codes.
func ProvenanceProblem(err error) error {
	switch {
	case errors.Is(err, passport.ErrNoProvenance):
		return &Problem{Code: "CHIO-PROVENANCE-NONE", Message: err.Error(), Exit: ExitFailure, Cause: err,
			Hint: "records are kept of passports that were issued with --login"}
	case errors.Is(err, passport.ErrProvenance):
		return &Problem{Code: "CHIO-PROVENANCE-MISMATCH", Message: err.Error(), Exit: ExitUnverifiable, Cause: err,
			Hint: "do not rely on the record; ask the organisation for that of this passport"}
	}
	return err
}

// loginProblem names the refusals of package oidc.
func loginProblem(err error) error {
	return named(err, []cause{
		{oidc.ErrUnknownProvider, "CHIO-LOGIN-PROVIDER", "name one of identity_providers in chio-node.yaml", ExitUsage},
		{oidc.ErrProvider, "CHIO-LOGIN-UNREACHABLE", "check issuer, client secret file and network; docs/identity.md says what a provider must offer", ExitFailure},
		{oidc.ErrPending, "CHIO-LOGIN-PENDING", "ask again after the interval", ExitFailure},
		{oidc.ErrUnknownLogin, "CHIO-LOGIN-UNKNOWN", "begin the login again", ExitFailure},
		{oidc.ErrTooMany, "CHIO-LOGIN-TOO-MANY", "wait until some are over", ExitFailure},
		{oidc.ErrUsed, "CHIO-LOGIN-USED", "log in again: a login is good for one passport", ExitDenied},
		{oidc.ErrRefused, "CHIO-LOGIN-REFUSED", "begin the login again; the provider's own log says why it refused", ExitDenied},
		{oidc.ErrRequirement, "CHIO-LOGIN-REQUIREMENT", "identity_providers in chio-node.yaml says what a login must meet", ExitDenied},
		{oidc.ErrToken, "CHIO-LOGIN-TOKEN", "do not rely on this provider until you know why", ExitUnverifiable},
	})
}
