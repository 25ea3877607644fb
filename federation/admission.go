package federation

import (
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// Admission decides whether a treaty that a peer proposes is signed without
// asking an operator. The zero value asks for every one.
type Admission struct {
	Peers    []did.DID     // any treaty of these is accepted, within our own terms
	Treaties []wire.Digest // exactly these are accepted, whoever proposes them
}

// Accepts reports whether the rule covers a proposal. A treaty is always at
// least as strict as our own terms, so accepting one never loosens them.
func (a Admission) Accepts(peer did.DID, treaty wire.Digest) bool {
	return slices.Contains(a.Peers, peer) || slices.Contains(a.Treaties, treaty)
}
