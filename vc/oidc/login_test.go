package oidc_test

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/vc/oidc"
)

func TestLoginByCode(t *testing.T) {
	for _, algorithm := range []string{"ES256", "RS256", "EdDSA"} {
		t.Run(algorithm, func(t *testing.T) {
			w := newWorld(t, func(p *oidc.Provider) {
				p.TenantClaim, p.Tenants = "tid", []string{"acme", "acme-labs"}
				p.OrganizationClaim, p.GroupsClaim, p.RolesClaim = "org", "groups", "roles"
				p.RequiredGroups = []string{"agents"}
				p.RequiredClaims = map[string]string{"email_verified": "true", "amr": "mfa", "level": "3", "hd": "acme.example"}
				p.RoleOfGroup = map[string][]string{"writers": {"writer", "reader"}}
				p.MaxAgeSeconds = 60
			})
			w.Rotate(algorithm)
			w.Claims = map[string]any{"tid": "acme", "org": "Acme Ltd", "groups": []string{"writers", "agents", "writers", "choir"}, "roles": "auditor",
				"amr": []string{"pwd", "mfa"}, "acr": "urn:acr:2", "level": 3, "hd": "acme.example"}
			l, err := w.login(t)
			if err != nil {
				t.Fatal(err)
			}
			want := oidc.Facts{Principal: "u-1001", Tenant: "acme", Organization: "Acme Ltd", Groups: []string{"agents", "writers"},
				Roles: []string{"auditor", "reader", "writer"}, AuthTime: w.clock.Unix() - 5, ACR: "urn:acr:2", AMR: []string{"mfa", "pwd"}}
			if !reflect.DeepEqual(l.Facts, want) || l.Provider != w.URL || !l.GivesRoles || l.VerifiedAt != w.clock.Unix() {
				t.Errorf("%+v", l)
			}
		})
	}
}

func TestMinimalLogin(t *testing.T) {
	w := newWorld(t, nil)
	w.Claims = map[string]any{"auth_time": nil, "at_hash": nil}
	l, err := w.login(t)
	if err != nil {
		t.Fatal(err)
	}
	if want := (oidc.Facts{Principal: "u-1001"}); !reflect.DeepEqual(l.Facts, want) || l.GivesRoles {
		t.Errorf("%+v", l)
	}
}

// A public client has no secret, and PKCE all the same.
func TestPublicClientOverLoopback(t *testing.T) {
	w := newWorld(t, nil)
	p := oidc.Provider{Name: "corp", Issuer: w.URL, ClientID: client, Scopes: []string{"openid"}}
	logins, err := oidc.New(oidc.Config{Providers: []oidc.Provider{p}, Transport: w.Server.Client().Transport, Now: func() time.Time { return w.clock }, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	s, err := logins.Start(context.Background(), "corp", redirect)
	if err != nil {
		t.Fatal(err)
	}
	_, err = logins.Redeem(context.Background(), w.browse(t, s)) // the provider wants a secret
	refused(t, err, oidc.ErrRefused)
	for _, part := range []string{"invalid_client", "ada", secret} {
		if strings.Contains(err.Error(), part) != (part == "invalid_client") {
			t.Errorf("the error says %q", err)
		}
	}
}

// What comes back to the redirect address is refused, and the code is spent by
// the first answer, right or wrong.
func TestAnswersThatAreNotThisLogins(t *testing.T) {
	for name, change := range map[string]func(*oidc.Answer){
		"no state":           func(a *oidc.Answer) { a.State = "" },
		"another state":      func(a *oidc.Answer) { a.State += "x" },
		"no iss":             func(a *oidc.Answer) { a.Issuer = "" },
		"mix-up":             func(a *oidc.Answer) { a.Issuer = "https://evil.example" },
		"no code":            func(a *oidc.Answer) { a.Code = "" },
		"oversized code":     func(a *oidc.Answer) { a.Code = strings.Repeat("x", 4097) },
		"somebody's code":    func(a *oidc.Answer) { a.Code = "guess" },
		"iss in other words": func(a *oidc.Answer) { a.Issuer += "/" },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			good := w.start(t)
			bad := good
			change(&bad)
			_, err := w.logins.Redeem(context.Background(), bad)
			refused(t, err, oidc.ErrRefused)
			_, err = w.logins.Redeem(context.Background(), good)
			refused(t, err, oidc.ErrUnknownLogin)
		})
	}
}

func TestIssuerInTheAnswerCountsIfUnannounced(t *testing.T) {
	w := newWorld(t, nil)
	w.Metadata = map[string]any{"authorization_response_iss_parameter_supported": false}
	a := w.start(t)
	a.Issuer = ""
	if _, err := w.logins.Redeem(context.Background(), a); err != nil {
		t.Error(err)
	}
	a = w.start(t)
	a.Issuer = "https://evil.example"
	_, err := w.logins.Redeem(context.Background(), a)
	refused(t, err, oidc.ErrRefused)
}

