package receipt

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

const testNow = 1_710_000_200

func seedKey(t testing.TB, b byte) *wire.Key {
	t.Helper()
	seed := make([]byte, 32)
	for i := range seed {
		seed[i] = b
	}
	k, err := wire.KeyFromSeed(seed)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// sample is the receipt of upstream's published allow case: with the key of
// seed 32×0x07 it has a known id and signature.
func sample() *Receipt {
	return &Receipt{
		Timestamp: testNow, CapabilityID: "cap-bindings-001",
		ToolServer: "srv-files", ToolName: "file_read",
		Action:      Action{Parameters: wire.Raw(`{"path":"/workspace/docs/roadmap.md","mode":"read"}`)},
		Decision:    &Decision{Verdict: Allow},
		ReceiptKind: MediatedDecision, BoundaryClass: Prevent, TrustLevel: Mediated,
		ToolOrigin: CallerExecuted, RedactionMode: RedactNone,
		ContentHash: "4062edaf750fb8074e7e83e0c9028c94e32468a8b6f1614774328ef045150f93",
		PolicyHash:  "policy-bindings-v1",
		Evidence: []Evidence{
			{GuardName: "ForbiddenPathGuard", Verdict: true, Details: "path allowed"},
			{GuardName: "SecretLeakGuard", Verdict: true, Details: "no secrets detected"},
		},
		Metadata: wire.Raw(`{"surface":"bindings-vectors","version":1}`),
	}
}

func mustSign(t testing.TB, r *Receipt, k *wire.Key) []byte {
	t.Helper()
	doc, err := Sign(r, k)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func codeOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// TestUpstreamPreimage pins the preimages of id and signature to values that
// the public upstream publishes for the same receipt and key.
func TestUpstreamPreimage(t *testing.T) {
	r := sample()
	doc := mustSign(t, r, seedKey(t, 7))
	if r.ID != "c9909f733d5fb367922293f0167d06db715393be114f212096cf2866f29433ea" {
		t.Errorf("id %s", r.ID)
	}
	if got := r.Signature.String(); got != "276a4c59dbc5e0c4fbd47beefa33515d207e8f516aca296afee2cb95a443bb18d31031cae0b69943e7a930be03b2e0a60156e5a26e732e888e32d4653d059f03" {
		t.Errorf("signature %s", got)
	}
	if r.Action.ParameterHash != "035350b0e6a021a4c924a149111944945e94d12f6d8a5e24e4461e7009ebf929" {
		t.Errorf("parameter_hash %s", r.Action.ParameterHash)
	}
	if err := wire.IsCanonical(doc, Limits()); err != nil {
		t.Error(err)
	}
	again, err := r.Bytes()
	if err != nil || string(again) != string(doc) {
		t.Errorf("Bytes differs from what Sign returned: %v", err)
	}
}

func TestVerifySeparatesTheThreeAnswers(t *testing.T) {
	key, agent := seedKey(t, 7), seedKey(t, 9)
	trust := TrustKernel(key.Public())
	windowed := TrustKernel(key.Public())
	windowed.Kernels[0].ValidUntil = testNow
	named := TrustKernel(key.Public(), agent.Public())
	cases := []struct {
		name    string
		trust   *TrustSet
		change  func(*Receipt)
		verdict string
		ok      bool
	}{
		{name: "allow", trust: trust, verdict: VerdictAuthorized, ok: true},
		{name: "nobody trusted", trust: nil, verdict: VerdictUntrusted},
		{name: "other kernel", trust: TrustKernel(agent.Public()), verdict: VerdictUntrusted},
		{name: "outside the window", trust: windowed, verdict: VerdictUntrusted},
		{name: "unattributed, agents named", trust: named, verdict: VerdictUntrustedAgent},
		{name: "attributed, agents named", trust: named, verdict: VerdictAuthorized, ok: true, change: func(r *Receipt) {
			r.Metadata = wire.Raw(`{"attribution":{"subject_key":"` + agent.Public().String() + `"}}`)
		}},
		{name: "deny", trust: trust, verdict: VerdictDenied, change: func(r *Receipt) {
			r.Decision = &Decision{Verdict: Deny, Reason: "path is forbidden", Guard: "forbidden-path"}
		}},
		{name: "cancelled", trust: trust, verdict: Cancelled, change: func(r *Receipt) {
			r.Decision = &Decision{Verdict: Cancelled, Reason: "caller went away"}
		}},
		{name: "incomplete", trust: trust, verdict: Incomplete, change: func(r *Receipt) {
			r.Decision = &Decision{Verdict: Incomplete, Reason: "effect unknown"}
		}},
		{name: "pending", trust: trust, verdict: PendingApproval, change: func(r *Receipt) {
			r.Decision = &Decision{Verdict: PendingApproval, Reason: "over the limit", Guard: "spend", ApprovalID: "a1"}
		}},
		{name: "observed", trust: trust, verdict: VerdictObserved, change: func(r *Receipt) {
			r.ReceiptKind, r.BoundaryClass, r.TrustLevel = TraceObservation, DetectOnly, Verified
			r.Decision, r.ObservationOutcome = nil, Observed
		}},
		{name: "advisory", trust: trust, verdict: VerdictAdvisory, change: func(r *Receipt) {
			r.ReceiptKind, r.BoundaryClass, r.TrustLevel = AdvisoryEvaluation, AdvisoryOnly, Advisory
			r.Decision, r.ObservationOutcome = nil, Evaluated
		}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			r := sample()
			if tc.change != nil {
				tc.change(r)
			}
			doc := mustSign(t, r, key)
			_, res, err := VerifyJSON(doc, tc.trust)
			if err != nil {
				t.Fatal(err)
			}
			if !res.Intact() || res.Verdict != tc.verdict || res.Authorized != tc.ok {
				t.Fatalf("%+v", res)
			}
			if again := Verify(r, tc.trust); again != res {
				t.Fatalf("Verify says %+v, VerifyJSON %+v", again, res)
			}
		})
	}
}

// incoherent lists changes after which no receipt may be signed or accepted.
var incoherent = map[string]func(*Receipt){
	"no decision":          func(r *Receipt) { r.Decision = nil },
	"decision and outcome": func(r *Receipt) { r.ObservationOutcome = Observed },
	"unknown kind":         func(r *Receipt) { r.ReceiptKind = "x" },
	"wrong boundary":       func(r *Receipt) { r.BoundaryClass = DetectOnly },
	"cannot_see":           func(r *Receipt) { r.BoundaryClass = "cannot_see" },
	"wrong trust":          func(r *Receipt) { r.TrustLevel = Verified },
	"unknown verdict":      func(r *Receipt) { r.Decision = &Decision{Verdict: "maybe"} },
	"allow with reason":    func(r *Receipt) { r.Decision.Reason = "x" },
	"deny without guard":   func(r *Receipt) { r.Decision = &Decision{Verdict: Deny, Reason: "x"} },
	"deny without reason":  func(r *Receipt) { r.Decision = &Decision{Verdict: Deny, Guard: "x"} },
	"deny with approval":   func(r *Receipt) { r.Decision = &Decision{Verdict: Deny, Reason: "x", Guard: "y", ApprovalID: "z"} },
	"pending without id":   func(r *Receipt) { r.Decision = &Decision{Verdict: PendingApproval, Reason: "x", Guard: "y"} },
	"unknown origin":       func(r *Receipt) { r.ToolOrigin = "x" },
	"unknown redaction":    func(r *Receipt) { r.RedactionMode = "" },
	"trace with decision": func(r *Receipt) {
		r.ReceiptKind, r.BoundaryClass, r.TrustLevel = TraceObservation, DetectOnly, Verified
	},
	"advisory, mediated": func(r *Receipt) { r.ReceiptKind, r.BoundaryClass = AdvisoryEvaluation, AdvisoryOnly },
	"trace, unknown outcome": func(r *Receipt) {
		r.ReceiptKind, r.BoundaryClass, r.TrustLevel, r.Decision, r.ObservationOutcome = TraceObservation, DetectOnly, Verified, nil, "x"
	},
}

func TestIncoherentIsInvalid(t *testing.T) {
	key := seedKey(t, 7)
	for name, change := range incoherent {
		t.Run(name, func(t *testing.T) {
			r := sample()
			change(r)
			if _, err := Sign(r, key); codeOf(err) != CodeIncoherent {
				t.Fatalf("signed: %v", err)
			}
			// A kernel that signs it all the same is not believed.
			good := sample()
			mustSign(t, good, key)
			change(good)
			good.KernelKey = key.Public()
			doc, err := wire.Marshal(good)
			if err != nil {
				t.Fatal(err)
			}
			body := bodyOf(doc, members(doc))
			good.ID = wire.Hash(body).String()
			good.Signature, _ = key.Sign(signingInput(body, good.ID))
			res := Verify(good, TrustKernel(key.Public()))
			if res.SignatureValid || res.Coherent || res.Authorized || res.Verdict != VerdictInvalid || res.Code != CodeIncoherent || !res.ReceiptIDValid {
				t.Fatalf("%+v", res)
			}
		})
	}
}

func TestTamperedReceipts(t *testing.T) {
	key := seedKey(t, 7)
	doc := string(mustSign(t, sample(), key))
	cases := []struct{ name, from, to, code string }{
		{"policy", "policy-bindings-v1", "policy-bindings-v2", CodeSignature},
		{"parameters", "roadmap.md", "salaries.md", CodeSignature},
		{"id", `"id":"c9`, `"id":"c8`, CodeSignature},
		{"signature", `"signature":"27`, `"signature":"28`, CodeSignature},
		{"algorithm", `"action":`, `"algorithm":"p256","action":`, CodeSignature},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			_, res, err := VerifyJSON([]byte(strings.Replace(doc, tc.from, tc.to, 1)), TrustKernel(key.Public()))
			if err != nil || res.Intact() || res.Code != tc.code || res.Authorized {
				t.Fatalf("%+v %v", res, err)
			}
		})
	}
	r := sample()
	r.Action.ParameterHash = strings.Repeat("0", 64)
	if _, err := Sign(r, key); codeOf(err) != CodeParameters {
		t.Fatalf("wrong parameter hash signed: %v", err)
	}
	// Bytes signed soundly over a wrong parameter hash are reported as such.
	r.KernelKey = key.Public()
	raw, _ := wire.Marshal(r)
	body := bodyOf(raw, members(raw))
	r.ID = wire.Hash(body).String()
	r.Signature, _ = key.Sign(signingInput(body, r.ID))
	if res := Verify(r, TrustKernel(key.Public())); !res.SignatureValid || res.ParameterHashValid || res.Authorized || res.Code != CodeParameters {
		t.Fatalf("%+v", res)
	}
	// A signature that covers a wrong id is sound, and the id is still wrong.
	wrong := sample()
	mustSign(t, wrong, key)
	raw, _ = wire.Marshal(wrong)
	wrong.ID = strings.Repeat("0", 64)
	wrong.Signature, _ = key.Sign(signingInput(bodyOf(raw, members(raw)), wrong.ID))
	if res := Verify(wrong, TrustKernel(key.Public())); res.ReceiptIDValid || res.Authorized || res.Code != CodeID {
		t.Fatalf("%+v", res)
	}
}

