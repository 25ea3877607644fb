package guard

import (
	"net/url"
	"strings"
)

// finder collects paths, URLs and commands while a walker visits arguments.
type finder struct {
	action  *Action
	access  Access
	payload bool // the tool is recognised: its payload members are not paths
	code    bool // the tool runs code: "source" is text
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

// pathName reports whether a member of this squashed name holds paths.
func pathName(name string) bool {
	switch name {
	case "file", "files", "filename", "filenames", "dir", "dirs", "dirname", "directory", "directories",
		"folder", "folders", "root", "roots", "cwd", "workdir", "workingdirectory", "workspace",
		"target", "targets", "source", "sources", "src", "destination", "destinations", "dest", "dst",
		"location", "outfile", "infile", "outputfile", "inputfile", "basedir", "rootdir", "outputdir":
		return true
	}
	return strings.Contains(name, "path") && !strings.Contains(name, "pathology")
}

// payloadName reports whether a member of a recognised tool holds what is
// written or compared, which is text and not a path.
func payloadName(name string) bool {
	switch name {
	case "content", "contents", "text", "data", "body", "diff", "patch", "code", "message",
		"newtext", "oldtext", "newstring", "oldstring", "excludepatterns":
		return true
	}
	return false
}

// commandName reports whether a member of this squashed name is run.
func commandName(name string) bool {
	switch name {
	case "command", "commands", "cmd", "cmdline", "commandline", "shell", "script", "exec", "argv":
		return true
	}
	return false
}

// onString is told each string value with the name of the member that holds
// it, directly or through arrays only.
func (f *finder) onString(name, value string) error {
	key := squash(name)
	if value == "" {
		return nil
	}
	f.action.Texts = append(f.action.Texts, Text{Name: name, Value: value})
	if commandName(key) {
		return f.command(value)
	}
	if f.payload && payloadName(key) || f.code && key == "source" {
		return nil
	}
	if isURL(value) {
		if err := f.url(value); err != nil {
			return err
		}
		if !pathName(key) && !strings.Contains(value, "/..") || fileScheme(value) {
			return nil
		}
	}
	if pathName(key) {
		return f.path(value, false)
	}
	return f.looks(value)
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
	return nil
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
	if len(f.action.Paths)+len(f.action.URLs)+len(f.action.Commands) >= maxCandidates {
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
