package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) vcCmd() *cobra.Command {
	c := &cobra.Command{Use: "vc", Short: "the W3C VC-API for other people's software"}
	c.AddCommand(a.vcServeCmd())
	return c
}

// vcFlags are those of vc serve.
type vcFlags struct {
	listen, publicURL, keyFile, method, suite, tokenFile, cert, tlsKey string
	unbound, fetch                                                     bool
}

func (a *app) vcServeCmd() *cobra.Command {
	var f vcFlags
	c := &cobra.Command{Use: "serve --listen ADDR", Short: "run the VC-API and a DID resolver alone, for test suites and integrators", Args: cobra.NoArgs,
		Long: "Without a node: a key of its own, and status lists in memory, which end with the process. On a node\n" +
			"the same service is the section vc_api of the configuration. Without --token-file everybody who reaches\n" +
			"ADDR can have credentials signed, so that ADDR must then be a loopback address.",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.vcServe(cmd.Context(), f) }}
	c.Flags().StringVar(&f.listen, "listen", "", "host:port; port 0 takes a free one")
	c.Flags().StringVar(&f.publicURL, "public-url", "", "where others reach it (default: where it listens); names the status lists")
	c.Flags().StringVar(&f.keyFile, "key", "", "key file of chio-node capability keygen (default: a new key, forgotten at the end)")
	c.Flags().StringVar(&f.method, "did-method", "key", "issue as did:key or did:chio: key or chio")
	c.Flags().StringVar(&f.suite, "suite", "eddsa-jcs-2022", "cryptosuite of the plain paths; each has its own below /<suite>/")
	c.Flags().StringVar(&f.tokenFile, "token-file", "", "file with the token that issuing, presenting and changing a status need")
	c.Flags().StringVar(&f.cert, "tls-cert", "", "PEM certificate; beyond loopback it is needed")
	c.Flags().StringVar(&f.tlsKey, "tls-key", "", "PEM key")
	c.Flags().BoolVar(&f.unbound, "allow-unbound", false, "also take presentations that were asked for without a challenge")
	c.Flags().BoolVar(&f.fetch, "fetch", false, "fetch the did:web documents, status lists, schemas and related resources that credentials name")
	_ = c.MarkFlagRequired("listen") // the flag is defined above
	c.MarkFlagsRequiredTogether("tls-cert", "tls-key")
	return c
}

// vcReady is the one line that `vc serve --json` prints.
type vcReady struct {
	DID    string   `json:"did"`
	URL    string   `json:"url"`
	Suites []string `json:"suites"`
}

// check refuses what would offer a signing key to a network.
func (f *vcFlags) check() error {
	host, _, err := net.SplitHostPort(f.listen)
	if err != nil {
		return &node.Problem{Code: "CHIO-USAGE", Message: fmt.Sprintf("--listen %q is not host:port", f.listen), Hint: "for example --listen 127.0.0.1:8080", Exit: node.ExitUsage}
	}
	ip := net.ParseIP(host)
	local := host == "localhost" || ip != nil && ip.IsLoopback()
	if !local && (f.tokenFile == "" || f.cert == "") {
		return &node.Problem{Code: "CHIO-USAGE", Message: fmt.Sprintf("%s can be reached from other machines: anybody could have credentials signed", f.listen),
			Hint: "give --token-file, --tls-cert and --tls-key, or listen on 127.0.0.1", Exit: node.ExitUsage}
	}
	if f.method != "key" && f.method != "chio" {
		return &node.Problem{Code: "CHIO-USAGE", Message: fmt.Sprintf("--did-method %q", f.method), Hint: "use key or chio", Exit: node.ExitUsage}
	}
	return nil
}

func (a *app) vcServe(ctx context.Context, f vcFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	service := node.VCService{Rand: a.Rand, Now: a.Now, Method: f.method, Suite: f.suite, AllowUnbound: f.unbound}
	var err error
	if service.Signer, err = a.vcKey(f.keyFile); err != nil {
		return err
	}
	if f.tokenFile != "" {
		token, err := os.ReadFile(f.tokenFile)
		if err != nil {
			return fmt.Errorf("read the token: %w", err)
		}
		if service.Token = strings.TrimSpace(string(token)); len(service.Token) < 16 {
			return &node.Problem{Code: "CHIO-USAGE", Message: f.tokenFile + " holds a token of less than 16 characters", Exit: node.ExitUsage}
		}
	}
	db := memory.New()
	defer func() { _ = db.Close() }() // nothing of it outlives the process
	service.DB = db
	signals, ignore := a.Signals()
	defer ignore()
	l, err := net.Listen("tcp", f.listen)
	if err != nil {
		return &node.Problem{Code: "CHIO-VCAPI-LISTEN", Message: fmt.Sprintf("the VC-API cannot listen on %s: %v", f.listen, err),
			Hint: "choose another address with --listen", Exit: node.ExitFailure}
	}
	ready := vcReady{URL: strings.TrimSuffix(f.publicURL, "/")}
	if ready.URL == "" {
		ready.URL = "http://" + l.Addr().String()
		if f.cert != "" {
			ready.URL = "https://" + l.Addr().String()
		}
	}
	service.Base = ready.URL
	log := slog.New(slog.NewTextHandler(a.Stderr, nil))
	if f.fetch {
		service.Fetch = node.PublicWeb(log, a.Now)
	}
	handler, err := node.NewVCService(service)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	ready.DID, ready.Suites = handler.DID(), handler.Suites()
	server := node.NewVCServer(handler, log)
	ended := make(chan error, 1)
	go func() {
		if f.cert != "" {
			ended <- server.ServeTLS(l, f.cert, f.tlsKey)
		} else {
			ended <- server.Serve(l)
		}
	}()
	if err := a.print(ready, func(w io.Writer) {
		fmt.Fprintf(w, "did     %s\nurl     %s\nsuites  %s\n", ready.DID, ready.URL, strings.Join(ready.Suites, ", "))
	}); err != nil {
		return errors.Join(err, server.Close())
	}
	select {
	case err := <-ended:
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return fmt.Errorf("serve the VC-API: %w", err)
	case <-signals:
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		return server.Shutdown(stop)
	}
}

// vcKey is the key of a file, or a new one.
func (a *app) vcKey(file string) (*wire.Key, error) {
	if file == "" {
		return wire.GenerateKey(a.Rand)
	}
	return readKeyFile(file, "CHIO-VCAPI-KEY", "capability keygen "+file)
}
