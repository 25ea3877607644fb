package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/did/keys"
	"github.com/backbay-labs/chio-node/did/resolver"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/admit"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/kernel/guards/secrets"
	"github.com/backbay-labs/chio-node/kernel/guards/velocity"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	rlog "github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc/certification"
	"github.com/backbay-labs/chio-node/vc/oidc"
	"github.com/backbay-labs/chio-node/vc/openid4vci"
	"github.com/backbay-labs/chio-node/vc/openid4vp"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// Node is one organisation's node: opened, and perhaps started.
type Node struct {
	opts  Options
	cfg   *Config
	log   *slog.Logger
	rand  io.Reader
	db    *store.Engine
	keys  *keys.Keyring
	logID string

	revocations *authority.Revocations
	admission   *admit.Admission
	kernel      *kernel.Kernel
	policy      *policies
	postures    *postures
	switches    *switches
	sessions    *journal.Sessions
	nonces      *authority.Nonces
	issuance    issuance
	passports   *passport.Registry
	challenges  *passport.Challenges
	logins      *oidc.Logins
	certified   *certification.Registry
	resolver    *resolver.Resolver
	approvals   *approvals
	tools       *registry
	held        heldCapabilities
	retiring    retiring
	attachments attachments
	archive     *archiver
	feed        feed
	network     *network // built by Open, up after Start
	money       *money
	x402        *x402Desk
	contracts   *contractDesk
	alarms      *alarms
	budgets     *budget.Tree

	junk atomic.Uint64 // requests that never entered

	lifecycle  sync.Mutex // guards what follows
	started    bool
	stopped    bool
	servers    []io.Closer         // API listeners
	apiAddr    string              // of the TCP API
	vcAddr     string              // of the VC-API, "" if there is none
	stripeAddr string              // where Stripe says what it did, "" if nobody is billed
	sellAddr   string              // of paid calls, "" if none are sold
	issuer     *openid4vci.Issuer  // nil: no passports for wallets
	verifier   *openid4vp.Verifier // nil: wallets are asked for nothing
	loops      sync.WaitGroup      // goroutines of Start
	ctx        context.Context     // ends with Stop
	cancel     context.CancelFunc

	recovering sync.Mutex
	recovered  bool
}

// Open opens a home: store, keys, policy, kernel. Calls that were open when
// the last process ended are closed as incomplete before it returns. It opens
// no listener and dials nobody; that is what Start adds.
func Open(ctx context.Context, o Options) (*Node, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	if !Exists(o.Home) {
		return nil, &Problem{Code: "CHIO-HOME-NONE", Message: o.Home + " is not a node's home",
			Hint: "create one: chio-node init --name NAME", Exit: ExitFailure}
	}
	cfg, err := o.config()
	if err != nil {
		return nil, err
	}
	db, err := openStore(ctx, o)
	if err != nil {
		return nil, err
	}
	n := &Node{opts: o, cfg: cfg, log: o.Log, rand: o.Rand, db: db}
	n.archive = &archiver{n: n}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	if err := n.assemble(ctx); err != nil {
		n.cancel()
		return nil, errors.Join(err, db.Close())
	}
	return n, nil
}

func (o *Options) config() (*Config, error) {
	c, err := o.readConfig()
	if err != nil {
		return nil, err
	}
	if len(o.P2P) > 0 {
		c.P2P.Listen = o.P2P
	}
	if o.API != "" {
		c.API.Listen = o.API
	}
	if err := c.validate(); err != nil {
		return nil, usage("%v", err)
	}
	return c, nil
}

