package openid4vp

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// The credential formats that are verified, by their names in OpenID4VP.
const (
	FormatSDJWT = "dc+sd-jwt"   // SD-JWT VC with a key binding
	FormatJWT   = "jwt_vc_json" // W3C credential and presentation that are JWTs
	FormatLDP   = "ldp_vc"      // W3C credential and presentation with Data Integrity proofs
)

// ErrQuery refuses a DCQL query that is malformed or outside of the subset.
var ErrQuery = errors.New("DCQL query is not one this verifier can ask")

// The bounds of a query.
const (
	maxQueries = 16
	maxClaims  = 32
	maxPath    = 8
	maxValues  = 32
	maxText    = 512 // bytes of a name, type or value
)

var queryLimits = wire.Limits{Bytes: 64 << 10, Depth: 12}

// Query is a DCQL query (OpenID4VP 1.0 §6).
type Query struct {
	Credentials []CredentialQuery `json:"credentials"`
	Sets        []CredentialSet   `json:"credential_sets,omitempty"`
}

// CredentialQuery asks for one credential.
type CredentialQuery struct {
	ID     string       `json:"id"`
	Format string       `json:"format"`
	Meta   Meta         `json:"meta"`
	Claims []ClaimQuery `json:"claims,omitempty"`
}

// Meta says which types of credential are accepted: VCT of dc+sd-jwt; Types of
// the others, alternatives each of types that all must be there. A type with a
// colon is an IRI and compared with what the contexts make of the credential's
// types; one without is compared as it is written.
type Meta struct {
	VCT   []string   `json:"vct_values,omitempty"`
	Types [][]string `json:"type_values,omitempty"`
}

// ClaimQuery asks for one claim, by the member names that lead to it. With
// Values its value is one of them.
type ClaimQuery struct {
	ID     string     `json:"id,omitempty"`
	Path   []string   `json:"path"`
	Values []wire.Raw `json:"values,omitempty"`
}

// CredentialSet is alternatives of credentials, by the ids of their queries.
type CredentialSet struct {
	Options  [][]string `json:"options"`
	Required *bool      `json:"required,omitempty"` // nil: true
}

// ParseQuery reads a query that an operator wrote. A property that is not of
// the subset is an error: a wallet would ignore it.
func ParseQuery(doc []byte) (*Query, error) {
	var q Query
	if err := wire.Unmarshal(doc, &q, queryLimits); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrQuery, err)
	}
	return &q, q.Check()
}

// Check refuses a query that no wallet could answer or nobody could judge:
//
//	Q1 1 to 16 credentials, each with an id of its own, of letters, digits, _ and -
//	Q2 a known format, with the types of that format and no other
//	Q3 claims, if there are any, are 1 to 32 different paths of 1 to 8 names;
//	   values, if there are any, are 1 to 32 strings, integers or booleans
//	Q4 the claims of an SD-JWT that its issuer always shows are not asked for
//	Q5 sets have options, and options ids of this query
func (q *Query) Check() error {
	if len(q.Credentials) == 0 || len(q.Credentials) > maxQueries { // Q1
		return fmt.Errorf("%w: %d credentials, want 1 to %d", ErrQuery, len(q.Credentials), maxQueries)
	}
	for i := range q.Credentials {
		c := &q.Credentials[i]
		if !isID(c.ID) || q.find(c.ID) != c { // Q1
			return fmt.Errorf("%w: credentials[%d]: id %.60q is not of letters, digits, _ and -, or stands there twice", ErrQuery, i, c.ID)
		}
		for _, check := range []func() error{c.checkMeta, c.checkClaims} {
			if err := check(); err != nil {
				return fmt.Errorf("%w: credential %s: %w", ErrQuery, c.ID, err)
			}
		}
	}
	return q.checkSets()
}

func (q *Query) find(id string) *CredentialQuery {
	for i := range q.Credentials {
		if q.Credentials[i].ID == id {
			return &q.Credentials[i]
		}
	}
	return nil
}

