package network

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
)

// ErrInternalAddress refuses to connect to an address that is not public.
var ErrInternalAddress = errors.New("address is not public")

// CheckAddress returns ErrInternalAddress for an address that is not public,
// or that wraps one.
func CheckAddress(a netip.Addr) error {
	if !a.IsValid() {
		return fmt.Errorf("%w: it is no address", ErrInternalAddress)
	}
	r := reached(a.WithZone(""))
	for _, a := range r.all() {
		if what := internal(a); what != "" {
			return fmt.Errorf("%w: %s is %s", ErrInternalAddress, a, what)
		}
	}
	return nil
}

// Control is for net.Dialer.Control of a client of our own: it refuses the
// address that is about to be dialled, so every attempt and every redirect is
// checked after resolution, whatever DNS answered before.
func Control(network, address string, _ syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") && !strings.HasPrefix(network, "udp") {
		return fmt.Errorf("%w: network %.20q has no addresses to check", ErrInternalAddress, network)
	}
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %.80q is not an address with a port", ErrInternalAddress, address)
	}
	return CheckAddress(at.Addr())
}

// Dialer resolves a name once, checks every address it has, and dials one that
// was checked. One internal address among public ones refuses the name: which
// of them is dialled is the attacker's choice.
type Dialer struct {
	Lookup func(ctx context.Context, network, host string) ([]netip.Addr, error) // net.Resolver.LookupNetIP
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)  // net.Dialer.DialContext
}

// DialContext has the form that http.Transport takes.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if d.Lookup == nil || d.Dial == nil {
		return nil, errors.New("dialer is misconfigured: set Lookup and Dial")
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dialling: %w", err)
	}
	h, err := ParseHost(host)
	if err != nil {
		return nil, fmt.Errorf("dialling: %w", err)
	}
	addrs := []netip.Addr{h.Addr}
	if !h.IsAddr() {
		if addrs, err = d.Lookup(ctx, "ip", h.Name); err != nil {
			return nil, fmt.Errorf("resolving %s: %w", h.Name, err)
		}
	}
	for _, a := range addrs {
		if err := CheckAddress(a); err != nil {
			return nil, fmt.Errorf("dialling %s: %w", h.Name, err)
		}
	}
	err = fmt.Errorf("resolving %s: it has no address", h.Name)
	for _, a := range addrs {
		var c net.Conn
		if c, err = d.Dial(ctx, network, net.JoinHostPort(a.Unmap().String(), port)); err == nil {
			return c, nil
		}
	}
	return nil, err
}
