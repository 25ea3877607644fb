package federation

import (
	"errors"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
)

// Filed is how many receipts of a peer's log and how many joint records with it
// a node holds.
type Filed struct {
	Foreign uint64 `json:"foreign,omitzero"`
	Joint   uint64 `json:"joint,omitzero"`
}

// Filed reads the numbers of one peer without reading what was counted.
func (x *Exchange) Filed(peer did.DID) (f Filed, err error) {
	err = x.s.cfg.DB.View(func(r store.Reader) (err error) {
		f, err = filed(r, peer)
		return err
	})
	return f, err
}

// filed counts the rows of a peer that has no row of numbers yet.
func filed(r store.Reader, peer did.DID) (f Filed, err error) {
	if found, err := load(r, prefixFiled+peer.String(), &f); err != nil || found {
		return f, err
	}
	count := func(prefix string, n *uint64) error {
		return r.Scan(prefix+peer.String()+"/", "", func(string, []byte) error {
			*n++
			return nil
		})
	}
	return f, errors.Join(count(prefixForeign, &f.Foreign), count(prefixJoint, &f.Joint))
}

// countFiled is called before rows that were not there are written.
func countFiled(tx store.Tx, peer did.DID, more Filed) error {
	f, err := filed(tx, peer)
	if err != nil {
		return err
	}
	return save(tx, prefixFiled+peer.String(), Filed{Foreign: f.Foreign + more.Foreign, Joint: f.Joint + more.Joint})
}
