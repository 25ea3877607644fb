package vc

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/wire"
)

const typeBitstring = "BitstringStatusList"

// ErrStatusList refuses a status list credential.
var ErrStatusList = errors.New("status list is not valid")

// messagesContext defines the two members of a list for messages that the
// context of credentials 2.0 does not have, though §2.2 demands them.
const messagesContext = `{"@protected":true,` +
	`"statusMessages":{"@context":{"@protected":true,` +
	`"message":"https://www.w3.org/ns/credentials/status#message",` +
	`"status":"https://www.w3.org/ns/credentials/status#status"},` +
	`"@id":"https://www.w3.org/ns/credentials/status#statusMessages"},` +
	`"statusSize":{"@id":"https://www.w3.org/ns/credentials/status#statusSize",` +
	`"@type":"http://www.w3.org/2001/XMLSchema#integer"}}`

const (
	contextPlainList   = `["` + ContextV2 + `"]`
	contextMessageList = `["` + ContextV2 + `",` + messagesContext + `]`
)

// listSubject is the subject of a status list credential.
type listSubject struct {
	ID            string          `json:"id,omitempty"`
	Type          string          `json:"type"`
	StatusPurpose purposes        `json:"statusPurpose"`
	EncodedList   string          `json:"encodedList"`
	TTL           uint64          `json:"ttl,omitzero"` // milliseconds
	Size          StatusSize      `json:"statusSize,omitzero"`
	Messages      []StatusMessage `json:"statusMessages,omitempty"`
}

// purposes is one purpose, or an array of them.
type purposes []string

// UnmarshalJSON reads a string or an array of strings.
func (p *purposes) UnmarshalJSON(b []byte) error { return (*StatusReference)(p).UnmarshalJSON(b) }

// MarshalJSON writes it.
func (p purposes) MarshalJSON() ([]byte, error) { return StatusReference(p).MarshalJSON() }

// check: 1 to 16 purposes, none empty, none twice.
func (p purposes) check() error {
	if len(p) == 0 || len(p) > maxStatusEntries {
		return fmt.Errorf("%w: it has %d purposes, want 1 to %d", ErrStatusList, len(p), maxStatusEntries)
	}
	for i, one := range p {
		if one == "" || len(one) > maxPurpose || slices.Contains(p[:i], one) {
			return fmt.Errorf("%w: purpose %.70q is empty, given twice, or longer than %d bytes", ErrStatusList, one, maxPurpose)
		}
	}
	return nil
}

// StatusList is a verified status list credential. Only OpenStatusList and
// OpenStatusListWith make one, so holding it means its signature was checked.
type StatusList struct {
	id         string
	issuer     string // a DID
	purposes   purposes
	size       StatusSize // 0: the list does not say
	ttlMillis  uint64     // 0: the list does not say
	validFrom  *Time
	validUntil *Time
	bits       []byte

	// What a cache adds: when the list came from its URL, and until when a
	// clear bit of this copy may be relied on. 0: it did not.
	fetchedAt, usableUntil int64
}

// Bits is a copy of the list's bits; the first entry is the left-most bit.
func (l *StatusList) Bits() []byte { return bytes.Clone(l.bits) }

// ID is the URL that entries name.
func (l *StatusList) ID() string { return l.id }

// Issuer is the DID that signed the list.
func (l *StatusList) Issuer() string { return l.issuer }

// Purposes are what its bits are for.
func (l *StatusList) Purposes() []string { return slices.Clone(l.purposes) }

// ValidFrom is when the list was signed, in unix seconds; 0 if it does not say.
func (l *StatusList) ValidFrom() int64 { return orZero(l.validFrom) }

// ValidUntil is when the list should no longer be relied on, in unix seconds;
// 0 if it does not say.
func (l *StatusList) ValidUntil() int64 { return orZero(l.validUntil) }

func orZero(t *Time) int64 {
	if t == nil {
		return 0
	}
	return int64(*t)
}

// OpenStatusList verifies a status list credential of an issuer whose DID is
// its key:
//
//	1-5 the integrity rules of every credential
//	S1 it is issued by that issuer
//	S2 exactly the context of a list, the type of one, no status of its own, a
//	   proof that is bound to no domain or challenge
//	S3 its subject is a bitstring list with 1 to 16 distinct purposes
//	S4 size and messages, where it gives them, agree; ttl is not absurd
//	S5 it decompresses to 131072 bits, or up to 2^23, and nothing after
//
// Its age is judged where it is used. A proof that ends ends the list.
func OpenStatusList(doc []byte, issuer string) (*StatusList, error) {
	return OpenStatusListWith(doc, issuer, Gate{})
}

