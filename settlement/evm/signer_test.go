package evm_test

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/backbay-labs/chio-node/settlement/evm"
)

// keeper is a process that keeps the key of a name and signs as Web3Signer does.
type keeper struct {
	private *ecdsa.PrivateKey
	token   string
	seen    int
	lie     func(w http.ResponseWriter, r *http.Request, signed string) // instead of the answer
}

func newKeeper(t testing.TB, name string) *keeper {
	t.Helper()
	scalar := sha256.Sum256([]byte(name))
	private, err := crypto.ToECDSA(scalar[:])
	if err != nil {
		t.Fatal(err)
	}
	return &keeper{private: private}
}

func (k *keeper) point() string {
	return hex.EncodeToString(crypto.FromECDSAPub(&k.private.PublicKey)[1:])
}

func (k *keeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.seen++
	var q struct {
		Data string `json:"data"`
	}
	raw := []byte(nil)
	err := json.NewDecoder(r.Body).Decode(&q)
	if err == nil {
		raw, err = hex.DecodeString(strings.TrimPrefix(q.Data, "0x"))
	}
	switch {
	case err != nil || r.Method != http.MethodPost || r.URL.Path != "/api/v1/eth1/sign/0x"+k.point():
		http.Error(w, "no such key", http.StatusNotFound)
		return
	case k.token != "" && r.Header.Get("Authorization") != "Bearer "+k.token:
		http.Error(w, "who are you, "+r.Header.Get("Authorization"), http.StatusUnauthorized)
		return
	}
	sig, err := crypto.Sign(crypto.Keccak256(raw), k.private)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	sig[64] += 27
	if k.lie != nil {
		k.lie(w, r, hex.EncodeToString(sig))
		return
	}
	_, _ = w.Write([]byte("0x" + hex.EncodeToString(sig)))
}

func (k *keeper) serve(t testing.TB) *httptest.Server {
	s := httptest.NewServer(k)
	t.Cleanup(s.Close)
	return s
}

