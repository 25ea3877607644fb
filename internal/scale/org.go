package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/internal/virtualnet"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/store"
	memstore "github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

// port is where every organisation listens, at an address of its own.
const port = 4001

// org is one organisation: everything of a node that speaks with other nodes,
// and no kernel.
type org struct {
	did       did.DID
	keys      [3]*wire.Key // organisation, kernel, transport
	bindings  federation.Bindings
	db        *store.Engine
	machine   *virtualnet.Endpoint // nil: sockets
	ip        string
	peers     []did.DID // whose treaties are accepted
	following []*org    // treaty peers

	host        *p2p.Host
	service     *federation.Service
	exchange    *federation.Exchange
	revocations *authority.Revocations
	stop        func() error
	entries     int // receipts and revocations made
}

func now() int64 { return time.Now().Unix() }

// newOrg makes the keys and the store of organisation n. Without a network it
// speaks TCP over loopback.
func newOrg(ctx context.Context, network *virtualnet.Network, n int) (*org, error) {
	o := &org{db: memstore.New(), ip: fmt.Sprintf("127.%d.%d.1", n>>8, n&255)}
	if network != nil {
		o.ip = fmt.Sprintf("10.%d.%d.1", n>>8, n&255) // a network of its own: limits count by network
		o.machine = network.Endpoint(o.ip)
	}
	for i := range o.keys {
		var seed [32]byte
		seed[0], seed[1], seed[2], seed[3] = byte(n), byte(n>>8), byte(n>>16), byte(i)
		k, err := wire.KeyFromSeed(seed[:])
		if err != nil {
			return nil, err
		}
		o.keys[i] = k
	}
	o.did = did.FromKey(o.keys[0].Public())
	for role, k := range map[did.Role]*wire.Key{did.RoleKernel: o.keys[1], did.RoleTransport: o.keys[2]} {
		env, err := did.Bind(o.keys[0], k, did.Term{Role: role, Sequence: 1, NotBefore: now() - 60, NotAfter: now() + did.MaxBindingSeconds - 60})
		if err != nil {
			return nil, err
		}
		if role == did.RoleKernel {
			o.bindings.Kernel = env
		} else {
			o.bindings.Transport = env
		}
	}
	return o, o.db.Update(ctx, func(tx store.Tx) error {
		_, err := log.Init(tx, rand.Reader)
		return err
	})
}

// terms offer one free tool to anybody with a treaty.
func terms() federation.Terms {
	return federation.Terms{CapabilitySurface: []federation.SurfaceTool{
		{Server: "files", Tool: "*", Operations: []capability.Operation{capability.Invoke}}}}
}

// start begins a process over the organisation's store.
func (o *org) start(ctx context.Context) (err error) {
	err = o.db.View(func(r store.Reader) (err error) {
		o.revocations, err = authority.OpenRevocations(r, authority.RevocationConfig{DID: o.did,
			MaxStalenessSeconds: federation.DefaultMaxStalenessSeconds})
		return err
	})
	if err != nil {
		return err
	}
	dir, err := federation.OpenDirectory(o.db, now)
	if err != nil {
		return err
	}
	cfg := p2p.Config{Key: o.keys[2], Allow: dir.Knows, Trusted: dir.Trusts, Open: true,
		Listen: []string{fmt.Sprintf("/ip4/%s/tcp/%d", o.ip, port)}}
	if o.machine != nil {
		cfg.Network = o.machine
	}
	if o.host, err = p2p.New(cfg); err != nil {
		return err
	}
	self := federation.Self{Kernel: o.keys[1].Public(), PolicyHash: wire.Hash([]byte("policy")), GuardNames: []string{"none"}}
	o.service, err = federation.New(federation.Config{Host: o.host, Directory: dir, DB: o.db, Org: o.keys[0], Terms: terms(),
		Bindings: func() federation.Bindings { return o.bindings }, Self: func() federation.Self { return self },
		Now: now, Rand: rand.Reader, Admission: federation.Admission{Peers: o.peers}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	o.exchange, err = federation.NewExchange(federation.ExchangeConfig{Service: o.service, KernelKey: o.keys[1], Revocations: o.revocations,
		Accrue: func(store.Tx, federation.Obligation) error { return nil }, Clock: time.Now})
	if err != nil {
		return err
	}
	if err := o.host.Start(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var loop sync.WaitGroup
	var ended error
	exchange, host := o.exchange, o.host
	loop.Go(func() { ended = exchange.Run(ctx) })
	o.stop = func() error {
		cancel()
		err := host.Stop()
		loop.Wait()
		return errors.Join(err, ended)
	}
	return nil
}

func (o *org) address() string {
	return fmt.Sprintf("%s@/ip4/%s/tcp/%d/p2p/%s", o.did, o.ip, port, o.host.ID())
}

// federate makes a treaty that the other's admission rule accepts.
func (o *org) federate(ctx context.Context, other *org) error {
	p, err := o.service.Preview(ctx, other.address())
	if err != nil {
		return err
	}
	rec, err := o.service.Propose(ctx, other.did, p.TreatyHash)
	if err == nil && rec.State != federation.Active {
		err = fmt.Errorf("the peer is %s", rec.State)
	}
	return err
}

// logged appends one receipt of something that concerns nobody else, and
// returns the log's size.
func (o *org) logged(ctx context.Context) (size uint64, err error) {
	o.entries++
	leaf := fmt.Appendf(nil, `{"n":%d,"of":%q}`, o.entries, o.ip)
	return size, o.db.Update(ctx, func(tx store.Tx) error {
		index, err := log.Append(tx, wire.Hash(leaf).String(), leaf)
		size = index + 1
		return err
	})
}

// revoked revokes one capability of its own, and returns it.
func (o *org) revoked(ctx context.Context) (*capability.Token, error) {
	o.entries++
	t := &capability.Token{ID: wire.Hash(fmt.Appendf(nil, "%s %d", o.ip, o.entries)).String(), Issuer: o.keys[1].Public()}
	return t, o.db.Update(ctx, func(tx store.Tx) error {
		_, err := o.revocations.Revoke(tx, []authority.Entry{{Kind: authority.KindCapability, Issuer: t.Issuer.String(), ID: t.ID}}, o.keys[1], now())
		return err
	})
}

// refuses reports whether the organisation refuses a capability as revoked.
func (o *org) refuses(t *capability.Token) bool {
	return o.revocations.Check([]capability.Token{*t}, nil, t.Subject, nil, now()) != nil
}

// copied is a second machine with the same keys over a copy of the store.
func (o *org) copied(ctx context.Context, network *virtualnet.Network, ip string) (*org, error) {
	twin := &org{did: o.did, keys: o.keys, bindings: o.bindings, db: memstore.New(), machine: network.Endpoint(ip), ip: ip,
		peers: o.peers, following: o.following, entries: o.entries}
	err := o.db.View(func(r store.Reader) error {
		return twin.db.Update(ctx, func(tx store.Tx) error {
			return r.Scan("", "", func(key string, value []byte) error {
				tx.Set(key, append([]byte(nil), value...))
				return nil
			})
		})
	})
	if err != nil {
		return nil, err
	}
	return twin, twin.start(ctx)
}