// TestI9_LoginIsAnsweredOnce: also by many at once.
func TestI9_LoginIsAnsweredOnce(t *testing.T) {
	w := newWorld(t, nil)
	a := w.start(t)
	var wg sync.WaitGroup
	results := make(chan error, 8)
	for range 8 {
		wg.Go(func() {
			_, err := w.logins.Redeem(context.Background(), a)
			results <- err
		})
	}
	wg.Wait()
	close(results)
	good := 0
	for err := range results {
		if err == nil {
			good++
		} else {
			refused(t, err, oidc.ErrUnknownLogin)
		}
	}
	if good != 1 {
		t.Errorf("%d of 8 answers counted", good)
	}
}

func TestLoginEnds(t *testing.T) {
	w := newWorld(t, nil)
	a := w.start(t)
	w.clock = w.clock.Add(601 * time.Second)
	_, err := w.logins.Redeem(context.Background(), a)
	refused(t, err, oidc.ErrUnknownLogin)
	for range 64 {
		if _, err := w.logins.Start(context.Background(), "corp", redirect); err != nil {
			t.Fatal(err)
		}
	}
	_, err = w.logins.Start(context.Background(), "corp", redirect)
	refused(t, err, oidc.ErrTooMany)
	w.clock = w.clock.Add(601 * time.Second)
	if _, err := w.logins.Start(context.Background(), "corp", redirect); err != nil {
		t.Error("what is over is still in the way:", err)
	}
}

func TestStartRefuses(t *testing.T) {
	w := newWorld(t, nil)
	_, err := w.logins.Start(context.Background(), "other", redirect)
	refused(t, err, oidc.ErrUnknownProvider)
	for _, at := range []string{"https://127.0.0.1/callback", "http://acme.example/callback", "http://127.0.0.1/?x=1", ""} {
		_, err := w.logins.Start(context.Background(), "corp", at)
		refused(t, err, oidc.ErrRefused)
	}
}

// The URL asks for what rules 2 and 6 judge later, and holds no secret.
func TestURLOfALogin(t *testing.T) {
	w := newWorld(t, func(p *oidc.Provider) { p.MaxAgeSeconds = 900; p.Scopes = []string{"openid", "groups"} })
	s, err := w.logins.Start(context.Background(), "corp", redirect)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if q.Get("state") != s.State || len(s.State) != 43 || len(q.Get("nonce")) != 43 || len(q.Get("code_challenge")) != 43 || q.Get("nonce") == s.State ||
		q.Get("code_challenge_method") != "S256" || q.Get("max_age") != "900" || q.Get("scope") != "openid groups" || q.Get("redirect_uri") != redirect {
		t.Error(s.URL)
	}
	if strings.Contains(s.URL, secret) || q.Has("code_verifier") {
		t.Error("the URL holds a secret")
	}
}

func TestDeviceLogin(t *testing.T) {
	w := newWorld(t, nil)
	s, err := w.logins.StartDevice(context.Background(), "corp")
	if err != nil {
		t.Fatal(err)
	}
	if s.UserCode == "" || s.VerificationURI == "" || s.IntervalSeconds != 1 || s.URL != "" {
		t.Errorf("%+v", s)
	}
	a := oidc.Answer{ID: s.ID}
	_, err = w.logins.Redeem(context.Background(), a)
	refused(t, err, oidc.ErrPending)
	asked := w.Asked("/token")
	_, err = w.logins.Redeem(context.Background(), a) // too early: the provider is not asked
	refused(t, err, oidc.ErrPending)
	if w.Asked("/token") != asked {
		t.Error("the provider is asked more often than it allows")
	}
	w.Approve()
	w.clock = w.clock.Add(time.Second)
	l, err := w.logins.Redeem(context.Background(), a)
	if err != nil || l.Facts.Principal != "u-1001" {
		t.Fatal(l, err)
	}
	_, err = w.logins.Redeem(context.Background(), a)
	refused(t, err, oidc.ErrUnknownLogin)
}

func TestDeviceSlowsDown(t *testing.T) {
	w := newWorld(t, nil)
	s, err := w.logins.StartDevice(context.Background(), "corp")
	if err != nil {
		t.Fatal(err)
	}
	w.Before = func(rw http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/token" {
			return false
		}
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(http.StatusBadRequest)
		_, _ = rw.Write([]byte(`{"error":"slow_down"}`))
		return true
	}
	for range 10 { // 0, 6, then 11 seconds later
		_, err = w.logins.Redeem(context.Background(), oidc.Answer{ID: s.ID})
		refused(t, err, oidc.ErrPending)
		w.clock = w.clock.Add(2 * time.Second)
	}
	if n := w.Asked("/token"); n != 3 {
		t.Errorf("asked %d times in 20 seconds", n)
	}
}

