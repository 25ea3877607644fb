package ld_test

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/vc/ld"
)

// digests pin the published bytes. The first four sums are printed by the
// specifications: VC Data Model 2.0 §B.1 and 1.1 §B.1, Data Integrity §2.4.2.
var digests = map[string]string{
	"https://www.w3.org/ns/credentials/v2":             "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
	"https://www.w3.org/2018/credentials/v1":           "ab4ddd9a531758807a79a5b450510d61ae8d147eab966cc9a200c07095b0cdcc",
	"https://w3id.org/security/data-integrity/v2":      "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
	"https://w3id.org/security/multikey/v1":            "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597",
	"https://w3id.org/security/data-integrity/v1":      "b5d829bd09aa7c42abc6efa0c8ed7635313b5487f37ccfce3ecd149ca9418554",
	"https://w3id.org/security/suites/ed25519-2020/v1": "b9e1ab971fd8bf2c7553e0c4a9438e0b9450afde1ea1ca5b2492368b9f549588",
	"https://www.w3.org/ns/did/v1":                     "4f3eae5568c9c5f036a082088f9e192019ee06faa78973c87ff91d5421b88dad",
	"https://w3id.org/security/suites/jws-2020/v1":     "ab9f42151c8b0bde025beeb44cf2ecff1fa8c9e2fb42eb751feaf9730ca9b741",
	"https://www.w3.org/ns/credentials/examples/v2":    "58d3eb0c82ff326381c11710fb6728245849089a8b000896a3bc07c882ac0e89",
}

func TestEmbeddedContextsAreThePublishedBytes(t *testing.T) {
	p := processor(t)
	for _, url := range ld.Embedded() {
		raw, ok := p.ContextBytes(url)
		if !ok {
			t.Fatal(url)
		}
		if digests[url] == "" || hashHex(raw) != digests[url] {
			t.Errorf("%s: %s, want %q", url, hashHex(raw), digests[url])
		}
		if err := p.Load(url); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestLoaderRefusesEverythingElse(t *testing.T) {
	p := processor(t)
	for _, url := range []string{
		"", "https://w3id.org/citizenship/v4rc1", "http://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/v2/",
		"https://www.w3.org/ns/credentials/v2#", "contexts/credentials-v2.jsonld", "file:///etc/passwd", "https://schema.org",
	} {
		if err := p.Load(url); !errors.Is(err, ld.ErrContext) {
			t.Errorf("%q: %v", url, err)
		}
		if raw, ok := p.ContextBytes(url); ok || raw != nil {
			t.Errorf("%q: %d bytes", url, len(raw))
		}
	}
}
