package passport_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// maker makes vectors out of one passport of one organisation.
type maker struct {
	t     *testing.T
	l     lifecycle
	p     *passport.Passport
	doc   []byte
	lists []wire.Raw
	file  []byte
	out   map[string]*example
}

func examples(t *testing.T) map[string]*example {
	m := &maker{t: t, l: lifecycle{t: t}, out: map[string]*example{}}
	m.l.g, m.l.db = registryDB(t)
	m.p, m.file = m.issue(m.l.g, request(t))
	m.doc, m.lists = m.split(m.file)
	m.passports()
	m.statuses()
	m.files()
	m.presentations()
	return m.out
}

func (m *maker) issue(g *passport.Registry, req passport.Request) (*passport.Passport, []byte) {
	m.t.Helper()
	p, file, err := g.Issue(m.t.Context(), req, t0)
	if err != nil {
		m.t.Fatal(err)
	}
	return p, file
}

func (m *maker) split(file []byte) ([]byte, []wire.Raw) {
	m.t.Helper()
	doc, lists, err := passport.SplitFile(file)
	if err != nil {
		m.t.Fatal(err)
	}
	return doc, lists
}

// add files a case about a passport and its lists, or about a file.
func (m *maker) add(name, kind, what string, doc []byte, err string, rule int) *example {
	m.t.Helper()
	e := &example{Description: what, Kind: kind, Document: string(doc), Now: t0 + 60, Error: err, Rule: rule}
	if kind != "presentation" {
		e.Trusted = []string{didOf(m.t, 7).String()}
	}
	if kind == "passport" {
		e.ListIssuer = didOf(m.t, 7).String()
		for _, l := range m.lists {
			e.StatusLists = append(e.StatusLists, string(l))
		}
	}
	m.out[name] = e
	return e
}

