package code

import (
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/wire"
)

// Name is the guard's name.
const Name = "code-execution"

// CodeCode is the evidence code of code that was not allowed.
const CodeCode kernel.Code = "CHIO-GUARD-CODE"

// ErrConfig is a field of the configuration that cannot be.
var ErrConfig = errors.New("code_execution is not valid")

const (
	defaultScanBytes = 64 << 10
	maxScanBytes     = 4 << 20
	maxList          = 4096
	maxNameBytes     = 256
)

// Guard is code-execution. It is immutable and safe for concurrent use.
type Guard struct {
	c         Config
	languages map[string]struct{}
	denied    map[string]string // what must not be loaded, and the entry that says so
	allow     kernel.Decision
	judged    kernel.Decision // code was judged, and allowed
}

// DefaultDeniedModules returns the modules of a block that lists none.
func DefaultDeniedModules() []string {
	return []string{"os", "subprocess", "socket", "sys", "ctypes", "shutil", "pickle", "marshal", "importlib"}
}

// New checks the configuration; an error is ErrConfig and names the field.
// MaxScanBytes 0 is 65536.
func New(c Config) (*Guard, error) {
	if c.Rule == "" {
		c.Rule = "rules.code_execution"
	}
	if c.MaxScanBytes == 0 {
		c.MaxScanBytes = defaultScanBytes
	}
	if c.DeniedModules == nil {
		c.DeniedModules = DefaultDeniedModules()
	}
	switch {
	case c.MaxScanBytes < 0 || c.MaxScanBytes > maxScanBytes:
		return nil, fmt.Errorf("%s: %w: max_scan_bytes must be between 1 and %d", Name, ErrConfig, maxScanBytes)
	case c.MaxExecutionMS != nil && *c.MaxExecutionMS < 0:
		return nil, fmt.Errorf("%s: %w: max_execution_time_ms is negative", Name, ErrConfig)
	case len(c.Languages) > maxList || len(c.DeniedModules) > maxList:
		return nil, fmt.Errorf("%s: %w: a list has more than %d entries", Name, ErrConfig, maxList)
	}
	g := &Guard{c: c, languages: map[string]struct{}{}, denied: map[string]string{}}
	for i, l := range c.Languages {
		if l == "" || len(l) > maxNameBytes {
			return nil, fmt.Errorf("%s: %w: language_allowlist[%d] is empty or too long", Name, ErrConfig, i)
		}
		g.languages[family(l)] = struct{}{}
	}
	for i, m := range c.DeniedModules {
		if m == "" || len(m) > maxNameBytes {
			return nil, fmt.Errorf("%s: %w: module_denylist[%d] is empty or too long", Name, ErrConfig, i)
		}
		g.denied[m] = m
		for _, same := range counterparts(m) {
			if g.denied[same] == "" {
				g.denied[same] = m
			}
		}
	}
	g.allow = guard.Conclude(kernel.Allow, Name, "", "", "")
	g.allow.Evidence = g.allow.Evidence[:1:1] // shared: no room to append to
	g.judged = guard.Conclude(kernel.Allow, Name, "", g.c.Rule, "")
	g.judged.Evidence = g.judged.Evidence[:1:1]
	return g, nil
}

// counterparts are the names under which other languages have the same power.
func counterparts(module string) []string {
	switch module {
	case "subprocess":
		return []string{"child_process", "cluster", "worker_threads", "exec", "open3", "pty", "popen2", "commands", "multiprocessing",
			"_posixsubprocess", "distutils", "pip", "ensurepip"}
	case "socket":
		return []string{"net", "dgram", "tls", "_socket", "socketserver"}
	case "os":
		return []string{"posix", "nt", "posixpath"}
	case "importlib":
		return []string{"imp", "runpy", "pkgutil", "zipimport", "module", "code", "codeop"}
	case "ctypes":
		return []string{"_ctypes", "cffi", "ffi", "ffi-napi", "koffi", "unsafe"}
	case "pickle":
		return []string{"_pickle", "cPickle", "dill", "cloudpickle", "shelve"}
	case "sys":
		return []string{"process"}
	}
	return nil
}

// Name returns code-execution.
func (g *Guard) Name() string { return Name }

