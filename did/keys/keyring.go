package keys

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Config says where the keys are and how they are opened.
type Config struct {
	DB         store.DB
	Home       string    // folder of master.age or master.key
	Passphrase []byte    // empty: the master key is (to be) a plain 0600 file
	Rand       io.Reader // source of every new key
	ScryptLogN int       // cost of the passphrase; 0 means age's own default
}

func (c *Config) validate() error {
	if c.DB == nil || c.Rand == nil || c.Home == "" {
		return errors.New("keys: DB, Home and Rand are required")
	}
	if c.ScryptLogN < 0 || c.ScryptLogN > 22 {
		return fmt.Errorf("keys: scrypt cost 2^%d is outside 2^1 … 2^22", c.ScryptLogN)
	}
	return nil
}

// ErrName refuses the name of an agent.
var ErrName = errors.New("name is not 1 to 64 letters, digits, '.', '_' or '-', beginning with a letter or digit")

// current is the row name of a role's one key.
const current = "1"

// Keyring holds the opened keys of one organisation. It is safe for concurrent
// use, apart from RotateKernel, RotateTransport and FinishRotation, which
// nothing else may run beside, and never prints key material.
type Keyring struct {
	db        store.DB
	sealed    bool
	sealer    *sealer
	org       *orgSigner
	kernel    *wire.Key
	transport *wire.Key
	secp      map[did.Role]Scalar
	previous  wire.PublicKey // the retired kernel key while a rotation is unfinished
	legacy    chain          // the events made before there was a chain
	ended     atomic.Pointer[ended]

	mu     sync.Mutex // guards what follows
	events []Rotation // oldest first
	agents map[string]*wire.Key
}

// Create makes the keys of a new organisation: the master key first, then the
// rows in one transaction. After a crash in between, calling it again goes on
// with the same master key. ErrExists if the store already has keys.
func Create(ctx context.Context, cfg Config) (*Keyring, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	err := cfg.DB.View(func(r store.Reader) error {
		_, err := r.Get(ariesPrefix + orgKeyID)
		return err
	})
	if err == nil {
		return nil, fmt.Errorf("%w: %s", ErrExists, cfg.Home)
	}
	if !errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("look for keys: %w", err)
	}
	master, sealed, err := loadMaster(cfg.Home, cfg.Passphrase)
	if errors.Is(err, ErrNoKeys) {
		master, sealed, err = createMaster(cfg)
	}
	if err != nil {
		return nil, err
	}
	s, err := newSealer(master, cfg.Rand)
	if err != nil {
		return nil, err
	}
	if err := cfg.DB.Update(ctx, func(tx store.Tx) error { return createRows(tx, s, master) }); err != nil {
		return nil, fmt.Errorf("create keys: %w", err)
	}
	return open(cfg, master, sealed, s)
}

func createRows(tx store.Tx, s *sealer, master secret) error {
	if _, err := tx.Get(ariesPrefix + orgKeyID); err == nil {
		return ErrExists
	}
	var seed secret
	if _, err := io.ReadFull(s.rand, seed[:]); err != nil {
		return fmt.Errorf("read randomness for the organisation key: %w", err)
	}
	if err := importOrg(tx, master, seed); err != nil {
		return err
	}
	for _, role := range []did.Role{did.RoleKernel, did.RoleTransport, did.RoleSettlement, did.RoleOracle} {
		if _, _, err := s.obtain(tx, rowOf(role, current), validFor(role)); err != nil {
			return err
		}
	}
	return nil
}

// Open opens the keys of an existing organisation. It creates nothing: a
// missing row is ErrNoKeys.
func Open(cfg Config) (*Keyring, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	master, sealed, err := loadMaster(cfg.Home, cfg.Passphrase)
	if err != nil {
		return nil, err
	}
	s, err := newSealer(master, cfg.Rand)
	if err != nil {
		return nil, err
	}
	return open(cfg, master, sealed, s)
}

