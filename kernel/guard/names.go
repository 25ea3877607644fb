package guard

import "strings"

// This file says what the names of members mean. Names are squashed.

// pathName reports whether a member of this name holds paths.
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

// placeName reports whether a member of this name holds the directory that
// other paths of the call begin in.
func placeName(name string) bool {
	switch name {
	case "cwd", "workdir", "workingdir", "workingdirectory", "currentdirectory", "chdir", "dir", "directory", "folder", "root", "base",
		"basedir", "rootdir", "parent", "parentdir", "parentpath", "location", "workspace", "path", "basepath", "rootpath", "repopath",
		"projectpath", "projectroot", "workspacepath", "dirpath", "directorypath", "folderpath":
		return true
	}
	return false
}

// leafName reports whether a member of this name may hold the last part of a
// path whose directory is another member.
func leafName(name string) bool {
	switch name {
	case "name", "pattern", "patterns", "glob", "globs", "include", "includes", "filter", "item", "items", "key", "entry":
		return true
	}
	return false
}

// payloadName reports whether a member of a recognised tool holds what is
// written or compared, which is text and not a path.
func payloadName(name string) bool {
	switch name {
	case "data", "body", "message", "excludepatterns":
		return true
	}
	return textName(name)
}

// textName reports whether a member of this name holds text that a tool stores
// or compares as it is, whatever the tool is.
func textName(name string) bool {
	switch name {
	case "content", "contents", "text", "diff", "patch", "code", "filetext":
		return true
	}
	return editName(name)
}

// editName reports whether a member of this name holds one side of an edit.
func editName(name string) bool {
	switch name {
	case "newtext", "oldtext", "newstring", "oldstring", "newstr", "oldstr":
		return true
	}
	return false
}

// queryName reports whether a member of this name holds words to look for.
func queryName(name string) bool {
	switch name {
	case "query", "q", "search", "searchquery", "searchterm", "keyword", "keywords", "question":
		return true
	}
	return false
}

// revisionName reports whether a member of this name holds what a version
// control system calls an object: HEAD:file is one.
func revisionName(name string) bool {
	switch name {
	case "revision", "revisions", "rev", "ref", "object", "treeish", "commit", "target", "spec":
		return true
	}
	return false
}

// commandName reports whether a member of this name is run.
func commandName(name string) bool {
	switch name {
	case "run", "cmdline", "shell", "script", "exec", "argv", "commandstring", "shellscript", "bashscript", "scriptcontent", "shellcode":
		return true
	}
	for _, end := range [...]string{"command", "commands", "cmd", "cmds", "commandline"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// programName reports whether a member of this name is run if a list of
// arguments stands beside it.
func programName(name string) bool {
	switch name {
	case "program", "executable", "binary", "bin", "exe", "interpreter", "entrypoint", "process":
		return true
	}
	return commandName(name)
}

// argsName reports whether a member of this name holds the arguments of the
// command beside it.
func argsName(name string) bool {
	switch name {
	case "args", "arguments", "argv", "params", "parameters", "options", "flags", "arg", "commandargs", "cmdargs", "argumentlist":
		return true
	}
	return false
}

// codeName reports whether a member of this name holds source code.
func codeName(name string) bool {
	switch name {
	case "code", "source", "sourcecode", "script", "pythoncode", "pycode", "jscode", "javascriptcode", "nodecode", "codestring",
		"cellsource", "cell", "snippet", "program", "function", "expression", "pagefunction", "js", "javascript", "python":
		return true
	}
	return false
}

// sqlName reports whether a member of this name holds a database query.
func sqlName(name string) bool {
	switch name {
	case "sql", "statement", "statements", "sqlquery", "query", "queries":
		return true
	}
	return false
}

// configName reports whether a member of this name holds a document that a
// system is set up by: its words are read as paths.
func configName(name string) bool {
	switch name {
	case "manifest", "manifests", "yaml", "config", "configuration", "spec", "compose", "composeyaml", "composefile", "dockerfile", "resource", "definition":
		return true
	}
	return false
}

// markupName reports whether a member of this name holds what is rendered: its
// quoted texts are read as paths.
func markupName(name string) bool {
	switch name {
	case "html", "svg", "xml", "template", "markup":
		return true
	}
	return false
}

// typedName reports whether a member of this name is typed into a program
// that a tool holds a terminal of; stdin always is.
func typedName(name string, terminal bool) bool {
	switch name {
	case "stdin", "keystrokes", "inputtext":
		return true
	case "input", "text", "keys", "data", "line", "lines", "content", "value", "inputs":
		return terminal
	}
	return false
}

// terminalTool reports a tool, by its squashed name, that types into a program
// that runs already.
func terminalTool(name string) bool {
	held, types := false, false
	for _, s := range [...]string{"process", "terminal", "tmux", "pty", "shell", "stdin", "console", "bash", "powershell", "screen", "session", "ssh", "repl"} {
		held = held || strings.Contains(name, s)
	}
	for _, s := range [...]string{"bash", "terminal", "powershell", "tmux"} {
		types = types || strings.Contains(name, s) // nothing else is done with one
	}
	for _, s := range [...]string{"write", "send", "interact", "input", "type", "keys", "paste", "feed"} {
		types = types || strings.Contains(name, s)
	}
	return held && types || name == "sendinput" || name == "sendkeys"
}