func (m *maker) passports() {
	t, org := m.t, key(m.t, 7)
	m.add("passport", "passport", "a passport with entries for revocation and suspension", m.doc, "", 0)
	_, everything := m.issue(m.l.g, full(t))
	whole, _ := m.split(everything)
	m.add("passport-full", "passport", "with assurance, reputation and provenance", whole, "", 0)
	first := string(wire.MustMarshal(m.p.Status[0]))
	m.add("passport-one-entry", "passport", "a passport of before suspension had an entry",
		resign(t, m.doc, org, string(wire.MustMarshal(m.p.Status)), first), "", 0)
	m.add("passport-first-context", "passport", "a passport of the first edition",
		resign(t, m.doc, org, passport.Context, passport.Context1), "", 0)

	m.add("early", "passport", "not yet valid", m.doc, "not-yet-valid", 8).Now = t0 - 1
	m.add("expired", "passport", "its time is over", m.doc, "expired", 8).Now = t0 + 30*day
	m.add("list-old", "passport", "the status lists are too old", m.doc, "status-unknown", 9).Now = t0 + 7*day
	m.add("untrusted", "passport", "of an issuer nobody named", m.doc, "untrusted-issuer", 7).Trusted = nil
	m.add("no-lists", "passport", "no status list at hand", m.doc, "status-unknown", 9).StatusLists = nil
	half := m.add("one-list-missing", "passport", "the suspension list is not at hand", m.doc, "status-unknown", 9)
	half.StatusLists = half.StatusLists[:1]

	proof := m.doc[bytes.Index(m.doc, []byte(`"proof":`)):bytes.Index(m.doc, []byte(`,"type":["Verif`))]
	edit := func(from, to string) []byte { return bytes.Replace(m.doc, []byte(from), []byte(to), 1) }
	m.add("no-proof", "passport", "the proof is missing", edit(string(proof)+",", ""), "no-proof", 3)
	m.add("proof-list", "passport", "the proof stands in a list", edit(string(proof), `"proof":[`+string(proof[len(`"proof":`):])+`]`), "malformed", 6)
	m.add("name-changed", "passport", "another name than was signed", edit(`"researcher"`, `"rootkeeper"`), "bad-signature", 5)
	m.add("index-changed", "passport", "another status entry than was signed", edit(m.p.Status[0].StatusListIndex, "1"), "bad-signature", 5)
	m.add("member-twice", "passport", "a member stands there twice", edit(`"issuer":`, `"issuer":"x","issuer":`), "duplicate-key", 1)
	m.add("signed-by-thief", "passport", "signed by another key than the issuer's", resign(t, m.doc, key(t, 11), "", ""), "controller", 4)

	until := `"validUntil":"` + vc.Time(t0+30*day).String() + `"`
	second := string(wire.MustMarshal(m.p.Status[1]))
	for _, c := range []struct{ name, what, from, to string }{
		{"unknown-member", "a member that passports do not have", `"issuer":`, `"name":"x","issuer":`},
		{"unknown-subject", "a member of the subject that passports do not have", `"autonomyTier":"`, `"admin":true,"autonomyTier":"`},
		{"tier-unknown", "an autonomy tier that does not exist", `"autonomyTier":"direct"`, `"autonomyTier":"god"`},
		{"type-more", "another type beside its own", `"ChioAgentPassport"]`, `"ChioAgentPassport","X"]`},
		{"context-more", "a further context", `["` + vc.ContextV2 + `",`, `["` + vc.ContextV2 + `","https://evil.example",`},
		{"id-not-v7", "an id that is no UUID of version 7", `"urn:uuid:`, `"urn:uuid:x`},
		{"too-long", "valid for more than 366 days", until, `"validUntil":"` + vc.Time(t0+367*day).String() + `"`},
		{"no-end", "it never ends", "," + until, ""},
		{"own-key", "the agent's key is the organisation's", `"id":"` + string(didOf(t, 9)), `"id":"` + string(didOf(t, 7))},
		{"no-revocation", "no entry for revocation", first + ",", ""},
		{"entries-swapped", "suspension before revocation", first + "," + second, second + "," + first},
		{"entries-three", "three entries", second, second + "," + strings.Replace(second, "#", "#0", 1)},
		{"entry-refresh", "the second entry is for refresh", `"statusPurpose":"suspension"`, `"statusPurpose":"refresh"`},
		{"entry-sized", "an entry of two bits", `"statusPurpose":"suspension"`, `"statusPurpose":"suspension","statusSize":2`},
		{"entry-unknown", "an entry with a member that entries do not have", `"statusPurpose":"suspension"`, `"statusPurpose":"suspension","x":"y"`},
		{"entry-type", "an entry of another type", second, strings.Replace(second, "BitstringStatusListEntry", "StatusList2021Entry", 1)},
	} {
		rule := 6
		if c.name == "entry-sized" || c.name == "entry-unknown" {
			rule = 2
		}
		m.add(c.name, "passport", c.what, resign(t, m.doc, org, c.from, c.to), "malformed", rule)
	}
	m.add("entry-list-shared", "passport", "suspension is looked up in the revocation list",
		resign(t, m.doc, org, `/status/1"`, `/status/0"`), "status-unknown", 9)
	m.add("entry-outside", "passport", "an index beyond the list",
		resign(t, m.doc, org, `"statusListIndex":"`+m.p.Status[1].StatusListIndex, `"statusListIndex":"131072`), "status-unknown", 9)
}

// statuses are files whose lists say that they do not count.
func (m *maker) statuses() {
	state := func(name, want string, steps ...string) {
		p, _ := m.issue(m.l.g, request(m.t))
		for i, s := range steps {
			if err := m.l.do(s, p.ID, t0+int64(i)+1); err != nil {
				m.t.Fatal(err)
			}
		}
		file, err := m.l.g.File(m.t.Context(), p.ID, t0+10)
		if err != nil {
			m.t.Fatal(err)
		}
		rule := 9
		if want == "" {
			rule = 0
		}
		m.add("file-"+name, "file", strings.Join(steps, ", then ")+"d", file, want, rule)
	}
	state("revoked", "revoked", "revoke")
	state("suspended", "suspended", "suspend")
	state("resumed", "", "suspend", "resume")
	state("suspended-and-revoked", "revoked", "suspend", "revoke")
	state("superseded", "revoked", "supersede")
	m.out["file-resumed"].Description = "suspended, then resumed"
}

