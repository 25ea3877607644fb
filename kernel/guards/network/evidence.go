package network

import (
	"github.com/backbay-labs/chio-node/kernel"
)

// The evidence codes of this package. Codes are never renamed.
const (
	CodeEgress   kernel.Code = "CHIO-GUARD-EGRESS"
	CodeInternal kernel.Code = "CHIO-GUARD-INTERNAL-NETWORK"
	CodeBrowser  kernel.Code = "CHIO-GUARD-BROWSER"
)

// The names of the guards.
const (
	EgressName   = "egress-allowlist"
	InternalName = "internal-network"
	BrowserName  = "browser-automation"
)