// Judge implements guard.Guard:
//
//  1. a call that could not be read is denied
//  2. a language that is not in the list is denied; "unknown" is in no list,
//     and two members that name different languages are denied
//  3. code longer than the limit is denied: none of it goes unread
//  4. the arguments ask for network access, or for more time than the limit:
//     denied; a limit that is no whole number is denied
//  5. code that loads a denied module, or one that cannot be told: denied
//  6. code that reaches the network: denied, unless it may
func (g *Guard) Judge(r *guard.Request) (kernel.Decision, error) {
	if g == nil || g.denied == nil {
		return guard.Refuse(Name, kernel.CodeGuardError, "", "the guard was not built by New"), nil
	}
	if r == nil || r.Call == nil || r.Call.Mandate == nil {
		return guard.Refuse(Name, guard.CodeMalformed, "", "there is no call to judge"), nil // 1
	}
	switch s := r.Action.Shape.(type) {
	case nil:
		return guard.Refuse(Name, guard.CodeMalformed, "", "the action was not extracted"), nil // 1
	case guard.Malformed:
		return guard.Refuse(Name, guard.CodeMalformed, "", s.Reason), nil // 1
	case guard.CodeExecution:
		return g.judge(&r.Action, s), nil
	}
	return g.allow, nil
}

func (g *Guard) judge(a *guard.Action, s guard.CodeExecution) kernel.Decision {
	language := family(s.Language)
	if len(g.languages) > 0 {
		if _, ok := g.languages[language]; !ok || language == unknownLanguage {
			return g.refuse("language_allowlist", "the language is not in the list") // 2
		}
	}
	if ambiguous(a) {
		return g.refuse("language_allowlist", "two arguments name different languages") // 2
	}
	if int64(len(s.Code)) > g.c.MaxScanBytes {
		return g.refuse("max_scan_bytes", fmt.Sprintf("the code has %d bytes, limit %d", len(s.Code), g.c.MaxScanBytes)) // 3
	}
	if !g.c.Network && asksNetwork(a) {
		return g.refuse("network_access", "the arguments ask for network access") // 4
	}
	if g.c.MaxExecutionMS != nil {
		if why := asksTime(a, *g.c.MaxExecutionMS); why != "" {
			return g.refuse("max_execution_time_ms", why) // 4
		}
	}
	sc := &scanner{denied: g.denied, offline: !g.c.Network}
	sc.source(s.Code, language, 0)
	if sc.hit == "" {
		return g.judged
	}
	return g.refuse(sc.field, "heuristic detector "+sc.hit) // 5, 6
}

func (g *Guard) refuse(field, details string) kernel.Decision {
	return guard.Refuse(Name, CodeCode, g.c.Rule+"."+field, details)
}

const unknownLanguage = "unknown"

// family reduces the names of one language to one.
func family(name string) string {
	l := strings.ToLower(strings.TrimSpace(name))
	base := strings.TrimRight(l, "0123456789.")
	switch base {
	case "py", "python", "ipython", "jupyter", "cpython", "pypy", "python-":
		return "python"
	case "js", "javascript", "node", "nodejs", "node.js", "ecmascript", "mjs", "cjs", "jsx", "es":
		return "javascript"
	case "ts", "typescript", "tsx", "deno", "bun":
		return "typescript"
	case "sh", "bash", "shell", "zsh", "dash", "ksh", "shellscript", "posix", "console", "terminal":
		return "shell"
	case "ps", "ps1", "pwsh", "powershell":
		return "powershell"
	case "rb", "ruby":
		return "ruby"
	case "pl", "perl":
		return "perl"
	case "go", "golang":
		return "go"
	case "cpp", "c++", "cxx":
		return "c++"
	case "cs", "c#", "csharp":
		return "c#"
	case "rs", "rust":
		return "rust"
	case "", "unknown", "auto", "any", "text", "plaintext", "other":
		return unknownLanguage
	}
	return l
}

// ambiguous reports two members that name different languages.
func ambiguous(a *guard.Action) bool {
	seen := ""
	for _, name := range [...]string{"language", "lang"} {
		raw := a.Arg(name)
		if len(raw) == 0 {
			continue
		}
		var text string
		if wire.Unmarshal(raw, &text, wire.ForeignLimits) != nil {
			return true
		}
		if f := family(text); seen != "" && f != seen {
			return true
		} else if seen == "" {
			seen = f
		}
	}
	return false
}
