package policy

import (
	"encoding/base64"
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

// A true signature over a format or an algorithm that this build does not read
// is refused by its name, not by luck.
func TestSignatureOfAnotherFormat(t *testing.T) {
	key, err := wire.KeyFromSeed(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	raw := []byte(head + "name: a\n")
	for name, change := range map[string]func(*Signature){
		"as it is":          func(*Signature) {},
		"another algorithm": func(s *Signature) { s.Algorithm = "ed448" },
		"another format":    func(s *Signature) { s.FormatVersion = "9" },
	} {
		s := Signature{FormatVersion: SignatureFormat, Algorithm: signatureAlgorithm, ContentHash: wire.Hash(raw).String(), SignedAt: "2026-01-01T00:00:00Z", KeyID: "k"}
		change(&s)
		message, err := s.preimage()
		if err != nil {
			t.Fatal(err)
		}
		sig, err := key.Sign(message)
		if err != nil {
			t.Fatal(err)
		}
		s.Signature = base64.StdEncoding.EncodeToString(sig[:])
		_, err = VerifySignature(raw, wire.MustMarshal(s), map[string]wire.PublicKey{"k": key.Public()}, 1_767_225_600)
		if name == "as it is" && err != nil || name != "as it is" && !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What Validate refuses, and defaults fill in, holds also for a part that is
// compiled without them.
func TestDetectionWithoutDefaults(t *testing.T) {
	off := false
	b := &builder{d: &Document{}, c: &Compiled{}, o: CompileOptions{ReadFile: readDB}}
	if b.spider(&ThreatIntel{}) == nil || b.spider(&ThreatIntel{PatternDB: "builtin:x"}) == nil {
		t.Error("a pattern database that is not there is accepted")
	}
	if b.injectionConfig() != nil || b.jailbreakConfig() != nil {
		t.Error("detection without a block")
	}
	b.d.Extensions.Detection = &Detection{PromptInjection: &PromptInjection{}, Jailbreak: &Jailbreak{}}
	if b.injectionConfig() == nil || b.jailbreakConfig() == nil {
		t.Error("a block that does not say whether it is on is off")
	}
	b.d.Extensions.Detection = &Detection{PromptInjection: &PromptInjection{Enabled: &off}, Jailbreak: &Jailbreak{Enabled: &off}}
	if b.injectionConfig() != nil || b.jailbreakConfig() != nil {
		t.Error("a block that is off is on")
	}
	mode := "escalate"
	b.d.Extensions = Extensions{Chio: &Chio{ScanOutputs: mode}}
	if b.outputs() == nil {
		t.Error("results are to be scanned by no detector")
	}
}
