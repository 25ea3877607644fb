package vc

import (
	"errors"
	"strconv"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
)

// loadList returns a list and its signed document. A list that does not exist
// yet is all clear and has no document.
func (g *Registry) loadList(v store.Reader, number uint64) (*StatusList, []byte, error) {
	doc, err := v.Get(listRow(number))
	if errors.Is(err, store.ErrNotFound) {
		return &StatusList{bits: make([]byte, ListBits/8)}, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	// Opening it again costs one verification and means that a damaged list is
	// never signed over.
	list, err := OpenStatusList(doc, did.FromKey(g.cfg.Org.Public()))
	return list, doc, err
}

// freshList returns the signed document of a list, signing it anew if it does
// not exist or half its validity has passed.
func (g *Registry) freshList(tx store.Tx, number uint64, now int64) ([]byte, error) {
	list, doc, err := g.loadList(tx, number)
	if err != nil {
		return nil, err
	}
	if doc != nil && now < list.ValidFrom()+g.cfg.ListTTLSeconds/2 {
		return doc, nil
	}
	return g.putList(tx, number, list, now)
}

// putList signs the bits of a list. A clock that went back does not make the
// new list older than the one it replaces.
func (g *Registry) putList(tx store.Tx, number uint64, list *StatusList, now int64) ([]byte, error) {
	doc, err := signStatusList(g.cfg.Org, g.listURL(number), list.bits, max(now, list.ValidFrom()), g.cfg.ListTTLSeconds)
	if err != nil {
		return nil, err
	}
	tx.Set(listRow(number), doc)
	return doc, nil
}

func listRow(number uint64) string { return listPrefix + strconv.FormatUint(number, 10) }
