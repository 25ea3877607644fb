package vc

import (
	"bytes"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// The purposes of a status entry (Bitstring Status List 1.0 §2.1).
const (
	PurposeRevocation = "revocation" // cancels, for good
	PurposeSuspension = "suspension" // stops acceptance until it is lifted
	PurposeRefresh    = "refresh"    // a newer credential is to be had; this one still holds
	PurposeMessage    = "message"    // a value whose meaning the entry commits to
)

// TypeStatusEntry is the only type of entry that is understood.
const TypeStatusEntry = "BitstringStatusListEntry"

// Bounds of what an entry may hold.
const (
	maxStatusEntries = 16
	maxStatusURL     = 2048
	maxPurpose       = 64
	maxStatusSize    = 8 // bits
	maxMessage       = 512
	maxReferences    = 16
)

// StatusEntry points a credential at its bit, or its bits. An entry of another
// type than TypeStatusEntry is kept with its id and type only: it is intact
// and says nothing that can be judged.
type StatusEntry struct {
	ID                   string          `json:"id,omitempty"`
	Type                 string          `json:"type"`
	StatusPurpose        string          `json:"statusPurpose"`
	StatusListIndex      string          `json:"statusListIndex"` // decimal
	StatusListCredential string          `json:"statusListCredential"`
	StatusSize           StatusSize      `json:"statusSize,omitzero"`
	StatusMessage        []StatusMessage `json:"statusMessage,omitempty"`
	StatusReference      StatusReference `json:"statusReference,omitempty"`
}

// StatusSize is how many bits a status takes, 1 to 8; 0 is not given, which
// means 1.
type StatusSize uint8

// UnmarshalJSON reads an integer from 1 to 8.
func (s *StatusSize) UnmarshalJSON(b []byte) error {
	if len(b) != 1 || b[0] < '1' || b[0] > '0'+maxStatusSize {
		return fmt.Errorf("%w: statusSize %.20s is not an integer from 1 to %d", ErrMalformed, b, maxStatusSize)
	}
	*s = StatusSize(b[0] - '0')
	return nil
}

func (s StatusSize) bits() uint64 { return uint64(max(s, 1)) }

// StatusMessage is what one value of a status means, for developers.
type StatusMessage struct {
	Status  string `json:"status"` // hexadecimal with 0x
	Message string `json:"message"`
}

// UnmarshalJSON reads one message; the standard lets it have other members,
// which decide nothing and are dropped.
func (m *StatusMessage) UnmarshalJSON(b []byte) error {
	type plain StatusMessage
	return wire.UnmarshalLenient(b, (*plain)(m), wire.DocumentLimits)
}

// value is the status the message is about.
func (m *StatusMessage) value() (uint8, error) {
	digits, ok := strings.CutPrefix(m.Status, "0x")
	n, err := strconv.ParseUint(digits, 16, 8)
	if !ok || len(digits) > 2 || err != nil {
		return 0, fmt.Errorf("%w: status %.20q of a message is not 0x and at most two hexadecimal digits", ErrMalformed, m.Status)
	}
	return uint8(n), nil
}

// StatusReference are the URLs of what explains a status; one is written as a
// string and several as an array.
type StatusReference []string

// UnmarshalJSON reads a string or an array of strings.
func (r *StatusReference) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		return wire.Unmarshal(b, (*[]string)(r), wire.DocumentLimits)
	}
	*r = make(StatusReference, 1)
	return wire.Unmarshal(b, &(*r)[0], wire.DocumentLimits)
}

// MarshalJSON writes it.
func (r StatusReference) MarshalJSON() ([]byte, error) {
	if len(r) == 1 {
		return wire.Marshal(r[0])
	}
	return wire.Marshal([]string(r))
}

// StatusEntries is the member credentialStatus: one entry as an object, or
// 1 to 16 in an array.
type StatusEntries []StatusEntry

