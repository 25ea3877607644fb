package settlement

import (
	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Claim is the best voucher this node holds as the payee of a channel.
type Claim struct {
	Peer    did.DID
	Channel wire.Digest
	Voucher []byte
	Due     bool // not redeemed yet, and nothing speaks against it
}

// Claims lists the best voucher of every channel of one contract in which this
// node is paid, halted channels included: what a payer who leaves owes us is
// claimed whatever the books say.
func (s *Settler) Claims(chainID, contract string) ([]Claim, error) {
	out := []Claim{}
	err := s.cfg.DB.View(func(r store.Reader) error {
		all, err := scanAccounts(r, accountPrefix(In))
		if err != nil {
			return err
		}
		for _, a := range all {
			if a.ChainID != chainID || a.Contract != contract || a.Vouchered == 0 {
				continue
			}
			rec, err := readRecord(r, a.Channel, a.VoucherSequence)
			if err != nil {
				return err
			}
			out = append(out, Claim{Peer: a.Peer, Channel: a.Channel, Voucher: rec.Voucher, Due: a.Vouchered > a.Redeemed && a.Halted == ""})
		}
		return nil
	})
	return out, err
}
