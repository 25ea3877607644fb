package guard

import (
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// arguments are the top-level members of one call.
type arguments struct {
	top  []member
	name string // squashed tool name, or the vendor of a vendor's tool
}

// The aliases of each field, highest priority first.
var (
	pathAliases    = [...]string{"path", "file_path", "filepath", "file", "filename", "target_file", "directory", "dir", "folder"}
	sourceAliases  = [...]string{"source", "src", "from", "old_path"}
	destAliases    = [...]string{"destination", "dest", "dst", "to", "new_path"}
	commandAliases = [...]string{"command", "cmd"}
	urlAliases     = [...]string{"url", "uri"}
	diffAliases    = [...]string{"diff", "patch", "input"}
	codeAliases    = [...]string{"code", "source"}
	langAliases    = [...]string{"language", "lang"}
	verbAliases    = [...]string{"action", "verb"}
	targetAliases  = [...]string{"url", "selector"}
	queryAliases   = [...]string{"query", "sql"}
	dbAliases      = [...]string{"database", "db"}
	storeAliases   = [...]string{"collection", "store", "namespace"}
	keyAliases     = [...]string{"id", "key"}
	apiAliases     = [...]string{"endpoint", "path"}
	contentAliases = [...]string{"content", "contents", "text"}
)

// problem is why arguments are malformed.
type problem string

// text returns the member under the first alias that is present. It never
// falls back to a lower alias when a higher one has the wrong type.
func (a arguments) text(aliases []string) (value string, present bool, bad problem) {
	for _, alias := range aliases {
		for _, m := range a.top {
			if m.name != alias {
				continue
			}
			if len(m.raw) == 0 || m.raw[0] != '"' {
				return "", true, problem(fmt.Sprintf("argument %q must be a string", alias))
			}
			if len(m.text) <= wire.ForeignLimits.Bytes && strings.IndexByte(m.text, '\\') < 0 { // checked already, and nothing to decode
				return m.text[1 : len(m.text)-1], true, ""
			}
			if err := wire.Unmarshal(m.raw, &value, wire.ForeignLimits); err != nil {
				return "", true, problem(fmt.Sprintf("argument %q must be a string", alias))
			}
			return value, true, ""
		}
	}
	return "", false, ""
}

func (a arguments) need(aliases []string) (string, problem) {
	v, present, bad := a.text(aliases)
	if bad != "" {
		return "", bad
	}
	if !present || v == "" {
		return "", problem(fmt.Sprintf("argument %q is missing", aliases[0]))
	}
	return v, ""
}

// count is how many of the aliases are present.
func (a arguments) count(aliases []string) (n int) {
	for _, m := range a.top {
		for _, alias := range aliases {
			if m.name == alias {
				n++
			}
		}
	}
	return n
}

func (a arguments) optional(aliases []string, fallback string) (string, problem) {
	v, present, bad := a.text(aliases)
	if bad == "" && !present {
		v = fallback
	}
	return v, bad
}

// shape builds the shape of a recognised tool and adds to the action what the
// tool's own argument names say is a path.
func (a arguments) shape(fam family, f *finder) Shape {
	s, bad := a.build(fam, f)
	if bad != "" {
		return Malformed{Reason: string(bad)}
	}
	return s
}

func (a arguments) build(fam family, f *finder) (Shape, problem) {
	act := f.action
	switch fam {
	case familyRead, familyWrite, familyFiles:
		return a.file(fam, act)
	case familyReadMany:
		return a.many()
	case familyMove, familyCopy:
		return a.pair(fam, act)
	case familyPatch:
		path, bad := a.optional(pathAliases[:], "")
		if bad != "" {
			return nil, bad
		}
		diff, bad := a.need(diffAliases[:])
		if bad != "" {
			return nil, bad
		}
		if a.count(diffAliases[:]) > 1 {
			return nil, "two arguments hold a diff: which of them is applied cannot be told"
		}
		return a.patched(f, path, diff), ""
	case familyShell:
		command, bad := a.need(commandAliases[:])
		return ShellCommand{Command: command}, bad
	case familyFetch:
		return a.egress()
	case familyCode:
		code, bad := a.need(codeAliases[:])
		if bad != "" {
			return nil, bad
		}
		lang, bad := a.optional(langAliases[:], language(a.name))
		return CodeExecution{Language: lang, Code: a.joined(code)}, bad
	default:
		return a.service(fam)
	}
}

func (a arguments) file(fam family, act *Action) (Shape, problem) {
	path, bad := a.need(pathAliases[:])
	if bad != "" {
		return nil, bad
	}
	content, writes, _ := a.text(contentAliases[:]) // a non-text payload is still a write
	if fam == familyFiles {
		action, present, bad := a.text([]string{"action"})
		if bad != "" {
			return nil, bad
		}
		if present {
			writes = action != "read" && action != "list" && action != "stat"
		}
		access := AccessRead
		if writes {
			access = AccessWrite
		}
		for i := range act.Paths {
			act.Paths[i].Access = access
		}
	}
	if fam == familyWrite || fam == familyFiles && writes {
		return FileWrite{Path: path, Content: content}, ""
	}
	return FileAccess{Path: path}, ""
}

func (a arguments) many() (Shape, problem) {
	for _, m := range a.top {
		if m.name != "paths" {
			continue
		}
		var list []string
		if err := wire.Unmarshal(m.raw, &list, wire.ForeignLimits); err != nil || len(list) == 0 {
			return nil, `argument "paths" must be a list of strings`
		}
		return FileAccess{Path: list[0]}, ""
	}
	return nil, `argument "paths" is missing`
}

// pair is a tool with a source and a destination. Moving writes both; copying
// reads the source. Both were found under their names; text that is under
// another alias ("from", "to") is added here.
func (a arguments) pair(fam family, act *Action) (Shape, problem) {
	source, bad := a.need(sourceAliases[:])
	if bad != "" {
		return nil, bad
	}
	dest, bad := a.need(destAliases[:])
	if bad != "" {
		return nil, bad
	}
	access := AccessWrite
	if fam == familyCopy {
		access = AccessRead
	}
	kept := act.Paths[:0]
	for _, p := range act.Paths {
		if p.Text != source && p.Text != dest {
			kept = append(kept, p)
		}
	}
	act.Paths = append(kept, Path{Text: source, Access: access}, Path{Text: dest, Access: AccessWrite})
	return FileWrite{Path: dest}, ""
}

func (a arguments) egress() (Shape, problem) {
	raw, bad := a.need(urlAliases[:])
	if bad != "" {
		return nil, bad
	}
	if fileScheme(raw) {
		return FileAccess{Path: filePath(raw)}, ""
	}
	host, port, err := Host(raw)
	if err != nil {
		return nil, `argument "url" has no host that can be judged`
	}
	return NetworkEgress{Host: host, Port: port}, ""
}

func (a arguments) service(fam family) (Shape, problem) {
	switch fam {
	case familyBrowser:
		verb, bad := a.optional(verbAliases[:], verbOf(a.name))
		if bad != "" {
			return nil, bad
		}
		target, bad := a.optional(targetAliases[:], "")
		return BrowserAction{Verb: verb, Target: target}, bad
	case familyDatabase:
		query, bad := a.need(queryAliases[:])
		if bad != "" {
			return nil, bad
		}
		db, bad := a.optional(dbAliases[:], a.name)
		return DatabaseQuery{Database: db, Query: query}, bad
	case familyRemember, familyRecall:
		store, bad := a.optional(storeAliases[:], a.name)
		if bad != "" {
			return nil, bad
		}
		key, bad := a.optional(keyAliases[:], "")
		if fam == familyRemember {
			return MemoryWrite{Store: store, Key: key}, bad
		}
		return MemoryRead{Store: store, Key: key}, bad
	case familyVendor:
		endpoint, bad := a.optional(apiAliases[:], a.name)
		return ExternalAPICall{Service: a.name, Endpoint: endpoint}, bad
	default:
		return nil, "tool is of a family without a shape"
	}
}
