package node

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/backbay-labs/chio-node/did/keys"
	"github.com/backbay-labs/chio-node/did/resolver"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/badger"
)

// The files of a home.
const (
	configName = "chio-node.yaml"
	policyName = "policy.yaml"
	termsName  = "terms.yaml"
	storeName  = "store"
	ballast    = "ballast"
	socketName = "node.sock"
	tokenName  = "api.token"
	sealedName = "master.age"
	plainName  = "master.key"
)

// Options is what a process brings to a home.
type Options struct {
	Home       string   // folder, created by Init
	Name       string   // Init only: what the organisation calls itself
	Passphrase []byte   // empty: the keys are (to be) in a 0600 file
	Config     *Config  // nil: read from the home
	P2P        []string // overrides p2p.listen
	API        string   // overrides api.listen
	Now        func() time.Time
	Rand       io.Reader
	Environ    []string // of this process: what a tool server may inherit is taken from it
	Log        *slog.Logger
	// Guards are the program's own, run after the eighteen on every call, in the
	// order of their names. A policy configures one under extensions.chio.custom.
	Guards []guard.Guard
	// Hooks are the program's own hooks on what tools return, run in this order
	// after those of the policy.
	Hooks []guard.Hook
	// Fetch is how documents of others are fetched, where the configuration says
	// that they are; nil is PublicWeb.
	Fetch *resolver.FetchConfig
	// Failpoint is called at named points of the commit protocols so that a
	// test can end the process there; nil in production.
	Failpoint func(name string)
	// KeepTables is for a copy of a home whose store links to the tables of the
	// real one, as doctor makes it: none is compacted away.
	KeepTables bool
	// SealCost is the scrypt cost of a new passphrase, 0 for the default.
	SealCost int
}

func (o *Options) complete() error {
	if o.Home == "" {
		return usage("no home was named")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

// NeedsPassphrase reports whether a home's keys are sealed by one.
func NeedsPassphrase(home string) bool {
	_, err := os.Stat(filepath.Join(home, sealedName))
	return err == nil
}

// Exists reports whether home is a node's home.
func Exists(home string) bool {
	_, err := os.Stat(filepath.Join(home, storeName))
	return err == nil
}

// Init creates a home: keys and the did:chio they make, a log, a
// configuration, a default policy and terms. A second Init of the same home is
// an error, unless the first one was interrupted.
func Init(ctx context.Context, o Options) (*Status, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Home, 0o700); err != nil {
		return nil, fmt.Errorf("create the home: %w", err)
	}
	if err := writeDefaults(o); err != nil {
		return nil, err
	}
	db, err := openStore(ctx, o)
	if err != nil {
		return nil, err
	}
	ring, err := keys.Create(ctx, keys.Config{DB: db, Home: o.Home, Passphrase: o.Passphrase, Rand: o.Rand, ScryptLogN: o.SealCost})
	if errors.Is(err, keys.ErrExists) {
		return nil, errors.Join(&Problem{Code: "CHIO-HOME-EXISTS", Message: o.Home + " already is a node's home",
			Hint: "use another --home, or chio-node status to see who lives there", Exit: ExitFailure}, db.Close())
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	err = db.Update(ctx, func(tx store.Tx) error {
		_, err := log.Init(tx, o.Rand)
		return err
	})
	if err = errors.Join(err, db.SetHead(headNote, ring.Kernel()), db.Close()); err != nil {
		return nil, fmt.Errorf("create the receipt log: %w", err)
	}
	n, err := Open(ctx, o)
	if err != nil {
		return nil, err
	}
	s, err := n.status(ctx, Empty{})
	return s, errors.Join(err, n.Stop(ctx))
}

// A store may be held for a moment by nobody: the lock of a process that was
// killed, or that a child has between its fork and its exec. Whoever starts the
// next node at once, as a supervisor does, shall not fail on that.
const (
	storeTries = 20
	storePause = 50 * time.Millisecond
)

func openStore(ctx context.Context, o Options) (db *store.Engine, err error) {
	for try := 1; ; try++ {
		db, err = badger.Open(filepath.Join(o.Home, storeName), badger.Options{Logger: o.Log, KeepTables: o.KeepTables})
		if !errors.Is(err, store.ErrInUse) || try == storeTries || ctx.Err() != nil {
			break
		}
		select {
		case <-time.After(storePause):
		case <-ctx.Done():
		}
	}
	switch {
	case errors.Is(err, store.ErrInUse):
		return nil, &Problem{Code: "CHIO-STORE-IN-USE", Message: "another process has the store in " + o.Home + " open",
			Hint: "talk to that node, or end it first", Exit: ExitFailure}
	case errors.Is(err, store.ErrCorrupt):
		return nil, &Problem{Code: "CHIO-STORE-CORRUPT", Message: err.Error(),
			Hint: "nothing is served from it; chio-node doctor says what is lost", Exit: ExitFailure}
	case err != nil:
		return nil, err
	}
	return db, nil
}

// writeDefaults writes the files an operator edits, where there are none.
func writeDefaults(o Options) error {
	c := defaultConfig()
	if o.Name != "" {
		c.Name = o.Name
	}
	if err := c.validate(); err != nil {
		return usage("%v", err)
	}
	for name, content := range map[string]string{
		configName: fmt.Sprintf(initialConfig, c.Name),
		policyName: initialPolicy,
		termsName:  initialTerms,
	} {
		f, err := os.OpenFile(filepath.Join(o.Home, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		_, err = f.WriteString(content)
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

const initialConfig = `# chio-node.yaml; every key and its default: docs/config.md
name: %s
policy: policy.yaml
federation:
  default_terms: terms.yaml
`

const initialPolicy = `# HushSpec. No policy means deny; this one extends the built-in default.
hushspec: "0.1.0"
name: local
extends: builtin:default
`

const initialTerms = `# What peers' agents may do here (ingress) and ours may do there (egress), in
# the portable subset of HushSpec. Both sides' terms hold: the stricter decides.
# Every attached tool is offered at its price unless capability_surface lists
# what is. docs/terms.md shows money, settlement and oracle terms.
ingress:
  forbidden_paths:
    patterns: ["**/.env", "**/.ssh/**", "**/id_rsa*"]
  tool_access:
    default: allow
egress:
  tool_access:
    default: allow
`

// token reads the operator's API token, making one if there is none.
func (o *Options) token() (string, error) {
	path := filepath.Join(o.Home, tokenName)
	if b, err := os.ReadFile(path); err == nil && len(b) >= 32 {
		return string(b), nil
	}
	var raw [32]byte
	if _, err := io.ReadFull(o.Rand, raw[:]); err != nil {
		return "", fmt.Errorf("read randomness for the API token: %w", err)
	}
	t := hex.EncodeToString(raw[:])
	if err := os.WriteFile(path, []byte(t), 0o600); err != nil {
		return "", fmt.Errorf("write the API token: %w", err)
	}
	return t, nil
}
