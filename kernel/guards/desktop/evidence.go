package desktop

import (
	"github.com/backbay-labs/chio-node/kernel"
)

// The evidence codes of this package. Codes are never renamed.
const (
	CodeComputerUse kernel.Code = "CHIO-GUARD-COMPUTER-USE"
	CodeChannel     kernel.Code = "CHIO-GUARD-REMOTE-CHANNEL"
	CodeInput       kernel.Code = "CHIO-GUARD-INPUT"
)

// The names of the guards.
const (
	ComputerUseName = "computer-use"
	ChannelsName    = "remote-desktop-side-channel"
	InputName       = "input-injection-capability"
)

// brief bounds a name for evidence.
func brief(s string) string { return s[:min(len(s), 80)] }
