package openid4vci_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/vc/openid4vci"
)

// What is read of a token request has the one grant and a code.
func FuzzTokenRequest(f *testing.F) {
	f.Add([]byte(form("code").Encode()))
	f.Add([]byte(form("code", "tx_code", "123456", "client_id", "w").Encode()))
	f.Add([]byte("grant_type=x&grant_type=y"))
	f.Fuzz(func(t *testing.T, body []byte) {
		q, err := openid4vci.ReadToken(body)
		if err != nil {
			return
		}
		if g, code, _ := q.Fields(); g != grant || code == "" {
			t.Fatalf("%q was read as grant %q, code %q", body, g, code)
		}
	})
}

// What is read of a credential request is one form that there is, and one proof.
func FuzzCredentialRequest(f *testing.F) {
	f.Add([]byte(request(openid4vci.FormSDJWT, "a.b.c")))
	f.Add([]byte(`{"credential_identifier":"x"}`))
	f.Add([]byte(`{"credential_configuration_id":"chio_agent_passport","proofs":{"jwt":["a","b"]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		form, _, err := openid4vci.ReadCredential(body)
		if err == nil && !slices.Contains(openid4vci.Forms(), form) {
			t.Fatalf("%q asks for %q", body, form)
		}
	})
}

// What is read of a notification has an id and an event that there is.
func FuzzNotification(f *testing.F) {
	f.Add([]byte(`{"notification_id":"x","event":"credential_accepted"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		q, err := openid4vci.ReadNotification(body)
		if err == nil && (q.ID == "" || !strings.HasPrefix(q.Event, "credential_")) {
			t.Fatalf("%q was read as %+v", body, q)
		}
	})
}

// An error_description has no character that the specification excludes.
func FuzzPlain(f *testing.F) {
	f.Add("a \"quote\", a \\, a \x00 and ü")
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range openid4vci.Plain(s) {
			if r < ' ' || r > '~' || r == '"' || r == '\\' {
				t.Fatalf("%q has %q", s, r)
			}
		}
	})
}
