package federation

import (
	"encoding/base64"
	"fmt"
	"strconv"

	"github.com/backbay-labs/chio-node/wire"
)

// payloadType is the DSSE payload type of an in-toto statement.
const payloadType = "application/vnd.in-toto+json"

// dsse is a Dead Simple Signing Envelope: payload in base64, signatures over
// PAE(payloadType, payload), here always the origin's first, the host's second.
type dsse struct {
	Payload     string          `json:"payload"`
	PayloadType string          `json:"payloadType"`
	Signatures  []dsseSignature `json:"signatures"`
}

type dsseSignature struct {
	KeyID string `json:"keyid"` // hex SHA-256 of the raw 32-byte key
	Sig   string `json:"sig"`   // base64
}

// keyFingerprint is a DSSE key id.
func keyFingerprint(k wire.PublicKey) string { return wire.Hash(k[:]).String() }

// preAuth is DSSE's pre-authentication encoding.
func preAuth(payload []byte) []byte {
	head := "DSSEv1 " + strconv.Itoa(len(payloadType)) + " " + payloadType + " " + strconv.Itoa(len(payload)) + " "
	return append([]byte(head), payload...)
}

// newDSSE wraps a statement without signatures.
func newDSSE(statement []byte) *dsse {
	return &dsse{Payload: base64.StdEncoding.EncodeToString(statement), PayloadType: payloadType, Signatures: []dsseSignature{}}
}

// sign appends one signature.
func (d *dsse) sign(statement []byte, key wire.Signer) error {
	sig, err := key.Sign(preAuth(statement))
	if err != nil {
		return fmt.Errorf("sign the statement: %w", err)
	}
	d.Signatures = append(d.Signatures, dsseSignature{KeyID: keyFingerprint(key.Public()), Sig: base64.StdEncoding.EncodeToString(sig[:])})
	return nil
}

// statement is the payload.
func (d *dsse) statement() ([]byte, error) {
	payload, err := base64.StdEncoding.Strict().DecodeString(d.Payload)
	if err != nil {
		return nil, fmt.Errorf("%w: dsse.malformed: payload: %w", ErrCosign, err)
	}
	return payload, nil
}

// open checks everything but who the signers are: the payload is the statement
// and there are as many signatures as keys, in the keys' order, each valid.
// The codes are the ones other verifiers of this envelope use. keys are the
// origin's and, where the host has signed, the host's.
func (d *dsse) open(statement []byte, keys ...wire.PublicKey) error {
	if d.PayloadType != payloadType {
		return fmt.Errorf("%w: dsse.malformed: payload type %.80q", ErrCosign, d.PayloadType)
	}
	payload, err := d.statement()
	if err != nil {
		return err
	}
	if string(payload) != string(statement) {
		return differs(payload, statement)
	}
	if len(d.Signatures) != len(keys) {
		return fmt.Errorf("%w: dsse.malformed: %d signatures, want %d", ErrCosign, len(d.Signatures), len(keys))
	}
	for i, key := range keys {
		if d.Signatures[i].KeyID != keyFingerprint(key) {
			return fmt.Errorf("%w: peer.unpinned_or_keyid_mismatch: signature %d", ErrCosign, i)
		}
		raw, err := base64.StdEncoding.Strict().DecodeString(d.Signatures[i].Sig)
		if err != nil || len(raw) != len(wire.Signature{}) || key.Verify(preAuth(statement), wire.Signature(raw)) != nil {
			return fmt.Errorf("%w: signature.server_%s_invalid", ErrCosign, [...]string{"a", "b"}[i])
		}
	}
	return nil
}
