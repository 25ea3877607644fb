package jose

import (
	"fmt"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// maxSDEntries bounds the status entries of one credential.
const maxSDEntries = 16

// statusClaim is the claim status of an SD-JWT VC whose status stands in
// Bitstring Status Lists, not in a status list token: one bit then revokes all
// forms of a credential. The mechanism is ours; the entries are the W3C's.
type statusClaim struct {
	Entries []vc.StatusEntry `json:"bitstring_status_list"`
}

// StatusEntries makes the claim status of what a credential of the W3C data
// model has as credentialStatus.
func StatusEntries(entries []vc.StatusEntry) (wire.Raw, error) {
	if len(entries) == 0 || len(entries) > maxSDEntries {
		return nil, fmt.Errorf("%w: status: %d entries, want 1 to %d", ErrClaims, len(entries), maxSDEntries)
	}
	for i := range entries {
		if err := entries[i].Check(); err != nil {
			return nil, fmt.Errorf("%w: status: %w", ErrClaims, err)
		}
	}
	return wire.Marshal(statusClaim{entries})
}

// entries judges a claim status that holds entries and nothing else (rule 48,
// by the rules E1 to E6 and 9b to 9i of package vc).
func (g *SDGate) entries(claim wire.Raw, issuer string) (vc.Status, error) {
	var c statusClaim
	if err := wire.Unmarshal(claim, &c, wire.DocumentLimits); err != nil {
		return vc.StatusUnknown, fmt.Errorf("%w: status: %w", vc.ErrStatusUnknown, err)
	}
	if len(c.Entries) == 0 || len(c.Entries) > maxSDEntries {
		return vc.StatusUnknown, fmt.Errorf("%w: status: %d entries, want 1 to %d", vc.ErrStatusUnknown, len(c.Entries), maxSDEntries)
	}
	for i := range c.Entries {
		if err := c.Entries[i].Check(); err != nil {
			return vc.StatusUnknown, fmt.Errorf("%w: status: %w", vc.ErrStatusUnknown, err)
		}
	}
	status, _, err := vc.JudgeStatus(c.Entries, issuer, vc.Gate{Now: g.Now, SkewSeconds: g.SkewSeconds, StatusList: g.StatusList,
		MaxStatusAgeSeconds: g.MaxStatusAgeSeconds})
	return status, err
}
