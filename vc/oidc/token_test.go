package oidc_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/internal/idp"
	"github.com/backbay-labs/chio-node/vc/oidc"
)

const t0 = 1_800_000_000

// TestMustReject: tokens that the provider hands out and that count for nothing.
func TestMustReject(t *testing.T) {
	for name, change := range map[string]func(w *world){
		"wrong iss":           claim("iss", "https://evil.example"),
		"iss with a slash":    func(w *world) { w.Claims = map[string]any{"iss": w.URL + "/"} },
		"no iss":              claim("iss", nil),
		"wrong aud":           claim("aud", "another-client"),
		"aud of two":          claim("aud", []string{client, "another-client"}),
		"no aud":              claim("aud", nil),
		"empty aud":           claim("aud", []string{}),
		"wrong azp":           claim("azp", "another-client"),
		"empty azp":           claim("azp", ""),
		"expired":             claim("exp", t0-1),
		"expires now":         claim("exp", t0),
		"no exp":              claim("exp", nil),
		"nbf ahead":           claim("nbf", t0+61),
		"iat ahead":           claim("iat", t0+61),
		"iat long ago":        claim("iat", t0-601),
		"no iat":              claim("iat", nil),
		"no sub":              claim("sub", nil),
		"empty sub":           claim("sub", ""),
		"another nonce":       claim("nonce", "replayed"),
		"no nonce":            claim("nonce", nil),
		"at_hash of another":  claim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"),
		"empty at_hash":       claim("at_hash", ""),
		"auth_time ahead":     claim("auth_time", t0+61),
		"auth_time a word":    claim("auth_time", "yesterday"),
		"exp with a fraction": claim("exp", float64(t0)+300.5),
		"unknown kid": func(w *world) {
			w.Sign = func(h, c any) string { h.(map[string]any)["kid"] = "x"; return w.Signed(h, c) }
		},
		"none":                 algorithm("none", func(string) []byte { return nil }),
		"HS256, public key":    publicKeyAsSecret,
		"HS256, client secret": algorithm("HS256", hs256([]byte(secret))),
		"RS384 claimed":        algorithm("RS384", func(string) []byte { return make([]byte, 64) }),
		"another key":          algorithm("ES256", func(string) []byte { return make([]byte, 64) }),
		"no token":             func(w *world) { w.Token = func(m map[string]any) { delete(m, "id_token") } },
		"not a token":          func(w *world) { w.Token = func(m map[string]any) { m["id_token"] = "a.b.c" } },
		"a number":             func(w *world) { w.Token = func(m map[string]any) { m["id_token"] = 7 } },
		"oversized":            claim("padding", strings.Repeat("x", 70_000)),
		"another access token": func(w *world) { w.Token = func(m map[string]any) { m["access_token"] = "swapped" } },
		"aud of another client, with AUD of this one": func(w *world) {
			w.Claims = map[string]any{"aud": "another"}
			w.Sign = func(h, c any) string {
				doc, _ := json.Marshal(c)
				return w.Signed(h, append(doc[:len(doc)-1], `,"AUD":"`+client+`"}`...))
			}
		},
		"at_hash of another token, with AT_HASH of this one": func(w *world) {
			w.Sign = func(h, c any) string {
				doc, _ := json.Marshal(c)
				var said map[string]any
				_ = json.Unmarshal(doc, &said)
				right := said["at_hash"].(string)
				said["at_hash"] = "swapped"
				doc, _ = json.Marshal(said)
				doc = append(doc[:len(doc)-1], `,"AT_HASH":"`+right+`"}`...)
				return w.Signed(h, doc)
			}
		},
		"a claim twice": func(w *world) {
			w.Sign = func(h, c any) string {
				doc, _ := json.Marshal(c)
				return w.Signed(h, append(doc[:len(doc)-1], `,"sub":"u-1001"}`...))
			}
		},
		"cut off": func(w *world) {
			w.Token = func(m map[string]any) { m["id_token"] = m["id_token"].(string)[:len(m["id_token"].(string))-4] }
		},
		"changed": func(w *world) {
			w.Token = func(m map[string]any) {
				parts := strings.Split(m["id_token"].(string), ".")
				doc, _ := base64.RawURLEncoding.DecodeString(parts[1])
				parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(doc), "u-1001", "u-1002", 1)))
				m["id_token"] = strings.Join(parts, ".")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			if _, err := w.login(t); err != nil {
				t.Fatal("before the change:", err)
			}
			change(w)
			_, err := w.login(t)
			refused(t, err, oidc.ErrToken)
		})
	}
}

