package node

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/internal/idp"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/oidc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

const clientSecret = "c4nary-client-secret-Zq81"

// loginHome is a home with an identity provider, over http on loopback.
func loginHome(t *testing.T) (Options, *idp.Provider) {
	t.Helper()
	o := newHome(t)
	provider := idp.New(t, idp.Config{ClientID: "chio", ClientSecret: clientSecret, Now: time.Now})
	provider.Claims = map[string]any{"tid": "acme", "groups": []string{"writers", "choir"}}
	doc := `identity_providers:
  - name: corp
    issuer: ` + provider.URL + `
    client_id: chio
    client_secret_file: corp.secret
    tenant_claim: tid
    tenants: [acme]
    groups_claim: groups
    required_groups: [writers]
    required_claims: {email_verified: true}
    roles: {writers: [reader, writer]}
    max_age_seconds: 600
`
	if err := os.WriteFile(filepath.Join(o.Home, "corp.secret"), []byte(clientSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if o.Config, err = ParseConfig([]byte(doc)); err != nil {
		t.Fatal(err)
	}
	return o, provider
}

// logIn is the person and the command line of a login by code.
func logIn(t *testing.T, n *Node) *oidc.Answer {
	t.Helper()
	s, err := n.startLogin(t.Context(), StartLogin{Provider: "corp", RedirectURI: "http://127.0.0.1:4711/callback"})
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	back, err := url.Parse(res.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	q := back.Query()
	return &oidc.Answer{ID: s.ID, Code: q.Get("code"), State: q.Get("state"), Issuer: q.Get("iss")}
}

// TestPassportFromALogin: the passport refers to the record of the login, the
// record is kept and compares, and a successor by rotation keeps it.
func TestPassportFromALogin(t *testing.T) {
	o, provider := loginHome(t)
	n := openNode(t, o)
	issued, err := n.issuePassport(t.Context(), IssuePassport{Agent: "researcher", Login: logIn(t, n)})
	if err != nil {
		t.Fatal(err)
	}
	r := passport.VerifyFile(issued.File, vc.Gate{Now: n.now(), TrustedIssuer: func(string) bool { return true }})
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	kept := do[KeptProvenance](t, n, "passport/provenance", PassportRequest{Agent: "researcher"})
	record, err := passport.ParseProvenanceRecord(kept.Record)
	if err != nil {
		t.Fatal(err)
	}
	if err := passport.CheckProvenance(r.Passport, record); err != nil {
		t.Error(err)
	}
	said := r.Passport.Subject
	if said.Provenance.Provider != provider.URL || said.Provenance.Method != "oidc" || said.Provenance.Digest != kept.SHA256 ||
		!slices.Equal(said.Roles, []string{"reader", "writer"}) || record.Principal != "u-1001" || record.Tenant != "acme" ||
		!slices.Equal(record.Groups, []string{"writers"}) || record.Agent != "researcher" || record.Issuer != n.DID() {
		t.Errorf("%+v\n%+v", said, record)
	}
	if strings.Contains(string(kept.Record), "@") || strings.Contains(string(issued.File), "u-1001") {
		t.Error("the record names a person by more than the principal, or the passport names one at all")
	}
	// Another name beside it, by another login, in the place of the first.
	second, err := n.supersedePassport(t.Context(), SupersedePassport{Issue: IssuePassport{Agent: "researcher", Roles: []string{"writer"}, Login: logIn(t, n)}})
	if err != nil {
		t.Fatal(err)
	}
	newer := do[KeptProvenance](t, n, "passport/provenance", PassportRequest{ID: second.Passport.ID})
	if newer.SHA256 == kept.SHA256 {
		t.Error("two logins of one person have one digest")
	}
	rotated, err := n.rotateAgent(t.Context(), RotateAgentRequest{Agent: "researcher"})
	if err != nil {
		t.Fatal(err)
	}
	if again := do[KeptProvenance](t, n, "passport/provenance", PassportRequest{ID: rotated.Passport}); again.SHA256 != newer.SHA256 {
		t.Error("the passport of the new key lost its provenance")
	}
	if _, err := n.issuePassport(t.Context(), IssuePassport{Agent: "plain"}); err != nil {
		t.Fatal(err)
	}
	_, err = n.showProvenance(t.Context(), PassportRequest{Agent: "plain"})
	wantCode(t, "no login", "CHIO-PROVENANCE-NONE", err)
	wantCode(t, "another's", "CHIO-PROVENANCE-MISMATCH", ProvenanceProblem(passport.CheckProvenance(&passport.Passport{}, record)))
}

// TestI9_LoginGivesOnePassport: a second passport needs a second login, also
// after a restart and for another agent, and a refused one leaves no agent.
func TestI9_LoginGivesOnePassport(t *testing.T) {
	o, provider := loginHome(t)
	var tokens []string
	provider.Token = func(m map[string]any) { tokens = append(tokens, m["id_token"].(string)) }
	inNode(t, o, func(n *Node) {
		answer := logIn(t, n)
		if _, err := n.issuePassport(t.Context(), IssuePassport{Agent: "first", Login: answer}); err != nil {
			t.Fatal(err)
		}
		_, err := n.issuePassport(t.Context(), IssuePassport{Agent: "second", Login: answer})
		wantCode(t, "the same answer", "CHIO-LOGIN-UNKNOWN", err)
		if _, err := n.passportID(PassportRequest{Agent: "second"}); err == nil {
			t.Error("a refused login made a passport")
		}
		s, err := n.startLogin(t.Context(), StartLogin{Provider: "corp", Device: true})
		if err != nil {
			t.Fatal(err)
		}
		_, err = n.issuePassport(t.Context(), IssuePassport{Agent: "second", Login: &oidc.Answer{ID: s.ID}})
		wantCode(t, "not typed yet", "CHIO-LOGIN-PENDING", err)
	})
	// A provider that gives the token of one device to another: it has no nonce.
	provider.Claims["at_hash"] = nil
	device := func(n *Node) error {
		s, err := n.startLogin(t.Context(), StartLogin{Provider: "corp", Device: true})
		if err != nil {
			return err
		}
		provider.Approve()
		_, err = n.issuePassport(t.Context(), IssuePassport{Agent: "second", Login: &oidc.Answer{ID: s.ID}})
		return err
	}
	inNode(t, o, func(n *Node) {
		if err := device(n); err != nil {
			t.Fatal(err)
		}
	})
	provider.Token = func(m map[string]any) { m["id_token"] = tokens[1] }
	inNode(t, o, func(n *Node) { wantCode(t, "a repeated token", "CHIO-LOGIN-USED", device(n)) })
}

// TestLoginsAreRefused: each cause has its code, and no passport comes of it.
func TestLoginsAreRefused(t *testing.T) {
	o, provider := loginHome(t)
	n := openNode(t, o)
	issue := func(req IssuePassport) error {
		req.Agent, req.Login = "researcher", logIn(t, n)
		_, err := n.issuePassport(t.Context(), req)
		return err
	}
	_, err := n.startLogin(t.Context(), StartLogin{Provider: "other", RedirectURI: "http://127.0.0.1:1/callback"})
	wantCode(t, "unknown provider", "CHIO-LOGIN-PROVIDER", err)
	wantCode(t, "a role that the login does not give", "CHIO-LOGIN-REQUIREMENT", issue(IssuePassport{Roles: []string{"admin"}}))
	given := passport.Provenance{Provider: provider.URL, Method: "oidc", Digest: wire.Hash(nil)}
	wantCode(t, "both ways", "CHIO-USAGE", issue(IssuePassport{Provenance: &given}))
	provider.Claims = map[string]any{"tid": "globex", "groups": []string{"writers"}}
	wantCode(t, "another tenant", "CHIO-LOGIN-REQUIREMENT", issue(IssuePassport{}))
	provider.Claims = map[string]any{"tid": "acme", "groups": []string{"writers"}, "aud": "other"}
	wantCode(t, "another audience", "CHIO-LOGIN-TOKEN", issue(IssuePassport{}))
	provider.Answer = func(v url.Values) { v.Set("iss", "https://evil.example") }
	wantCode(t, "mix-up", "CHIO-LOGIN-REFUSED", issue(IssuePassport{}))
	for range 64 {
		if _, err = n.startLogin(t.Context(), StartLogin{Provider: "corp", RedirectURI: "http://127.0.0.1:1/callback"}); err != nil {
			break
		}
	}
	_, err = n.startLogin(t.Context(), StartLogin{Provider: "corp", RedirectURI: "http://127.0.0.1:1/callback"})
	wantCode(t, "too many", "CHIO-LOGIN-TOO-MANY", err)
	if err := os.Chmod(filepath.Join(o.Home, "corp.secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = n.startLogin(t.Context(), StartLogin{Provider: "corp", RedirectURI: "http://127.0.0.1:1/callback"})
	wantCode(t, "a secret that others can read", "CHIO-LOGIN-UNREACHABLE", err)
	if _, err := n.passportID(PassportRequest{Agent: "researcher"}); err == nil {
		t.Error("a refused login made a passport")
	}
}

// TestLoginLeavesNoSecrets: codes, tokens, the client's secret, PKCE verifiers,
// nonces and the person's name and address are in nothing that the node writes.
func TestLoginLeavesNoSecrets(t *testing.T) {
	o, provider := loginHome(t)
	var logged safeBuffer
	o.Log = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	secrets := map[string]string{"client secret": clientSecret, "address": "ada@acme.example", "name": "Ada Canary"}
	provider.Token = func(m map[string]any) {
		secrets["access token"], secrets["ID token"] = m["access_token"].(string), m["id_token"].(string)
		secrets["signature"] = secrets["ID token"][strings.LastIndex(secrets["ID token"], ".")+1:]
	}
	provider.Before = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/token" {
			secrets["code"], secrets["verifier"] = r.PostFormValue("code"), r.PostFormValue("code_verifier")
		}
		if r.URL.Path == "/auth" {
			secrets["nonce"], secrets["state"] = r.URL.Query().Get("nonce"), r.URL.Query().Get("state")
		}
		return false
	}
	written := map[string][]byte{}
	inNode(t, o, func(n *Node) {
		if _, err := n.issuePassport(t.Context(), IssuePassport{Agent: "researcher", Login: logIn(t, n)}); err != nil {
			t.Fatal(err)
		}
		bad := logIn(t, n)
		bad.Code += "x"
		_, err := n.issuePassport(t.Context(), IssuePassport{Agent: "other", Login: bad})
		wantCode(t, "another code", "CHIO-LOGIN-REFUSED", err)
		n.log.Warn("what a caller would log", slog.Any("error", err))
		written["export"] = wire.MustMarshal(do[Files](t, n, "export", Empty{}))
		if bytes.Contains(written["export"], []byte("u-1001")) {
			t.Error("the principal is in the export")
		}
		if err := n.db.View(func(r store.Reader) error {
			return r.Scan("", "", func(key string, row []byte) error {
				written["row "+key] = append([]byte(key+" "), row...)
				return nil
			})
		}); err != nil {
			t.Fatal(err)
		}
	})
	written["log"] = logged.bytes()
	readAll(t, o.Home, written)
	delete(written, "file /corp.secret")
	if len(secrets) != 10 || len(written) < 10 {
		t.Fatalf("%d secrets, %d things written: the test looks at nothing", len(secrets), len(written))
	}
	for where, data := range written {
		for what, secret := range secrets {
			if form := holds(data, secret); form != "" {
				t.Errorf("the %s is in %s, %s", what, where, form)
			}
		}
	}
}

func TestIdentityProvidersAreValidated(t *testing.T) {
	for name, doc := range map[string]string{
		"plain http":  "{name: a, issuer: 'http://login.example', client_id: c}",
		"no client":   "{name: a, issuer: 'https://login.example'}",
		"unknown key": "{name: a, issuer: 'https://login.example', client_id: c, insecure: true}",
		"no openid":   "{name: a, issuer: 'https://login.example', client_id: c, scopes: [profile]}",
		"one name":    "{name: a, issuer: 'https://login.example', client_id: c}, {name: a, issuer: 'https://b.example', client_id: c}",
	} {
		if _, err := ParseConfig([]byte("identity_providers: [" + doc + "]")); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
