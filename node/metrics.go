package node

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/federation"
	rlog "github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
)

// maxMetricPeers bounds the values of the label peer: those after it, in order
// of their DIDs, are one more, otherPeers.
const (
	maxMetricPeers = 1000
	otherPeers     = "other"
)

// peerSample is what is measured of one peer.
type peerSample struct {
	peer   string
	state  federation.State
	values [len(peerMetrics)]int64
}

// peerMetrics are the metrics of a peer, in the order of their values in a
// sample. fold is how many peers make one value.
var peerMetrics = [...]struct {
	name, kind, help string
	fold             func(a, b int64) int64
}{
	{"chio_peer_connected", kindGauge, "1 while there is a connection to the peer.", sum},
	{"chio_peer_hello_timestamp_seconds", kindGauge, "Unix time of the last hello.", lowest},
	{"chio_peer_clock_skew_seconds", kindGauge, "How far the peer's clock was ahead of ours at the last hello.", widest},
	{"chio_peer_gossip_listeners", kindGauge, "Connected peers that listen to the topic of its log.", lowest},
	{"chio_peer_head_receipts", kindGauge, "Size of its log head that this node holds and cosigned.", sum},
	{"chio_peer_lag_receipts", kindGauge, "How much larger the largest head of it is that was heard.", sum},
	{"chio_peer_witnessed_receipts", kindGauge, "Size of our head that the peer cosigned.", sum},
	{"chio_peer_equivocated", kindGauge, "1 if there is evidence that its log tells two stories.", sum},
	{"chio_peer_notices_untold", kindGauge, "Notices of ours that have not reached it.", sum},
	{"chio_peer_calls_in_total", kindCounter, "Calls of its agents that were asked for here since the start, retries too.", sum},
	{"chio_peer_calls_out_total", kindCounter, "Calls sent to it since the start.", sum},
	{"chio_peer_requests_denied_total", kindCounter, "Requests of it that were answered with an error since the start.", sum},
	{"chio_peer_streams_refused_total", kindCounter, "Streams of it that were over a rate since the start.", sum},
}

func sum(a, b int64) int64    { return a + b }
func lowest(a, b int64) int64 { return min(a, b) }

func widest(a, b int64) int64 {
	if max(a, -a) >= max(b, -b) {
		return a
	}
	return b
}

// serveMetrics writes what is measured in the text format of Prometheus. Names
// of agents, tools and reasons are not in it.
func (n *Node) serveMetrics(w http.ResponseWriter) {
	var e exposition
	if err := n.measure(&e); err != nil {
		writeProblem(w, http.StatusInternalServerError, problemOf(err))
		return
	}
	w.Header().Set("Content-Type", expositionType)
	_, _ = w.Write(e.out.Bytes()) // the reader is gone: nobody to tell
}

func (n *Node) measure(e *exposition) error {
	var receipts uint64
	if err := n.db.View(func(r store.Reader) (err error) {
		receipts, err = rlog.Size(r)
		return err
	}); err != nil {
		return err
	}
	e.family("chio_receipts_total", kindCounter, "Receipts in this node's log.")
	e.sample("chio_receipts_total", int64(receipts))
	refused := n.network.host.Refused()
	e.family("chio_p2p_refused_total", kindCounter, "What the p2p host turned away since the start.")
	for _, of := range [...]struct {
		what  string
		count uint64
	}{{"connections", refused.Connections}, {"strangers", refused.Strangers}, {"peer_streams", refused.PeerStreams},
		{"stranger_streams", refused.StrangerStreams}, {"relayed_streams", refused.RelayedStreams}, {"gossip", refused.Gossip}, {"errors", refused.Errors}} {
		e.sample("chio_p2p_refused_total", int64(of.count), "what", of.what)
	}
	samples, err := n.network.samples()
	if err != nil {
		return err
	}
	writeStates(e, samples)
	series := bounded(samples)
	for i, m := range peerMetrics {
		e.family(m.name, m.kind, m.help)
		for _, s := range series {
			e.sample(m.name, s.values[i], "peer", s.peer)
		}
	}
	if err := errors.Join(n.measurePayments(e), n.measureStripe(e), n.measureGas(e)); err != nil {
		return err
	}
	return n.measureMoney(e, series)
}

