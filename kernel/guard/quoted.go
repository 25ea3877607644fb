package guard

import (
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// quoted adds the string literals of source code that have the form of a path,
// and of code that runs in a page those that are URLs. It knows no language:
// what stands between two quotes of one kind on one line is a literal.
func (f *finder) quoted(code string) error {
	return literals(code, func(_, text string) error {
		switch {
		case f.web && isURL(text):
			return f.url(text)
		case isURL(text) && !fileScheme(text):
			return nil
		case fileScheme(text):
			return f.path(filePath(text), true)
		case rooted(text) && len(text) > 1 || slashed(text):
			return f.path(text, true)
		}
		return nil
	})
}

// sql adds the literals of a query that have the form of a path, and those
// that a database runs.
func (f *finder) sql(query string) error {
	return literals(query, func(before, text string) error {
		before = strings.ToLower(strings.TrimRight(before, " \t\r\n(nN"))
		if strings.HasSuffix(before, "program") || strings.HasSuffix(before, "xp_cmdshell") || strings.HasSuffix(before, "system") {
			return f.command(text)
		}
		if fileScheme(text) {
			return f.path(filePath(text), true)
		}
		if rooted(text) && len(text) > 1 || slashed(text) && !isURL(text) {
			return f.path(text, true)
		}
		return nil
	})
}

// literals calls fn with every quoted text of a line and up to 32 bytes that
// stand before it.
func literals(text string, fn func(before, literal string) error) error {
	for at := 0; at < len(text); at++ {
		q := text[at]
		if q != '"' && q != '\'' && q != '`' {
			continue
		}
		end := at + 1
		for end < len(text) && text[end] != q && text[end] != '\n' {
			if text[end] == '\\' {
				end++
			}
			end++
		}
		if end >= len(text) || text[end] != q {
			continue // an apostrophe
		}
		if literal := text[at+1 : end]; literal != "" && len(literal) <= maxPathLike {
			if err := fn(text[max(0, at-32):at], literal); err != nil {
				return err
			}
		}
		at = end
	}
	return nil
}

// diff adds the files that the headers of a diff name, of a tool that is not
// known to apply one.
func (f *finder) diff(text string) (err error) {
	if f.payload {
		return nil // the shape lists them
	}
	diffFiles(text, func(name string, _ bool) {
		if err == nil {
			err = f.path(name, true)
		}
	})
	if err == nil && singular(text) {
		err = f.looks(text)
	}
	return err
}

// maxInside bounds documents inside strings of documents. Deeper ones are
// malformed.
const maxInside = 3

// inside visits a string that is itself a JSON document, as tools that pass
// calls on take them. What is nearly JSON (a name twice, a comment, single
// quotes) is read by its quoted texts, since some parser takes it.
func (w *walker) inside(name, text string) error {
	key := squash(name)
	if len(text) < 2 || w.see.payload && payloadName(key) || textName(key) || w.see.code && codeName(key) || commandName(key) {
		return nil
	}
	text = strings.Trim(text, " \t\r\n")
	if len(text) < 2 || (text[0] != '{' || text[len(text)-1] != '}') && (text[0] != '[' || text[len(text)-1] != ']') {
		return nil
	}
	if w.level >= maxInside {
		return errTooDeep
	}
	if raw := wire.Raw(text); raw.IsValid() {
		in := walker{doc: raw, str: text, see: w.see, level: w.level + 1, visited: w.visited}
		err := in.value(name, 1)
		w.visited = in.visited
		return err
	}
	member := name
	rest := text
	return literals(text, func(_, literal string) error {
		if w.visited++; w.visited > maxValues {
			return errTooMany
		}
		i := strings.Index(rest, literal)
		rest = rest[i+len(literal):]
		if after := strings.TrimLeft(rest[min(1, len(rest)):], " \t\r\n"); strings.HasPrefix(after, ":") {
			member = literal
			return nil
		}
		if strings.IndexByte(literal, '\\') >= 0 {
			var plain string
			if wire.Unmarshal([]byte(`"`+literal+`"`), &plain, wire.ForeignLimits) == nil {
				literal = plain
			}
		}
		return w.see.onString(member, literal)
	})
}
