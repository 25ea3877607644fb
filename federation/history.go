package federation

import (
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Actor says who brought a change of a relationship about.
type Actor string

// The actors of a history.
const (
	ByOperator Actor = "operator" // this organisation's
	ByPeer     Actor = "peer"     // what it signed
	ByProtocol Actor = "protocol" // a rule of this node, without being asked
)

// maxHistory is how many changes of one peer are kept of each actor; older ones
// are dropped. What a peer can bring about pushes nothing out that an operator
// did.
const maxHistory = 256

// Change is one entry of a peer's history. From and To are the same where
// something else than the state changed: a new revision of the treaty, a
// proposal declined.
type Change struct {
	Number uint64       `json:"number"` // from 1; a gap was dropped
	At     int64        `json:"at"`     // unix seconds
	From   State        `json:"from"`
	To     State        `json:"to"`
	By     Actor        `json:"by"`
	Reason string       `json:"reason,omitempty"`
	Treaty *wire.Digest `json:"treaty,omitempty"` // that it is about
}

// cause is why something changes.
type cause struct {
	by     Actor
	reason string
}

// move changes the stored state along the table and notes it.
func (r *Record) move(to State, why cause) error {
	from := r.State
	if err := r.become(to); err != nil {
		return err
	}
	if from != to {
		r.note(from, why, nil)
	}
	return nil
}

// note adds to the history what happened in the transaction under way.
func (r *Record) note(from State, why cause, treaty *wire.Digest) {
	r.happened = append(r.happened, Change{From: from, To: r.State, By: why.by, Reason: why.reason, Treaty: treaty})
}

// writeHistory numbers what happened and drops what is too old to keep.
func (d *Directory) writeHistory(tx store.Tx, rec *Record) error {
	if len(rec.happened) == 0 {
		return nil
	}
	kept := make(map[Actor][]string) // keys, the oldest first
	if err := each(tx, prefixHistory+rec.DID.String()+"/", func(key string, c *Change) error {
		kept[c.By] = append(kept[c.By], key)
		return nil
	}); err != nil {
		return err
	}
	for _, c := range rec.happened {
		rec.Changes++
		c.Number, c.At = rec.Changes, d.now()
		row, err := wire.Marshal(c)
		if err != nil {
			return fmt.Errorf("encode the history of %s: %w", rec.DID, err)
		}
		key := historyKey(rec.DID, c.Number)
		tx.Set(key, row)
		for kept[c.By] = append(kept[c.By], key); len(kept[c.By]) > maxHistory; kept[c.By] = kept[c.By][1:] {
			tx.Delete(kept[c.By][0])
		}
	}
	rec.happened = nil
	return nil
}

// History returns the kept changes of a peer, the oldest first.
func (d *Directory) History(id did.DID) ([]Change, error) {
	if _, err := d.Peer(id); err != nil {
		return nil, err
	}
	var out []Change
	err := d.db.View(func(r store.Reader) error {
		return each(r, prefixHistory+id.String()+"/", func(_ string, c *Change) error {
			out = append(out, *c)
			return nil
		})
	})
	return out, err
}

func historyKey(id did.DID, n uint64) string {
	return prefixHistory + id.String() + "/" + ordered(n)
}
