package offline

import (
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// CodeRotation: a key rotation record does not hold.
const CodeRotation = "CHIO-VERIFY-ROTATION"

// rotation judges a key rotation record by the DID it names. Whether the trust
// set knows that organisation is told apart.
func rotation(f *Finding, doc []byte, o Options) {
	var env wire.Envelope
	if err := wire.UnmarshalCanonical(doc, &env, wire.DocumentLimits); err != nil {
		f.refuse(CodeRotation, err)
		return
	}
	var named struct {
		DID did.DID `json:"did"`
	}
	if err := wire.UnmarshalLenient(env.Body, &named, wire.DocumentLimits); err != nil {
		f.refuse(CodeRotation, err)
		return
	}
	id, err := did.Parse(named.DID.String())
	if err != nil {
		f.refuse(CodeRotation, err)
		return
	}
	r, err := did.VerifyRotation(&env, id)
	if err != nil {
		f.refuse(CodeRotation, err)
		return
	}
	f.detail(r)
	f.sound(o.names(id.String()), fmt.Sprintf("the trust set does not name %s", id))
}
