package node

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// What never entered is counted and leaves no receipt.
func TestJunkIsCountedNotReceipted(t *testing.T) {
	n := openNode(t, newHome(t))
	api := n.api("secret")
	send := func(path, token, origin, body string) int {
		r := httptest.NewRequest(http.MethodPost, "http://chio"+path, strings.NewReader(body))
		r.Host = "chio"
		r.Header.Set("Authorization", token)
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		return w.Code
	}
	for _, junk := range []struct{ path, token, origin, body string }{
		{"/v1/status", "", "", "{}"}, {"/v1/status", "Bearer guess", "", "{}"}, {"/v1/status", "Bearer secret", "https://evil.example", "{}"},
		{"/agent/call", "", "", "{"}, {"/agent/call", "", "", `{"unknown":1}`}, {"/agent/capability", "", "", "[]"},
	} {
		if code := send(junk.path, junk.token, junk.origin, junk.body); code < 400 {
			t.Errorf("%+v is answered %d", junk, code)
		}
	}
	if code := send("/v1/status", "Bearer secret", "", "{}"); code != http.StatusOK {
		t.Errorf("the operator is answered %d", code)
	}
	s, err := n.status(context.Background(), Empty{})
	if err != nil || s.Junk != 6 || s.Receipts != 0 {
		t.Fatalf("junk %d, receipts %d, %v", s.Junk, s.Receipts, err)
	}
}
