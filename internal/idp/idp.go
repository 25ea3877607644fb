package idp

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"time"
)

// Config is the provider's one client and its clock.
type Config struct {
	TLS                    bool
	ClientID, ClientSecret string // the secret by client_secret_basic; "" is a public client
	Now                    func() time.Time
}

// Provider is a running provider. Its exported fields may be set between logins.
type Provider struct {
	URL    string // the issuer
	Server *httptest.Server

	Metadata map[string]any                                // replaces members of the metadata
	Claims   map[string]any                                // replaces claims of the tokens; nil takes one away
	Sign     func(header, claims any) string               // instead of the provider's own
	Answer   func(url.Values)                              // changes the answer at the redirect address
	Token    func(map[string]any)                          // changes the answer of the token endpoint
	Before   func(http.ResponseWriter, *http.Request) bool // true: it has answered

	cfg Config

	mu       sync.Mutex
	key      *key
	codes    map[string]url.Values // parameters of the request a code was given for
	devices  map[string]bool       // by device code: the person is done
	asked    map[string]int        // requests by path
	accessed int
}

// New starts a provider that ends with the test, or the test script.
func New(t interface{ Cleanup(func()) }, c Config) *Provider {
	p := &Provider{cfg: c, codes: map[string]url.Values{}, devices: map[string]bool{}, asked: map[string]int{}}
	p.Rotate("ES256")
	mux := http.NewServeMux()
	for path, serve := range map[string]http.HandlerFunc{
		"/.well-known/openid-configuration": p.metadata, "/jwks": p.jwks, "/auth": p.authorize, "/token": p.token, "/device": p.device,
	} {
		mux.HandleFunc(path, serve)
	}
	counted := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asked[r.URL.Path]++
		p.mu.Unlock()
		if p.Before == nil || !p.Before(w, r) {
			mux.ServeHTTP(w, r)
		}
	})
	if c.TLS {
		p.Server = httptest.NewTLSServer(counted)
	} else {
		p.Server = httptest.NewServer(counted)
	}
	p.URL = p.Server.URL
	t.Cleanup(p.Server.Close)
	return p
}

// Asked is how often a path was requested.
func (p *Provider) Asked(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[path]
}

// Approve is the person who typed the code of every device that waits.
func (p *Provider) Approve() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for code := range p.devices {
		p.devices[code] = true
	}
}

func (p *Provider) metadata(w http.ResponseWriter, _ *http.Request) {
	m := map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/auth", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/jwks",
		"device_authorization_endpoint": p.URL + "/device", "code_challenge_methods_supported": []string{"S256"},
		"authorization_response_iss_parameter_supported": true, "id_token_signing_alg_values_supported": []string{"RS256", "ES256", "EdDSA"},
	}
	maps.Copy(m, p.Metadata)
	reply(w, http.StatusOK, m)
}

func (p *Provider) jwks(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	reply(w, http.StatusOK, map[string]any{"keys": []any{p.key.public}})
}

// authorize logs the person in at once.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || q.Get("client_id") != p.cfg.ClientID || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("nonce") == "" {
		http.Error(w, "no", http.StatusBadRequest)
		return
	}
	code := random()
	p.mu.Lock()
	p.codes[code] = q
	p.mu.Unlock()
	answer := url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.URL}}
	if p.Answer != nil {
		p.Answer(answer)
	}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

func (p *Provider) device(w http.ResponseWriter, r *http.Request) {
	if !p.known(r) {
		reply(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	}
	code := random()
	p.mu.Lock()
	p.devices[code] = false
	p.mu.Unlock()
	reply(w, http.StatusOK, map[string]any{"device_code": code, "user_code": "WDJB-MJHT", "verification_uri": p.URL + "/type",
		"verification_uri_complete": p.URL + "/type?user_code=WDJB-MJHT", "expires_in": 600, "interval": 1})
}

// known is how the client authenticates.
func (p *Provider) known(r *http.Request) bool {
	if p.cfg.ClientSecret == "" {
		return r.PostFormValue("client_id") == p.cfg.ClientID
	}
	id, secret, ok := r.BasicAuth()
	return ok && id == url.QueryEscape(p.cfg.ClientID) && secret == url.QueryEscape(p.cfg.ClientSecret)
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	if !p.known(r) {
		reply(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client", "error_description": p.cfg.ClientSecret})
		return
	}
	nonce, refusal := p.redeem(r)
	if refusal != "" {
		reply(w, http.StatusBadRequest, map[string]any{"error": refusal, "error_description": "about ada@acme.example"})
		return
	}
	p.mu.Lock()
	p.accessed++
	access := fmt.Sprintf("access-%d-%s", p.accessed, random())
	p.mu.Unlock()
	answer := map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": p.IDToken(nonce, access)}
	if p.Token != nil {
		p.Token(answer)
	}
	reply(w, http.StatusOK, answer)
}

// redeem uses a code up, or looks whether a device's person is done.
func (p *Provider) redeem(r *http.Request) (nonce, refusal string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.PostFormValue("grant_type") == "urn:ietf:params:oauth:grant-type:device_code" {
		code := r.PostFormValue("device_code")
		done, ok := p.devices[code]
		switch {
		case !ok:
			return "", "expired_token"
		case !done:
			return "", "authorization_pending"
		}
		delete(p.devices, code)
		return "", ""
	}
	q, ok := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !ok || r.PostFormValue("redirect_uri") != q.Get("redirect_uri") || base64.RawURLEncoding.EncodeToString(sum[:]) != q.Get("code_challenge") {
		return "", "invalid_grant"
	}
	return q.Get("nonce"), ""
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the test that went away has failed
}

func random() string {
	b := make([]byte, 18)
	_, _ = rand.Read(b) // it never fails
	return base64.RawURLEncoding.EncodeToString(b)
}
