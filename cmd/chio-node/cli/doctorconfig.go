package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// checkConfig reads the configuration and what it names.
func (a *app) checkConfig(ctx context.Context) []finding {
	const name = "config"
	path := filepath.Join(a.home, "chio-node.yaml")
	doc, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return []finding{bad(name, err, "", "")}
	}
	cfg, err := node.ParseConfig(doc)
	if err != nil {
		return []finding{bad(name, fmt.Errorf("%s: %w", path, err), "the node does not start", "docs/config.md lists every key")}
	}
	out := append([]finding{fine(name, "%s", path)}, a.checkPolicy(cfg.Policy)...)
	out = append(out, a.checkTerms(cfg.Federation.DefaultTerms), checkApprovals(cfg))
	out = append(out, a.checkSettlementKey(cfg))
	for i := range cfg.Chains {
		out = append(out, checkChain(ctx, &cfg.Chains[i]))
	}
	return out
}

// checkApprovals says who can let a waiting call through. Whether the section
// is coherent was checked when it was read.
func checkApprovals(cfg *node.Config) finding {
	const name = "approvals"
	if n := len(cfg.Approvals.Approvers); n > 0 {
		return fine(name, "%d approver(s), at least %d for a call", n, cfg.Approvals.Threshold)
	}
	return fine(name, "the operator's own key decides: chio-node approve list")
}

// checkSettlementKey asks who signs payments whether they do.
func (a *app) checkSettlementKey(cfg *node.Config) finding {
	const name = "settlement key"
	where, err := node.TrySettlementKey(a.home, cfg)
	if err != nil {
		return bad(name, err, "nothing is paid, redeemed or withdrawn until it signs", "see settlement in chio-node.yaml, and who keeps the key")
	}
	return fine(name, "%s", where)
}

// inHome is a path of the configuration.
func (a *app) inHome(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(a.home, path)
}

func (a *app) checkTerms(path string) finding {
	path = a.inHome(path)
	doc, err := os.ReadFile(path)
	if err == nil {
		_, err = federation.LoadTerms(path, doc)
	}
	if err != nil {
		return bad("terms", err, "no treaty can be signed", "correct the file that federation.default_terms names; docs/terms.md")
	}
	return fine("terms", "%s", path)
}

func (a *app) checkPolicy(path string) []finding {
	if !strings.HasPrefix(path, "builtin:") {
		path = a.inHome(path)
	}
	_, c, err := a.load(path, policy.CompileOptions{})
	if err != nil {
		return []finding{bad("policy", err, "the node does not start: no policy means deny", "chio-node policy validate "+path)}
	}
	return append([]finding{fine("policy", "%s, %d guard(s)", c.Hash, len(c.GuardNames))}, checkObserved(c.Observed)...)
}

// chainTimeout is how long doctor waits for a chain's endpoint.
const chainTimeout = 5 * time.Second

// checkChain asks an endpoint which chain it serves.
func checkChain(ctx context.Context, c *node.ChainConfig) finding {
	name := "chain " + c.Name
	ctx, cancel := context.WithTimeout(ctx, chainTimeout)
	defer cancel()
	id, err := chainID(ctx, c.RPC)
	if err != nil {
		return bad(name, err, "nothing is paid or redeemed on it until the endpoint answers", "see chains in chio-node.yaml")
	}
	if id != c.ChainID {
		return wrong(name, "transactions would be signed for another chain; the node refuses", "correct chain_id or rpc in chio-node.yaml",
			"the endpoint serves chain %d, configured is %d", id, c.ChainID)
	}
	return fine(name, "chain %d answers", id)
}

func chainID(ctx context.Context, rpc string) (uint64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, rpc, bytes.NewBufferString(`{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}`))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("the endpoint does not answer: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	doc, err := io.ReadAll(io.LimitReader(res.Body, int64(wire.DocumentLimits.Bytes)))
	if err != nil {
		return 0, fmt.Errorf("the endpoint does not answer: %w", err)
	}
	var answer struct {
		Result string `json:"result"`
	}
	if err := wire.UnmarshalLenient(doc, &answer, wire.DocumentLimits); err != nil {
		return 0, fmt.Errorf("the endpoint's answer (%s) is not JSON-RPC: %w", res.Status, err)
	}
	id, err := strconv.ParseUint(strings.TrimPrefix(answer.Result, "0x"), 16, 64)
	if err != nil {
		return 0, fmt.Errorf("the endpoint answers %.60q for a chain id", answer.Result)
	}
	return id, nil
}
