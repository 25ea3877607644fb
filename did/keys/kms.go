package keys

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/hyperledger/aries-framework-go/component/kmscrypto/crypto/tinkcrypto"
	"github.com/hyperledger/aries-framework-go/component/kmscrypto/kms/localkms"
	"github.com/hyperledger/aries-framework-go/component/kmscrypto/secretlock/local"
	"github.com/hyperledger/aries-framework-go/spi/kms"
	"github.com/hyperledger/aries-framework-go/spi/secretlock"

	arieskms "github.com/hyperledger/aries-framework-go/component/kmscrypto/kms"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	ariesPrefix = "k/aries/"
	orgKeyID    = "org-1"
	lockURI     = "local-lock://chio"
)

// orgSigner signs with the organisation key through aries. The handle is
// cached: fetching it again costs a decryption.
type orgSigner struct {
	crypto *tinkcrypto.Crypto
	handle any
	public wire.PublicKey
}

func (o *orgSigner) Public() wire.PublicKey { return o.public }

// Sign returns an RFC 8032 signature.
func (o *orgSigner) Sign(message []byte) (wire.Signature, error) {
	sig, err := o.crypto.Sign(message, o.handle)
	if err != nil {
		return wire.Signature{}, fmt.Errorf("sign with the organisation key: %w", err)
	}
	if len(sig) != ed25519.SignatureSize {
		return wire.Signature{}, fmt.Errorf("sign with the organisation key: %d bytes came back", len(sig))
	}
	return wire.Signature(sig), nil
}

func (o *orgSigner) String() string   { return string(did.FromKey(o.public)) }
func (o *orgSigner) GoString() string { return o.String() }

// importOrg puts a new organisation key into the KMS rows of a transaction.
func importOrg(tx store.Tx, master, seed secret) error {
	m, err := openKMS(master, txRows{tx, tx})
	if err != nil {
		return err
	}
	_, _, err = m.ImportPrivateKey(ed25519.NewKeyFromSeed(seed[:]), kms.ED25519Type, kms.WithKeyID(orgKeyID))
	if err != nil {
		return fmt.Errorf("store the organisation key: %w", err)
	}
	return nil
}

// openOrg fetches the organisation key from the KMS rows, or ErrNoKeys.
func openOrg(r store.Reader, master secret) (*orgSigner, error) {
	m, err := openKMS(master, txRows{r, nil})
	if err != nil {
		return nil, err
	}
	handle, err := m.Get(orgKeyID)
	if errors.Is(err, arieskms.ErrKeyNotFound) {
		return nil, fmt.Errorf("%w: the store has no organisation key", ErrNoKeys)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s%s", ErrSealed, ariesPrefix, orgKeyID)
	}
	pub, kt, err := m.ExportPubKeyBytes(orgKeyID)
	if err != nil || kt != kms.ED25519Type || len(pub) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%w: %s%s is not an Ed25519 key", ErrSealed, ariesPrefix, orgKeyID)
	}
	c, err := tinkcrypto.New()
	if err != nil {
		return nil, fmt.Errorf("start the key service: %w", err)
	}
	return &orgSigner{crypto: c, handle: handle, public: wire.PublicKey(pub)}, nil
}

func openKMS(master secret, rows txRows) (*localkms.LocalKMS, error) {
	key, err := master.derive("chio aries v1")
	if err != nil {
		return nil, err
	}
	// The lock guesses whether its key is text; base64url leaves no guess.
	lock, err := local.NewService(strings.NewReader(base64.URLEncoding.EncodeToString(key[:])), nil)
	if err != nil {
		return nil, fmt.Errorf("open the key service: %w", err)
	}
	m, err := localkms.New(lockURI, provider{rows, lock})
	if err != nil {
		return nil, fmt.Errorf("open the key service: %w", err)
	}
	return m, nil
}

type provider struct {
	rows txRows
	lock secretlock.Service
}

func (p provider) StorageProvider() kms.Store     { return p.rows }
func (p provider) SecretLock() secretlock.Service { return p.lock }

// txRows is the aries key store inside one store transaction, so that the key
// and its register row appear together.
type txRows struct {
	read  store.Reader
	write store.Tx
}

var errReadOnly = errors.New("key rows are open for reading only")

func (t txRows) Put(id string, key []byte) error {
	if t.write == nil {
		return errReadOnly
	}
	t.write.Set(ariesPrefix+id, bytes.Clone(key))
	return nil
}

func (t txRows) Get(id string) ([]byte, error) {
	v, err := t.read.Get(ariesPrefix + id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%s: %w", id, arieskms.ErrKeyNotFound)
	}
	return v, err
}

func (t txRows) Delete(id string) error {
	if t.write == nil {
		return errReadOnly
	}
	t.write.Delete(ariesPrefix + id)
	return nil
}
