package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// priceServer signs observations of one pair on an interval, makes rounds of
// them with those of its peers, and serves both. The node holds the key and
// judges; this process only asks and tells.
type priceServer struct {
	pair  string
	peers []string
	call  func(ctx context.Context, op string, req, resp any) error
	log   io.Writer

	mu   sync.Mutex
	last wire.Raw // this operator's latest observation
}

const (
	peerTimeout       = 10 * time.Second
	maxPeerBytes      = 256 << 10
	maxServedRounds   = 50
	serveHeaderWait   = 10 * time.Second
	minServeSeconds   = 1
	defaultServeEvery = 60
)

func (a *app) oracleServeCmd() *cobra.Command {
	var listen string
	var every int
	var peers []string
	c := &cobra.Command{Use: "serve PAIR", Short: "sign what the sources of a pair say on an interval, and serve it to the other operators",
		Long: "Serves GET /observation (this operator's latest) and /rounds (the chain, newest first). With --peer it fetches\n" +
			"theirs, goes on from their rounds where these go on from its own, and makes new ones. It runs until it is interrupted; the node must be up.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if every < minServeSeconds {
				return usageProblem("--every is in seconds, at least 1", "")
			}
			s := &priceServer{pair: args[0], peers: peers, call: a.call, log: a.Stderr}
			return s.run(cmd.Context(), listen, time.Duration(every)*time.Second, a.Stdout)
		}}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8405", "address to serve on")
	c.Flags().IntVar(&every, "every", defaultServeEvery, "seconds between observations")
	c.Flags().StringSliceVar(&peers, "peer", nil, "address of another operator's oracle serve (repeat)")
	return c
}

func (s *priceServer) run(ctx context.Context, listen string, every time.Duration, out io.Writer) error {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("serve prices: %w", err)
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: serveHeaderWait, WriteTimeout: time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	fmt.Fprintf(out, "serving %s on http://%s\n", s.pair, l.Addr())
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := s.step(ctx); err != nil && ctx.Err() == nil {
			fmt.Fprintf(s.log, "chio-node: %v\n", err)
		}
		select {
		case <-ctx.Done():
			stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), peerTimeout)
			defer cancel()
			return server.Shutdown(stop)
		case err := <-failed:
			return fmt.Errorf("serve prices: %w", err)
		case <-tick.C:
		}
	}
}

// step signs one observation and, if enough peers answer, makes a round that
// goes on from the rounds of all. The node decides what is enough.
func (s *priceServer) step(ctx context.Context) error {
	var own node.Observation
	if err := s.call(ctx, "oracle/observe", node.ObservePrice{Pair: s.pair}, &own); err != nil {
		return fmt.Errorf("observe %s: %w", s.pair, err)
	}
	s.mu.Lock()
	s.last = own.Observation
	s.mu.Unlock()
	req := node.ImportRound{Observations: []wire.Raw{own.Observation}}
	var problems []error
	for _, peer := range s.peers {
		if err := s.join(ctx, peer); err != nil {
			problems = append(problems, fmt.Errorf("peer %s: rounds: %w", peer, err))
		}
		doc, err := fetchObservation(ctx, peer)
		if err != nil {
			problems = append(problems, fmt.Errorf("peer %s: %w", peer, err))
			continue
		}
		req.Observations = append(req.Observations, doc)
	}
	if len(req.Observations) > 1 {
		var r node.Round
		if err := s.call(ctx, "oracle/import", req, &r); err != nil {
			problems = append(problems, fmt.Errorf("round of %s: %w", s.pair, err))
		}
	}
	return errors.Join(problems...)
}

// join has the node go on from a peer's rounds. The node judges them.
func (s *priceServer) join(ctx context.Context, peer string) error {
	doc, err := fetch(ctx, peer, "/rounds")
	if err != nil {
		return err
	}
	var theirs node.Rounds
	if err := wire.UnmarshalCanonical(doc, &theirs, wire.DocumentLimits); err != nil {
		return err
	}
	var req node.JoinRounds
	for _, r := range slices.Backward(theirs.Rounds) {
		req.Rounds = append(req.Rounds, r.Round)
	}
	var joined node.JoinedRounds
	return s.call(ctx, "oracle/join", req, &joined)
}

// fetchObservation reads a peer's latest. The node judges it.
func fetchObservation(ctx context.Context, peer string) (wire.Raw, error) {
	return fetch(ctx, peer, "/observation")
}

// fetch reads one canonical document of a peer.
func fetch(ctx context.Context, peer, path string) (wire.Raw, error) {
	ctx, cancel := context.WithTimeout(ctx, peerTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(peer, "/")+path, nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // only read from
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answered %s", resp.Status)
	}
	doc, err := io.ReadAll(io.LimitReader(resp.Body, maxPeerBytes+1))
	if err == nil && len(doc) > maxPeerBytes {
		err = fmt.Errorf("its answer is over %d bytes", maxPeerBytes)
	}
	if err != nil {
		return nil, err
	}
	return doc, wire.IsCanonical(doc, wire.DocumentLimits)
}

// ServeHTTP serves what anybody may know: everything in it is signed.
func (s *priceServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		http.Error(w, "only GET is served", http.StatusMethodNotAllowed)
		return
	}
	var doc []byte
	switch r.URL.Path {
	case "/observation":
		s.mu.Lock()
		doc = s.last
		s.mu.Unlock()
	case "/rounds":
		var rounds node.Rounds
		if err := s.call(r.Context(), "oracle/rounds", node.ListRounds{Pair: s.pair, Limit: maxServedRounds}, &rounds); err == nil {
			doc = wire.MustMarshal(rounds)
		}
	default:
		http.Error(w, "GET /observation or /rounds", http.StatusNotFound)
		return
	}
	if doc == nil {
		http.Error(w, "there is none yet", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(doc) // a reader that has gone needs no answer
}
