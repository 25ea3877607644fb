package certification

import (
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// maxListed bounds what one answer lists.
const maxListed = 1024

// ErrTooMany: an answer would be longer than what one answer lists.
var ErrTooMany = errors.New("too many certifications")

// Query names a server: by its manifest, its name, or both.
type Query struct {
	ManifestSHA256 wire.Digest
	Name           string
	Version        string // "" is any
	// Artifacts are the digests of the files that are run. A certification that
	// names an artifact is of another server unless it is one of these; nil
	// asks about no program in particular.
	Artifacts []wire.Digest
}

// Answer is what holds of a server. Each certifier is heard once: his newest
// word, which an older one does not outlive. State is that of the best trusted
// one, not_found if no trusted certifier has said anything.
type Answer struct {
	State    State      `json:"state"`
	Tier     Tier       `json:"tier,omitempty"`
	Best     *Finding   `json:"best,omitempty"` // trusted, and the first by state and tier
	Findings []*Finding `json:"findings"`       // the newest word of each certifier, trusted or not
}

// Resolve answers what holds of a server now, for a caller who trusts these
// certifiers. What is listed by anybody else is shown and does not count.
//
//	1 only certifications of this manifest, name, version and artifact count
//	2 what is not intact counts for nothing, and is an error
//	3 of each certifier only the newest counts; of two of one time the one in
//	  the worse state
//	4 only trusted certifiers count
func (g *Registry) Resolve(q Query, o Options) (*Answer, error) {
	if q.ManifestSHA256.IsZero() && q.Name == "" {
		return nil, fmt.Errorf("%w: a query names a manifest or a server", ErrUnknown)
	}
	var found []*Finding
	err := g.cfg.DB.View(func(r store.Reader) error {
		prefix := namePrefix + wire.Hash([]byte(q.Name)).String() + "/"
		if !q.ManifestSHA256.IsZero() {
			prefix = manifestPrefix + q.ManifestSHA256.String() + "/"
		}
		listed, err := ids(r, prefix, maxListed)
		if err != nil {
			return err
		}
		for _, id := range listed {
			f, err := g.find(r, id, o) // 2
			if err != nil {
				return err
			}
			if q.matches(f.Certification) { // 1
				found = append(found, f)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return answer(found), nil
}

func (q *Query) matches(c *Certification) bool {
	s := &c.Server
	return (q.ManifestSHA256.IsZero() || s.ManifestSHA256 == q.ManifestSHA256) && (q.Name == "" || s.Name == q.Name) &&
		(q.Version == "" || s.Version == q.Version) &&
		(q.Artifacts == nil || s.ArtifactSHA256.IsZero() || slices.Contains(q.Artifacts, s.ArtifactSHA256))
}

// order ranks states from the one that holds to the one that never will again.
var order = []State{Active, Disputed, NotYetValid, Unpublished, Expired, Replaced, StateRevoked}

func rank(s State) int { return slices.Index(order, s) }

func standing(f *Finding) int { return rank(f.State) }

func answer(found []*Finding) *Answer {
	newest := map[did.DID]*Finding{}
	for _, f := range found { // 3
		have := newest[f.Certification.Certifier]
		if have == nil || f.Certification.IssuedAt > have.Certification.IssuedAt ||
			f.Certification.IssuedAt == have.Certification.IssuedAt && standing(f) > standing(have) {
			newest[f.Certification.Certifier] = f
		}
	}
	a := &Answer{State: NotFound, Findings: []*Finding{}}
	for _, f := range found { // in the order of the ids, so that one state has one answer
		if newest[f.Certification.Certifier] != f {
			continue
		}
		a.Findings = append(a.Findings, f)
		if f.CertifierTrusted && (a.Best == nil || better(f, a.Best)) { // 4
			a.Best, a.State, a.Tier = f, f.State, f.Certification.Tier
		}
	}
	return a
}

func better(a, b *Finding) bool {
	if standing(a) != standing(b) {
		return standing(a) < standing(b)
	}
	return a.Certification.Tier.rank() > b.Certification.Tier.rank()
}

// Holds reports whether a trusted certifier's word holds, of at least this tier.
func (a *Answer) Holds(floor Tier) bool {
	return slices.ContainsFunc(a.Findings, func(f *Finding) bool { return f.Holds(floor) })
}

// Get judges one certification that is listed here.
func (g *Registry) Get(id wire.Digest, o Options) (f *Finding, err error) {
	err = g.cfg.DB.View(func(r store.Reader) (err error) {
		f, err = g.find(r, id, o)
		return err
	})
	return f, err
}

// List judges everything that is listed, by id.
func (g *Registry) List(o Options) (all []*Finding, err error) {
	err = g.cfg.DB.View(func(r store.Reader) error {
		listed, err := ids(r, listingPrefix, maxListed)
		if err != nil {
			return err
		}
		for _, id := range listed {
			f, err := g.find(r, id, o)
			if err != nil {
				return err
			}
			all = append(all, f)
		}
		return nil
	})
	return all, err
}

// find verifies a listing and its chain anew; rows that do not verify are an
// error, because this registry only wrote such that do.
func (g *Registry) find(r store.Reader, id wire.Digest, o Options) (*Finding, error) {
	l, err := getListing(r, id)
	if err != nil {
		return nil, err
	}
	records, err := getRecords(r, id)
	if err != nil {
		return nil, err
	}
	f := judge(l.Certification, records, l.Home, o)
	if f.Err() == nil && f.ID != id {
		return nil, fmt.Errorf("%w: the row of %s holds %s", ErrInvalid, id, f.ID)
	}
	return f, f.Err()
}

// Export writes a bundle with the chain as it stands and the registry's word
// that this is all of it.
func (g *Registry) Export(id wire.Digest, now int64) ([]byte, error) {
	var b Bundle
	err := g.cfg.DB.View(func(r store.Reader) error {
		f, err := g.find(r, id, Options{Now: now})
		if err != nil {
			return err
		}
		l, err := getListing(r, id)
		if err != nil {
			return err
		}
		if b.Records, err = getRecords(r, id); err != nil {
			return err
		}
		b.Certification, b.Report, b.Home = l.Certification, l.Report, l.Home
		b.Head, err = wire.Seal(SchemaHead, &Head{Schema: SchemaHead, Certification: id, Registry: g.self, Sequence: f.History.Sequence,
			Record: f.History.Head, AsOf: max(now, f.History.At)}, g.cfg.Org)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("export certification %s: %w", id, err)
	}
	return b.Bytes()
}
