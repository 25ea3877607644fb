package evm

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
)

// ErrSigner: the remote signer did not sign, or not what it was asked to.
var ErrSigner = errors.New("remote signer")

const (
	signerTimeout = 10 * time.Second
	// maxSignerAnswer is a signature in hex, in quotes, with room for white space.
	maxSignerAnswer = 256
)

// RemoteSigner is a process that keeps a settlement key and signs for whoever may
// reach it, as Web3Signer does: POST URL/api/v1/eth1/sign/0x<public key> with
// {"data": "0x…"}, answered with 0x and the 65 bytes r‖s‖v in hex, over the
// Keccak-256 of the data.
type RemoteSigner struct {
	URL       string         // https, or http on this machine
	PublicKey string         // hex: a point, compressed (33 bytes) or not (64 or 65)
	Token     string         // Authorization: Bearer; empty sends none
	Roots     *x509.CertPool // who may have signed its certificate; nil: the machine's
	// Timeout bounds one answer; 0 means ten seconds.
	Timeout time.Duration
}

// remote is a signer over HTTP.
type remote struct {
	endpoint string
	token    string
	public   *ecdsa.PublicKey
	client   *http.Client
}

// String names no address and no token: errors reach agents and logs.
func (*remote) String() string   { return "a remote signer" }
func (*remote) GoString() string { return "a remote signer" }

// KeyFromSigner is the key that a remote signer keeps. It asks nothing yet.
func KeyFromSigner(s RemoteSigner) (*Key, error) {
	public, err := parsePoint(s.PublicKey)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(s.URL)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("%w: not an http(s) URL without user, query and fragment", ErrSigner) // it may hold a secret
	case u.Scheme == "http" && !onThisMachine(u.Hostname()):
		return nil, fmt.Errorf("%w: plain http is for an address on this machine only; use https", ErrSigner)
	}
	if s.Timeout == 0 {
		s.Timeout = signerTimeout
	}
	point := hex.EncodeToString(crypto.FromECDSAPub(public)[1:])
	return newKey(&remote{endpoint: strings.TrimSuffix(s.URL, "/") + "/api/v1/eth1/sign/0x" + point, token: s.Token, public: public,
		client: &http.Client{
			Timeout:       s.Timeout,
			Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.Roots, MinVersion: tls.VersionTLS12}, MaxIdleConns: 2, IdleConnTimeout: time.Minute},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}}, public), nil
}

// parsePoint reads a public key in hex, with or without 0x.
func parsePoint(text string) (*ecdsa.PublicKey, error) {
	raw, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
	if err != nil {
		return nil, fmt.Errorf("%w: the public key is not hex", ErrKey)
	}
	if len(raw) == 64 {
		raw = append([]byte{4}, raw...)
	}
	var public *ecdsa.PublicKey
	if len(raw) == 33 {
		public, err = crypto.DecompressPubkey(raw)
	} else {
		public, err = crypto.UnmarshalPubkey(raw)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %d bytes are no point of secp256k1", ErrKey, len(raw))
	}
	return public, nil
}

func onThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// sign asks once. What comes back is a signature only if
//
//	1 the answer is 200 and nothing but 65 bytes in hex
//	2 v is 0, 1, 27 or 28, and s is low
//	3 it is the configured key's, over exactly this data
func (r *remote) sign(data []byte) ([]byte, error) {
	sig, err := r.ask(data) // 1
	if err != nil {
		return nil, err
	}
	if sig[64] >= 27 {
		sig[64] -= 27
	}
	if sig[64] > 1 || !lowS(sig[32:64]) { // 2
		return nil, fmt.Errorf("%w: it answered a signature with v %d, or with s in the upper half", ErrSigner, sig[64])
	}
	public, err := crypto.SigToPub(crypto.Keccak256(data), sig)
	if err != nil {
		return nil, fmt.Errorf("%w: it answered no signature: %w", ErrSigner, err)
	}
	if !public.Equal(r.public) { // 3
		return nil, fmt.Errorf("%w: it signed with the key of %s, or something else; settlement.signer.public_key is of %s", ErrSigner,
			crypto.PubkeyToAddress(*public), crypto.PubkeyToAddress(*r.public))
	}
	return sig, nil
}

func (r *remote) ask(data []byte) ([]byte, error) {
	body, err := json.Marshal(map[string]string{"data": "0x" + hex.EncodeToString(data)})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest(http.MethodPost, r.endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSigner, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/plain")
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	answer, err := r.client.Do(req)
	if err != nil {
		var where *url.Error // names the address of the signer
		if errors.As(err, &where) {
			err = where.Err
		}
		return nil, fmt.Errorf("%w: it is not reached, nothing was sent: %w", ErrSigner, err)
	}
	defer func() { _ = answer.Body.Close() }() // it was read
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxSignerAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("%w: its answer broke off: %w", ErrSigner, err)
	}
	if answer.StatusCode != http.StatusOK {
		// What it says may repeat what it was sent, the token too.
		return nil, fmt.Errorf("%w: it answered %d; has it the key, and may this node use it?", ErrSigner, answer.StatusCode)
	}
	sig, err := hex.DecodeString(strings.TrimPrefix(strings.Trim(strings.TrimSpace(string(text)), `"`), "0x"))
	if err != nil || len(sig) != crypto.SignatureLength {
		return nil, fmt.Errorf("%w: it answered %d bytes that are no signature in hex", ErrSigner, len(text))
	}
	return sig, nil
}
