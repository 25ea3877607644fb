package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// checkLive asks the node that is up.
func (a *app) checkLive(ctx context.Context, client *node.Client, d *diagnosis) []finding {
	s := new(node.Status)
	if err := ask(ctx, client, "status", node.Empty{}, s); err != nil {
		return []finding{bad("node", err, "a node is up and does not answer", "end it and run doctor again")}
	}
	d.Status = s
	out := []finding{fine("store", "in use by the node that is up; end it to have every row read"), readiness(s)}
	out = append(out, checkServers(s), checkWitnesses(s))
	out = append(out, checkPolicyState(&s.PolicyState)...)
	out = append(out, a.checkClock(newestReceipt(ctx, client)))
	return append(out, a.checkPeers(ctx, client)...)
}

func readiness(s *node.Status) finding {
	const name = "node"
	if s.Ready {
		return fine(name, "ready")
	}
	hint := "its log says more; free disk space is the usual cause; restart it once the cause is gone"
	if strings.Contains(s.Problem, "rolled back") {
		hint = "end it and put the newest copy of the home back; docs/operations.md says what to do if there is none"
	}
	return wrong(name, "every call is denied", hint, "not ready: %s", s.Problem)
}

func checkServers(s *node.Status) finding {
	const name = "servers"
	var open []string
	for _, srv := range s.Servers {
		if strings.HasPrefix(srv.Confinement, "none") {
			open = append(open, srv.Name+" ("+srv.Confinement+")")
		}
	}
	if len(open) > 0 {
		return doubt(name, "they can read and write every file of their user", "see mcp serve --confine", "not confined: %s", strings.Join(open, ", "))
	}
	return fine(name, "%d attached", len(s.Servers))
}

func checkWitnesses(s *node.Status) finding {
	const name = "witnesses"
	if len(s.SilentWitnesses) == 0 {
		return fine(name, "every peer that cosigns our log confirmed that it was not rolled back")
	}
	return doubt(name, "if this home is an old copy, only they know it; they are asked before anything is exchanged with them",
		"reach them: chio-node federate list shows where they were", "%s not asked since the start", strings.Join(s.SilentWitnesses, ", "))
}

// ask runs one operation and decodes its answer.
func ask(ctx context.Context, c caller, op string, req, res any) error {
	body, err := wire.Marshal(req)
	if err != nil {
		return err
	}
	answer, err := c.Call(ctx, op, body)
	if err != nil {
		return err
	}
	return wire.Unmarshal(answer, res, wire.BundleLimits)
}

// newestReceipt is the time of the newest receipt, 0 if there is none.
func newestReceipt(ctx context.Context, c caller) int64 {
	var l node.ReceiptList
	if err := ask(ctx, c, "receipt/list", node.ListReceipts{Limit: 1}, &l); err != nil || len(l.Receipts) == 0 {
		return 0
	}
	return l.Receipts[0].Time
}

// treatySoonSeconds is how long before its end a treaty is pointed out.
const treatySoonSeconds = 7 * 24 * 3600

// checkPeers says how many there are, and names each that something is wrong
// with.
func (a *app) checkPeers(ctx context.Context, c caller) []finding {
	const name = "peers"
	var l node.PeerList
	if err := ask(ctx, c, "federate/list", node.Empty{}, &l); err != nil {
		return []finding{bad(name, err, "", "")}
	}
	states := map[string]int{}
	var out []finding
	for _, p := range l.Peers {
		states[p.State]++
		if f, worth := checkPeer(&p, a.Now().Unix()); worth {
			out = append(out, f)
		}
	}
	count := fine(name, "%d known, %d active", len(l.Peers), states["active"])
	return slices.Concat([]finding{count}, out)
}

func checkPeer(p *node.PeerInfo, now int64) (finding, bool) {
	const name = "peer"
	switch {
	case p.State == "frozen":
		return wrong(name, "it signed two histories, or a dispute is open; no call passes in either direction",
			"look at what froze it, then decide with its operator", "%s is frozen", p.DID), true
	case p.State == "stale":
		return doubt(name, "no call passes until it says hello again", "is it up? chio-node federate sync", "%s was not heard of for a while", p.DID), true
	case p.State == "pending_peer":
		return doubt(name, "a treaty is signed by one side only", "chio-node federate pending", "%s has not agreed yet, or waits for you", p.DID), true
	case p.State == "active" && p.Expires > 0 && p.Expires < now+treatySoonSeconds:
		return doubt(name, "calls stop when it ends", "propose a new one: chio-node federate "+p.DID,
			"the treaty with %s ends at %s", p.DID, time.Unix(p.Expires, 0).UTC().Format(time.RFC3339)), true
	case p.State == "active" && p.Witnessed == 0:
		return doubt(name, "nobody but this disk remembers our log: a rollback could not be noticed", "chio-node federate sync",
			"%s has not cosigned our log", p.DID), true
	}
	return finding{}, false
}

// The bounds of a plausible clock: no node is older than the format, and no
// receipt of ours is from the future.
const (
	clockFloor       = 1_767_225_600 // 2026-01-01
	clockSkewSeconds = 60
)

func (a *app) checkClock(newest int64) finding {
	const name = "clock"
	now := a.Now().Unix()
	text := time.Unix(now, 0).UTC().Format(time.RFC3339)
	const hint = "set it right before the node signs anything"
	if now < clockFloor {
		return wrong(name, "windows of tokens, proofs, prices and treaties are judged by it", hint, "it says %s, which is in the past", text)
	}
	if newest > now+clockSkewSeconds {
		return wrong(name, "it went back: what expired counts again, and new receipts are dated before old ones", hint,
			"it says %s, but the newest receipt is from %s", text, time.Unix(newest, 0).UTC().Format(time.RFC3339))
	}
	return fine(name, "%s", text)
}

// when is a time for people.
func when(unix int64) string {
	if unix == 0 {
		return "an unknown time"
	}
	return fmt.Sprint(time.Unix(unix, 0).UTC().Format(time.RFC3339))
}