func TestDeviceRefusals(t *testing.T) {
	for name, change := range map[string]struct {
		answer string
		status int
		cause  error
	}{
		"denied":          {`{"error":"access_denied","error_description":"ada@acme.example"}`, 400, oidc.ErrRefused},
		"no code":         {`{"user_code":"A","verification_uri":"https://a.example/","expires_in":60}`, 200, oidc.ErrProvider},
		"plain http":      {`{"device_code":"x","user_code":"A","verification_uri":"http://a.example/","expires_in":60}`, 200, oidc.ErrProvider},
		"a script to run": {`{"device_code":"x","user_code":"A","verification_uri":"javascript:alert(1)","expires_in":60}`, 200, oidc.ErrProvider},
		"control":         {`{"device_code":"x","user_code":"A\u001b[2J","verification_uri":"https://a.example/","expires_in":60}`, 200, oidc.ErrProvider},
		"no life":         {`{"device_code":"x","user_code":"A","verification_uri":"https://a.example/"}`, 200, oidc.ErrProvider},
		"an hour apart":   {`{"device_code":"x","user_code":"A","verification_uri":"https://a.example/","expires_in":60,"interval":3600}`, 200, oidc.ErrProvider},
		"twice":           {`{"device_code":"x","device_code":"y","user_code":"A","verification_uri":"https://a.example/","expires_in":60}`, 200, oidc.ErrProvider},
		"oversized":       {`{"device_code":"` + strings.Repeat("x", 300_000) + `"}`, 200, oidc.ErrProvider},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.Before = func(rw http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != "/device" {
					return false
				}
				rw.WriteHeader(change.status)
				_, _ = rw.Write([]byte(change.answer))
				return true
			}
			_, err := w.logins.StartDevice(context.Background(), "corp")
			refused(t, err, change.cause)
			if strings.Contains(err.Error(), "ada") {
				t.Error("the error repeats what the provider wrote about a person")
			}
		})
	}
	w := newWorld(t, nil)
	w.Metadata = map[string]any{"device_authorization_endpoint": ""}
	_, err := w.logins.StartDevice(context.Background(), "corp")
	refused(t, err, oidc.ErrProvider)
}

// A provider that cannot be used is refused before anybody is sent there.
func TestProvidersThatAreNotUsed(t *testing.T) {
	elsewhere := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(elsewhere.Close)
	for name, meta := range map[string]map[string]any{
		"another issuer":      {"issuer": "https://evil.example"},
		"issuer with a slash": {"issuer": "/"},
		"plain token":         {"token_endpoint": elsewhere.URL + "/token"},
		"plain keys":          {"jwks_uri": elsewhere.URL + "/jwks"},
		"no authorization":    {"authorization_endpoint": ""},
		"PKCE in the plain":   {"code_challenge_methods_supported": []string{"plain"}},
		"only private keys":   {"token_endpoint_auth_methods_supported": []string{"private_key_jwt"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			if meta["issuer"] == "/" {
				meta["issuer"] = w.URL + "/"
			}
			w.Metadata = meta
			_, err := w.logins.Start(context.Background(), "corp", redirect)
			refused(t, err, oidc.ErrProvider)
		})
	}
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request){
		"a redirect": func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/elsewhere", http.StatusFound) },
		"an error":   func(rw http.ResponseWriter, _ *http.Request) { http.Error(rw, "no", http.StatusInternalServerError) },
		"no JSON":    func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("<html>")) },
		"too much": func(rw http.ResponseWriter, _ *http.Request) {
			_, _ = rw.Write([]byte(`{"x":"` + strings.Repeat("x", 300_000) + `"}`))
		},
		"a member twice": func(rw http.ResponseWriter, r *http.Request) {
			u := "https://" + r.Host
			_, _ = rw.Write([]byte(`{"issuer":"` + u + `","authorization_endpoint":"` + u + `","token_endpoint":"` + u + `/a","token_endpoint":"` + u + `/b","jwks_uri":"` + u + `"}`))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.Before = func(rw http.ResponseWriter, r *http.Request) bool { answer(rw, r); return true }
			_, err := w.logins.Start(context.Background(), "corp", redirect)
			refused(t, err, oidc.ErrProvider)
			if len(err.Error()) > 500 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
		})
	}
}

// A secret that cannot be read, or is empty, is not left away.
func TestSecretThatCannotBeRead(t *testing.T) {
	w := newWorld(t, func(p *oidc.Provider) { p.Secret = func() (string, error) { return "", nil } })
	_, err := w.logins.Start(context.Background(), "corp", redirect)
	refused(t, err, oidc.ErrProvider)
}
