package openid4vp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// Path begins the paths that are served; a listener hands all of them over.
const Path = "/openid4vp/"

// clientPrefix says that the client id of the verifier is a DID (OpenID4VP 1.0
// §5.9.3).
const clientPrefix = "decentralized_identifier:"

// Config says who asks, and what credentials are judged with.
type Config struct {
	DB     store.DB
	Rand   io.Reader // nil: crypto/rand
	Now    func() time.Time
	Signer wire.Signer
	DID    string // of the signer: its did:chio or did:key
	Base   string // URL that wallets reach the listener by, without a path

	// Gate is what presentations and credentials are verified with; the
	// verifier sets its time, context, trust, whether a status is needed and, for
	// a policy of passports, the age of status lists.
	Gate func(ctx context.Context) vc.Gate
	// Types expands the types of a JSON-LD document; nil: an IRI in type_values
	// matches nothing.
	Types func(document []byte) ([]string, error)
	// Anchor resolves the trust anchors of passport policies; nil: they name
	// nobody.
	Anchor func(name string, issuer did.DID) bool
	// Withdrawn says why a credential does not count although it verifies, from
	// what this verifier knows of its issuer and its holder; nil: it knows nothing.
	Withdrawn func(p *Presented) error
	// Refuse, if it answers an error, stops making and serving requests.
	Refuse func() error
}

// maxJudging bounds the responses that are opened and judged at once.
const maxJudging = 4

// Verifier makes requests and takes the answers. It is safe for concurrent use.
type Verifier struct {
	cfg      Config
	clientID string
	method   string // DID URL of the signer's key
	base     string
	turns    chan struct{}
	mux      *http.ServeMux
}

// New checks the configuration and touches nothing.
func New(cfg Config) (*Verifier, error) {
	if cfg.DB == nil || cfg.Now == nil || cfg.Signer == nil || cfg.Gate == nil {
		return nil, errors.New("openid4vp: DB, Now, Signer and Gate are required")
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	u, err := url.Parse(cfg.Base)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("openid4vp: base %.140q is not the URL of a listener", cfg.Base)
	}
	v := &Verifier{cfg: cfg, clientID: clientPrefix + cfg.DID, base: strings.TrimSuffix(cfg.Base, "/") + Path,
		turns: make(chan struct{}, maxJudging), mux: http.NewServeMux()}
	own := did.FromKey(cfg.Signer.Public())
	switch cfg.DID {
	case own.String():
		v.method = own.KeyID()
	case own.DIDKey():
		v.method = own.DIDKey() + "#" + own.Multibase()
	default:
		return nil, fmt.Errorf("openid4vp: DID %.100q is not the signer's did:chio or did:key", cfg.DID)
	}
	v.routes()
	return v, nil
}

// ClientID is the name under which the verifier asks, and the audience of what
// it is shown.
func (v *Verifier) ClientID() string { return v.clientID }

// Result returns what became of a request. It wraps ErrUnknown.
func (v *Verifier) Result(ctx context.Context, id string) (*Result, error) {
	if err := v.Sweep(ctx); err != nil {
		return nil, err
	}
	var out *Result
	err := v.cfg.DB.View(func(r store.Reader) error {
		found, err := getRow(r, id)
		if err == nil {
			out = &found.Result
		}
		return err
	})
	return out, err
}

// Sweep ends the requests that have expired and erases their keys.
func (v *Verifier) Sweep(ctx context.Context) error {
	return v.cfg.DB.Update(ctx, func(tx store.Tx) error {
		_, err := sweep(tx, v.cfg.Now().Unix())
		return err
	})
}

func (v *Verifier) alive() error {
	if v.cfg.Refuse == nil {
		return nil
	}
	return v.cfg.Refuse()
}