func claim(name string, value any) func(*world) {
	return func(w *world) { w.Claims = map[string]any{name: value} }
}

// algorithm signs tokens by a rule of its own.
func algorithm(name string, sign func(input string) []byte) func(*world) {
	return func(w *world) {
		w.Sign = func(header, claims any) string {
			header.(map[string]any)["alg"] = name
			input := idp.Unsigned(header, claims)
			return input + "." + base64.RawURLEncoding.EncodeToString(sign(input))
		}
	}
}

func hs256(key []byte) func(string) []byte {
	return func(input string) []byte {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(input))
		return m.Sum(nil)
	}
}

// publicKeyAsSecret signs with what everybody can fetch.
func publicKeyAsSecret(w *world) {
	res, err := w.Server.Client().Get(w.URL + "/jwks")
	if err != nil {
		panic(err)
	}
	defer func() { _ = res.Body.Close() }()
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.NewDecoder(res.Body).Decode(&set); err != nil {
		panic(err)
	}
	algorithm("HS256", hs256(set.Keys[0]))(w)
}

// Times are judged with a minute of skew, and no more.
func TestTimesAtTheirEdges(t *testing.T) {
	for name, claims := range map[string]map[string]any{
		"iat a minute ahead": {"iat": t0 + 60}, "iat ten minutes ago": {"iat": t0 - 600}, "nbf a minute ahead": {"nbf": t0 + 60},
		"exp a second ahead": {"exp": t0 + 1}, "azp is us": {"azp": client}, "aud a list": {"aud": []string{client}},
	} {
		w := newWorld(t, nil)
		w.Claims = claims
		if _, err := w.login(t); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for age, good := range map[int64]bool{0: true, 960: true, 961: false} {
		w := newWorld(t, func(p *oidc.Provider) { p.MaxAgeSeconds = 900 })
		w.Claims = map[string]any{"auth_time": t0 - age}
		if _, err := w.login(t); (err == nil) != good {
			t.Errorf("auth_time %d seconds ago: %v", age, err)
		}
	}
	w := newWorld(t, func(p *oidc.Provider) { p.MaxAgeSeconds = 900 })
	w.Claims = map[string]any{"auth_time": nil}
	_, err := w.login(t)
	refused(t, err, oidc.ErrToken)
}

// TestI9_TokenOfAnotherLogin: a provider that hands out an old token again, or
// one of the person beside, gives nothing.
func TestI9_TokenOfAnotherLogin(t *testing.T) {
	w := newWorld(t, nil)
	var first string
	w.Token = func(m map[string]any) { first = m["id_token"].(string) }
	if _, err := w.login(t); err != nil {
		t.Fatal(err)
	}
	w.Token = func(m map[string]any) { m["id_token"] = first }
	_, err := w.login(t)
	refused(t, err, oidc.ErrToken)
}

// TestKeyRotation: the keys are fetched once for a token of a new key, and not
// again and again for tokens of none.
func TestKeyRotation(t *testing.T) {
	w := newWorld(t, nil)
	for range 3 {
		if _, err := w.login(t); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.Asked("/jwks"); n != 1 {
		t.Errorf("the keys were fetched %d times for one key", n)
	}
	w.Rotate("EdDSA")
	if _, err := w.login(t); err != nil {
		t.Fatal("after a rotation:", err)
	}
	if n := w.Asked("/jwks"); n != 2 {
		t.Errorf("the keys were fetched %d times for two keys", n)
	}
	w.Sign = func(header, claims any) string { header.(map[string]any)["kid"] = "x"; return w.Signed(header, claims) }
	for range 10 {
		_, err := w.login(t)
		refused(t, err, oidc.ErrToken)
	}
	if n := w.Asked("/jwks"); n != 2 {
		t.Errorf("unknown keys made %d fetches", n)
	}
	w.Sign = nil
	w.Rotate("ES256")
	w.clock = w.clock.Add(10 * time.Second)
	if _, err := w.login(t); err != nil {
		t.Error("ten seconds later:", err)
	}
}

// The metadata is believed for ten minutes.
func TestMetadataIsReadAgain(t *testing.T) {
	w := newWorld(t, nil)
	const at = "/.well-known/openid-configuration"
	for range 3 {
		if _, err := w.logins.Start(context.Background(), "corp", redirect); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.Asked(at); n != 1 {
		t.Errorf("read %d times", n)
	}
	w.clock = w.clock.Add(10 * time.Minute)
	w.Metadata = map[string]any{"issuer": "https://evil.example"}
	_, err := w.logins.Start(context.Background(), "corp", redirect)
	refused(t, err, oidc.ErrProvider)
}

func TestConfigurationIsRefused(t *testing.T) {
	good := oidc.Provider{Name: "corp", Issuer: "https://login.example", ClientID: "c", Scopes: []string{"openid"}}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*oidc.Provider){
		"no name":              func(p *oidc.Provider) { p.Name = "" },
		"no client":            func(p *oidc.Provider) { p.ClientID = "" },
		"http":                 func(p *oidc.Provider) { p.Issuer = "http://login.example" },
		"http to an intranet":  func(p *oidc.Provider) { p.Issuer = "http://10.0.0.7" },
		"no host":              func(p *oidc.Provider) { p.Issuer = "https://" },
		"a query":              func(p *oidc.Provider) { p.Issuer += "/?a=b" },
		"a fragment":           func(p *oidc.Provider) { p.Issuer += "/#a" },
		"a password":           func(p *oidc.Provider) { p.Issuer = "https://a:b@login.example" },
		"a file":               func(p *oidc.Provider) { p.Issuer = "file:///etc/passwd" },
		"no openid":            func(p *oidc.Provider) { p.Scopes = []string{"profile"} },
		"a scope of two words": func(p *oidc.Provider) { p.Scopes = []string{"openid", "a b"} },
		"tenants of no claim":  func(p *oidc.Provider) { p.Tenants = []string{"acme"} },
		"groups of no claim":   func(p *oidc.Provider) { p.RequiredGroups = []string{"agents"} },
		"roles of no claim":    func(p *oidc.Provider) { p.RoleOfGroup = map[string][]string{"a": {"b"}} },
		"an empty claim":       func(p *oidc.Provider) { p.RequiredClaims = map[string]string{"acr": ""} },
		"a negative age":       func(p *oidc.Provider) { p.MaxAgeSeconds = -1 },
	} {
		p := good
		change(&p)
		if err := p.Validate(); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if _, err := oidc.New(oidc.Config{}); err == nil {
		t.Error("a configuration without a transport is accepted")
	}
	w := newWorld(t, nil)
	_, err := oidc.New(oidc.Config{Providers: []oidc.Provider{good, good}, Transport: w.Server.Client().Transport, Now: time.Now, Rand: strings.NewReader("")})
	if err == nil {
		t.Error("two of one name are accepted")
	}
	for _, loopback := range []string{"http://127.0.0.1:8080", "http://localhost/op", "http://[::1]:80"} {
		p := good
		if p.Issuer = loopback; p.Validate() != nil {
			t.Errorf("%s is refused: %v", loopback, fmt.Sprint(p.Validate()))
		}
	}
}

// Keys that are good, in a response that is too long, are no keys.
func TestOversizedKeys(t *testing.T) {
	for padding, good := range map[int]bool{1000: true, 300_000: false} {
		w := newWorld(t, nil)
		w.Before = func(rw http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/jwks" || r.URL.RawQuery != "" {
				return false
			}
			res, err := w.Server.Client().Get(w.URL + "/jwks?plain")
			if err != nil {
				return false
			}
			set, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			_, _ = fmt.Fprintf(rw, `{"padding":"%s",%s`, strings.Repeat("x", padding), strings.TrimPrefix(string(set), "{"))
			return true
		}
		if _, err := w.login(t); (err == nil) != good {
			t.Errorf("padded with %d bytes: %v", padding, err)
		}
	}
}
