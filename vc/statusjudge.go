package vc

import (
	"errors"
	"fmt"
	"slices"
)

// DefaultStatusAgeSeconds bounds the age of a list that has no end of its own,
// where the verifier has set no limit.
const DefaultStatusAgeSeconds = 24 * 3600

// ErrStatusLength: the list has fewer entries than hide a holder.
var ErrStatusLength = errors.New("status list is too short")

// Finding is what one status entry says that is not simply "active".
type Finding struct {
	Purpose string `json:"purpose,omitempty"`
	List    string `json:"list,omitempty"`
	Index   uint32 `json:"index"`
	Value   uint8  `json:"value"`             // of the entry's bits; 0 where it could not be read
	Message string `json:"message,omitempty"` // what the entry says the value means
	Status  Status `json:"status"`
	Detail  string `json:"detail,omitempty"` // why it denies
}

// JudgeStatus answers for all entries of a credential of an issuer, rule 9, by
// the time, lists and limits of a gate:
//
//	9a a credential without entries holds only if the gate allows that
//	9b every entry has a type and a purpose that are understood
//	9c its list is at hand, and is the one it names
//	9d the list is signed by the issuer, or by a delegate the gate names
//	9e the list is for the entry's purpose, and of its size
//	9f the list has at least 131072 entries, and the index is one of them
//	9g a set revocation bit counts, in a stale list too: revocation is for good
//	9h otherwise the list is current: begun, not over, not too old
//	9i a set suspension bit denies; a message other than 0 denies unless the
//	   gate has a judge that lets it pass; a set refresh bit does not deny
//
// The worst entry decides: revoked, suspended, unknown, active. Only a nil
// error lets a credential pass. Nothing is allocated for entries that are
// active.
func JudgeStatus(entries []StatusEntry, issuer string, g Gate) (Status, []Finding, error) {
	if len(entries) == 0 { // 9a
		if g.AllowNoStatus {
			return StatusUnknown, nil, nil
		}
		return StatusUnknown, nil, fmt.Errorf("%w: it has no credentialStatus", ErrStatusUnknown)
	}
	worst, findings, first := StatusActive, []Finding(nil), error(nil)
	for i := range entries {
		e := &entries[i]
		status, value, err := judgeEntry(e, issuer, &g)
		if status == StatusActive && err == nil && value == 0 {
			continue
		}
		f := e.finding(status, value)
		if err == nil && e.StatusPurpose == PurposeMessage { // 9i
			if err = g.message(f); err != nil {
				status = StatusUnknown
			}
		}
		if f.Status = status; err != nil {
			f.Detail = err.Error()
		}
		findings = append(findings, f)
		if err != nil && (first == nil || severity(status) > severity(worst)) {
			worst, first = status, err
		}
	}
	return worst, findings, first
}

func severity(s Status) int {
	return slices.Index([]Status{StatusActive, StatusUnknown, StatusSuspended, StatusRevoked}, s)
}

func (e *StatusEntry) finding(s Status, value uint8) Finding {
	f := Finding{Purpose: e.StatusPurpose, List: e.StatusListCredential, Value: value, Status: s}
	f.Index, _ = e.index()
	if e.StatusPurpose == PurposeMessage || value != 0 && e.StatusMessage != nil {
		f.Message = e.message(value)
	}
	return f
}

// message is what the gate makes of a message other than 0.
func (g *Gate) message(f Finding) error {
	if g.StatusMessage == nil {
		return fmt.Errorf("%w: its message is 0x%x, %.60q, and no judge of messages was given", ErrStatusUnknown, f.Value, f.Message)
	}
	if err := g.StatusMessage(f); err != nil {
		return fmt.Errorf("%w: message 0x%x, %.60q: %w", ErrStatusUnknown, f.Value, f.Message, err)
	}
	return nil
}

