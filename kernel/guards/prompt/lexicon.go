package prompt

import (
	"embed"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed vocabulary.txt phrases.txt frames.txt
var vocabularies embed.FS

// lexicon is the compiled vocabulary. It never changes once it is made.
type lexicon struct {
	words  *tree // words and phrases, at word boundaries
	joined *tree // the same without spaces, anywhere in a run of letters
	marks  *tree // structure: chat-template tokens, fences, comments
}

// theLexicon compiles the embedded vocabulary once, for every guard.
var theLexicon = sync.OnceValues(compileLexicon)

// minJoined is the shortest word looked for in text without spaces, in bytes.
const minJoined = 5

func compileLexicon() (*lexicon, error) {
	x := &lexicon{words: newTree(), joined: newTree(), marks: newTree()}
	for _, name := range []string{"vocabulary.txt", "phrases.txt", "frames.txt"} {
		data, err := vocabularies.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("reading the vocabulary: %w", err)
		}
		for i, line := range strings.Split(string(data), "\n") {
			if line == "" || line[0] == '#' {
				continue
			}
			if err := x.line(line); err != nil {
				return nil, fmt.Errorf("%s line %d: %w", name, i+1, err)
			}
		}
	}
	for _, m := range marks() {
		set := conceptSet(m.concept)
		for _, text := range m.texts {
			x.marks.add([]byte(Canonical(text)), func(n *node) { n.inside |= set })
		}
	}
	return x, nil
}

// line enters "concept lang: word, phrase, stem*".
func (x *lexicon) line(line string) error {
	head, list, ok := strings.Cut(line, ": ")
	name, _, named := strings.Cut(head, " ")
	c, known := conceptNames()[name]
	if !ok || !named || !known {
		return fmt.Errorf("%.40q is not a concept, a language and words", head)
	}
	for word := range strings.SplitSeq(list, ", ") {
		if err := x.word(word, conceptSet(c)); err != nil {
			return err
		}
	}
	return nil
}

func (x *lexicon) word(word string, set concepts) error {
	stem, isStem := strings.CutSuffix(word, "*")
	text := []byte(Canonical(strings.TrimSpace(stem)))
	if len(text) < 2 {
		return fmt.Errorf("word %.40q is too short", word)
	}
	k, _ := kindAt(text)
	x.words.add(text, func(n *node) {
		switch {
		case k == ideograph:
			n.inside |= set
		case isStem:
			n.stem |= set
		default:
			n.whole |= set
		}
	})
	packed := strings.ReplaceAll(string(text), " ", "")
	if r, _ := utf8.DecodeRune(text); len(packed) >= minJoined && k == lettered && r < 0x0590 {
		x.joined.add([]byte(packed), func(n *node) { n.inside |= set })
	}
	return nil
}
