package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/did/resolver"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/http"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/vc/ld"
	"github.com/backbay-labs/chio-node/wire"
)

// The DID methods a VC-API can issue under; both are the same key.
const (
	methodChio = "chio"
	methodKey  = "key"
)

// VCAPIConfig is the W3C VC-API and the DID resolver, on a listener of their
// own. They are off unless Listen is set.
type VCAPIConfig struct {
	Listen    string `yaml:"listen"`     // host:port; beyond loopback only with TLS
	PublicURL string `yaml:"public_url"` // where others reach it; names its status lists
	DIDMethod string `yaml:"did_method"` // key or chio
	Suite     string `yaml:"suite"`      // of the plain paths
	TLSCert   string `yaml:"tls_cert"`   // PEM files, relative to the home
	TLSKey    string `yaml:"tls_key"`
	Fetch     bool   `yaml:"fetch"` // status lists, schemas and related resources of others

	OpenID4VCI bool `yaml:"openid4vci"` // issue passports to wallets of others
	OpenID4VP  bool `yaml:"openid4vp"`  // ask wallets of others for credentials
}

func (c *VCAPIConfig) validate() error {
	if c.Listen == "" {
		if *c != (VCAPIConfig{DIDMethod: c.DIDMethod, Suite: c.Suite}) {
			return errors.New("vc_api: listen is not set, so that nothing of it takes effect")
		}
		return nil
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("vc_api: tls_cert and tls_key belong together")
	}
	if err := loopback(c.Listen); err != nil && c.TLSCert == "" {
		return fmt.Errorf("vc_api.listen: %.80q is not a loopback address: beyond this machine it needs tls_cert and tls_key", c.Listen)
	}
	if u, err := url.Parse(c.PublicURL); c.PublicURL != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "") {
		return fmt.Errorf("vc_api.public_url: %.140q is not an https URL", c.PublicURL)
	}
	if c.DIDMethod != methodChio && c.DIDMethod != methodKey {
		return fmt.Errorf("vc_api.did_method: %.40q: use key, which everybody resolves, or chio", c.DIDMethod)
	}
	return nil
}

// VCService is what a VC-API is made of, on a node or alone.
type VCService struct {
	DB     store.DB
	Rand   io.Reader
	Now    func() time.Time
	Signer wire.Signer
	Method string // key or chio
	Suite  string // of the plain paths; "" is eddsa-jcs-2022
	Base   string // URL that others reach it by

	Trusts       func(issuer string) bool // nil: trust is not asked about
	Token        string
	Refuse       func() error
	AllowUnbound bool
	Routes       map[string]http.Handler
	Resolver     *resolver.Resolver // nil: one that knows did:chio and did:key, and did:web if there is Fetch
	// Fetch gets the status lists, schemas and related resources that others'
	// credentials name; nil fetches nothing.
	Fetch *resolver.FetchConfig
}

// NewVCService composes the service.
func NewVCService(c VCService) (*vchttp.Service, error) {
	processor, err := ld.New()
	if err != nil {
		return nil, err
	}
	r := c.Resolver
	if r == nil {
		rc := resolver.Config{Now: c.Now}
		if c.Fetch != nil {
			rc.Web = &resolver.WebConfig{FetchConfig: *c.Fetch}
		}
		if r, err = resolver.New(rc); err != nil {
			return nil, err
		}
	}
	name, method := credentialIssuer(c.Signer, c.Method)
	book, err := vchttp.NewBook(vchttp.BookConfig{DB: c.DB, Rand: c.Rand, Signer: c.Signer, DID: name, Method: method,
		Base: strings.TrimSuffix(c.Base, "/") + "/status/"})
	if err != nil {
		return nil, err
	}
	suites := []vc.Suite{processor.Suite()}
	config := vchttp.Config{
		Now: c.Now, Signer: c.Signer, DID: name, Suites: suites, Default: c.Suite, Vocabulary: processor,
		Gate: func() vc.Gate {
			return vc.Gate{Methods: r, Envelope: jose.Open, SkewSeconds: bindingBackdateSeconds, TrustedIssuer: c.Trusts}
		},
		Book: book, Resolver: r, Token: c.Token, Refuse: c.Refuse, AllowUnbound: c.AllowUnbound, Routes: c.Routes,
	}
	if c.Fetch != nil {
		if err := fetchDocuments(&config, c.Fetch, vc.Gate{Methods: r, Suites: suites, Vocabulary: processor}); err != nil {
			return nil, err
		}
	}
	return vchttp.New(config)
}

// credentialIssuer is the name under which an organisation issues and asks for
// credentials by a DID method, and its key's name there.
func credentialIssuer(key wire.Signer, method string) (name, verificationMethod string) {
	id := did.FromKey(key.Public())
	if method == methodChio {
		return id.String(), id.KeyID()
	}
	return id.DIDKey(), id.DIDKey() + "#" + id.Multibase()
}

// serveVCAPI listens for the VC-API, if the configuration asks for it.
func (n *Node) serveVCAPI() error {
	c := n.cfg.VCAPI
	if c.Listen == "" {
		return nil
	}
	token, err := n.opts.token()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return &Problem{Code: "CHIO-VCAPI-LISTEN", Message: fmt.Sprintf("the VC-API cannot listen on %s: %v", c.Listen, err),
			Hint: "choose another address for vc_api.listen", Exit: ExitFailure}
	}
	base := c.PublicURL
	if base == "" {
		base = "http://" + l.Addr().String()
		if c.TLSCert != "" {
			base = "https://" + l.Addr().String()
		}
	}
	routes := map[string]http.Handler{}
	if err := n.issuerRoutes(base, routes); err != nil {
		return errors.Join(err, l.Close())
	}
	var service *vchttp.Service
	if err := n.verifierRoutes(base, routes, func(ctx context.Context) vc.Gate { return service.Gate(ctx) }); err != nil {
		return errors.Join(err, l.Close())
	}
	own, _ := credentialIssuer(n.keys.Org(), methodKey)
	trusted := chioIssuer(n.network.trustsIssuer)
	var fetch *resolver.FetchConfig
	if c.Fetch {
		fetch = n.fetching()
	}
	service, err = NewVCService(VCService{DB: n.db, Rand: n.rand, Now: n.opts.Now, Signer: n.keys.Org(), Method: c.DIDMethod, Suite: c.Suite,
		Base: base, Token: token, Trusts: func(issuer string) bool { return issuer == own || trusted(issuer) },
		Refuse: n.alive, Resolver: n.resolver, Routes: routes, Fetch: fetch})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	server := NewVCServer(service, n.log)
	n.lifecycle.Lock()
	n.servers = append(n.servers, server)
	n.vcAddr = base
	n.lifecycle.Unlock()
	n.spawn(func() {
		serve := func() error { return server.Serve(l) }
		if c.TLSCert != "" {
			serve = func() error { return server.ServeTLS(l, inHome(n.opts.Home, c.TLSCert), inHome(n.opts.Home, c.TLSKey)) }
		}
		if err := serve(); err != nil && !errors.Is(err, http.ErrServerClosed) {
			n.log.Error("the VC-API stopped", slog.Any("error", err))
		}
	})
	return nil
}

// inHome is a file of the configuration: relative to the home, or absolute.
func inHome(home, file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(home, file)
}

// NewVCServer bounds what one client can hold.
func NewVCServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
}
