package openid4vci

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/store"
)

// A nonce is its end (8 bytes, unix seconds), 16 random bytes and 16 of an
// HMAC over both: so that whoever asks for nonces makes no rows.
const (
	nonceBody = 8 + 16
	nonceTag  = 16
)

// maxNonceSweep is how many used nonces that are over one use removes.
const maxNonceSweep = 16

var errNonce = errors.New("the nonce is not one of this issuer's, is over, or was used")

// nonce answers a nonce request (§7).
func (s *Issuer) nonce(*http.Request) (any, error) {
	random, err := s.random(nonceBody - 8)
	if err != nil {
		return nil, err
	}
	b := binary.BigEndian.AppendUint64(nil, uint64(s.now()+nonceSeconds)) //nolint:gosec // the clock is after 1970
	b = append(b, random...)
	return struct {
		Nonce string `json:"c_nonce"`
	}{encode(append(b, s.tag(b)...))}, nil
}

func (s *Issuer) tag(body []byte) []byte {
	m := hmac.New(sha256.New, s.nonceKey)
	m.Write(body)
	return m.Sum(nil)[:nonceTag]
}

// useNonce marks a nonce as used:
//
//	N1 it is one of this process, in one spelling
//	N2 it is not over
//	N3 it was not used; the mark stays until it is over
func (s *Issuer) useNonce(tx store.Tx, nonce string, now int64) error {
	b, err := base64.RawURLEncoding.Strict().DecodeString(nonce)
	if err != nil || len(b) != nonceBody+nonceTag || encode(b) != nonce || !hmac.Equal(s.tag(b[:nonceBody]), b[nonceBody:]) { // N1
		return errNonce
	}
	end := binary.BigEndian.Uint64(b)
	if now < 0 || uint64(now) >= end { // N2
		return errNonce
	}
	row := fmt.Sprintf("%s%020d/%x", nonceRows, end, b[8:nonceBody])
	if _, err := tx.Get(row); err == nil { // N3
		return errNonce
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	tx.Set(row, []byte{1})
	return sweepNonces(tx, now)
}

// sweepNonces removes a few marks of nonces that are over; they stand first.
func sweepNonces(tx store.Tx, now int64) error {
	var over []string
	err := tx.Scan(nonceRows, "", func(key string, _ []byte) error {
		digits, _, _ := strings.Cut(strings.TrimPrefix(key, nonceRows), "/")
		if end, err := strconv.ParseInt(digits, 10, 64); err == nil && now < end || len(over) == maxNonceSweep {
			return store.ErrStop
		}
		over = append(over, key)
		return nil
	})
	for _, key := range over {
		tx.Delete(key)
	}
	return err
}
