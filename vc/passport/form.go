package passport

import (
	"fmt"
	"io"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/wire"
)

// JWT signs a passport as a vc+jwt, anew each time. Like every form it says the
// same of the same agent under the same id and status entries, so that revoking
// the passport revokes all of them.
func (p *Passport) JWT(org wire.Signer, now int64) ([]byte, error) {
	unsecured, err := p.unsecured(org)
	if err != nil {
		return nil, err
	}
	return jose.SignCredential(unsecured, org, jose.SignOptions{Created: new(vc.Time(now))})
}

// SDJWT signs what a passport says as an SD-JWT VC, of type TypeIRI, for the
// agent: who it is
// about and for how long, and its status, are always shown; the rest the agent
// discloses or withholds claim by claim, and its reputation figure by figure.
// rand gives the salts.
func (p *Passport) SDJWT(org wire.Signer, now int64, rand io.Reader) ([]byte, error) {
	if _, err := p.unsecured(org); err != nil {
		return nil, err
	}
	c := jose.SDContent{VCT: TypeIRI, Holder: did.NewEd25519(p.Subject.ID.Key()), ID: p.ID, IssuedAt: vc.Time(now), NotBefore: &p.ValidFrom,
		Expires: &p.ValidUntil, Claims: map[string]wire.Raw{"sub": wire.MustMarshal(p.Subject.ID)}, Parts: map[string]map[string]wire.Raw{}}
	var err error
	if c.Status, err = jose.StatusEntries(p.Status); err != nil {
		return nil, err
	}
	if c.Disclosed, err = membersOf(p.Subject); err != nil {
		return nil, err
	}
	delete(c.Disclosed, "id")
	if p.Subject.Reputation != nil {
		delete(c.Disclosed, "reputation")
		if c.Parts["reputation"], err = membersOf(p.Subject.Reputation); err != nil {
			return nil, err
		}
	}
	return jose.IssueSD(c, org, rand)
}

// unsecured is the passport without a proof, if it is this organisation's.
func (p *Passport) unsecured(org wire.Signer) ([]byte, error) {
	if id := did.FromKey(org.Public()); p.Issuer != id {
		return nil, fmt.Errorf("%w: the passport is of %s, not of %s", vc.ErrController, p.Issuer, id)
	}
	return wire.Marshal(p)
}

func membersOf(v any) (members map[string]wire.Raw, err error) {
	doc, err := wire.Marshal(v)
	if err != nil {
		return nil, err
	}
	return members, wire.Unmarshal(doc, &members, wire.DocumentLimits)
}
