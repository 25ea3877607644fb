package federation

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/wire"
)

// PeerDirectorySchema is the schema of a list of organisations that another one
// publishes: an industry body, a holding.
const PeerDirectorySchema = "chio.peer_directory.v1"

const (
	// MaxListed bounds the entries of one edition, beside its 256 KiB.
	MaxListed = 1000
	// maxListedName bounds what an entry is called, in bytes.
	maxListedName = 100
	// MaxDirectorySeconds is how long an edition may count.
	MaxDirectorySeconds = 90 * 24 * 3600
	// DefaultDirectorySeconds is how long one counts whose issuer names no time.
	DefaultDirectorySeconds = 30 * 24 * 3600
)

// ErrPeerDirectory refuses a peer directory.
var ErrPeerDirectory = errors.New("peer directory is not valid")

// PeerDirectory is one edition of an issuer's list. It says where organisations
// are and what the issuer calls them; whoever answers there still has to prove
// who it is. An issuer has one list.
type PeerDirectory struct {
	Schema   string           `json:"schema"`
	Issuer   did.DID          `json:"issuer"`
	Sequence uint64           `json:"sequence"`           // of the edition, from 1 without gaps
	Previous *wire.Digest     `json:"previous,omitempty"` // the edition before; none before the first
	IssuedAt int64            `json:"issued_at"`          // unix seconds
	Expires  int64            `json:"expires"`            // not used from then on
	Entries  []DirectoryEntry `json:"entries"`            // sorted by DID
}

// DirectoryEntry is one organisation. The transport key is the end of an
// address.
type DirectoryEntry struct {
	DID       did.DID  `json:"did" yaml:"did"`
	Name      string   `json:"name,omitempty" yaml:"name"`
	Addresses []string `json:"addresses" yaml:"addresses"` // /ip4/…/p2p/12D3…, the best first
}

// VerifyPeerDirectory opens an edition of an issuer's list:
//
//	1 the envelope opens: canonical, strict, every signature verifies
//	2 the issuer is who was named, and has signed alone
//	3 a sequence from 1 to 2^53-1; the first names no edition before it, and
//	  every other does
//	4 it is issued at a positive time and counts for at most MaxDirectorySeconds
//	5 at most MaxListed entries, sorted by DID, none twice, and each as
//	  DirectoryEntry.check wants it
//	6 it has the one spelling that we would give it
//
// Whether it is current, and newer than what is held, are the caller's
// questions.
func VerifyPeerDirectory(doc []byte, issuer did.DID) (*PeerDirectory, *wire.Envelope, error) {
	var d PeerDirectory
	env, err := wire.OpenEnvelope(doc, PeerDirectorySchema, &d, nil, nil) // 1
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrPeerDirectory, err)
	}
	if d.Issuer != issuer {
		return nil, nil, fmt.Errorf("%w: it is by %.80q, not by %s", ErrPeerDirectory, d.Issuer, issuer) // 2
	}
	if !signedByOne(env, []wire.PublicKey{issuer.Key()}) { // 2
		return nil, nil, fmt.Errorf("%w: its issuer, and nobody else, must have signed it", ErrPeerDirectory)
	}
	if err := d.check(); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrPeerDirectory, err)
	}
	if again, err := wire.DigestOf(&d); err != nil || again != env.ID() { // 6
		return nil, nil, fmt.Errorf("%w: a member says nothing: leave it out", ErrPeerDirectory)
	}
	return &d, env, nil
}

// check is rules 3 to 5 of VerifyPeerDirectory.
func (d *PeerDirectory) check() error {
	if d.Sequence == 0 || d.Sequence > wire.MaxUnits || (d.Sequence == 1) != (d.Previous == nil) { // 3
		return fmt.Errorf("edition %d, and the edition before it: the first has none, every other one", d.Sequence)
	}
	if d.IssuedAt <= 0 || d.Expires <= d.IssuedAt || d.Expires-d.IssuedAt > MaxDirectorySeconds { // 4
		return fmt.Errorf("issued at %d, expires at %d: it counts for at most %d seconds", d.IssuedAt, d.Expires, MaxDirectorySeconds)
	}
	if len(d.Entries) > MaxListed { // 5
		return fmt.Errorf("%d entries, limit %d", len(d.Entries), MaxListed)
	}
	for i := range d.Entries { // 5
		if i > 0 && d.Entries[i-1].DID >= d.Entries[i].DID {
			return fmt.Errorf("entry %d is not sorted by DID, or is there twice", i)
		}
		if err := d.Entries[i].check(); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
	}
	return nil
}

// check accepts an entry with a DID, a name that can be shown if there is one,
// and 1 to maxAddresses addresses as p2p writes them, none twice.
func (e *DirectoryEntry) check() error {
	if _, err := did.Parse(string(e.DID)); err != nil {
		return err
	}
	if e.Name != "" {
		if err := CheckText(e.Name, maxListedName); err != nil {
			return fmt.Errorf("name: %w", err)
		}
	}
	if len(e.Addresses) == 0 || len(e.Addresses) > maxAddresses {
		return fmt.Errorf("%s has %d addresses, want 1 to %d", e.DID, len(e.Addresses), maxAddresses)
	}
	for i, a := range e.Addresses {
		if len(a) > maxHint {
			return fmt.Errorf("%s has an address of %d characters, limit %d", e.DID, len(a), maxHint)
		}
		if p, err := p2p.ParseAddress(a); err != nil {
			return err
		} else if p.DID != "" || p.Multiaddr != a || slices.Contains(e.Addresses[:i], a) {
			return fmt.Errorf("%s: address %.160q is there twice, or is not written as %s", e.DID, a, p.Multiaddr)
		}
	}
	return nil
}

// entry finds an organisation.
func (d *PeerDirectory) entry(id did.DID) (DirectoryEntry, bool) {
	i, found := slices.BinarySearchFunc(d.Entries, id, func(e DirectoryEntry, id did.DID) int { return strings.Compare(string(e.DID), string(id)) })
	if !found {
		return DirectoryEntry{}, false
	}
	return d.Entries[i], true
}

// LoadPeers reads the file that an operator publishes: YAML, or JSON, with the
// key peers, a list of entries in any order. An unknown key, a second document,
// or an entry that VerifyPeerDirectory would refuse is an error.
func LoadPeers(doc []byte) ([]DirectoryEntry, error) {
	if len(doc) > wire.DocumentLimits.Bytes {
		return nil, fmt.Errorf("%w: %w: %d bytes, limit %d", ErrPeerDirectory, wire.ErrTooLarge, len(doc), wire.DocumentLimits.Bytes)
	}
	var file struct {
		Peers []DirectoryEntry `yaml:"peers"`
	}
	dec := yaml.NewDecoder(bytes.NewReader(doc))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPeerDirectory, err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: the file holds more than one document", ErrPeerDirectory)
	}
	if file.Peers == nil { // an issuer may vouch for nobody any more, and says so
		return nil, fmt.Errorf("%w: the file has no list peers", ErrPeerDirectory)
	}
	slices.SortFunc(file.Peers, func(a, b DirectoryEntry) int { return strings.Compare(string(a.DID), string(b.DID)) })
	d := PeerDirectory{Sequence: 1, IssuedAt: 1, Expires: 2, Entries: file.Peers}
	if err := d.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPeerDirectory, err)
	}
	return file.Peers, nil
}
