//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/p2p"
)

// behind runs a relay and two organisations behind address translation: they
// meet at the relay, leave it and agree; and where no direct connection is
// possible they are not left without a hello, and nothing else is relayed.
func (w *world) behind(ctx context.Context, bin string) (passed int, err error) {
	relay, err := w.join("relay", bin, "", "p2p:\n  relay: {serve: true}\n")
	if err != nil {
		return 0, err
	}
	w.net = newNetwork([]*space{relay.in}, 1)
	if err := relay.start(ctx); err != nil {
		return 0, err
	}
	_, at, _ := strings.Cut(relay.ready.Peer, "@")
	var both []*org
	for _, name := range []string{"globex", "initech"} {
		o, err := w.join(name, bin, fmt.Sprintf("192.168.%d.2", len(w.orgs)), "p2p:\n  relays: ["+at+"]\n")
		if err != nil {
			return 0, err
		}
		w.net.add(o.in)
		if err := o.start(ctx); err != nil {
			return 0, err
		}
		if err := federate(ctx, o, relay); err != nil {
			return 0, err
		}
		both = append(both, o)
	}
	a, b := both[0], both[1]
	met, err := placed(ctx, a, b)
	if err != nil {
		return 0, err
	}
	w.say("both have a place at the relay: %s", met)
	b.ready.Peer = met
	begun := time.Now()
	if err := federate(ctx, a, b); err != nil {
		return 0, err
	}
	w.say("met at the relay, connected directly and signed within %s", time.Since(begun).Round(time.Millisecond))
	if err := until(ctx, time.Minute, "all three agree", func() error { return w.agree(ctx) }); err != nil {
		return 1, err
	}
	var s node.Status
	err = until(ctx, time.Minute, "it is known that nobody can dial us", func() error {
		err := a.ask(ctx, "status", node.Empty{}, &s)
		if err == nil && s.Reachability != p2p.ReachabilityPrivate {
			err = fmt.Errorf("reachability %s", s.Reachability)
		}
		return err
	})
	if err != nil {
		return 2, err
	}
	w.say("%s is %s, and seen as %s", a.name, s.Reachability, s.Relays[0].Seen)
	return w.apart(ctx, a, b)
}

// apart gives both organisations translators that hide where they are.
func (w *world) apart(ctx context.Context, a, b *org) (passed int, err error) {
	for _, o := range []*org{a, b} {
		o.kill()
		o.in.nat.forget(true)
	}
	for _, o := range []*org{a, b} {
		if err := o.start(ctx); err != nil {
			return 3, err
		}
	}
	if _, err := placed(ctx, a, b); err != nil {
		return 3, err
	}
	begun := time.Now().Unix()
	err = until(ctx, 2*time.Minute, "a hello over the relay and nothing else", func() error {
		told := a.ask(ctx, "federate/sync", node.SyncRequest{Peer: b.ready.DID}, nil)
		if told == nil {
			return errors.New("an exchange was complete")
		}
		if !strings.Contains(told.Error(), "only a relayed connection") {
			return told
		}
		return nil
	})
	if err != nil {
		return 3, err
	}
	w.say("behind symmetric translators: hello by the relay, an exchange says why not, %d s", time.Now().Unix()-begun)
	return 4, nil
}

// join makes an organisation and its namespace; inside is its address behind a
// translator, "" for none.
func (w *world) join(name, bin, inside, config string) (*org, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	n := len(w.orgs)
	s, err := newSpace(fmt.Sprintf("chio%d-", os.Getpid()), n, inside)
	if err != nil {
		return nil, err
	}
	o := &org{n: n, name: name, home: filepath.Join(w.dir, name), dir: w.dir, bin: bin, self: self, in: s}
	w.orgs = append(w.orgs, o)
	if err := o.initialise(); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(o.home, "chio-node.yaml"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	_, err = f.WriteString(config)
	return o, errors.Join(err, f.Close())
}

// placed waits until both have a place at the relay, and returns the second's
// address there.
func placed(ctx context.Context, a, b *org) (met string, err error) {
	err = until(ctx, time.Minute, "places at the relay", func() error {
		for _, o := range []*org{a, b} {
			var s node.Status
			if err := o.ask(ctx, "status", node.Empty{}, &s); err != nil {
				return err
			}
			if len(s.Relays) != 1 || s.Relays[0].Through == "" || s.Relays[0].Seen == "" {
				return fmt.Errorf("%s: %+v", o.name, s.Relays)
			}
			met = s.DID + "@" + s.Relays[0].Through
		}
		return nil
	})
	return met, err
}

// bytes4 reads an IPv4 address.
func bytes4(ip string) [4]byte { return netip.MustParseAddr(ip).As4() }
