package openid4vp

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/vc/passport"
)

// ErrPolicy refuses a policy under which nobody could be trusted.
var ErrPolicy = errors.New("no policy for what wallets show: name whose credentials count")

// Policy is whom a verifier trusts, and for what. Passports are judged by
// Passport, whose issuers count for passports only; any other credential counts
// if Issuers names its issuer.
type Policy struct {
	Passport      *passport.Policy `json:"passport,omitempty"`
	Issuers       []string         `json:"issuers,omitempty"`        // DIDs of any method, compared as text
	AllowNoStatus bool             `json:"allow_no_status,omitzero"` // accept credentials that say nothing of a status
}

// maxIssuers bounds the issuers of a policy.
const maxIssuers = 256

// Check refuses a policy that could not be what somebody meant:
//
//	1 it has a passport policy, or names an issuer
//	2 the passport policy holds together
//	3 an issuer is a DID, and named once
func (p *Policy) Check() error {
	if p.Passport == nil && len(p.Issuers) == 0 { // 1
		return ErrPolicy
	}
	if p.Passport != nil {
		if err := p.Passport.Check(); err != nil { // 2
			return fmt.Errorf("%w: %w", ErrPolicy, err)
		}
	}
	if len(p.Issuers) > maxIssuers {
		return fmt.Errorf("%w: %d issuers, limit %d", ErrPolicy, len(p.Issuers), maxIssuers)
	}
	for i, s := range p.Issuers {
		if !strings.HasPrefix(s, "did:") || strings.ContainsAny(s, "#?/ ") || len(s) > maxText || slices.Contains(p.Issuers[:i], s) { // 3
			return fmt.Errorf("%w: issuer %.100q is no DID, or stands there twice", ErrPolicy, s)
		}
	}
	return nil
}

// names reports whether the policy names an issuer for any credential.
func (p *Policy) names(issuer string) bool { return slices.Contains(p.Issuers, issuer) }

// PassportQuery asks for a passport in any of the formats it comes in, with the
// claims the policy judges.
func PassportQuery(p *passport.Policy) *Query {
	var asked [][]string
	ask := func(when bool, path ...string) {
		if when {
			asked = append(asked, path)
		}
	}
	ask(p.MinTier != "", "autonomyTier")
	ask(len(p.Roles) > 0, "roles")
	ask(p.KeyCustody != "" || p.MinRuntime != "", "assurance")
	ask(p.MinReceipts > 0 || p.MinDays > 0 || len(p.MinMetrics) > 0 || p.MaxBoundaryPressure != nil, "reputation")
	q := &Query{Sets: []CredentialSet{{}}}
	add := func(c CredentialQuery, prefix ...string) {
		for _, path := range asked {
			c.Claims = append(c.Claims, ClaimQuery{Path: append(slices.Clone(prefix), path...)})
		}
		q.Credentials = append(q.Credentials, c)
		q.Sets[0].Options = append(q.Sets[0].Options, []string{c.ID})
	}
	types := Meta{Types: [][]string{{passport.TypeIRI}, {passport.Type}}}
	add(CredentialQuery{ID: "passport_sd_jwt", Format: FormatSDJWT, Meta: Meta{VCT: []string{passport.TypeIRI}}})
	add(CredentialQuery{ID: "passport_jwt", Format: FormatJWT, Meta: types}, "credentialSubject")
	add(CredentialQuery{ID: "passport", Format: FormatLDP, Meta: types}, "credentialSubject")
	return q
}
