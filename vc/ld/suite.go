package ld

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
)

// ErrConfig refuses a proof configuration that is not one of the suite's.
var ErrConfig = errors.New("proof configuration does not fit the cryptosuite")

// Cryptosuite hashes what a proof over RDF signs.
type Cryptosuite struct {
	processor         *Processor
	proofType, crypto string
}

// Suite returns eddsa-rdfc-2022 (Data Integrity EdDSA Cryptosuites §3.2).
func (p *Processor) Suite() *Cryptosuite {
	return &Cryptosuite{p, "DataIntegrityProof", "eddsa-rdfc-2022"}
}

// LegacySuite returns Ed25519Signature2020 (same specification, appendix A): the
// proof type says it all, there is no cryptosuite member.
func (p *Processor) LegacySuite() *Cryptosuite {
	return &Cryptosuite{p, "Ed25519Signature2020", ""}
}

// Name is the identifier a proof carries: its cryptosuite, or its type.
func (s *Cryptosuite) Name() string {
	if s.crypto != "" {
		return s.crypto
	}
	return s.proofType
}

// HashData returns the 64 bytes that are signed: SHA-256 of the canonical
// N-Quads of the proof configuration, then of those of the document.
//
//	1 the configuration is an object of the suite's type and cryptosuite
//	2 it has no proofValue
//	3 its @context, if it has one, is the document's; it is read under that
//	4 both canonicalize without loss
func (s *Cryptosuite) HashData(doc, config []byte) ([]byte, error) {
	d, err := parse(doc) // 4
	if err != nil {
		return nil, err
	}
	bound, err := s.bind(d.context, config)
	if err != nil {
		return nil, err
	}
	c, err := parse(bound)
	if err != nil {
		return nil, fmt.Errorf("proof configuration: %w", err)
	}
	document, err := s.processor.canonical(d) // 4
	if err != nil {
		return nil, err
	}
	options, err := s.processor.canonical(c) // 4
	if err != nil {
		return nil, fmt.Errorf("proof configuration: %w", err)
	}
	co, do := sha256.Sum256(options), sha256.Sum256(document)
	return append(co[:], do[:]...), nil
}

// bind checks a proof configuration and gives it the context of the document.
func (s *Cryptosuite) bind(context, config []byte) ([]byte, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(config, &members); err != nil || members == nil { // 1
		return nil, fmt.Errorf("%w: it is not an object", ErrConfig)
	}
	if !s.names(members) { // 1
		return nil, fmt.Errorf("%w: want type %s and cryptosuite %q", ErrConfig, s.proofType, s.crypto)
	}
	for _, name := range []string{"proofValue", "jws", "signatureValue"} { // 2
		if members[name] != nil {
			return nil, fmt.Errorf("%w: it has a %s", ErrConfig, name)
		}
	}
	if own := members["@context"]; own != nil && !bytes.Equal(own, context) { // 3
		return nil, fmt.Errorf("%w: its @context is not the document's", ErrConfig)
	}
	if members["@context"] != nil {
		return config, nil
	}
	open := bytes.IndexByte(config, '{')
	out := append(make([]byte, 0, len(config)+len(context)+12), `{"@context":`...)
	return append(append(append(out, context...), ','), config[open+1:]...), nil
}

func (s *Cryptosuite) names(members map[string]json.RawMessage) bool {
	var proofType, crypto string
	if json.Unmarshal(members["type"], &proofType) != nil || proofType != s.proofType {
		return false
	}
	if members["cryptosuite"] == nil {
		return s.crypto == ""
	}
	return json.Unmarshal(members["cryptosuite"], &crypto) == nil && crypto == s.crypto && s.crypto != ""
}
