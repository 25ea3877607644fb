package kernel_test

import (
	"context"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

// TestReceiptsHideWhatTheMaskerFinds: in values, in names, in short and in long
// arguments, in a denial's reason and in evidence.
func TestReceiptsHideWhatTheMaskerFinds(t *testing.T) {
	const canary = "canary-7f3a"
	mask := func(_, s string) (string, bool) {
		return strings.ReplaceAll(s, canary, "[REDACTED:canary]"), strings.Contains(s, canary)
	}
	for name, args := range map[string]string{
		"value": `{"note":"` + canary + `","path":"notes/a.txt"}`,
		"name":  `{"` + canary + `":1,"path":"notes/a.txt"}`,
		"list":  `{"list":["x",{"y":"` + canary + `"}],"path":"notes/a.txt"}`,
		"long":  `{"note":"` + canary + `","pad":"` + strings.Repeat("x", 400) + `","path":"notes/a.txt"}`,
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			m := h.mandate()
			m.Arguments = wire.Raw(args)
			h.prove(m, func(*capability.HolderProof) {})
			out := masking(h, mask).Mediate(context.Background(), m)
			if params := string(out.Receipt.Action.Parameters); strings.Contains(params, canary) || !strings.Contains(params, "[REDACTED:canary]") || !strings.Contains(params, "notes/a.txt") {
				t.Errorf("%s: %s", out.Verdict, params)
			}
		})
	}
	alike := func(_, s string) (string, bool) {
		return "same", strings.HasPrefix(s, "canary") || strings.HasPrefix(s, `{"canary`)
	}
	h := newHarness(t)
	m := h.mandate()
	m.Arguments = wire.Raw(`{"canary1":1,"canary2":2,"path":"notes/a.txt","same":3}`)
	h.prove(m, func(*capability.HolderProof) {})
	if got := string(masking(h, alike).Mediate(context.Background(), m).Receipt.Action.Parameters); got != `{"path":"notes/a.txt","same":1,"same#2":2,"same#3":3}` {
		t.Errorf("members that look alike once masked: %s", got)
	}
	h = newHarness(t)
	h.policies.policy = func() (*kernel.Policy, error) {
		return &kernel.Policy{Local: &policyGuard{d: kernel.Decision{Verdict: kernel.Deny,
			Evidence: []kernel.Evidence{{Guard: "path", Details: "/tmp/" + canary + " is forbidden"}}}}}, nil
	}
	out := masking(h, mask).Mediate(context.Background(), h.mandate())
	if r := out.Receipt; out.Verdict != kernel.Deny || strings.Contains(r.Decision.Reason+r.Evidence[0].Details, canary) || !strings.Contains(r.Decision.Reason, "[REDACTED:canary]") {
		t.Errorf("%+v %+v", r.Decision, r.Evidence)
	}
}

// A secret that is in no single member leaves a digest of the arguments, and a
// value goes by the name beside it.
func TestMaskedSummaries(t *testing.T) {
	across := func(_, s string) (string, bool) { return "[REDACTED:x]", strings.Contains(s, `"half-1","half-2"`) }
	named := func(member, s string) (string, bool) {
		return "[REDACTED:named]", member == "DB" || strings.Contains(s, "hunter") && member == ""
	}
	for name, tc := range map[string]struct {
		mask kernel.Masker
		args string
		want string
	}{
		"in no single member": {across, `{"list":["half-1","half-2"],"path":"notes/a.txt"}`, `"sha256"`},
		"by the name beside":  {named, `{"env":[{"name":"DB","value":"hunter"}],"path":"notes/a.txt"}`, `[REDACTED:named]`},
	} {
		h := newHarness(t)
		m := h.mandate()
		m.Arguments = wire.Raw(tc.args)
		h.prove(m, func(*capability.HolderProof) {})
		got := string(masking(h, tc.mask).Mediate(context.Background(), m).Receipt.Action.Parameters)
		if !strings.Contains(got, tc.want) || strings.Contains(got, "hunter") || strings.Contains(got, "half-1") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func masking(h *harness, mask kernel.Masker) *kernel.Kernel {
	h.t.Helper()
	k, err := kernel.New(kernel.Config{Signer: h.kernelKey, Now: func() int64 { return now }, Switches: &h.switches,
		Revocations: &h.revocations, Dispatcher: &h.dispatcher, Policies: &h.policies, Admission: &h.admission, Mask: mask})
	if err != nil {
		h.t.Fatal(err)
	}
	return k
}
