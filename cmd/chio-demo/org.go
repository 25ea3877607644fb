package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// org is one organisation: its home and, while it is up, its node.
type org struct {
	name   string
	home   string
	log    *slog.Logger
	listen []string // where it was first reached; the same after a restart
	node   *node.Node
	ready  *node.Ready
	did    string
	status node.Status // as of the last look
}

// init creates the home.
func (o *org) init(ctx context.Context) error {
	s, err := node.Init(ctx, node.Options{Home: o.home, Name: strings.ToLower(o.name), Log: o.log})
	if err != nil {
		return fmt.Errorf("create the home of %s: %w", o.name, err)
	}
	o.status, o.did = *s, s.DID
	return nil
}

// write writes a file an operator edits into the home.
func (o *org) write(name, content string) error {
	if err := os.WriteFile(filepath.Join(o.home, name), []byte(content), 0o600); err != nil {
		return fmt.Errorf("write %s of %s: %w", name, o.name, err)
	}
	return nil
}

// start opens the home and brings the node up. The node outlives ctx and ends
// with stop.
func (o *org) start(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	n, err := node.Open(ctx, node.Options{Home: o.home, P2P: o.listen, Environ: os.Environ(), Log: o.log.With(slog.String("org", o.name))})
	if err != nil {
		return fmt.Errorf("open %s: %w", o.name, err)
	}
	o.node = n
	if o.ready, err = n.Start(ctx); err != nil {
		return fmt.Errorf("start %s: %w", o.name, err)
	}
	if o.listen == nil {
		o.listen = listenAddress(o.ready.Peer)
	}
	return o.look(ctx)
}

// listenAddress is where a node listens, of did:chio:…@/ip4/…/p2p/12D3….
func listenAddress(peer string) []string {
	_, addr, _ := strings.Cut(peer, "@")
	where, _, _ := strings.Cut(addr, "/p2p/")
	return []string{where}
}

// stopLimit bounds how long a node may take to end.
const stopLimit = 20 * time.Second

func (o *org) stop() error {
	if o.node == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	err := o.node.Stop(ctx)
	o.node = nil
	if err != nil {
		return fmt.Errorf("stop %s: %w", o.name, err)
	}
	return nil
}

// look refreshes what the node says about itself.
func (o *org) look(ctx context.Context) error {
	s, err := ask[node.Status](ctx, o, "status", node.Empty{})
	if err != nil {
		return err
	}
	if !s.Ready {
		return fmt.Errorf("%s is not ready: %s", o.name, s.Problem)
	}
	o.status = s
	return nil
}

// ask runs one operation of a node's API and decodes its answer.
func ask[Answer any](ctx context.Context, o *org, op string, req any) (a Answer, err error) {
	if o.node == nil {
		return a, fmt.Errorf("%s at %s: the node is down", op, o.name)
	}
	body, err := wire.Marshal(req)
	if err != nil {
		return a, fmt.Errorf("%s: encode the request: %w", op, err)
	}
	doc, err := o.node.Call(ctx, op, body)
	var p *node.Problem
	if errors.As(err, &p) {
		return a, fmt.Errorf("%s at %s: %s: %w", op, o.name, p.Code, err)
	}
	if err != nil {
		return a, fmt.Errorf("%s at %s: %w", op, o.name, err)
	}
	if err := wire.Unmarshal(doc, &a, wire.BundleLimits); err != nil {
		return a, fmt.Errorf("%s at %s: decode the answer: %w", op, o.name, err)
	}
	return a, nil
}

// peer is what a node knows about another.
func (o *org) peer(ctx context.Context, did string) (node.PeerInfo, error) {
	list, err := ask[node.PeerList](ctx, o, "federate/list", node.Empty{})
	if err != nil {
		return node.PeerInfo{}, err
	}
	for _, p := range list.Peers {
		if p.DID == did {
			return p, nil
		}
	}
	return node.PeerInfo{}, nil
}

// The pace and the end of waiting for something that arrives by itself.
const (
	pollEvery = 20 * time.Millisecond
	pollLimit = 15 * time.Second
)

// until waits until ok says so; last says what is still missing.
func until(ctx context.Context, what string, ok func() (done bool, last string, err error)) error {
	ctx, cancel := context.WithTimeout(ctx, pollLimit)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		done, last, err := ok()
		if done || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("waited for %s, still %s", what, last)
		}
	}
}
