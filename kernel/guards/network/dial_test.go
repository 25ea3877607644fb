package network

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestControlRefusesLoopback(t *testing.T) {
	l := listen(t)
	plain := net.Dialer{}
	c, err := plain.DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	checked := net.Dialer{Control: Control}
	for _, at := range []string{l.Addr().String(), strings.Replace(l.Addr().String(), "127.0.0.1", "localhost", 1), strings.Replace(l.Addr().String(), "127.0.0.1", "[::ffff:127.0.0.1]", 1)} {
		if c, err := checked.DialContext(t.Context(), "tcp", at); !errors.Is(err, ErrInternalAddress) {
			t.Errorf("%s: %v %v", at, c, err)
		}
	}
	for _, tc := range [][2]string{{"unix", "/run/x"}, {"tcp", "example.org:80"}, {"tcp", "8.8.8.8"}, {"tcp4", "10.0.0.1:80"}, {"udp6", "[fe80::1%lo]:53"}, {"", ""}} {
		if err := Control(tc[0], tc[1], nil); !errors.Is(err, ErrInternalAddress) {
			t.Errorf("%v: %v", tc, err)
		}
	}
	if err := Control("tcp", "8.8.8.8:443", nil); err != nil {
		t.Error(err)
	}
	if err := CheckAddress(netip.Addr{}); !errors.Is(err, ErrInternalAddress) {
		t.Error(err)
	}
}

// The dialer dials what it checked: DNS is asked once, and one internal
// address among public ones refuses the name.
func TestDialerPinsTheCheckedAddress(t *testing.T) {
	l := listen(t)
	answers := map[string][]string{
		"good.example": {"93.184.216.34", "2606:2800::1"}, "mixed.example": {"93.184.216.34", "127.0.0.1"}, "wrapped.example": {"64:ff9b::7f00:1"}, "none.example": {},
	}
	lookups := 0
	var dialled []string
	d := &Dialer{
		Lookup: func(_ context.Context, _, host string) (out []netip.Addr, err error) {
			lookups++
			list, ok := answers[host]
			if !ok {
				return nil, errors.New("no such host")
			}
			for _, s := range list {
				out = append(out, netip.MustParseAddr(s))
			}
			answers[host] = []string{"127.0.0.1"} // rebinds at the second look
			return out, nil
		},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			dialled = append(dialled, address)
			return (&net.Dialer{}).DialContext(ctx, network, l.Addr().String())
		},
	}
	c, err := d.DialContext(t.Context(), "tcp", "Good.example:80")
	if err != nil || lookups != 1 || len(dialled) != 1 || dialled[0] != "93.184.216.34:80" {
		t.Fatalf("%v, %d lookups, dialled %v", err, lookups, dialled)
	}
	_ = c.Close()
	for _, at := range []string{"mixed.example:80", "wrapped.example:80", "127.0.0.1:80", "0x7f.1:80", "[::1]:80"} {
		if _, err := d.DialContext(t.Context(), "tcp", at); !errors.Is(err, ErrInternalAddress) {
			t.Errorf("%s: %v", at, err)
		}
	}
	for _, at := range []string{"none.example:80", "gone.example:80", "good.example", "a..b:80"} {
		if _, err := d.DialContext(t.Context(), "tcp", at); err == nil {
			t.Errorf("%s was dialled", at)
		}
	}
	if len(dialled) != 1 {
		t.Errorf("dialled %v", dialled)
	}
	if _, err := (&Dialer{}).DialContext(t.Context(), "tcp", "8.8.8.8:80"); err == nil {
		t.Error("a dialer without Dial dialled")
	}
}
