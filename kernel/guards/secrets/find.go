package secrets

import "sync"

// builtin is the engine of all built-in detectors: built once, then read only.
var builtin = sync.OnceValue(func() *engine {
	all := append(cloud(), services()...)
	all = append(all, models()...)
	all = append(all, forms()...)
	return newEngine(append(all, assignments()...))
})

// Detectors returns the ids of the built-in detectors, in the order in which
// they are tried.
func Detectors() []string {
	var ids []string
	for _, d := range builtin().detectors {
		if !has(ids, d.id) {
			ids = append(ids, d.id)
		}
	}
	return ids
}

// Detect looks for a credential in a text and returns the id of the detector
// that found one.
func Detect(text string) (detector string, found bool) {
	at, ok := detect("", text)
	return at.detector, ok
}

// DetectNamed is Detect for a value held by a member of the given name:
// {"password": "…"} is a secret where the value alone would not be.
func DetectNamed(name, value string) (detector string, found bool) {
	at, ok := detect(name, value)
	return at.detector, ok
}

// finding is where one detector found something. A finding inside a wrapping
// covers the whole of it.
type finding struct {
	detector string
	at       span
}

// detect returns the first finding in a value.
func detect(name, text string) (first finding, found bool) {
	findAll(name, text, func(f finding) bool {
		first, found = f, true
		return false
	})
	return first, found
}

// findAll calls fn for each finding, until fn answers false:
//
//  1. in the text itself
//  2. the text as the value of the member's name
//  3. in what base64 and hexadecimal in it decode to, one level deep
func findAll(name, text string, fn func(finding) bool) {
	if len(text) < minSecretBytes {
		return
	}
	e, more := builtin(), true
	e.scan(text, func(id string, at span) bool { // 1
		more = fn(finding{id, at})
		return more
	})
	if !more {
		return
	}
	if id, ok := e.named(name, text); ok && !fn(finding{id, span{0, len(text)}}) { // 2
		return
	}
	if len(text) < minBlobBytes {
		return
	}
	blobs(text, func(at span) bool { // 3
		inner := unwrap(text[at.start:at.end])
		if inner == "" {
			return true
		}
		hit := ""
		e.scan(inner, func(id string, _ span) bool { hit = id; return false })
		return hit == "" || fn(finding{hit, at})
	})
}
