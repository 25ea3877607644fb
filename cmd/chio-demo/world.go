package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/contracts/devnet"
	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// world is everything the steps act on and remember.
type world struct {
	self string // this binary
	dir  string // temporary: homes, workspace
	out  string // where the files for third parties go
	kept string // the same, if they outlive the run
	log  *slog.Logger

	acme, globex *org
	chain        *devnet.Chain
	ticker       *time.Ticker
	tools        *attached // Globex's file server

	passport   node.PassportInfo // of the researcher
	researcher wire.PublicKey
	budgeted   string      // id of the capability with the budget
	treaty     wire.Digest // hash of the treaty
	round      node.Round  // the price round both use
	bill       wallet      // what the demo's own count says is owed
	statement  wire.Digest // the statement that was settled
}

// wallet is the demo's own account of what Acme owes Globex.
type wallet struct {
	calls uint64
	minor uint64 // USD cents
}

// blockEvery is how often the chain looks for transactions to mine.
const blockEvery = 50 * time.Millisecond

func newWorld(out string, log *slog.Logger) (*world, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this binary: %w", err)
	}
	w := &world{self: self, log: log}
	if out != "" {
		if w.kept, err = filepath.Abs(out); err != nil {
			return nil, fmt.Errorf("--out: %w", err)
		}
		w.out = w.kept
		if err := os.MkdirAll(w.out, 0o755); err != nil {
			return nil, fmt.Errorf("--out: %w", err)
		}
	}
	// Homes are not kept in --out: it is for handing on, and they hold keys.
	if w.dir, err = os.MkdirTemp("", "chio-demo-"); err != nil {
		return nil, fmt.Errorf("make a temporary folder: %w", err)
	}
	if w.out == "" {
		w.out = filepath.Join(w.dir, "out")
		err = os.Mkdir(w.out, 0o755)
	}
	w.acme = &org{name: "Acme", home: filepath.Join(w.dir, "acme"), log: log}
	w.globex = &org{name: "Globex", home: filepath.Join(w.dir, "globex"), log: log}
	return w, err
}

func (w *world) orgs() []*org { return []*org{w.acme, w.globex} }

// other is whom an organisation federates with.
func (w *world) other(o *org) *org {
	if o == w.acme {
		return w.globex
	}
	return w.acme
}

// startChain runs the development chain.
func (w *world) startChain(ctx context.Context) (err error) {
	w.ticker = time.NewTicker(blockEvery)
	w.chain, err = devnet.Start(ctx, devnet.Config{Listen: "127.0.0.1:0", Ticks: w.ticker.C})
	return err
}

// configure writes what each operator would: the chain both settle on, whose
// prices count, and the terms for peers.
func (w *world) configure() error {
	terms := map[*org]string{w.acme: acmeTerms, w.globex: globexTerms}
	for _, o := range w.orgs() {
		config := fmt.Sprintf(configFile, strings.ToLower(o.name), w.chain.ChainID(), w.chain.RPC(), w.chain.Token(), w.chain.Channel(),
			w.acme.status.Oracle, w.globex.status.Oracle)
		if err := errors.Join(o.write("chio-node.yaml", config), o.write("terms.yaml", terms[o])); err != nil {
			return err
		}
	}
	return nil
}

// files is the address of Globex's file server for Acme's agents.
func (w *world) files() string { return w.globex.did + "/" + serverName }

// agentKey is the key behind an agent's DID.
func agentKey(agentDID string) (wire.PublicKey, error) {
	id, err := did.Parse(agentDID)
	if err != nil {
		return wire.PublicKey{}, fmt.Errorf("the agent's DID: %w", err)
	}
	return id.Key(), nil
}

// close ends everything the world started. What was served is kept for whoever
// looked at it; keys of play organisations are all it holds.
func (w *world) close(keep bool) error {
	var errs []error
	if w.tools != nil {
		errs = append(errs, w.tools.stop())
	}
	for _, o := range w.orgs() {
		errs = append(errs, o.stop())
	}
	if w.ticker != nil {
		w.ticker.Stop()
	}
	if w.chain != nil {
		errs = append(errs, w.chain.Stop())
	}
	if !keep {
		errs = append(errs, os.RemoveAll(w.dir))
	}
	return errors.Join(errs...)
}

// tell prints how to talk to the nodes that keep running.
func (w *world) tell(out io.Writer) {
	fmt.Fprintf(out, "\nboth nodes keep running until you interrupt this (the homes stay in %s)\n", w.dir)
	for _, o := range w.orgs() {
		fmt.Fprintf(out, "\n%s\n  did   %s\n  peer  %s\n  api   %s  (token in %s)\n  chio-node --home %s status\n", o.name, o.did, o.ready.Peer,
			o.ready.API, filepath.Join(o.home, "api.token"), o.home)
	}
	fmt.Fprintf(out, "\ntry\n  chio-node --home %s call %s list_directory '{\"path\":\".\"}' --agent %s\n", w.acme.home, w.files(), analyst)
	fmt.Fprintf(out, "  chio-node --home %s receipt list\n  chio-node --home %s settle status\n", w.globex.home, w.globex.home)
	fmt.Fprintf(out, "\nchain %d at %s, USDC %s\n", w.chain.ChainID(), w.chain.RPC(), w.chain.Token())
}
