package jose

import (
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// checkBinding verifies the key binding JWT (RFC 9901 §4.3, §7.3):
//
//	S8a it is there, of typ kb+jwt without kid and cty, and verifies under the
//	    key in cnf (J4, J5)
//	S8b its claims are iat, aud, nonce and sd_hash, all of them and no other
//	S8c aud is the verifier alone, nonce what it asked with
//	S8d iat ≤ now + skew, and not older than the verifier allows
//	S8e sd_hash is the digest of what is presented: this choice of disclosures
func (g *SDGate) checkBinding(t *sdToken, holder did.Key) error {
	if len(t.binding) == 0 { // S8a
		return fmt.Errorf("%w: there is none", ErrBinding)
	}
	b, err := parse(t.binding)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBinding, err)
	}
	if h := b.header; h.Typ != "kb+jwt" || h.Kid != "" || h.Cty != "" { // S8a
		return fmt.Errorf("%w: %w: typ %.40q, want kb+jwt and no kid", ErrBinding, ErrHeader, h.Typ)
	}
	if err := b.verify(holder); err != nil { // S8a
		return fmt.Errorf("%w: %w", ErrBinding, err)
	}
	c, err := b.payload.take()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBinding, err)
	}
	hash, err := text(b.payload["sd_hash"])
	if err != nil || len(b.payload) != 1 || c.created == nil || c.issuer != "" || c.subject != "" || c.id != "" ||
		c.notBefore != nil || c.expires != nil { // S8b
		return fmt.Errorf("%w: want the claims iat, aud, nonce and sd_hash, and no other", ErrBinding)
	}
	if g.Audience == "" || g.Nonce == "" || len(c.audience) != 1 || c.audience[0] != g.Audience || c.nonce != g.Nonce { // S8c
		return fmt.Errorf("%w: aud %.100q and nonce %.80q, asked by %.100q with %.80q", ErrBinding, c.audience, c.nonce, g.Audience, g.Nonce)
	}
	age := g.MaxAgeSeconds
	if age == 0 {
		age = defaultBindingAge
	}
	if made := int64(*c.created); made > g.Now+g.SkewSeconds || made < g.Now-age { // S8d
		return fmt.Errorf("%w: it is of %s, now %s", ErrBinding, *c.created, vc.Time(g.Now))
	}
	if hash != digest(t.presented) { // S8e
		return fmt.Errorf("%w: sd_hash is of another choice of disclosures", ErrBinding)
	}
	return nil
}

// Binding is for whom and when a holder presents.
type Binding struct {
	Audience string // who asked
	Nonce    string // with what
	Created  vc.Time
}

// PresentSD presents an SD-JWT VC with the claims of these names disclosed and
// everything else withheld, bound to the holder's key, which must be the one in
// cnf. Elements of arrays have no name, so that none can be chosen here. A name
// that was never withheld is an error.
func PresentSD(issued []byte, names []string, holder wire.Signer, b Binding) ([]byte, error) {
	t, jwt, err := openSD(issued)
	if err != nil {
		return nil, err
	}
	if len(t.binding) != 0 || b.Audience == "" || b.Nonce == "" {
		return nil, fmt.Errorf("%w: present what was issued, with an audience and a nonce", ErrBinding)
	}
	chosen := &sdToken{presented: append(append([]byte{}, t.jwt...), '~')}
	for _, name := range names {
		found := false
		for _, d := range t.disclosures {
			if d.name == name && name != "" && !d.used {
				d.used, found = true, true
				chosen.disclosures = append(chosen.disclosures, &disclosure{text: d.text, name: d.name, value: d.value})
				chosen.presented = append(append(chosen.presented, d.text...), '~')
				break
			}
		}
		if !found {
			return nil, fmt.Errorf("%w: nothing of the name %.60q was withheld", ErrDisclosure, name)
		}
	}
	o, err := chosen.disclosed(jwt.payload)
	if err != nil {
		return nil, err
	}
	c, err := readSD(o)
	if err != nil {
		return nil, err
	}
	if c.holder != did.NewEd25519(holder.Public()) {
		return nil, fmt.Errorf("%w: the key in cnf is not the holder's", ErrBinding)
	}
	payload, err := wire.Marshal(struct {
		Aud    string   `json:"aud"`
		Iat    wire.Raw `json:"iat"`
		Nonce  string   `json:"nonce"`
		SDHash string   `json:"sd_hash"`
	}{b.Audience, number(b.Created), b.Nonce, digest(chosen.presented)})
	if err != nil {
		return nil, err
	}
	kb, err := sign(header{Typ: "kb+jwt"}, payload, holder)
	if err != nil {
		return nil, err
	}
	return append(chosen.presented, kb...), nil
}
