package offline

import (
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	// CodeRotation: a key rotation record, or a history of them, does not hold.
	CodeRotation = "CHIO-VERIFY-ROTATION"
	// CodeDeactivation: a deactivation record does not hold.
	CodeDeactivation = "CHIO-VERIFY-DEACTIVATION"
)

// history judges the key events of an organisation, and tells when each key
// was in use. The keys in use must be bound at the time that is asked for, and
// nothing may be missing of the history that the caller kept.
func history(f *Finding, doc []byte, o Options) {
	h, spans, err := did.ParseHistory(doc, o.At)
	if err != nil {
		f.refuse(CodeRotation, err)
		return
	}
	if o.Earlier != nil {
		if err := h.Continues(o.Earlier); err != nil {
			f.refuse(CodeRotation, err)
			return
		}
	}
	f.detail(struct {
		DID    did.DID    `json:"did"`
		Events int        `json:"events"`
		Keys   []did.Span `json:"keys"`
	}{h.DID, len(h.Events), spans})
	f.sound(o.names(h.DID.String()), fmt.Sprintf("the trust set does not name %s", h.DID))
}

// deactivation judges the record by which an organisation ended.
func deactivation(f *Finding, doc []byte, o Options) {
	_, d, err := did.ParseDeactivation(doc)
	if err != nil {
		f.refuse(CodeDeactivation, err)
		return
	}
	f.detail(d)
	f.sound(o.names(d.DID.String()), fmt.Sprintf("the trust set does not name %s", d.DID))
}

// rotation judges a key rotation record by the DID it names. Whether the trust
// set knows that organisation is told apart.
func rotation(f *Finding, doc []byte, o Options) {
	var env wire.Envelope
	if err := wire.UnmarshalCanonical(doc, &env, wire.DocumentLimits); err != nil {
		f.refuse(CodeRotation, err)
		return
	}
	id, err := did.NamedDID(&env)
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