// UnmarshalJSON reads it. Entries of the type that is understood are decoded
// strictly and checked; of others the id and the type are kept.
func (s *StatusEntries) UnmarshalJSON(b []byte) error {
	raws := []wire.Raw{b}
	if len(b) > 0 && b[0] == '[' {
		if err := wire.Unmarshal(b, &raws, wire.ForeignLimits); err != nil {
			return fmt.Errorf("%w: credentialStatus: %w", ErrMalformed, err)
		}
	}
	if len(raws) == 0 || len(raws) > maxStatusEntries {
		return fmt.Errorf("%w: credentialStatus has %d entries, want 1 to %d", ErrMalformed, len(raws), maxStatusEntries)
	}
	out := make(StatusEntries, len(raws))
	for i, raw := range raws {
		if err := out[i].read(raw); err != nil {
			return err
		}
	}
	*s = out
	return nil
}

// MarshalJSON writes one entry as an object and several as an array.
func (s StatusEntries) MarshalJSON() ([]byte, error) {
	if len(s) == 1 {
		return wire.Marshal(s[0])
	}
	return wire.Marshal([]StatusEntry(s))
}

// Find returns the first entry of a purpose, or nil.
func (s StatusEntries) Find(purpose string) *StatusEntry {
	for i := range s {
		if s[i].Type == TypeStatusEntry && s[i].StatusPurpose == purpose {
			return &s[i]
		}
	}
	return nil
}

// plain reads a canonical entry that has only texts, as most do. False means
// that read must look at it, and that the entry is to be written over.
func (e *StatusEntry) plain(ms []member) bool {
	for _, m := range ms {
		if !isString(m.value) || bytes.IndexByte(m.value, '\\') >= 0 {
			return false
		}
		s := string(m.value[1 : len(m.value)-1])
		switch string(m.name) {
		case `"id"`:
			e.ID = s
		case `"type"`:
			e.Type = s
		case `"statusPurpose"`:
			e.StatusPurpose = s
		case `"statusListIndex"`:
			e.StatusListIndex = s
		case `"statusListCredential"`:
			e.StatusListCredential = s
		default:
			return false
		}
	}
	return true
}

func (e *StatusEntry) read(raw []byte) error {
	err := wire.Unmarshal(raw, e, wire.ForeignLimits)
	if err == nil && e.Type == TypeStatusEntry {
		return e.Check()
	}
	var head struct {
		ID   string `json:"id"`
		Type string `json:"type"`
	}
	if wire.UnmarshalLenient(raw, &head, wire.ForeignLimits) != nil || raw[0] != '{' || head.Type == "" {
		return fmt.Errorf("%w: credentialStatus is not an object with a type", ErrMalformed)
	}
	if head.Type == TypeStatusEntry {
		return fmt.Errorf("%w: credentialStatus: %w", ErrMalformed, err)
	}
	*e = StatusEntry{ID: head.ID, Type: head.Type}
	return nil
}

// NewStatusEntryFor returns the entry for a purpose by one bit of a list.
func NewStatusEntryFor(purpose, list string, index uint32) StatusEntry {
	n := strconv.FormatUint(uint64(index), 10)
	return StatusEntry{
		ID: list + "#" + n, Type: TypeStatusEntry, StatusPurpose: purpose,
		StatusListIndex: n, StatusListCredential: list,
	}
}

