package federation

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The rows of peer directories.
const (
	prefixListing     = "f/dir/"     // issuer → Listing
	prefixListingDoc  = "f/dirdoc/"  // issuer → the newest edition that was seen, an envelope
	prefixListingFork = "f/dirfork/" // issuer → DirectoryFork
)

// MaxListings bounds the issuers whose peer directories are used.
const MaxListings = 32

// The reasons an edition of a peer directory is not taken.
var (
	// ErrDirectoryRollback: a newer edition was seen before.
	ErrDirectoryRollback = errors.New("peer directory is older than one that was seen")
	// ErrDirectoryFork: its issuer signed two that contradict each other.
	ErrDirectoryFork = errors.New("peer directory contradicts another one by its issuer")
	// ErrNoListing: nothing is kept of this issuer.
	ErrNoListing = errors.New("no peer directory of this issuer is kept")
)

// Listing is what is kept of an issuer's peer directory. Its row stays when it
// is removed, so that no older edition comes back.
type Listing struct {
	Issuer       did.DID     `json:"issuer"`
	Source       string      `json:"source,omitempty"` // URL that it is fetched from; "": it came as a file
	Sequence     uint64      `json:"sequence"`         // the highest that was seen
	SHA256       wire.Digest `json:"sha256"`           // id of that edition
	TakenAt      int64       `json:"taken_at"`         // unix seconds; of that edition
	FetchedAt    int64       `json:"fetched_at,omitzero"`
	Failures     uint64      `json:"failures,omitzero"`      // fetches since, each of which brought nothing that is taken
	OlderOffered uint64      `json:"older_offered,omitzero"` // sequence of the last edition that came too late
	Forked       bool        `json:"forked,omitzero"`        // not used until an operator adds it despite the evidence
	Removed      bool        `json:"removed,omitzero"`       // not used
}

// edition is a listing with its document.
type edition struct {
	Listing
	doc *PeerDirectory
	env *wire.Envelope
}

// State says whether a listing is used, and if not, why. now is unix seconds.
func (e *edition) state(now int64) string {
	switch {
	case e.Removed:
		return "removed"
	case e.Forked:
		return "contradicted"
	case now < e.doc.IssuedAt-ClockSkewSeconds:
		return "not_yet"
	case now >= e.doc.Expires:
		return "expired"
	}
	return "current"
}

// Listings are the peer directories that an operator added. They give addresses
// and names; who is found there must prove itself, and is trusted no more than
// anybody else.
type Listings struct {
	db  store.DB
	now func() int64 // unix seconds

	mu   sync.RWMutex // guards held; rows are the truth
	held map[did.DID]*edition
}

// OpenListings reads the peer directories from the store, each verified again.
func OpenListings(db store.DB, now func() int64) (*Listings, error) {
	l := &Listings{db: db, now: now, held: make(map[did.DID]*edition)}
	err := db.View(func(r store.Reader) error {
		return each(r, prefixListing, func(key string, row *Listing) error {
			e := &edition{Listing: *row}
			if key != prefixListing+e.Issuer.String() {
				return fmt.Errorf("%w: row %.160s is of %.80q", store.ErrCorrupt, key, e.Issuer)
			}
			if err := e.read(r); err != nil {
				return err
			}
			l.held[e.Issuer] = e
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the peer directories: %w", err)
	}
	return l, nil
}

// read opens the document of a row.
func (e *edition) read(r store.Reader) (err error) {
	doc, err := r.Get(prefixListingDoc + e.Issuer.String())
	if err != nil {
		return fmt.Errorf("peer directory of %s: %w", e.Issuer, err)
	}
	if e.doc, e.env, err = VerifyPeerDirectory(doc, e.Issuer); err != nil || e.env.ID() != e.SHA256 {
		return fmt.Errorf("%w: peer directory of %s: %w", store.ErrCorrupt, e.Issuer, err)
	}
	return nil
}

// ListingView is a listing as it is shown.
type ListingView struct {
	Listing
	State    string // current, expired, not_yet, contradicted, removed
	IssuedAt int64
	Expires  int64
	Entries  []DirectoryEntry
}

// List returns every listing in the order of their issuers.
func (l *Listings) List() []ListingView {
	l.mu.RLock()
	defer l.mu.RUnlock()
	out := make([]ListingView, 0, len(l.held))
	for _, id := range slices.Sorted(maps.Keys(l.held)) {
		out = append(out, l.held[id].view(l.now()))
	}
	return out
}

func (e *edition) view(now int64) ListingView {
	return ListingView{Listing: e.Listing, State: e.state(now), IssuedAt: e.doc.IssuedAt, Expires: e.doc.Expires, Entries: e.doc.Entries}
}

// Show returns one listing and its signed document, or ErrNoListing.
func (l *Listings) Show(issuer did.DID) (ListingView, *wire.Envelope, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	e := l.held[issuer]
	if e == nil {
		return ListingView{}, nil, fmt.Errorf("%w: %s", ErrNoListing, issuer)
	}
	return e.view(l.now()), e.env, nil
}

// Listed is what one issuer says of an organisation.
type Listed struct {
	Issuer    did.DID  `json:"issuer"`
	Name      string   `json:"name,omitempty"`
	Addresses []string `json:"addresses"` // those that are dialled
}

// Find returns what the directories that are in use say of an organisation, in
// the order of their issuers.
func (l *Listings) Find(id did.DID) []Listed {
	if l == nil {
		return nil
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	var out []Listed
	for _, issuer := range slices.Sorted(maps.Keys(l.held)) {
		e := l.held[issuer]
		if e.state(l.now()) != "current" {
			continue
		}
		if entry, ok := e.doc.entry(id); ok {
			out = append(out, Listed{Issuer: issuer, Name: entry.Name, Addresses: e.dialled(entry.Addresses)})
		}
	}
	return out
}

// dialled leaves out what a directory has no say in. One that came as a file is
// as the operator saw it; one that is fetched may say something else tomorrow,
// so it leads to public IP addresses only, and not into our own network.
func (e *edition) dialled(addresses []string) []string {
	out := make([]string, 0, len(addresses))
	for _, a := range addresses {
		if e.Source == "" || p2p.IsPublic(a) {
			out = append(out, a)
		}
	}
	return out
}

// lists reports whether one of these issuers lists an organisation now.
func (l *Listings) lists(id did.DID, issuers []did.DID) bool {
	return slices.ContainsFunc(l.Find(id), func(f Listed) bool { return slices.Contains(issuers, f.Issuer) })
}
