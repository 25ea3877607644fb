package jose

import (
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// MediaSD is the media type of an SD-JWT VC.
const MediaSD = "application/dc+sd-jwt"

// defaultBindingAge is how old a key binding may be, in seconds.
const defaultBindingAge = 300

// SDGate is what a verifier of SD-JWT VCs brings. A nil function trusts nobody
// and knows nothing.
type SDGate struct {
	Now           int64 // unix seconds
	SkewSeconds   int64
	Audience      string // who asks; "" is refused
	Nonce         string // what the presentation was asked for with; "" is refused
	MaxAgeSeconds int64  // of the key binding; 0: 300

	Type          func(vct string) bool                    // nil: no type is expected
	Method        func(url string) (*did.Method, error)    // listed for assertion; nil: only did:chio and Ed25519 did:key
	TrustedIssuer func(issuer string) bool                 // nil: nobody
	Status        func(status wire.Raw) (vc.Status, error) // judges the claim status; nil: it is unknown
	AllowNoStatus bool

	// StatusList, if Status is nil, judges a claim status that refers to lists
	// of the W3C data model (StatusEntries), as vc.Gate does.
	StatusList          func(url string) (*vc.StatusList, error)
	MaxStatusAgeSeconds int64
}

// SDReport answers as vc.Report does. Integrity includes the key binding, so
// that the claims are of whoever presents them.
type SDReport struct {
	*vc.Report
	VCT    string   `json:"vct,omitempty"`
	Claims wire.Raw `json:"claims,omitempty"` // what is disclosed, without the claims of the format
	Holder did.Key  `json:"-"`

	NotBefore *vc.Time `json:"not_before,omitempty"` // nbf, if it is there
	Expires   *vc.Time `json:"expires,omitempty"`    // exp
	HasStatus bool     `json:"-"`                    // the claim status is there

	// Disclosed are the claims that the holder chose to disclose, by the names
	// that lead to each, in order; an element of an array is named as its array.
	Disclosed [][]string `json:"-"`
}

// VerifySD is the gate for a presentation of an SD-JWT VC:
//
//	40 S1 S2 it can be taken apart; the header is of dc+sd-jwt, J1 to J3
//	41 S3 the method is the issuer's, listed for assertion; J4 J5 the signature
//	42 S4 S5 S6 every disclosure is of one digest, and every digest of one place
//	43 S7 the claims of the format are not disclosures, C1 to C3 hold, iss, vct
//	   and cnf are there, aud and nonce are not
//	44 vct is a type the verifier expects
//	45 S8 the key binding (checkBinding)
//	46 the verifier trusts the issuer
//	47 nbf, iat ≤ now + skew, now < exp
//	48 the status says active
//
// Integrity is 40 to 45. After a failed integrity rule nothing further is asked.
func VerifySD(doc []byte, g SDGate) *SDReport {
	r := &SDReport{Report: vc.NewReport()}
	t, jwt, err := openSD(doc)
	if r.Note(40, "taken apart", err) != nil {
		return r
	}
	issuer, err := g.issuer(jwt)
	if r.Note(41, "signature of the issuer", err) != nil {
		return r
	}
	o, err := t.disclosed(jwt.payload)
	if r.Note(42, "disclosures", err) != nil {
		return r
	}
	c, err := readSD(o)
	if r.Note(43, "claims", err) != nil {
		return r
	}
	if g.Type == nil || !g.Type(c.vct) {
		err = fmt.Errorf("%w: %.100q", ErrType, c.vct)
	}
	if r.Note(44, "type", err) != nil || r.Note(45, "key binding", g.checkBinding(t, c.holder)) != nil {
		return r
	}
	if r.Claims, err = wire.Marshal(o); r.Note(43, "claims", err) != nil {
		return r
	}
	r.Integrity, r.ID, r.Issuer, r.VCT, r.Holder, r.Disclosed = true, c.id, issuer, c.vct, c.holder, t.paths
	r.NotBefore, r.Expires, r.HasStatus = c.notBefore, c.expires, c.status != nil
	g.judge(r, c)
	return r
}

// openSD applies rule 40.
func openSD(doc []byte) (*sdToken, *token, error) {
	t, err := parseSD(doc)
	if err != nil {
		return nil, nil, err
	}
	jwt, err := parse(t.jwt)
	if err != nil {
		return nil, nil, err
	}
	if jwt.header.Typ != "dc+sd-jwt" || jwt.header.Cty != "" {
		return nil, nil, fmt.Errorf("%w: typ %.40q, want dc+sd-jwt", ErrHeader, jwt.header.Typ)
	}
	return t, jwt, nil
}

// issuer applies rule 41:
//
//	S3 iss is there; kid, or what stands for it (J9), is a method of iss
func (g *SDGate) issuer(jwt *token) (string, error) {
	iss, err := text(jwt.payload["iss"]) // S3
	if err != nil {
		return "", fmt.Errorf("%w: iss: %w", ErrClaims, err)
	}
	url, err := methodURL(jwt.header.Kid, iss)
	if err != nil {
		return "", err
	}
	find := g.Method
	if find == nil {
		find = func(url string) (*did.Method, error) { return did.SelfCertified(url, did.PurposeAssertion) }
	}
	m, err := find(url)
	if err != nil {
		return "", err
	}
	if m == nil || m.ID != url || m.Controller != iss { // S3
		return "", fmt.Errorf("%w: issuer %.100q, method %.140q", vc.ErrController, iss, url)
	}
	return iss, jwt.verify(m.Key)
}

// undisclosable are the claims that stand in the payload itself (SD-JWT VC
// §3.2.2.2): a holder must not choose whether they are there.
var undisclosable = []string{"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status"}

// disclosed applies S7 and rule 42.
func (t *sdToken) disclosed(payload object) (object, error) {
	before := make([]bool, len(undisclosable))
	for i, name := range undisclosable {
		before[i] = payload.has(name)
	}
	o, err := t.resolve(payload)
	if err != nil {
		return nil, err
	}
	for i, name := range undisclosable {
		if o.has(name) != before[i] { // S7
			return nil, fmt.Errorf("%w: %s is disclosed, which the issuer alone may say", ErrDisclosure, name)
		}
	}
	return o, nil
}

// sdClaims are the claims of the format.
type sdClaims struct {
	claims
	vct    string
	holder did.Key
	status wire.Raw
}

// readSD applies rule 43 and takes the claims of the format out, but for sub.
func readSD(o object) (c sdClaims, err error) {
	sub, hasSub := o["sub"]
	if c.claims, err = o.take(); err != nil {
		return c, err
	}
	if hasSub {
		o["sub"] = sub
	}
	if c.audience != nil || c.nonce != "" {
		return c, fmt.Errorf("%w: aud and nonce belong to the key binding", ErrClaims)
	}
	if c.vct, err = text(o["vct"]); err != nil {
		return c, fmt.Errorf("%w: vct: %w", ErrClaims, err)
	}
	cnf, err := readObject(o["cnf"])
	if err != nil || len(cnf) != 1 || !cnf.has("jwk") {
		return c, fmt.Errorf("%w: cnf holds one jwk, the key of the holder", ErrBinding)
	}
	if c.holder, err = did.ParseJWK(cnf["jwk"]); err != nil {
		return c, fmt.Errorf("%w: %w", ErrBinding, err)
	}
	c.status = o["status"]
	for _, name := range []string{"vct", "vct#integrity", "cnf", "status"} {
		delete(o, name)
	}
	return c, nil
}

// judge asks rules 46 to 48.
func (g *SDGate) judge(r *SDReport, c sdClaims) {
	var err error
	if g.TrustedIssuer == nil || !g.TrustedIssuer(r.Issuer) {
		err = fmt.Errorf("%w: %s: add it to the trust set if you know it", vc.ErrUntrustedIssuer, r.Issuer)
	}
	r.IssuerTrusted = r.Note(46, "issuer is trusted", err) == nil
	r.Window, err = g.window(c)
	usable := r.Note(47, "validity window", err) == nil
	r.Status, err = g.status(c.status, r.Issuer)
	r.Authorized = r.Note(48, "status", err) == nil && usable
}

func (g *SDGate) window(c sdClaims) (vc.Window, error) {
	for _, begin := range []*vc.Time{c.notBefore, c.created} {
		if begin != nil && int64(*begin) > g.Now+g.SkewSeconds {
			return vc.WindowEarly, fmt.Errorf("%w: from %s, now %s", vc.ErrNotYetValid, *begin, vc.Time(g.Now))
		}
	}
	if c.expires != nil && g.Now >= int64(*c.expires) {
		return vc.WindowExpired, fmt.Errorf("%w: at %s, now %s: ask its issuer for a new one", vc.ErrExpired, *c.expires, vc.Time(g.Now))
	}
	return vc.WindowCurrent, nil
}

func (g *SDGate) status(claim wire.Raw, issuer string) (vc.Status, error) {
	if claim == nil && g.AllowNoStatus {
		return vc.StatusActive, nil
	}
	if claim != nil && g.Status == nil && g.StatusList != nil {
		return g.entries(claim, issuer)
	}
	if claim == nil || g.Status == nil {
		return vc.StatusUnknown, fmt.Errorf("%w: it has no status, or nobody was given to judge it", vc.ErrStatusUnknown)
	}
	s, err := g.Status(slices.Clone(claim))
	switch {
	case err != nil:
		return vc.StatusUnknown, fmt.Errorf("%w: %w", vc.ErrStatusUnknown, err)
	case s == vc.StatusActive:
		return s, nil
	case s == vc.StatusRevoked:
		return s, vc.ErrRevoked
	case s == vc.StatusSuspended:
		return s, vc.ErrSuspended
	}
	return vc.StatusUnknown, vc.ErrStatusUnknown
}
