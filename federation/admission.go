package federation

import (
	"errors"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
)

// Admission names whose treaties are signed without asking an operator. The
// zero value asks for every one.
type Admission struct {
	Peers    []did.DID // within our default terms
	ListedBy []did.DID // and those that a peer directory of one of these lists now

	Passports Passports // what a peer must show of itself; nil: nothing
	Review    bool      // a treaty with a peer that does not show it is for an operator to decide; else none is signed
}

// admits reports whether a proposal is signed without asking:
//
//	1 the rule names the peer, or who lists it in a peer directory that is in
//	  use. A treaty is always at least as strict as our own terms, so accepting
//	  one never loosens them
//	2 our side of it is the default terms. Terms that an operator wrote for this
//	  peer may be wider, and are for an operator to sign
//	3 the operator has not left this peer, or declined what it proposed, since
//	  it last signed
//	4 nothing proves that the peer's log told two stories
//	5 the peer shows the passport that is asked for
func (s *Service) admits(rec Record) (bool, error) {
	a := s.cfg.Admission
	if !slices.Contains(a.Peers, rec.DID) && !s.cfg.Listings.lists(rec.DID, a.ListedBy) || rec.Refused || s.Qualifies(&rec) != nil { // 1, 3, 5
		return false, nil
	}
	own, err := s.has(prefixTerms + rec.DID.String())
	if err != nil || own { // 2
		return false, err
	}
	fork, err := s.has(prefixFork + rec.DID.String()) // 4
	return err == nil && !fork, err
}

// has reports whether there is a row.
func (s *Service) has(key string) (found bool, err error) {
	err = s.cfg.DB.View(func(r store.Reader) error {
		switch _, err := r.Get(key); {
		case errors.Is(err, store.ErrNotFound):
			return nil
		case err != nil:
			return err
		}
		found = true
		return nil
	})
	return found, err
}
