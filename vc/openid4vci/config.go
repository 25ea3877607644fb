package openid4vci

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ErrDenied: Issue does not give this wallet the passport. The wallet is told
// the text.
var ErrDenied = errors.New("the passport is not given out")

// The life of what is given out, in seconds.
const (
	DefaultOfferSeconds = 15 * 60
	MaxOfferSeconds     = 7 * 24 * 3600
	tokenSeconds        = 10 * 60
	nonceSeconds        = 5 * 60
	proofAgeSeconds     = 5 * 60
	skewSeconds         = 60
)

// maxAnswering bounds the requests that are answered at once: what waits costs
// no processor, and gives up when its client does.
const maxAnswering = 8

// Config says who issues.
type Config struct {
	DB   store.DB
	Rand io.Reader
	Now  func() time.Time

	// URL is the identifier of the credential issuer, where wallets reach it: https,
	// or http on this machine; no query, no fragment, no slash at the end. What
	// stands in front of the node takes the path of the URL away, but for the
	// two documents below /.well-known/, which have it behind them.
	URL  string
	Name string // of the organisation, for people

	// Issue makes the passport, or another form of the one that was made, in the
	// transaction that uses the nonce up.
	Issue func(tx store.Tx, c Collection) (*Issued, error)
	// Refuse, if it answers an error, stops tokens and credentials; the client
	// is told the text.
	Refuse func() error
	// Log is told of faults, of which the client learns nothing; nil: nobody.
	Log *slog.Logger
}

// Collection is a wallet that may have a passport and has proved its key.
type Collection struct {
	Content  wire.Raw // of the offer, as who made it wrote it
	Passport string   // id of the passport that was made on the offer; "": none yet
	Form     string   // one of Forms
	Key      wire.PublicKey
	Offered  int64 // when the offer was made, unix seconds
	Now      int64
}

// Issued is a passport in one form.
type Issued struct {
	Passport   string   // its id
	Credential wire.Raw // an object, or a string
}

// Issuer answers wallets. It is safe for concurrent use.
type Issuer struct {
	cfg      Config
	path     string // of the URL
	nonceKey []byte // of this process: nonces end with it
	turns    chan struct{}
	mux      *http.ServeMux
}

// New checks the configuration.
func New(cfg Config) (*Issuer, error) {
	if cfg.DB == nil || cfg.Rand == nil || cfg.Now == nil || cfg.Issue == nil {
		return nil, errors.New("openid4vci: DB, Rand, Now and Issue are required")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	path, err := checkURL(cfg.URL)
	if err != nil {
		return nil, err
	}
	s := &Issuer{cfg: cfg, path: path, nonceKey: make([]byte, 32), turns: make(chan struct{}, maxAnswering)}
	if _, err := io.ReadFull(cfg.Rand, s.nonceKey); err != nil {
		return nil, fmt.Errorf("openid4vci: key of the nonces: %w", err)
	}
	return s, s.routes()
}

// checkURL returns the path of an issuer's URL.
func checkURL(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Opaque != "" ||
		strings.HasSuffix(raw, "/") || strings.HasSuffix(raw, "#") || strings.ContainsAny(u.Path, "{} ") || u.EscapedPath() != u.Path {
		return "", fmt.Errorf("openid4vci: %.140q cannot be the name of an issuer: use an https URL without query, fragment and slash at the end", raw)
	}
	ip, err := netip.ParseAddr(u.Hostname())
	if u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "localhost" && (err != nil || !ip.IsLoopback())) {
		return "", fmt.Errorf("openid4vci: %.140q cannot be the name of an issuer: beyond this machine it is an https URL", raw)
	}
	return u.Path, nil
}

// now is the time in unix seconds.
func (s *Issuer) now() int64 { return s.cfg.Now().Unix() }

// random draws n bytes.
func (s *Issuer) random(n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(s.cfg.Rand, b); err != nil {
		return nil, fmt.Errorf("openid4vci: randomness: %w", err)
	}
	return b, nil
}