func open(cfg Config, master secret, sealed bool, s *sealer) (*Keyring, error) {
	k := &Keyring{
		db: cfg.DB, sealed: sealed, sealer: s,
		secp: make(map[did.Role]Scalar, 2), agents: make(map[string]*wire.Key),
	}
	err := cfg.DB.View(func(r store.Reader) (err error) {
		if k.org, err = openOrg(r, master); err != nil {
			return err
		}
		if k.kernel, err = s.key(r, did.RoleKernel); err != nil {
			return err
		}
		if k.transport, err = s.key(r, did.RoleTransport); err != nil {
			return err
		}
		if err = k.openEvents(r); err != nil {
			return err
		}
		for _, role := range []did.Role{did.RoleSettlement, did.RoleOracle} {
			seed, err := s.read(r, role)
			if err != nil {
				return err
			}
			k.secp[role] = seed[:]
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("open the keys in %s: %w", cfg.Home, err)
	}
	return k, nil
}

// read opens the seed of a role.
func (s *sealer) read(r store.Reader, role did.Role) (secret, error) {
	row := rowOf(role, current)
	value, err := r.Get(row)
	if errors.Is(err, store.ErrNotFound) {
		return secret{}, fmt.Errorf("%w: the store has no %s key", ErrNoKeys, role)
	}
	if err != nil {
		return secret{}, err
	}
	seed, err := s.open(row, value)
	if err == nil && !validFor(role)(seed[:]) {
		return secret{}, fmt.Errorf("%w: %s is not a key of its kind", ErrSealed, row)
	}
	return seed, err
}

func (s *sealer) key(r store.Reader, role did.Role) (*wire.Key, error) {
	seed, err := s.read(r, role)
	if err != nil {
		return nil, err
	}
	return wire.KeyFromSeed(seed[:])
}

func rowOf(role did.Role, name string) string { return sealPrefix + string(role) + "/" + name }

// validFor returns the test a new seed of the role must pass.
func validFor(role did.Role) func([]byte) bool {
	if role.Alg() == wire.AlgSecp256k1 {
		return validScalar
	}
	return func([]byte) bool { return true }
}

// Org signs with the organisation key.
func (k *Keyring) Org() wire.Signer { return k.org }

// OrgDID is the organisation.
func (k *Keyring) OrgDID() did.DID { return did.FromKey(k.org.public) }

// Kernel is the kernel's signing key.
func (k *Keyring) Kernel() *wire.Key { return k.kernel }

// Transport is the libp2p key.
func (k *Keyring) Transport() *wire.Key { return k.transport }

// Sealed reports whether a passphrase protects the master key.
func (k *Keyring) Sealed() bool { return k.sealed }

// Secp returns a copy of the private key of the settlement or oracle role.
func (k *Keyring) Secp(role did.Role) (Scalar, error) {
	s, ok := k.secp[role]
	if !ok {
		return nil, fmt.Errorf("%w: role %.20q has no secp256k1 key", ErrNoKeys, role)
	}
	return append(Scalar(nil), s...), nil
}

// Term draws the next binding sequence of a role and returns the term of a
// binding from notBefore (unix seconds) for ttlSeconds, at most thirty days.
func (k *Keyring) Term(ctx context.Context, role did.Role, notBefore, ttlSeconds int64) (did.Term, error) {
	var t did.Term
	err := k.db.Update(ctx, func(tx store.Tx) (err error) {
		t, err = term(tx, role, notBefore, ttlSeconds)
		return err
	})
	if err != nil {
		return did.Term{}, fmt.Errorf("draw a binding sequence: %w", err)
	}
	return t, nil
}

func term(tx store.Tx, role did.Role, notBefore, ttlSeconds int64) (t did.Term, err error) {
	t = did.Term{Role: role, NotBefore: notBefore, NotAfter: notBefore + min(ttlSeconds, did.MaxBindingSeconds)}
	t.Sequence, err = tx.Next("k/binding/" + string(role))
	return t, err
}

func (k *Keyring) String() string {
	return fmt.Sprintf("keyring of %s", k.OrgDID())
}

// GoString keeps the keys out of %#v.
func (k *Keyring) GoString() string { return k.String() }

// Format keeps the keys out of every verb.
func (k *Keyring) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, k.String()) }

// LogValue names the organisation only.
func (k *Keyring) LogValue() slog.Value { return slog.StringValue(k.String()) }

// CheckName applies the rule of ErrName.
func CheckName(name string) error {
	if name == "" || len(name) > 64 || strings.ContainsAny(name[:1], "._-") {
		return fmt.Errorf("%w: %.70q", ErrName, name)
	}
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("._-", c) {
			return fmt.Errorf("%w: %.70q", ErrName, name)
		}
	}
	return nil
}
