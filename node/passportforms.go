package node

import (
	"fmt"
	"io"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// The forms a passport is handed to other people's software in. All say the
// same of the same agent under the same id and status entries, so that revoking
// the passport revokes every form of it.
const (
	PassportJSON  = "json"   // VC 2.0 with a Data Integrity proof, as it was issued
	PassportVCJWT = "vc+jwt" // the same credential as a JSON Web Token
	PassportSDJWT = "sd-jwt" // its claims as an SD-JWT VC, bound to the agent's key
)

// PassportVCT is the type of a passport that is an SD-JWT VC: the IRI of the
// type that the other forms have.
const PassportVCT = "urn:chio:terms:v1:ChioAgentPassport"

// passportVCJWT signs a passport as a vc+jwt, anew each time.
func passportVCJWT(p *passport.Passport, org wire.Signer, now int64) ([]byte, error) {
	unsecured, err := wire.Marshal(p)
	if err != nil {
		return nil, err
	}
	created := vc.Time(now)
	return jose.SignCredential(unsecured, org, jose.SignOptions{Created: &created})
}

// passportSDJWT signs what a passport says as an SD-JWT VC for the agent: who
// it is about and for how long, and its status, are always shown; the rest the
// agent discloses or withholds claim by claim. rand gives the salts.
func passportSDJWT(p *passport.Passport, org wire.Signer, now int64, rand io.Reader) ([]byte, error) {
	claims := map[string]wire.Raw{}
	subject, err := wire.Marshal(p.Subject)
	if err == nil {
		err = wire.Unmarshal(subject, &claims, wire.ForeignLimits)
	}
	if err != nil {
		return nil, fmt.Errorf("the claims of passport %s: %w", p.ID, err)
	}
	delete(claims, "id")
	status, err := jose.StatusEntries(p.Status)
	if err != nil {
		return nil, err
	}
	return jose.IssueSD(jose.SDContent{VCT: PassportVCT, Holder: did.NewEd25519(p.Subject.ID.Key()), ID: p.ID, IssuedAt: vc.Time(now),
		NotBefore: &p.ValidFrom, Expires: &p.ValidUntil, Status: status,
		Claims: map[string]wire.Raw{"sub": wire.MustMarshal(p.Subject.ID)}, Disclosed: claims}, org, rand)
}
