package devnet

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"net"
	"strconv"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
)

// The reasons a chain does not start.
var (
	// ErrConfig: a field of Config is out of range.
	ErrConfig = errors.New("devnet configuration")
	// ErrListen: the JSON-RPC address cannot be used.
	ErrListen = errors.New("devnet listener")
)

// DefaultChainID is used when Config names none.
const DefaultChainID = 31337

// defaultGraceSeconds is the closing grace of deployed channels.
const defaultGraceSeconds = 24 * 60 * 60

// Config says what chain to run.
type Config struct {
	// ChainID is the EIP-155 id; 0 means DefaultChainID.
	ChainID uint64
	// Listen is a loopback "host:port" for JSON-RPC; port 0 picks a free one,
	// "" serves none.
	Listen string
	// GraceSeconds is the closing grace of the channel contract, 3600 to
	// 2592000; 0 means a day.
	GraceSeconds uint64
	// Fork is whose rules the chain has: Osaka, which is also the default, or
	// Amsterdam, where new storage and code cost several times as much.
	Fork Fork
	// Ticks makes blocks: at each tick the pending transactions are mined, or an
	// empty block if the chain's clock is behind the tick. nil means only Commit
	// makes blocks.
	Ticks <-chan time.Time
}

// Fork names rules of the main network.
type Fork string

// The forks that a chain can be pinned to.
const (
	Osaka     Fork = "osaka"
	Amsterdam Fork = "amsterdam"
)

func (c *Config) setDefaults() {
	if c.Fork == "" {
		c.Fork = Osaka
	}
	if c.ChainID == 0 {
		c.ChainID = DefaultChainID
	}
	if c.GraceSeconds == 0 {
		c.GraceSeconds = defaultGraceSeconds
	}
}

func (c *Config) validate() error {
	if c.ChainID > math.MaxInt64 {
		return fmt.Errorf("%w: chain id %d is too large", ErrConfig, c.ChainID)
	}
	if c.Fork != Osaka && c.Fork != Amsterdam {
		return fmt.Errorf("%w: fork %q is neither %s nor %s", ErrConfig, c.Fork, Osaka, Amsterdam)
	}
	if c.GraceSeconds < 3600 || c.GraceSeconds > 30*24*3600 {
		return fmt.Errorf("%w: grace of %d seconds is outside 3600 … 2592000", ErrConfig, c.GraceSeconds)
	}
	return nil
}

// reserve checks that the address is loopback and free, and returns it with a
// concrete port. Between this check and the server's own listen another process
// could take the port; the server then fails with an error of its own.
func reserve(listen string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(listen)
	if err != nil {
		return "", 0, fmt.Errorf("%w: %q is not host:port", ErrListen, listen)
	}
	ip := net.ParseIP(host)
	if host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", 0, fmt.Errorf("%w: %q is not a loopback address; the chain has no protection of its own", ErrListen, host)
	}
	if _, err := strconv.ParseUint(text, 10, 16); err != nil {
		return "", 0, fmt.Errorf("%w: %q is not a port", ErrListen, text)
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return "", 0, fmt.Errorf("%w: %w", ErrListen, err)
	}
	defer func() { _ = l.Close() }() // nothing was written to it
	return host, l.Addr().(*net.TCPAddr).Port, nil
}

// deployerKey is known to everybody on purpose: it owns play money only, and it
// makes contract addresses the same on every run.
func deployerKey() *ecdsa.PrivateKey {
	scalar := sha256.Sum256([]byte("chio devnet deployer, no real value"))
	key, err := crypto.ToECDSA(scalar[:])
	if err != nil {
		panic("devnet: constant deployer key is invalid: " + err.Error())
	}
	return key
}
