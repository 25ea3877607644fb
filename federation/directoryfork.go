package federation

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// DirectoryForkSchema is the schema of evidence against the issuer of a peer
// directory.
const DirectoryForkSchema = "chio.peer_directory_fork.v1"

// ErrNoContradiction: two editions can both be their issuer's list.
var ErrNoContradiction = errors.New("the two editions do not contradict each other")

// DirectoryFork is two editions by one issuer that cannot both be its list: of
// one sequence, or of two that follow each other and deny it.
type DirectoryFork struct {
	Schema string         `json:"schema,omitempty"`
	A      *wire.Envelope `json:"a"`
	B      *wire.Envelope `json:"b"`
}

// DirectoryForkReport is what such evidence proves.
type DirectoryForkReport struct {
	Issuer    did.DID        `json:"issuer"`
	Sequences [2]uint64      `json:"sequences"`
	SHA256    [2]wire.Digest `json:"sha256"`
}

// VerifyDirectoryFork judges evidence against an issuer. It needs nobody's word:
// the issuer's DID is the key that signed both.
//
//	1 the document is canonical and strict, and says what it is
//	2 the first edition is its issuer's: VerifyPeerDirectory
//	3 the second is the same issuer's
//	4 they contradict each other: ErrNoContradiction
func VerifyDirectoryFork(doc []byte) (*DirectoryForkReport, error) {
	var f DirectoryFork
	if err := wire.UnmarshalCanonical(doc, &f, wire.BundleLimits); err != nil { // 1
		return nil, fmt.Errorf("%w: %w", ErrPeerDirectory, err)
	}
	if f.Schema != DirectoryForkSchema || f.A == nil || f.B == nil { // 1
		return nil, fmt.Errorf("%w: want %s with two editions, got %.80q", ErrPeerDirectory, DirectoryForkSchema, f.Schema)
	}
	var named struct {
		Issuer string `json:"issuer"`
	}
	if err := wire.UnmarshalLenient(f.A.Body, &named, wire.DocumentLimits); err != nil { // 2
		return nil, fmt.Errorf("%w: %w", ErrPeerDirectory, err)
	}
	issuer, err := did.Parse(named.Issuer)
	if err != nil { // 2
		return nil, fmt.Errorf("%w: issuer: %w", ErrPeerDirectory, err)
	}
	var a, b edition
	if a.doc, a.env, err = VerifyPeerDirectory(f.A.Bytes(), issuer); err != nil { // 2
		return nil, err
	}
	if b.doc, b.env, err = VerifyPeerDirectory(f.B.Bytes(), issuer); err != nil { // 3
		return nil, err
	}
	if !contradict(&a, &b) { // 4
		return nil, fmt.Errorf("%w: %d and %d of %s", ErrNoContradiction, a.doc.Sequence, b.doc.Sequence, issuer)
	}
	return &DirectoryForkReport{Issuer: issuer, Sequences: [2]uint64{a.doc.Sequence, b.doc.Sequence},
		SHA256: [2]wire.Digest{a.env.ID(), b.env.ID()}}, nil
}
