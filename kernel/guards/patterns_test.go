package guards

import (
	"regexp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// expressions are of every form that needs are read from.
var expressions = []string{
	`(?i)disable[ _-]?(security|auth|ssl|tls)`, `(?i)skip[ _-]?(verify|validation|check)`, `(?i)rm\s+-(rf|fr|r\s+-f|f\s+-r)\s+/`,
	`(?i)chmod\s+(-R\s+)?0?777`, `(?i)\beval\s*\(`, `(?i)base64[_ -]?(-d|--decode|decode).*(exec|eval|\bsh\b|bash)`,
	`abc`, `a`, `ab|cd`, `a|bcd`, `(ab)+c`, `x*yz`, `(?:ab){2,3}`, `[ab][cd]e`, `[a-z]+`, `^ab$`, `(?i)ſk`, `(?i)kelvin`, `K`, `é`, `(?i)É`, `\x{fffd}a`,
	`[^a]b`, `.`, ``, `a?b?`, `a?bc`, `(a|b|)cd`, `\d{3}-\d{4}`, `(?s)a.b`, `(?m)^#!`, `ab\b`, `a{0}bc`, `[[:alpha:]]x`, `(?i)[ks]ey`, `a+b+c`, `[^\x00-\x{10FFFF}]`,
}

// A list of patterns answers what running each over the text answers.
func TestPatternsAnswerAsTheExpressionsDo(t *testing.T) {
	letters := []string{"a", "b", "c", "d", "e", "x", "y", "z", " ", "-", "_", "\t", "\n", "(", "K", "S", "k", "s", "\u212a", "\u017f", "é", "É", "\xff", "\ufffd",
		"rm", "-rf", "/", "disable", "AUTH", "skip", "Verify", "chmod", "777", "eval", "base64", "decode", "exec", "555-0199", "#!", "Kelvin", "ey"}
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.SampledFrom(expressions), 0, 12).Draw(t, "expressions")
		text := ""
		for _, part := range rapid.SliceOfN(rapid.SampledFrom(letters), 0, 30).Draw(t, "text") {
			text += part
		}
		p, err := CompilePatterns(list)
		if err != nil {
			t.Fatal(err)
		}
		want := slices.IndexFunc(list, func(e string) bool { return regexp.MustCompile(e).MatchString(text) })
		if i, ok := p.Match(text); ok != (want >= 0) || ok && i != want {
			t.Fatalf("%q: pattern %d %v, want %d", text, i, ok, want)
		}
	})
}

func TestNeedles(t *testing.T) {
	for expression, want := range map[string][]string{
		`(?i)\beval\s*\(`: {"eval"}, `abc|xyz`: {"abc", "xyz"}, `ab|c`: nil, `[a-z]+`: nil, `(?i)kelvin`: {"kelvin"}, `x*yz`: {"yz"},
		`chmod\s+0`: {"chmod\t", "chmod\n", "chmod\f", "chmod\r", "chmod "}, `a[bc]d`: {"abd", "acd"}, `.*`: nil, `(`: nil,
	} {
		if got := needlesOf(expression); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", expression, got, want)
		}
	}
}

func TestPatternsAreBounded(t *testing.T) {
	if _, err := CompilePatterns(make([]string, MaxPatterns)); err != nil {
		t.Error(err)
	}
	if _, err := CompilePatterns(make([]string, MaxPatterns+1)); err == nil {
		t.Error("one more than the limit compiles")
	}
	if _, err := CompilePatterns([]string{"a", "("}); err == nil {
		t.Error("an expression that is none compiles")
	}
	if _, ok := (*Patterns)(nil).Match("a"); ok {
		t.Error("no patterns match")
	}
}

// FuzzPatterns compares any one expression with itself behind its needles.
func FuzzPatterns(f *testing.F) {
	for _, e := range expressions {
		f.Add(e, "chmod 0777 skip-verify eval (abcd KEY")
	}
	f.Fuzz(func(t *testing.T, expression, text string) {
		re, err := regexp.Compile(expression)
		if err != nil || len(expression) > 256 {
			return
		}
		p, err := CompilePatterns([]string{expression})
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := p.Match(text); ok != re.MatchString(text) {
			t.Fatalf("%q over %q: %v", expression, text, ok)
		}
	})
}
