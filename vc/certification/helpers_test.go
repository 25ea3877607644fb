package certification_test

import (
	"bytes"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/vc/certification"
	"github.com/backbay-labs/chio-node/wire"
)

const t0 = int64(1_700_000_000)

// key draws a key from one byte, so that every run has the same parties.
func key(t testing.TB, b byte) *wire.Key {
	t.Helper()
	k, err := wire.KeyFromSeed(bytes.Repeat([]byte{b}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func didOf(k *wire.Key) did.DID { return did.FromKey(k.Public()) }

func report(edit func(*certification.Report)) []byte {
	r := &certification.Report{Schema: certification.SchemaReport, Criteria: certification.Named{Name: "criteria", Version: "1"},
		Suite: certification.Suite{Named: certification.Named{Name: "suite", Version: "1"}, SHA256: wire.Hash([]byte("suite"))},
		Server: certification.Server{Name: "files", Version: "1.0.0", ManifestSHA256: wire.Hash([]byte("manifest")),
			CommandSHA256: wire.Hash([]byte("command"))},
		StartedAt: t0 - 10,
		Checks: []certification.Check{{ID: "a", Level: certification.Required, Outcome: certification.Passed},
			{ID: "b", Level: certification.Recommended, Outcome: certification.Passed, Detail: "seen"}}}
	if edit != nil {
		edit(r)
	}
	return wire.MustMarshal(r)
}

// issued is a bundle that was never published, and its document with the chain
// of its certifier's own registry.
func issued(t testing.TB, by *wire.Key, now int64, edit func(*certification.Report), more ...func(*certification.Request)) (*certification.Bundle, []byte) {
	t.Helper()
	req := certification.Request{Report: report(edit), TTLSeconds: 1000}
	for _, m := range more {
		m(&req)
	}
	env, _, err := certification.Issue(by, req, now)
	if err != nil {
		t.Fatal(err)
	}
	b := &certification.Bundle{Certification: env, Report: req.Report}
	return b, pack(t, homed(t, by, b, now))
}

// homed is a bundle with a chain of one publication by a registry.
func homed(t testing.TB, by *wire.Key, b *certification.Bundle, now int64) *certification.Bundle {
	t.Helper()
	id := b.Certification.ID()
	first, err := certification.SignRecord(by, &certification.Finding{ID: id, History: &certification.History{}}, didOf(by),
		certification.Record{Kind: certification.Published, Admission: certification.PublicUntrusted}, now)
	if err != nil {
		t.Fatal(err)
	}
	head, err := wire.Seal(certification.SchemaHead, &certification.Head{Schema: certification.SchemaHead, Certification: id, Registry: didOf(by),
		Sequence: 1, Record: first.ID(), AsOf: now}, by)
	if err != nil {
		t.Fatal(err)
	}
	return &certification.Bundle{Certification: b.Certification, Report: b.Report, Records: []*wire.Envelope{first}, Head: head}
}

func pack(t testing.TB, b *certification.Bundle) []byte {
	t.Helper()
	doc, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// registry is one of the organisation key 1, to which the parties 1 to 5 are known.
func registry(t testing.TB) *certification.Registry {
	t.Helper()
	known := certification.Trusting(didOf(key(t, 1)), didOf(key(t, 2)), didOf(key(t, 3)), didOf(key(t, 4)), didOf(key(t, 5)))
	g, err := certification.NewRegistry(certification.Config{DB: memory.New(), Org: key(t, 1), Known: known, Gated: certification.Trusting(didOf(key(t, 2)))})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func publish(t testing.TB, g *certification.Registry, doc []byte, now int64) wire.Digest {
	t.Helper()
	id, err := g.Publish(t.Context(), doc, certification.PublicUntrusted, now)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func get(t testing.TB, g *certification.Registry, id wire.Digest, now int64) *certification.Finding {
	t.Helper()
	f, err := g.Get(id, certification.Options{Now: now, Trusted: certification.Trusting(didOf(key(t, 2)))})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// signed is a record of somebody's that comes next in a chain of registry 1.
func signed(t testing.TB, f *certification.Finding, by *wire.Key, r certification.Record, now int64) []byte {
	t.Helper()
	env, err := certification.SignRecord(by, f, didOf(key(t, 1)), r, now)
	if err != nil {
		t.Fatal(err)
	}
	return env.Bytes()
}

type didDID = did.DID

// registryOf is one of another organisation.
func registryOf(t testing.TB, b byte) *certification.Registry {
	t.Helper()
	g, err := certification.NewRegistry(certification.Config{DB: newDB(), Org: key(t, b)})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func newDB() *store.Engine { return memory.New() }
