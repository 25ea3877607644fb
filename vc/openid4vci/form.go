package openid4vci

import (
	"fmt"
	"io"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc/passport"
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
	FormSDJWT:    {format: "dc+sd-jwt", algorithm: "EdDSA", vct: passport.TypeIRI},
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

// Credential puts a passport that the signer has issued into a form: an object,
// or a string. The holder's key must be the one the passport is about.
func Credential(form string, r *passport.Record, holder wire.PublicKey, signer wire.Signer, now int64, rand io.Reader) (wire.Raw, error) {
	p, err := r.Parse()
	if err != nil {
		return nil, err
	}
	if id := did.FromKey(holder); p.Subject.ID != id {
		return nil, fmt.Errorf("%w: the passport is about %s, not about %s", ErrDenied, p.Subject.ID, id)
	}
	var token []byte
	switch form {
	case FormPassport:
		return r.Passport, nil
	case FormJWT:
		token, err = p.JWT(signer, now)
	case FormSDJWT:
		token, err = p.SDJWT(signer, now, rand)
	default:
		return nil, fmt.Errorf("%w: %.60q", ErrForm, form)
	}
	if err != nil {
		return nil, err
	}
	return wire.Marshal(string(token))
}
