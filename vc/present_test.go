package vc_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

func base64Of(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// presented returns a signed presentation of one credential, and its gate.
func presented(t testing.TB) ([]byte, vc.PresentationGate) {
	t.Helper()
	credential, err := vc.Sign(base(t, `{"credentialSubject":{"id":"`+didOf(t, 9).String()+`"}}`), key(t, 7), t0)
	if err != nil {
		t.Fatal(err)
	}
	unsecured, err := vc.NewPresentation(didOf(t, 9).String(), credential)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := vc.SignPresentation(unsecured, key(t, 9), vc.SignOptions{Challenge: "c", Domain: []string{"verifier.example"}})
	if err != nil {
		t.Fatal(err)
	}
	g := vc.PresentationGate{Challenge: "c", Domain: "verifier.example", HolderIsSubject: true}
	g.Now, g.TrustedIssuer, g.AllowNoStatus = t0, anyone, true
	return doc, g
}

func TestPresentationIsSignedOnlyWhole(t *testing.T) {
	agent, p := key(t, 9), processor(t)
	credential, err := vc.Sign(base(t, `{}`), key(t, 7), t0)
	if err != nil {
		t.Fatal(err)
	}
	holder := didOf(t, 9).String()
	with := func(edit string) string {
		return `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiablePresentation"]` + edit + `}`
	}
	for name, c := range map[string]struct {
		doc  string
		o    vc.SignOptions
		want error
	}{
		"the least":                 {with(``), vc.SignOptions{}, nil},
		"everything":                {with(`,"id":"urn:x:y","holder":{"id":"` + holder + `","name":"x"},"termsOfUse":[{"type":"T"}],"verifiableCredential":` + string(credential)), vc.SignOptions{}, nil},
		"no credentials":            {with(`,"verifiableCredential":[]`), vc.SignOptions{}, nil},
		"of version 1.1":            {strings.Replace(with(``), "ns/credentials/v2", "2018/credentials/v1", 1), vc.SignOptions{AllowV1: true}, nil},
		"of version 1.1, not asked": {strings.Replace(with(``), "ns/credentials/v2", "2018/credentials/v1", 1), vc.SignOptions{}, vc.ErrPresentation},
		"a term of a context":       {strings.Replace(with(`,"alumniOf":"x"`), `v2"`, `v2","https://www.w3.org/ns/credentials/examples/v2"`, 1), vc.SignOptions{Vocabulary: p}, nil},
		"an unmapped term":          {with(`,"alumniOf":"x"`), vc.SignOptions{Vocabulary: p}, vc.ErrVocabulary},
		"an unknown term":           {with(`,"alumniOf":"x"`), vc.SignOptions{}, vc.ErrPresentation},
		"a keyword":                 {with(`,"@id":"urn:x:y"`), vc.SignOptions{Vocabulary: p}, vc.ErrPresentation},
		"not JSON":                  {`{`, vc.SignOptions{}, vc.ErrPresentation},
		"no object":                 {`[]`, vc.SignOptions{}, vc.ErrMalformed},
		"no context":                {`{"type":["VerifiablePresentation"]}`, vc.SignOptions{}, vc.ErrPresentation},
		"no type":                   {`{"@context":["https://www.w3.org/ns/credentials/v2"]}`, vc.SignOptions{}, vc.ErrPresentation},
		"another type":              {strings.Replace(with(``), "VerifiablePresentation", "VerifiableCredential", 1), vc.SignOptions{}, vc.ErrPresentation},
		"id no URL":                 {with(`,"id":"x"`), vc.SignOptions{}, vc.ErrPresentation},
		"holder no URL":             {with(`,"holder":"x"`), vc.SignOptions{}, vc.ErrPresentation},
		"holder another":            {with(`,"holder":"did:example:1"`), vc.SignOptions{}, vc.ErrHolder},
		"terms untyped":             {with(`,"termsOfUse":{}`), vc.SignOptions{}, vc.ErrPresentation},
		"credential a string":       {with(`,"verifiableCredential":["x"]`), vc.SignOptions{}, vc.ErrPresentation},
		"too many credentials":      {with(`,"verifiableCredential":[` + strings.Repeat(`{},`, 64) + `{}]`), vc.SignOptions{}, vc.ErrPresentation},
		"credential unsecured":      {with(`,"verifiableCredential":[{"id":"urn:x:y"}]`), vc.SignOptions{}, vc.ErrNoProof},
		"signed already":            {with(`,"proof":{}`), vc.SignOptions{}, vc.ErrManyProofs},
		"an empty domain":           {with(``), vc.SignOptions{Domain: []string{""}}, vc.ErrProof},
		"an id that is no URL":      {with(``), vc.SignOptions{ID: "x"}, vc.ErrProof},
		"follows nothing":           {with(``), vc.SignOptions{PreviousProof: []string{"urn:x:y"}}, vc.ErrProofChain},
		"a time without a year":     {with(``), vc.SignOptions{Created: timeOf(1 << 50)}, vc.ErrMalformed},
	} {
		out, err := vc.SignPresentation([]byte(c.doc), agent, c.o)
		if !errors.Is(err, c.want) || (err == nil) != (out != nil) {
			t.Errorf("%s: %v", name, err)
		}
		if c.want == nil {
			g := vc.PresentationGate{Unbound: true, AllowEmpty: true}
			g.Now, g.TrustedIssuer, g.AllowNoStatus = t0, anyone, true
			if c.o.Vocabulary != nil {
				g.Vocabulary = p
			}
			if r := vc.VerifyPresentation(out, g); r.Err() != nil || r.Holder != holder || r.Presentation.Member("proof") == nil {
				t.Errorf("%s: %v", name, r.Err())
			}
		}
	}
}

func timeOf(seconds int64) *vc.Time { t := vc.Time(seconds); return &t }

// The zero reports and the zero gate answer no.
func TestNoByDefault(t *testing.T) {
	if (&vc.PresentationReport{}).Err() == nil || (&vc.Report{}).Err() == nil {
		t.Error("an empty report has no error")
	}
	doc, g := presented(t)
	if r := vc.VerifyPresentation(doc, g); r.Err() != nil || r.Credentials[0].Credential == nil {
		t.Fatalf("the control is refused: %v", r.Err())
	}
	if r := vc.VerifyPresentation(doc, vc.PresentationGate{}); r.Err() == nil || !r.Integrity || r.Bound || r.Authorized {
		t.Errorf("%+v", r)
	}
	g.Unbound, g.Challenge = true, "another"
	if r := vc.VerifyPresentation(doc, g); r.Err() != nil {
		t.Errorf("unbound: %v", r.Err())
	}
	if r := vc.VerifyCredential([]byte(`[]`), g.Gate); !errors.Is(r.Err(), vc.ErrMalformed) {
		t.Error(r.Err())
	}
	if r := vc.VerifyPresentation([]byte(`[]`), g); r.Err() == nil {
		t.Error("an array is a presentation")
	}
}

// What follows a credential that is not whole is not looked at, and the answer
// is no; what follows one that only does not hold now is.
func TestNothingIsJudgedAfterWhatIsNotWhole(t *testing.T) {
	holder := didOf(t, 9).String()
	sign := func(edit string) []byte {
		c, err := vc.Sign(base(t, edit), key(t, 7), t0)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	good, ended := sign(`{}`), sign(`{"validUntil":"2020-01-01T00:00:00Z"}`)
	broken := []byte(strings.Replace(string(good), "did:example:subject", "did:example:other", 1))
	for name, c := range map[string]struct {
		credentials [][]byte
		judged      int
		want        error
	}{
		"whole":        {[][]byte{good, good, good}, 3, nil},
		"ended":        {[][]byte{ended, good, good}, 3, vc.ErrExpired},
		"broken":       {[][]byte{good, broken, broken, good}, 2, wire.ErrBadSignature},
		"broken later": {[][]byte{ended, broken, good}, 2, vc.ErrExpired},
		"broken last":  {[][]byte{good, broken}, 2, wire.ErrBadSignature},
	} {
		unsecured, err := vc.NewPresentation(holder, c.credentials...)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := vc.SignPresentation(unsecured, key(t, 9), vc.SignOptions{})
		if err != nil {
			t.Fatal(err)
		}
		g := vc.PresentationGate{Unbound: true}
		g.Now, g.TrustedIssuer, g.AllowNoStatus = t0, anyone, true
		r := vc.VerifyPresentation(doc, g)
		if !errors.Is(r.Err(), c.want) || len(r.Credentials) != c.judged || r.Authorized != (c.want == nil) || !r.Integrity {
			t.Errorf("%s: %d judged, %v", name, len(r.Credentials), r.Err())
		}
	}
}

// resolver answers with what it is.
type resolver struct {
	method *did.Method
	err    error
	seen   context.Context
}

func (r *resolver) Method(ctx context.Context, _ string, _ did.Purpose) (*did.Method, error) {
	r.seen = ctx
	return r.method, r.err
}

// A resolver that does not answer, or answers about something else, is no.
func TestResolverMustAnswerAboutTheMethod(t *testing.T) {
	doc, err := vc.Sign(base(t, `{}`), key(t, 7), t0)
	if err != nil {
		t.Fatal(err)
	}
	right, err := did.SelfCertified(didOf(t, 7).KeyID(), did.PurposeAssertion)
	if err != nil {
		t.Fatal(err)
	}
	other, nobody := *right, *right
	other.ID, nobody.Controller = "did:example:1#k", ""
	cause := errors.New("offline")
	for name, c := range map[string]struct {
		r    resolver
		want error
	}{
		"right":       {resolver{method: right}, nil},
		"nothing":     {resolver{}, did.ErrMethod},
		"another":     {resolver{method: &other}, did.ErrMethod},
		"of nobody":   {resolver{method: &nobody}, did.ErrMethod},
		"an error":    {resolver{method: right, err: cause}, cause},
		"no such key": {resolver{method: &did.Method{ID: right.ID, Controller: right.Controller}}, vc.ErrKeyKind},
		"another key": {resolver{method: &did.Method{ID: right.ID, Controller: right.Controller, Key: did.NewEd25519(key(t, 9).Public())}}, wire.ErrBadSignature},
	} {
		type mark struct{}
		ctx := context.WithValue(t.Context(), mark{}, 1)
		g := vc.Gate{Now: t0, TrustedIssuer: anyone, AllowNoStatus: true, Methods: &c.r, Context: ctx}
		if r := vc.VerifyCredential(doc, g); !errors.Is(r.Err(), c.want) {
			t.Errorf("%s: %v", name, r.Err())
		}
		if c.r.seen != ctx {
			t.Errorf("%s: another context", name)
		}
		g.Context = nil
		if _ = vc.VerifyCredential(doc, g); c.r.seen == nil {
			t.Errorf("%s: no context", name)
		}
	}
}

// breaking is a suite that cannot hash, failing a signer that does not sign.
type breaking struct{ err error }

func (b breaking) Name() string                            { return "breaking-2022" }
func (b breaking) HashData([]byte, []byte) ([]byte, error) { return nil, b.err }

type failing struct{ *wire.Key }

func (failing) Sign([]byte) (wire.Signature, error) { return wire.Signature{}, errSeal }

func TestSigningFails(t *testing.T) {
	org := key(t, 7)
	good := base(t, `{}`)
	cause := errors.New("no hash")
	if _, err := vc.SignCredential(good, failing{org}, vc.SignOptions{}); !errors.Is(err, errSeal) {
		t.Error(err)
	}
	if _, err := vc.SignCredential(good, org, vc.SignOptions{Suite: breaking{cause}}); !errors.Is(err, cause) {
		t.Error(err)
	}
	if _, err := vc.SignCredential(good, key(t, 9), vc.SignOptions{}); !errors.Is(err, vc.ErrController) {
		t.Error(err)
	}
	if _, err := vc.SignCredential(good, key(t, 9), vc.SignOptions{Method: "did:web:acme.example#1", Controller: didOf(t, 7).String()}); err != nil {
		t.Error(err)
	}
	for _, doc := range []string{`{`, `[]`} {
		if _, err := vc.SignCredential([]byte(doc), org, vc.SignOptions{}); !errors.Is(err, vc.ErrMalformed) {
			t.Error(err)
		}
		if _, err := vc.Sign([]byte(doc), org, t0); !errors.Is(err, vc.ErrMalformed) {
			t.Error(err)
		}
	}
	broken := breaking{cause}
	signed, err := vc.SignCredential(good, org, vc.SignOptions{Suite: constant{}})
	if err != nil {
		t.Fatal(err)
	}
	g := vc.Gate{Now: t0, TrustedIssuer: anyone, AllowNoStatus: true, Suites: []vc.Suite{constant{}}}
	if r := vc.VerifyCredential(signed, g); r.Err() != nil {
		t.Error(r.Err())
	}
	g.Suites = []vc.Suite{broken}
	if r := vc.VerifyCredential([]byte(strings.Replace(string(signed), "constant-2022", "breaking-2022", 1)), g); !errors.Is(r.Err(), cause) {
		t.Error(r.Err())
	}
	full := signed
	for fill := byte(20); err == nil; fill++ {
		if fill > 30 {
			t.Fatal("any number of proofs is signed")
		}
		full, err = vc.AddProof(full, key(t, fill), vc.SignOptions{})
	}
	if !errors.Is(err, vc.ErrManyProofs) {
		t.Error(err)
	}
	if _, err := vc.AddProof([]byte(strings.Replace(string(signed), "assertionMethod", "authentication", 1)), org, vc.SignOptions{}); !errors.Is(err, vc.ErrProof) {
		t.Error(err)
	}
	if _, err := vc.Sign(signed, org, t0); !errors.Is(err, vc.ErrManyProofs) {
		t.Error(err)
	}
}

// constant is a suite that signs the same for every document.
type constant struct{}

func (constant) Name() string                            { return "constant-2022" }
func (constant) HashData([]byte, []byte) ([]byte, error) { return make([]byte, 64), nil }
