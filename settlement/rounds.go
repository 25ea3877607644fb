package settlement

import (
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// PriceRound returns a round that priced an obligation here, whoever gave it,
// or ErrRound.
func (s *Settler) PriceRound(r store.Reader, id wire.Digest) (*oracle.Round, error) {
	return s.round(r, id)
}
