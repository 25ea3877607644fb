package vchttp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/did/resolver"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// suiteJCS is the cryptosuite that package vc has itself.
const suiteJCS = "eddsa-jcs-2022"

// Resolver resolves DIDs and dereferences DID URLs.
type Resolver interface {
	Resolve(ctx context.Context, did string, o resolver.Options) *resolver.Resolution
	Dereference(ctx context.Context, url string, o resolver.Options) *resolver.Dereferencing
}

// Config says who issues and who verifies.
type Config struct {
	Now    func() time.Time
	Signer wire.Signer
	DID    string // of the signer: its did:chio or did:key

	// Gate is what credentials and presentations are verified with; the service
	// sets its time, context, suites and vocabulary. Without a TrustedIssuer
	// trust is not asked about, and the answer says so.
	Gate       func() vc.Gate
	Suites     []vc.Suite // besides eddsa-jcs-2022
	Default    string     // the suite of the plain paths; "" is eddsa-jcs-2022
	Vocabulary vc.Vocabulary

	// What credentials name and nobody has brought is had from these; where one
	// is nil, a status of another issuer, a schema or a related resource that is
	// not embedded is unknown, and refuses.
	Lists    *vc.ListCache
	Schemas  Schemas
	Resource func(ctx context.Context, url string) ([]byte, error)

	Book     *Book    // nil: no status
	Resolver Resolver // nil: no identifiers

	// Routes are patterns of others on the same listener, under the same limits
	// of a client. They answer for themselves who may do what.
	Routes map[string]http.Handler

	// Token is what a bearer must show to issue, present or change a status; ""
	// leaves all three open, which is for test suites.
	Token string
	// Refuse, if it answers an error, stops issuing, presenting and changing a
	// status; the client is told the text.
	Refuse func() error
	// AllowUnbound accepts presentations that were asked for without a
	// challenge: whoever holds a copy can show it again.
	AllowUnbound bool
	Limits       Limits
}

// maxJudging bounds the verifications and signatures under way at once: what
// waits costs no processor, and gives up when its client does.
const maxJudging = 8

// Service answers requests. It is safe for concurrent use.
type Service struct {
	cfg    Config
	method string // of the signer
	limits *limiter
	turns  chan struct{} // held while a request is judged
	away   chan struct{} // and while it waits for others instead
	mux    *http.ServeMux
}

// New checks the configuration.
func New(cfg Config) (*Service, error) {
	if cfg.Now == nil || cfg.Signer == nil || cfg.Gate == nil || cfg.Vocabulary == nil {
		return nil, errors.New("vc/http: Now, Signer, Gate and Vocabulary are required")
	}
	if cfg.Default == "" {
		cfg.Default = suiteJCS
	}
	s := &Service{cfg: cfg, limits: newLimiter(cfg.Limits), turns: make(chan struct{}, maxJudging), away: make(chan struct{}, maxAway), mux: http.NewServeMux()}
	own := did.FromKey(cfg.Signer.Public())
	switch cfg.DID {
	case own.String():
		s.method = own.KeyID()
	case own.DIDKey():
		s.method = own.DIDKey() + "#" + own.Multibase()
	default:
		return nil, fmt.Errorf("vc/http: DID %.100q is not the signer's did:chio or did:key", cfg.DID)
	}
	names := []string{suiteJCS}
	for _, suite := range cfg.Suites {
		names = append(names, suite.Name())
	}
	plain := false
	for _, name := range names {
		s.credentials("/"+name, name)
		plain = plain || name == cfg.Default
	}
	if !plain {
		return nil, fmt.Errorf("vc/http: the default suite %.60q is not among %s", cfg.Default, strings.Join(names, ", "))
	}
	s.credentials("", cfg.Default)
	if cfg.Book != nil {
		s.mux.HandleFunc("GET /status/{list}", s.statusList)
	}
	if cfg.Resolver != nil {
		s.mux.HandleFunc("GET "+identifiers+"{did...}", s.identifier)
	}
	for pattern, h := range cfg.Routes {
		s.mux.Handle(pattern, h)
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, fmt.Errorf("no %s %.200q here", r.Method, r.URL.Path))
	})
	return s, nil
}

// DID is the issuer.
func (s *Service) DID() string { return s.cfg.DID }

// Suites are the names of the cryptosuites, the one of the plain paths first.
func (s *Service) Suites() []string {
	names := []string{s.cfg.Default}
	if s.cfg.Default != suiteJCS {
		names = append(names, suiteJCS)
	}
	for _, suite := range s.cfg.Suites {
		if suite.Name() != s.cfg.Default {
			names = append(names, suite.Name())
		}
	}
	return names
}

// credentials adds the routes of one suite.
func (s *Service) credentials(prefix, suite string) {
	s.post(prefix+"/credentials/issue", true, func(r *http.Request, b body) (int, any, error) { return s.issue(r, suite, b) })
	s.post(prefix+"/credentials/verify", false, s.verifyCredential)
	s.post(prefix+"/credentials/status", true, s.changeStatus)
	s.post(prefix+"/presentations", true, func(r *http.Request, b body) (int, any, error) { return s.present(suite, b) })
	s.post(prefix+"/presentations/verify", false, s.verifyPresentation)
}

// ServeHTTP implements http.Handler. Without a token only a loopback Host is
// served: a page of some site, in a browser on this machine, could otherwise
// name it by the site's own host and have credentials signed.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.cfg.Token == "" && !isLoopbackHost(r.Host) {
		refuse(w, http.StatusMisdirectedRequest, errors.New("without a token only requests to localhost are served"))
		return
	}
	if !s.limits.allow(r.RemoteAddr, s.cfg.Now()) {
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusTooManyRequests, errors.New("too many requests: ask again later"))
		return
	}
	s.mux.ServeHTTP(w, r)
}

// isLoopbackHost reports a Host header that names this machine.
func isLoopbackHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

// gate is the verifier's gate for one request, which has its turn.
func (s *Service) gate(r *http.Request) vc.Gate { return s.gateFor(r.Context(), true) }

func (s *Service) gateFor(ctx context.Context, turn bool) vc.Gate {
	g := s.cfg.Gate()
	g.Now, g.Context = s.cfg.Now().Unix(), ctx
	g.Suites, g.Vocabulary = s.cfg.Suites, s.cfg.Vocabulary
	g.AllowNoStatus = true
	(&errand{s, ctx, turn, maxFetches}).complete(&g)
	if s.cfg.Book != nil {
		g.StatusList = s.lists(g)
	}
	return g
}

// suite finds a cryptosuite by its name; nil is that of package vc.
func (s *Service) suite(name string) vc.Suite {
	for _, suite := range s.cfg.Suites {
		if suite.Name() == name {
			return suite
		}
	}
	return nil
}
