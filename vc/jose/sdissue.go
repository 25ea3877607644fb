package jose

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// saltBytes is the entropy of a salt (RFC 9901 §9.3).
const saltBytes = 16

// SDContent is what an SD-JWT VC says.
type SDContent struct {
	VCT       string // the type of the credential
	Issuer    string // "": the signer's did:chio; it controls Method
	Method    string // "": the key of the signer's did:chio
	Holder    did.Key
	ID        string // jti
	IssuedAt  vc.Time
	NotBefore *vc.Time
	Expires   *vc.Time
	Status    wire.Raw            // the claim status, nil: none
	Claims    map[string]wire.Raw // always disclosed
	Disclosed map[string]wire.Raw // withheld until the holder discloses them
	// Parts are objects that are always there, of which every member is
	// withheld until the holder discloses it.
	Parts map[string]map[string]wire.Raw
}

// IssueSD makes an SD-JWT VC and its disclosures, for the holder alone; rand
// gives the salts. The digests are in their own order, so that it says nothing
// about the claims.
func IssueSD(c SDContent, signer wire.Signer, rand io.Reader) ([]byte, error) {
	if c.Issuer == "" {
		c.Issuer = did.FromKey(signer.Public()).String()
	}
	if c.Method == "" {
		c.Method = did.FromKey(signer.Public()).KeyID()
	}
	p, err := c.payload()
	if err != nil {
		return nil, err
	}
	w := withholder{rand: rand}
	for _, name := range slices.Sorted(maps.Keys(c.Parts)) {
		part := object{}
		if err := w.withhold(part, c.Parts[name]); err != nil {
			return nil, err
		}
		if p.has(name) {
			return nil, fmt.Errorf("%w: the claim %s is there twice", ErrClaims, name)
		}
		if p[name], err = wire.Marshal(part); err != nil {
			return nil, err
		}
	}
	if err := w.withhold(p, c.Disclosed); err != nil {
		return nil, err
	}
	if len(w.token.disclosures) > 0 {
		p["_sd_alg"] = wire.Raw(`"sha-256"`)
	}
	raw, err := wire.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrToken, err)
	}
	o, err := w.token.disclosed(p)
	if err != nil {
		return nil, err
	}
	if _, err := readSD(o); err != nil {
		return nil, err
	}
	jwt, err := sign(header{Typ: "dc+sd-jwt", Kid: c.Method}, raw, signer)
	if err != nil {
		return nil, err
	}
	return append(append(jwt, '~'), w.tail...), nil
}

// withholder makes the disclosures of one credential.
type withholder struct {
	rand  io.Reader
	token sdToken
	tail  []byte // the disclosures as they are handed over
}

// withhold puts the digests of claims into an object, and the claims into
// disclosures.
func (w *withholder) withhold(o object, claims map[string]wire.Raw) (err error) {
	var digests []string
	for _, name := range slices.Sorted(maps.Keys(claims)) {
		salt := make([]byte, saltBytes)
		if _, err := io.ReadFull(w.rand, salt); err != nil {
			return fmt.Errorf("salt of a disclosure: %w", err)
		}
		raw, err := wire.Marshal([]any{string(encode(salt)), name, claims[name]})
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrDisclosure, name, err)
		}
		d, err := readDisclosure(encode(raw)) // what we refuse we do not write
		if err != nil {
			return err
		}
		w.token.disclosures = append(w.token.disclosures, d)
		digests = append(digests, digest(d.text))
		w.tail = append(append(w.tail, d.text...), '~')
	}
	if len(digests) > 0 {
		slices.Sort(digests)
		o["_sd"], err = wire.Marshal(digests)
	}
	return err
}

// payload is everything but the digests.
func (c *SDContent) payload() (object, error) {
	p := object{}
	for name, v := range c.Claims {
		p[name] = v
	}
	for _, m := range []struct {
		name string
		set  bool
		v    any
	}{
		{"iss", true, c.Issuer}, {"vct", true, c.VCT}, {"iat", true, number(c.IssuedAt)}, {"jti", c.ID != "", c.ID},
		{"cnf", true, map[string]wire.Raw{"jwk": c.Holder.JWK()}}, {"status", c.Status != nil, c.Status},
		{"nbf", c.NotBefore != nil, c.NotBefore}, {"exp", c.Expires != nil, c.Expires},
		{"_sd", false, nil}, {"_sd_alg", false, nil}, {"...", false, nil},
	} {
		if p.has(m.name) {
			return nil, fmt.Errorf("%w: the claim %s is not for the content to say", ErrClaims, m.name)
		}
		if !m.set {
			continue
		}
		if t, ok := m.v.(*vc.Time); ok {
			m.v = number(*t)
		}
		raw, err := wire.Marshal(m.v)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrClaims, m.name, err)
		}
		p[m.name] = raw
	}
	return p, nil
}
