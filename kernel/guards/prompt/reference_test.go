package prompt

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"github.com/backbay-labs/chio-node/internal/corpus"
	"github.com/backbay-labs/chio-node/kernel"
	"pgregory.net/rapid"
)

// What follows says plainly what the fast code must answer too.

// foldPlainly is fold one character at a time, remembering nothing.
func foldPlainly(f *folded, s []byte) {
	f.text, f.tags, f.bytes, f.hidden = f.text[:0], f.tags[:0], f.bytes[:0], 0
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRune(s[i:])
		i += n
		switch {
		case r < utf8.RuneSelf:
			f.ascii(plain[r])
		case r == utf8.RuneError && n == 1:
			f.ascii(' ')
		default:
			f.rune(r, 0)
		}
	}
}

// surveyPlainly counts every word of a text.
func surveyPlainly(x *lexicon, text []byte) (s survey) {
	part := func(c byte) bool { return c >= utf8.RuneSelf || alnum[c] || leet[c] != 0 }
	for i := 0; i < len(text); {
		if bytes.IndexByte([]byte("*~`^_|\\<"), text[i]) >= 0 && i > 0 && lower(text[i-1]) {
			s.marks++
		}
		if !part(text[i]) {
			i++
			continue
		}
		start, letters, others, foreign := i, 0, 0, false
		for ; i < len(text) && part(text[i]); i++ {
			c := text[i]
			foreign = foreign || c >= utf8.RuneSelf
			switch {
			case lower(c):
				letters++
				if i >= start+2 && text[i-1] == c && text[i-2] == c {
					s.misspelt++
				}
			case c < utf8.RuneSelf && leet[c] != 0:
				others++
				s.one = s.one || c == '1'
			}
		}
		w := text[start:i]
		n := len(w)
		if foreign {
			s.reversed, s.rotated, s.single, s.long = s.reversed+1, s.rotated+1, s.single+1, true
			continue
		}
		if n == 1 {
			s.single++
			continue
		}
		if others > 0 && letters >= others {
			s.leet++
		}
		s.long = s.long || n >= minRun
		if letters < n || n < 4 {
			continue
		}
		if x.keys.has(key(turn(w[0]), turn(w[1]), turn(w[2]), turn(w[3]))) {
			s.rotated++
		}
		if x.keys.has(key(w[n-1], w[n-2], w[n-3], w[n-4])) {
			s.reversed++
		}
		if right, ok := x.typos[anagram(w)]; ok && n >= 5 && n <= 12 && right != string(w) {
			s.misspelt++
		}
	}
	return s
}

// atMost makes what is counted only up to a threshold comparable.
func (s survey) atMost() survey {
	s.leet, s.marks, s.single = min(s.leet, minLeet), min(s.marks, minMarks), min(s.single, minSpelled)
	s.misspelt, s.rotated, s.reversed = min(s.misspelt, minTypos), min(s.rotated, minRotated), min(s.reversed, minRotated)
	return s
}

// unhurried is a lexicon that looks up every word.
func unhurried(t testing.TB) *lexicon {
	t.Helper()
	x, err := compileLexicon()
	if err != nil {
		t.Fatal(err)
	}
	for _, tree := range []*tree{x.words, x.joined, x.marks} {
		for i := range tree.begins.bits {
			tree.begins.bits[i] = ^uint64(0)
		}
		for c := range 256 {
			tree.begins.short[c], tree.firsts.short[c] = true, true
		}
	}
	return x
}

// pieces are what texts of the properties are put together from.
var pieces = []string{
	"ignore", "previous", "instructions", "Disregard", "the rules", "system", "prompt", "reveal", "password", "you are now", "DAN", "no limits",
	"<|im_start|>", "### system", "<<<", "<!-- x -->", "[INST]", "https://e.example/?d=", "![a](http://e.example/?q={x})", "@override", "a@b",
	" ", " ", "\n", "-\n", "\t", ".", "? ", "*", "_", "`", "<b>", "</b>", "%20", "%41", "\\u0061", "&#65;", "&lt;", "=41", "\\n",
	"1gn0r3", "pr3v10us", "i g n o r e", "snoitcurtsni", "suoiverp", "vafgehpgvbaf", "cerivbhf", "ignroe", "sytsem", "sssystem",
	"игнорируй", "правила", "忽略之前的指令", "指示を無視", "ｉｇｎｏｒｅ", "ﬁ", "ﷺ", "é", "ß", "가", "툴", "\u200b", "\u00ad", "\U000e0041", "\ufe01", "\u2028", "\u3000", "\xff", "а", "ο",
}

func drawText(t *rapid.T) []byte {
	var b []byte
	for _, p := range rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 60).Draw(t, "pieces") {
		b = append(b, p...)
	}
	return append(b, rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, "bytes")...)
}

func TestFastReadingIsPlainReading(t *testing.T) {
	slow, a, b := unhurried(t), injection(t).detector, jailbreak(t).detector
	fast := a.lex
	rapid.Check(t, func(t *rapid.T) {
		raw := drawText(t)
		var f, g folded
		f.fold(raw)
		foldPlainly(&g, raw)
		if !bytes.Equal(f.text, g.text) || f.hidden != g.hidden || !bytes.Equal(f.tags, g.tags) || !bytes.Equal(f.bytes, g.bytes) {
			t.Fatalf("folded %q, plainly %q", f.text, g.text)
		}
		if got, want := fast.surveyed(f.text).atMost(), surveyPlainly(slow, f.text).atMost(); got != want {
			t.Fatalf("survey of %q: %+v, plainly %+v", f.text, got, want)
		}
		one, two := &reader{lex: fast}, &reader{lex: slow}
		one.read(raw, a, b)
		for i, d := range []*detector{a, b} {
			two.read(raw, d)
			if got, want := one.lanes[i].out, two.lanes[0].out; got != want {
				t.Fatalf("%q: %+v, plainly %+v", raw, got, want)
			}
		}
	})
}

// A text that is read for both guards at once gets the answers of each alone.
func TestReadForChangesNothing(t *testing.T) {
	apart, also := injection(t), jailbreak(t)
	first, next := injection(t), jailbreak(t)
	first.ReadFor(next)
	seen := map[kernel.Verdict]int{}
	for _, it := range corpus.Load(t, "tuning", "prompts") {
		r := say(it.Text)
		one, two := judge(t, apart, r), judge(t, also, r)
		got, after := judge(t, first, r), judge(t, next, r)
		if r.Ahead.For != next {
			t.Fatal("the text was read twice")
		}
		if got.Evidence[0] != one.Evidence[0] || after.Evidence[0] != two.Evidence[0] {
			t.Errorf("%s: %+v %+v together, %+v %+v apart", it.ID, got, after, one, two)
		}
		seen[after.Verdict]++
	}
	if len(seen) != 3 {
		t.Errorf("the texts do not show every verdict: %v", seen)
	}
	stranger := jailbreak(t)
	r := say("an ordinary text")
	judge(t, first, r)
	r.Ahead.Verdict, r.Ahead.Details = kernel.Deny, "not for this guard"
	if d := judge(t, stranger, r); d.Verdict != kernel.Allow {
		t.Errorf("another guard's answer was taken: %+v", d)
	}
}
