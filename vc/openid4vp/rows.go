package openid4vp

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// rowPrefix begins the row of each request: + id.
const rowPrefix = "v/oid/p/"

// The bounds of what is kept.
const (
	maxRequests   = 4096
	maxKept       = 16 << 10       // bytes of claims of one credential
	maxAttempts   = 16             // responses that prove nothing, until a request ends
	resultSeconds = 30 * 24 * 3600 // how long a result is kept
)

// The states of a request.
const (
	StatusPending  = "pending"
	StatusAccepted = "accepted"
	StatusRefused  = "refused"
	StatusExpired  = "expired"
)

// Result is what became of a request. The claims are those that were asked for,
// and there only if the credential was accepted.
type Result struct {
	ID          string      `json:"request_id"`
	Status      string      `json:"status"`
	IssuedAt    int64       `json:"issued_at"`
	ExpiresAt   int64       `json:"expires_at"`
	AnsweredAt  int64       `json:"answered_at,omitzero"`
	Reason      string      `json:"reason,omitempty"`     // why it was refused
	Attempts    int64       `json:"attempts,omitzero"`    // responses that proved nothing
	LastError   string      `json:"last_error,omitempty"` // of the last of them
	Credentials []Presented `json:"credentials,omitempty"`
}

// Presented is what was found of one presentation, in the order of the query.
type Presented struct {
	Query    string     `json:"query"` // id of the credential query it answers
	Format   string     `json:"format"`
	ID       string     `json:"id,omitempty"`
	Issuer   string     `json:"issuer"`
	Holder   string     `json:"holder"` // a DID; of an SD-JWT the did:key of the key it is bound to
	Types    []string   `json:"types"`
	Agent    did.DID    `json:"agent,omitempty"` // of a passport, and of nothing else: whom it is about
	Accepted bool       `json:"accepted"`
	Claims   []Claim    `json:"claims,omitempty"`
	Checks   []vc.Check `json:"checks"`

	stated bool // it says something of its status
}

// row is a request as it is kept. The key is there while it can be answered.
type row struct {
	Result   Result `json:"result"`
	ClientID string `json:"client_id"`
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Key      string `json:"key,omitempty"` // base64url of a P-256 scalar
	Query    Query  `json:"query"`
	Policy   Policy `json:"policy"`
}

func (r *row) put(tx store.Tx) error {
	value, err := wire.Marshal(r)
	if err != nil {
		return err
	}
	tx.Set(rowPrefix+r.Result.ID, value)
	return nil
}

func decodeRow(value []byte) (*row, error) {
	var r row
	if err := wire.UnmarshalCanonical(value, &r, wire.ForeignLimits); err != nil {
		return nil, fmt.Errorf("read a presentation request: %w", err)
	}
	return &r, nil
}

func getRow(r store.Reader, id string) (*row, error) {
	if len(id) != 2*idBytes || !isID(id) {
		return nil, fmt.Errorf("%w: %.80q", ErrUnknown, id)
	}
	value, err := r.Get(rowPrefix + id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%w: %s", ErrUnknown, id)
	}
	if err != nil {
		return nil, err
	}
	return decodeRow(value)
}

// open returns a request that can be fetched and answered:
//
//	O1 it was made here
//	O2 it has not ended
//	O3 it has not expired
//	O4 it was made under the name this verifier has now
func (v *Verifier) open(r store.Reader, id string, now int64) (*row, error) {
	found, err := getRow(r, id) // O1
	switch {
	case err != nil:
		return nil, err
	case found.Result.Status == StatusExpired || found.Result.Status == StatusPending && now >= found.Result.ExpiresAt: // O3
		return nil, fmt.Errorf("%w: at %d, it is %d", ErrExpired, found.Result.ExpiresAt, now)
	case found.Result.Status != StatusPending: // O2
		return nil, fmt.Errorf("%w: %s", ErrAnswered, id)
	case found.ClientID != v.clientID: // O4
		return nil, fmt.Errorf("%w: %.140q", ErrOther, found.ClientID)
	}
	return found, nil
}

// sweep ends requests that have expired, erasing their keys, and deletes
// results that are old. It returns how many rows are left.
func sweep(tx store.Tx, now int64) (left int, err error) {
	var ended []*row
	var old []string
	err = tx.Scan(rowPrefix, "", func(key string, value []byte) error {
		r, err := decodeRow(value)
		switch {
		case err != nil:
			return err
		case now >= r.Result.ExpiresAt+resultSeconds:
			old = append(old, key)
			return nil
		case r.Result.Status == StatusPending && now >= r.Result.ExpiresAt:
			ended = append(ended, r)
		}
		left++
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, key := range old {
		tx.Delete(key)
	}
	for _, r := range ended {
		r.end(StatusExpired, "")
		if err := r.put(tx); err != nil {
			return 0, err
		}
	}
	return left, nil
}

// end closes a request for good. Nothing can be decrypted after it.
func (r *row) end(status, reason string) {
	r.Result.Status, r.Result.Reason, r.Key = status, reason, ""
}
