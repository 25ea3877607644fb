package vc_test

import (
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/ld"
	"github.com/backbay-labs/chio-node/wire"
)

// maker makes the vectors: keys and times are fixed, so the signatures are too.
type maker struct {
	t   testing.TB
	p   *ld.Processor
	out map[string]*example

	org, agent, other       *wire.Key
	orgID, agentID, otherID string
	challenge, domain       string
}

const (
	corpusNow = 1_790_000_000 // 2026-09-21
	corpusURL = "https://acme.example/status/1"
	p256      = "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"
)

func (m *maker) time(seconds int64) *vc.Time { v := vc.Time(corpusNow + seconds); return &v }

func (m *maker) must(b []byte, err error) []byte {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
	return b
}

// subject is a credential about the agent, with further members.
func (m *maker) subject(more string) string {
	return `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],"issuer":"` + m.orgID +
		`","validFrom":"2026-09-01T00:00:00Z","validUntil":"2026-12-01T00:00:00Z"` + more +
		`,"credentialSubject":{"id":"` + m.agentID + `","name":"researcher"}}`
}

// signed signs it as the organisation does.
func (m *maker) signed(doc string) string {
	m.t.Helper()
	return string(m.must(vc.Sign([]byte(doc), m.org, corpusNow-1)))
}

func (m *maker) with(doc string, o vc.SignOptions) string {
	m.t.Helper()
	if o.Created == nil {
		o.Created = m.time(-1)
	}
	return string(m.must(vc.SignCredential([]byte(doc), m.org, o)))
}

func (m *maker) edit(doc, from, to string) string {
	m.t.Helper()
	if strings.Count(doc, from) == 0 {
		m.t.Fatalf("%q is not in %s", from, doc)
	}
	return strings.Replace(doc, from, to, 1)
}

func (m *maker) add(name, description, kind, doc, cause string, rule int, change func(*exampleGate)) {
	g := exampleGate{Now: corpusNow, Trusted: []string{m.orgID}, NoStatus: true}
	if kind == "presentation" {
		g.Challenge, g.Domain = m.challenge, m.domain
	}
	if change != nil {
		change(&g)
	}
	if m.out[name] != nil {
		m.t.Fatalf("two vectors of the name %s", name)
	}
	m.out[name] = &example{description, kind, doc, g, cause, rule}
}

// credential adds a vector about a credential, presentation one about a
// presentation.
func (m *maker) credential(name, description, doc, cause string, rule int, change ...func(*exampleGate)) {
	m.add(name, description, "credential", doc, cause, rule, first(change))
}

func (m *maker) presentation(name, description, doc, cause string, rule int, change ...func(*exampleGate)) {
	m.add(name, description, "presentation", doc, cause, rule, first(change))
}