// writeStates counts peers, and says the state of each that has series.
func writeStates(e *exposition, samples []peerSample) {
	count := make(map[federation.State]int64)
	for _, s := range samples {
		count[s.state]++
	}
	e.family("chio_peers", kindGauge, "Peers by state.")
	for _, state := range slices.Sorted(maps.Keys(count)) {
		e.sample("chio_peers", count[state], "state", string(state))
	}
	e.family("chio_peer_state", kindGauge, "1 for the state that the peer is in.")
	list := living(samples)
	for _, s := range list[:min(len(list), maxMetricPeers)] {
		e.sample("chio_peer_state", 1, "peer", s.peer, "state", string(s.state))
	}
}

// samples measures every peer. Receipts and rows of calls are not read.
func (w *network) samples() ([]peerSample, error) {
	heads, err := w.exchange.Heads()
	if err != nil {
		return nil, err
	}
	held, witnessed := make(map[string]uint64), make(map[string]uint64)
	for _, h := range heads {
		if h.Own {
			witnessed[h.Peer.String()] = h.Size
		} else {
			held[h.Peer.String()] = h.Size
		}
	}
	var out []peerSample
	for _, rec := range w.service.List() {
		var found PeerInfo
		if err := w.observed(rec.DID, &found); err != nil {
			return nil, err
		}
		id, done := rec.DID.String(), w.exchange.Counts(rec.DID)
		out = append(out, peerSample{peer: id, state: rec.At(w.n.now()), values: [...]int64{
			flag(w.host.Connected(rec.PeerID)), rec.HelloAt, rec.ClockSkew, int64(found.Listeners), int64(held[id]),
			max(0, int64(found.HeardSize)-int64(held[id])), int64(witnessed[id]), flag(found.Equivocated), int64(rec.Untold),
			int64(done.CallsIn), int64(done.CallsOut), int64(done.Denied), int64(w.host.RefusedOf(rec.PeerID)),
		}})
	}
	slices.SortFunc(out, func(a, b peerSample) int { return cmp.Compare(a.peer, b.peer) })
	return out, nil
}

func flag(set bool) int64 {
	if set {
		return 1
	}
	return 0
}

// living leaves out the peers whose relationship is over.
func living(samples []peerSample) []peerSample {
	return slices.DeleteFunc(slices.Clone(samples), func(s peerSample) bool {
		return s.state == federation.Terminated || s.state == federation.Revoked || s.state == federation.Deactivated
	})
}

// bounded folds the peers over maxMetricPeers into one.
func bounded(samples []peerSample) []peerSample {
	series := living(samples)
	if len(series) <= maxMetricPeers {
		return series
	}
	rest := series[maxMetricPeers]
	rest.peer = otherPeers
	for _, s := range series[maxMetricPeers+1:] {
		for i, m := range peerMetrics {
			rest.values[i] = m.fold(rest.values[i], s.values[i])
		}
	}
	return append(series[:maxMetricPeers:maxMetricPeers], rest)
}

// measureMoney writes what is owed and not yet in a statement, by peer,
// direction and currency. Whoever has no series of his own is otherPeers.
func (n *Node) measureMoney(e *exposition, series []peerSample) error {
	answer, err := n.settleStatus(n.ctx, SettleRequest{})
	if err != nil {
		return err
	}
	named := make(map[string]bool, len(series))
	for _, s := range series {
		named[s.peer] = true
	}
	type key struct{ peer, direction, currency string }
	owed := make(map[key]int64)
	for _, p := range answer.Peers {
		if p.Gross == nil {
			continue
		}
		if !named[p.Peer] {
			p.Peer = otherPeers
		}
		owed[key{p.Peer, p.Direction, p.Gross.Currency}] += int64(p.Gross.Units)
	}
	e.family("chio_peer_open_minor", kindGauge, "Obligations not yet in a statement, in minor units; payer: we owe.")
	for _, k := range slices.SortedFunc(maps.Keys(owed), func(a, b key) int {
		return cmp.Or(strings.Compare(a.peer, b.peer), strings.Compare(a.direction, b.direction), strings.Compare(a.currency, b.currency))
	}) {
		e.sample("chio_peer_open_minor", owed[k], "peer", k.peer, "direction", k.direction, "currency", k.currency)
	}
	return nil
}