// OpenStatusListWith is OpenStatusList for issuers of any method and lists of
// any suite that the gate knows. With a vocabulary other contexts may follow
// the first.
func OpenStatusListWith(doc []byte, issuer string, g Gate) (*StatusList, error) {
	p, err := g.open(doc, func(_ int, _ string, err error) error { return err })
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStatusList, err)
	}
	if p.Issuer != issuer { // S1
		return nil, fmt.Errorf("%w: issued by %s, want %s", ErrStatusList, p.Issuer, issuer)
	}
	return readStatusList(p, g.Vocabulary != nil)
}

// maxTTLMillis is a year; longer is a mistake.
const maxTTLMillis = 366 * 24 * 3600 * 1000

// readStatusList applies S2 to S5 to a verified credential; terms says that a
// vocabulary has judged its terms.
func readStatusList(p *Credential, terms bool) (*StatusList, error) {
	context := string(p.Context)
	if p.Version != Version2 || !terms && context != contextPlainList && context != contextMessageList || // S2
		!slices.Contains(p.Type, typeStatusList) || p.Status != nil {
		return nil, fmt.Errorf("%w: not the shape of a status list credential", ErrStatusList)
	}
	for i := range p.Proofs { // S2
		if p.Proofs[i].Domain != nil || p.Proofs[i].Challenge != "" {
			return nil, fmt.Errorf("%w: a list bound to a domain or challenge is not for everybody", ErrStatusList)
		}
	}
	var s listSubject
	if err := wire.Unmarshal(p.Subject, &s, wire.ForeignLimits); err != nil { // S3
		return nil, fmt.Errorf("%w: %w", ErrStatusList, err)
	}
	if s.Type != typeBitstring { // S3
		return nil, fmt.Errorf("%w: subject %.100q of type %.40q", ErrStatusList, s.ID, s.Type)
	}
	if err := s.StatusPurpose.check(); err != nil { // S3
		return nil, err
	}
	if s.Messages != nil { // S4
		if err := checkMessages(s.Size, s.Messages); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrStatusList, err)
		}
	}
	if s.TTL > maxTTLMillis { // S4
		return nil, fmt.Errorf("%w: ttl of %d ms, limit %d", ErrStatusList, s.TTL, maxTTLMillis)
	}
	bits, err := decodeList(s.EncodedList) // S5
	if err != nil {
		return nil, err
	}
	until := p.ValidUntil
	if e := p.ProofsExpire(); e != nil && (until == nil || *e < *until) {
		until = e // a list whose proof has ended says nothing either
	}
	return &StatusList{
		id: p.ID, issuer: p.Issuer, purposes: s.StatusPurpose, size: s.Size, ttlMillis: s.TTL,
		validFrom: p.ValidFrom, validUntil: until, bits: bits,
	}, nil
}

// ListContent is what a status list credential says besides its bits.
type ListContent struct {
	ID         string // the URL under which it is found and which entries name
	Purpose    string
	Size       StatusSize      // bits of an entry; 0 is 1
	Messages   []StatusMessage // for PurposeMessage and for sizes above 1
	TTLMillis  uint64          // after how long to ask for it again; 0: not said
	ValidFrom  int64           // unix seconds
	ValidUntil int64           // unix seconds
}

// UnsignedStatusList makes the credential of a list of bits, to be signed by
// its issuer.
func UnsignedStatusList(issuer string, c ListContent, bits []byte) ([]byte, error) {
	context := contextPlainList
	s := listSubject{ID: c.ID + "#list", Type: typeBitstring, StatusPurpose: purposes{c.Purpose}, TTL: c.TTLMillis}
	if c.Purpose == PurposeMessage || c.Size > 1 {
		if err := checkMessages(c.Size, c.Messages); err != nil {
			return nil, err
		}
		context, s.Size, s.Messages = contextMessageList, max(c.Size, 1), c.Messages
	}
	if err := s.StatusPurpose.check(); err != nil {
		return nil, err
	}
	if !isURL(c.ID) || len(bits) < ListBits/8*int(max(c.Size, 1)) || len(bits) > maxListBits/8 || c.ValidUntil <= c.ValidFrom || c.TTLMillis > maxTTLMillis {
		return nil, fmt.Errorf("%w: a list has a URL, not %.60q, %d entries or more, not %d bytes, and a window", ErrStatusList, c.ID, ListBits, len(bits))
	}
	var err error
	if s.EncodedList, err = encodeList(bits); err != nil {
		return nil, err
	}
	subject, err := wire.Marshal(s)
	if err != nil {
		return nil, err
	}
	return wire.Marshal(struct {
		Context    wire.Raw `json:"@context"`
		ID         string   `json:"id"`
		Type       []string `json:"type"`
		Issuer     string   `json:"issuer"`
		ValidFrom  Time     `json:"validFrom"`
		ValidUntil Time     `json:"validUntil"`
		Subject    wire.Raw `json:"credentialSubject"`
	}{wire.Raw(context), c.ID, []string{TypeCredential, typeStatusList}, issuer, Time(c.ValidFrom), Time(c.ValidUntil), subject})
}
