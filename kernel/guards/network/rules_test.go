package network

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
)

// A host under a name that only may hold one is judged by the allow list too,
// where the text can hardly be anything else.
func TestGuessedHostsMeetTheAllowList(t *testing.T) {
	g := egress(t, EgressConfig{Allow: []string{"good.example"}})
	for args, want := range map[string]kernel.Verdict{
		`{"site":"unlisted.example"}`: kernel.Deny, `{"domain":"unlisted.example"}`: kernel.Deny, `{"proxy":"8.8.8.8"}`: kernel.Deny,
		`{"site":"good.example"}`: kernel.Allow, `{"site":"the harbour"}`: kernel.Allow, `{"site":"north.pier3"}`: kernel.Allow,
	} {
		if d, err := g.Judge(request("summon", args)); err != nil || d.Verdict != want {
			t.Errorf("%s: %v %+v %v, want %v", args, d.Verdict, d.Evidence, err, want)
		}
	}
}

// An expression that is not RE2 is refused, whatever else is configured: a
// list beside it must not hide it.
func TestBadExpressionBesideAList(t *testing.T) {
	for _, bad := range []string{"(", "(?=a)", ""} {
		c := BrowserConfig{AllowedDomains: []string{"a.org"}, AllowedVerbs: []string{"click"}, ExtraCredentials: []string{"ok", bad}}
		if _, err := NewBrowser(c); !errors.Is(err, ErrBrowserConfig) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
