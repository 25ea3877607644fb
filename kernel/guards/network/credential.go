package network

import (
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/kernel/guard"
)

// credential is rule 6 of Browser: it looks into every member that holds what
// is typed, and into all of them in a row, since keys can be sent one by one.
// It returns the field of the rule and the detector's name, or nothing.
func (g *Browser) credential(r *guard.Request) (field, detector string) {
	if g.detect == nil && len(g.extra) == 0 {
		return "", ""
	}
	typed, total := 0, 0
	for i := range r.Action.Texts {
		t := &r.Action.Texts[i]
		if !typedName(t.Name) {
			continue
		}
		if field, detector = g.detected(t.Value); field != "" {
			return field, detector
		}
		typed++
		total += len(t.Value)
	}
	if typed < 2 {
		return "", ""
	}
	var all strings.Builder
	all.Grow(total)
	for i := range r.Action.Texts {
		if t := &r.Action.Texts[i]; typedName(t.Name) {
			all.WriteString(t.Value)
		}
	}
	return g.detected(all.String())
}

func (g *Browser) detected(text string) (field, detector string) {
	if g.detect != nil {
		if name, found := g.detect(text); found {
			return ".credential_detection", name
		}
	}
	for i, re := range g.extra {
		if re.MatchString(text) {
			return ".extra_credential_patterns", "pattern " + strconv.Itoa(i)
		}
	}
	return "", ""
}

// typedName reports a member that holds text to type.
func typedName(name string) bool {
	switch len(name) {
	case 4:
		return strings.EqualFold(name, "text") || strings.EqualFold(name, "keys")
	case 5:
		return strings.EqualFold(name, "value") || strings.EqualFold(name, "input")
	case 7:
		return strings.EqualFold(name, "content")
	}
	return false
}
