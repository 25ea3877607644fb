package secrets

import "strings"

// placeholderWords stand in a value that is meant to be replaced. All of them
// are too long to occur by chance in random text of the lengths in use.
var placeholderWords = []string{
	"example", "placeholder", "changeme", "change_me", "change-me", "changethis", "replaceme", "replace_me", "replace-me", "replace_with",
	"your_", "your-", "yourapi", "yourkey", "yoursecret", "yourtoken", "yourpass", "insert_", "insert-", "_here", "-here", "redacted",
	"dummy", "notreal", "not_real", "not-real", "fakekey", "fake_", "fake-", "foobar", "sample", "xxxx", "....", "****", "todo", "tbd", "lorem",
	"<your", "my_secret", "mysecret", "my-secret", "test_key", "test-key", "testkey", "goes_here", "goeshere", "secret_key_here", "dontuse",
}

// judgedBytes is how much of a value is looked at to tell whether it stands
// for another.
const judgedBytes = 128

// placeholder reports a value that stands for a secret without being one:
// words like example, one character repeated, a counting sequence, the name
// of a variable.
func placeholder(v string) bool {
	v = v[:min(len(v), judgedBytes)]
	var buf [judgedBytes]byte
	low := lowered(v, buf[:0])
	for _, w := range placeholderWords {
		if strings.Contains(low, w) {
			return true
		}
	}
	return fewDistinct(v) || counting(low)
}

// lowered folds ASCII of the first bytes of v into buf.
func lowered(v string, buf []byte) string {
	clean := true
	for i := range len(v) {
		if c := v[i]; c >= 'A' && c <= 'Z' {
			clean = false
			break
		}
	}
	if clean {
		return v
	}
	for i := range len(v) {
		buf = append(buf, fold(v[i]))
	}
	return string(buf)
}

// fewDistinct reports text of at most three different characters, or of one
// character for the greater part.
func fewDistinct(v string) bool {
	var seen [256]uint16
	distinct, most := 0, uint16(0)
	for i := range len(v) {
		if seen[v[i]] == 0 {
			distinct++
		}
		seen[v[i]]++
		most = max(most, seen[v[i]])
	}
	return distinct <= 3 || int(most)*2 > len(v)
}

// counting reports text of which more than half continues a sequence up or
// down: 12345678, abcdefgh.
func counting(low string) bool {
	steps := 0
	for i := 1; i < len(low); i++ {
		if d := int(low[i]) - int(low[i-1]); d == 1 || d == -1 || low[i-1] == '9' && low[i] == '0' {
			steps++
		}
	}
	return steps*2 >= len(low)
}
