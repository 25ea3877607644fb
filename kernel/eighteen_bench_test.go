package kernel_test

import (
	"context"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/guards/secrets"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/wire"
)

// eighteen is a policy in which each of the eighteen guards is in force, and
// results are searched and cleaned.
const eighteen = `hushspec: "0.1.0"
rules:
  forbidden_paths: {}
  path_allowlist: {enabled: true, read: ["**"], write: ["**"]}
  egress: {default: allow}
  secret_patterns: {patterns: [{name: badge, pattern: 'BDG[0-9]+', severity: critical}]}
  patch_integrity: {}
  shell_commands: {}
  tool_access: {default: allow}
  computer_use: {enabled: true}
  remote_desktop_channels: {enabled: true}
  input_injection: {enabled: true}
  browser_automation: {enabled: true}
  code_execution: {enabled: true}
  velocity: {max_invocations_per_window: 1000, max_requests_per_agent: 1000}
extensions:
  detection:
    prompt_injection: {}
    jailbreak: {}
    threat_intel: {enabled: true, pattern_db: db.json}
  chio: {output_sanitizer: secrets_and_pii}
`

// BenchmarkMediateEighteen is a call whose proof the edge made, under all
// eighteen guards, both output guards and the masker of receipts.
func BenchmarkMediateEighteen(b *testing.B) {
	d, err := policy.Parse("eighteen.yaml", []byte(eighteen))
	if err != nil {
		b.Fatal(err)
	}
	c, err := policy.Compile(d, policy.CompileOptions{ReadFile: func(string) ([]byte, error) {
		return []byte(`[{"id":"p1","category":"c","stage":"s","label":"l","embedding":[1,0,0]}]`), nil
	}})
	if err != nil {
		b.Fatal(err)
	}
	h := newHarness(b)
	h.policies.policy = func() (*kernel.Policy, error) {
		return &kernel.Policy{LocalHash: c.Hash, Local: c.Guard, Output: c.Output}, nil
	}
	k, err := kernel.New(kernel.Config{Signer: h.kernelKey, Now: func() int64 { return now }, Switches: &h.switches, Revocations: &h.revocations,
		Dispatcher: &h.dispatcher, Policies: &h.policies, Admission: &h.admission, Mask: secrets.Mask})
	if err != nil {
		b.Fatal(err)
	}
	mandates := make([]*kernel.Mandate, 256)
	for i := range mandates {
		m := h.mandate()
		proof, err := capability.MakeProof(capability.HolderProof{CallID: m.CallID, Audience: h.kernelKey.Public(), Server: "files", Tool: m.Tool,
			ArgsSHA256: wire.Hash(m.Arguments), CapabilityID: h.chain[0].ID, Nonce: "00112233445566778899aabbccddeeff", IssuedAt: now}, h.agent)
		if err != nil {
			b.Fatal(err)
		}
		m.Proof, m.Made = nil, proof
		mandates[i] = m
	}
	i := 0
	inUnits(b, h, func() {
		if out := k.Mediate(context.Background(), mandates[i%len(mandates)]); out.Verdict != kernel.Allow {
			b.Fatal(out.Denial)
		}
		i++
	})
}
