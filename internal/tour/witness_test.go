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

	"github.com/backbay-labs/chio-node/node"
)

// forgetful is an endpoint of the chain that knows of no transaction and no
// event.
func (w *world) forgetful() string {
	w.t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		var call struct {
			ID     json.RawMessage `json:"id"`
			Method string          `json:"method"`
		}
		if json.Unmarshal(body, &call) == nil {
			empty := map[string]string{"eth_getLogs": "[]", "eth_getTransactionReceipt": "null", "eth_getTransactionByHash": "null"}[call.Method]
			if empty != "" {
				rw.Header().Set("Content-Type", "application/json")
				fmt.Fprintf(rw, `{"jsonrpc":"2.0","id":%s,"result":%s}`, call.ID, empty)
				return
			}
		}
		res, err := http.Post(w.chain.RPC(), "application/json", bytes.NewReader(body))
		if err != nil {
			http.Error(rw, err.Error(), http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		rw.Header().Set("Content-Type", "application/json")
		_, _ = io.Copy(rw, res.Body)
	}))
	w.t.Cleanup(server.Close)
	return server.URL
}

// witnessed holds a statement against several endpoints: all must agree.
func (w *world) witnessed(o *org, file string) {
	w.t.Helper()
	ask := func(rpcs ...string) *result {
		args := []string{"settle", "verify", file, "--chain-id", fmt.Sprint(w.chain.ChainID()), "--token", w.chain.Token().Hex(), "--channel", w.chain.Channel().Hex()}
		for _, rpc := range rpcs {
			args = append(args, "--rpc", rpc)
		}
		return o.run(args...)
	}
	if r := ask(w.chain.RPC(), w.chain.RPC()); r.exit != node.ExitOK || !strings.Contains(string(r.stdout), `"paid":`) {
		w.t.Errorf("two endpoints that agree: %s", r)
	}
	liar := w.forgetful()
	for _, rpcs := range [][]string{{w.chain.RPC(), liar}, {liar, w.chain.RPC()}} {
		if r := ask(rpcs...); r.exit != node.ExitFailure || !strings.Contains(string(r.stdout), "CHIO-CHAIN-DISAGREE") {
			w.t.Errorf("one endpoint denies the payment: %s", r)
		}
	}
}
