package guard

import (
	"net/url"
	"strings"
)

// finder collects paths, URLs and commands while a walker visits arguments.
type finder struct {
	action  *Action
	access  Access
	payload bool     // the tool is recognised: its payload members are not paths
	code    bool     // the tool runs code: "source" is text
	patches bool     // the tool applies a diff, which may be called "input"
	scripts bool     // its scripts are no shell's
	query   bool     // the tool queries a database
	types   bool     // the tool types into a program that runs already
	web     bool     // the tool runs code in a page: URLs in it are contacted
	places  []string // directories that other paths may begin in
	leaves  []string // what may stand in one
}

// squash reduces a name to lower-case letters and digits, so that file_path,
// filePath and File-Path are one name.
func squash(name string) string {
	clean := true
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			clean = false
			break
		}
	}
	if clean {
		return name
	}
	b := make([]byte, 0, len(name))
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'A' && c <= 'Z':
			b = append(b, c+'a'-'A')
		case c == '_' || c == '-' || c == '.' || c == ' ' || c == '/' || c == ':':
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

// onString is told each string value with the name of the member that holds
// it, directly or through arrays only.
func (f *finder) onString(name, value string) error {
	key := squash(name)
	if value == "" {
		return nil
	}
	f.action.Texts = append(f.action.Texts, Text{Name: name, Value: value})
	switch {
	case f.code && codeName(key) && (f.scripts || !commandName(key)):
		if err := f.quoted(value); err != nil || !singular(value) {
			return err
		}
		return f.looks(value) // the name of a file
	case key == "diff" || key == "patch" || f.patches && key == "input":
		return f.diff(value)
	case commandName(key):
		return f.command(value)
	case typedName(key, f.types):
		if err := f.typed(value); err != nil {
			return err
		}
	case f.query && sqlName(key) || key == "sql":
		return f.sql(value)
	case f.payload && payloadName(key):
		return nil
	case configName(key) && !singular(value):
		return f.tokens(value)
	case markupName(key):
		if err := f.quoted(value); err != nil {
			return err
		}
	}
	if textName(key) && (editName(key) || !singular(value)) {
		return nil
	}
	f.part(key, value)
	if isURL(value) {
		if err := f.url(value); err != nil {
			return err
		}
		if !pathName(key) && !strings.Contains(value, "/..") || fileScheme(value) {
			return nil
		}
	}
	if err := f.pieces(value); err != nil {
		return err
	}
	if pathName(key) || revisionName(key) {
		if i := strings.IndexByte(value, ':'); i > 0 && i+1 < len(value) && len(value) <= maxPathLike {
			if err := f.path(value[i+1:], true); err != nil { // HEAD:file, host:file
				return err
			}
		}
	}
	switch {
	case pathName(key):
		return f.path(value, false)
	case queryName(key) && !rooted(value):
		return nil
	}
	return f.looks(value)
}

// pieces adds what stands on the sides of the signs between a name and a path:
// --in=/a, @/a, key:/a, /a:/b.
func (f *finder) pieces(value string) error {
	if len(value) > maxPathLike || !strings.ContainsAny(value, `/~\`) || !strings.ContainsAny(value, "=@:|,") || strings.ContainsAny(value, " \t\r\n\x00") {
		return nil
	}
	for piece := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == '=' || r == '@' || r == ':' || r == '|' || r == ',' }) {
		if len(piece) > 1 && len(piece) < len(value) && rooted(piece) && !strings.HasPrefix(piece, "//") {
			if err := f.path(piece, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// singular reports text of one line: it may be a name, whatever it is called.
func singular(value string) bool {
	return len(value) <= maxPathLike && !strings.ContainsAny(value, "\n\r\x00")
}

// onName is told each member name with the name of its parent. It finds paths used as member names: {"files": {"/etc/shadow": "…"}}.
func (f *finder) onName(parent, name string) error {
	if len(name) > 0 {
		f.action.Texts = append(f.action.Texts, Text{Value: name})
	}
	if parent != "" && pathName(squash(parent)) && strings.ContainsAny(name, `/\.`) {
		return f.path(name, false)
	}
	return f.looks(name)
}

// looks adds text that has the form of a path, however the member is named.
func (f *finder) looks(value string) error {
	if strings.ContainsAny(value, "\n\r\x00") {
		return f.lines(value)
	}
	if rooted(value) {
		return f.path(value, len(value) > maxPathLike)
	}
	if slashed(value) {
		return f.path(value, true)
	}
	return nil
}

// lines adds every line of a text that has the form of a rooted path: a tool
// may trim what it is given.
func (f *finder) lines(value string) error {
	for line := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == '\n' || r == '\r' || r == 0 }) {
		if line = strings.TrimSpace(line); len(line) <= maxPathLike && (rooted(line) || slashed(line)) {
			if err := f.path(line, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// command records a command line and every token of it that could be a path.
// The shell-command guard parses it properly; this keeps deny lists in force
// for whoever does not run that guard.
func (f *finder) command(line string) error {
	if err := f.count(); err != nil {
		return err
	}
	f.action.Commands = append(f.action.Commands, line)
	return f.tokens(line)
}

// typed records what is typed into a program that may be a shell.
func (f *finder) typed(line string) error {
	if err := f.count(); err != nil {
		return err
	}
	f.action.Inputs = append(f.action.Inputs, line)
	return f.tokens(line)
}

// tokens adds the words of a command line that are URLs or could be paths.
func (f *finder) tokens(line string) error {
	for token := range strings.FieldsFuncSeq(line, shellBreak) {
		token = strings.Map(dropQuotes, token)
		if isURL(token) {
			if err := f.url(token); err != nil {
				return err
			}
			continue
		}
		if strings.ContainsAny(token, `/\`) || rooted(token) || strings.HasPrefix(token, ".") {
			if err := f.path(token, true); err != nil {
				return err
			}
		}
	}
	return nil
}

func shellBreak(r rune) bool { return strings.ContainsRune(" \t\r\n\x00;|&<>()=,`", r) }

func dropQuotes(r rune) rune {
	if r == '\'' || r == '"' {
		return -1
	}
	return r
}

func (f *finder) url(value string) error {
	if fileScheme(value) {
		return f.path(filePath(value), false)
	}
	if err := f.count(); err != nil {
		return err
	}
	f.action.URLs = append(f.action.URLs, value)
	if i := strings.Index(value, "://"); i > 0 && !webScheme(value[:i]) {
		return f.opaque(value[i+3:])
	}
	return nil
}

// opaque adds what stands behind a scheme whose names are the server's own: an
// editor's or an archive's may lead to a file.
func (f *finder) opaque(rest string) error {
	if i := strings.IndexAny(rest, "?#"); i >= 0 {
		rest = rest[:i]
	}
	if decoded, err := url.PathUnescape(rest); err == nil {
		rest = decoded
	}
	if i := strings.IndexByte(rest, '/'); i > 0 && i+1 < len(rest) {
		if err := f.path(rest[i:], true); err != nil {
			return err
		}
	}
	if strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, "/") {
		return f.path(rest, true)
	}
	return nil
}

func webScheme(scheme string) bool {
	switch len(scheme) {
	case 2, 3, 4, 5:
		return strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "ws") || strings.EqualFold(scheme, "wss")
	}
	return false
}

