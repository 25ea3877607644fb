package openid4vp

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// The reasons a response is refused besides those of its credentials.
var (
	ErrRefused     = errors.New("a credential that was shown does not hold")
	ErrNotPassport = errors.New("its issuer counts for passports only, and it is none")
	ErrNoPassport  = errors.New("no passport was shown for the passport policy to judge")
	ErrDeclined    = errors.New("the wallet shows nothing")
)

// asked is one request being judged.
type asked struct {
	*Verifier
	*row
	gate        vc.Gate
	ofPassports func(issuer string) bool // the passport policy trusts it
}

func (v *Verifier) judging(ctx context.Context, r *row, now int64) *asked {
	g := v.cfg.Gate(ctx)
	g.Now, g.Context, g.AllowNoStatus = now, ctx, r.Policy.AllowNoStatus
	ofPassports := func(string) bool { return false }
	if p := r.Policy.Passport; p != nil {
		under := p.Gate(g, v.cfg.Anchor)
		ofPassports, g.MaxStatusAgeSeconds = under.TrustedIssuer, under.MaxStatusAgeSeconds
	}
	g.TrustedIssuer = func(issuer string) bool { return r.Policy.names(issuer) || ofPassports(issuer) }
	return &asked{v, r, g, ofPassports}
}

// judge judges the presentations of an answer, in the order of the query:
//
//	60 the presentation and its credential are of the format that was asked for
//	61 the credential is of a type that was asked for
//	62 every claim that was asked for is there, with one of its values
//	63 nothing else is disclosed, where the holder could withhold it
//	64 the policy: a passport has a status, is of an issuer that the passport
//	   policy trusts, and passes it; any other credential is of an issuer that is
//	   named for it
//	65 nothing that this verifier knows speaks against it
//
// Before them stand the rules of the gates: 20 to 29 of a presentation, 1 to 13
// of its credential, 40 to 48 of an SD-JWT. An error means that a presentation
// is not whole or not its holder's for this request: it proves nothing.
func (a *asked) judge(ans *answer) ([]Presented, error) {
	var out []Presented
	for i := range a.Query.Credentials {
		c := &a.Query.Credentials[i]
		doc, ok := ans.presentations[c.ID]
		if !ok {
			continue
		}
		p := Presented{Query: c.ID, Format: c.Format, Types: []string{}}
		show := a.w3c
		if c.Format == FormatSDJWT {
			show = a.sdJWT
		}
		if err := show(c, &p, doc); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrHolder, c.ID, err)
		}
		out = append(out, p)
	}
	return out, nil
}

// note records a check of a presentation that has been opened.
func (p *Presented) note(rule int, name string, err error) error {
	c := vc.Check{Rule: rule, Name: name, OK: err == nil}
	if err != nil {
		c.Detail = err.Error()
	}
	p.Checks = append(p.Checks, c)
	return err
}

// sdJWT judges an SD-JWT VC.
func (a *asked) sdJWT(c *CredentialQuery, p *Presented, doc wire.Raw) error {
	text, err := textOf(doc)
	if err != nil {
		return err
	}
	r := jose.VerifySD([]byte(text), jose.SDGate{
		Now: a.gate.Now, SkewSeconds: a.gate.SkewSeconds, Audience: a.row.ClientID, Nonce: a.Nonce,
		Type: func(string) bool { return true }, Method: a.issuerMethod, TrustedIssuer: a.gate.TrustedIssuer,
		StatusList: a.gate.StatusList, MaxStatusAgeSeconds: a.gate.MaxStatusAgeSeconds, AllowNoStatus: a.gate.AllowNoStatus,
	})
	if !r.Integrity {
		return r.Err()
	}
	p.ID, p.Issuer, p.Holder, p.Types, p.stated = r.ID, r.Issuer, r.Holder.DIDKey(), []string{r.VCT}, r.HasStatus
	p.Checks = append(p.Checks, r.Checks...)
	claims, err := membersOf(r.Claims)
	if err != nil {
		return err
	}
	typed := ErrType
	for _, vct := range c.Meta.VCT {
		if vct == r.VCT {
			typed = nil
		}
	}
	disclosed := p.note(63, "nothing else is disclosed", c.unasked(r.Disclosed))
	a.rest(c, p, r.Report, typed, func(name string) wire.Raw { return claims[name] }, func() (*passport.Passport, error) {
		return passport.ReadDisclosed(passport.Disclosed{ID: r.ID, Issuer: r.Issuer, VCT: r.VCT, Holder: r.Holder,
			From: r.NotBefore, Until: r.Expires, Claims: r.Claims})
	})
	p.Accepted = p.Accepted && disclosed == nil
	return nil
}