func (m *maker) files() {
	m.add("file", "file", "a passport with the lists it names", m.file, "", 0)
	for name, c := range map[string]struct{ want, file string }{
		"file-first-version": {"", "file.json"}, "file-first-version-revoked": {"revoked", "file-revoked.json"},
	} {
		doc, err := os.ReadFile("testdata/first-version/" + c.file)
		if err != nil {
			m.t.Fatal(err)
		}
		rule := 0
		if c.want != "" {
			rule = 9
		}
		m.add(name, "file", "a file of one list, written before suspension had an entry", doc, c.want, rule)
	}
	build := func(lists ...wire.Raw) []byte {
		raw := make([][]byte, len(lists))
		for i, l := range lists {
			raw[i] = l
		}
		doc, err := passport.NewFile(m.doc, raw...)
		if err != nil {
			m.t.Fatal(err)
		}
		return doc
	}
	foreign := revocationList(m.t, key(m.t, 11), m.p.Status[0].StatusListCredential, vc.NewBits())
	a, b := m.lists[0], m.lists[1]
	for name, c := range map[string]struct {
		what string
		doc  []byte
	}{
		"file-one-list":     {"the suspension list is missing", build(a)},
		"file-no-list":      {"no list at all", build()},
		"file-three-lists":  {"a list too many", build(a, b, b)},
		"file-swapped":      {"the lists stand in another order than the entries", build(b, a)},
		"file-list-twice":   {"one list stands for both", build(a, a)},
		"file-foreign-list": {"a list of the right name by another key", build(foreign, b)},
		"file-list-changed": {"a list that was changed", bytes.Replace(m.file, []byte(`"encodedList":"u`), []byte(`"encodedList":"z`), 1)},
	} {
		m.add(name, "file", c.what, c.doc, "status-list", 9)
	}
	m.add("file-schema", "file", "of a schema nobody knows", bytes.Replace(m.file, []byte("file.v2"), []byte("file.v9"), 1), "schema", 0)
	m.add("file-space", "file", "not in its canonical form", append([]byte(" "), m.file...), "not-canonical", 0)
	m.add("file-unknown-member", "file", "a member that files do not have", bytes.Replace(m.file, []byte(`{"passport"`), []byte(`{"owner":1,"passport"`), 1), "unknown-field", 0)
	m.add("file-passport-changed", "file", "another name than was signed", bytes.Replace(m.file, []byte("researcher"), []byte("rootkeeper"), 1), "bad-signature", 5)
}

