package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
)

func (a *app) upCmd() *cobra.Command {
	var listen []string
	var api string
	c := &cobra.Command{Use: "up", Short: "run the node: p2p host, kernel, API on loopback", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.up(cmd.Context(), listen, api) }}
	c.Flags().StringSliceVar(&listen, "p2p", nil, "multiaddr to listen on (repeatable; default from the config)")
	c.Flags().StringVar(&api, "api", "", "host:port of the API (default from the config)")
	return c
}

// up runs until the first interrupt, then stops gracefully; a second one ends
// the process at once.
func (a *app) up(ctx context.Context, listen []string, api string) error {
	pass, err := a.passphrase(false)
	if err != nil {
		return err
	}
	o := a.options(pass)
	o.Log = slog.New(slog.NewTextHandler(a.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	o.P2P, o.API = listen, api
	signals, ignore := a.Signals()
	defer ignore()
	n, err := node.Open(ctx, o)
	if err != nil {
		return err
	}
	ready, err := n.Start(ctx)
	if err != nil {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		if stopErr := n.Stop(stopCtx); stopErr != nil {
			a.warn("stopping: %v", stopErr)
		}
		return err
	}
	if err := a.print(ready, func(w io.Writer) {
		fmt.Fprintf(w, "did   %s\npeer  %s\napi   %s\n", ready.DID, ready.Peer, ready.API)
	}); err != nil {
		return err
	}
	stop := a.reloadOnHangup(ctx, n)
	defer stop()
	<-signals
	if !a.json {
		a.warn("stopping; interrupt again to end at once")
	}
	stopped := make(chan error, 1)
	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	go func() { stopped <- n.Stop(stopCtx) }()
	select {
	case err := <-stopped:
		return err
	case <-signals:
		return &node.Problem{Code: "CHIO-FORCED", Message: "ended by a second interrupt", Exit: node.ExitFailure}
	}
}

// reloadOnHangup reads the policy again on each SIGHUP, as daemons do. What
// came of it is in the node's log.
func (a *app) reloadOnHangup(ctx context.Context, n *node.Node) (stop func()) {
	if a.Hangups == nil {
		return func() {}
	}
	hangups, ignore := a.Hangups()
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		for {
			select {
			case <-hangups:
				_, _ = n.ReloadPolicy(ctx, node.Empty{})
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() { ignore(); cancel() }
}

const stopTimeout = 30 * time.Second

func (a *app) warn(format string, args ...any) {
	fmt.Fprintf(a.Stderr, "chio-node: "+format+"\n", args...)
}
