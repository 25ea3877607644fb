package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// Ready is the one line `up --json` prints: who we are, what `federate` of
// another node accepts, and where the API is.
type Ready struct {
	DID  string `json:"did"`
	Peer string `json:"peer"`
	API  string `json:"api"`
	VC   string `json:"vc_api,omitempty"`

	Stripe string `json:"stripe_webhook,omitempty"`
	X402   string `json:"x402,omitempty"` // where paid calls are sold
}

// Start brings the node up: peers are asked about the calls they may have
// executed, open calls are closed, half-done payments reconciled, and only then
// are the API and the peers served.
func (n *Node) Start(ctx context.Context) (*Ready, error) {
	n.lifecycle.Lock()
	if n.started || n.stopped {
		n.lifecycle.Unlock()
		return nil, errors.New("the node was started before")
	}
	n.started = true
	n.lifecycle.Unlock()
	if err := n.network.start(ctx); err != nil {
		return nil, err
	}
	if err := n.ensureRecovered(ctx); err != nil {
		return nil, err
	}
	if err := n.money.reconcile(ctx); err != nil {
		return nil, fmt.Errorf("reconcile payments: %w", err)
	}
	n.network.serve()
	if err := n.serveAPI(); err != nil {
		return nil, err
	}
	if err := n.serveVCAPI(); err != nil {
		return nil, err
	}
	if err := n.serveX402(ctx); err != nil {
		return nil, err
	}
	if err := n.serveStripe(); err != nil {
		return nil, err
	}
	n.network.loops()
	n.money.loops()
	n.x402.loops()
	n.contracts.loops()
	n.every("tell peers of the deactivation", tellEvery, n.network.tellNow, n.finishDeactivation)
	n.every("end calls whose approval expired", approvalSweep, nil, n.endExpired)
	if n.cfg.Approvals.Webhook.URL != "" {
		hook := newApprovalWebhook(n)
		n.spawn(func() { hook.run(n.context()) })
	}
	if n.cfg.Alarms.Webhook != "" {
		n.spawn(func() { n.alarms.run(n.context()) })
	}
	if n.cfg.Retention.KeepDays > 0 {
		n.every("archive old receipts", retentionInterval, nil, n.archiveDue)
	}
	if len(n.cfg.Chains) > 0 {
		n.every("watch chains", watchInterval, nil, n.money.watchChains)
		n.every("withdraw from closed channels", watchInterval, nil, n.money.withdrawDue)
	}
	if n.cfg.Settlement.AutoRedeem {
		n.every("redeem vouchers", time.Minute, n.money.wake, n.money.redeemDue)
	}
	return &Ready{DID: n.DID().String(), Peer: n.network.address(), API: n.apiAddress(), VC: n.vcAddr, X402: n.sellAddr, Stripe: n.stripeAddr}, nil
}

// serveAPI listens on the loopback address of the config and on the Unix
// socket in the home.
func (n *Node) serveAPI() error {
	token, err := n.opts.token()
	if err != nil {
		return err
	}
	tcp, err := net.Listen("tcp", n.cfg.API.Listen)
	if err != nil {
		return &Problem{Code: "CHIO-API-LISTEN", Message: fmt.Sprintf("the API cannot listen on %s: %v", n.cfg.API.Listen, err),
			Hint: "choose another address with --api", Exit: ExitFailure}
	}
	path := filepath.Join(n.opts.Home, socketName)
	// The store's lock says that no other node is up here, so a socket file is
	// what one that was killed left behind.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return errors.Join(err, tcp.Close())
	}
	unix, err := net.Listen("unix", path)
	if err != nil {
		p := &Problem{Code: "CHIO-API-SOCKET", Message: fmt.Sprintf("the API cannot listen on %s: %v", path, err), Exit: ExitFailure}
		if len(path) > maxSocketPath {
			p.Hint = "the path is too long for a Unix socket: use a home nearer to the root"
		}
		return errors.Join(p, tcp.Close())
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return errors.Join(err, unix.Close(), tcp.Close())
	}
	handler := n.api(token)
	n.lifecycle.Lock()
	n.apiAddr = "http://" + tcp.Addr().String()
	n.lifecycle.Unlock()
	for _, l := range []net.Listener{tcp, unix} {
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute,
			ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelDebug)}
		n.lifecycle.Lock()
		n.servers = append(n.servers, server)
		n.lifecycle.Unlock()
		n.spawn(func() {
			if err := server.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
				n.log.Error("the API stopped", slog.Any("error", err))
			}
		})
	}
	return nil
}

// maxSocketPath is what every system's sockaddr_un holds.
const maxSocketPath = 103

// every runs fn now and then until the node stops.
func (n *Node) every(name string, interval time.Duration, wake <-chan struct{}, fn func(context.Context) error) {
	ctx := n.context()
	n.spawn(func() {
		t := time.NewTicker(interval)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
			case <-wake:
			}
			if err := fn(ctx); err != nil && ctx.Err() == nil {
				n.log.Warn("a background task failed and will be tried again", slog.String("task", name), slog.Any("error", err))
			}
		}
	})
}
