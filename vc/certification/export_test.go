package certification

import "github.com/backbay-labs/chio-node/wire"

// Apply adds one record to a history, as Fold does for each.
func Apply(h *History, id wire.Digest, c *Certification, r *Record, recordID wire.Digest) error {
	return h.apply(id, c, r, recordID)
}
