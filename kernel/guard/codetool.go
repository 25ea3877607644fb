package guard

import (
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// codeTool reports a tool, by its squashed name, that runs source code if its
// arguments hold any: execute_python, jupyter_execute_cell, sandbox_run.
func codeTool(name string) bool {
	runs, code := false, false
	for _, s := range [...]string{"run", "exec", "eval", "interpret", "repl"} {
		runs = runs || strings.Contains(name, s)
	}
	for _, s := range [...]string{"python", "javascript", "typescript", "jupyter", "notebook", "node", "code", "cell", "script", "snippet",
		"program", "repl", "sandbox", "ruby", "php", "perl", "golang"} {
		code = code || strings.Contains(name, s)
	}
	return runs && code && !strings.Contains(name, "review") && !strings.Contains(name, "codeql") || name == "execute" || name == "exec" || name == "run"
}

// source is the shape of a tool whose name says that it runs code: all of it
// is judged, whichever member the tool runs. Without code it is any tool.
func (a arguments) source(tool string) Shape {
	code := a.joined("")
	if code == "" {
		return McpTool{Name: tool}
	}
	fallback := language(a.name)
	if fallback == "unknown" {
		fallback = a.spoken()
	}
	lang, bad := a.optional(langAliases[:], fallback)
	if bad != "" {
		return Malformed{Reason: string(bad)}
	}
	return CodeExecution{Language: lang, Code: code}
}

// joined is the code of every member that holds some, after what is known.
func (a arguments) joined(code string) string {
	var all strings.Builder
	all.WriteString(code)
	for _, m := range a.top {
		key := squash(m.name)
		if !codeName(key) || commandName(key) && !scripted(a.name) || len(m.raw) == 0 || m.raw[0] != '"' {
			continue
		}
		var text string
		if wire.Unmarshal(m.raw, &text, wire.ForeignLimits) != nil || text == code || text == "" {
			continue
		}
		if all.Len() > 0 {
			all.WriteByte('\n')
		}
		all.WriteString(text)
	}
	return all.String()
}

// scripted reports a tool, by its squashed name, whose scripts are of a
// language that is no shell's.
func scripted(name string) bool {
	return language(name) != "unknown" || strings.Contains(name, "evaluate")
}

// spoken is the language that the name of a member implies.
func (a arguments) spoken() string {
	for _, m := range a.top {
		switch squash(m.name) {
		case "pythoncode", "pycode", "python":
			return "python"
		case "jscode", "javascriptcode", "nodecode", "js", "javascript", "function", "pagefunction":
			return "javascript"
		}
	}
	return "unknown"
}

// language is the language a code tool's name implies.
func language(tool string) string {
	switch {
	case strings.Contains(tool, "python"), strings.Contains(tool, "jupyter"):
		return "python"
	case strings.Contains(tool, "javascript"), strings.Contains(tool, "nodejs"):
		return "javascript"
	case strings.Contains(tool, "typescript"):
		return "typescript"
	}
	return "unknown"
}
