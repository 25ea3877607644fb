package redteam

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// The campaign: attempts are drawn from one seed, so a failure can be looked at
// again, but workers race each other, which is part of the attack.
const (
	attempts = 10_000
	workers  = 48
	seed     = 20_260_117
	httpPart = 10 // one in so many goes over TCP
)

// ended is what came of one attempt.
type ended struct {
	attack string
	answer *node.CallAnswer
	junk   *node.Problem
}

// TestOwnedAgent: an agent that is fully owned makes ten thousand attempts. The
// set of effects is a subset of its grants, no budget is exceeded, and every
// attempt that entered has exactly one receipt.
func TestOwnedAgent(t *testing.T) {
	w := newWorld(t)
	w.files = w.serve(node.MCPServer{Server: "files", Dir: w.path("workspace"), Prices: map[string]string{"write_file": "0.03 USD"}}, w.path("workspace"), 4, filesProgram, w.path("workspace"))
	w.vault = w.serve(node.MCPServer{Server: "vault", Dir: w.path("vault")}, w.path("vault"), 4, filesProgram, w.path("vault"))
	rng := rand.New(rand.NewPCG(seed, 0))
	c := w.newCast(rng)
	w.rehearse(rng, c)
	o := w.watch()

	var mu sync.Mutex
	var all []ended
	var team sync.WaitGroup
	for worker := range workers {
		team.Go(func() {
			v := &volley{Rand: rand.New(rand.NewPCG(seed, uint64(worker)+1)), w: w, c: c}
			mine := make([]ended, 0, attempts/workers)
			for range attempts / workers {
				mine = append(mine, v.attempt())
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
		})
	}
	team.Wait()
	o.judge(all)
}

// attempt makes one attack and judges what can be judged at once.
func (v *volley) attempt() ended {
	a := v.draw()
	body := a.make(v)
	e := ended{attack: a.name}
	if v.IntN(httpPart) == 0 {
		e.answer, e.junk = v.overHTTP(body)
	} else {
		e.answer, e.junk = v.w.fire(body)
	}
	if e.answer == nil {
		return e
	}
	if a.expect == never && (e.answer.Ended == receipt.Allow || e.answer.Ended == receipt.Incomplete || e.answer.Content != nil) {
		v.w.t.Errorf("%s: %+v\n%.2000s", a.name, e.answer, body)
	}
	if bytes.Contains(e.answer.Content, []byte(secret)) {
		v.w.t.Errorf("%s: the answer holds what is secret: %.300s\n%.2000s", a.name, e.answer.Content, body)
	}
	if e.answer.Ended != receipt.Allow && (e.answer.Code == "" || e.answer.Fix == "") {
		v.w.t.Errorf("%s: a denial without a code and a fix: %+v", a.name, e.answer)
	}
	return e
}

func (v *volley) draw() *attack {
	total := 0
	for i := range attacks {
		total += attacks[i].weight
	}
	at := v.IntN(total)
	for i := range attacks {
		if at -= attacks[i].weight; at < 0 {
			return &attacks[i]
		}
	}
	panic("weights do not add up")
}

func (v *volley) overHTTP(body []byte) (*node.CallAnswer, *node.Problem) {
	res, err := http.Post(v.w.api+"/agent/call", "application/json", bytes.NewReader(body))
	if err != nil {
		v.w.t.Errorf("the API is gone: %v", err)
		return nil, &node.Problem{}
	}
	defer func() { _ = res.Body.Close() }()
	doc, err := io.ReadAll(res.Body)
	if err != nil {
		v.w.t.Errorf("the API broke off: %v", err)
	}
	var a node.CallAnswer
	if res.StatusCode == http.StatusOK {
		if err := wire.Unmarshal(doc, &a, wire.BundleLimits); err != nil {
			v.w.t.Errorf("the node answered %.200q: %v", doc, err)
		}
		return &a, nil
	}
	var failed struct {
		Error *node.Problem `json:"error"`
	}
	if err := wire.Unmarshal(doc, &failed, wire.DocumentLimits); err != nil || failed.Error == nil || failed.Error.Code == "" {
		v.w.t.Errorf("%s: %.200q", res.Status, doc)
		return nil, &node.Problem{}
	}
	return nil, failed.Error
}

func (e ended) String() string {
	if e.answer == nil {
		return fmt.Sprintf("%s: junk %s", e.attack, e.junk.Code)
	}
	return fmt.Sprintf("%s: %s %s", e.attack, e.answer.Ended, e.answer.Code)
}