// Check applies the rules an entry obeys by itself:
//
//	E1 its type is BitstringStatusListEntry
//	E2 it has a purpose of at most 64 bytes
//	E3 it names a list by a URL, and has, if any, another URL as its id
//	E4 its index is a decimal in its one spelling, below the largest list
//	E5 a size above 1, and the purpose message with any size, have messages:
//	   exactly one for every value; size 1 and other purposes may have them
//	E6 references are 1 to 16 URLs
func (e *StatusEntry) Check() error {
	if e.Type != TypeStatusEntry { // E1
		return fmt.Errorf("%w: credentialStatus type %.60q, want %s", ErrMalformed, e.Type, TypeStatusEntry)
	}
	if e.StatusPurpose == "" || len(e.StatusPurpose) > maxPurpose { // E2
		return fmt.Errorf("%w: statusPurpose %.70q must be 1 to %d bytes", ErrMalformed, e.StatusPurpose, maxPurpose)
	}
	if !isURL(e.StatusListCredential) || e.ID == e.StatusListCredential || e.ID != "" && !isURL(e.ID) { // E3
		return fmt.Errorf("%w: credentialStatus must name a list by a URL, and by another than its own id", ErrMalformed)
	}
	if _, err := e.index(); err != nil { // E4
		return err
	}
	if e.StatusSize > 1 || len(e.StatusMessage) > 0 { // E5
		if err := checkMessages(e.StatusSize, e.StatusMessage); err != nil {
			return err
		}
	}
	if e.StatusReference != nil && (len(e.StatusReference) == 0 || len(e.StatusReference) > maxReferences) { // E6
		return fmt.Errorf("%w: statusReference has %d URLs, want 1 to %d", ErrMalformed, len(e.StatusReference), maxReferences)
	}
	for _, r := range e.StatusReference { // E6
		if !isURL(r) {
			return fmt.Errorf("%w: statusReference %.60q is not a URL", ErrMalformed, r)
		}
	}
	return nil
}

// checkMessages wants exactly one message for every value of a size.
func checkMessages(size StatusSize, messages []StatusMessage) error {
	if size > maxStatusSize || uint64(len(messages)) != 1<<size.bits() {
		return fmt.Errorf("%w: %d status messages for a size of %d bits, want one for each value", ErrMalformed, len(messages), size.bits())
	}
	var seen [1 << maxStatusSize]bool
	for i := range messages {
		v, err := messages[i].value()
		if err != nil {
			return err
		}
		if int(v) >= len(messages) || seen[v] || len(messages[i].Message) > maxMessage {
			return fmt.Errorf("%w: status message %.20q is out of range, given twice, or longer than %d bytes", ErrMalformed, messages[i].Status, maxMessage)
		}
		seen[v] = true
	}
	return nil
}

// index parses the decimal index; a sign or leading zero is a second spelling.
func (e *StatusEntry) index() (uint32, error) {
	s := e.StatusListIndex
	n, ok := uint32(0), s != "" && (s == "0" || s[0] != '0')
	for i := 0; ok && i < len(s); i++ {
		ok = s[i] >= '0' && s[i] <= '9' && n < maxListBits
		n = n*10 + uint32(s[i]-'0')
	}
	if !ok || n >= maxListBits {
		return 0, fmt.Errorf("%w: statusListIndex %.20q is not a decimal below %d", ErrMalformed, s, maxListBits)
	}
	return n, nil
}

// message is what the entry says of a value.
func (e *StatusEntry) message(value uint8) string {
	for i := range e.StatusMessage {
		if v, err := e.StatusMessage[i].value(); err == nil && v == value {
			return e.StatusMessage[i].Message
		}
	}
	if value == 0 {
		return "unset" // §2.1, where there are no messages
	}
	return "set"
}

// isURL reports whether a text is an absolute URL of bounded length.
func isURL(s string) bool {
	if s == "" || len(s) > maxStatusURL {
		return false
	}
	if isDIDText(s) {
		return true
	}
	u, err := url.Parse(s)
	return err == nil && u.Scheme != "" && (u.Host != "" || u.Opaque != "") && !strings.ContainsAny(s, " \"<>\\^`{|}")
}

// isDIDText reports whether a text is surely a DID URL: most are, and this is
// all there is to ask of them.
func isDIDText(s string) bool {
	rest, ok := strings.CutPrefix(s, "did:")
	for i := 0; ok && i < len(rest); i++ {
		c := rest[i]
		ok = isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || i > 0 && (c == ':' || c == '/' || c == '#' || c == '.' || c == '-')
	}
	return ok && rest != ""
}
