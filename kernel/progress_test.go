package kernel_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// cutsOut is an output guard that cuts out words.
type cutsOut struct{ words []string }

func (cutsOut) Name() string { return "mask" }
func (g cutsOut) Inspect(_ *kernel.Call, content wire.Raw) (kernel.OutputDecision, error) {
	out := []byte(content)
	for _, w := range g.words {
		out = bytes.ReplaceAll(out, []byte(w), []byte("***"))
	}
	if bytes.Equal(out, content) {
		return kernel.OutputDecision{Verdict: kernel.Allow}, nil
	}
	return kernel.OutputDecision{Verdict: kernel.Allow, Content: out}, nil
}

// heardFrom runs a tool that says windows, and returns what was heard.
func heardFrom(t *testing.T, words []string, windows ...string) (kernel.Outcome, []string) {
	t.Helper()
	h := newHarness(t)
	policy := h.policies.policy
	h.policies.policy = func() (*kernel.Policy, error) {
		p, err := policy()
		p.Output = []kernel.OutputGuard{cutsOut{words}}
		return p, err
	}
	h.dispatcher.dispatch = func(m *kernel.Mandate, _ kernel.Ticket) (kernel.Result, error) {
		for _, w := range windows {
			m.Progress(wire.Raw(w))
		}
		return kernel.Result{Content: wire.Raw(`{"text":"done"}`)}, nil
	}
	var heard []string
	m := h.mandate()
	m.Progress = func(w wire.Raw) { heard = append(heard, string(w)) }
	return h.kernel().Mediate(t.Context(), m), heard
}

// TestSecretOverWindowBorders: what a guard cuts out of one text is not said in
// two, whatever else the two hold.
func TestSecretOverWindowBorders(t *testing.T) {
	words := []string{"SECRETKEY", "decoy@example"}
	for name, windows := range map[string][]string{
		"plain":                  {`{"message":"SECR"}`, `{"message":"ETKEY"}`},
		"a decoy in the first":   {`{"message":"decoy@example SECR"}`, `{"message":"ETKEY"}`},
		"a decoy in the second":  {`{"message":"SECR"}`, `{"message":"ETKEY decoy@example"}`},
		"decoys in both":         {`{"message":"decoy@example SECR"}`, `{"message":"ETKEY decoy@example"}`},
		"letter by letter":       {`{"message":"S"}`, `{"message":"E"}`, `{"message":"C"}`, `{"message":"R"}`, `{"message":"E"}`, `{"message":"T"}`, `{"message":"K"}`, `{"message":"E"}`, `{"message":"Y"}`},
		"escaped":                {`{"message":"SEC\u0052"}`, `{"message":"\u0045TKEY"}`},
		"an empty one between":   {`{"message":"SECR"}`, `{"progress":2}`, `{"message":""}`, `{"message":"ETKEY"}`},
		"behind a long one":      {`{"message":"` + strings.Repeat("é", 400) + `SECR"}`, `{"message":"ETKEY"}`},
		"a number that is none":  {`{"message":"SECR","progress":"x"}`},
		"a message that is none": {`{"message":{"a":"SECR"}}`},
	} {
		out, heard := heardFrom(t, words, windows...)
		if out.Verdict != kernel.Deny || out.Denial.Code != kernel.CodeOutputBlocked || len(heard) >= len(windows) {
			t.Errorf("%s: heard %s, %s %+v", name, heard, out.Verdict, out.Denial)
		}
	}
}

// TestWindowsHoldWhatIsJudged: only members that are judged across windows are
// passed on, and what a guard cut out of one is not the end of the call.
func TestWindowsHoldWhatIsJudged(t *testing.T) {
	words := []string{"SECRETKEY", "decoy@example"}
	out, heard := heardFrom(t, words, `{"_meta":{"chio/receipt":"SECR"},"message":"one","note":"SECR","progress":1,"total":2.5}`,
		`{"_meta":{"chio/receipt":"ETKEY"},"message":"two decoy@example","note":"ETKEY"}`, `{"message":"SECRETKEY"}`, `{"message":"fine"}`)
	want := `{"message":"one","progress":1,"total":2.5}{"message":"two ***"}{"message":"***"}{"message":"fine"}`
	if got := strings.Join(heard, ""); out.Verdict != kernel.Allow || got != want {
		t.Errorf("heard %s, want %s; %s %+v", got, want, out.Verdict, out.Denial)
	}
}

// TestWindowThatAGuardBroke: what a guard made of a window is read as strictly
// as the window.
func TestWindowThatAGuardBroke(t *testing.T) {
	out, heard := heardFrom(t, []string{`{"`}, `{"message":"one"}`)
	if out.Verdict != kernel.Deny || out.Denial.Code != kernel.CodeOutputBlocked || len(heard) > 0 {
		t.Errorf("heard %s, %s %+v", heard, out.Verdict, out.Denial)
	}
}
