package shell

import "github.com/backbay-labs/chio-node/kernel/guards"

// Config configures shell-command.
type Config struct {
	Forbidden []string              // RE2, over the command as written and as read; nil: the built-in rules alone
	Paths     *guards.ForbiddenPath // the policy's own list; nil: the default patterns
	Confirm   bool                  // a command whose name is computed asks for approval instead of denying
	Rule      string                // dotted path; "" is rules.shell_commands
}
