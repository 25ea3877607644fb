package reputation

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	// MinGroups is how many independent groups of issuers must speak before
	// what they say counts.
	MinGroups = 2
	// maxWeightPPM is the most that one import weighs among all of them.
	maxWeightPPM = 400_000
	maxGroup     = 80
)

// activationRows holds which summary of an issuer about a subject counts.
const activationRows = "c/repon/"

var (
	// ErrNotKept: no summary with that id is kept.
	ErrNotKept = errors.New("no such reputation summary is kept")
	// ErrGroup refuses the name of a group.
	ErrGroup = errors.New("name of a group of issuers")
)

// Activation is an operator's word that one summary counts. Group is the same
// for issuers that are not independent of each other.
type Activation struct {
	ID    wire.Digest `json:"id"`
	Group string      `json:"group"`
	At    int64       `json:"at"` // unix seconds
}

// Activated is an import that its operator let count.
type Activated struct {
	Import
	Group string
}

// Clear picks the imports about an agent that count:
//
//	1 the organisation that the agent belongs to is no group of its own, and
//	  neither is whoever shares a group with it
//	2 of one group the lowest composite counts, and no other
//	3 with fewer than MinGroups groups nothing counts
//
// A summary that was not activated is not given to it at all.
func Clear(list []Activated, home did.DID) []Import {
	lowest := make(map[string]Import)
	for _, a := range list {
		if have, ok := lowest[a.Group]; !ok || a.composite < have.composite || a.composite == have.composite && a.issuer < have.issuer { // 2
			lowest[a.Group] = a.Import
		}
	}
	for _, a := range list {
		if a.issuer == home { // 1
			delete(lowest, a.Group)
		}
	}
	if len(lowest) < MinGroups { // 3
		return nil
	}
	var out []Import
	for _, in := range lowest {
		out = append(out, in)
	}
	slices.SortFunc(out, func(a, b Import) int { return strings.Compare(string(a.issuer), string(b.issuer)) })
	return out
}

func activationKey(subject, issuer did.DID) string {
	return activationRows + subject.Key().String() + "/" + issuer.Key().String()
}

// Activate lets a kept summary count, and no later one of its issuer.
func Activate(tx store.Tx, id wire.Digest, group string, now int64) (*Statement, error) {
	s, err := find(tx, id)
	if err != nil {
		return nil, err
	}
	if group == "" {
		group = s.Issuer.String()
	}
	if len(group) > maxGroup || strings.ContainsFunc(group, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, fmt.Errorf("%w: %.100q: want 1 to %d printable characters without space", ErrGroup, group, maxGroup)
	}
	tx.Set(activationKey(s.Subject, s.Issuer), wire.MustMarshal(Activation{ID: id, Group: group, At: now}))
	return s, nil
}

// Forget removes a kept summary and that it counted.
func Forget(tx store.Tx, id wire.Digest) (*Statement, error) {
	s, err := find(tx, id)
	if err != nil {
		return nil, err
	}
	tx.Delete(importKey(s.Subject, s.Issuer))
	tx.Delete(activationKey(s.Subject, s.Issuer))
	return s, nil
}

// ActivationOf returns the activation of exactly this summary, or nil.
func ActivationOf(r store.Reader, s *Statement, id wire.Digest) (*Activation, error) {
	key := activationKey(s.Subject, s.Issuer)
	row, err := r.Get(key)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var a Activation
	if err := wire.UnmarshalCanonical(row, &a, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("%w: row %.200s: %w", store.ErrCorrupt, key, err)
	}
	if a.ID != id { // a newer summary took the place of the one that counted
		return nil, nil
	}
	return &a, nil
}

// AllKept calls fn for every summary kept, until fn returns an error;
// store.ErrStop ends it with nil.
func AllKept(r store.Reader, fn func(doc []byte) error) error {
	return r.Scan(importRows, "", func(_ string, row []byte) error { return fn(row) })
}

func find(r store.Reader, id wire.Digest) (found *Statement, err error) {
	err = AllKept(r, func(doc []byte) error {
		s, env, err := Verify(doc)
		if err != nil {
			return fmt.Errorf("%w: a kept summary: %w", store.ErrCorrupt, err)
		}
		if env.ID() == id {
			found = s
			return store.ErrStop
		}
		return nil
	})
	if err == nil && found == nil {
		err = fmt.Errorf("%w: %s", ErrNotKept, id)
	}
	return found, err
}
