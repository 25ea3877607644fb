package guards

import "github.com/backbay-labs/chio-node/kernel"

// The evidence codes of the built-in guards. Codes are never renamed.
const (
	CodeForbiddenPath kernel.Code = "CHIO-GUARD-FORBIDDEN-PATH"
	CodePathAllowlist kernel.Code = "CHIO-GUARD-PATH-ALLOWLIST"
	CodeToolBlocked   kernel.Code = "CHIO-GUARD-TOOL-BLOCKED"
	CodeToolUnlisted  kernel.Code = "CHIO-GUARD-TOOL-NOT-ALLOWED"
	CodeToolConfirm   kernel.Code = "CHIO-GUARD-TOOL-CONFIRM"
	CodeArgsSize      kernel.Code = "CHIO-GUARD-ARGS-SIZE"
	CodePathMalformed kernel.Code = "CHIO-GUARD-PATH-MALFORMED"
	CodeChargeCap     kernel.Code = "CHIO-GUARD-CHARGE-CAP"
)

// The names of the guards in this build.
const (
	ForbiddenPathName = "forbidden-path"
	McpToolName       = "mcp-tool"
	PathAllowlistName = "path-allowlist"
)

// Entry is one line of the catalogue.
type Entry struct {
	Name  string
	Block string // the HushSpec block that configures it
}

// Catalogue returns the eighteen guards in the order in which they run.
func Catalogue() []Entry {
	return []Entry{
		{ForbiddenPathName, "rules.forbidden_paths"},
		{"velocity", "rules.velocity"},
		{"agent-velocity", "rules.velocity"},
		{"shell-command", "rules.shell_commands"},
		{"egress-allowlist", "rules.egress"},
		{"internal-network", "rules.egress"},
		{McpToolName, "rules.tool_access"},
		{"secret-leak", "rules.secret_patterns"},
		{"patch-integrity", "rules.patch_integrity"},
		{PathAllowlistName, "rules.path_allowlist"},
		{"computer-use", "rules.computer_use"},
		{"remote-desktop-side-channel", "rules.remote_desktop_channels"},
		{"input-injection-capability", "rules.input_injection"},
		{"browser-automation", "rules.browser_automation"},
		{"code-execution", "rules.code_execution"},
		{"prompt-injection", "extensions.detection"},
		{"jailbreak", "extensions.detection"},
		{"spider-sense", "extensions.detection"},
	}
}
