package secrets

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guards"
	"github.com/backbay-labs/chio-node/wire"
)

// The evidence codes of the sanitizer.
const (
	CodeSanitized kernel.Code = "CHIO-GUARD-SANITIZED"        // something was replaced; the result is released
	CodeSensitive kernel.Code = "CHIO-GUARD-SENSITIVE-OUTPUT" // the result is withheld
)

// SanitizerName is the guard's name.
const SanitizerName = "output-sanitizer"

var errNotJSON = errors.New("the result is not one JSON value")

// Sanitizer looks at every string, member name and number of a result and
// replaces what it finds by [REDACTED:<detector>], or withholds the result.
// The structure stays; a number that is found becomes a string. What it cannot
// read it withholds.
type Sanitizer struct {
	config   SanitizerConfig
	patterns patterns
	clean    kernel.OutputDecision
}

var _ kernel.OutputGuard = (*Sanitizer)(nil)

// NewSanitizer compiles the configuration; an error wraps ErrConfig.
func NewSanitizer(c SanitizerConfig) (*Sanitizer, error) {
	patterns, err := compilePatterns(c.Patterns)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", SanitizerName, err)
	}
	if !c.Secrets && !c.Personal && len(patterns.list) == 0 {
		return nil, fmt.Errorf("%s: %w: it is told to look for nothing", SanitizerName, ErrConfig)
	}
	builtin()
	return &Sanitizer{config: c, patterns: patterns, clean: kernel.OutputDecision{Verdict: kernel.Allow}}, nil
}

// Name returns output-sanitizer.
func (s *Sanitizer) Name() string { return SanitizerName }

// edit replaces one token of the JSON text.
type edit struct {
	at   span
	with string
	key  bool
}

// Inspect implements kernel.OutputGuard. Content is nil if nothing was found.
func (s *Sanitizer) Inspect(_ *kernel.Call, content wire.Raw) (kernel.OutputDecision, error) {
	if len(content) == 0 {
		return s.clean, nil
	}
	if !content.IsValid() {
		return kernel.OutputDecision{}, errNotJSON
	}
	var edits []edit
	counts := tally{}
	label := ""
	w := &jsonWalk{text: string(content)}
	w.visit = func(t jsonToken) {
		name := t.name
		switch t.name {
		case "name", "key", "field", "variable", "header":
			label = t.value
		case "value":
			name, label = label, ""
		}
		if with, found := s.redact(name, t, &counts); found {
			edits = append(edits, edit{t.at, with, t.key})
		}
	}
	if err := w.value("", 0); err != nil {
		return kernel.OutputDecision{}, err
	}
	if len(edits) == 0 {
		return s.clean, nil
	}
	if s.config.Block {
		return kernel.OutputDecision{Verdict: kernel.Deny, Evidence: counts.evidence(kernel.Deny, CodeSensitive)}, nil
	}
	out, err := apply(w.text, edits)
	if err != nil {
		return kernel.OutputDecision{}, err
	}
	return kernel.OutputDecision{Verdict: kernel.Allow, Content: out, Evidence: counts.evidence(kernel.Allow, CodeSanitized)}, nil
}

// apply splices the edits in. Names that became alike are numbered, because an
// object has each name once.
func apply(text string, edits []edit) (wire.Raw, error) {
	out := make([]byte, 0, len(text)+64*len(edits))
	at, keys := 0, map[string]int{}
	for _, e := range edits {
		with := e.with
		if e.key {
			if keys[with]++; keys[with] > 1 {
				with += "#" + strconv.Itoa(keys[with])
			}
		}
		out = append(out, text[at:e.at.start]...)
		out = append(out, wire.MustMarshal(with)...)
		at = e.at.end
	}
	out = append(out, text[at:]...)
	return wire.Canonicalize(out, wire.ForeignLimits)
}

// redact replaces what is found in one token. What is still found afterwards
// is not in one place: then the whole value goes.
func (s *Sanitizer) redact(name string, t jsonToken, counts *tally) (string, bool) {
	var found []finding
	collect := func(f finding) bool {
		found = append(found, f)
		return true
	}
	if s.findAll(name, t, collect); len(found) == 0 {
		return "", false
	}
	slices.SortStableFunc(found, func(a, b finding) int { return a.at.start - b.at.start })
	var b strings.Builder
	at := 0
	for i := 0; i < len(found); {
		f := found[i]
		for i++; i < len(found) && found[i].at.start < f.at.end; i++ {
			f.at.end = max(f.at.end, found[i].at.end)
		}
		if end := run(t.value, f.at.end, blobSet); end > f.at.end && is(blobSet, t.value, f.at.end-1) {
			f.at.end = end // the rest of a token longer than a matcher reads
			for i < len(found) && found[i].at.start < end {
				f.at.end = max(f.at.end, found[i].at.end)
				i++
			}
		}
		counts.add(f.detector)
		b.WriteString(t.value[at:f.at.start])
		b.WriteString("[REDACTED:" + f.detector + "]")
		at = f.at.end
	}
	b.WriteString(t.value[at:])
	out := b.String()
	again := ""
	s.findAll(name, jsonToken{value: out}, func(f finding) bool { again = f.detector; return false })
	if again != "" {
		return "[REDACTED:" + again + "]", true
	}
	return out, true
}

// Mask replaces the credentials in one text, held by a member of the given
// name, by [REDACTED:<detector>]; hit is false if there is none. It is a
// kernel.Masker.
func Mask(member, text string) (masked string, hit bool) {
	s := Sanitizer{config: SanitizerConfig{Secrets: true}}
	return s.redact(member, jsonToken{value: text}, &tally{})
}

// findAll looks for whatever the configuration asks for.
func (s *Sanitizer) findAll(name string, t jsonToken, fn func(finding) bool) {
	if t.value == "" {
		return
	}
	more := true
	if s.config.Secrets && !t.bare {
		findAll(name, t.value, func(f finding) bool { more = fn(f); return more })
	}
	if more && s.config.Personal {
		personal(name, t.value, func(id string, at span) bool { more = fn(finding{id, at}); return more })
	}
	if !more || len(s.patterns.list) == 0 {
		return
	}
	var may guards.Candidates
	s.patterns.needles.Look(t.value, &may)
	for i := range s.patterns.list {
		p := &s.patterns.list[i]
		if !may.Has(i) {
			continue
		}
		for from := 0; more && from <= len(t.value); {
			at, ok := p.find(t.value[from:])
			if !ok {
				break
			}
			if at.end > at.start {
				more = fn(finding{p.name, span{from + at.start, from + at.end}})
			}
			from += max(at.end, at.start+1)
		}
	}
}

// tally counts findings by detector.
type tally struct {
	ids    []string
	counts []int
}

func (t *tally) add(id string) {
	if i := slices.Index(t.ids, id); i >= 0 {
		t.counts[i]++
		return
	}
	t.ids, t.counts = append(t.ids, id), append(t.counts, 1)
}

func (t *tally) evidence(v kernel.Verdict, code kernel.Code) []kernel.Evidence {
	var parts []string
	for i, id := range t.ids {
		parts = append(parts, fmt.Sprintf("%d %s", t.counts[i], id))
	}
	slices.Sort(parts)
	return []kernel.Evidence{{Guard: SanitizerName, Verdict: v, Code: code, Details: "found " + strings.Join(parts, ", ")}}
}
