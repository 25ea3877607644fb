package jose

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// The bounds of selective disclosure.
const (
	maxDisclosures = 256
	maxNesting     = 32
)

// disclosure is one withheld claim, or element of an array (RFC 9901 §4.2).
type disclosure struct {
	text  []byte // base64url, which the digest is over
	name  string // "" of an array element
	value wire.Raw
	used  bool
}

// readDisclosure reads [salt, name, value] or [salt, value].
//
//	S2 base64url of a JSON array; the salt is a text, and the name one that is
//	   not of the format itself
func readDisclosure(s []byte) (*disclosure, error) {
	raw, err := decode(s)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisclosure, err)
	}
	var list []wire.Raw
	if err := wire.Unmarshal(raw, &list, wire.ForeignLimits); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisclosure, err)
	}
	if len(list) != 2 && len(list) != 3 {
		return nil, fmt.Errorf("%w: an array of %d, want salt, name and value", ErrDisclosure, len(list))
	}
	if _, err := text(list[0]); err != nil {
		return nil, fmt.Errorf("%w: salt: %w", ErrDisclosure, err)
	}
	d := &disclosure{text: s, value: list[len(list)-1]}
	if len(list) == 3 {
		if d.name, err = text(list[1]); err != nil {
			return nil, fmt.Errorf("%w: name: %w", ErrDisclosure, err)
		}
		if d.name == "_sd" || d.name == "..." || d.name == "_sd_alg" {
			return nil, fmt.Errorf("%w: the name %s is of the format", ErrDisclosure, d.name)
		}
	}
	return d, nil
}

// digest is what stands in the credential for a disclosure.
func digest(s []byte) string {
	sum := sha256.Sum256(s)
	return string(encode(sum[:]))
}

// sdToken is an SD-JWT taken apart (RFC 9901 §4).
type sdToken struct {
	jwt         []byte
	disclosures []*disclosure
	presented   []byte // all before the key binding, with its last ~
	binding     []byte // the key binding JWT; empty if there is none
	paths       [][]string
}

// parseSD takes it apart.
//
//	S1 at most 1 MiB, at most 256 disclosures
func parseSD(doc []byte) (*sdToken, error) {
	if len(doc) > maxToken { // S1
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrToken, len(doc), maxToken)
	}
	parts := bytes.SplitN(doc, []byte("~"), maxDisclosures+3)
	if len(parts) < 2 || len(parts) > maxDisclosures+2 { // S1
		return nil, fmt.Errorf("%w: want a JWT and up to %d disclosures, each followed by ~", ErrToken, maxDisclosures)
	}
	last := len(parts) - 1
	t := &sdToken{jwt: parts[0], presented: doc[:len(doc)-len(parts[last])], binding: parts[last]}
	for _, p := range parts[1:last] {
		d, err := readDisclosure(p)
		if err != nil {
			return nil, err
		}
		t.disclosures = append(t.disclosures, d)
	}
	return t, nil
}

// resolver puts disclosures in the places of their digests.
type resolver struct {
	byDigest map[string]*disclosure
	seen     map[string]bool
	at       []string   // the members that lead to where it is
	paths    [][]string // of what was disclosed
}

// resolve returns the payload with everything that is disclosed (RFC 9901 §7.1):
//
//	S4 _sd_alg is sha-256, or not there
//	S5 no digest stands twice, in the payload or in disclosures; a name does not
//	   hide one that is there; _sd and ... stand where the format has them; at
//	   most 32 levels
//	S6 every disclosure is used, and none is there twice
func (t *sdToken) resolve(payload object) (object, error) {
	if v, ok := payload["_sd_alg"]; ok && string(v) != `"sha-256"` { // S4
		return nil, fmt.Errorf("%w: _sd_alg %.40q, want sha-256", ErrAlgorithm, v)
	}
	r := resolver{byDigest: map[string]*disclosure{}, seen: map[string]bool{}}
	for _, d := range t.disclosures {
		key := digest(d.text)
		if r.byDigest[key] != nil { // S6
			return nil, fmt.Errorf("%w: %.60q is there twice", ErrDisclosure, d.text)
		}
		r.byDigest[key] = d
	}
	delete(payload, "_sd_alg")
	out, err := r.object(payload, 0)
	if err != nil {
		return nil, err
	}
	for _, d := range t.disclosures {
		if !d.used { // S6
			return nil, fmt.Errorf("%w: %.60q is of no digest in the credential", ErrDisclosure, d.text)
		}
	}
	slices.SortFunc(r.paths, slices.Compare[[]string])
	t.paths = r.paths
	return out, nil
}

