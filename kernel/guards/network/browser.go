package network

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
)

// ErrBrowserConfig refuses a configuration of browser-automation.
var ErrBrowserConfig = errors.New("browser-automation is misconfigured")

// The bounds of extra_credential_patterns.
const (
	maxCredentialPatterns = 64
	maxCredentialPattern  = 512
)

// Browser judges what a browser is told to do.
//
//  1. with a list of verbs, a verb that is not on it, or a call without one:
//     deny
//  2. with any list, a URL whose scheme is not http, https, ws or wss, except
//     about:blank: deny; a page of the caller's own (data:, javascript:, blob:)
//     has no domain to judge
//  3. with a list of domains, a verb that navigates without a host that can be
//     judged: deny
//  4. a blocked domain: deny; "*.x" of the block list covers x and all below
//  5. with allowed domains, one that is not listed: deny
//  6. text typed into a page that holds a credential: deny
type Browser struct {
	rule         string
	verbs        map[string]struct{} // nil: any
	block, allow *patterns           // nil: no list
	detect       func(string) (string, bool)
	extra        []*regexp.Regexp
	lists        bool // any list is set
	pass, judged kernel.Decision
}

// NewBrowser compiles the configuration. One that would check nothing is an
// error. Errors are ErrPattern or ErrBrowserConfig.
func NewBrowser(c BrowserConfig) (*Browser, error) {
	g := &Browser{rule: cmp.Or(c.Rule, "rules.browser_automation"), pass: guard.Allowed(BrowserName, "", "", "")}
	g.judged = guard.Allowed(BrowserName, "", g.rule, "")
	var err error
	if g.verbs, err = compileVerbs(c.AllowedVerbs); err != nil {
		return nil, err
	}
	if len(c.BlockedDomains) > 0 {
		if g.block, err = compile(below(c.BlockedDomains)); err != nil {
			return nil, fmt.Errorf("%s blocked_domains: %w", BrowserName, err)
		}
	}
	if len(c.AllowedDomains) > 0 {
		if g.allow, err = compile(c.AllowedDomains); err != nil {
			return nil, fmt.Errorf("%s allowed_domains: %w", BrowserName, err)
		}
	}
	if c.CredentialDetection {
		if c.Credential == nil {
			return nil, fmt.Errorf("%w: credential_detection needs a detector", ErrBrowserConfig)
		}
		g.detect = c.Credential
	}
	if g.extra, err = compileCredentials(c.ExtraCredentials); err != nil {
		return nil, err
	}
	g.lists = g.verbs != nil || g.block != nil || g.allow != nil
	if !g.lists && g.detect == nil && len(g.extra) == 0 {
		return nil, fmt.Errorf("%w: no list and no detection is set, so it would check nothing", ErrBrowserConfig)
	}
	return g, nil
}

func compileVerbs(list []string) (map[string]struct{}, error) {
	if len(list) == 0 {
		return nil, nil
	}
	verbs := make(map[string]struct{}, len(list))
	for _, s := range list {
		v, ok := parseVerb(s)
		if !ok || v.n == 0 {
			return nil, fmt.Errorf("%w: allowed_verbs has %.60q, which is no verb", ErrBrowserConfig, s)
		}
		verbs[string(v.bytes())] = struct{}{}
	}
	return verbs, nil
}

// below widens "*.x" of a block list to x and every name below it.
func below(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		if out[i] = s; strings.HasPrefix(s, "*.") && !strings.HasPrefix(s, "*.*") {
			out[i] = "*" + s
		}
	}
	return out
}

func compileCredentials(list []string) ([]*regexp.Regexp, error) {
	if len(list) > maxCredentialPatterns {
		return nil, fmt.Errorf("%w: extra_credential_patterns has more than %d entries", ErrBrowserConfig, maxCredentialPatterns)
	}
	var out []*regexp.Regexp
	for i, s := range list {
		if s == "" || len(s) > maxCredentialPattern {
			return nil, fmt.Errorf("%w: extra_credential_patterns[%d] is empty or longer than %d bytes", ErrBrowserConfig, i, maxCredentialPattern)
		}
		re, err := regexp.Compile(s)
		if err != nil {
			return nil, fmt.Errorf("%w: extra_credential_patterns[%d] is not RE2: %w", ErrBrowserConfig, i, err)
		}
		out = append(out, re)
	}
	return out, nil
}

// Name returns browser-automation.
func (g *Browser) Name() string { return BrowserName }

// Judge implements guard.Guard.
func (g *Browser) Judge(r *guard.Request) (kernel.Decision, error) {
	if d, bad := guard.Unreadable(BrowserName, r); bad {
		return d, nil
	}
	verbs, n, is, known := browserVerbs(r)
	if !is {
		return g.pass, nil
	}
	if g.verbs != nil {
		if !known || n == 0 { // 1
			return g.refuse(".allowed_verbs", "the call names no verb that can be judged"), nil
		}
		for i := range n {
			if _, ok := g.verbs[string(verbs[i].bytes())]; !ok { // 1
				return g.refuse(".allowed_verbs", "verb "+string(verbs[i].bytes())+" is not allowed"), nil
			}
		}
	}
	if g.lists {
		loads := !known
		for i := range n {
			loads = loads || navigates(verbs[i].bytes())
		}
		if d, refused := g.judgePages(r, loads); refused {
			return d, nil
		}
	}
	if field, detector := g.credential(r); field != "" { // 6
		return g.refuse(field, "text typed into a page holds a credential: "+detector), nil
	}
	return g.judged, nil
}

func (g *Browser) refuse(field, details string) kernel.Decision {
	return guard.Refuse(BrowserName, CodeBrowser, g.rule+field, details)
}
