package openid4vp

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/backbay-labs/chio-node/wire"
)

// answer is an authorization response once it was decrypted, or the error that
// a wallet may send in the clear.
type answer struct {
	presentations map[string]wire.Raw // by the id of the credential query
	refusal       string              // why the wallet shows nothing
}

// payload is what a response holds. Members that are not known are of no
// concern to a verifier (OpenID4VP 1.0 §8.1).
type payload struct {
	VPToken     wire.Raw `json:"vp_token"`
	State       string   `json:"state"`
	Error       string   `json:"error"`
	Description string   `json:"error_description"`
}

// errorBytes bounds what of a wallet's error is kept.
const errorBytes = 200

// read opens the body of a response:
//
//	A1 a form with one response; an error of the wallet may come without, a
//	   vp_token may not
//	A2 the response decrypts with the key of the request (decrypt, E1 to E4)
//	A3 state is that of the request
//	A4 vp_token is an object whose names are ids of the query
//	A5 each is answered with one presentation: two would leave it open which of
//	   them counts
func (r *row) read(body string) (*answer, error) {
	form, err := url.ParseQuery(body)
	if err != nil {
		return nil, fmt.Errorf("%w: not a form", ErrResponse)
	}
	for name, values := range form {
		if len(values) != 1 { // A1
			return nil, fmt.Errorf("%w: %.40q is there twice", ErrResponse, name)
		}
	}
	if form.Has("vp_token") || form.Has("id_token") { // A1
		return nil, fmt.Errorf("%w: encrypt it to the key in client_metadata and send it as response", ErrUnencrypted)
	}
	var p payload
	switch {
	case form.Has("response"):
		plain, err := r.decrypt(form.Get("response")) // A2
		if err != nil {
			return nil, err
		}
		if err := wire.UnmarshalLenient(plain, &p, wire.Limits{Bytes: maxResponse, Depth: wire.ForeignLimits.Depth}); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrResponse, err)
		}
	case form.Has("error"): // A1
		p = payload{Error: form.Get("error"), Description: form.Get("error_description"), State: form.Get("state")}
	default:
		return nil, fmt.Errorf("%w: it has no response", ErrUnencrypted)
	}
	if p.State != r.State { // A3
		return nil, fmt.Errorf("%w: state %.60q", ErrState, p.State)
	}
	if p.Error != "" {
		return &answer{refusal: fmt.Sprintf("the wallet answers %.*q: %.*q", errorBytes, p.Error, errorBytes, p.Description)}, nil
	}
	return r.token(p.VPToken)
}

func (r *row) decrypt(compact string) ([]byte, error) {
	scalar, err := b64.DecodeString(r.Key)
	if err != nil {
		return nil, fmt.Errorf("response key: %w", err)
	}
	return decrypt(compact, scalar, r.Result.ID)
}

// token applies A4 and A5.
func (r *row) token(v wire.Raw) (*answer, error) {
	var lists map[string]wire.Raw
	if err := wire.Unmarshal(v, &lists, wire.ForeignLimits); err != nil || len(lists) == 0 { // A4
		return nil, fmt.Errorf("%w: vp_token is no object of presentations by the ids of the query", ErrResponse)
	}
	a := &answer{presentations: map[string]wire.Raw{}}
	for id, list := range lists {
		if !slices.ContainsFunc(r.Query.Credentials, func(c CredentialQuery) bool { return c.ID == id }) { // A4
			return nil, fmt.Errorf("%w: vp_token.%.64q answers nothing that was asked", ErrResponse, id)
		}
		var items []wire.Raw
		if err := wire.Unmarshal(list, &items, wire.ForeignLimits); err != nil || list.Kind() != '[' || len(items) != 1 { // A5
			return nil, fmt.Errorf("%w: vp_token.%s is not an array of one presentation", ErrResponse, id)
		}
		a.presentations[id] = items[0]
	}
	return a, nil
}
