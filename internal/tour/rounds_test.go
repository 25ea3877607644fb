//go:build unix

package tour

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/backbay-labs/chio-node/node"
)

// publisher signs data packages of one feed, as a price publisher's node does.
type publisher byte

// gateway is what the publisher's gateway answers: the feed's value, times
// 10^8, as of now.
func (p publisher) gateway(t *testing.T, feed string, value int64) []byte {
	t.Helper()
	key, err := crypto.ToECDSA(append(make([]byte, 31), byte(p)))
	if err != nil {
		t.Fatal(err)
	}
	ms := time.Now().UnixMilli()
	message := append([]byte(feed), make([]byte, 32-len(feed))...)
	message = append(message, big.NewInt(value).FillBytes(make([]byte, 32))...)
	message = append(message, big.NewInt(ms).FillBytes(make([]byte, 6))...)
	message = append(message, 0, 0, 0, 32, 0, 0, 1)
	signature, err := crypto.Sign(crypto.Keccak256(message), key)
	if err != nil {
		t.Fatal(err)
	}
	signature[64] += 27
	doc, err := json.Marshal(map[string]any{"timestampMilliseconds": ms, "signature": base64.StdEncoding.EncodeToString(signature),
		"dataPoints": []map[string]any{{"dataFeedId": feed, "value": json.Number(fmt.Sprintf("%d.%08d", value/100_000_000, value%100_000_000))}}})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func (p publisher) address(t *testing.T) string {
	t.Helper()
	key, err := crypto.ToECDSA(append(make([]byte, 31), byte(p)))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ToLower(crypto.PubkeyToAddress(key.PublicKey).Hex())
}

// publish replaces the payload files that both operators read.
func (w *world) publish(value int64) {
	w.t.Helper()
	for i := range publisher(2) {
		path := w.path(fmt.Sprintf("feed%d.json", i))
		if err := os.WriteFile(path+".new", (i+1).gateway(w.t, "USDC", value+int64(i)), 0o600); err != nil {
			w.t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			w.t.Fatal(err)
		}
	}
}

// freeAddress of this machine; another process could take it before it is used.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestOperatorsServeOneChain: two nodes, each with an oracle serve beside it
// that reads signed payloads and listens to the other, have one chain of
// rounds, each of both signatures, wherever their steps fall; a value that
// falls apart stops both.
func TestOperatorsServeOneChain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("signers.json", fmt.Sprintf(`{"schema":"chio.feed_signers.v1","max_age_seconds":600,"feeds":{"USDC/USD":["USDC"]},"redstone":[
{"service":"one","decimals":8,"threshold":1,"signers":[%q],"valid_from":0},{"service":"two","decimals":8,"threshold":1,"signers":[%q],"valid_from":0}]}`,
		publisher(1).address(t), publisher(2).address(t)))
	orgs := []*org{w.acme, w.globex}
	for _, o := range orgs {
		o.ok(nil, "init", "--name", o.name)
		o.ok(&o.status, "status")
	}
	for _, o := range orgs {
		w.write(o.name+"/chio-node.yaml", fmt.Sprintf(`name: %s
oracle:
  operators: [%q, %q]
  signers: %s
  pairs:
  - pair: USDC/USD
    peg_low_bps: 9900
    peg_high_bps: 10100
    sources:
    - {name: one, feed: USDC, file: %s, max_age_seconds: 600}
    - {name: two, feed: USDC, file: %s, max_age_seconds: 600}
`, o.name, w.acme.status.Oracle, w.globex.status.Oracle, w.path("signers.json"), w.path("feed0.json"), w.path("feed1.json")))
		o.start()
	}
	w.publish(99_970_000)
	addresses := []string{freeAddress(t), freeAddress(t)}
	for i, o := range orgs {
		spawn(t, o.name+" oracle serve", w.dir, o.env(), nodeProgram, "oracle", "serve", "USDC/USD", "--listen", addresses[i], "--every", "1",
			"--peer", "http://"+addresses[1-i])
	}
	const long, unsettled = 4, 2 // rounds
	eventually(t, "both have one chain", func() error {
		rounds, err := w.rounds()
		if err != nil {
			return err
		}
		a, b := rounds[0].Rounds, rounds[1].Rounds
		slices.Reverse(a)
		slices.Reverse(b)
		// They are asked one after the other, and when both make a round at once
		// one takes the other's place: the newest are not settled yet.
		settled := min(len(a), len(b)) - unsettled
		if settled < long {
			return fmt.Errorf("%d and %d rounds", len(a), len(b))
		}
		for i := range settled {
			if a[i].ID != b[i].ID {
				return fmt.Errorf("of %d and %d rounds, round %d differs: %s, %s", len(a), len(b), i, a[i].ID, b[i].ID)
			}
			if len(a[i].Operators) != 2 {
				t.Fatalf("round %d of one operator: %+v", i, a[i])
			}
		}
		return nil
	})
	w.publish(98_000_000)
	eventually(t, "a lost peg stops both", func() error {
		rounds, err := w.rounds()
		for _, r := range rounds {
			if err == nil && (r.State.Trip == nil || r.State.Trip.Reason != "depegged") {
				err = fmt.Errorf("%+v", r.State)
			}
		}
		return err
	})
}

// rounds asks both nodes at once for their chains, which must hold.
func (w *world) rounds() (out [2]node.Rounds, err error) {
	for i, o := range []*org{w.acme, w.globex} {
		if err = o.post("oracle/rounds", node.ListRounds{Pair: "USDC/USD"}, &out[i]); err != nil {
			return out, err
		}
		if out[i].Broken != "" {
			w.t.Fatalf("%s: %s", o.name, out[i].Broken)
		}
	}
	return out, context.Cause(w.t.Context())
}
