package vc

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// ListBits is the number of entries in a list of ours: the least the standard
// allows, for the herd in which one holder hides.
const ListBits = 131072

// maxListBits bounds a foreign list after decompression.
const maxListBits = 8 << 20

// maxEncodedList bounds it before.
const maxEncodedList = 2 << 20

// The purposes of a status entry.
const (
	PurposeRevocation = "revocation"
	PurposeSuspension = "suspension"
)

const (
	typeStatusEntry = "BitstringStatusListEntry"
	typeBitstring   = "BitstringStatusList"
)

// ErrStatusList refuses a status list credential.
var ErrStatusList = errors.New("status list is not valid")

// StatusEntry points a credential at its bit.
type StatusEntry struct {
	ID                   string `json:"id,omitempty"`
	Type                 string `json:"type"`
	StatusPurpose        string `json:"statusPurpose"`
	StatusListIndex      string `json:"statusListIndex"` // decimal
	StatusListCredential string `json:"statusListCredential"`
}

// NewStatusEntry returns the entry for one bit of a list.
func NewStatusEntry(list string, index uint32) StatusEntry {
	n := strconv.FormatUint(uint64(index), 10)
	return StatusEntry{
		ID: list + "#" + n, Type: typeStatusEntry, StatusPurpose: PurposeRevocation,
		StatusListIndex: n, StatusListCredential: list,
	}
}

// index parses the decimal index; a sign or leading zero is a second spelling.
func (e *StatusEntry) index() (uint32, error) {
	n, err := strconv.ParseUint(e.StatusListIndex, 10, 32)
	if err != nil || strconv.FormatUint(n, 10) != e.StatusListIndex || n >= maxListBits {
		return 0, fmt.Errorf("%w: statusListIndex %.20q is not a decimal below %d", ErrMalformed, e.StatusListIndex, maxListBits)
	}
	return uint32(n), nil
}

// Check applies the rules an entry obeys by itself.
func (e *StatusEntry) Check() error {
	if e.Type != typeStatusEntry {
		return fmt.Errorf("%w: credentialStatus type %.60q, want %s", ErrMalformed, e.Type, typeStatusEntry)
	}
	if e.StatusPurpose != PurposeRevocation && e.StatusPurpose != PurposeSuspension {
		return fmt.Errorf("%w: status purpose %.40q: revocation and suspension are understood", ErrMalformed, e.StatusPurpose)
	}
	if e.StatusListCredential == "" || e.ID == e.StatusListCredential {
		return fmt.Errorf("%w: credentialStatus must name a list, and by another id than its own", ErrMalformed)
	}
	_, err := e.index()
	return err
}

// listSubject is the subject of a status list credential.
type listSubject struct {
	ID            string `json:"id"`
	Type          string `json:"type"`
	StatusPurpose string `json:"statusPurpose"`
	EncodedList   string `json:"encodedList"`
}

// StatusList is a verified status list credential. Only OpenStatusList makes
// one, so holding it means its signature was checked.
type StatusList struct {
	id         string
	issuer     string // a DID
	purpose    string
	validFrom  Time
	validUntil Time
	bits       []byte
}

// NewBits are the bits of a new list, all clear.
func NewBits() []byte { return make([]byte, ListBits/8) }

// Bits is a copy of the list's bits; the first entry is the left-most bit.
func (l *StatusList) Bits() []byte { return bytes.Clone(l.bits) }

// ID is the URL that entries name.
func (l *StatusList) ID() string { return l.id }

// ValidFrom is when the list was signed, in unix seconds.
func (l *StatusList) ValidFrom() int64 { return int64(l.validFrom) }

// ValidUntil is when the list should no longer be relied on, in unix seconds.
func (l *StatusList) ValidUntil() int64 { return int64(l.validUntil) }

// bit returns entry i; the first entry is the left-most bit.
func (l *StatusList) bit(i uint32) (set, ok bool) {
	if int(i/8) >= len(l.bits) {
		return false, false
	}
	return l.bits[i/8]&(0x80>>(i%8)) != 0, true
}

