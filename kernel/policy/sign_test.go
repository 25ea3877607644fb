package policy

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

func TestSignatures(t *testing.T) {
	key, err := wire.KeyFromSeed(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	other, err := wire.KeyFromSeed(bytes.Repeat([]byte{8}, 32))
	if err != nil {
		t.Fatal(err)
	}
	const at = 1_767_225_600 // 2026-01-01
	raw := []byte(head + "name: a\n")
	sig, err := SignFile(raw, key, "ops-1", "Ops \"A\" <é>", at)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]wire.PublicKey{"ops-1": key.Public(), "other": other.Public()}
	s, err := VerifySignature(raw, sig, keys, at)
	if err != nil || s.KeyID != "ops-1" || s.Signer != "Ops \"A\" <é>" || s.SignedAt != "2026-01-01T00:00:00Z" {
		t.Fatalf("%+v %v", s, err)
	}

	// The preimage, built by hand and checked with the standard library.
	hash := sha256.Sum256(raw)
	message := `{"format_version":"0.1.0","algorithm":"ed25519","content_hash":"` + hex.EncodeToString(hash[:]) +
		`","signed_at":"2026-01-01T00:00:00Z","key_id":"ops-1","signer":"Ops \"A\" <é>"}`
	bytesOfSig, err := base64.StdEncoding.DecodeString(s.Signature)
	public := key.Public()
	if err != nil || !ed25519.Verify(public[:], []byte(message), bytesOfSig) {
		t.Fatalf("the signature is over something else: %v", err)
	}

	alter := func(old, fresh string) []byte { return []byte(strings.Replace(string(sig), old, fresh, 1)) }
	for name, tc := range map[string]struct {
		raw, sig []byte
		keys     map[string]wire.PublicKey
		now      int64
		want     error
	}{
		"1 not json":         {raw, []byte("x"), keys, at, ErrSignature},
		"1 unknown field":    {raw, alter(`{"`, `{"x":1,"`), keys, at, ErrSignature},
		"1 too large":        {raw, append(bytes.Repeat([]byte(" "), 9<<10), sig...), keys, at, ErrSignature},
		"2 other format":     {raw, alter(`"0.1.0"`, `"0.2"`), keys, at, ErrSignature},
		"2 other algorithm":  {raw, alter(`ed25519`, `none`), keys, at, ErrSignature},
		"3 other file":       {append(raw, '\n'), sig, keys, at, ErrAltered},
		"4 no key":           {raw, sig, nil, at, ErrUnknownKey},
		"4 other id":         {raw, alter("ops-1", "ops-2"), keys, at, ErrUnknownKey},
		"5 other key":        {raw, alter("ops-1", "other"), keys, at, ErrSignature},
		"5 other signer":     {raw, alter("<é>", "<e>"), keys, at, ErrSignature},
		"5 other time":       {raw, alter("2026-01-01T00", "2025-01-01T00"), keys, at, ErrSignature},
		"5 short signature":  {raw, alter(s.Signature, s.Signature[:40]), keys, at, ErrSignature},
		"5 url-safe base64":  {raw, alter(s.Signature, "-_"+s.Signature[2:]), keys, at, ErrSignature},
		"6 from the future":  {raw, sig, keys, at - maxClockSkew - 1, ErrSignature},
		"1 duplicate member": {raw, alter(`"key_id"`, `"key_id":"x","key_id"`), keys, at, ErrSignature},
	} {
		if got, err := VerifySignature(tc.raw, tc.sig, tc.keys, tc.now); got != nil || !errors.Is(err, tc.want) {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
	if _, err := VerifySignature(raw, sig, keys, at-maxClockSkew); err != nil {
		t.Errorf("at the limit of the clocks: %v", err)
	}
	for name, doc := range map[string]string{"no policy": "x", "no key id": string(raw)} {
		id := "a"
		if name == "no key id" {
			id = ""
		}
		if out, err := SignFile([]byte(doc), key, id, "", at); out != nil || err == nil {
			t.Errorf("%s is signed", name)
		}
	}
	if k, err := ParseKeyText(KeyText(public)); err != nil || k != public {
		t.Errorf("a key does not read back: %v", err)
	}
	for _, text := range []string{"", "AA==", public.String(), KeyText(wire.PublicKey{})} {
		if _, err := ParseKeyText(text); err == nil {
			t.Errorf("%q is a key", text)
		}
	}
}

func FuzzVerifySignature(f *testing.F) {
	f.Add([]byte(`{"format_version":"0.1.0","algorithm":"ed25519","content_hash":"","signature":"","signed_at":"","key_id":"k"}`))
	key, err := wire.KeyFromSeed(bytes.Repeat([]byte{9}, 32))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, sig []byte) {
		if s, err := VerifySignature(nil, sig, map[string]wire.PublicKey{"k": key.Public()}, 0); err == nil || s != nil {
			t.Fatal("a signature that nobody made is accepted")
		}
	})
}