func first(list []func(*exampleGate)) func(*exampleGate) {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

func linked(g *exampleGate) { g.Linked = true }

func examples(t testing.TB, p *ld.Processor) map[string]*example {
	m := &maker{
		t: t, p: p, out: map[string]*example{}, org: key(t, 7), agent: key(t, 9), other: key(t, 11),
		orgID: didOf(t, 7).String(), agentID: didOf(t, 9).String(), otherID: didOf(t, 11).String(),
		challenge: "c6a7b0e2f91d4d6c8f2f", domain: "verifier.example",
	}
	m.shapes()
	m.proofs()
	m.chains()
	m.times()
	m.methods()
	m.statuses()
	m.linkedData()
	m.presentations()
	return m.out
}

func (m *maker) shapes() {
	plain := m.signed(m.subject(""))
	proof := plain[strings.Index(plain, `"proof":`):strings.Index(plain, `,"type":["Verif`)]
	m.credential("plain", "one proof of eddsa-jcs-2022 by the issuer's did:chio", plain, "", 0)
	m.credential("spelled-otherwise", "white space and order of members do not matter", m.edit(plain, `{"@context"`, "{\n\t\"@context\""), "", 0)
	m.credential("no-proof", "a credential without a proof", m.edit(plain, proof+",", ""), "no-proof", 3)
	m.credential("proof-null", "a proof that is null", m.edit(plain, proof, `"proof":null`), "no-proof", 3)
	m.credential("proof-empty-object", "a proof without members", m.edit(plain, proof, `"proof":{}`), "no-proof", 3)
	m.credential("proof-empty-list", "an empty list of proofs", m.edit(plain, proof, `"proof":[]`), "no-proof", 3)
	m.credential("proof-a-string", "a proof that is no object", m.edit(plain, proof, `"proof":"x"`), "proof", 3)
	m.credential("duplicate-key", "two issuers, of which readers choose one each", m.edit(plain, `"issuer":`, `"issuer":"`+m.otherID+`","issuer":`), "duplicate-key", 1)
	m.credential("duplicate-key-escaped", "the same name in two spellings", m.edit(plain, `"issuer":`, `"issue\u0072":"`+m.otherID+`","issuer":`), "duplicate-key", 1)
	m.credential("cut", "the last byte is missing", plain[:len(plain)-1], "not-json", 1)
	m.credential("trailing", "bytes after the document", plain+"{}", "not-json", 1)
	m.credential("tampered-subject", "one letter of the subject changed", m.edit(plain, `"researcher"`, `"researchel"`), "bad-signature", 5)
	m.credential("tampered-window", "a later end", m.edit(plain, `2026-12-01`, `2027-12-01`), "bad-signature", 5)
	m.credential("tampered-signature", "one character of the signature changed", flip(plain, `"proofValue":"z`, 30), "bad-signature", 5)
	m.credential("member-added", "an unknown member, not signed", m.edit(plain, `"issuer":`, `"admin":true,"issuer":`), "malformed", 2)
	m.credential("member-unknown", "an unknown member, signed, without a vocabulary", m.signed(m.subject(`,"admin":true`)), "malformed", 2)
	m.credential("wrong-first-context", "the base context is not first", m.signed(m.edit(m.subject(""), `["https://www.w3.org/ns`, `["https://www.w3.org/ns/credentials/examples/v2","https://www.w3.org/ns`)), "malformed", 2)
	m.credential("window-upside-down", "an end before the beginning", m.signed(m.edit(m.subject(""), "2026-12-01", "2026-08-01")), "malformed", 2)
	m.credential("resource-unchecked", "a related resource that nobody can fetch",
		m.signed(m.subject(`,"relatedResource":{"id":"https://example.org/1","digestSRI":"sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="}`)), "resource", 12)
	m.credential("schema-unchecked", "a schema that nobody can check", m.signed(m.subject(`,"credentialSchema":{"id":"https://example.org/1","type":"JsonSchema"}`)), "schema", 13)
}

// flip changes the character at some distance after a text to its neighbour.
func flip(doc, after string, distance int) string {
	i := strings.Index(doc, after) + len(after) + distance
	c := byte('2')
	if doc[i] == c {
		c = '3'
	}
	return doc[:i] + string(c) + doc[i+1:]
}

func (m *maker) proofs() {
	plain := m.signed(m.subject(""))
	inject := func(member string) string { return m.edit(plain, `"proofPurpose"`, member+`,"proofPurpose"`) }
	m.credential("injected-expires", "an expires that was not signed", inject(`"expires":"2030-01-01T00:00:00Z"`), "bad-signature", 5)
	m.credential("injected-domain", "a domain that was not signed", inject(`"domain":"x"`), "bad-signature", 5)
	m.credential("injected-challenge", "a challenge that was not signed", inject(`"challenge":"x"`), "bad-signature", 5)
	m.credential("injected-nonce", "a nonce that was not signed", inject(`"nonce":"x"`), "bad-signature", 5)
	m.credential("injected-id", "an id that was not signed", inject(`"id":"urn:x:y"`), "bad-signature", 5)
	m.credential("created-a-number", "a time of signing that is a number", m.edit(plain, `"created":"`, `"created":1,"x":"`), "proof", 3)
	m.credential("created-no-time", "a time of signing that is none", m.edit(plain, `"created":"2026-`, `"created":"26-`), "proof", 3)
	m.credential("injected-unknown", "a member of a proof that nobody knows", inject(`"admin":true`), "proof", 3)
	m.credential("created-changed", "another time of signing", m.edit(plain, `"created":"2026-`, `"created":"2025-`), "bad-signature", 5)
	m.credential("purpose-other", "a proof for another purpose", m.edit(plain, `"assertionMethod"`, `"authentication"`), "proof", 3)
	m.credential("suite-unknown", "a cryptosuite that is not accepted", m.edit(plain, `"eddsa-jcs-2022"`, `"ecdsa-jcs-2019"`), "cryptosuite", 5)
	m.credential("suite-as-type", "a cryptosuite that is a proof type", m.edit(plain, `"eddsa-jcs-2022"`, `"Ed25519Signature2020"`), "cryptosuite", 5, linked)
	m.credential("type-unknown", "a proof type that is not known", m.edit(plain, `"DataIntegrityProof"`, `"JsonWebSignature2020"`), "proof", 3)
	m.credential("proof-context-other", "a proof under another context than the document", m.edit(plain, `"proof":{"@context":["https://www.w3.org/ns/credentials/v2"]`, `"proof":{"@context":["https://www.w3.org/2018/credentials/v1"]`), "proof", 3)
	m.credential("proof-context-dropped", "a proof that has lost its signed context", m.edit(plain, `"proof":{"@context":["https://www.w3.org/ns/credentials/v2"],`, `"proof":{`), "bad-signature", 5)
	m.credential("signature-in-hex", "a signature in another base", m.edit(plain, `"proofValue":"z`, `"proofValue":"f`), "proof", 5)
	m.credential("domain-not-asked", "a proof bound to a domain, shown elsewhere", m.with(m.subject(""), vc.SignOptions{Domain: []string{m.domain}}), "bound", 8)
	m.credential("challenge-not-asked", "a proof bound to a challenge, shown elsewhere", m.with(m.subject(""), vc.SignOptions{Challenge: "x"}), "bound", 8)
	m.credential("nonce", "a proof with a nonce and an id", m.with(m.subject(""), vc.SignOptions{Nonce: "x", ID: "urn:uuid:1"}), "", 0)
}

func (m *maker) chains() {
	const one, two = "urn:uuid:26329423-bec9-4b2e-88cb-a7c7d9dc4544", "urn:uuid:8cc9022b-6b14-4cf3-8571-74972c5feb54"
	start := m.with(m.subject(""), vc.SignOptions{ID: one})
	add := func(doc string, by *wire.Key, o vc.SignOptions) string {
		o.Created = m.time(-1)
		return string(m.must(vc.AddProof([]byte(doc), by, o)))
	}
	set := add(start, m.other, vc.SignOptions{ID: two})
	chain := add(set, m.agent, vc.SignOptions{PreviousProof: []string{one, two}})
	longer := add(chain, m.other, vc.SignOptions{ID: "urn:uuid:3", PreviousProof: []string{two}})
	m.credential("proof-set", "the issuer's proof and another party's", set, "", 0)
	m.credential("proof-chain", "a third proof that signs the other two", chain, "", 0)
	m.credential("proof-chain-longer", "a fourth that signs one of them", longer, "", 0)
	m.credential("set-of-one", "one proof in a list", m.edit(m.edit(start, `"proof":{`, `"proof":[{`), `},"type":["Verif`, `}],"type":["Verif`), "", 0)
	m.credential("set-one-bad", "a set of which one proof does not verify", flip(set, `"proofValue":"z`, 30), "bad-signature", 5)
	m.credential("set-without-issuer", "a set without the issuer's proof", string(m.must(vc.AddProof([]byte(m.subject("")), m.other, vc.SignOptions{}))), "controller", 4)
	m.credential("set-repeated", "the same proof twice", m.edit(m.edit(start, `"proof":{`, `"proof":[`+inside(start)+`,{`), `},"type":["Verif`, `}],"type":["Verif`), "proof-chain", 3)
	m.credential("set-same-id", "two proofs of one id", m.edit(set, two, one), "proof-chain", 3)
	m.credential("chain-missing", "a proof follows one that is not there", m.edit(chain, `"id":"`+two+`"`, `"id":"urn:uuid:4"`), "proof-chain", 3)
	m.credential("chain-itself", "a proof follows itself", m.edit(longer, `"previousProof":"`+two+`"`, `"previousProof":"urn:uuid:3"`), "proof-chain", 3)
	m.credential("chain-cycle", "two proofs follow each other", m.edit(longer, `"id":"`+two+`"`, `"id":"`+two+`","previousProof":"urn:uuid:3"`), "proof-chain", 3)
	m.credential("chain-named-twice", "a proof names the one it follows twice", m.edit(chain, `["`+one+`","`+two+`"]`, `["`+one+`","`+one+`"]`), "proof-chain", 3)
	m.credential("chain-broken", "the proof that another follows was replaced", m.edit(chain, m.valueOf(chain, two), m.valueOf(add(m.with(m.subject(`,"name":"x"`), vc.SignOptions{ID: one}), m.other, vc.SignOptions{ID: two}), two)), "bad-signature", 5)
	m.credential("chain-link-dropped", "previousProof was taken out", m.edit(chain, `"previousProof":["`+one+`","`+two+`"],`, ""), "bad-signature", 5)
	m.credential("too-many-proofs", "nine proofs", m.many(start), "too-many-proofs", 3)
}

// inside is the one proof object of a document.
func inside(doc string) string {
	from := strings.Index(doc, `"proof":`) + len(`"proof":`)
	return doc[from:strings.Index(doc, `,"type":["Verif`)]
}

// valueOf is the proofValue of the proof of an id.
func (m *maker) valueOf(doc, id string) string {
	m.t.Helper()
	rest := doc[strings.Index(doc, `"id":"`+id+`"`):]
	rest = rest[strings.Index(rest, `"proofValue":"`)+len(`"proofValue":"`):]
	return rest[:strings.Index(rest, `"`)]
}

// many writes nine proofs into a document, each with a signature of its own.
func (m *maker) many(start string) string {
	list := inside(start)
	for fill := byte(20); fill < 28; fill++ {
		by := string(m.must(vc.AddProof([]byte(m.subject("")), key(m.t, fill), vc.SignOptions{Created: m.time(-1)})))
		list += "," + inside(by)
	}
	return m.edit(start, inside(start), "["+list+"]")
}

func (m *maker) times() {
	m.credential("expired", "the end has come", m.signed(m.edit(m.subject(""), "2026-12-01T00:00:00Z", "2026-09-21T13:33:20Z")), "expired", 8,
		func(g *exampleGate) { g.Now = 1_789_997_600 })
	m.credential("last-second", "the second before the end", m.signed(m.subject("")), "", 0,
		func(g *exampleGate) { g.Now = 1_796_083_199 })
	m.credential("end", "the end itself", m.signed(m.subject("")), "expired", 8, func(g *exampleGate) { g.Now = 1_796_083_200 })
	m.credential("not-yet-valid", "before the beginning", m.signed(m.edit(m.subject(""), "2026-09-01", "2026-11-01")), "not-yet-valid", 8)
	m.credential("within-skew", "before the beginning, within what clocks may differ", m.signed(m.edit(m.subject(""), "2026-09-01", "2026-11-01")), "", 0,
		func(g *exampleGate) { g.SkewSeconds = 60 * 24 * 3600 })
	m.credential("foreign-times", "times with fractions and an offset",
		m.signed(m.edit(m.edit(m.subject(""), "2026-09-01T00:00:00Z", "2026-09-01T00:00:00.250-07:00"), "2026-12-01T00:00:00Z", "2026-12-01T00:00:00.5+05:30")), "", 0)
	m.credential("time-without-offset", "a time that says no offset", m.signed(m.edit(m.subject(""), "2026-09-01T00:00:00Z", "2026-09-01T00:00:00")), "malformed", 2)
	m.credential("proof-from-the-future", "a proof made after now", m.with(m.subject(""), vc.SignOptions{Created: m.time(3600)}), "not-yet-valid", 8)
	m.credential("proof-expired", "a proof whose time is over", m.with(m.subject(""), vc.SignOptions{Expires: m.time(0)}), "expired", 8)
	m.credential("proof-expires-later", "a proof whose time is not over", m.with(m.subject(""), vc.SignOptions{Expires: m.time(1)}), "", 0)
	m.credential("version-1", "a credential of version 1.1", m.with(m.version1(), vc.SignOptions{AllowV1: true}), "", 0)
	m.credential("version-1-expired", "one whose expirationDate has come",
		m.with(m.edit(m.version1(), `,"cred`, `,"expirationDate":"2026-09-02T00:00:00Z","cred`), vc.SignOptions{AllowV1: true}), "expired", 8)
	m.credential("version-1-no-issuance", "one without an issuanceDate", m.signed(m.edit(m.version1(), `"issuanceDate":"2026-09-01T00:00:00Z",`, "")), "malformed", 2)
}

func (m *maker) version1() string {
	return `{"@context":["https://www.w3.org/2018/credentials/v1"],"type":["VerifiableCredential"],"issuer":"` + m.orgID +
		`","issuanceDate":"2026-09-01T00:00:00Z","credentialSubject":{"id":"` + m.agentID + `"}}`
}

func (m *maker) methods() {
	org := didOf(m.t, 7)
	plain := m.signed(m.subject(""))
	didKey := m.edit(m.subject(""), m.orgID, org.DIDKey())
	m.credential("did-key", "an issuer that is a did:key", m.with(didKey, vc.SignOptions{Method: org.DIDKey() + "#" + org.Multibase()}), "", 0,
		func(g *exampleGate) { g.Trusted = []string{org.DIDKey()} })
	m.credential("issuer-of-another-method", "the issuer is a did:key, the method the did:chio of the same key", m.signed(didKey), "controller", 4)
	m.credential("issuer-does-not-control", "signed by a party that is not the issuer", string(m.must(vc.Sign([]byte(m.subject("")), m.other, corpusNow-1))), "controller", 4)
	m.credential("issuer-not-trusted", "whole, but of an issuer nobody trusts", string(m.must(vc.Sign([]byte(m.edit(m.subject(""), m.orgID, m.otherID)), m.other, corpusNow-1))), "untrusted-issuer", 7)
	m.credential("method-other-fragment", "a method that the DID does not have", m.edit(plain, "#key-1", "#key-2"), "method", 4)
	m.credential("method-https", "a method that is no DID URL", m.edit(plain, org.KeyID(), "https://acme.example/key"), "method", 4)
	const web, url = "did:web:acme.example", "did:web:acme.example#k1"
	doc := m.with(m.edit(m.subject(""), m.orgID, web), vc.SignOptions{Method: url})
	resolves := func(controller, key string, purposes ...string) func(*exampleGate) {
		return func(g *exampleGate) {
			g.Trusted, g.Methods = []string{web}, []exampleMethod{{url, controller, key, purposes}}
		}
	}
	m.credential("resolved", "a method of another DID method", doc, "", 0, resolves(web, org.Multibase(), "assertionMethod"))
	m.credential("resolved-other-purpose", "a key that is listed for authentication only", doc, "purpose", 4, resolves(web, org.Multibase(), "authentication"))
	m.credential("resolved-other-controller", "a method of another controller", doc, "controller", 4, resolves("did:web:evil.example", org.Multibase(), "assertionMethod"))
	m.credential("resolved-other-key", "a method whose key has changed", doc, "bad-signature", 5, resolves(web, didOf(m.t, 11).Multibase(), "assertionMethod"))
	m.credential("resolved-p256", "a key of another kind than the cryptosuite's", doc, "key-kind", 5, resolves(web, p256, "assertionMethod"))
	m.credential("unresolved", "a method nobody resolves", doc, "method", 4)
}

func (m *maker) statuses() {
	list := func(by *wire.Key, url string, set ...int) string {
		bits := make([]byte, vc.ListBits/8)
		for _, i := range set {
			bits[i/8] |= 0x80 >> (i % 8)
		}
		doc := m.must(vc.UnsignedStatusList(did.FromKey(by.Public()).String(), vc.ListContent{
			ID: url, Purpose: vc.PurposeRevocation, ValidFrom: corpusNow - 100, ValidUntil: corpusNow - 100 + 86400}, bits))
		return string(m.must(vc.Sign(doc, by, corpusNow-100)))
	}
	doc := m.signed(m.subject(`,"credentialStatus":{"id":"` + corpusURL + `#9","type":"BitstringStatusListEntry","statusPurpose":"revocation","statusListIndex":"9","statusListCredential":"` + corpusURL + `"}`))
	under := func(issuer, list string) func(*exampleGate) {
		return func(g *exampleGate) { g.NoStatus, g.StatusLists, g.ListIssuer = false, []string{list}, issuer }
	}
	m.credential("status-active", "its bit is clear", doc, "", 0, under(m.orgID, list(m.org, corpusURL, 8, 10)))
	m.credential("status-revoked", "its bit is set", doc, "revoked", 9, under(m.orgID, list(m.org, corpusURL, 9)))
	m.credential("status-list-of-another-issuer", "a list that another party signed", doc, "status-unknown", 9, under(m.otherID, list(m.other, corpusURL)))
	m.credential("status-list-missing", "no list is at hand", doc, "status-unknown", 9, func(g *exampleGate) { g.NoStatus = false })
	m.credential("status-list-stale", "a list whose time is over", doc, "status-unknown", 9,
		func(g *exampleGate) { under(m.orgID, list(m.org, corpusURL))(g); g.Now = corpusNow + 86400 })
	m.credential("status-none", "no status entry, where one is wanted", m.signed(m.subject("")), "status-unknown", 9, func(g *exampleGate) { g.NoStatus = false })
	m.credential("status-type-unknown", "a status of a type nobody understands", m.signed(m.subject(`,"credentialStatus":{"type":"CredentialStatusList2017"}`)), "status-unknown", 9)
}

func (m *maker) linkedData() {
	const examples = `["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/examples/v2"]`
	open := m.edit(m.subject(`,"alumniOf":"The School of Examples"`), `["https://www.w3.org/ns/credentials/v2"]`, examples)
	legacy := m.edit(m.subject(""), `credentials/v2"]`, `credentials/v2","https://w3id.org/security/suites/ed25519-2020/v1"]`)
	rdfc := m.with(open, vc.SignOptions{Suite: m.p.Suite(), Vocabulary: m.p})
	m.credential("jcs-with-vocabulary", "eddsa-jcs-2022 with a term of a further context", m.signed(open), "", 0, linked)
	m.credential("rdfc", "eddsa-rdfc-2022", rdfc, "", 0, linked)
	m.credential("ed25519-signature-2020", "a proof of Ed25519Signature2020", m.with(legacy, vc.SignOptions{Suite: m.p.LegacySuite(), Vocabulary: m.p}), "", 0, linked)
	m.credential("rdfc-without-its-suite", "eddsa-rdfc-2022 where it is not accepted", m.with(m.subject(""), vc.SignOptions{Suite: m.p.Suite()}), "cryptosuite", 5)
	m.credential("rdfc-tampered", "a word of the subject changed", m.edit(rdfc, "researcher", "researchers"), "bad-signature", 5, linked)
	m.credential("rdfc-injected-domain", "a domain that was not signed", m.edit(rdfc, `"proofPurpose"`, `"domain":"x","proofPurpose"`), "bad-signature", 5, linked)
	m.credential("unmapped-term", "a member that no context defines", m.signed(m.subject(`,"alumniOf":"x"`)), "vocabulary", 11, linked)
	m.credential("unmapped-term-of-subject", "a member of the subject that no context defines", m.signed(m.edit(m.subject(""), `"name":"researcher"`, `"name":"x","alumniOf":"y"`)), "vocabulary", 11, linked)
	m.credential("rdfc-unmapped-term", "an undefined member added to a credential that RDF signs",
		m.edit(m.with(m.subject(""), vc.SignOptions{Suite: m.p.Suite()}), `"issuer":`, `"alumniOf":"x","issuer":`), "proof", 5, linked)
	m.credential("unknown-context", "a context that is not embedded", m.signed(m.edit(m.subject(""), `credentials/v2"]`, `credentials/v2","https://example.org/v1"]`)), "vocabulary", 11, linked)
	m.credential("context-redefines", "a context that redefines a protected term", m.signed(m.edit(m.subject(""), `credentials/v2"]`, `credentials/v2",{"VerifiableCredential":"https://example.org/VerifiableCredential"}]`)), "vocabulary", 11, linked)
}

func (m *maker) presentations() {
	credential := m.signed(m.subject(""))
	unsecured := string(m.must(vc.NewPresentation(m.agentID, []byte(credential))))
	by := func(doc string, k *wire.Key, o vc.SignOptions) string {
		m.t.Helper()
		if o.Created == nil {
			o.Created = m.time(-1)
		}
		if o.Challenge == "" {
			o.Challenge = m.challenge
		}
		if o.Domain == nil {
			o.Domain = []string{m.domain}
		}
		return string(m.must(vc.SignPresentation([]byte(doc), k, o)))
	}
	vp := by(unsecured, m.agent, vc.SignOptions{})
	nameless := m.edit(unsecured, `"holder":"`+m.agentID+`",`, "")
	m.presentation("vp", "the holder shows a credential about it", vp, "", 0, func(g *exampleGate) { g.HolderIsSubject = true })
	m.presentation("vp-rdfc", "the same with eddsa-rdfc-2022", by(unsecured, m.agent, vc.SignOptions{Suite: m.p.Suite(), Vocabulary: m.p}), "", 0, linked)
	m.presentation("vp-without-holder", "the holder is who signed", by(nameless, m.agent, vc.SignOptions{}), "", 0, func(g *exampleGate) { g.HolderIsSubject = true })
	m.presentation("vp-replayed", "made for an earlier challenge", vp, "challenge", 26, func(g *exampleGate) { g.Challenge = "another" })
	m.presentation("vp-other-domain", "made for another verifier", vp, "challenge", 26, func(g *exampleGate) { g.Domain = "other.example" })
	m.presentation("vp-two-domains", "made for two verifiers", by(unsecured, m.agent, vc.SignOptions{Domain: []string{m.domain, "other.example"}}), "challenge", 26)
	m.presentation("vp-no-challenge-sent", "a verifier that sent no challenge", vp, "challenge", 26, func(g *exampleGate) { g.Challenge = "" })
	m.presentation("vp-no-domain-sent", "a domain where none was asked for", vp, "challenge", 26, func(g *exampleGate) { g.Domain = "" })
	m.presentation("vp-challenge-changed", "the challenge was changed", m.edit(vp, m.challenge, "another"), "bad-signature", 24, func(g *exampleGate) { g.Challenge = "another" })
	m.presentation("vp-no-proof", "a presentation that nobody signed", unsecured, "no-proof", 22)
	m.presentation("vp-for-assertion", "a proof for another purpose", by(unsecured, m.agent, vc.SignOptions{Purpose: did.PurposeAssertion}), "proof", 22)
	m.presentation("vp-holder-does-not-control", "signed by another party than the holder", m.edit(by(nameless, m.other, vc.SignOptions{}), `"proof":`, `"holder":"`+m.agentID+`","proof":`), "holder", 23)
	m.presentation("vp-of-another-subject", "a credential about another party", by(string(m.must(vc.NewPresentation(m.otherID, []byte(credential)))), m.other, vc.SignOptions{}), "not-subject", 29,
		func(g *exampleGate) { g.HolderIsSubject = true })
	m.presentation("vp-credential-tampered", "a credential in it was changed before it was signed",
		by(m.edit(unsecured, `"researcher"`, `"root"`), m.agent, vc.SignOptions{}), "bad-signature", 28)
	m.presentation("vp-credential-removed", "the credential was taken out", m.edit(vp, credential, ""), "bad-signature", 24)
	m.presentation("vp-credential-untrusted", "a credential of an issuer nobody trusts", vp, "untrusted-issuer", 28, func(g *exampleGate) { g.Trusted = nil })
	m.presentation("vp-empty", "no credential in it", by(m.edit(unsecured, credential, ""), m.agent, vc.SignOptions{}), "no-credentials", 28)
	m.presentation("vp-too-many", "more credentials than the verifier looks at", by(m.edit(unsecured, credential, credential+","+credential), m.agent, vc.SignOptions{}), "presentation", 28,
		func(g *exampleGate) { g.MaxCredentials = 1 })
	m.presentation("vp-credential-a-string", "a credential that is no object", m.edit(vp, credential, `"x"`), "presentation", 21)
	m.presentation("vp-unknown-member", "a member that is not known", m.edit(vp, `"holder"`, `"admin":true,"holder"`), "presentation", 21)
	m.presentation("vp-not-a-presentation", "a credential instead of a presentation", credential, "proof", 22)
	m.presentation("vp-expired", "a proof whose time is over", by(unsecured, m.agent, vc.SignOptions{Expires: m.time(0)}), "expired", 27)
	m.presentation("vp-from-the-future", "a proof made after now", by(unsecured, m.agent, vc.SignOptions{Created: m.time(3600)}), "not-yet-valid", 27)
	m.presentation("vp-duplicate-key", "two holders", m.edit(vp, `"holder":`, `"holder":"`+m.otherID+`","holder":`), "duplicate-key", 20)
	m.presentation("vp-envelope-unopened", "an enveloped presentation that nobody can open",
		`{"@context":["https://www.w3.org/ns/credentials/v2"],"id":"data:application/vp+jwt,e30.e30.AA","type":"EnvelopedVerifiablePresentation"}`, "envelope", 24)
	m.credential("envelope-unopened", "an enveloped credential that nobody can open",
		`{"@context":["https://www.w3.org/ns/credentials/v2"],"id":"data:application/vc+jwt,e30.e30.AA","type":"EnvelopedVerifiableCredential"}`, "envelope", 5)
	m.credential("envelope-no-data", "an enveloped credential without a data: URL",
		`{"@context":["https://www.w3.org/ns/credentials/v2"],"id":"https://example.org/e30.e30.AA","type":"EnvelopedVerifiableCredential"}`, "envelope", 3)
}
