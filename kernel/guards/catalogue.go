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
	Built bool   // in this build; a policy that asks for another is refused
}

// Catalogue returns the eighteen guards in the order in which they run.
func Catalogue() []Entry {
	return []Entry{
		{ForbiddenPathName, "rules.forbidden_paths", true},
		{"velocity", "rules.velocity", false},
		{"agent-velocity", "rules.velocity", false},
		{"shell-command", "rules.shell_commands", false},
		{"egress-allowlist", "rules.egress", false},
		{"internal-network", "rules.egress", false},
		{McpToolName, "rules.tool_access", true},
		{"secret-leak", "rules.secret_patterns", false},
		{"patch-integrity", "rules.patch_integrity", false},
		{PathAllowlistName, "rules.path_allowlist", true},
		{"computer-use", "rules.computer_use", false},
		{"remote-desktop-side-channel", "rules.remote_desktop_channels", false},
		{"input-injection-capability", "rules.input_injection", false},
		{"browser-automation", "rules.browser_automation", false},
		{"code-execution", "rules.code_execution", false},
		{"prompt-injection", "extensions.detection", false},
		{"jailbreak", "extensions.detection", false},
		{"spider-sense", "extensions.detection", false},
	}
}