func (a *asked) issuerMethod(url string) (*did.Method, error) {
	if a.gate.Methods == nil {
		return did.SelfCertified(url, did.PurposeAssertion)
	}
	return a.gate.Methods.Method(a.gate.Context, url, did.PurposeAssertion)
}

// w3c judges a presentation of the W3C data model.
func (a *asked) w3c(c *CredentialQuery, p *Presented, doc wire.Raw) error {
	r, err := a.presentation(c, doc)
	if err != nil {
		return err
	}
	if !r.Integrity || !r.Bound {
		return r.Err()
	}
	p.Holder, p.Checks = r.Holder, append(p.Checks, r.Checks...)
	if len(r.Credentials) == 0 {
		return nil // rule 28 says why
	}
	inside := r.Credentials[0]
	p.Checks = append(p.Checks, inside.Checks...)
	if !inside.Integrity {
		return nil // its checks say why
	}
	p.ID, p.Issuer, p.Types, p.stated = inside.ID, inside.Issuer, inside.Credential.Type, inside.Credential.Status != nil
	format := a.format(c, r.Presentation, inside.Credential)
	typed := ErrType
	if c.Meta.hasType(inside.Credential.Type, a.expanded(inside.Credential)) {
		typed = nil
	}
	_ = p.note(60, "format", format)
	a.rest(c, p, inside, typed, inside.Credential.Member, func() (*passport.Passport, error) { return passport.Read(inside.Credential) })
	p.Accepted = p.Accepted && r.Authorized && format == nil
	return nil
}

// presentation verifies what proves the holder.
func (a *asked) presentation(c *CredentialQuery, doc wire.Raw) (*vc.PresentationReport, error) {
	g := vc.PresentationGate{Gate: a.gate, Domain: a.row.ClientID, Challenge: a.Nonce, HolderIsSubject: true, MaxCredentials: 1}
	if c.Format == FormatLDP {
		return vc.VerifyPresentation(doc, g), nil
	}
	text, err := textOf(doc)
	if err != nil {
		return nil, err
	}
	media, err := mediaOf(text)
	if err != nil {
		return nil, err
	}
	return vc.VerifyPresentationEnvelope(media, []byte(text), g), nil
}

// format applies rule 60: what is asked for as JWT is secured as JWT, outside
// and inside, and what is asked for with proofs has proofs.
func (a *asked) format(c *CredentialQuery, p *vc.Presentation, inside *vc.Credential) error {
	for _, proofs := range [][]vc.Proof{p.Proofs, inside.Proofs} {
		for i := range proofs {
			if enveloped := strings.HasPrefix(proofs[i].Type, "application/"); enveloped != (c.Format == FormatJWT) {
				return fmt.Errorf("%w: %s is secured by %.60q", ErrFormat, c.ID, proofs[i].Type)
			}
		}
	}
	return nil
}

// expanded are the types of a credential as IRIs; none if its contexts are not
// known.
func (a *asked) expanded(c *vc.Credential) []string {
	if a.cfg.Types == nil {
		return nil
	}
	doc, err := wire.Marshal(map[string]any{"@context": c.Context, "type": c.Type})
	if err != nil {
		return nil
	}
	types, err := a.cfg.Types(doc)
	if err != nil {
		return nil
	}
	return types
}

