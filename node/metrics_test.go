package node

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/federation"
)

// TestMetricsAreForTheOperator: without the token there are none, and every
// line is a comment or a sample.
func TestMetricsAreForTheOperator(t *testing.T) {
	api := reads(t, newHome(t), "").api("secret")
	get := func(token string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "http://chio/metrics", nil)
		r.Host = "chio"
		r.Header.Set("Authorization", token)
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		return w
	}
	for _, token := range []string{"", "secret", "Bearer guess"} {
		if w := get(token); w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), "chio_") {
			t.Errorf("%q is answered %d: %s", token, w.Code, w.Body)
		}
	}
	w := get("Bearer secret")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != expositionType {
		t.Fatalf("%d, %v", w.Code, w.Header())
	}
	line := regexp.MustCompile(`^(# (HELP|TYPE) chio_[a-z0-9_]+ .+|chio_[a-z0-9_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9]+)$`)
	for l := range strings.Lines(w.Body.String()) {
		if !line.MatchString(strings.TrimSuffix(l, "\n")) {
			t.Errorf("line %q", l)
		}
	}
	if !strings.Contains(w.Body.String(), "\nchio_receipts_total 0\n") {
		t.Error(w.Body)
	}
}

// TestMetricLabelsAreBounded: so many peers have series, the others one
// together, and those whose relationship is over none.
func TestMetricLabelsAreBounded(t *testing.T) {
	var samples []peerSample
	for i := range maxMetricPeers + 3 {
		s := peerSample{peer: fmt.Sprintf("did:chio:%064x", i), state: federation.Active}
		for k := range s.values {
			s.values[k] = int64(i)
		}
		s.values[2] = int64(-i)
		samples = append(samples, s)
	}
	samples = append(samples, peerSample{peer: "did:chio:over", state: federation.Revoked})
	series := bounded(samples)
	if len(series) != maxMetricPeers+1 || len(bounded(samples[:maxMetricPeers])) != maxMetricPeers {
		t.Fatalf("%d series", len(series))
	}
	rest := series[maxMetricPeers]
	if rest.peer != otherPeers || rest.values[0] != 3003 || rest.values[1] != 1000 || rest.values[2] != -1002 {
		t.Errorf("the others: %+v", rest)
	}
	if samples[maxMetricPeers].peer == otherPeers {
		t.Error("the samples were changed")
	}
	var e exposition
	writeStates(&e, samples)
	if text := e.out.String(); strings.Count(text, "chio_peer_state{") != maxMetricPeers || strings.Contains(text, "did:chio:over") ||
		!strings.Contains(text, `chio_peers{state="revoked"} 1`) {
		t.Errorf("%d states", strings.Count(text, "chio_peer_state{"))
	}
}

// TestExpositionEscapes: what is in a label cannot end it.
func TestExpositionEscapes(t *testing.T) {
	var e exposition
	e.family("chio_x", kindGauge, "a\\b\nc")
	e.sample("chio_x", -1, "peer", "a\"} 5\n\\")
	if got, want := e.out.String(), "# HELP chio_x a\\\\b\\nc\n# TYPE chio_x gauge\nchio_x{peer=\"a\\\"} 5\\n\\\\\"} -1\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
