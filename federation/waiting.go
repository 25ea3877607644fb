package federation

import (
	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
)

// Unjoined counts the calls with a peer for which not both sides have signed.
type Unjoined struct {
	Pending  uint64 `json:"pending"`
	Overdue  uint64 `json:"overdue"` // for longer than JoinSeconds
	Disputed uint64 `json:"disputed"`
}

// Unjoined reads what is filed with a peer, row by row.
func (x *Exchange) Unjoined(peer did.DID) (out Unjoined, err error) {
	now := x.now()
	err = x.s.cfg.DB.View(func(r store.Reader) error {
		return each(r, prefixJoint+peer.String()+"/", func(_ string, j *Joint) error {
			switch j.At(now) {
			case JointPending:
				out.Pending++
			case JointOverdue:
				out.Overdue++
			case JointDisputed:
				out.Disputed++
			}
			return nil
		})
	})
	return out, err
}
