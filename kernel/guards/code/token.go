package code

import "strings"

type kind uint8

const (
	word  kind = iota // identifier or keyword
	text              // string literal; its value is decoded
	punct             // one character
	line              // end of a line
)

type token struct {
	kind kind
	s    string
}

const (
	maxNesting = 4 // code inside strings inside code
	maxTokens  = 1 << 20
)

// lexer splits source into tokens.
type lexer struct {
	src    string
	lang   string
	at     int
	tokens []token
	inner  []string // code inside strings: f"{…}", `${…}`
}

func tokens(src, lang string) (list []token, inner []string) {
	src = oneLineEnd(src, lang)
	l := &lexer{src: src, lang: lang, tokens: make([]token, 0, len(src)/4+8)}
	for l.at < len(src) && len(l.tokens) < maxTokens {
		l.next()
	}
	return l.tokens, l.inner
}

// oneLineEnd writes every end of a line as one: what a comment ends at must not
// depend on who reads it.
func oneLineEnd(src, lang string) string {
	if strings.IndexByte(src, '\r') >= 0 {
		src = strings.ReplaceAll(strings.ReplaceAll(src, "\r\n", "\n"), "\r", "\n")
	}
	if lang != "python" && strings.Contains(src, "\xe2\x80") {
		src = strings.ReplaceAll(strings.ReplaceAll(src, "\u2028", "\n"), "\u2029", "\n")
	}
	return src
}

func (l *lexer) put(k kind, s string) { l.tokens = append(l.tokens, token{k, s}) }

func (l *lexer) scripted() bool { return l.lang == "javascript" || l.lang == "typescript" }

func (l *lexer) next() {
	c := l.src[l.at]
	rest := l.src[l.at:]
	switch {
	case c == '\n' || c == '\r' && l.lang != "python":
		l.put(line, "")
		l.at++
	case c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v':
		l.at++
	case c == '\\' && (strings.HasPrefix(rest, "\\\n") || strings.HasPrefix(rest, "\\\r\n")):
		l.at += strings.IndexByte(rest, '\n') + 1 // the line goes on
	case c == '#' && (l.lang == "python" || l.lang == "ruby" || l.lang == "perl"):
		l.skipTo("\n", 0)
	case strings.HasPrefix(rest, "//") && l.scripted():
		l.skipTo("\n", 0)
	case strings.HasPrefix(rest, "/*") && l.scripted():
		l.at += 2
		l.skipTo("*/", 2)
	case c == '/' && l.scripted() && l.regexpHere():
		l.regexp()
	case c == '"' || c == '\'' || c == '`':
		l.str("")
	case letter(c):
		l.word()
	default:
		l.put(punct, rest[:1])
		l.at++
	}
}

func (l *lexer) skipTo(mark string, extra int) {
	i := strings.Index(l.src[l.at:], mark)
	if i < 0 {
		l.at = len(l.src)
		return
	}
	l.at += i + extra
}

func letter(c byte) bool {
	return c == '_' || c == '$' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
}

func (l *lexer) word() {
	start := l.at
	for l.at < len(l.src) && (letter(l.src[l.at]) || l.src[l.at] >= '0' && l.src[l.at] <= '9') {
		l.at++
	}
	w := l.src[start:l.at]
	if l.at < len(l.src) && (l.src[l.at] == '"' || l.src[l.at] == '\'') && len(w) <= 2 && l.lang != "javascript" && l.lang != "typescript" {
		if p := strings.ToLower(w); strings.Trim(p, "rbfu") == "" {
			l.str(p)
			return
		}
	}
	l.put(word, w)
}

// regexpHere says whether a slash begins an expression rather than divides.
func (l *lexer) regexpHere() bool {
	for i := len(l.tokens) - 1; i >= 0; i-- {
		switch t := l.tokens[i]; t.kind {
		case line:
			continue
		case punct:
			return t.s != ")" && t.s != "]" && t.s != "}" && t.s != "." && (t.s[0] < '0' || t.s[0] > '9')
		case word:
			switch t.s {
			case "return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "else", "do", "await", "yield", "instanceof":
				return true
			}
			return false
		default:
			return false
		}
	}
	return true
}

func (l *lexer) regexp() {
	class := false
	for i := l.at + 1; i < len(l.src) && l.src[i] != '\n'; i++ {
		switch c := l.src[i]; {
		case c == '\\':
			i++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class:
			l.at = i + 1
			return
		}
	}
	l.put(punct, "/")
	l.at++
}

// str reads a string literal. One that does not end on its line ends there, so
// that a stray quote hides nothing.
func (l *lexer) str(prefix string) {
	q := l.src[l.at : l.at+1]
	long := l.lang == "python" && strings.HasPrefix(l.src[l.at:], q+q+q)
	if long {
		q = q + q + q
	}
	template := q == "`"
	raw := strings.Contains(prefix, "r")
	start := l.at + len(q)
	i := start
	for i < len(l.src) && !strings.HasPrefix(l.src[i:], q) {
		if l.src[i] == '\n' && !long && !template {
			break
		}
		if l.src[i] == '\\' && i+1 < len(l.src) {
			i++
		}
		i++
	}
	i = min(i, len(l.src))
	body := l.src[start:i]
	l.at = i
	if strings.HasPrefix(l.src[i:], q) {
		l.at += len(q)
	}
	if template && l.scripted() || strings.Contains(prefix, "f") {
		l.holes(body)
	}
	if !raw {
		body = decode(body)
	}
	if template {
		l.put(punct, "`")
	}
	l.put(text, body)
}

// holes finds the code inside a template.
func (l *lexer) holes(body string) {
	for i := 0; i < len(body); i++ {
		if body[i] != '{' {
			continue
		}
		depth, j := 1, i+1
		for ; j < len(body) && depth > 0; j++ {
			switch body[j] {
			case '{':
				depth++
			case '}':
				depth--
			}
		}
		l.inner = append(l.inner, body[i+1:max(i+1, j-1)])
		i = j - 1
	}
}

// decode replaces the escapes that could spell a letter.
func decode(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 >= len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		digits, base := 0, rune(16)
		switch c := s[i]; {
		case c == 'x':
			digits = 2
		case c == 'u':
			digits = 4
		case c == 'U':
			digits = 8
		case c >= '0' && c <= '7':
			digits, base = 3, 8
			i--
		case c == '\n':
			continue
		default:
			b.WriteByte(c)
			continue
		}
		v, n := rune(0), 0
		for i+1 < len(s) && (n < digits || s[i+1] == '{' && n == 0) {
			if s[i+1] == '{' {
				i++
				digits = 8
				continue
			}
			d := digit(s[i+1])
			if d < 0 || d >= base {
				break
			}
			v = v*base + d
			i++
			n++
		}
		if i+1 < len(s) && s[i+1] == '}' && digits == 8 {
			i++
		}
		if n > 0 && v <= 0x10ffff {
			b.WriteRune(v)
		}
		if n == 0 && base == 8 {
			i++
		}
	}
	return b.String()
}

func digit(c byte) rune {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return rune(c|0x20-'a') + 10
	}
	return -1
}