func (o *Options) readConfig() (*Config, error) {
	if o.Config != nil {
		return o.Config, nil
	}
	doc, err := os.ReadFile(filepath.Join(o.Home, configName))
	if errors.Is(err, os.ErrNotExist) {
		return defaultConfig(), nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	c, err := ParseConfig(doc)
	if err != nil {
		return nil, &Problem{Code: "CHIO-CONFIG", Message: filepath.Join(o.Home, configName) + ": " + err.Error(),
			Hint: "docs/config.md lists every key", Exit: ExitFailure}
	}
	return c, nil
}

// assemble builds the parts from the bottom up; each only knows those before it.
func (n *Node) assemble(ctx context.Context) error {
	if err := n.openKeys(ctx); err != nil {
		return err
	}
	var nonces *authority.Nonces
	err := n.db.View(func(r store.Reader) (err error) {
		if n.logID, err = rlog.ID(r); err != nil {
			return err
		}
		if nonces, err = authority.OpenNonces(r, authority.NonceLimits{}); err != nil {
			return err
		}
		n.revocations, err = authority.OpenRevocations(r, authority.RevocationConfig{DID: n.keys.OrgDID(), MaxStalenessSeconds: maxRevocationStalenessSeconds})
		return err
	})
	if err != nil {
		return fmt.Errorf("read the node's state: %w", err)
	}
	if _, err := rlog.BuildIndex(ctx, n.db); err != nil {
		return err
	}
	if n.passports, err = passport.NewRegistry(passport.Config{DB: n.db, Org: n.keys.Org(), Rand: n.rand}); err != nil {
		return err
	}
	if n.certified, err = n.openCertifications(); err != nil {
		return err
	}
	if err := n.openResolver(); err != nil {
		return err
	}
	if n.challenges, err = n.openChallenges(); err != nil {
		return err
	}
	if n.logins, err = n.openLogins(); err != nil {
		return err
	}
	n.postures = &postures{db: n.db, policies: func() *policies { return n.policy }}
	if n.policy, err = n.openPolicy(); err != nil {
		return err
	}
	n.nonces = nonces
	if err := n.openControls(); err != nil {
		return err
	}
	n.tools = newRegistry(n.keys.Kernel().Public())
	n.alarms = newAlarms(n)
	if n.money, err = newMoney(n); err != nil {
		return err
	}
	if n.network, err = newNetwork(n); err != nil {
		return err
	}
	if err := n.money.connect(n.network); err != nil {
		return err
	}
	n.x402 = &x402Desk{n: n}
	if err := n.x402.attachResources(); err != nil {
		return err
	}
	n.contracts = &contractDesk{n: n, callers: make(callersByChain)}
	if err := n.contracts.attach(); err != nil {
		return err
	}
	n.policy.treaties, n.policy.servers = n.network, n.tools
	n.switches.ended = n.endedDenial
	if n.alive() != nil {
		n.retiring.end()
	}
	if n.approvals, err = n.openApprovals(ctx); err != nil {
		return err
	}
	if n.budgets, err = n.cfg.budgetTree(n.nameOfAgent); err != nil {
		return err
	}
	return n.buildKernel(ctx, nonces)
}

// maxRevocationStalenessSeconds is how old a peer's newest revocation epoch
// may be for a call that its kernel sent.
const maxRevocationStalenessSeconds = 300

func (n *Node) openKeys(ctx context.Context) error {
	ring, err := keys.Open(keys.Config{DB: n.db, Home: n.opts.Home, Passphrase: n.opts.Passphrase, Rand: n.rand})
	if errors.Is(err, keys.ErrPassphrase) || errors.Is(err, keys.ErrPassphraseNeeded) {
		return &Problem{Code: "CHIO-KEYS-PASSPHRASE", Message: err.Error(), Hint: "set CHIO_PASSPHRASE to the passphrase given at init", Exit: ExitFailure}
	}
	if err != nil {
		return fmt.Errorf("open the keys: %w", err)
	}
	n.keys = ring
	if err := n.db.VerifyHead(ring.HeadKeys()...); err != nil {
		return &Problem{Code: "CHIO-STORE-CORRUPT", Message: err.Error(),
			Hint: "nothing is served from it; chio-node doctor says what is lost", Exit: ExitFailure}
	}
	return n.finishRotation(ctx)
}

// headNote is what each head of the store says about log and ledger.
func headNote(r store.Reader) (store.HeadNote, error) {
	head, err := rlog.HeadNote(r)
	if err != nil {
		return store.HeadNote{}, err
	}
	seq, err := ledger.Sequence(r)
	if err != nil {
		return store.HeadNote{}, err
	}
	return store.HeadNote{LogSize: head.Size, LogRoot: head.Root, LedgerSequence: seq}, nil
}

func (n *Node) buildKernel(ctx context.Context, nonces *authority.Nonces) (err error) {
	spare, err := admit.NewFileBallast(filepath.Join(n.opts.Home, ballast), ballastBytes)
	if err != nil {
		return err
	}
	n.admission, err = admit.New(admit.Config{DB: n.db, Budgets: n.budgets, Nonces: nonces, Now: n.now, Ballast: spare, Failpoint: n.opts.Failpoint,
		Participants: append(append(n.network.participants(), n.money.participants()...), n.approvals, velocity.NewBuckets(velocity.BucketsConfig{}), n.postures, &n.feed, &n.retiring)})
	if err != nil {
		return err
	}
	attestors, err := n.cfg.Assurance.keys()
	if err != nil {
		return err
	}
	n.kernel, err = kernel.New(kernel.Config{Signer: n.keys.Kernel(), Now: n.now, Switches: n.switches, Revocations: n.revocations,
		Dispatcher: stoppable{n.tools, n.switches}, Sessions: n.sessions, Policies: n.policy,
		Admission: witnessed{n.admission, n.network.exchange.RolledBack}, Approvals: n.approvals, Converter: &converter{n: n},
		Lineage: lineage{n.db}, Replays: n.replayed, Attestors: attestors, Mask: secrets.Mask, Failpoint: n.opts.Failpoint})
	return err
}

// ballastBytes is disk space kept so that a full disk can still be recorded.
const ballastBytes = 1 << 20

// context ends when the node stops.
func (n *Node) context() context.Context { return n.ctx }

// spawn runs a goroutine that Stop waits for; false once the node is stopping.
func (n *Node) spawn(fn func()) bool {
	n.lifecycle.Lock()
	defer n.lifecycle.Unlock()
	if n.stopped {
		return false
	}
	n.loops.Go(fn)
	return true
}

// ensureRecovered closes what the last process left open, once, before
// anything is served.
func (n *Node) ensureRecovered(ctx context.Context) error {
	n.recovering.Lock()
	defer n.recovering.Unlock()
	if n.recovered {
		return nil
	}
	if err := n.recover(ctx); err != nil {
		return err
	}
	if err := n.endExpired(ctx); err != nil {
		return err
	}
	n.recovered = true
	n.watchPolicy()
	return nil
}

// recover closes the calls that were open when the last process ended. Peers
// were asked first about the ones they executed.
func (n *Node) recover(ctx context.Context) error {
	closed, err := n.admission.Recover(ctx, func(in journal.Intent) (*receipt.Receipt, []byte, error) {
		r, err := admit.Incomplete(in, n.keys.Kernel().Public(), n.now())
		if err != nil {
			return nil, nil, err
		}
		raw, err := receipt.Sign(r, n.keys.Kernel())
		return r, raw, err
	})
	if err != nil {
		return fmt.Errorf("close the calls that were open: %w", err)
	}
	if closed > 0 {
		n.log.Warn("closed calls that were open when the node stopped", slog.Int("calls", closed))
	}
	return nil
}

func (n *Node) now() int64 { return n.opts.Now().Unix() }

func (n *Node) newID() (string, error) { return wire.NewUUIDv7(n.opts.Now().UnixMilli(), n.rand) }

// DID is the organisation's.
func (n *Node) DID() did.DID { return n.keys.OrgDID() }

// Kernel mediates calls in this process: the embedded form.
func (n *Node) Kernel() *kernel.Kernel { return n.kernel }

// Stop ends everything Start began and closes the store. It is idempotent.
func (n *Node) Stop(ctx context.Context) error {
	n.lifecycle.Lock()
	if n.stopped {
		n.lifecycle.Unlock()
		return nil
	}
	n.stopped = true
	n.switches.stopping.Store(true)
	servers := n.servers
	n.lifecycle.Unlock()
	var errs []error
	for _, s := range servers {
		errs = append(errs, s.Close())
	}
	n.cancel()
	n.resolver.Close()
	errs = append(errs, n.network.stop())
	done := make(chan struct{})
	go func() { n.loops.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
		errs = append(errs, fmt.Errorf("stop: %w", context.Cause(ctx)))
	case <-time.After(stopTimeout):
		errs = append(errs, errors.New("stop: a loop did not end in time"))
	}
	errs = append(errs, n.money.close(), n.db.Close())
	return errors.Join(errs...)
}

const stopTimeout = 20 * time.Second
