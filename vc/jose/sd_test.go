package jose_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/wire"
)

const vct = "https://acme.example/vct/agent"

func sdGate() jose.SDGate {
	return jose.SDGate{Now: t0, Audience: "verifier.example", Nonce: "n", AllowNoStatus: true,
		Type: func(s string) bool { return s == vct }, TrustedIssuer: func(string) bool { return true }}
}

func sdIssued(t testing.TB) []byte {
	t.Helper()
	out, err := jose.IssueSD(jose.SDContent{
		VCT: vct, Holder: did.NewEd25519(key(t, 9).Public()), ID: "urn:a:b", IssuedAt: t0 - 10, NotBefore: new(vc.Time(t0 - 10)), Expires: new(vc.Time(t0 + 3600)),
		Claims:    map[string]wire.Raw{"sub": wire.Raw(`"agent"`), "tier": wire.Raw(`"direct"`)},
		Disclosed: map[string]wire.Raw{"name": wire.Raw(`"researcher"`), "roles": wire.Raw(`["reader"]`), "org": wire.Raw(`{"name":"acme"}`)},
	}, key(t, 7), rand.NewChaCha8([32]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSelectiveDisclosure(t *testing.T) {
	issued := sdIssued(t)
	for _, c := range []struct {
		names []string
		want  string
	}{
		{nil, `{"sub":"agent","tier":"direct"}`},
		{[]string{"name"}, `{"name":"researcher","sub":"agent","tier":"direct"}`},
		{[]string{"roles", "org", "name"}, `{"name":"researcher","org":{"name":"acme"},"roles":["reader"],"sub":"agent","tier":"direct"}`},
	} {
		shown, err := jose.PresentSD(issued, c.names, key(t, 9), jose.Binding{Audience: "verifier.example", Nonce: "n", Created: t0})
		if err != nil {
			t.Fatal(err)
		}
		r := jose.VerifySD(shown, sdGate())
		if r.Err() != nil || string(r.Claims) != c.want || r.VCT != vct || r.Issuer != didOf(t, 7).String() || r.ID != "urn:a:b" {
			t.Errorf("%v: %s %v", c.names, r.Claims, r.Err())
		}
		if c.names == nil && bytes.Contains(shown, []byte("WyJ")) {
			t.Error("a withheld claim is there")
		}
	}
	b := jose.Binding{Audience: "verifier.example", Nonce: "n", Created: t0}
	for name, c := range map[string]struct {
		names  []string
		holder byte
		b      jose.Binding
		want   error
	}{
		"never withheld": {[]string{"tier"}, 9, b, jose.ErrDisclosure},
		"twice":          {[]string{"name", "name"}, 9, b, jose.ErrDisclosure},
		"empty name":     {[]string{""}, 9, b, jose.ErrDisclosure},
		"another holder": {nil, 11, b, jose.ErrBinding},
		"no nonce":       {nil, 9, jose.Binding{Audience: "a"}, jose.ErrBinding},
		"no audience":    {nil, 9, jose.Binding{Nonce: "a"}, jose.ErrBinding},
	} {
		if _, err := jose.PresentSD(issued, c.names, key(t, c.holder), c.b); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestIssueSDRefuses(t *testing.T) {
	raw := func(s string) wire.Raw { return wire.Raw(s) }
	holder := did.NewEd25519(key(t, 9).Public())
	for name, c := range map[string]struct {
		c    jose.SDContent
		want error
	}{
		"no type":            {jose.SDContent{Holder: holder}, jose.ErrClaims},
		"no holder":          {jose.SDContent{VCT: vct}, jose.ErrBinding},
		"a claim of ours":    {jose.SDContent{VCT: vct, Holder: holder, Claims: map[string]wire.Raw{"iss": raw(`"x"`)}}, jose.ErrClaims},
		"_sd as a claim":     {jose.SDContent{VCT: vct, Holder: holder, Claims: map[string]wire.Raw{"_sd": raw(`[]`)}}, jose.ErrClaims},
		"aud":                {jose.SDContent{VCT: vct, Holder: holder, Claims: map[string]wire.Raw{"aud": raw(`"x"`)}}, jose.ErrClaims},
		"exp withheld":       {jose.SDContent{VCT: vct, Holder: holder, Disclosed: map[string]wire.Raw{"exp": raw(`1`)}}, jose.ErrDisclosure},
		"status withheld":    {jose.SDContent{VCT: vct, Holder: holder, Disclosed: map[string]wire.Raw{"status": raw(`{}`)}}, jose.ErrDisclosure},
		"_sd withheld":       {jose.SDContent{VCT: vct, Holder: holder, Disclosed: map[string]wire.Raw{"_sd": raw(`[]`)}}, jose.ErrDisclosure},
		"claim and withheld": {jose.SDContent{VCT: vct, Holder: holder, Claims: map[string]wire.Raw{"a": raw(`1`)}, Disclosed: map[string]wire.Raw{"a": raw(`1`)}}, jose.ErrDisclosure},
	} {
		if _, err := jose.IssueSD(c.c, key(t, 7), rand.NewChaCha8([32]byte{1})); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := jose.IssueSD(jose.SDContent{VCT: vct, Holder: holder, Disclosed: map[string]wire.Raw{"a": raw(`1`)}}, key(t, 7), strings.NewReader("short")); err == nil {
		t.Error("issued without salts")
	}
}

// sdForger makes presentations of any kind.
type sdForger struct {
	t       testing.TB
	head    members
	payload members
	tail    []string // disclosures as JSON
	kbHead  members
	kb      members
	kbKey   byte
	keep    bool // sd_hash stays what kb says
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return b64(string(sum[:]))
}

func newSD(t testing.TB) *sdForger {
	jwk := wire.Raw(did.NewEd25519(key(t, 9).Public()).JWK())
	return &sdForger{t: t, head: head(t, "dc+sd-jwt", 7), kbHead: members{"alg": "EdDSA", "typ": "kb+jwt"}, kbKey: 9,
		payload: members{"iss": didOf(t, 7).String(), "vct": vct, "iat": t0, "cnf": members{"jwk": jwk}},
		kb:      members{"aud": "verifier.example", "nonce": "n", "iat": t0}}
}

func (f *sdForger) bytes() []byte {
	out := string(forge(f.head, f.payload, ed(key(f.t, 7)))) + "~"
	for _, d := range f.tail {
		out += b64(d) + "~"
	}
	if f.kb == nil {
		return []byte(out)
	}
	kb := f.kb
	if !f.keep {
		kb = with(kb, members{"sd_hash": hashOf(out)})
	}
	return append([]byte(out), forge(f.kbHead, kb, ed(key(f.t, f.kbKey)))...)
}

func TestSDMustReject(t *testing.T) {
	const a, b, el = `["s1","a",1]`, `["s2","b",{"_sd":[]}]`, `["s3","x"]`
	da, db, de := hashOf(b64(a)), hashOf(b64(b)), hashOf(b64(el))
	pay := func(f *sdForger, change members) { f.payload = with(f.payload, change) }
	kb := func(f *sdForger, change members) { f.kb = with(f.kb, change) }
	nested := `["s4","c",{"_sd":["` + da + `"]}]`
	vectors := &recorder{media: jose.MediaSD}
	for name, c := range map[string]struct {
		change func(*sdForger)
		want   error
	}{
		"as it stands":        {func(*sdForger) {}, nil},
		"decoys":              {func(f *sdForger) { pay(f, members{"_sd": []any{da, "decoy"}, "_sd_alg": "sha-256"}) }, nil},
		"disclosed":           {func(f *sdForger) { pay(f, members{"_sd": []any{db, da}}); f.tail = []string{a, b} }, nil},
		"an element":          {func(f *sdForger) { pay(f, members{"l": []any{members{"...": de}, 2}}); f.tail = []string{el} }, nil},
		"one inside another":  {func(f *sdForger) { pay(f, members{"_sd": []any{hashOf(b64(nested))}}); f.tail = []string{a, nested} }, nil},
		"inside one withheld": {func(f *sdForger) { pay(f, members{"_sd": []any{hashOf(b64(nested))}}); f.tail = []string{a} }, jose.ErrDisclosure},
		"not used":            {func(f *sdForger) { f.tail = []string{a} }, jose.ErrDisclosure},
		"twice":               {func(f *sdForger) { pay(f, members{"_sd": []any{da}}); f.tail = []string{a, a} }, jose.ErrDisclosure},
		"digest twice":        {func(f *sdForger) { pay(f, members{"_sd": []any{da, da}}); f.tail = []string{a} }, jose.ErrDisclosure},
		"decoy twice":         {func(f *sdForger) { pay(f, members{"_sd": []any{"d", "d"}}) }, jose.ErrDisclosure},
		"digest in two places": {func(f *sdForger) {
			pay(f, members{"_sd": []any{da}, "o": members{"_sd": []any{da}}})
			f.tail = []string{a}
		}, jose.ErrDisclosure},
		"name is there":           {func(f *sdForger) { pay(f, members{"_sd": []any{da}, "a": 2}); f.tail = []string{a} }, jose.ErrDisclosure},
		"element for a claim":     {func(f *sdForger) { pay(f, members{"_sd": []any{de}}); f.tail = []string{el} }, jose.ErrDisclosure},
		"claim for an element":    {func(f *sdForger) { pay(f, members{"l": []any{members{"...": da}}}); f.tail = []string{a} }, jose.ErrDisclosure},
		"element with more":       {func(f *sdForger) { pay(f, members{"l": []any{members{"...": de, "x": 1}}}); f.tail = []string{el} }, jose.ErrDisclosure},
		"... outside an array":    {func(f *sdForger) { pay(f, members{"o": members{"...": de}}); f.tail = []string{el} }, jose.ErrDisclosure},
		"_sd no array":            {func(f *sdForger) { pay(f, members{"_sd": da}) }, jose.ErrDisclosure},
		"digest no text":          {func(f *sdForger) { pay(f, members{"_sd": []any{1}}) }, jose.ErrDisclosure},
		"sha-512":                 {func(f *sdForger) { pay(f, members{"_sd_alg": "sha-512"}) }, jose.ErrAlgorithm},
		"_sd disclosed":           {func(f *sdForger) { f.tail = []string{`["s","_sd",[]]`} }, jose.ErrDisclosure},
		"four values":             {func(f *sdForger) { f.tail = []string{`["s","a",1,2]`} }, jose.ErrDisclosure},
		"no salt":                 {func(f *sdForger) { f.tail = []string{`["","a",1]`} }, jose.ErrDisclosure},
		"no array":                {func(f *sdForger) { f.tail = []string{`{}`} }, jose.ErrDisclosure},
		"name twice inside":       {func(f *sdForger) { f.tail = []string{`["s","a",{"x":1,"x":1}]`} }, jose.ErrDisclosure},
		"too many":                {func(f *sdForger) { f.tail = strings.Split(strings.Repeat(a+"|", 257), "|")[:257] }, jose.ErrToken},
		"deep":                    {func(f *sdForger) { pay(f, members{"d": wire.Raw(strings.Repeat("[", 40) + strings.Repeat("]", 40))}) }, jose.ErrDisclosure},
		"cnf disclosed":           {func(f *sdForger) { disclose(f, "cnf") }, jose.ErrDisclosure},
		"vct disclosed":           {func(f *sdForger) { disclose(f, "vct") }, jose.ErrDisclosure},
		"no iss":                  {func(f *sdForger) { pay(f, members{"iss": nil}) }, jose.ErrClaims},
		"no vct":                  {func(f *sdForger) { pay(f, members{"vct": nil}) }, jose.ErrClaims},
		"no cnf":                  {func(f *sdForger) { pay(f, members{"cnf": nil}) }, jose.ErrBinding},
		"cnf by kid":              {func(f *sdForger) { pay(f, members{"cnf": members{"kid": "x"}}) }, jose.ErrBinding},
		"cnf a private key":       {func(f *sdForger) { pay(f, members{"cnf": members{"jwk": members{"kty": "OKP", "d": "x"}}}) }, jose.ErrBinding},
		"aud of the issuer":       {func(f *sdForger) { pay(f, members{"aud": "x"}) }, jose.ErrClaims},
		"another type":            {func(f *sdForger) { pay(f, members{"vct": "urn:x:y"}) }, jose.ErrType},
		"typ vc+sd-jwt":           {func(f *sdForger) { f.head = with(f.head, members{"typ": "vc+sd-jwt"}) }, jose.ErrHeader},
		"alg none":                {func(f *sdForger) { f.head = with(f.head, members{"alg": "none"}) }, jose.ErrAlgorithm},
		"kid of another":          {func(f *sdForger) { f.head = with(f.head, members{"kid": didOf(t, 11).KeyID()}) }, vc.ErrController},
		"iss of another":          {func(f *sdForger) { pay(f, members{"iss": didOf(t, 11).String()}) }, vc.ErrController},
		"signed by another":       {func(f *sdForger) { f.head["kid"] = didOf(t, 11).KeyID(); pay(f, members{"iss": didOf(t, 11).String()}) }, wire.ErrBadSignature},
		"expired":                 {func(f *sdForger) { pay(f, members{"exp": t0}) }, vc.ErrExpired},
		"not begun":               {func(f *sdForger) { pay(f, members{"nbf": t0 + 1}) }, vc.ErrNotYetValid},
		"issued in the future":    {func(f *sdForger) { pay(f, members{"iat": t0 + 1}) }, vc.ErrNotYetValid},
		"status nobody judges":    {func(f *sdForger) { pay(f, members{"status": members{}}) }, vc.ErrStatusUnknown},
		"no binding":              {func(f *sdForger) { f.kb = nil }, jose.ErrBinding},
		"binding of another":      {func(f *sdForger) { f.kbKey = 11 }, wire.ErrBadSignature},
		"binding of typ JWT":      {func(f *sdForger) { f.kbHead = with(f.kbHead, members{"typ": "JWT"}) }, jose.ErrBinding},
		"binding with kid":        {func(f *sdForger) { f.kbHead = with(f.kbHead, members{"kid": "x"}) }, jose.ErrBinding},
		"binding of alg none":     {func(f *sdForger) { f.kbHead = with(f.kbHead, members{"alg": "none"}) }, jose.ErrAlgorithm},
		"binding for another":     {func(f *sdForger) { kb(f, members{"aud": "x"}) }, jose.ErrBinding},
		"binding for two":         {func(f *sdForger) { kb(f, members{"aud": []any{"verifier.example", "x"}}) }, jose.ErrBinding},
		"binding of other nonce":  {func(f *sdForger) { kb(f, members{"nonce": "m"}) }, jose.ErrBinding},
		"binding without iat":     {func(f *sdForger) { kb(f, members{"iat": nil}) }, jose.ErrBinding},
		"binding of the future":   {func(f *sdForger) { kb(f, members{"iat": t0 + 1}) }, jose.ErrBinding},
		"binding too old":         {func(f *sdForger) { kb(f, members{"iat": t0 - 301}) }, jose.ErrBinding},
		"binding with more":       {func(f *sdForger) { kb(f, members{"exp": t0 + 9}) }, jose.ErrBinding},
		"binding with more still": {func(f *sdForger) { kb(f, members{"foo": 1}) }, jose.ErrBinding},
		"binding of other hash":   {func(f *sdForger) { f.keep = true; kb(f, members{"sd_hash": hashOf("x")}) }, jose.ErrBinding},
		"binding without hash":    {func(f *sdForger) { f.keep = true }, jose.ErrBinding},
	} {
		f := newSD(t)
		c.change(f)
		doc := f.bytes()
		vectors.add(name, doc, c.want)
		if r := jose.VerifySD(doc, sdGate()); !errors.Is(r.Err(), c.want) {
			t.Errorf("%s: %v", name, r.Err())
		}
	}
	vectors.compare(t, "sd-jwt-vc.json")
}

// disclose moves a claim behind a digest.
func disclose(f *sdForger, name string) {
	d := string(wire.MustMarshal([]any{"s", name, f.payload[name]}))
	f.payload = with(f.payload, members{name: nil, "_sd": []any{hashOf(b64(d))}})
	f.tail = []string{d}
}

// A disclosure that is taken away after the holder bound it is missed.
func TestSDSubset(t *testing.T) {
	shown, err := jose.PresentSD(sdIssued(t), []string{"name", "org"}, key(t, 9), jose.Binding{Audience: "verifier.example", Nonce: "n", Created: t0})
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(shown), "~")
	cut := strings.Join(append(parts[:1:1], parts[2:]...), "~")
	if r := jose.VerifySD([]byte(cut), sdGate()); !errors.Is(r.Err(), jose.ErrBinding) {
		t.Error(r.Err())
	}
	for i := range shown {
		bad := bytes.Clone(shown)
		bad[i] ^= 1
		if r := jose.VerifySD(bad, sdGate()); r.Integrity || r.Err() == nil {
			t.Fatalf("byte %d changed is accepted", i)
		}
	}
}

func TestSDGate(t *testing.T) {
	f := newSD(t)
	f.payload["status"] = members{"status_list": members{"idx": 1, "uri": "https://acme.example/s"}}
	doc := f.bytes()
	says := func(s vc.Status) func(wire.Raw) (vc.Status, error) {
		return func(wire.Raw) (vc.Status, error) { return s, nil }
	}
	for name, c := range map[string]struct {
		change func(*jose.SDGate)
		want   error
	}{
		"active":    {func(g *jose.SDGate) { g.Status = says(vc.StatusActive) }, nil},
		"revoked":   {func(g *jose.SDGate) { g.Status = says(vc.StatusRevoked) }, vc.ErrRevoked},
		"suspended": {func(g *jose.SDGate) { g.Status = says(vc.StatusSuspended) }, vc.ErrSuspended},
		"strange":   {func(g *jose.SDGate) { g.Status = says("fine") }, vc.ErrStatusUnknown},
		"no answer": {func(g *jose.SDGate) {
			g.Status = func(wire.Raw) (vc.Status, error) { return vc.StatusActive, errors.New("x") }
		}, vc.ErrStatusUnknown},
		"no audience":    {func(g *jose.SDGate) { g.Audience = "" }, jose.ErrBinding},
		"no nonce":       {func(g *jose.SDGate) { g.Nonce = "" }, jose.ErrBinding},
		"no type":        {func(g *jose.SDGate) { g.Type = nil }, jose.ErrType},
		"nobody trusted": {func(g *jose.SDGate) { g.TrustedIssuer = nil; g.Status = says(vc.StatusActive) }, vc.ErrUntrustedIssuer},
		"no method":      {func(g *jose.SDGate) { g.Method = func(string) (*did.Method, error) { return nil, nil } }, vc.ErrController},
	} {
		g := sdGate()
		c.change(&g)
		if r := jose.VerifySD(doc, g); !errors.Is(r.Err(), c.want) {
			t.Errorf("%s: %v", name, r.Err())
		}
	}
	g := sdGate()
	g.AllowNoStatus = false
	if r := jose.VerifySD(newSD(t).bytes(), g); !errors.Is(r.Err(), vc.ErrStatusUnknown) {
		t.Error(r.Err())
	}
}

// The digest of the first disclosure of RFC 9901 §5.1.
func TestPublishedDigest(t *testing.T) {
	if got := jose.Digest([]byte("WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbWUiLCAiSm9obiJd")); got != "jsu9yVulwQQlhFlM_3JlzMaSFzglhQG0DpfayQwLUK4" {
		t.Error(got)
	}
}

// Whatever passes disclosed only what its issuer signed: the claims hold none
// of the format, and the holder signed.
func FuzzVerifySD(f *testing.F) {
	f.Add(newSD(f).bytes())
	shown, err := jose.PresentSD(sdIssued(f), []string{"name"}, key(f, 9), jose.Binding{Audience: "verifier.example", Nonce: "n", Created: t0})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(shown)
	f.Add(sdIssued(f))
	f.Fuzz(func(t *testing.T, doc []byte) {
		r := jose.VerifySD(doc, sdGate())
		if !r.Integrity {
			if r.Err() == nil {
				t.Fatal("no integrity and no error")
			}
			return
		}
		for _, name := range []string{`"_sd":`, `"_sd_alg":`, `"...":`, `"cnf":`} {
			if bytes.Contains(r.Claims, []byte(name)) {
				t.Fatalf("%s in %s", name, r.Claims)
			}
		}
	})
}