func (f *finder) path(text string, guess bool) error {
	for _, p := range f.action.Paths {
		if p.Text == text && p.Access == f.access && p.Guess == guess {
			return nil
		}
		if len(f.action.Paths) > 16 {
			break // deduplication is for the common case only
		}
	}
	if err := f.count(); err != nil {
		return err
	}
	f.action.Paths = append(f.action.Paths, Path{Text: text, Access: f.access, Guess: guess})
	return nil
}

func (f *finder) count() error {
	a := f.action
	if len(a.Paths)+len(a.URLs)+len(a.Commands)+len(a.Inputs) >= maxCandidates {
		return errCandidates
	}
	return nil
}

// maxPathLike bounds text that is taken for a path by its form alone.
const maxPathLike = 4096

// rooted reports text that begins as only a path does.
func rooted(s string) bool {
	switch {
	case s == "":
		return false
	case s[0] == '/' || s[0] == '\\' || s[0] == '~':
		return true
	case strings.HasPrefix(s, "./") || strings.HasPrefix(s, "../") || strings.HasPrefix(s, `.\`) || strings.HasPrefix(s, `..\`):
		return true
	case s == "." || s == "..":
		return true
	case s[0] == ' ' || s[0] == '\t':
		return rooted(strings.TrimLeft(s, " \t"))
	}
	return len(s) >= 3 && s[1] == ':' && (s[2] == '\\' || s[2] == '/') && (s[0]|0x20 >= 'a' && s[0]|0x20 <= 'z')
}

// slashed reports a word with a separator in it, or a dot file.
func slashed(s string) bool {
	if len(s) > maxPathLike || strings.ContainsAny(s, " \t") && !strings.Contains(s, "/../") {
		return false
	}
	return strings.ContainsAny(s, `/\`) || len(s) > 1 && s[0] == '.' && s[1] != '.'
}

// isURL reports an absolute URL: a scheme of at least two letters (one letter
// is a drive), and "//", or the file scheme.
func isURL(s string) bool {
	i := strings.IndexByte(s, ':')
	if i < 2 || i > 16 {
		return false
	}
	for _, c := range []byte(s[:i]) {
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.' {
			continue
		}
		return false
	}
	return strings.HasPrefix(s[i:], "://") || strings.EqualFold(s[:i], "file")
}

func fileScheme(s string) bool { return len(s) >= 5 && strings.EqualFold(s[:5], "file:") }

// filePath returns the path of a file URL, percent-decoded; what cannot be
// decoded stays as it is, to be judged as written.
func filePath(s string) string {
	rest := s[len("file:"):]
	if strings.HasPrefix(rest, "//") {
		rest = rest[2:]
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			rest = rest[i:] // the host names the same file or somebody else's
		}
	}
	if i := strings.IndexAny(rest, "?#"); i >= 0 {
		rest = rest[:i]
	}
	if decoded, err := url.PathUnescape(rest); err == nil {
		return decoded
	}
	return rest
}
