package x402

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/settlement/evm"
)

// Price is what we ask for one call, and under which domain the token verifies.
type Price struct {
	Domain  evm.TokenDomain // read from the chain
	PayTo   evm.Address
	Amount  uint64 // token units
	Timeout uint64 // seconds in which a payment has to be used
}

// Network is the CAIP-2 name of the price's chain.
func (p Price) Network() string { return fmt.Sprintf("eip155:%d", p.Domain.ChainID) }

// Requirements is how a price is asked for.
func (p Price) Requirements() Requirements {
	return Requirements{
		Scheme: SchemeExact, Network: p.Network(), Amount: strconv.FormatUint(p.Amount, 10), Asset: p.Domain.Token.String(),
		PayTo: p.PayTo.String(), MaxTimeoutSeconds: p.Timeout, Extra: Extra{Name: p.Domain.Name, Version: p.Domain.Version},
	}
}

// Window is when a payment has to be valid, in unix seconds: from before Now
// until at least Until, which leaves time to settle, and at most until Latest,
// when what was quoted ends.
type Window struct{ Now, Until, Latest uint64 }

// Verify checks a payment against a price without a network, and returns the
// transfer it allows:
//
//	1 version, scheme and network are ours
//	2 what the client accepted is what we ask for: asset, payee, amount, domain
//	3 the transfer itself is to our payee, of exactly our amount, from another
//	4 it is valid now, until it can be settled, and not beyond the quote
//	5 it is signed by its payer under the domain the token itself states
//
// It spends nothing: whether the nonce is free is for the store and the chain.
func Verify(p *Payment, price Price, w Window) (evm.Authorization, string, error) {
	var none evm.Authorization
	if err := version(p.X402Version); err != nil { // 1
		return none, "", err
	}
	if err := acceptedAs(p.Accepted, price.Requirements()); err != nil { // 1, 2
		return none, "", err
	}
	a, signature, err := p.Payload.read()
	if err != nil {
		return none, "", err
	}
	if a.To != price.PayTo || a.Value != price.Amount || a.From == a.To || a.From.IsZero() { // 3
		return none, "", fmt.Errorf("%w: a transfer of %d from %s to %s, want %d to %s", ErrMismatch, a.Value, a.From, a.To, price.Amount, price.PayTo)
	}
	switch { // 4
	case a.ValidAfter >= w.Now:
		return none, "", fmt.Errorf("%w: valid after %d, it is %d", ErrExpired, a.ValidAfter, w.Now)
	case a.ValidBefore <= w.Until:
		return none, "", fmt.Errorf("%w: valid before %d, settling may take until %d; sign again", ErrExpired, a.ValidBefore, w.Until)
	case a.ValidBefore > w.Latest:
		return none, "", fmt.Errorf("%w: valid before %d, the quote ends at %d", ErrExpired, a.ValidBefore, w.Latest)
	}
	if err := evm.VerifyAuthorization(price.Domain, a, signature); err != nil { // 5
		return none, "", err
	}
	return a, signature, nil
}

// acceptedAs compares what a client says it accepted with what we ask for.
func acceptedAs(got, want Requirements) error {
	for _, f := range []struct{ what, got, want string }{
		{"scheme", got.Scheme, want.Scheme},
		{"network", got.Network, want.Network},
		{"amount", got.Amount, want.Amount},
		{"asset", strings.ToLower(got.Asset), want.Asset},
		{"payTo", strings.ToLower(got.PayTo), want.PayTo},
	} {
		if f.got != f.want {
			return fmt.Errorf("%w: %s is %.80q, want %q", ErrMismatch, f.what, f.got, f.want)
		}
	}
	if e := got.Extra; e.Method != "" && e.Method != "eip3009" || e.Name != "" && e.Name != want.Extra.Name || e.Version != "" && e.Version != want.Extra.Version {
		return fmt.Errorf("%w: token domain %.40q version %.10q method %.20q, want %q version %q by eip3009", ErrMismatch, e.Name, e.Version, e.Method, want.Extra.Name, want.Extra.Version)
	}
	return nil
}