func (c *CredentialQuery) checkMeta() error {
	switch c.Format { // Q2
	case FormatSDJWT:
		if c.Meta.Types != nil || !areTexts(c.Meta.VCT, maxQueries) {
			return fmt.Errorf("format %s has meta.vct_values, 1 to %d texts, and no other", c.Format, maxQueries)
		}
	case FormatJWT, FormatLDP:
		if c.Meta.VCT != nil || len(c.Meta.Types) == 0 || len(c.Meta.Types) > maxQueries ||
			slices.ContainsFunc(c.Meta.Types, func(all []string) bool { return !areTexts(all, maxPath) }) {
			return fmt.Errorf("format %s has meta.type_values, 1 to %d lists of 1 to %d types, and no other", c.Format, maxQueries, maxPath)
		}
	default:
		return fmt.Errorf("format %.40q: use %s, %s or %s", c.Format, FormatSDJWT, FormatJWT, FormatLDP)
	}
	return nil
}

// alwaysShown are claims of an SD-JWT that no holder can withhold.
var alwaysShown = []string{"iss", "nbf", "exp", "iat", "jti", "cnf", "vct", "vct#integrity", "status", "aud", "nonce"}

func (c *CredentialQuery) checkClaims() error {
	if c.Claims != nil && len(c.Claims) == 0 || len(c.Claims) > maxClaims { // Q3
		return fmt.Errorf("%d claims: leave them out, or ask for 1 to %d", len(c.Claims), maxClaims)
	}
	for i := range c.Claims {
		q := &c.Claims[i]
		same := func(o ClaimQuery) bool { return slices.Equal(o.Path, q.Path) || o.ID != "" && o.ID == q.ID }
		switch { // Q3
		case !areTexts(q.Path, maxPath):
			return fmt.Errorf("claims[%d]: a path is 1 to %d names; indexes and null are not supported", i, maxPath)
		case q.ID != "" && !isID(q.ID) || slices.ContainsFunc(c.Claims[:i], same):
			return fmt.Errorf("claims[%d]: path %.100q or id %.60q stands there twice, or the id is malformed", i, q.Path, q.ID)
		case c.Format == FormatSDJWT && slices.Contains(alwaysShown, q.Path[0]): // Q4
			return fmt.Errorf("claims[%d]: %s is always there and judged by the gate", i, q.Path[0])
		case q.Values != nil && len(q.Values) == 0 || len(q.Values) > maxValues:
			return fmt.Errorf("claims[%d]: %d values, want 1 to %d", i, len(q.Values), maxValues)
		}
		for _, v := range q.Values {
			if !isScalar(v) {
				return fmt.Errorf("claims[%d]: value %.40q is no string, integer or boolean", i, v)
			}
		}
	}
	return nil
}

func (q *Query) checkSets() error {
	if q.Sets != nil && len(q.Sets) == 0 || len(q.Sets) > maxQueries { // Q5
		return fmt.Errorf("%w: %d credential_sets: leave them out, or give 1 to %d", ErrQuery, len(q.Sets), maxQueries)
	}
	for i, set := range q.Sets {
		if len(set.Options) == 0 || len(set.Options) > maxQueries {
			return fmt.Errorf("%w: credential_sets[%d] has %d options, want 1 to %d", ErrQuery, i, len(set.Options), maxQueries)
		}
		for _, option := range set.Options {
			for k, id := range option {
				if q.find(id) == nil || slices.Contains(option[:k], id) {
					return fmt.Errorf("%w: credential_sets[%d]: %.60q is no credential of this query, or stands there twice", ErrQuery, i, id)
				}
			}
			if len(option) == 0 {
				return fmt.Errorf("%w: credential_sets[%d] has an option of nothing", ErrQuery, i)
			}
		}
	}
	return nil
}

func isID(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

func areTexts(list []string, most int) bool {
	return len(list) > 0 && len(list) <= most && !slices.ContainsFunc(list, func(s string) bool { return s == "" || len(s) > maxText })
}

// isScalar: a string, boolean or integer.
func isScalar(v wire.Raw) bool {
	switch v.Kind() {
	case '"':
		return len(v) <= maxText
	case 't', 'f':
		return true
	case '0':
		return len(v) <= 20 && !strings.ContainsAny(string(v), ".eE")
	}
	return false
}