func (m *maker) presentations() {
	t := m.t
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	kernel := key(t, 108).Public()
	all := challenges(t, db, &kernel)
	pol := policy(t)
	ask := func() passport.Asked {
		c, err := all.Issue(t.Context(), "globex.example", pol, t0, 0)
		if err != nil {
			t.Fatal(err)
		}
		return passport.Asked{Challenge: *c, Policy: *pol}
	}
	asked, other := ask(), ask()
	put := func(name, what string, doc []byte, err string) *example {
		e := m.add(name, "presentation", what, doc, err, 0)
		e.Challenge, e.Policy = string(wire.MustMarshal(asked.Challenge)), string(wire.MustMarshal(asked.Policy))
		return e
	}
	present := func(a *passport.Asked, fill byte, files ...[]byte) []byte {
		doc, err := passport.Present(&a.Challenge, a.Challenge.Domain, key(t, fill), files, t0+1)
		if err != nil {
			t.Fatal(err)
		}
		return doc
	}
	good := present(&asked, 9, m.file)
	put("presentation", "one passport, shown by its agent", good, "")
	second, err := passport.NewRegistry(passport.Config{DB: db, Org: key(t, 6), Rand: rand.NewChaCha8([32]byte{8})})
	if err != nil {
		t.Fatal(err)
	}
	p, foreign := m.issue(second, request(t))
	put("presentation-two-issuers", "a second passport, of an issuer the policy does not name, beside a good one", present(&asked, 9, m.file, foreign), "")
	put("presentation-untrusted", "only a passport of an issuer the policy does not name", present(&asked, 9, foreign), "refused")
	if err := db.Update(t.Context(), func(tx store.Tx) error { return second.SuspendIn(tx, p.ID, "", t0) }); err != nil {
		t.Fatal(err)
	}
	if foreign, err = second.File(t.Context(), p.ID, t0); err != nil {
		t.Fatal(err)
	}
	put("presentation-withdrawn", "a suspended passport beside a good one", present(&asked, 9, m.file, foreign), "withdrawn")
	put("presentation-other-challenge", "the answer to another challenge", present(&other, 9, m.file), "presentation")
	put("presentation-renamed", "the answer to another challenge under this one's id",
		bytes.Replace(present(&other, 9, m.file), []byte(other.Challenge.ID), []byte(asked.Challenge.ID), 1), "challenge")
	elsewhere := asked
	elsewhere.Challenge.Domain = "other.example"
	put("presentation-other-domain", "signed for another domain", present(&elsewhere, 9, m.file), "challenge")
	put("presentation-changed", "a changed passport inside", bytes.Replace(good, []byte("researcher"), []byte("rootkeeper"), 1), "presentation")
	put("presentation-space", "not in its canonical form", append([]byte(" "), good...), "not-canonical")
	put("presentation-schema", "of another schema", bytes.Replace(good, []byte(passport.SchemaPresentation), []byte("chio.passport_presentation.v9"), 1), "schema")
	put("presentation-list-old", "its lists are older than the policy allows", good, "refused").Now = t0 + day + 61
	var r passport.Response
	if err := wire.Unmarshal(good, &r, wire.ForeignLimits); err != nil {
		t.Fatal(err)
	}
	r.StatusLists = slices.Clone(r.StatusLists)[:1]
	put("presentation-one-list", "the suspension list is missing", wire.MustMarshal(r), "refused")
	r.StatusLists = []wire.Raw{}
	put("presentation-no-list", "without its lists", wire.MustMarshal(r), "refused")
	sign := func(fill byte, files ...[]byte) []byte {
		credentials := make([][]byte, len(files))
		lists := []wire.Raw{}
		for i, f := range files {
			doc, l := m.split(f)
			credentials[i], lists = doc, append(lists, l...)
		}
		unsecured, err := vc.NewPresentation(didOf(t, fill).String(), credentials...)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := vc.SignPresentation(unsecured, key(t, fill), vc.SignOptions{Created: new(vc.Time(t0 + 1)), Domain: []string{"globex.example"}, Challenge: asked.Challenge.Nonce})
		if err != nil {
			t.Fatal(err)
		}
		return wire.MustMarshal(passport.Response{Schema: passport.SchemaPresentation, ChallengeID: asked.Challenge.ID, Presentation: signed, StatusLists: lists})
	}
	put("presentation-stolen", "another's passport", sign(11, m.file), "refused")
	put("presentation-empty", "no passport", sign(9), "refused")
	neighbour := request(t)
	neighbour.Subject.ID = didOf(t, 10)
	_, theirs := m.issue(m.l.g, neighbour)
	put("presentation-two-agents", "passports of two agents", sign(9, m.file, theirs), "two-agents")
	asked.Policy.Roles = []string{"auditor"}
	put("presentation-role", "a role is missing", good, "refused")
	asked.Policy.Issuers = []did.DID{didOf(t, 12)}
	put("presentation-issuer", "the policy names others", good, "refused")
}

// revocationList is a list for revocation by org, to be found at url.
func revocationList(t testing.TB, org wire.Signer, url string, bits []byte) []byte {
	t.Helper()
	doc, err := vc.UnsignedStatusList(did.FromKey(org.Public()).String(), vc.ListContent{
		ID: url, Purpose: vc.PurposeRevocation, ValidFrom: t0, ValidUntil: t0 + day}, bits)
	if err == nil {
		doc, err = vc.Sign(doc, org, t0)
	}
	if err != nil {
		t.Fatal(err)
	}
	return doc
}
