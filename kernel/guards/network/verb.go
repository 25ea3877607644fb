package network

import (
	"strings"

	"github.com/backbay-labs/chio-node/kernel/guard"
)

// maxVerb bounds the folded name of a browser verb; longer ones are unknown.
const maxVerb = 48

// verb is the folded name of a browser verb: lower-case letters and digits.
type verb struct {
	text [maxVerb]byte
	n    int
}

func (v *verb) bytes() []byte { return v.text[:v.n] }

// parseVerb folds a verb and cuts the prefix by which browser tools are named,
// so that browser_navigate, Navigate and puppeteer_navigate are one.
func parseVerb(s string) (v verb, known bool) {
	b, ok := fold(s, v.text[:0])
	if !ok {
		return verb{}, false
	}
	v.n = len(b)
	for _, prefix := range browserPrefixes {
		if strings.HasPrefix(string(v.bytes()), prefix) {
			v.n = copy(v.text[:], v.text[len(prefix):v.n])
			break
		}
	}
	return v, true
}

var browserPrefixes = [...]string{"browser", "puppeteer", "playwright", "webdriver"}

// navigates reports a verb that makes the browser load what it is given.
func navigates(v []byte) bool {
	switch string(v) {
	case "navigate", "navigateto", "navigatepage", "goto", "gotourl", "open", "openurl", "openpage", "opentab", "load", "loadurl",
		"loadpage", "browse", "browseto", "visit", "visiturl", "visitpage", "newtab", "tabnew", "newpage", "newwindow", "createtab",
		"seturl", "setlocation", "go", "get", "fetch", "download":
		return true
	}
	return false
}

// browserVerbs returns the verbs of a browser action: the one its arguments
// name, and the one its tool is called by if that is another. A tool that the
// extraction does not know is a browser's if its name begins like one.
func browserVerbs(r *guard.Request) (verbs [2]verb, n int, is, known bool) {
	known = true
	add := func(s string) {
		v, ok := parseVerb(s)
		if known = known && ok; v.n > 0 && (n == 0 || verbs[0] != v) {
			verbs[n] = v
			n++
		}
	}
	base := lastName(r.Call.Mandate.Tool)
	byName := browserTool(base)
	s, byShape := r.Action.Shape.(guard.BrowserAction)
	declared := r.Call.Route.Shape != nil && r.Call.Route.Shape.Action == "browser"
	if !byShape && !byName && !declared {
		return verbs, 0, false, false
	}
	if byShape {
		add(s.Verb)
	}
	if byName {
		add(base)
	}
	return verbs, n, true, known
}

// lastName is what follows the last separator of a namespace.
func lastName(tool string) string {
	for _, sep := range [...]string{"__", "/", ".", ":"} {
		if i := strings.LastIndex(tool, sep); i >= 0 && i+len(sep) < len(tool) {
			tool = tool[i+len(sep):]
		}
	}
	return tool
}

func browserTool(base string) bool {
	for _, prefix := range browserPrefixes {
		if len(base) >= len(prefix) && strings.EqualFold(base[:len(prefix)], prefix) {
			return true
		}
	}
	return false
}
