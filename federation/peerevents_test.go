package federation

import (
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

// peerEvents is the whole product of stored states and events. docs/federation.md
// prints it. "-" is an event that changes nothing and is no error, "no" one that
// is refused.
const peerEvents = "| | `unknown` | `authenticated` | `pending_peer` | `active` | `frozen` | `terminated` | `revoked` | `deactivated` |\n" +
	"|---|---|---|---|---|---|---|---|---|\n" +
	"| hello | `authenticated` | - | - | - | - | `authenticated` | no | no |\n" +
	"| a proposal | no | `pending_peer` | - | - | no | no | no | no |\n" +
	"| both sign | no | `active` | `active` | - | no | no | no | no |\n" +
	"| you decline | no | no | `authenticated` | no | no | no | no | no |\n" +
	"| it declines | - | - | `authenticated` | - | - | - | - | - |\n" +
	"| you leave | no | `terminated` | `terminated` | `terminated` | `terminated` | no | no | no |\n" +
	"| it leaves | - | - | `terminated` | `terminated` | - | - | - | - |\n" +
	"| freeze | no | `frozen` | `frozen` | `frozen` | - | no | no | no |\n" +
	"| thaw | no | no | no | no | `active` | no | no | no |\n" +
	"| revoke | no | `revoked` | `revoked` | `revoked` | `revoked` | `revoked` | - | no |\n" +
	"| it ends | - | `deactivated` | `deactivated` | `deactivated` | `deactivated` | `deactivated` | - | - |\n"

// peerEvent is one thing that happens to the record of a peer.
type peerEvent func(o *org, peer *org) error

var eventsOfPeers = map[string]peerEvent{
	"hello": func(o, peer *org) error {
		b, err := did.VerifyBinding(peer.bindings.Transport, peer.did(), did.RoleTransport, startTime, nil)
		if err != nil {
			return err
		}
		k, err := did.VerifyBinding(peer.bindings.Kernel, peer.did(), did.RoleKernel, startTime, nil)
		if err != nil {
			return err
		}
		_, err = o.service.admitHello(o.t.Context(), &introduced{offer: &offer{DID: peer.did(), Nonce: nonceOf("again"), Transport: peer.bindings.Transport, Kernel: peer.bindings.Kernel},
			transport: b, kernel: k, peer: p2p.Peer{ID: peerIDOf(o.t, peer.transport)}}, "")
		return err
	},
	"a proposal": func(o, peer *org) error { return treaty(o, peer, peer.org) },
	"both sign":  func(o, peer *org) error { return treaty(o, peer, peer.org, o.org) },
	"you decline": func(o, peer *org) error {
		return o.service.Decline(o.t.Context(), peer.did(), wire.Hash([]byte("proposal")), "no")
	},
	"it declines": func(o, peer *org) error {
		return heeded(o, peer, TreatyEnd{Outcome: Declined, Proposal: digestOf("proposal"), Reason: "no"})
	},
	"you leave": func(o, peer *org) error { return o.service.Leave(o.t.Context(), peer.did(), EndCodes[0], "over") },
	"it leaves": func(o, peer *org) error {
		return heeded(o, peer, TreatyEnd{Outcome: Left, Treaty: digestOf("treaty"), Proposal: digestOf("proposal"), Code: EndCodes[0]})
	},
	"freeze": func(o, peer *org) error { return o.service.Directory().Freeze(o.t.Context(), peer.did(), "suspect") },
	"thaw":   func(o, peer *org) error { return o.service.Directory().Resume(o.t.Context(), peer.did(), "found out") },
	"revoke": func(o, peer *org) error { return o.service.Directory().Revoke(o.t.Context(), peer.did(), "stolen") },
	"it ends": func(o, peer *org) error {
		env, err := wire.Seal(did.SchemaDeactivation, did.Deactivation{Schema: did.SchemaDeactivation, DID: peer.did(), Sequence: 1, At: startTime, Reason: "over"}, peer.org)
		if err != nil {
			return err
		}
		_, _, err = o.service.Deactivate(o.t.Context(), env)
		return err
	},
}

func digestOf(s string) *wire.Digest { d := wire.Hash([]byte(s)); return &d }

func peerIDOf(t testing.TB, k *wire.Key) p2p.PeerID {
	t.Helper()
	id, err := p2p.PeerIDOf(k.Public())
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// treaty files one that follows the last, signed by the peer or by both.
func treaty(o, peer *org, signers ...wire.Signer) error {
	t := &Treaty{Schema: TreatySchema, Parties: partiesOf(o.did(), peer.did()), Revision: 2}
	if rec, err := o.service.Directory().Peer(peer.did()); err == nil {
		t.Previous = rec.latest()
	}
	env, err := wire.Seal(TreatySchema, t, signers...)
	if err != nil {
		return err
	}
	_, err = o.service.record(o.t.Context(), peer.did(), env, t, peer.did(), cause{ByPeer, "it says so"})
	return err
}

func heeded(o, peer *org, n TreatyEnd) error {
	n.Schema, n.Parties, n.From, n.At = TreatyEndSchema, partiesOf(o.did(), peer.did()), peer.did(), startTime
	env, err := wire.Seal(TreatyEndSchema, n, peer.org)
	if err != nil {
		return err
	}
	return o.service.heed(o.t.Context(), peer.did(), env)
}

// idleOrg is an organisation whose host is never started.
func idleOrg(t *testing.T, seed byte) *org {
	t.Helper()
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	o := &org{t: t, db: db, org: key(t, seed), kernel: key(t, seed+1), transport: key(t, seed+2), clock: new(atomic.Int64)}
	o.clock.Store(startTime)
	o.bindings = o.bind(1, o.transport, o.kernel)
	dir, err := OpenDirectory(db, o.clock.Load)
	must(t, err)
	o.host, err = p2p.New(p2p.Config{Key: o.transport})
	must(t, err)
	o.service, err = New(Config{Host: o.host, Directory: dir, DB: db, Org: o.org, Terms: testTerms(), Bindings: func() Bindings { return o.bindings },
		Self: func() Self { return o.self }, Now: o.clock.Load, Rand: rand.Reader})
	must(t, err)
	return o
}

// inState writes down a peer as it is in a state.
func inState(o, peer *org, state State) error {
	if state == Unknown {
		return nil
	}
	return o.service.Directory().update(o.t.Context(), peer.did(), func(tx store.Tx, rec *Record) error {
		rec.State, rec.PeerID, rec.Kernel = state, peerIDOf(o.t, peer.transport), peer.kernel.Public()
		rec.Transport, rec.KernelBound, rec.TransportSeq, rec.KernelSeq = peer.bindings.Transport, peer.bindings.Kernel, 1, 1
		rec.BoundUntil, rec.HelloAt = startTime+1_000_000, startTime
		switch state {
		case PendingPeer:
			rec.Proposal, rec.ProposedBy = digestOf("proposal"), peer.did()
		case Active, Frozen:
			rec.Treaty = digestOf("treaty")
		}
		tx.Set(prefixTransport+string(rec.PeerID), []byte(rec.DID))
		return nil
	})
}

// after is the cell of one state and event.
func after(t *testing.T, state State, event string) string {
	t.Helper()
	o, peer := idleOrg(t, 10), &org{t: t, org: key(t, 20), kernel: key(t, 21), transport: key(t, 22)}
	peer.bindings = peer.bind(1, peer.transport, peer.kernel)
	before := state
	if state == Deactivated { // a record of it is filed
		before = Authenticated
	}
	must(t, inState(o, peer, before))
	if state == Deactivated {
		must(t, eventsOfPeers["it ends"](o, peer))
	}
	if event == "it declines" && state == PendingPeer { // what we proposed
		must(t, o.service.Directory().update(t.Context(), peer.did(), func(_ store.Tx, rec *Record) error { rec.ProposedBy = o.did(); return nil }))
	}
	err := eventsOfPeers[event](o, peer)
	now := Unknown
	if rec, known := o.service.Directory().Peer(peer.did()); known == nil {
		now = rec.State
	} else if !errors.Is(known, ErrUnknownPeer) {
		t.Fatal(known)
	}
	switch {
	case err != nil && now != state:
		t.Errorf("%s in state %s: refused, and yet %s: %v", event, state, now, err)
	case err != nil:
		return "no"
	case now == state:
		return "-"
	}
	return string(now)
}

// TestEveryEventInEveryState: the table says what each event makes of each
// state, and an event that is refused changes nothing.
func TestEveryEventInEveryState(t *testing.T) {
	doc, err := os.ReadFile("../docs/federation.md")
	must(t, err)
	if !strings.Contains(string(doc), peerEvents) {
		t.Errorf("docs/federation.md does not print the table of this test")
	}
	lines := strings.Split(strings.TrimSpace(peerEvents), "\n")
	cells := func(line string) (out []string) {
		for _, c := range strings.Split(strings.Trim(line, "|"), "|") {
			out = append(out, strings.Trim(strings.TrimSpace(c), "`"))
		}
		return out
	}
	states, seen := cells(lines[0])[1:], map[string]bool{}
	if len(states) != len(transitions) {
		t.Errorf("the table has %d states, the code %d", len(states), len(transitions))
	}
	for _, line := range lines[2:] {
		row := cells(line)
		seen[row[0]] = true
		for i, state := range states {
			if _, known := transitions[State(state)]; !known || eventsOfPeers[row[0]] == nil {
				t.Fatalf("%q and %q are no state and event", state, row[0])
			}
			if got := after(t, State(state), row[0]); got != row[i+1] {
				t.Errorf("%s in state %s: %s, the table says %s", row[0], state, got, row[i+1])
			}
		}
	}
	if len(seen) != len(eventsOfPeers) {
		t.Errorf("the table has %d events, the test %d", len(seen), len(eventsOfPeers))
	}
}
