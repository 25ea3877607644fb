package p2p

import (
	"context"
	"fmt"
	"net"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/transport"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// Network carries a host's connections instead of sockets, so that many hosts
// run in one process over links of chosen latency. Addresses are those of TCP,
// /ip4/…/tcp/…; handshake, multiplexing and limits are the ones of TCP too.
type Network interface {
	Listen(ip string, port int) (net.Listener, error)
	Dial(ctx context.Context, ip string, port int) (net.Conn, error)
}

// carried is a Network as libp2p wants it.
type carried struct {
	over     Network
	upgrader transport.Upgrader
	limits   network.ResourceManager
}

// carriedBy returns the constructor that libp2p calls.
func carriedBy(over Network) func(transport.Upgrader, network.ResourceManager) *carried {
	return func(u transport.Upgrader, limits network.ResourceManager) *carried { return &carried{over, u, limits} }
}

// place reads /ip4/…/tcp/….
func place(addr ma.Multiaddr) (ip string, port int, err error) {
	to, err := manet.ToNetAddr(addr)
	if err != nil {
		return "", 0, fmt.Errorf("%w: %s: %w", ErrAddress, addr, err)
	}
	tcp, ok := to.(*net.TCPAddr)
	if !ok {
		return "", 0, fmt.Errorf("%w: %s is not /ip4/…/tcp/…", ErrAddress, addr)
	}
	return tcp.IP.String(), tcp.Port, nil
}

// Dial implements transport.Transport.
func (c *carried) Dial(ctx context.Context, addr ma.Multiaddr, to peer.ID) (transport.CapableConn, error) {
	scope, err := c.limits.OpenConnection(network.DirOutbound, true, addr)
	if err != nil {
		return nil, err
	}
	conn, err := c.dial(ctx, addr, to, scope)
	if err != nil {
		scope.Done()
		return nil, err
	}
	return conn, nil
}

func (c *carried) dial(ctx context.Context, addr ma.Multiaddr, to peer.ID, scope network.ConnManagementScope) (transport.CapableConn, error) {
	if err := scope.SetPeer(to); err != nil {
		return nil, err
	}
	ip, port, err := place(addr)
	if err != nil {
		return nil, err
	}
	raw, err := c.over.Dial(ctx, ip, port)
	if err != nil {
		return nil, err
	}
	conn, err := manet.WrapNetConn(raw)
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	return c.upgrader.Upgrade(ctx, c, conn, network.DirOutbound, to, scope)
}

// CanDial implements transport.Transport.
func (*carried) CanDial(addr ma.Multiaddr) bool {
	_, _, err := place(addr)
	return err == nil
}

// Listen implements transport.Transport.
func (c *carried) Listen(addr ma.Multiaddr) (transport.Listener, error) {
	ip, port, err := place(addr)
	if err != nil {
		return nil, err
	}
	raw, err := c.over.Listen(ip, port)
	if err != nil {
		return nil, err
	}
	listener, err := manet.WrapNetListener(raw)
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	return c.upgrader.UpgradeGatedMaListener(c, c.upgrader.GateMaListener(listener)), nil
}

// Protocols implements transport.Transport.
func (*carried) Protocols() []int { return []int{ma.P_TCP} }

// Proxy implements transport.Transport.
func (*carried) Proxy() bool { return false }
