//go:build unix

package federation

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store/badger"
	"github.com/backbay-labs/chio-node/wire"
)

// The arguments and the result of a call, about 1 KiB each.
var (
	kibibyte  = `{"path":"notes/` + strings.Repeat("a", 1000) + `.txt"}`
	kibiReply = wire.Raw(`{"text":"` + strings.Repeat("b", 1010) + `"}`)
)

// processorTime is what this process has used so far, all threads together.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchmarkCalls makes one call for each mandate, so many at a time. It reports
// wall and processor time of a call in v, by the clock and by the processor.
func benchmarkCalls(b *testing.B, p *peerNode, inFlight int, mandate func() *kernel.Mandate) {
	mandates := make([]*kernel.Mandate, b.N)
	for i := range mandates {
		mandates[i] = mandate()
	}
	before := processorTime(b)
	v := verifyUnit(b)
	cpuV := float64(processorTime(b)-before) / verifyRounds
	var next atomic.Int64
	var callers sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	before = processorTime(b)
	for range inFlight {
		callers.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if out := p.kernelOf.Mediate(b.Context(), mandates[i-1]); out.Verdict != kernel.Allow {
					b.Errorf("%+v", out.Denial)
				}
			}
		})
	}
	callers.Wait()
	b.StopTimer()
	b.ReportMetric(float64(processorTime(b)-before)/float64(b.N)/cpuV, "cpu-v/op")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/v, "v/op")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

// durable gives an organisation a store on disk, with signed heads as a node's.
func durable(b *testing.B, seed byte) *org {
	b.Helper()
	o := newOrg(b, seed)
	db, err := badger.Open(b.TempDir(), badger.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	if err := db.SetHead(nil, o.kernel); err != nil {
		b.Fatal(err)
	}
	o.db = db
	return o
}

// pair is two parties with a treaty, on disk or in memory, whose tools answer
// with 1 KiB.
func pair(b *testing.B, onDisk bool) (origin, host *peerNode) {
	b.Helper()
	if onDisk {
		origin = partyOf(durable(b, 10), 10, callTerms())
		host = partyOf(durable(b, 20), 20, callTerms(), didOf(b, 10))
		agree(origin, host)
	} else {
		origin, host = federated(b)
	}
	host.tool.set(func(*kernel.Mandate) (kernel.Result, error) { return kernel.Result{Content: kibiReply}, nil })
	return origin, host
}

// overStores runs a benchmark over stores in memory and on disk, with so many
// calls in flight.
func overStores(b *testing.B, run func(b *testing.B, onDisk bool, inFlight int)) {
	for _, onDisk := range []bool{false, true} {
		name := map[bool]string{false: "memory", true: "disk"}[onDisk]
		for _, inFlight := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("%s/%d", name, inFlight), func(b *testing.B) { run(b, onDisk, inFlight) })
		}
	}
}

// BenchmarkCall is one priced call with 1 KiB there and back across two kernels
// over one loopback connection, of an agent that has used its token before;
// holder proof and continuation included.
func BenchmarkCall(b *testing.B) {
	overStores(b, func(b *testing.B, onDisk bool, inFlight int) {
		origin, host := pair(b, onDisk)
		chain := origin.chainTo(host, "read_file")
		benchmarkCalls(b, origin, inFlight, func() *kernel.Mandate { return origin.under(host, chain, "read_file", kibibyte) })
	})
}

// BenchmarkCallNewToken is the same with a token that neither side has seen.
func BenchmarkCallNewToken(b *testing.B) {
	origin, host := pair(b, false)
	benchmarkCalls(b, origin, 1, func() *kernel.Mandate { return origin.mandate(host, "read_file", kibibyte) })
}

// BenchmarkCallAtHome is the same call of the same tool by the host's own agent.
func BenchmarkCallAtHome(b *testing.B) {
	overStores(b, func(b *testing.B, onDisk bool, inFlight int) {
		_, host := pair(b, onDisk)
		chain := homeChain(b, host)
		benchmarkCalls(b, host, inFlight, func() *kernel.Mandate { return atHome(b, chain, host) })
	})
}

// BenchmarkRoundTrip is a stream of the connection that calls use, 1 KiB there
// and back, answered at once: a protocol error.
func BenchmarkRoundTrip(b *testing.B) {
	origin, host := pair(b, false)
	request := object(part{"type", text("capability")}, part{"call_id", text(strings.Repeat("x", 1000))})
	v := verifyUnit(b)
	for b.Loop() {
		_ = origin.raw(host, request)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/v, "v/op")
}

// homeChain is a token of the host for its own agent.
func homeChain(b *testing.B, host *peerNode) []capability.Token {
	b.Helper()
	token, err := capability.Sign(capability.Token{ID: "home", Subject: host.agent.Public(), IssuedAt: startTime - 1, ExpiresAt: startTime + 3600,
		Scope: capability.Scope{Grants: []capability.ToolGrant{{ServerID: "files", ToolName: "read_file", Operations: []capability.Operation{capability.Invoke}}}}}, host.kernel)
	if err != nil {
		b.Fatal(err)
	}
	return []capability.Token{*token}
}

// atHome is a proved call at the host itself.
func atHome(b *testing.B, chain []capability.Token, host *peerNode) *kernel.Mandate {
	b.Helper()
	m := host.under(host, chain, "read_file", kibibyte)
	m.Server = "files"
	return m
}
