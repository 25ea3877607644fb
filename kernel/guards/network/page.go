package network

import (
	"errors"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
)

// judgePages is rules 2 to 5 of Browser, over everything in the call that a
// browser could load.
func (g *Browser) judgePages(r *guard.Request, loads bool) (kernel.Decision, bool) {
	judged := false
	if s, ok := r.Action.Shape.(guard.BrowserAction); ok && s.Target != "" && (loads || schemed(s.Target)) {
		judged = true
		if d, refused := g.judgePage(s.Target, loads); refused {
			return d, true
		}
	}
	for _, u := range r.Action.URLs {
		judged = true
		if d, refused := g.judgePage(u, loads); refused {
			return d, true
		}
	}
	for i := range r.Action.Texts {
		t := &r.Action.Texts[i]
		if t.Value == "" || seen(r.Action.URLs, t.Value) {
			continue
		}
		kind := argumentOf(t.Name)
		if kind != argURL && !(kind == argOther && t.Name != "" && opened(t.Value)) {
			continue
		}
		judged = true
		if d, refused := g.judgePage(t.Value, loads); refused {
			return d, true
		}
	}
	if loads && !judged && g.domains() { // 3
		return g.refuse(g.domainField(), "the call loads a page and names none"), true
	}
	return kernel.Decision{}, false
}

func (g *Browser) domains() bool { return g.block != nil || g.allow != nil }

func (g *Browser) domainField() string {
	if g.allow != nil {
		return ".allowed_domains"
	}
	return ".blocked_domains"
}

// judgePage judges one URL. A relative one stays on its page, unless the verb
// loads it.
func (g *Browser) judgePage(raw string, loads bool) (kernel.Decision, bool) {
	raw = strings.Trim(raw, " \t\r\n")
	if raw == "" || !loads && relative(raw) || strings.EqualFold(raw, "about:blank") {
		return kernel.Decision{}, false
	}
	if opened(raw) { // 2
		return g.refuse(g.schemeField(), "a page of the browser's own scheme has no domain to judge"), true
	}
	h, scheme, err := parse(raw)
	if scheme != "" && (!web(scheme) || strings.EqualFold(scheme, "ftp")) { // 2
		return g.refuse(g.schemeField(), "a page of scheme "+brief(strings.ToLower(scheme))+" has no domain to judge"), true
	}
	switch {
	case !g.domains():
		return kernel.Decision{}, false
	case err != nil && scheme == "" && !loads && !errors.Is(err, ErrNoHost) && !isURLForm(raw):
		return kernel.Decision{}, false // a relative URL
	case err != nil: // 3
		return g.refuse(g.domainField(), "the page to load: "+err.Error()), true
	case g.block != nil && g.block.matchReached(h): // 4
		return g.refuse(".blocked_domains", "host "+h.Name+" is blocked"), true
	case g.allow != nil && !g.allow.match(h): // 5
		return g.refuse(".allowed_domains", "host "+h.Name+" is not in the allow list"), true
	}
	return kernel.Decision{}, false
}

func (g *Browser) schemeField() string {
	if g.domains() {
		return g.domainField()
	}
	return ".allowed_verbs"
}

// schemed reports text that is an absolute URL of any scheme.
func schemed(s string) bool { return isURLForm(s) || opened(s) }

// opened reports text with a scheme under which a browser makes a page of what
// it is given, blanks and letter case aside.
func opened(s string) bool {
	s = strings.TrimLeft(s, "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f ")
	var buf [16]byte
	b := buf[:0]
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '\t' || c == '\r' || c == '\n':
			continue // browsers drop them within a scheme
		case c == ':':
			switch string(b) {
			case "data", "javascript", "vbscript", "file", "about", "blob", "view-source", "filesystem", "chrome", "edge", "resource",
				"chrome-extension", "moz-extension", "devtools", "jar":
				return true
			}
			return false
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		}
		if len(b) == cap(b) {
			return false
		}
		b = append(b, c)
	}
	return false
}

// brief bounds a scheme for evidence.
func brief(s string) string { return s[:min(len(s), 32)] }
