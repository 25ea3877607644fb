//go:build unix

package tour

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/backbay-labs/chio-node/node"
)

// forgetful is an endpoint that says it took a transaction and forgets it, until
// it is told not to.
type forgetful struct {
	*httptest.Server
	mu            sync.Mutex
	forgets       bool
	forgot, taken []*types.Transaction
}

func newForgetful(t *testing.T, rpc string) *forgetful {
	t.Helper()
	p := &forgetful{forgets: true}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the node went away
		}
		if hash := p.sees(body); hash != "" {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, hash)
			return
		}
		answer, err := http.Post(rpc, "application/json", bytes.NewReader(body))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer func() { _ = answer.Body.Close() }() // it was read
		w.Header().Set("Content-Type", answer.Header.Get("Content-Type"))
		_, _ = io.Copy(w, answer.Body)
	}))
	t.Cleanup(p.Close)
	return p
}

// sees keeps the transactions that come by, and returns what to answer in the
// chain's place, "" to ask the chain.
func (p *forgetful) sees(body []byte) string {
	var q struct {
		ID     json.RawMessage `json:"id"`
		Method string          `json:"method"`
		Params []hexutil.Bytes `json:"params"`
	}
	if json.Unmarshal(body, &q) != nil || q.Method != "eth_sendRawTransaction" || len(q.Params) != 1 {
		return ""
	}
	tx := new(types.Transaction)
	if tx.UnmarshalBinary(q.Params[0]) != nil {
		return ""
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.forgets {
		p.taken = append(p.taken, tx)
		return ""
	}
	p.forgot = append(p.forgot, tx)
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%q}`, q.ID, tx.Hash().Hex())
}

func (p *forgetful) remembers() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forgets = false
}

// TestI7_KillReplacement kills the payer when it has signed a dearer form of a
// deposit that no block took, and before anybody has seen that. The restart sends
// it, under the same nonce, and the deposit is made once.
func TestI7_KillReplacement(t *testing.T) {
	t.Parallel()
	f := newFed(t, tcp, 1000)
	if code := f.acme.up.interrupt(); code != node.ExitOK {
		t.Fatalf("acme stopped with %d", code)
	}
	p := newForgetful(t, f.chain.RPC())
	config := strings.Replace(f.config(f.acme.name, f.chain.ChainID()), "rpc: "+f.chain.RPC(), "bump_after_blocks: 2\n    rpc: "+p.URL, 1)
	f.write("acme/chio-node.yaml", config)
	f.restart(f.acme)

	const amount = 1_000_000
	before := f.usdc(f.acme.status.Settlement)
	fund := []string{"settle", "fund", f.globex.ready.DID, "1 USDC"}
	f.acme.arm("tx.replaced_before_broadcast", 1)
	funding := spawn(t, "settle fund", f.dir, f.acme.env(), nodeProgram, append([]string{"--json"}, fund...)...)
	f.acme.crashed()
	if code := funding.wait(); code != node.ExitFailure {
		t.Fatalf("funding ended with %d", code)
	}
	p.remembers()
	f.restart(f.acme)
	eventually(t, "the restart makes the deposit", func() error {
		if got := f.usdc(f.acme.status.Settlement); got != before-amount {
			return fmt.Errorf("the account went from %d to %d", before, got)
		}
		return nil
	})
	f.acme.ok(nil, fund...)
	if got := f.usdc(f.acme.status.Settlement); got != before-amount {
		t.Fatalf("asked for 1 USDC again, and the account went from %d to %d", before, got)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	first, last := p.forgot[0], p.taken[len(p.taken)-1]
	if last.Nonce() != first.Nonce() || last.GasFeeCap().Cmp(first.GasFeeCap()) <= 0 || last.GasTipCap().Cmp(first.GasTipCap()) <= 0 {
		t.Errorf("first %d at %s and %s, in the end %d at %s and %s", first.Nonce(), first.GasTipCap(), first.GasFeeCap(), last.Nonce(), last.GasTipCap(), last.GasFeeCap())
	}
	for _, tx := range p.forgot {
		if tx.Hash() == last.Hash() {
			t.Error("the dearer form was seen before the process died")
		}
	}
}
