package guard

import "strings"

// family is what the name of a tool says about it.
type family uint8

const (
	familyNone family = iota
	familyRead
	familyWrite
	familyReadMany
	familyMove
	familyCopy
	familyFiles // read or write, by its arguments
	familyPatch
	familyShell
	familyFetch
	familyCode
	familyBrowser
	familyDatabase
	familyRemember
	familyRecall
	familyVendor
)

// recognise classifies a tool by name: the whole name first, then the part
// after the last separator of a namespace (mcp__files__read_file, fs/read).
func recognise(tool string) (family, string) {
	whole := squash(tool)
	if f := familyOf(whole); f != familyNone {
		return f, whole
	}
	for _, sep := range []string{"__", "/", ".", ":"} {
		if i := strings.LastIndex(tool, sep); i >= 0 {
			base := squash(tool[i+len(sep):])
			if f := familyOf(base); f != familyNone {
				return f, base
			}
		}
	}
	lower := strings.ToLower(tool)
	if strings.HasPrefix(lower, "fs_") || strings.HasPrefix(lower, "fs/") {
		return familyFiles, whole
	}
	for _, driver := range []string{"browser_", "puppeteer_", "playwright_"} {
		if rest, ok := strings.CutPrefix(lower, driver); ok && rest != "" {
			return familyBrowser, whole
		}
	}
	for _, vendor := range vendors() {
		if strings.HasPrefix(lower, vendor) && len(lower) > len(vendor) && (lower[len(vendor)] == '_' || lower[len(vendor)] == '.' || lower[len(vendor)] == '/') {
			return familyVendor, vendor
		}
	}
	return familyNone, whole
}

func vendors() []string {
	return []string{"slack", "stripe", "sendgrid", "twilio", "paypal", "square", "braintree", "adyen", "plaid", "mailgun"}
}

// familyOf knows the tools of the public MCP file system server, those of the
// agent clients in use, and the generic names. The argument is squashed.
func familyOf(name string) family {
	switch name {
	case "readfile", "readtextfile", "readmediafile", "viewfile", "openfile", "catfile", "listdirectory",
		"listdirectorywithsizes", "listdir", "directorytree", "searchfiles", "getfileinfo", "statfile":
		return familyRead
	case "readmultiplefiles", "readfiles":
		return familyReadMany
	case "writefile", "writetextfile", "createfile", "editfile", "appendfile", "appendtofile", "deletefile", "removefile",
		"createdirectory", "makedirectory", "mkdir", "deletedirectory", "removedirectory", "rmdir":
		return familyWrite
	case "movefile", "renamefile", "movedirectory":
		return familyMove
	case "copyfile", "copydirectory":
		return familyCopy
	case "filesystem", "file", "fs":
		return familyFiles
	case "applypatch", "applydiff", "patchfile", "gitapply":
		return familyPatch
	case "bash", "sh", "zsh", "shell", "shellexec", "shellcommand", "runshell", "runcommand", "runterminalcmd", "executecommand", "terminal":
		return familyShell
	case "httprequest", "fetch", "fetchurl", "webfetch", "curl", "wget", "download", "httpget", "httppost":
		return familyFetch
	case "python", "eval", "runcode", "executecode", "jupyter", "runpython", "javascript", "nodejs", "codeinterpreter":
		return familyCode
	case "browser", "navigate", "goto":
		return familyBrowser
	case "sql", "postgres", "mysql", "sqlite", "executesql", "runsql", "querydatabase", "sqlquery", "readquery", "writequery", "runquery", "executequery":
		return familyDatabase
	case "vectorupsert", "remember", "memorywrite", "storememory":
		return familyRemember
	case "recall", "vectorquery", "memoryread", "searchmemory":
		return familyRecall
	}
	return familyNone
}

// accessOf is what a family does to the paths among its arguments.
func accessOf(f family) Access {
	switch f {
	case familyRead, familyReadMany:
		return AccessRead
	case familyWrite, familyMove, familyCopy:
		return AccessWrite
	case familyPatch:
		return AccessPatch
	default:
		return AccessUnknown
	}
}

// verbOf is what a browser tool does, by its squashed name: click for
// browser_click.
func verbOf(name string) string {
	for _, driver := range []string{"browser", "puppeteer", "playwright"} {
		if verb, ok := strings.CutPrefix(name, driver); ok && verb != "" {
			return verb
		}
	}
	return name
}
