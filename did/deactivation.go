package did

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/backbay-labs/chio-node/wire"
)

// SchemaDeactivation is the schema of a deactivation record.
const SchemaDeactivation = "chio.did_deactivation.v1"

// maxDeactivationReason bounds the reason, in bytes.
const maxDeactivationReason = 256

// ErrDeactivation refuses a deactivation record.
var ErrDeactivation = errors.New("deactivation is not valid")

// Deactivation ends an organisation: its key signs nothing that counts after
// it. It is the last key event of the organisation and cannot be taken back.
type Deactivation struct {
	Schema    string       `json:"schema"`
	DID       DID          `json:"did"`
	Sequence  uint64       `json:"sequence"`           // one more than the key events before it
	Previous  *wire.Digest `json:"previous,omitempty"` // id of the last key event, if there was one
	At        int64        `json:"deactivated_at"`     // unix seconds
	Reason    string       `json:"reason"`             // 1 to 256 bytes of printable text
	Successor DID          `json:"successor,omitempty"`
}

// VerifyDeactivation checks the deactivation record of an organisation.
//
//	1 the envelope opens: canonical, strict, every signature verifies; the
//	  organisation key has signed
//	2 it is for this DID
//	3 it has a sequence from 1, and names the key event before it unless it is
//	  the first
//	4 it is dated and gives a reason
//	5 a successor is another organisation, and has countersigned
//	6 nobody else has signed
//
// Whether another record of the same organisation was seen is for the caller,
// who has memory; either one deactivates.
func VerifyDeactivation(env *wire.Envelope, id DID) (*Deactivation, error) {
	d, err := openDeactivation(env, id)
	if err != nil {
		return nil, err
	}
	if d.Successor != "" && !signedBy(env, wire.AlgEd25519, d.Successor.Key().String()) { // 5
		return nil, fmt.Errorf("%w: %w: the successor must countersign", ErrDeactivation, wire.ErrNoSigner)
	}
	return d, nil
}

// VerifyDeactivationDraft checks a record that its successor has not signed
// yet. It deactivates nobody.
func VerifyDeactivationDraft(env *wire.Envelope, id DID) (*Deactivation, error) {
	return openDeactivation(env, id)
}

func openDeactivation(env *wire.Envelope, id DID) (*Deactivation, error) {
	if env == nil {
		return nil, fmt.Errorf("%w: there is none", ErrDeactivation)
	}
	var d Deactivation
	if err := env.Open(SchemaDeactivation, &d, []wire.PublicKey{id.Key()}, nil); err != nil { // 1
		return nil, fmt.Errorf("%w: %w", ErrDeactivation, err)
	}
	if d.DID != id { // 2
		return nil, fmt.Errorf("%w: of %.100q, want %s", ErrDeactivation, d.DID, id)
	}
	if d.Sequence == 0 || d.Sequence > wire.MaxUnits || (d.Sequence > 1) != (d.Previous != nil) { // 3
		return nil, fmt.Errorf("%w: sequence %d with previous %v", ErrDeactivation, d.Sequence, d.Previous)
	}
	if d.At <= 0 || d.At > wire.MaxUnits || !printable(d.Reason, maxDeactivationReason) { // 4
		return nil, fmt.Errorf("%w: at %d, and it needs a reason of 1 to %d bytes of printable text", ErrDeactivation, d.At, maxDeactivationReason)
	}
	if d.Successor == id { // 5
		return nil, fmt.Errorf("%w: an organisation cannot succeed itself", ErrDeactivation)
	}
	for _, s := range env.Signatures { // 6
		if s.Key != id.Key().String() && (d.Successor == "" || s.Key != d.Successor.Key().String()) {
			return nil, fmt.Errorf("%w: %w: %.80s has no part in it", ErrDeactivation, wire.ErrSignerSet, s.Key)
		}
	}
	return &d, nil
}

// ParseDeactivation reads the canonical bytes of a record and verifies it as
// that of the organisation it names.
func ParseDeactivation(doc []byte) (*wire.Envelope, *Deactivation, error) {
	var env wire.Envelope
	if err := wire.UnmarshalCanonical(doc, &env, wire.DocumentLimits); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrDeactivation, err)
	}
	id, err := NamedDID(&env)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrDeactivation, err)
	}
	d, err := VerifyDeactivation(&env, id)
	return &env, d, err
}

// NamedDID is the organisation that the body of an envelope names as its own,
// unverified: whom to verify the envelope against.
func NamedDID(env *wire.Envelope) (DID, error) {
	if env == nil {
		return "", fmt.Errorf("%w: there is no record", ErrDID)
	}
	var named struct {
		DID string `json:"did"`
	}
	if err := wire.UnmarshalLenient(env.Body, &named, wire.DocumentLimits); err != nil {
		return "", err
	}
	return Parse(named.DID)
}

func printable(s string, limit int) bool {
	if s == "" || len(s) > limit || !utf8.ValidString(s) {
		return false
	}
	for _, c := range s {
		if !unicode.IsPrint(c) {
			return false
		}
	}
	return true
}