func TestParseRefuses(t *testing.T) {
	doc := string(mustSign(t, sample(), seedKey(t, 7)))
	for name, bad := range map[string]string{
		"unknown member": strings.Replace(doc, `"action":`, `"actionx":1,"action":`, 1),
		"duplicate":      strings.Replace(doc, `"action":`, `"tool_name":"x","action":`, 1),
		"trailing":       doc + "x",
		"empty":          "",
		"array":          "[]",
		"upper-case key": strings.Replace(doc, "ea4a6c63", "EA4a6c63", 1),
	} {
		if _, _, err := VerifyJSON([]byte(bad), nil); codeOf(err) != CodeFormat {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, res, err := VerifyJSON([]byte(" "+strings.ReplaceAll(doc, ",\"", " ,\n\"")+"\n"), nil); err != nil || !res.Intact() {
		t.Errorf("another spelling of the same receipt: %+v %v", res, err)
	}
}

func TestSignRefusesWhatParseWould(t *testing.T) {
	key := seedKey(t, 7)
	deep := sample()
	deep.Action.Parameters = wire.Raw(strings.Repeat("[", 39) + strings.Repeat("]", 39))
	if _, err := Sign(deep, key); codeOf(err) != CodeFormat {
		t.Errorf("too deep: %v", err)
	}
	big := sample()
	big.Action.Parameters = wire.Raw(`"` + strings.Repeat("x", Limits().Bytes) + `"`)
	if _, err := Sign(big, key); codeOf(err) != CodeFormat {
		t.Errorf("too large: %v", err)
	}
	edge := sample()
	edge.Action.Parameters = wire.Raw(strings.Repeat("[", 38) + strings.Repeat("]", 38))
	if _, err := Parse(mustSign(t, edge, key)); err != nil {
		t.Errorf("at the limit: %v", err)
	}
}
