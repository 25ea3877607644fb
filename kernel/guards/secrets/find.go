package secrets

import "sync"

// builtin is the engine of all built-in detectors: built once, then read only.
var builtin = sync.OnceValue(func() *engine {
	all := append(cloud(), services()...)
	all = append(all, models()...)
	all = append(all, forms()...)
	all = append(all, lines()...)
	return newEngine(append(all, assignments()...))
})

// Detect looks for a credential in a text and returns the id of the detector
// that found one.
func Detect(text string) (detector string, found bool) {
	at, ok := detect("", text)
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
//  3. runs without an announcing word: by their form, or in what base64 and
//     hexadecimal decode to, one level deep
//  4. if nothing was found, in the text without its escapes
func findAll(name, text string, fn func(finding) bool) {
	if len(text) < minSecretBytes {
		return
	}
	e, more, any := builtin(), true, false
	tell := func(id string, at span) bool {
		any = true
		more = fn(finding{id, at})
		return more
	}
	if e.scan(text, tell); !more { // 1
		return
	}
	if id, ok := e.named(name, text); ok && !tell(id, span{0, len(text)}) { // 2
		return
	}
	if len(text) >= minBlobBytes {
		e.wrapped(text, tell) // 3
	}
	if any {
		return
	}
	if plain, ok := loosen(text); ok { // 4
		e.scan(plain, func(id string, _ span) bool {
			fn(finding{id, span{0, len(text)}})
			return false
		})
	}
}

// wrapped is rule 3.
func (e *engine) wrapped(text string, fn func(string, span) bool) {
	blobs(text, func(at span) bool {
		if whole, ok := discordBot(text, at); ok {
			return fn("discord_token", whole)
		}
		inner := unwrap(text[at.start:at.end])
		if inner == "" {
			return true
		}
		hit := ""
		e.scan(inner, func(id string, _ span) bool { hit = id; return false })
		return hit == "" || fn(hit, at)
	})
}

// discordBot: an id in base64, six characters of time, and a signature, which
// is the run that was found.
func discordBot(text string, at span) (span, bool) {
	n := at.end - at.start
	if n < 27 || n > 45 || !is(set1Dot, text, at.start-1) {
		return span{}, false
	}
	time := runBack(text, at.start-1, urlSafe)
	if m := at.start - 1 - time; m < 5 || m > 7 || !is(set1Dot, text, time-1) {
		return span{}, false
	}
	id := runBack(text, time-1, urlSafe)
	if m := time - 1 - id; m < 18 || m > 30 || text[id] != 'M' && text[id] != 'N' && text[id] != 'O' {
		return span{}, false
	}
	return span{id, at.end}, !placeholder(text[at.start:at.end])
}
