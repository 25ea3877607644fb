package openid4vci

import (
	"fmt"
	"io"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/wire"
)

// The forms of a passport, by the ids of their credential configurations.
const (
	// FormPassport is the VC 2.0 with a Data Integrity proof of eddsa-jcs-2022.
	FormPassport = "chio_agent_passport"
	// FormJWT is the same VC 2.0 as a vc+jwt (VC-JOSE-COSE).
	FormJWT = "chio_agent_passport_jwt"
	// FormSDJWT is an SD-JWT VC.
	FormSDJWT = "chio_agent_passport_sd_jwt_vc"
)

// VCT is the type of a passport that is an SD-JWT VC: the IRI of the type that
// the other forms have.
const VCT = "urn:chio:terms:v1:" + typePassport

const typePassport = "ChioAgentPassport"

// form is how a passport is handed over. OpenID4VCI 1.0 has no identifier for
// a VC 2.0 that is a JWT; appendix A wants the media type of the format for
// what it does not name, which is what version 1.1 does.
type form struct {
	format    string // credential format identifier
	algorithm string
	context   bool // its definition has an @context
	vct       string
}

var forms = map[string]form{
	FormPassport: {format: "ldp_vc", algorithm: "eddsa-jcs-2022", context: true},
	FormJWT:      {format: "vc+jwt", algorithm: "EdDSA"},
	FormSDJWT:    {format: "dc+sd-jwt", algorithm: "EdDSA", vct: VCT},
}

// Forms are the ids of all forms, in the order in which they are shown.
func Forms() []string { return []string{FormPassport, FormJWT, FormSDJWT} }

// Format is the credential format identifier of a form.
func Format(form string) string { return forms[form].format }

// FormOf finds a form by its id or its credential format identifier.
func FormOf(name string) (string, error) {
	for _, id := range Forms() {
		if name == id || name == forms[id].format {
			return id, nil
		}
	}
	return "", fmt.Errorf("%w: %.60q", ErrForm, name)
}

// signedPassport is what is read of a passport that was issued here.
type signedPassport struct {
	ID         string              `json:"id"`
	Issuer     string              `json:"issuer"`
	ValidFrom  vc.Time             `json:"validFrom"`
	ValidUntil vc.Time             `json:"validUntil"`
	Subject    map[string]wire.Raw `json:"credentialSubject"`
	Status     wire.Raw            `json:"credentialStatus"`
}

// Credential puts a passport that the signer has issued into a form: an object,
// or a string. The holder's key must be the one the passport is about.
func Credential(form string, passport []byte, holder wire.PublicKey, signer wire.Signer, now int64, rand io.Reader) (wire.Raw, error) {
	var p signedPassport
	if err := wire.UnmarshalLenient(passport, &p, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("read the passport: %w", err)
	}
	if id := did.FromKey(signer.Public()).String(); p.Issuer != id {
		return nil, fmt.Errorf("%w: the passport is of %.100q, not of %s", vc.ErrController, p.Issuer, id)
	}
	if id := wire.MustMarshal(did.FromKey(holder).String()); string(p.Subject["id"]) != string(id) {
		return nil, fmt.Errorf("%w: the passport is about %.100q, not about %s", ErrDenied, p.Subject["id"], id)
	}
	var out []byte
	var err error
	switch form {
	case FormPassport:
		return passport, nil
	case FormJWT:
		out, err = asJWT(passport, signer, now)
	case FormSDJWT:
		out, err = p.asSDJWT(holder, signer, now, rand)
	default:
		return nil, fmt.Errorf("%w: no form %.60q", ErrForm, form)
	}
	if err != nil {
		return nil, err
	}
	return wire.Marshal(string(out))
}

// asJWT signs the passport without its proof as a vc+jwt.
func asJWT(passport []byte, signer wire.Signer, now int64) ([]byte, error) {
	var members map[string]wire.Raw
	if err := wire.Unmarshal(passport, &members, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("read the passport: %w", err)
	}
	delete(members, "proof")
	unsecured, err := wire.Marshal(members)
	if err != nil {
		return nil, err
	}
	return jose.SignCredential(unsecured, signer, jose.SignOptions{Created: new(vc.Time(now))})
}

// withheld are the members of the subject that the holder of an SD-JWT VC
// discloses one by one; of reputation, each member by itself. The others are
// always there: without the key, its custody and the status nobody could rely
// on the rest.
var withheld = []string{"roles", "autonomyTier", "organization", "enterpriseProvenance"}

const withheldParts = "reputation"

func (p *signedPassport) asSDJWT(holder wire.PublicKey, signer wire.Signer, now int64, rand io.Reader) ([]byte, error) {
	status, err := p.statusClaim()
	if err != nil {
		return nil, err
	}
	c := jose.SDContent{VCT: VCT, Holder: did.NewEd25519(holder), ID: p.ID, IssuedAt: vc.Time(now), NotBefore: &p.ValidFrom, Expires: &p.ValidUntil,
		Status: status, Claims: map[string]wire.Raw{}, Disclosed: map[string]wire.Raw{}}
	for name, v := range p.Subject {
		switch {
		case name == "id":
			c.Claims["sub"] = v
		case name == withheldParts:
			var members map[string]wire.Raw
			if err := wire.Unmarshal(v, &members, wire.DocumentLimits); err != nil {
				return nil, fmt.Errorf("read the passport: %s: %w", name, err)
			}
			c.Parts = map[string]map[string]wire.Raw{name: members}
		default:
			c.Claims[name] = v
		}
	}
	for _, name := range withheld {
		if v, ok := c.Claims[name]; ok {
			c.Disclosed[name] = v
			delete(c.Claims, name)
		}
	}
	return jose.IssueSD(c, signer, rand)
}

// statusClaim is the claim status: the entries of the passport.
func (p *signedPassport) statusClaim() (wire.Raw, error) {
	entries := make([]vc.StatusEntry, 1)
	var to any = &entries[0]
	if p.Status.Kind() == '[' {
		to = &entries
	}
	if err := wire.Unmarshal(p.Status, to, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("read the passport: credentialStatus: %w", err)
	}
	return jose.StatusEntries(entries)
}