// OpenStatusList verifies a status list credential of an issuer:
//
//	1-5 the integrity rules of every credential
//	S1 it is issued by that issuer
//	S2 exactly the context and types of a status list, an id, a window
//	S3 its subject is a bitstring list under that id with a known purpose
//	S4 it decompresses to at least 131072 bits and nothing else
//
// Its age is judged where it is used.
func OpenStatusList(doc []byte, issuer string) (*StatusList, error) {
	p, err := parseVerified(doc, func(_ int, _ string, err error) error { return err })
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStatusList, err)
	}
	if p.Issuer != issuer { // S1
		return nil, fmt.Errorf("%w: issued by %s, want %s", ErrStatusList, p.Issuer, issuer)
	}
	if string(p.Context) != `["`+ContextV2+`"]` || !slices.Equal(p.Type, []string{TypeCredential, typeStatusList}) ||
		p.ID == "" || p.ValidFrom == nil || p.ValidUntil == nil || p.Status != nil { // S2
		return nil, fmt.Errorf("%w: not the shape of a status list credential", ErrStatusList)
	}
	var s listSubject
	if err := wire.Unmarshal(p.Subject, &s, wire.ForeignLimits); err != nil { // S3
		return nil, fmt.Errorf("%w: %w", ErrStatusList, err)
	}
	if s.ID != p.ID+"#list" || s.Type != typeBitstring || s.StatusPurpose != PurposeRevocation && s.StatusPurpose != PurposeSuspension { // S3
		return nil, fmt.Errorf("%w: subject %.100q of type %.40q for %.40q", ErrStatusList, s.ID, s.Type, s.StatusPurpose)
	}
	bits, err := decodeList(s.EncodedList) // S4
	if err != nil {
		return nil, err
	}
	return &StatusList{
		id: p.ID, issuer: p.Issuer, purpose: s.StatusPurpose,
		validFrom: *p.ValidFrom, validUntil: *p.ValidUntil, bits: bits,
	}, nil
}

// SignStatusList makes the credential of a list of bits, id being the URL under
// which it is found and which entries name.
func SignStatusList(org wire.Signer, id string, bits []byte, now, ttlSeconds int64) ([]byte, error) {
	encoded, err := encodeList(bits)
	if err != nil {
		return nil, err
	}
	subject, err := wire.Marshal(listSubject{ID: id + "#list", Type: typeBitstring, StatusPurpose: PurposeRevocation, EncodedList: encoded})
	if err != nil {
		return nil, err
	}
	from, until := Time(now), Time(now+ttlSeconds)
	unsecured, err := wire.Marshal(struct {
		Context    wire.Raw `json:"@context"`
		ID         string   `json:"id"`
		Type       []string `json:"type"`
		Issuer     did.DID  `json:"issuer"`
		ValidFrom  Time     `json:"validFrom"`
		ValidUntil Time     `json:"validUntil"`
		Subject    wire.Raw `json:"credentialSubject"`
	}{wire.Raw(`["` + ContextV2 + `"]`), id, []string{TypeCredential, typeStatusList}, did.FromKey(org.Public()), from, until, subject})
	if err != nil {
		return nil, err
	}
	return Sign(unsecured, org, from)
}

// encodeList is "u" and the base64url of the gzipped bits. The header carries
// no time and no name, so equal bits give equal bytes.
func encodeList(bits []byte) (string, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(bits); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return "u" + base64.RawURLEncoding.EncodeToString(out.Bytes()), nil
}

func decodeList(s string) ([]byte, error) {
	if len(s) < 2 || s[0] != 'u' || len(s) > maxEncodedList {
		return nil, fmt.Errorf("%w: encodedList is not \"u\" and at most %d base64url characters", ErrStatusList, maxEncodedList)
	}
	packed, err := base64.RawURLEncoding.Strict().DecodeString(s[1:])
	if err != nil {
		return nil, fmt.Errorf("%w: encodedList: %w", ErrStatusList, err)
	}
	in := bytes.NewReader(packed)
	r, err := gzip.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("%w: encodedList: %w", ErrStatusList, err)
	}
	r.Multistream(false)
	bits, err := io.ReadAll(io.LimitReader(r, maxListBits/8+1))
	if err != nil {
		return nil, fmt.Errorf("%w: encodedList: %w", ErrStatusList, err)
	}
	if len(bits) < ListBits/8 || len(bits) > maxListBits/8 || in.Len() != 0 {
		return nil, fmt.Errorf("%w: encodedList holds %d bytes, want %d to %d and nothing after", ErrStatusList, len(bits), ListBits/8, maxListBits/8)
	}
	return bits, nil
}
