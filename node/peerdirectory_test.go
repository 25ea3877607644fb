package node

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/wire"
)

// TestDirectoryFromTheWeb: a directory is fetched when asked for; what cannot be
// had or is refused is counted, and leaves what is held.
func TestDirectoryFromTheWeb(t *testing.T) {
	key, err := wire.KeyFromSeed(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	issuer := did.FromKey(key.Public())
	var page atomic.Pointer[[]byte]
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		doc := page.Load()
		if doc == nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(*doc)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	where := "https://example.com:" + at.Port() + "/peers.json"

	o := newHome(t)
	o.Fetch = PublicWeb(slog.New(slog.DiscardHandler), time.Now)
	o.Fetch.Roots = x509.NewCertPool()
	o.Fetch.Roots.AddCert(server.Certificate())
	o.Fetch.Lookup = func(context.Context, string, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}
	n := openNode(t, o)
	code := func(err error) string {
		if err == nil {
			return ""
		}
		return problemOf(err).Code
	}
	add := func(want string) *DirectoryInfo {
		t.Helper()
		info, err := n.addDirectory(t.Context(), AddDirectory{Issuer: issuer.String(), URL: where})
		if code(err) != want {
			t.Fatalf("%v, want %s", err, want)
		}
		return info
	}
	var previous *wire.Digest
	edition := func(sequence uint64, name string) []byte {
		t.Helper()
		now := time.Now().Unix()
		env, err := wire.Seal(federation.PeerDirectorySchema, federation.PeerDirectory{Schema: federation.PeerDirectorySchema, Issuer: issuer, Sequence: sequence,
			Previous: previous, IssuedAt: now, Expires: now + 600, Entries: []federation.DirectoryEntry{{DID: issuer, Name: name,
				Addresses: []string{"/ip4/1.1.1.1/tcp/1/p2p/12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7"}}}}, key)
		if err != nil {
			t.Fatal(err)
		}
		previous = new(env.ID())
		return env.Bytes()
	}
	serve := func(doc []byte) { page.Store(&doc) }
	refresh := func(want string) {
		t.Helper()
		_, err := n.refreshDirectories(t.Context(), DirectoryIssuer{Issuer: issuer.String()})
		if code(err) != want {
			t.Fatalf("%v, want %s", err, want)
		}
	}
	show := func(state string, sequence, failures uint64) {
		t.Helper()
		card, err := n.showDirectory(t.Context(), DirectoryIssuer{Issuer: issuer.String()})
		if err != nil || card.State != state || card.Sequence != sequence || card.Failures != failures || card.Source != where {
			t.Fatalf("%+v, %v", card, err)
		}
	}

	add("CHIO-FED-DIRECTORY-FETCH") // loopback is not the web
	o.Fetch.PermitInternalAddress = netip.Addr.IsLoopback
	add("CHIO-FED-DIRECTORY-FETCH") // 503
	serve([]byte("{}"))
	add("CHIO-FED-DIRECTORY-INVALID")
	one := edition(1, "one")
	serve(append(one, '\n'))
	if info := add(""); info.State != "current" || info.FetchedAt == 0 {
		t.Fatalf("%+v", info)
	}
	two := edition(2, "two")
	serve(two)
	refresh("")
	show("current", 2, 0)
	serve(one)
	refresh("CHIO-FED-DIRECTORY-OLDER")
	show("current", 2, 1)
	page.Store(nil)
	refresh("CHIO-FED-DIRECTORY-FETCH")
	serve([]byte(strings.Repeat("x", wire.DocumentLimits.Bytes+2)))
	refresh("CHIO-FED-DIRECTORY-FETCH")
	serve([]byte(`{"body":{},"signatures":[]}`))
	refresh("CHIO-FED-DIRECTORY-INVALID")
	show("current", 2, 4)
	serve(edition(2, "another"))
	refresh("CHIO-FED-DIRECTORY-CONTRADICTED")
	show("contradicted", 2, 5)
	serve(two)
	refresh("CHIO-FED-DIRECTORY-CONTRADICTED")
	if e, err := n.directoryEvidence(t.Context(), DirectoryIssuer{Issuer: issuer.String()}); err != nil || e.Fork.A.ID() == e.Fork.B.ID() {
		t.Fatal(err)
	}
}

// TestDirectoryProblems: the causes that no other test meets have their codes.
func TestDirectoryProblems(t *testing.T) {
	if code := problemOf(directoryProblem(fmt.Errorf("x: %w", federation.ErrTooMany))).Code; code != "CHIO-FED-DIRECTORY-TOO-MANY" {
		t.Error(code)
	}
	n := openNode(t, newHome(t))
	for name, err := range map[string]error{
		"publish": failure(n.publishDirectory(t.Context(), PublishDirectory{Peers: "peers: []", TTLSeconds: -1})),
		"add":     failure(n.addDirectory(t.Context(), AddDirectory{Issuer: n.DID().String()})),
		"both":    failure(n.addDirectory(t.Context(), AddDirectory{Issuer: n.DID().String(), URL: "https://x.example", Document: "{}"})),
		"http":    failure(n.addDirectory(t.Context(), AddDirectory{Issuer: n.DID().String(), URL: "http://x.example"})),
		"show":    failure(n.showDirectory(t.Context(), DirectoryIssuer{})),
		"refresh": failure(n.refreshDirectories(t.Context(), DirectoryIssuer{Issuer: "x"})),
		"remove":  failure(n.removeDirectory(t.Context(), DirectoryIssuer{})),
	} {
		if p := problemOf(err); p == nil || p.Exit != ExitUsage {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, doc := range []string{"federation: {directory_refresh_seconds: 59}", "federation: {directory_refresh_seconds: -1}", "federation: {allow_listed_by: [acme]}"} {
		if _, err := ParseConfig([]byte(doc)); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", doc, err)
		}
	}
}

func failure[T any](_ *T, err error) error { return err }
