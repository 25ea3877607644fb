package vc

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/multiformats/go-multibase"
)

// ErrResource refuses a related resource whose bytes are not at hand or do not
// have the digest that the credential states.
var ErrResource = errors.New("related resource is not what the credential states")

// resource is one entry of relatedResource: a URL and digests of its bytes.
type resource struct {
	id      string
	digests []digest
}

// digest is a stated digest of 32, 48 or 64 bytes.
type digest []byte

// matches reports whether the bytes have the digest; its length tells which
// function made it.
func (d digest) matches(b []byte) bool {
	switch len(d) {
	case sha256.Size:
		sum := sha256.Sum256(b)
		return bytes.Equal(d, sum[:])
	case sha512.Size384:
		sum := sha512.Sum384(b)
		return bytes.Equal(d, sum[:])
	case sha512.Size:
		sum := sha512.Sum512(b)
		return bytes.Equal(d, sum[:])
	}
	return false
}

// resources reads relatedResource (VC Data Model 2.0 §5.3):
//
//	a it is an object or a list of objects · b each id is a URL, none twice · c
//	each has a digestSRI or a digestMultibase, of SHA-256, SHA-384 or SHA-512 ·
//	d mediaType is text, and nothing else is there
func resources(v []byte) ([]resource, error) {
	list, err := items(v) // a
	if err != nil {
		return nil, err
	}
	out := make([]resource, 0, len(list))
	seen := make(map[string]bool, len(list))
	for _, item := range list {
		r, err := parseResource(item)
		if err != nil {
			return nil, err
		}
		if seen[r.id] { // b
			return nil, fmt.Errorf("%.100q is listed twice", r.id)
		}
		seen[r.id] = true
		out = append(out, r)
	}
	return out, nil
}

func parseResource(object []byte) (r resource, err error) {
	ms, err := members(object) // a
	if err != nil {
		return r, err
	}
	if r.id, err = urlOf(find(ms, "id")); err != nil { // b
		return r, fmt.Errorf("id: %w", err)
	}
	for _, m := range ms {
		switch string(m.name) {
		case `"id"`:
		case `"mediaType"`: // d
			if _, err := text(m.value); err != nil {
				return r, fmt.Errorf("mediaType: %w", err)
			}
		case `"digestSRI"`, `"digestMultibase"`:
			if r.digests, err = appendDigests(r.digests, m); err != nil {
				return r, err
			}
		default: // d
			return r, fmt.Errorf("member %.40s is not known", m.name)
		}
	}
	if len(r.digests) == 0 { // c
		return r, fmt.Errorf("%.100q has neither digestSRI nor digestMultibase", r.id)
	}
	return r, nil
}

// appendDigests adds the digests that a member states, if it is one that does.
func appendDigests(list []digest, m member) ([]digest, error) {
	parse := parseSRI
	switch string(m.name) {
	case `"digestSRI"`:
	case `"digestMultibase"`:
		parse = parseMultihash
	default:
		return list, nil
	}
	stated, err := texts(m.value)
	if err != nil {
		return nil, fmt.Errorf("digest: %w", err)
	}
	for _, s := range stated {
		d, err := parse(s)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}

// parseSRI reads sha256-, sha384- or sha512- and the padded base64 of a digest
// (Subresource Integrity §3.5).
func parseSRI(s string) (digest, error) {
	name, encoded, _ := strings.Cut(s, "-")
	size := map[string]int{"sha256": sha256.Size, "sha384": sha512.Size384, "sha512": sha512.Size}[name]
	raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if size == 0 || err != nil || len(raw) != size {
		return nil, fmt.Errorf("digestSRI %.60q: write sha256-, sha384- or sha512- and base64 of the digest", s)
	}
	return raw, nil
}

// maxMultihash bounds the text of a multihash before it is decoded: base58 of
// 66 bytes has at most 92 characters.
const maxMultihash = 128

// parseMultihash reads the multihash of SHA-256 (0x12), SHA-384 (0x20) or
// SHA-512 (0x13) in base58btc or base64url.
func parseMultihash(s string) (digest, error) {
	bad := fmt.Errorf("digestMultibase %.60q: write u or z and the multihash of sha2-256, sha2-384 or sha2-512", s)
	if len(s) > maxMultihash || s[0] != 'u' && s[0] != 'z' {
		return nil, bad
	}
	encoding, raw, err := multibase.Decode(s)
	if err != nil || len(raw) < 2 || int(raw[1]) != len(raw)-2 {
		return nil, bad
	}
	size := map[byte]int{0x12: sha256.Size, 0x20: sha512.Size384, 0x13: sha512.Size}[raw[0]]
	if again, err := multibase.Encode(encoding, raw); err != nil || again != s || size != len(raw)-2 {
		return nil, bad
	}
	return raw[2:], nil
}

// Contexts is what a Vocabulary may also offer: the bytes of a context it has
// embedded. A related resource that is an embedded context needs nobody to
// fetch it.
type Contexts interface {
	ContextBytes(url string) ([]byte, bool)
}

// checkResources applies rule 12: the bytes of every related resource have
// every digest stated for it.
func checkResources(list []resource, v Vocabulary, fetch func(url string) ([]byte, error)) error {
	for _, r := range list {
		b, err := resourceBytes(r.id, v, fetch)
		if err != nil {
			return fmt.Errorf("%w: %.100q: %w", ErrResource, r.id, err)
		}
		for _, d := range r.digests {
			if !d.matches(b) {
				return fmt.Errorf("%w: %.100q has another digest", ErrResource, r.id)
			}
		}
	}
	return nil
}

func resourceBytes(id string, v Vocabulary, fetch func(string) ([]byte, error)) ([]byte, error) {
	if c, ok := v.(Contexts); ok {
		if b, ok := c.ContextBytes(id); ok {
			return b, nil
		}
	}
	if fetch == nil {
		return nil, errors.New("nobody was given to fetch it")
	}
	return fetch(id)
}
