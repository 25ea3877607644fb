package passport

import (
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// Disclosed is a passport that is an SD-JWT VC as its holder shows it, after
// the gate of package jose: the claims of the format, and of the subject what
// was disclosed.
type Disclosed struct {
	ID, Issuer, VCT string
	Holder          did.Key // it is bound to, and whoever showed it holds
	From, Until     *vc.Time
	Claims          wire.Raw // an object: sub, and the members of the subject
}

// ReadDisclosed reads it as a passport for Policy.Judge. What is withheld is
// not said, and refuses where a policy asks for it:
//
//	D1 it is of the type of passports, by a did:chio, with an id and a window as
//	   a passport has them (6b, 6c)
//	D2 sub is the agent's did:chio, of the key it is bound to
//	D3 no claim is there that a passport does not have, and those that are there
//	   are as a passport has them (S1 to S5)
func ReadDisclosed(d Disclosed) (*Passport, error) {
	issuer, err := did.Parse(d.Issuer)
	if err != nil || d.VCT != TypeIRI || d.From == nil || d.Until == nil { // D1
		return nil, fmt.Errorf("%w: not the issuer, type and window of a passport", vc.ErrMalformed)
	}
	id, ok := strings.CutPrefix(d.ID, "urn:uuid:")
	if err := wire.CheckUUIDv7(id); !ok || err != nil || *d.Until <= *d.From || *d.Until-*d.From > MaxPassportSeconds { // D1
		return nil, fmt.Errorf("%w: not the id and window of a passport", vc.ErrMalformed)
	}
	var claims map[string]wire.Raw
	if err := wire.Unmarshal(d.Claims, &claims, wire.DocumentLimits); err != nil || claims["id"] != nil {
		return nil, fmt.Errorf("%w: claims of a passport: %w", vc.ErrMalformed, err)
	}
	claims["id"] = claims["sub"]
	delete(claims, "sub")
	if string(claims["reputation"]) == "{}" { // every member is withheld
		delete(claims, "reputation")
	}
	raw, err := wire.Marshal(claims)
	if err != nil {
		return nil, err
	}
	p := &Passport{ID: d.ID, Type: []string{vc.TypeCredential, typePassport}, Issuer: issuer, ValidFrom: *d.From, ValidUntil: *d.Until}
	if err := wire.Unmarshal(raw, &p.Subject, wire.DocumentLimits); err != nil { // D3
		return nil, fmt.Errorf("%w: claims of a passport: %w", vc.ErrMalformed, err)
	}
	if key, ok := d.Holder.Ed25519(); !ok || p.Subject.ID != did.FromKey(key) || p.Subject.ID == issuer { // D2
		return nil, fmt.Errorf("%w: it is about %.100q and bound to another key", vc.ErrMalformed, p.Subject.ID)
	}
	whole := p.Subject // what is withheld is as it should be
	for _, text := range []*string{&whole.Name, &whole.Organization} {
		if *text == "" {
			*text = "withheld"
		}
	}
	if whole.AutonomyTier == "" {
		whole.AutonomyTier = TierDirect
	}
	return p, whole.check() // D3
}
