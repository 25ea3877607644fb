package openid4vp_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/backbay-labs/chio-node/vc/openid4vp"
	"github.com/backbay-labs/chio-node/wire"
)

// BenchmarkAnswer is the verifier's part of one answer: decrypting, judging an
// SD-JWT and a row. The wallet's part is not timed.
func BenchmarkAnswer(b *testing.B) {
	w := newWorld(b)
	issued := badge(b, map[string]wire.Raw{"level": raw(3)})
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		_, o := w.ask(b, openid4vp.Ask{Policy: trusting(b), Query: badges([]string{"level"}), TTLSeconds: 1})
		body := url.Values{"response": {encrypt(b, o, token(o, members{"q": []any{shown(b, o, issued, "level")}}), nil)}}.Encode()
		b.StartTimer()
		if res := w.post(o.ResponseURI, body); res.Code != http.StatusOK {
			b.Fatalf("%d: %s", res.Code, res.Body)
		}
	}
}
