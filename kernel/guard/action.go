package guard

import "github.com/backbay-labs/chio-node/wire"

// Shape is what a call mainly does: one of the types below and no other. A
// switch over it must name all of them.
type Shape interface {
	// Kind is the stable snake_case name of the shape.
	Kind() string
	sealed()
}

// The shapes. Fields hold what the arguments said, not yet canonical.
type (
	// FileAccess reads, lists or describes a file or directory.
	FileAccess struct{ Path string }
	// FileWrite creates, changes, moves or removes a file or directory.
	FileWrite struct {
		Path    string
		Content string // what is written, if the arguments carry it
	}
	// NetworkEgress contacts a host. Host is lower-case, without a port.
	NetworkEgress struct {
		Host string
		Port uint16
	}
	// ShellCommand runs a command line.
	ShellCommand struct{ Command string }
	// McpTool is a call of a tool that none of the other shapes describes.
	McpTool struct{ Name string }
	// Patch applies a diff.
	Patch struct{ Path, Diff string }
	// CodeExecution runs source code; Language is "unknown" if none is named.
	CodeExecution struct{ Language, Code string }
	// BrowserAction drives a browser.
	BrowserAction struct{ Verb, Target string }
	// DatabaseQuery sends a query; Database defaults to the tool's name.
	DatabaseQuery struct{ Database, Query string }
	// ExternalAPICall calls a vendor's service.
	ExternalAPICall struct{ Service, Endpoint string }
	// MemoryWrite stores into an agent's memory.
	MemoryWrite struct{ Store, Key string }
	// MemoryRead recalls from an agent's memory.
	MemoryRead struct{ Store, Key string }
	// Unknown is an operation other than invoking a tool.
	Unknown struct{ Operation string }
	// Malformed is arguments that cannot be what the tool needs. Every guard
	// denies it.
	Malformed struct{ Reason string }
)

func (FileAccess) Kind() string      { return "file_access" }
func (FileWrite) Kind() string       { return "file_write" }
func (NetworkEgress) Kind() string   { return "network_egress" }
func (ShellCommand) Kind() string    { return "shell_command" }
func (McpTool) Kind() string         { return "mcp_tool" }
func (Patch) Kind() string           { return "patch" }
func (CodeExecution) Kind() string   { return "code_execution" }
func (BrowserAction) Kind() string   { return "browser_action" }
func (DatabaseQuery) Kind() string   { return "database_query" }
func (ExternalAPICall) Kind() string { return "external_api_call" }
func (MemoryWrite) Kind() string     { return "memory_write" }
func (MemoryRead) Kind() string      { return "memory_read" }
func (Unknown) Kind() string         { return "unknown" }
func (Malformed) Kind() string       { return "malformed" }

func (FileAccess) sealed()      {}
func (FileWrite) sealed()       {}
func (NetworkEgress) sealed()   {}
func (ShellCommand) sealed()    {}
func (McpTool) sealed()         {}
func (Patch) sealed()           {}
func (CodeExecution) sealed()   {}
func (BrowserAction) sealed()   {}
func (DatabaseQuery) sealed()   {}
func (ExternalAPICall) sealed() {}
func (MemoryWrite) sealed()     {}
func (MemoryRead) sealed()      {}
func (Unknown) sealed()         {}
func (Malformed) sealed()       {}

// Access is what is about to happen to a path.
type Access uint8

// The accesses. The zero value is the strictest: a path whose use is unknown
// must be permitted for reading and for writing.
const (
	AccessUnknown Access = iota
	AccessRead
	AccessWrite
	AccessPatch
)

// Path is one path found in the arguments.
type Path struct {
	Text   string
	Access Access
	// Guess marks text that only looks like a path: a token of a command line,
	// a line of a text, a string with a slash. Deny lists apply to it; allow
	// lists do not, or no prose could pass.
	Guess bool
}

// Action is what extraction found: the main shape, and everything in the
// arguments that any guard may want to judge whatever the shape is.
type Action struct {
	Shape    Shape
	Paths    []Path
	URLs     []string // absolute URLs, as written
	Commands []string
	// Argvs are commands given as lists: {"command": "rm", "args": ["-rf", "/"]}.
	Argvs [][]string
	// Inputs are typed into a program that runs already and may be a shell.
	Inputs []string
	// Dirs are rooted directories that a command of the call may run in.
	Dirs      []string
	Texts     []Text // every string of the arguments, member names included
	ArgsBytes int    // size of the arguments as they will be forwarded
	top       []member
}

// Text is one string of the arguments. Name is the member that holds it, ""
// for the name of a member itself.
type Text struct{ Name, Value string }

// Arg returns the JSON of a top-level argument, or nil.
func (a *Action) Arg(name string) wire.Raw {
	for _, m := range a.top {
		if m.name == name {
			return m.raw
		}
	}
	return nil
}
