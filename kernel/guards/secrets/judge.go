package secrets

import "strings"

// minSecretBytes is the shortest value that a name can make a secret.
const minSecretBytes = 8

// awsSecret: forty characters of base64.
func awsSecret(v value) bool {
	n := run(v.text, 0, base64Set)
	return n == 40 && bitsOver(v.text[:n], 3500) && !placeholder(v.text)
}

// chosen judges a value behind the name of a password: people choose them, so
// that little is asked of one that is quoted.
func chosen(v value) bool {
	s := v.text
	if len(s) < minSecretBytes || len(s) > 160 || variable(s) || placeholder(s) || common(s) || strings.Contains(s, "://") {
		return false
	}
	k := kindsOf(s)
	mixed := k.digit > 0 && k.letters() > 0
	if strings.ContainsAny(s, " \t\n") { // prose, unless it is a passphrase
		return false
	}
	switch {
	case v.spaced && !v.quoted:
		return mixed && (k.other > 0 || k.lower > 0 && k.upper > 0 || k.digit > 1) && !pathLike(s)
	case !v.quoted:
		return mixed && !pathLike(s) && !call(s)
	default:
		return (mixed || k.other > 0 && k.letters() > 0 && !wordy(s) || k.lower > 0 && k.upper > 0 && bitsOver(s, 3300) && !wordy(s) || len(s) >= 10 && k.lower == len(s)) && !pathLike(s) && !call(s)
	}
}

// opaque judges a value behind the name of a key or token: machines draw
// them, so that it must look drawn.
func opaque(v value) bool {
	s := v.text
	n := run(s, 0, opaqueSet)
	if n < 16 || n > 4096 || n < len(s) && strings.IndexByte(" :", s[n]) < 0 || variable(s) || placeholder(s[:n]) || pathLike(s) || call(s) {
		return false
	}
	s = s[:n]
	k := kindsOf(s)
	if k.digit == 0 && !(k.lower > 3 && k.upper > 3 && n >= 24 && bitsOver(s, 3900)) {
		return false
	}
	if k.letters() == 0 || dated(s) {
		return false
	}
	if k.upper == 0 || k.lower == 0 {
		return n >= 20 && bitsOver(s, 2900) && !wordy(s)
	}
	return bitsOver(s, 3100) && !wordy(s)
}

var opaqueSet = set("A-Za-z0-9_.~+/=!@#$%^*\x2d")

// variable reports a value that names where the secret is, not the secret.
func variable(s string) bool {
	switch s[0] {
	case '$', '<', '%', '*', '@', '?', '&':
		if s[0] == '$' && len(s) > 2 && (s[1] == '2' || s[1] == '6' || s[1] == '5' || s[1] == 'y' || s[1] == 'a') && s[2] != '_' {
			return false // a password hash
		}
		if s[0] == '*' || s[0] == '@' || s[0] == '?' || s[0] == '&' {
			return wordy(s[1:])
		}
		return true
	case '{', '[', '(':
		return true
	}
	s = s[:min(len(s), judgedBytes)]
	for _, w := range [...]string{"${", "{{", "$(", "%(", "process.env", "os.environ", "getenv", "env.", "env[", "secrets.", "vault:", "vault.", "ssm:", "ref:", "arn:aws", "config.", "config[",
		"settings.", "self.", "this.", "request.", "req.", "args.", "var.", "local.", "data.", "params.", "op://", "secretKeyRef", "valueFrom", "keyring.", "input(", "ENC[", "file://", "sops"} {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// call reports an expression of code.
func call(s string) bool {
	return strings.HasSuffix(s, "()") || strings.Contains(s, "(") && strings.IndexByte(s, '(') > 2 && wordy(s[:strings.IndexByte(s, '(')])
}

// pathLike reports a path or a URL.
func pathLike(s string) bool {
	return s[0] == '/' && strings.Count(s, "/") > 1 && wordy(s) || strings.HasPrefix(s, "./") || strings.HasPrefix(s, "../") || strings.HasPrefix(s, "~/") || strings.HasPrefix(s, "http")
}

// wordy reports text made of words: letters, each run of them pronounceable,
// between separators, with few digits.
func wordy(s string) bool {
	k := kindsOf(s)
	if k.digit*4 > len(s) {
		return false
	}
	words, letters := 0, 0
	for i := 0; i < len(s); {
		stop := run(s, i, lettersSet)
		if stop == i {
			i++
			continue
		}
		if stop-i >= 3 && !pronounceable(s[i:stop]) {
			return false
		}
		if stop-i >= 3 {
			words++
			letters += stop - i
		}
		i = stop
	}
	return words > 0 && letters*3 >= len(s)*2
}

var lettersSet = set("A-Za-z")

// pronounceable reports letters with a vowel at least every fifth place, and
// capitals only where words begin.
func pronounceable(s string) bool {
	since, turns := 0, 0
	for i := range len(s) {
		switch fold(s[i]) {
		case 'a', 'e', 'i', 'o', 'u', 'y':
			since = 0
		default:
			since++
		}
		if since > 4 {
			return false
		}
		if i > 0 && s[i] < 'a' && s[i-1] >= 'a' {
			turns++
		}
	}
	return turns*4 <= len(s)
}

// dated reports a version, a date or a UUID's look-alike of digits only.
func dated(s string) bool {
	k := kindsOf(s)
	return k.digit+strings.Count(s, "-")+strings.Count(s, ".")+strings.Count(s, "T")+strings.Count(s, "Z") == len(s)
}

// common reports words that stand where a password would, in code and prose.
func common(s string) bool {
	var buf [128]byte
	if len(s) > 40 {
		return false
	}
	switch lowered(s, buf[:0]) {
	case "password", "passwd", "secret", "username", "undefined", "required", "optional", "disabled", "incorrect", "protected", "supersecret",
		"nullable", "boolean", "credentials", "function", "localhost", "pass", "user", "token", "none", "null", "true", "false", "string", "test", "postgres", "root", "guest", "admin", "pwd":
		return true
	}
	return false
}