func remoteKey(t testing.TB, s evm.RemoteSigner) *evm.Key {
	t.Helper()
	k, err := evm.KeyFromSigner(s)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// signs has a key sign each kind of document there is but transactions.
func signs(k *evm.Key, payer evm.Address) (out []string, err error) {
	p := evm.ChannelParams{Payer: payer, Payee: evm.Address{1}, Token: evm.Address{2}, Salt: statement(1)}
	v, err := evm.SignVoucher(k, 1, evm.Address{3}, p, 7, statement(2))
	if err != nil {
		return nil, err
	}
	n := &evm.Note{Schema: evm.NoteSchema, ChainID: 1, Token: evm.Address{2}, Name: "USD Coin", Version: "2", From: payer, To: evm.Address{1}, Value: 9, ValidBefore: 100, Statement: statement(3)}
	if err := n.Sign(k); err != nil {
		return nil, err
	}
	c, err := evm.SignConsent(k, &evm.Consent{ChainID: 1, Contract: evm.Address{3}, Channel: statement(4), Cumulative: 1, ValidUntil: 2})
	if err != nil {
		return nil, err
	}
	a, err := evm.SignAuthorization(k, evm.TokenDomain{Name: "USD Coin", Version: "2", ChainID: 1, Token: evm.Address{2}},
		evm.Authorization{From: payer, To: evm.Address{1}, Value: 5, ValidBefore: 100, Nonce: statement(5)})
	return []string{v.Signature, n.Signature, c, a}, err
}

// TestRemoteSignerSignsTheSame: what a key signs elsewhere is what it signs here,
// in each form of its public key, over TLS, with a token.
func TestRemoteSignerSignsTheSame(t *testing.T) {
	k := newKeeper(t, "payer")
	k.token = "let me in"
	s := httptest.NewTLSServer(k)
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	here := key(t, "payer")
	want, err := signs(here, here.Address())
	if err != nil {
		t.Fatal(err)
	}
	for form, point := range map[string]string{"plain": k.point(), "0x": "0x" + k.point(), "uncompressed": "04" + k.point(),
		"compressed": hex.EncodeToString(crypto.CompressPubkey(&k.private.PublicKey))} {
		there := remoteKey(t, evm.RemoteSigner{URL: s.URL + "/", PublicKey: point, Token: "let me in", Roots: roots})
		got, err := signs(there, here.Address())
		if err != nil || there.Address() != here.Address() || there.Key() != here.Key() {
			t.Fatalf("%s: %v, %s", form, err, there.Address())
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: document %d is signed %s, here %s", form, i, got[i], want[i])
			}
		}
	}
	there := remoteKey(t, evm.RemoteSigner{URL: s.URL, PublicKey: k.point(), Token: "let me in", Roots: roots})
	if _, err := there.Sign([]byte("a message")); !errors.Is(err, evm.ErrSigner) {
		t.Errorf("an envelope: %v", err)
	}
	for name, r := range map[string]evm.RemoteSigner{
		"another token":        {URL: s.URL, PublicKey: k.point(), Token: "a secret", Roots: roots},
		"no token":             {URL: s.URL, PublicKey: k.point(), Roots: roots},
		"an unknown authority": {URL: s.URL, PublicKey: k.point(), Token: "let me in"},
		"another key":          {URL: s.URL, PublicKey: newKeeper(t, "another").point(), Token: "let me in", Roots: roots},
		"nobody":               {URL: "http://127.0.0.1:1", PublicKey: k.point()},
	} {
		other := remoteKey(t, r)
		if _, err := signs(other, other.Address()); !errors.Is(err, evm.ErrSigner) || strings.Contains(err.Error(), "let me in") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRemoteSignerIsNotBelieved: nothing but the configured key's signature of
// the data that was asked for counts, and it is asked once.
func TestRemoteSignerIsNotBelieved(t *testing.T) {
	k := newKeeper(t, "payer")
	s := k.serve(t)
	there := remoteKey(t, evm.RemoteSigner{URL: s.URL, PublicKey: k.point()})
	answer := func(text string) func(http.ResponseWriter, *http.Request, string) {
		return func(w http.ResponseWriter, _ *http.Request, _ string) { _, _ = w.Write([]byte(text)) }
	}
	change := func(fn func(sig []byte)) func(http.ResponseWriter, *http.Request, string) {
		return func(w http.ResponseWriter, _ *http.Request, signed string) {
			sig, _ := hex.DecodeString(signed)
			fn(sig)
			_, _ = w.Write([]byte(hex.EncodeToString(sig)))
		}
	}
	thief := newKeeper(t, "thief")
	for name, lie := range map[string]func(http.ResponseWriter, *http.Request, string){
		"an error": func(w http.ResponseWriter, _ *http.Request, _ string) {
			http.Error(w, "no", http.StatusInternalServerError)
		},
		"a signature with 201": func(w http.ResponseWriter, _ *http.Request, signed string) {
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write([]byte(signed))
		},
		"a redirect": func(w http.ResponseWriter, r *http.Request, _ string) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		},
		"nothing":        answer(""),
		"no hex":         answer(strings.Repeat("zz", 65)),
		"64 bytes":       func(w http.ResponseWriter, _ *http.Request, signed string) { _, _ = w.Write([]byte(signed[:128])) },
		"a megabyte":     answer(strings.Repeat("00", 1<<20)),
		"zeros":          answer(strings.Repeat("00", 65)),
		"another v":      change(func(sig []byte) { sig[64] ^= 1 }),
		"an unknown v":   change(func(sig []byte) { sig[64] = 2 }),
		"a v of a chain": change(func(sig []byte) { sig[64] = 37 }),
		"another r":      change(func(sig []byte) { sig[0] ^= 1 }),
		"s in the upper half": change(func(sig []byte) {
			n := crypto.S256().Params().N
			new(big.Int).Sub(n, new(big.Int).SetBytes(sig[32:64])).FillBytes(sig[32:64])
			sig[64] ^= 7 // 27 and 28
		}),
		"another's signature": func(w http.ResponseWriter, _ *http.Request, _ string) {
			sig, _ := crypto.Sign(crypto.Keccak256([]byte("data")), thief.private)
			_, _ = w.Write([]byte(hex.EncodeToString(sig)))
		},
		"its signature of something else": func(w http.ResponseWriter, _ *http.Request, _ string) {
			sig, _ := crypto.Sign(crypto.Keccak256([]byte("all that I have")), k.private)
			_, _ = w.Write([]byte(hex.EncodeToString(sig)))
		},
	} {
		k.lie, k.seen = lie, 0
		if out, err := signs(there, there.Address()); !errors.Is(err, evm.ErrSigner) || out != nil || k.seen != 1 {
			t.Errorf("%s: %v, %v, asked %d times", name, out, err, k.seen)
		}
	}
	k.lie = func(w http.ResponseWriter, _ *http.Request, signed string) {
		_, _ = w.Write([]byte("\"0x" + signed + "\"\n"))
	}
	if _, err := signs(there, there.Address()); err != nil {
		t.Errorf("as JSON: %v", err)
	}
}

// TestRemoteSignerThatIsLate: the answer is waited for within a bound, and one that
// comes later is no signature.
func TestRemoteSignerThatIsLate(t *testing.T) {
	k := newKeeper(t, "payer")
	asked, over := make(chan struct{}), make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-over
		k.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	there := remoteKey(t, evm.RemoteSigner{URL: s.URL, PublicKey: k.point(), Timeout: 50 * time.Millisecond})
	out, err := signs(there, there.Address())
	<-asked
	close(over)
	if !errors.Is(err, evm.ErrSigner) || out != nil || strings.Contains(err.Error(), s.URL) {
		t.Fatalf("%v, %v", out, err)
	}
}

func TestRemoteSignerIsConfigured(t *testing.T) {
	point := newKeeper(t, "payer").point()
	for name, s := range map[string]evm.RemoteSigner{
		"no key":              {URL: "https://signer.example"},
		"no point":            {URL: "https://signer.example", PublicKey: strings.Repeat("11", 64)},
		"an address":          {URL: "https://signer.example", PublicKey: "0x881b6f98b7f93c452c0469ad9bb51b197b5bdc3a"},
		"not hex":             {URL: "https://signer.example", PublicKey: "payer"},
		"no URL":              {PublicKey: point},
		"another scheme":      {URL: "ftp://signer.example", PublicKey: point},
		"in the clear":        {URL: "http://signer.example", PublicKey: point},
		"a name for loopback": {URL: "http://localhost:9000", PublicKey: point}, // names resolve to anything
		"a password":          {URL: "https://me:secret@signer.example", PublicKey: point},
		"a query":             {URL: "https://signer.example?key=secret", PublicKey: point},
	} {
		if _, err := evm.KeyFromSigner(s); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRemoteSignerMovesMoney: deposit, redemption and close with both keys
// elsewhere; while the payer's keeper is away nothing is sent and no nonce is
// taken, and afterwards it goes on.
func TestRemoteSignerMovesMoney(t *testing.T) {
	b := newBed(t)
	away := false
	dial := func(name string) *evm.Chain {
		k := newKeeper(t, name)
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if away && name == "payer" {
				http.Error(w, "not now", http.StatusServiceUnavailable)
				return
			}
			k.ServeHTTP(w, r)
		}))
		t.Cleanup(s.Close)
		cfg := b.config(name, openStore(t))
		cfg.Key = remoteKey(t, evm.RemoteSigner{URL: s.URL, PublicKey: k.point()})
		c, err := evm.Dial(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	payer, payee := dial("payer"), dial("payee")
	away = true
	if _, err := payer.Fund(t.Context(), b.params, 500, 1); !errors.Is(err, evm.ErrSigner) {
		t.Fatalf("funded without a signature: %v", err)
	}
	if open, err := payer.Track(t.Context()); err != nil || len(open) != 0 {
		t.Fatalf("recorded %+v, %v", open, err)
	}
	away = false
	if _, err := payer.Fund(t.Context(), b.params, 500, 1); err != nil {
		t.Fatal(err)
	}
	v, err := payer.SignVoucher(b.params, 300, statement(1))
	if err != nil {
		t.Fatal(err)
	}
	r, err := payee.Redeem(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	if have, err := payee.Balance(t.Context(), payee.Address()); err != nil || have != start+300 {
		t.Fatalf("%+v: the payee holds %d, %v", r, have, err)
	}
}
