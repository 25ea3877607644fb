package cli

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/vc/oidc"
)

// loginFlags are how the person who vouches for an agent logs in.
type loginFlags struct {
	provider string
	device   bool
	port     uint16
}

func (f *loginFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.provider, "login", "", "log in at this identity provider of the configuration, and say so in the passport")
	c.Flags().BoolVar(&f.device, "device", false, "with --login: log in on another device, by a code")
	c.Flags().Uint16Var(&f.port, "login-port", 0, "with --login: the port of 127.0.0.1 that the browser comes back to (default a free one)")
	c.MarkFlagsMutuallyExclusive("login", "provider")
	c.MarkFlagsMutuallyExclusive("device", "login-port")
}

// issueWith issues a passport by an operation whose request it gets for a
// login, or for none. Node and login have to be of one process, so it connects once.
func (a *app) issueWith(ctx context.Context, f *loginFlags, op string, request func(*oidc.Answer) any) (p *node.IssuedPassport, err error) {
	if f.provider == "" && (f.device || f.port != 0) {
		return nil, usageProblem("--device and --login-port belong to --login", "name the identity provider: --login NAME")
	}
	c, done, err := a.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	issue := func(answer *oidc.Answer) error {
		p = &node.IssuedPassport{}
		return callOn(ctx, c, op, request(answer), p)
	}
	switch {
	case f.provider == "":
		return p, issue(nil)
	case f.device:
		return p, a.loginByDevice(ctx, c, f.provider, issue)
	}
	answer, err := a.loginByCode(ctx, c, f)
	if err != nil {
		return nil, err
	}
	return p, issue(answer)
}

// loginByDevice shows a code and asks again and again whether it was typed.
func (a *app) loginByDevice(ctx context.Context, c caller, provider string, issue func(*oidc.Answer) error) error {
	var s oidc.Started
	if err := callOn(ctx, c, "login/start", node.StartLogin{Provider: provider, Device: true}, &s); err != nil {
		return err
	}
	fmt.Fprintf(a.Stderr, "on any device, open %s\nand enter the code %s\n", s.VerificationURI, s.UserCode)
	if s.CompleteURI != "" {
		fmt.Fprintf(a.Stderr, "or open %s\n", s.CompleteURI)
	}
	tick := time.NewTicker(time.Duration(s.IntervalSeconds) * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		var p *node.Problem
		if err := issue(&oidc.Answer{ID: s.ID}); !errors.As(err, &p) || p.Code != "CHIO-LOGIN-PENDING" {
			return err
		}
	}
}

// loginByCode shows an address to open and waits for the browser to come back
// to a port of this machine.
func (a *app) loginByCode(ctx context.Context, c caller, f *loginFlags) (*oidc.Answer, error) {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", f.port))
	if err != nil {
		return nil, fmt.Errorf("listen for the browser: %w", err)
	}
	defer func() { _ = listener.Close() }() // the server below closes it, too
	var s oidc.Started
	req := node.StartLogin{Provider: f.provider, RedirectURI: "http://" + listener.Addr().String() + callbackPath}
	if err := callOn(ctx, c, "login/start", req, &s); err != nil {
		return nil, err
	}
	back := &callback{state: s.State, answers: make(chan url.Values, 1)}
	server := &http.Server{Handler: back, ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 32 << 10}
	go func() { _ = server.Serve(listener) }() // it ends by Shutdown below
	defer func() { _ = server.Shutdown(ctx) }()
	fmt.Fprintf(a.Stderr, "to log in, open\n\n  %s\n\n", s.URL)
	ctx, cancel := context.WithTimeout(ctx, time.Duration(s.ExpiresAt-a.Now().Unix())*time.Second)
	defer cancel()
	select {
	case <-ctx.Done():
		return nil, &node.Problem{Code: "CHIO-LOGIN-UNKNOWN", Message: "nobody logged in in time", Hint: "begin the login again", Exit: node.ExitFailure}
	case v := <-back.answers:
		if why := v.Get("error"); why != "" {
			return nil, &node.Problem{Code: "CHIO-LOGIN-REFUSED", Message: fmt.Sprintf("the identity provider refused: %.80q", why), Exit: node.ExitDenied,
				Hint: "begin the login again; the provider's own log says why it refused"}
		}
		return &oidc.Answer{ID: s.ID, Code: v.Get("code"), State: v.Get("state"), Issuer: v.Get("iss")}, nil
	}
}

const callbackPath = "/callback"

// callback takes the first answer that repeats the state of the login: any page
// on this machine can send others.
type callback struct {
	state   string
	answers chan url.Values
}

func (c *callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Referrer-Policy", "no-referrer")
	v, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || r.Method != http.MethodGet || r.URL.Path != callbackPath || !once(v) || subtle.ConstantTimeCompare([]byte(v.Get("state")), []byte(c.state)) != 1 {
		http.Error(w, "this is not the answer to the login that waits here", http.StatusBadRequest)
		return
	}
	select {
	case c.answers <- v:
		_, _ = io.WriteString(w, "The answer was handed over. You can close this window.\n") // a browser that left has nobody to tell
	default:
		http.Error(w, "this login was answered before", http.StatusConflict)
	}
}

// once: no parameter of an answer stands there twice.
func once(v url.Values) bool {
	for _, values := range v {
		if len(values) > 1 {
			return false
		}
	}
	return true
}
