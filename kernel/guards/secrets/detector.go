package secrets

// span is where a finding lies.
type span struct{ start, end int }

// detector finds one kind of credential.
type detector struct {
	id    string
	words []string // that announce it, in lower case; found in any case
	// find is called for each word at text[start:end].
	// The text is a window: enough before and after the word.
	find  func(text string, start, end int) (span, bool)
	reach int // bytes behind the word; 0 is defaultReach
}

// The window that a matcher sees. It bounds the work for one word, so that no
// text makes scanning quadratic.
const (
	windowBefore = 1024
	defaultReach = 1024
)

// shape is the form of a token that begins with its announcing word.
type shape struct {
	prefix string // in the exact case
	body   *class
	min    int // bytes of body after the prefix
	max    int // more than this is another thing; 0 is no bound
	bound  bool
	// loose tokens have a short or common prefix: the body must be random.
	milli uint64 // bits per byte in thousandths; 0 is not measured
	digit bool   // the body holds a digit
}

// token is a detector of one or more shapes.
func token(id string, shapes ...shape) detector {
	d := detector{id: id}
	for _, s := range shapes {
		low := lowered(s.prefix, nil)
		if !has(d.words, low) {
			d.words = append(d.words, low)
		}
	}
	d.find = func(text string, start, end int) (span, bool) {
		for i := range shapes {
			if at, ok := shapes[i].match(text, start, end); ok {
				return at, true
			}
		}
		return span{}, false
	}
	return d
}

func has(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

// match checks the token that begins at start, in this order:
//
//  1. the prefix is there in its exact case, and with bound no letter or digit
//     comes before it
//  2. the body is long enough, and not longer than tokens of the kind are
//  3. the body looks drawn at random, where the shape asks for it
//  4. it is no placeholder; a word behind what would be a token makes none
func (s *shape) match(text string, start, end int) (span, bool) {
	if text[start:end] != s.prefix || s.bound && is(alnum, text, start-1) { // 1
		return span{}, false
	}
	if s.max > 0 {
		text = text[:min(len(text), end+s.max+1)] // a longer one is another thing: no need to see its end
	}
	stop := run(text, end, s.body)
	if n := stop - end; n < s.min || s.max > 0 && n > s.max { // 2
		return span{}, false
	}
	body := text[end:stop]
	if s.milli > 0 && !bitsOver(body, s.milli) || s.digit && kindsOf(body).digit == 0 { // 3
		return span{}, false
	}
	return span{start, stop}, !placeholder(body[:max(s.min, len(body)/2)]) // 4
}

// engine is a set of detectors behind one automaton. It is immutable.
type engine struct {
	detectors []detector
	words     *automaton
}

func newEngine(detectors []detector) *engine {
	e := &engine{detectors: detectors}
	var words []word
	for i, d := range detectors {
		for _, w := range d.words {
			words = append(words, word{w, uint16(i)})
		}
	}
	e.words = newAutomaton(words)
	return e
}

// scan calls fn for each finding in text, in the order in which the words that
// announce them end, until fn answers false. Findings may overlap.
func (e *engine) scan(text string, fn func(id string, at span) bool) {
	e.words.each(text, func(i, start, end int) bool {
		d := &e.detectors[i]
		from, reach := max(0, start-windowBefore), d.reach
		if reach == 0 {
			reach = defaultReach
		}
		at, ok := d.find(text[from:min(len(text), end+reach)], start-from, end-from)
		return !ok || fn(d.id, span{from + at.start, from + at.end})
	})
}
