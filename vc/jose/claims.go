package jose

import (
	"fmt"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// claims are the registered claims of RFC 7519 §4.1, and nonce. Empty means
// that the claim is not there.
type claims struct {
	issuer, subject, id         string
	notBefore, expires, created *vc.Time
	audience                    []string
	nonce                       string
}

// maxTime is the last second of the year 9999, the last that a credential can
// name.
const maxTime = 253402300799

// take removes the registered claims from a payload and reads them:
//
//	C1 iss, sub, jti and nonce are strings, aud is one or an array of up to 16,
//	   none empty
//	C2 nbf, exp and iat are whole seconds of the years 1970 to 9999
//	C3 nbf < exp
func (o object) take() (c claims, err error) {
	for _, f := range []struct {
		name string
		to   *string
	}{{"iss", &c.issuer}, {"sub", &c.subject}, {"jti", &c.id}, {"nonce", &c.nonce}} {
		if v, ok := o[f.name]; ok { // C1
			if *f.to, err = text(v); err != nil {
				return c, fmt.Errorf("%w: %s: %w", ErrToken, f.name, err)
			}
			delete(o, f.name)
		}
	}
	for _, f := range []struct {
		name string
		to   **vc.Time
	}{{"nbf", &c.notBefore}, {"exp", &c.expires}, {"iat", &c.created}} {
		if v, ok := o[f.name]; ok { // C2
			var n int64
			if err := wire.Unmarshal(v, &n, wire.Limits{Bytes: 32, Depth: 1}); err != nil || n < 0 || n > maxTime || v.Kind() != '0' {
				return c, fmt.Errorf("%w: %s %.40q: want whole seconds since 1970", ErrToken, f.name, v)
			}
			*f.to = new(vc.Time(n))
			delete(o, f.name)
		}
	}
	if v, ok := o["aud"]; ok { // C1
		if c.audience, err = texts(v); err != nil {
			return c, fmt.Errorf("%w: aud: %w", ErrToken, err)
		}
		delete(o, "aud")
	}
	if c.notBefore != nil && c.expires != nil && *c.notBefore >= *c.expires { // C3
		return c, fmt.Errorf("%w: it ends at %s and begins at %s", ErrToken, *c.expires, *c.notBefore)
	}
	return c, nil
}

func text(v wire.Raw) (string, error) {
	var s string
	err := wire.Unmarshal(v, &s, wire.ForeignLimits)
	if err == nil && (s == "" || len(s) > maxText || v.Kind() != '"') {
		err = fmt.Errorf("%.60q is not a text of 1 to %d bytes", v, maxText)
	}
	return s, err
}

func texts(v wire.Raw) ([]string, error) {
	if v.Kind() != '[' {
		s, err := text(v)
		return []string{s}, err
	}
	var list []wire.Raw
	if err := wire.Unmarshal(v, &list, wire.ForeignLimits); err != nil {
		return nil, err
	}
	if len(list) == 0 || len(list) > 16 {
		return nil, fmt.Errorf("a list has %d values, want 1 to 16", len(list))
	}
	out := make([]string, len(list))
	for i, item := range list {
		s, err := text(item)
		if err != nil {
			return nil, err
		}
		out[i] = s
	}
	return out, nil
}

// opened is what the claims say of the envelope: when it was made or begins,
// whichever is later, when it ends, and for whom it was made.
func (c *claims) opened() vc.Opened {
	made := c.created
	if c.notBefore != nil && (made == nil || *made < *c.notBefore) {
		made = c.notBefore
	}
	return vc.Opened{Created: made, Expires: c.expires, Audience: c.audience, Challenge: c.nonce}
}
