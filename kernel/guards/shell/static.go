package shell

import "strings"

// echo puts out what it is given.
func (m *machine) echo(args []field) flow {
	out := flow{known: true, taint: taints(args)}
	i, interpret, newline := 0, false, "\n"
	for ; i < len(args); i++ {
		t := args[i].text
		if len(t) < 2 || t[0] != '-' || strings.Trim(t[1:], "neE") != "" {
			break
		}
		interpret = interpret || strings.Contains(t, "e")
		if strings.Contains(t, "n") {
			newline = ""
		}
	}
	text := texts(args[i:])
	if interpret {
		text = escapes(text, false)
	}
	out.text = text + newline
	for _, a := range args[i:] {
		if a.glob { // echo ~/.ssh/* lists names, which is reading a directory
			m.path(a)
		}
	}
	return out
}

// printf puts its arguments into its format; -v assigns the result.
func (m *machine) printf(args []field) flow {
	name := ""
	if len(args) > 1 && args[0].text == "-v" {
		name, args = args[1].text, args[2:]
	}
	if len(args) > 0 && args[0].text == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return flow{known: true}
	}
	out := flow{known: true, taint: taints(args), text: format(args[0].text, args[1:])}
	if len(out.text) > maxText {
		out = flow{taint: out.taint | computed}
	}
	if name != "" {
		m.set(name, value{fields: []field{{text: out.text, taint: out.taint}}})
		return flow{known: true}
	}
	return out
}

// format understands %s, %b, %q, %d, %c and %%; a conversion it does not know
// gives an unknown part. NUL, which a line cannot hold, becomes U+0001.
func format(f string, args []field) string {
	var b strings.Builder
	for round := 0; round == 0 || len(args) > 0 && round < 64; round++ {
		used := false
		for i := 0; i < len(f); i++ {
			if f[i] == '\\' {
				end := i + escapeLen(f[i:])
				b.WriteString(escapes(f[i:end], false))
				i = end - 1
				continue
			}
			if f[i] != '%' || i+1 >= len(f) {
				b.WriteByte(f[i])
				continue
			}
			i++
			for i < len(f)-1 && strings.IndexByte("-+ #0123456789.", f[i]) >= 0 {
				i++
			}
			arg := ""
			if f[i] != '%' && len(args) > 0 {
				arg, args, used = args[0].text, args[1:], true
			}
			switch f[i] {
			case '%':
				b.WriteByte('%')
			case 's', 'q', 'd', 'i', 'u':
				b.WriteString(arg)
			case 'b':
				b.WriteString(escapes(arg, false))
			case 'c':
				b.WriteString(arg[:min(1, len(arg))])
			default:
				b.WriteByte(0)
			}
		}
		if !used || b.Len() > maxText {
			break
		}
	}
	return b.String()
}

func escapeLen(s string) int {
	if len(s) < 2 {
		return len(s)
	}
	n := 2
	switch c := s[1]; {
	case c == 'x':
		for n < len(s) && n < 4 && hex(s[n]) >= 0 {
			n++
		}
	case c == 'u' || c == 'U':
		limit := 6
		if c == 'U' {
			limit = 10
		}
		for n < len(s) && n < limit && hex(s[n]) >= 0 {
			n++
		}
	case c >= '0' && c <= '7':
		for n < len(s) && n < 5 && s[n] >= '0' && s[n] <= '7' {
			n++
		}
		if c != '0' {
			n = min(n, 4)
		}
	case c == 'c' && n < len(s):
		n++
	}
	return n
}

func hex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// escapes decodes backslash escapes, as $'…', echo -e and printf do. In $'…' a
// backslash before a quote stands for the quote.
func escapes(s string, ansi bool) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 >= len(s) {
			b.WriteByte(s[i])
			i++
			continue
		}
		n := escapeLen(s[i:])
		if ansi && s[i+1] == '0' && n > 4 {
			n = 4
		}
		escape(&b, s[i:i+n])
		i += n
	}
	return b.String()
}

func escape(b *strings.Builder, e string) {
	switch c := e[1]; c {
	case 'a', 'b', 'f', 'v', 'c':
		b.WriteByte(' ')
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case 't':
		b.WriteByte('\t')
	case 'e', 'E':
		b.WriteByte(0x1b)
	case '\\', '\'', '"', '?':
		b.WriteByte(c)
	case 'x', 'u', 'U':
		v := rune(0)
		for _, d := range []byte(e[2:]) {
			v = v<<4 | rune(hex(d))
		}
		if len(e) == 2 {
			b.WriteString(e)
			return
		}
		put(b, v, c == 'x')
	default:
		if c < '0' || c > '7' {
			b.WriteString(e)
			return
		}
		v := rune(0)
		for _, d := range []byte(e[1:]) {
			v = v<<3 | rune(d-'0')
		}
		put(b, v&0xff, true)
	}
}

func put(b *strings.Builder, v rune, octet bool) {
	switch {
	case v == 0:
		b.WriteByte(1)
	case octet:
		b.WriteByte(byte(v))
	default:
		b.WriteRune(v)
	}
}
