package hostile_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/credit/reputation"
	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/did/resolver"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/internal/hostile"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/approval"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/settlement/stripe"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/certification"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/vc/ld"
	"github.com/backbay-labs/chio-node/vc/openid4vp"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/vc/schema"
	"github.com/backbay-labs/chio-node/wire"
)

// decoder is one door for foreign bytes. valid is a document it accepts, or nil
// if only the malformed ones are tried; its own fuzz target knows valid ones.
type decoder struct {
	name   string
	decode func([]byte) error
	limits wire.Limits
	valid  []byte
}

func second[T any](_ T, err error) error { return err }

func vector(t *testing.T, path string) []byte {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func testKey(t *testing.T) *wire.Key {
	t.Helper()
	k, err := wire.KeyFromSeed(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

const someID = "018bcfe5-6800-7974-ae61-667465722331"

// examples are documents that are made here, because nobody keeps them as files.
func examples(t *testing.T) (token, batch, proof, call []byte) {
	t.Helper()
	k := testKey(t)
	e, err := approval.SignToken(approval.Token{ApprovalID: someID, RequestSHA256: wire.Hash(nil), Decision: approval.Approved, IssuedAt: 1, ExpiresAt: 2}, k)
	if err != nil {
		t.Fatal(err)
	}
	b, err := approval.SignBatch(approval.BatchApproval{BatchID: someID, Subject: wire.PublicKey(wire.Hash([]byte("agent"))), ServerPattern: "*", ToolPattern: "*", MaxCalls: new(uint32(1)), NotBefore: 1, NotAfter: 2}, k)
	if err != nil {
		t.Fatal(err)
	}
	p, err := capability.SignProof(capability.HolderProof{CallID: someID, Audience: k.Public(), Nonce: "00000000000000000000000000000000"}, k)
	if err != nil {
		t.Fatal(err)
	}
	chain := vector(t, "kernel/capability/testdata/vectors/root_valid.json")
	var leaf capability.Token
	if err := wire.Unmarshal(chain, &leaf, wire.DocumentLimits); err != nil {
		t.Fatal(err)
	}
	c := wire.MustMarshal(node.AgentCall{CallID: someID, Server: "files", Tool: "read_file", Arguments: wire.Raw(`{}`), Chain: []capability.Token{leaf}, Proof: p})
	return e.Bytes(), b.Bytes(), p.Bytes(), c
}

// bundleLimits are those of a bundle, but for its size, which is too large to try.
var bundleLimits = wire.Limits{Bytes: wire.DocumentLimits.Bytes, Depth: wire.BundleLimits.Depth}

// deactivation is the record of an organisation that ended.
func deactivation(t *testing.T) []byte {
	t.Helper()
	org := testKey(t)
	e, err := wire.Seal(did.SchemaDeactivation, did.Deactivation{Schema: did.SchemaDeactivation, DID: did.FromKey(org.Public()), Sequence: 1, At: 1, Reason: "closed"}, org)
	if err != nil {
		t.Fatal(err)
	}
	return e.Bytes()
}

// peerDirectory is a list that vouches for its issuer alone.
func peerDirectory(t *testing.T) []byte {
	t.Helper()
	org := testKey(t)
	issuer := did.FromKey(org.Public())
	e, err := wire.Seal(federation.PeerDirectorySchema, federation.PeerDirectory{Schema: federation.PeerDirectorySchema, Issuer: issuer, Sequence: 1, IssuedAt: 1, Expires: 2,
		Entries: []federation.DirectoryEntry{{DID: issuer, Name: "x", Addresses: []string{"/ip4/1.1.1.1/tcp/1/p2p/12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7"}}}}, org)
	if err != nil {
		t.Fatal(err)
	}
	return e.Bytes()
}

// directoryFork is two first editions by one issuer.
func directoryFork(t *testing.T) []byte {
	t.Helper()
	org := testKey(t)
	f := federation.DirectoryFork{Schema: federation.DirectoryForkSchema}
	for i, e := range []**wire.Envelope{&f.A, &f.B} {
		var err error
		*e, err = wire.Seal(federation.PeerDirectorySchema, federation.PeerDirectory{Schema: federation.PeerDirectorySchema, Issuer: did.FromKey(org.Public()),
			Sequence: 1, IssuedAt: 1, Expires: int64(2 + i), Entries: []federation.DirectoryEntry{}}, org)
		if err != nil {
			t.Fatal(err)
		}
	}
	return wire.MustMarshal(f)
}

// disputants are the kernels of both sides of the dispute file that is kept.
func disputants(t *testing.T) federation.KernelKeys {
	t.Helper()
	of := func(fill byte) wire.PublicKey {
		k, err := wire.KeyFromSeed(bytes.Repeat([]byte{fill}, 32))
		if err != nil {
			t.Fatal(err)
		}
		return k.Public()
	}
	keys := map[did.DID]wire.PublicKey{did.FromKey(of(10)): of(11), did.FromKey(of(20)): of(21)}
	return func(id did.DID) []wire.PublicKey { return []wire.PublicKey{keys[id]} }
}

// asked is a challenge, and the signed policy it is under.
func asked(t *testing.T) (challenge, policy []byte) {
	t.Helper()
	org := testKey(t)
	p := passport.Policy{ID: "door", Issuers: []did.DID{did.FromKey(org.Public())}, MaxStatusAge: 1}
	e, err := passport.SignPolicy(&p, org, 1, 60)
	if err != nil {
		t.Fatal(err)
	}
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	all, err := passport.NewChallenges(passport.ChallengesConfig{DB: db, Verifier: did.FromKey(org.Public()), Rand: rand.Reader, Audience: org.Public})
	if err != nil {
		t.Fatal(err)
	}
	c, err := all.Issue(t.Context(), "x", &p, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	return wire.MustMarshal(c), e.Bytes()
}

// provenanceRecord is what an organisation keeps of a login.
func provenanceRecord(t *testing.T) []byte {
	t.Helper()
	r, err := passport.NewProvenanceRecord(passport.ProvenanceRecord{Provider: "https://login.example", Method: passport.MethodOIDC,
		Issuer: did.FromKey(testKey(t).Public()), Agent: "a", Principal: "p", VerifiedAt: 1}, bytes.NewReader(make([]byte, 16)))
	if err != nil {
		t.Fatal(err)
	}
	return wire.MustMarshal(r)
}

func decoders(t *testing.T) []decoder {
	t.Helper()
	token, batch, proof, call := examples(t)
	const receipts = "kernel/receipt/testdata/vectors/"
	trust, err := receipt.ParseTrustSet(vector(t, receipts+"trust.json"))
	if err != nil {
		t.Fatal(err)
	}
	key := testKey(t).Public()
	linked, err := ld.New()
	if err != nil {
		t.Fatal(err)
	}
	challenge, signedPolicy := asked(t)
	return []decoder{
		{name: "capability", decode: func(b []byte) error { return second(capability.Parse(b)) }, limits: wire.DocumentLimits,
			valid: vector(t, "kernel/capability/testdata/vectors/root_valid.json")},
		{name: "receipt", decode: func(b []byte) error {
			_, res, err := receipt.VerifyJSON(b, trust)
			if err == nil && !res.SignatureValid {
				err = errors.New("its signature does not hold")
			}
			return err
		}, limits: wire.ForeignLimits, valid: vector(t, receipts+"allow_valid.json")},
		{name: "bundle", decode: func(b []byte) error { return second(receipt.VerifyBundle(b, trust)) }, limits: bundleLimits, valid: vector(t, receipts+"bundle_valid.json")},
		{name: "trust set", decode: func(b []byte) error { return second(receipt.ParseTrustSet(b)) }, limits: wire.DocumentLimits, valid: vector(t, receipts+"trust.json")},
		{name: "equivocation", decode: func(b []byte) error { return second(receipt.VerifyEquivocation(b, trust)) }, limits: wire.DocumentLimits, valid: vector(t, receipts+"equivocation_valid.json")},
		{name: "checkpoint", decode: func(b []byte) error { return second(receipt.ParseNote(b)) }},
		{name: "head news", decode: func(b []byte) error { _, _, err := receipt.ParseHeadNews("chio-log/00", b, 64<<10); return err },
			limits: wire.Limits{Bytes: 64 << 10, Depth: wire.DocumentLimits.Depth}},
		{name: "approval", decode: func(b []byte) error {
			var a approval.Token
			return second(wire.OpenEnvelope(b, approval.TokenSchema, &a, []wire.PublicKey{key}, nil))
		}, limits: wire.DocumentLimits, valid: token},
		{name: "batch approval", decode: func(b []byte) error { _, _, err := approval.ParseBatch(b); return err }, limits: wire.DocumentLimits, valid: batch},
		{name: "approval notice", decode: func(b []byte) error { return second(approval.ParseNotice(b, &key)) }},
		{name: "holder proof", decode: func(b []byte) error {
			var p capability.HolderProof
			return second(wire.OpenEnvelope(b, capability.ProofSchema, &p, []wire.PublicKey{key}, nil))
		}, limits: wire.DocumentLimits, valid: proof},
		{name: "agent's call", decode: func(b []byte) error {
			var c node.AgentCall
			if err := wire.Unmarshal(b, &c, wire.ForeignLimits); err != nil {
				return err
			}
			return second(wire.Canonicalize(c.Arguments, wire.ForeignLimits)) // step 2 of the kernel
		}, limits: wire.ForeignLimits, valid: call,
		},
		{name: "intent", decode: func(b []byte) error { return second(kernel.ParseIntent(b)) }, limits: wire.DocumentLimits,
			valid: []byte(`{"id":"a","purpose":"p","server_id":"s","tool_name":"t"}`)},
		{name: "dispute", decode: func(b []byte) error { return second(federation.VerifyDispute(b, disputants(t))) }, limits: bundleLimits,
			valid: vector(t, "federation/testdata/dispute.json")},
		{name: "peer directory", decode: func(b []byte) error { _, _, err := federation.VerifyPeerDirectory(b, did.FromKey(key)); return err },
			limits: wire.DocumentLimits, valid: peerDirectory(t)},
		{name: "peer directory evidence", decode: func(b []byte) error { return second(federation.VerifyDirectoryFork(b)) }, limits: bundleLimits,
			valid: directoryFork(t)},
		{name: "peers to publish", decode: func(b []byte) error { return second(federation.LoadPeers(b)) }},
		{name: "policy", decode: func(b []byte) error { return second(policy.Parse("p", b)) }},
		{name: "deactivation", decode: func(b []byte) error { _, _, err := did.ParseDeactivation(b); return err }, limits: wire.DocumentLimits, valid: deactivation(t)},
		{name: "key history", decode: func(b []byte) error { _, _, err := did.ParseHistory(b, 0); return err }},
		{name: "DID document", decode: func(b []byte) error { return second(did.ParseDocument(b)) }},
		{name: "schema", decode: schema.Compile, limits: schema.Limits},
		{name: "foreign DID document", decode: func(b []byte) error { return second(resolver.ParseDocument(b, "did:web:example.com")) }},
		{name: "JSON Web Key", decode: func(b []byte) error { return second(did.ParseJWK(b)) }},
		{name: "passport", decode: func(b []byte) error { return passport.VerifyFile(b, vc.Gate{Now: 1}).Err() }},
		{name: "passport challenge", decode: func(b []byte) error { return second(passport.ParseChallenge(b)) }, limits: wire.DocumentLimits, valid: challenge},
		{name: "passport policy", decode: func(b []byte) error { return second(passport.OpenPolicy(b, 1)) }, limits: wire.DocumentLimits, valid: signedPolicy},
		{name: "policy of a person", decode: func(b []byte) error { return second(passport.ParsePolicy(b)) }},
		{name: "answer to a challenge", decode: func(b []byte) error { return second(passport.ParseResponse(b)) }, limits: wire.ForeignLimits,
			valid: []byte(`{"challenge_id":"x","presentation":{},"schema":"chio.passport_presentation.v1","status_lists":[]}`)},
		{name: "credential", decode: func(b []byte) error { return passport.Verify(b, vc.Gate{Now: 1}).Err() }},
		{name: "foreign credential", decode: func(b []byte) error {
			return vc.VerifyCredential(b, vc.Gate{Now: 1, Vocabulary: linked, Suites: []vc.Suite{linked.Suite()}}).Err()
		}},
		{name: "presentation", decode: func(b []byte) error {
			return vc.VerifyPresentation(b, vc.PresentationGate{Challenge: "c"}).Err()
		}},
		{name: "SD-JWT VC", decode: func(b []byte) error { return jose.VerifySD(b, jose.SDGate{Now: 1}).Err() }},
		{name: "key proof of a wallet", decode: func(b []byte) error { return second(jose.VerifyKeyProof(b, jose.KeyProofGate{Now: 1, Audience: "a"})) }},
		{name: "credential in a token", decode: func(b []byte) error {
			return vc.VerifyEnvelope(jose.MediaCredential, b, vc.Gate{Now: 1, Envelope: jose.Open}).Err()
		}},
		{name: "JSON-LD document", decode: func(b []byte) error { return second(linked.Canonicalize(b)) }, limits: wire.ForeignLimits,
			valid: []byte(`{"@context":"https://www.w3.org/ns/credentials/v2","id":"urn:x:1","issuer":"did:example:i","type":"VerifiableCredential"}`)},
		{name: "JSON-LD vocabulary", decode: linked.Check, limits: wire.ForeignLimits,
			valid: []byte(`{"@context":"https://www.w3.org/ns/credentials/v2","id":"urn:x:1","issuer":"did:example:i","type":"VerifiableCredential"}`)},
		{name: "DCQL query", decode: func(b []byte) error { return second(openid4vp.ParseQuery(b)) }, limits: wire.Limits{Bytes: 64 << 10, Depth: 12},
			valid: []byte(`{"credentials":[{"id":"a","format":"dc+sd-jwt","meta":{"vct_values":["urn:x"]}}]}`)},
		{name: "provenance record", decode: func(b []byte) error { return second(passport.ParseProvenanceRecord(b)) }, limits: wire.DocumentLimits,
			valid: provenanceRecord(t)},
		{name: "certification", decode: func(b []byte) error { return certification.VerifyBundle(b, certification.Options{Now: 1}).Err() }},
		{name: "certification record", decode: func(b []byte) error {
			var e wire.Envelope
			if err := wire.UnmarshalCanonical(b, &e, wire.DocumentLimits); err != nil {
				return err
			}
			return second(certification.VerifyRecord(&e))
		}},
		{name: "conformance report", decode: func(b []byte) error { return second(certification.ParseReport(b)) }},
		{name: "statement", decode: func(b []byte) error { _, _, err := settlement.ParseStatement(b); return err }},
		{name: "settlement receipt", decode: func(b []byte) error { _, _, err := settlement.ParseReceipt(b); return err }},
		{name: "claim", decode: func(b []byte) error { _, _, err := settlement.ParseOutsidePayment(b); return err }},
		{name: "Stripe event", decode: func(b []byte) error { _, err := stripe.ParseEvent(b); return err }},
		{name: "voucher", decode: func(b []byte) error { return second(evm.ParseVoucher(b)) }},
		{name: "price round", decode: func(b []byte) error { return second(oracle.ParseRound(b)) }},
		{name: "reputation summary", decode: func(b []byte) error { _, _, err := reputation.Verify(b); return err }, limits: wire.DocumentLimits,
			valid: vector(t, "cmd/chio-node/offline/testdata/vectors/reputation.json")},
		{name: "price evidence", decode: func(b []byte) error { return second(oracle.ParseEvidence(b)) }},
	}
}

// bound is what one document may take; a decoder that needs it is quadratic.
const bound = 5 * time.Second

func (d *decoder) try(t *testing.T, c hostile.Case, refuse bool) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%s: %s: panic: %v", d.name, c.Name, p)
		}
	}()
	start := time.Now()
	err := d.decode(c.Doc)
	if took := time.Since(start); took > bound {
		t.Errorf("%s: %s took %s", d.name, c.Name, took)
	}
	if refuse && err == nil {
		t.Errorf("%s: %s was accepted: %.120q", d.name, c.Name, c.Doc)
	}
	if err != nil && (err.Error() == "" || errors.Is(err, errors.ErrUnsupported)) {
		t.Errorf("%s: %s: the refusal says nothing: %v", d.name, c.Name, err)
	}
}

// TestDecodersRefuse runs the shared table against every exported decoder.
func TestDecodersRefuse(t *testing.T) {
	for _, d := range decoders(t) {
		t.Run(d.name, func(t *testing.T) {
			for _, c := range hostile.Malformed() {
				d.try(t, c, true)
			}
			if d.valid == nil {
				return
			}
			if err := d.decode(d.valid); err != nil {
				t.Fatalf("the example is not accepted: %v", err)
			}
			for _, c := range hostile.Bent(d.valid, d.limits) {
				d.try(t, c, true)
			}
			for _, c := range hostile.Changed(d.valid) {
				d.try(t, c, false)
			}
		})
	}
}