// find uses the disclosure of a digest, nil if it is withheld.
func (r *resolver) find(v wire.Raw) (*disclosure, error) {
	key, err := text(v)
	if err != nil {
		return nil, fmt.Errorf("%w: digest: %w", ErrDisclosure, err)
	}
	if r.seen[key] { // S5
		return nil, fmt.Errorf("%w: the digest %.60q stands twice", ErrDisclosure, key)
	}
	r.seen[key] = true
	d := r.byDigest[key]
	if d != nil {
		d.used = true
	}
	return d, nil
}

func (r *resolver) object(o object, depth int) (object, error) {
	if depth > maxNesting || o.has("...") { // S5
		return nil, fmt.Errorf("%w: more than %d levels, or ... outside an array", ErrDisclosure, maxNesting)
	}
	var withheld []wire.Raw
	if v, ok := o["_sd"]; ok {
		if err := wire.Unmarshal(v, &withheld, wire.ForeignLimits); err != nil || v.Kind() != '[' {
			return nil, fmt.Errorf("%w: _sd is no array of digests", ErrDisclosure)
		}
		delete(o, "_sd")
	}
	for _, v := range withheld {
		d, err := r.find(v)
		if err != nil {
			return nil, err
		}
		if d == nil {
			continue
		}
		if d.name == "" || o.has(d.name) { // S5
			return nil, fmt.Errorf("%w: the name %.60q is there already, or missing", ErrDisclosure, d.name)
		}
		o[d.name] = d.value
		r.paths = append(r.paths, append(slices.Clone(r.at), d.name))
	}
	for name, v := range o {
		r.at = append(r.at, name)
		resolved, err := r.value(v, depth+1)
		r.at = r.at[:len(r.at)-1]
		if err != nil {
			return nil, err
		}
		o[name] = resolved
	}
	return o, nil
}

func (r *resolver) value(v wire.Raw, depth int) (wire.Raw, error) {
	switch v.Kind() {
	case '{':
		o, err := readObject(v)
		if err == nil {
			o, err = r.object(o, depth)
		}
		if err != nil {
			return nil, err
		}
		return wire.Marshal(o)
	case '[':
		return r.array(v, depth)
	}
	return v, nil
}

func (r *resolver) array(v wire.Raw, depth int) (wire.Raw, error) {
	if depth > maxNesting { // S5
		return nil, fmt.Errorf("%w: more than %d levels", ErrDisclosure, maxNesting)
	}
	var list []wire.Raw
	if err := wire.Unmarshal(v, &list, wire.ForeignLimits); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisclosure, err)
	}
	out := make([]wire.Raw, 0, len(list))
	for _, item := range list {
		if strings.Contains(string(item), `"..."`) && item.Kind() == '{' {
			o, err := readObject(item)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrDisclosure, err)
			}
			if ref, ok := o["..."]; ok {
				d, err := r.element(o, ref)
				if err != nil {
					return nil, err
				}
				if d == nil {
					continue
				}
				item = d.value
				r.paths = append(r.paths, slices.Clone(r.at))
			}
		}
		resolved, err := r.value(item, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, resolved)
	}
	return wire.Marshal(out)
}

// element finds what {"...": digest} stands for.
func (r *resolver) element(o object, ref wire.Raw) (*disclosure, error) {
	d, err := r.find(ref)
	if err != nil {
		return nil, err
	}
	if len(o) != 1 || d != nil && d.name != "" { // S5
		return nil, fmt.Errorf("%w: an element of an array has no name and no other member", ErrDisclosure)
	}
	return d, nil
}
