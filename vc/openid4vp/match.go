package openid4vp

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// The reasons an intact credential does not answer its query.
var (
	ErrFormat    = errors.New("presentation is of another format than was asked for")
	ErrType      = errors.New("credential is of another type than was asked for")
	ErrClaim     = errors.New("credential does not show a claim that was asked for")
	ErrDisclosed = errors.New("presentation discloses what was not asked for")
	ErrMissing   = errors.New("response lacks a credential that was asked for")
)

// Claim is a claim that was asked for and shown.
type Claim struct {
	Path  []string `json:"path"`
	Value wire.Raw `json:"value"`
}

// hasType reports whether a credential is of a type the query accepts. Written
// are its types as they stand there, expanded what its contexts make of them.
func (m *Meta) hasType(written, expanded []string) bool {
	return slices.ContainsFunc(m.Types, func(all []string) bool {
		return !slices.ContainsFunc(all, func(t string) bool {
			if strings.Contains(t, ":") {
				return !slices.Contains(expanded, t)
			}
			return !slices.Contains(written, t)
		})
	})
}

// shown returns the claims the query asks for, or an error for the first that
// is not there or has none of the values.
func (c *CredentialQuery) shown(member func(name string) wire.Raw) ([]Claim, error) {
	out := make([]Claim, 0, len(c.Claims))
	for i := range c.Claims {
		q := &c.Claims[i]
		v, err := follow(member(q.Path[0]), q.Path[1:])
		if err != nil {
			return nil, fmt.Errorf("%w: %.200q", err, q.Path)
		}
		if q.Values != nil && !slices.ContainsFunc(q.Values, func(want wire.Raw) bool { return same(want, v) }) {
			return nil, fmt.Errorf("%w: %.200q has another value", ErrClaim, q.Path)
		}
		out = append(out, Claim{Path: q.Path, Value: v})
	}
	return out, nil
}

// follow goes down a path of member names (OpenID4VP 1.0 §7.1).
func follow(v wire.Raw, path []string) (wire.Raw, error) {
	for _, name := range path {
		if v.Kind() != '{' {
			return nil, ErrClaim
		}
		var o map[string]wire.Raw
		if err := wire.Unmarshal(v, &o, wire.ForeignLimits); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrClaim, err)
		}
		v = o[name]
	}
	if v == nil {
		return nil, ErrClaim
	}
	return v, nil
}

// same compares type and value, however each is written.
func same(a, b wire.Raw) bool {
	x, errX := wire.Canonicalize(a, wire.ForeignLimits)
	y, errY := wire.Canonicalize(b, wire.ForeignLimits)
	return errX == nil && errY == nil && string(x) == string(y)
}

// unasked refuses a disclosure that leads to no claim of the query and is of
// none: a wallet must not show more than was asked for, and who is shown more
// would have to keep it safe.
func (c *CredentialQuery) unasked(disclosed [][]string) error {
	for _, d := range disclosed {
		asked := slices.ContainsFunc(c.Claims, func(q ClaimQuery) bool {
			n := min(len(q.Path), len(d))
			return slices.Equal(q.Path[:n], d[:n])
		})
		if !asked {
			return fmt.Errorf("%w: %.200q", ErrDisclosed, d)
		}
	}
	return nil
}

// satisfied reports whether the credentials that hold are enough: all of them,
// or one option of each set that is required (OpenID4VP 1.0 §6.4.2).
func (q *Query) satisfied(holds func(id string) bool) error {
	if q.Sets == nil {
		for i := range q.Credentials {
			if id := q.Credentials[i].ID; !holds(id) {
				return fmt.Errorf("%w: %s", ErrMissing, id)
			}
		}
		return nil
	}
	for i, set := range q.Sets {
		if set.Required != nil && !*set.Required {
			continue
		}
		if !slices.ContainsFunc(set.Options, func(ids []string) bool {
			return !slices.ContainsFunc(ids, func(id string) bool { return !holds(id) })
		}) {
			return fmt.Errorf("%w: no option of credential_sets[%d]", ErrMissing, i)
		}
	}
	return nil
}
