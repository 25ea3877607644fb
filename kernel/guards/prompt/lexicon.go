package prompt

import (
	"embed"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed vocabulary.txt phrases.txt frames.txt languages.txt
var vocabularies embed.FS

// lexicon is the compiled vocabulary. It never changes once it is made; the
// buffers of its readers are all that it lends.
type lexicon struct {
	words  *tree      // words and phrases, at word boundaries
	joined *tree      // the same without spaces, anywhere in a run of letters
	marks  *tree      // structure: chat-template tokens, fences, comments
	typos  typos      // words by the letters they have
	bloom  [64]uint64 // of the keys of typos
	keys   keySet     // how words begin

	initials [26]bool // of the words of typos
	readers  sync.Pool
}

// theLexicon compiles the embedded vocabulary once, for every guard.
var theLexicon = sync.OnceValues(compileLexicon)

// minJoined is the shortest word looked for in text without spaces, in bytes.
const minJoined = 5

// compiler holds the parts of a lexicon while it is read.
type compiler struct {
	lex           *lexicon
	names         map[string]concept
	fold          folded
	words, joined builder
}

func compileLexicon() (*lexicon, error) {
	c := &compiler{lex: &lexicon{typos: typos{}}, names: conceptNames()}
	for _, name := range []string{"vocabulary.txt", "phrases.txt", "frames.txt", "languages.txt"} {
		data, err := vocabularies.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("reading the vocabulary: %w", err)
		}
		number := 0
		for line := range strings.SplitSeq(string(data), "\n") {
			number++
			if line == "" || line[0] == '#' {
				continue
			}
			if err := c.line(line); err != nil {
				return nil, fmt.Errorf("%s line %d: %w", name, number, err)
			}
		}
	}
	x := c.lex
	x.words, x.joined = c.words.build(), c.joined.build()
	var structure builder
	for _, m := range marks() {
		for _, text := range m.texts {
			structure.add(Canonical(text), ending{inside: conceptSet(m.concept)})
		}
	}
	x.marks = structure.build()
	for _, w := range transposed {
		h := x.typos.add(w)
		x.bloom[h>>58] |= 1 << (h >> 52 & 63)
		x.initials[w[0]-'a'] = true
	}
	return x, nil
}

// line enters "concept lang: word, phrase, stem*".
func (c *compiler) line(line string) error {
	head, list, ok := strings.Cut(line, ": ")
	name, _, named := strings.Cut(head, " ")
	concept, known := c.names[name]
	if !ok || !named || !known {
		return fmt.Errorf("%.40q is not a concept, a language and words", head)
	}
	for word := range strings.SplitSeq(list, ", ") {
		if err := c.word(word, conceptSet(concept)); err != nil {
			return err
		}
	}
	return nil
}

func (c *compiler) word(word string, set concepts) error {
	stem, isStem := strings.CutSuffix(word, "*")
	c.fold.fold([]byte(strings.TrimSpace(stem)))
	text := string(c.fold.text)
	if len(text) < 2 {
		return fmt.Errorf("word %.40q is too short", word)
	}
	k, _ := kindAt(c.fold.text)
	switch {
	case k == ideograph:
		c.words.add(text, ending{inside: set})
	case isStem:
		c.words.add(text, ending{stem: set})
	default:
		c.words.add(text, ending{whole: set})
	}
	c.lex.keys.addKey(text)
	packed := strings.ReplaceAll(text, " ", "")
	if r, _ := utf8.DecodeRuneInString(text); len(packed) >= minJoined && (k == ideograph || r < 0x0590) {
		c.joined.add(packed, ending{inside: set})
	}
	return nil
}
