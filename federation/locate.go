package federation

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/p2p"
)

// ErrName: a DNS name does not say where one peer is.
var ErrName = errors.New("DNS name does not name a peer")

// The form of a name: _chio.example.com TXT "chio=did:chio:<hex>@/dns4/…/p2p/12D3…".
const (
	nameLabel  = "_chio."
	namePrefix = "chio="
	// maxNameBytes is a DNS name's limit, less our label.
	maxNameBytes = 253 - len(nameLabel)
	// maxTXT bounds the records of one name that are looked at.
	maxTXT = 32
)

// Names looks up the TXT records of a DNS name; net.Resolver does.
type Names interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// Meet finds a peer and says hello. Who it is may be written as
//
//	did:chio:<hex>@/ip4/…/p2p/12D3…   who, and where
//	/ip4/…/p2p/12D3…                  where; the caller confirms who it is
//	did:chio:<hex>                    a known peer, at the addresses kept of it; or
//	                                  one that a peer directory lists
//	example.com                       a DNS name; the caller confirms who it is
//	did:chio:<hex>@example.com        a DNS name that must name this peer
//
// A DNS name is a hint by whoever answers for the zone: the DID in it must
// answer the hello, and is trusted no more than that of a bare address.
func (s *Service) Meet(ctx context.Context, peer string) (Record, error) {
	if id, err := did.Parse(peer); err == nil {
		rec, err := s.cfg.Directory.Peer(id)
		if err != nil {
			if rec.DID = id; len(s.places(rec)) == 0 {
				return Record{}, err
			}
		}
		return s.reach(ctx, rec)
	}
	named, where, ok := strings.Cut(peer, "@")
	if !ok {
		named, where = "", peer
	}
	if !isName(where) {
		return s.Hello(ctx, peer)
	}
	a, err := s.locate(ctx, where)
	if err != nil {
		return Record{}, err
	}
	if named != "" && named != a.DID.String() {
		return Record{}, fmt.Errorf("%w: named %.80s, %s says %s", ErrWrongDID, named, where, a.DID)
	}
	return s.Hello(ctx, a.String())
}

// isName reports whether a string has the form of a DNS name of two labels or
// more that is no IP address.
func isName(s string) bool {
	labels := strings.Split(s, ".")
	if len(s) > maxNameBytes || len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.Trim(strings.ToLower(l), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

// locate asks DNS where a peer is:
//
//	1 there is exactly one TXT record that begins with chio=, among no more than
//	  maxTXT; other records are not ours to judge
//	2 the rest of it is a DID and an address, as ParseAddress reads them
func (s *Service) locate(ctx context.Context, name string) (p2p.Address, error) {
	if s.cfg.Names == nil {
		return p2p.Address{}, fmt.Errorf("%w: %s: this node looks up no names", ErrName, name)
	}
	records, err := s.cfg.Names.LookupTXT(ctx, nameLabel+name)
	if err != nil {
		return p2p.Address{}, fmt.Errorf("%w: %s%s: %w", ErrName, nameLabel, name, err)
	}
	if len(records) > maxTXT { // 1
		return p2p.Address{}, fmt.Errorf("%w: %s%s has %d TXT records, limit %d", ErrName, nameLabel, name, len(records), maxTXT)
	}
	var found []string
	for _, r := range records {
		if rest, ok := strings.CutPrefix(r, namePrefix); ok {
			found = append(found, rest)
		}
	}
	if len(found) != 1 { // 1
		return p2p.Address{}, fmt.Errorf("%w: %s%s has %d records that begin with %s among %d, want one", ErrName, nameLabel, name, len(found), namePrefix, len(records))
	}
	a, err := p2p.ParseAddress(found[0]) // 2
	if err == nil && a.DID == "" {
		err = errors.New("it names no DID")
	}
	if err != nil {
		return p2p.Address{}, fmt.Errorf("%w: %s%s says %.160q: %w", ErrName, nameLabel, name, found[0], err)
	}
	return a, nil
}
