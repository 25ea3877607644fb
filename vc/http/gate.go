package vchttp

import (
	"context"

	"github.com/backbay-labs/chio-node/vc"
)

// Gate is what the service verifies credentials with now, for another protocol
// on the same listener: the same lists, vocabulary and limits. Whom to trust
// and whether a credential may be without a status is for its caller to set.
func (s *Service) Gate(ctx context.Context) vc.Gate {
	return s.gateFor(ctx, false)
}