// rest asks rules 61, 62, 64 and 65 of a credential that is whole.
func (a *asked) rest(c *CredentialQuery, p *Presented, r *vc.Report, typed error, member func(string) wire.Raw, read func() (*passport.Passport, error)) {
	names := len(p.ID)
	for _, t := range p.Types {
		names += len(t)
	}
	if names > maxKept { // of whoever answers, and kept with the result
		p.ID, p.Types, typed = "", []string{}, fmt.Errorf("%w: id and types of %d bytes, at most %d are kept", ErrType, names, maxKept)
	}
	if p.note(61, "type", typed) != nil {
		typed = fmt.Errorf("%w: %.200q", typed, p.Types)
	}
	claims, missing := c.shown(member)
	size := 0
	for _, claim := range claims {
		size += len(claim.Value)
	}
	if size > maxKept {
		missing = fmt.Errorf("%w: %d bytes of claims, at most %d are kept", ErrClaim, size, maxKept)
	}
	_ = p.note(62, "claims", missing)
	policy := p.note(64, "policy", a.policy(p, r, read))
	var withdrawn error
	if a.cfg.Withdrawn != nil {
		withdrawn = a.cfg.Withdrawn(p)
	}
	_ = p.note(65, "not withdrawn", withdrawn)
	p.Accepted = r.Integrity && r.IssuerTrusted && r.Authorized && errors.Join(typed, missing, policy, withdrawn) == nil
	p.Claims = claims
}

// policy applies rule 64.
func (a *asked) policy(p *Presented, r *vc.Report, read func() (*passport.Passport, error)) error {
	found, err := read()
	if err == nil {
		p.Agent = found.Subject.ID
	}
	switch {
	case err == nil && a.Policy.Passport != nil && !a.ofPassports(p.Issuer): // the gate trusts those of other credentials, too
		return fmt.Errorf("%w: %.140q, for passports", vc.ErrUntrustedIssuer, p.Issuer)
	case err == nil && a.Policy.Passport != nil && !p.stated:
		return fmt.Errorf("%w: a passport without a status", vc.ErrStatusUnknown)
	case err == nil && a.Policy.Passport != nil:
		return a.Policy.Passport.Judge([]*passport.Report{{Report: r, Passport: found}}, a.gate.Now).Err()
	case a.Policy.names(p.Issuer):
		return nil
	case a.Policy.Passport == nil:
		return fmt.Errorf("%w: %.140q", vc.ErrUntrustedIssuer, p.Issuer)
	}
	return fmt.Errorf("%w: %w", ErrNotPassport, err)
}

// verdict is what a whole response comes to: nil if every presentation in it
// holds, all passports are of one agent, the query is satisfied, and the
// passport policy was asked.
func (a *asked) verdict(shown []Presented) error {
	accepted := map[string]bool{}
	var agent did.DID
	for i := range shown {
		p := &shown[i]
		if !p.Accepted {
			return fmt.Errorf("%w: %s: %s", ErrRefused, p.Query, p.failed())
		}
		accepted[p.Query] = true
		switch {
		case p.Agent == "":
		case agent != "" && agent != p.Agent:
			return fmt.Errorf("%w: %s and %s", passport.ErrTwoAgents, agent, p.Agent)
		default:
			agent = p.Agent
		}
	}
	if a.Policy.Passport != nil && agent == "" {
		return ErrNoPassport
	}
	return a.Query.satisfied(func(id string) bool { return accepted[id] })
}

// failed is the first check that failed, as text.
func (p *Presented) failed() string {
	for _, c := range p.Checks {
		if !c.OK {
			return fmt.Sprintf("%s (rule %d): %s", c.Name, c.Rule, c.Detail)
		}
	}
	return "it holds no credential"
}

func textOf(v wire.Raw) (string, error) {
	var s string
	if err := wire.Unmarshal(v, &s, wire.ForeignLimits); err != nil || v.Kind() != '"' {
		return "", fmt.Errorf("%w: it is no token", ErrFormat)
	}
	return s, nil
}

func membersOf(v wire.Raw) (map[string]wire.Raw, error) {
	var o map[string]wire.Raw
	err := wire.Unmarshal(v, &o, wire.ForeignLimits)
	return o, err
}

// mediaOf is the media type that the typ of a token says it is of.
func mediaOf(compact string) (string, error) {
	head, _, _ := strings.Cut(compact, ".")
	raw, err := b64.DecodeString(head)
	if err != nil {
		return "", fmt.Errorf("%w: header: %w", ErrFormat, err)
	}
	var h struct {
		Typ string `json:"typ"`
	}
	if err := wire.UnmarshalLenient(raw, &h, wire.Limits{Bytes: maxHeader, Depth: 4}); err != nil {
		return "", fmt.Errorf("%w: header: %w", ErrFormat, err)
	}
	if h.Typ == "vp+jwt" || h.Typ == jose.MediaPresentation {
		return jose.MediaPresentation, nil
	}
	return jose.MediaJWT, nil
}