// judgeEntry answers for one entry, but for the judgement of a message.
func judgeEntry(e *StatusEntry, issuer string, g *Gate) (Status, uint8, error) {
	switch {
	case e.Type != TypeStatusEntry: // 9b
		return StatusUnknown, 0, fmt.Errorf("%w: a status of type %.60q is not understood", ErrStatusUnknown, e.Type)
	case !understood(e.StatusPurpose): // 9b
		return StatusUnknown, 0, fmt.Errorf("%w: a status for %.60q is not understood", ErrStatusUnknown, e.StatusPurpose)
	case g.StatusList == nil: // 9c
		return StatusUnknown, 0, fmt.Errorf("%w: no status list at hand", ErrStatusUnknown)
	}
	l, err := g.StatusList(e.StatusListCredential)
	if err != nil || l == nil { // 9c
		return StatusUnknown, 0, fmt.Errorf("%w: %w", ErrStatusUnknown, errors.Join(err, errNoList(l)))
	}
	value, index, err := l.read(e, issuer, g)
	switch {
	case err != nil:
		return StatusUnknown, 0, err
	case value != 0 && e.StatusPurpose == PurposeRevocation: // 9g
		return StatusRevoked, value, fmt.Errorf("%w: by %s, entry %d of %s", ErrRevoked, l.issuer, index, l.id)
	}
	if err := l.fresh(g); err != nil { // 9h
		return StatusUnknown, value, err
	}
	if value != 0 && e.StatusPurpose == PurposeSuspension { // 9i
		return StatusSuspended, value, fmt.Errorf("%w: by %s, entry %d of %s", ErrSuspended, l.issuer, index, l.id)
	}
	return StatusActive, value, nil
}

func understood(purpose string) bool {
	switch purpose {
	case PurposeRevocation, PurposeSuspension, PurposeRefresh, PurposeMessage:
		return true
	}
	return false
}

// read finds the value of an entry under 9c to 9f.
func (l *StatusList) read(e *StatusEntry, issuer string, g *Gate) (value uint8, index uint32, err error) {
	delegated := l.issuer != issuer && g.StatusDelegate != nil && g.StatusDelegate(issuer, l.issuer)
	if l.id != e.StatusListCredential || l.issuer != issuer && !delegated || !slices.Contains(l.purposes, e.StatusPurpose) { // 9c 9d 9e
		return 0, 0, fmt.Errorf("%w: list %.100q of %s for %q is not the one named", ErrStatusUnknown, l.id, l.issuer, l.purposes)
	}
	if l.size != 0 && l.size.bits() != e.StatusSize.bits() { // 9e
		return 0, 0, fmt.Errorf("%w: entries of %d bits in the list, of %d in the credential", ErrStatusUnknown, l.size, e.StatusSize.bits())
	}
	if uint64(len(l.bits))*8/e.StatusSize.bits() < ListBits { // 9f
		return 0, 0, fmt.Errorf("%w: %w: fewer than %d entries of %d bits", ErrStatusUnknown, ErrStatusLength, ListBits, e.StatusSize.bits())
	}
	if index, err = e.index(); err != nil { // 9f
		return 0, 0, fmt.Errorf("%w: %w", ErrStatusUnknown, err)
	}
	value, ok := Value(l.bits, uint64(index), e.StatusSize)
	if !ok { // 9f
		return 0, 0, fmt.Errorf("%w: index %d is outside the list", ErrStatusUnknown, index)
	}
	return value, index, nil
}

// fresh reports whether what the list does not say can be relied on now (9h).
// A list that came from its URL is as old as that, not as its signature.
func (l *StatusList) fresh(g *Gate) error {
	if l.validFrom != nil && int64(*l.validFrom) > g.Now+g.SkewSeconds {
		return fmt.Errorf("%w: the list is from the future, %s", ErrStatusUnknown, l.validFrom)
	}
	if l.validUntil != nil && g.Now >= int64(*l.validUntil) || l.usableUntil != 0 && g.Now >= l.usableUntil {
		return fmt.Errorf("%w: the list of %s is too old: fetch it again from its issuer", ErrStatusUnknown, Time(l.ValidFrom()))
	}
	limit := g.MaxStatusAgeSeconds
	if limit == 0 && l.validUntil == nil && l.usableUntil == 0 {
		limit = DefaultStatusAgeSeconds
	}
	since := max(l.ValidFrom(), l.fetchedAt)
	if limit > 0 && g.Now-since > limit {
		return fmt.Errorf("%w: the list of %s is too old: fetch it again from its issuer", ErrStatusUnknown, Time(since))
	}
	return nil
}

func errNoList(l *StatusList) error {
	if l == nil {
		return errors.New("the status list was not found")
	}
	return nil
}
