package receipt

import (
	"fmt"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

// TestCoherenceTable tries every combination of kind, boundary, trust level,
// decision and outcome; the seven coherent shapes are written out.
func TestCoherenceTable(t *testing.T) {
	decisions := []*Decision{nil}
	for _, verdict := range []string{Allow, Deny, Cancelled, Incomplete, PendingApproval, "maybe", ""} {
		for bits := range 8 {
			d := &Decision{Verdict: verdict}
			if bits&1 != 0 {
				d.Reason = "r"
			}
			if bits&2 != 0 {
				d.Guard = "g"
			}
			if bits&4 != 0 {
				d.ApprovalID = "a"
			}
			decisions = append(decisions, d)
		}
	}
	members := map[string]string{Allow: "", Deny: "rg", Cancelled: "r", Incomplete: "r", PendingApproval: "rga"}
	good, tried := 0, 0
	for _, kind := range []Kind{MediatedDecision, TraceObservation, AdvisoryEvaluation, "other", ""} {
		for _, boundary := range []Boundary{Prevent, DetectOnly, AdvisoryOnly, "cannot_see", ""} {
			for _, level := range []TrustLevel{Mediated, Verified, Advisory, "other", ""} {
				for _, outcome := range []string{"", Observed, Evaluated, Dropped, "other"} {
					for _, d := range decisions {
						r := sample()
						r.ReceiptKind, r.BoundaryClass, r.TrustLevel, r.ObservationOutcome, r.Decision = kind, boundary, level, outcome, d
						want := false
						switch string(kind) + "/" + string(boundary) + "/" + string(level) {
						case "mediated_decision/prevent/mediated":
							if d != nil && outcome == "" {
								has, known := members[d.Verdict]
								want = known && d.Reason+d.Guard+d.ApprovalID == has
							}
						case "trace_observation/detect_only/verified", "advisory_evaluation/advisory_only/advisory":
							want = d == nil && (outcome == Observed || outcome == Evaluated || outcome == Dropped)
						}
						tried++
						if want {
							good++
						}
						if err := CheckCoherence(r); (err == nil) != want {
							t.Fatalf("%s %s %s %q %+v: %v", kind, boundary, level, outcome, d, err)
						}
					}
				}
			}
		}
	}
	if good != 5+3+3 {
		t.Errorf("%d of %d combinations cohere, want 11", good, tried)
	}
}

// TestForeignNumbers: integers of 64 bits are exact in what is hashed and
// signed, and each number has one spelling.
func TestForeignNumbers(t *testing.T) {
	key := seedKey(t, 7)
	for in, want := range map[string]string{
		"9007199254740993": "9007199254740993", "18446744073709551615": "18446744073709551615", "-9223372036854775808": "-9223372036854775808",
		"-0": "0", "-0.0": "0", "1.0": "1", "1e3": "1000", "0.1": "0.1", "1e21": "1e+21", "333333333.33333329": "333333333.3333333",
	} {
		r := sample()
		r.Action = Action{Parameters: wire.Raw(`{"n":` + in + `}`)}
		doc := mustSign(t, r, key)
		if !strings.Contains(string(doc), `"parameters":{"n":`+want+`}`) {
			t.Errorf("%s: %s", in, doc)
		}
		respelled := strings.Replace(string(doc), `{"n":`+want+`}`, `{"n":`+in+`}`, 1)
		if _, res, err := VerifyJSON([]byte(respelled), TrustKernel(key.Public())); err != nil || !res.Authorized {
			t.Errorf("%s: another spelling of the same number: %+v %v", in, res, err)
		}
	}
	for _, bad := range []string{"1e400", "-1e400", "01", "+1", "NaN", ".5", "1."} {
		r := sample()
		r.Action = Action{Parameters: wire.Raw(`{"n":` + bad + `}`)}
		if _, err := Sign(r, key); codeOf(err) != CodeFormat {
			t.Errorf("%s: %v", bad, err)
		}
	}
	for _, pair := range [][2]string{{"9007199254740993", "9007199254740992"}, {"18446744073709551615", "18446744073709551614"}} {
		r := sample()
		r.Action = Action{Parameters: wire.Raw(`{"n":` + pair[0] + `}`)}
		doc := strings.Replace(string(mustSign(t, r, key)), pair[0], pair[1], 1)
		if _, res, err := VerifyJSON([]byte(doc), nil); err != nil || res.SignatureValid || res.ParameterHashValid || res.ReceiptIDValid {
			t.Errorf("%s for %s: %+v %v", pair[1], pair[0], res, err)
		}
	}
}

// TestUnsignedMembers: id, signature, algorithm and bbs_signature are outside
// the body; algorithm is checked all the same, bbs_projection_version is inside.
func TestUnsignedMembers(t *testing.T) {
	key := seedKey(t, 7)
	doc := string(mustSign(t, sample(), key))
	trust := TrustKernel(key.Public())
	for member, want := range map[string]bool{
		`"algorithm":"ed25519"`:             true,
		`"algorithm":"p256"`:                false,
		`"algorithm":"hybrid"`:              false,
		`"bbs_signature":"00ff"`:            true,
		`"bbs_projection_version":"v1"`:     false,
		`"tenant_id":"t"`:                   false,
		`"metadata":{"x":1}`:                false,
		`"observation_outcome":"observed"`:  false,
		`"actor_chain":[{"anything":true}]`: false,
	} {
		_, res, err := VerifyJSON([]byte(strings.Replace(doc, "{", "{"+member+",", 1)), trust)
		if strings.Contains(doc, member[:strings.Index(member, ":")+1]) {
			continue // a duplicate member is no receipt at all; see TestParseRefuses
		}
		if err != nil || res.Authorized != want || res.SignatureValid != want {
			t.Errorf("%s: %+v %v", member, res, err)
		}
	}
}

// TestAuthorizedNeeds: intact is not authorised, and the embedded key proves
// nothing by itself.
func TestAuthorizedNeeds(t *testing.T) {
	key, agent := seedKey(t, 7), seedKey(t, 9)
	attributed := func(r *Receipt) {
		r.Metadata = wire.Raw(fmt.Sprintf(`{"attribution":{"subject_key":%q}}`, agent.Public()))
	}
	cases := map[string]struct {
		change     func(*Receipt)
		trust      *TrustSet
		authorized bool
		result     string
		verdict    string
	}{
		"nobody trusted":   {func(*Receipt) {}, nil, false, "Authorized", VerdictUntrusted},
		"another trusted":  {func(*Receipt) {}, TrustKernel(agent.Public()), false, "Authorized", VerdictUntrusted},
		"trusted":          {func(*Receipt) {}, TrustKernel(key.Public()), true, "Authorized", VerdictAuthorized},
		"the agent":        {attributed, TrustKernel(key.Public(), agent.Public()), true, "Authorized", VerdictAuthorized},
		"another agent":    {attributed, TrustKernel(key.Public(), key.Public()), false, "Authorized", VerdictUntrustedAgent},
		"no agent named":   {func(*Receipt) {}, TrustKernel(key.Public(), agent.Public()), false, "Authorized", VerdictUntrustedAgent},
		"metadata strange": {func(r *Receipt) { r.Metadata = wire.Raw(`{"attribution":5}`) }, TrustKernel(key.Public(), agent.Public()), false, "Authorized", VerdictUntrustedAgent},
		"denied":           {func(r *Receipt) { r.Decision = &Decision{Verdict: Deny, Reason: "r", Guard: "g"} }, TrustKernel(key.Public()), false, "Denied", VerdictDenied},
		"cancelled":        {func(r *Receipt) { r.Decision = &Decision{Verdict: Cancelled, Reason: "r"} }, TrustKernel(key.Public()), false, "Cancelled", Cancelled},
		"incomplete":       {func(r *Receipt) { r.Decision = &Decision{Verdict: Incomplete, Reason: "r"} }, TrustKernel(key.Public()), false, "Incomplete", Incomplete},
		"pending": {func(r *Receipt) {
			r.Decision = &Decision{Verdict: PendingApproval, Reason: "r", Guard: "g", ApprovalID: "a"}
		}, TrustKernel(key.Public()), false, "PendingApproval", PendingApproval},
		"observed": {func(r *Receipt) {
			r.ReceiptKind, r.BoundaryClass, r.TrustLevel, r.Decision, r.ObservationOutcome = TraceObservation, DetectOnly, Verified, nil, Observed
		}, TrustKernel(key.Public()), false, "Observed", VerdictObserved},
		"advisory": {func(r *Receipt) {
			r.ReceiptKind, r.BoundaryClass, r.TrustLevel, r.Decision, r.ObservationOutcome = AdvisoryEvaluation, AdvisoryOnly, Advisory, nil, Evaluated
		}, TrustKernel(key.Public()), false, "Advisory", VerdictAdvisory},
	}
	for name, tc := range cases {
		r := sample()
		tc.change(r)
		mustSign(t, r, key)
		res := Verify(r, tc.trust)
		if !res.Intact() || res.Authorized != tc.authorized || res.Result != tc.result || res.Verdict != tc.verdict {
			t.Errorf("%s: %+v", name, res)
		}
		if (res.Code == CodeAgent) != (tc.verdict == VerdictUntrustedAgent) {
			t.Errorf("%s: code %s with verdict %s", name, res.Code, res.Verdict)
		}
	}
	unknown := sample()
	unknown.Decision = &Decision{Verdict: "maybe"}
	if claim(unknown) != "Invalid" || claim(&Receipt{ReceiptKind: "x"}) != "Invalid" || claim(&Receipt{ReceiptKind: MediatedDecision}) != "Invalid" {
		t.Error("what claims nothing is invalid")
	}
	window := TrustKernel(key.Public())
	signed := sample()
	mustSign(t, signed, key)
	for _, tc := range []struct {
		from, until int64
		want        bool
	}{{signed.Timestamp, 0, true}, {signed.Timestamp + 1, 0, false}, {0, signed.Timestamp, false}, {0, signed.Timestamp + 1, true}} {
		window.Kernels[0].ValidFrom, window.Kernels[0].ValidUntil = tc.from, tc.until
		if res := Verify(signed, window); res.SignerTrusted != tc.want {
			t.Errorf("window %d … %d: %+v", tc.from, tc.until, res)
		}
	}
}
