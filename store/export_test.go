package store

import "github.com/backbay-labs/chio-node/wire"

// CloseHeadFile makes every later head write fail.
func CloseHeadFile(e *Engine) error { return e.heads.close() }

// SumRows is the digest of a set of rows, computed afresh.
func SumRows(rows map[string]string) wire.Digest {
	var s rowsSum
	for k, v := range rows {
		s = s.add(rowHash(k, []byte(v)))
	}
	return s.digest()
}

// DecodeSlot decodes one slot of a head file down to its signer.
func DecodeSlot(b []byte) (body []byte, by wire.PublicKey, err error) {
	if body, err = decodeSlot(b); err != nil {
		return nil, by, err
	}
	_, by, err = openHead(body)
	return body, by, err
}

// EncodeSlot is its inverse.
func EncodeSlot(body []byte) ([]byte, error) { return encodeSlot(body) }
