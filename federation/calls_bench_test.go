package federation

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

// kibibyte is a call's arguments of about 1 KiB.
var kibibyte = `{"path":"notes/` + strings.Repeat("a", 1000) + `.txt"}`

// benchmarkCalls runs one call for each mandate, and reports it in v too.
func benchmarkCalls(b *testing.B, p *peerNode, mandate func() *kernel.Mandate) {
	v := verifyUnit(b)
	mandates := make([]*kernel.Mandate, b.N)
	for i := range mandates {
		mandates[i] = mandate()
	}
	b.ReportAllocs()
	b.ResetTimer()
	for _, m := range mandates {
		if out := p.kernelOf.Mediate(b.Context(), m); out.Verdict != kernel.Allow {
			b.Fatalf("%+v", out.Denial)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/v, "v/op")
}

// BenchmarkCall is one priced call of 1 KiB across two kernels over loopback,
// memory stores, holder proof and continuation included, one after the other
// over one connection.
func BenchmarkCall(b *testing.B) {
	origin, host := federated(b)
	benchmarkCalls(b, origin, func() *kernel.Mandate { return origin.mandate(host, "read_file", kibibyte) })
}

// BenchmarkCallAtHome is the same call of the same tool by the host's own agent.
// .
func BenchmarkCallAtHome(b *testing.B) {
	origin, host := federated(b)
	benchmarkCalls(b, host, func() *kernel.Mandate { return atHome(b, origin, host) })
}

// atHome is a proved call at the host itself, under a token that it issued.
func atHome(b *testing.B, origin, host *peerNode) *kernel.Mandate {
	b.Helper()
	m := origin.mandate(host, "read_file", kibibyte)
	token, err := capability.Sign(capability.Token{ID: "home", Subject: host.agent.Public(), IssuedAt: startTime - 1, ExpiresAt: startTime + 3600,
		Scope: capability.Scope{Grants: []capability.ToolGrant{{ServerID: "files", ToolName: "read_file", Operations: []capability.Operation{capability.Invoke}}}}}, host.kernel)
	if err != nil {
		b.Fatal(err)
	}
	m.Server, m.Chain = "files", []capability.Token{*token}
	nonce := wire.Hash([]byte(m.CallID))
	m.Proof, err = capability.SignProof(capability.HolderProof{Schema: capability.ProofSchema, CallID: m.CallID, Audience: host.kernel.Public(),
		Server: "files", Tool: m.Tool, ArgsSHA256: wire.Hash(m.Arguments), CapabilityID: "home", Nonce: hex.EncodeToString(nonce[:16]),
		IssuedAt: startTime, AgentKey: host.agent.Public()}, host.agent)
	if err != nil {
		b.Fatal(err)
	}
	return m
}
