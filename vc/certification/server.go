package certification

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// The sizes of what is certified.
const (
	MaxTextBytes = 128  // a name or a version
	MaxTools     = 4096 // tools of one manifest
)

// SchemaManifest is the schema of what ManifestDigest hashes.
const SchemaManifest = "chio.tool_manifest.v1"

// ErrManifest refuses a list of tools.
var ErrManifest = errors.New("not a tool manifest")

// Server is which tool server was tested. The command is what was run, for the
// reader; the artifact, where it is named, is the file that must be run.
type Server struct {
	Name           string      `json:"name"`    // as it introduced itself
	Version        string      `json:"version"` // as it introduced itself
	ManifestSHA256 wire.Digest `json:"manifest_sha256"`
	CommandSHA256  wire.Digest `json:"command_sha256,omitzero"` // of the JSON list of the command line
	ArtifactSHA256 wire.Digest `json:"artifact_sha256,omitzero"`
	DID            did.DID     `json:"did,omitempty"` // whose server it is, if it has one
}

func (s *Server) check() error {
	if err := checkText("server name", s.Name); err != nil {
		return err
	}
	if err := checkText("server version", s.Version); err != nil {
		return err
	}
	if s.ManifestSHA256.IsZero() {
		return errors.New("the server's manifest has no digest")
	}
	if s.CommandSHA256.IsZero() && s.ArtifactSHA256.IsZero() {
		return errors.New("the server has neither a command nor an artifact digest")
	}
	return nil
}

// ToolPin is one tool and the digest of its canonical definition.
type ToolPin struct {
	Name   string      `json:"name"`
	SHA256 wire.Digest `json:"sha256"`
}

// ManifestDigest is SHA-256 of the canonical form of
//
//	{"schema":"chio.tool_manifest.v1","tools":[{"name","sha256"}…]}
//
// with the tools by name: the pins that a node holds a session to, as one
// number. A name twice, or none, is ErrManifest.
func ManifestDigest(tools []ToolPin) (wire.Digest, error) {
	sorted := slices.Clone(tools)
	slices.SortFunc(sorted, func(a, b ToolPin) int { return strings.Compare(a.Name, b.Name) })
	if len(sorted) == 0 || len(sorted) > MaxTools {
		return wire.Digest{}, fmt.Errorf("%w: %d tools, want 1 to %d", ErrManifest, len(sorted), MaxTools)
	}
	for i := range sorted {
		if sorted[i].Name == "" || i > 0 && sorted[i-1].Name == sorted[i].Name {
			return wire.Digest{}, fmt.Errorf("%w: %.80q is empty or listed twice", ErrManifest, sorted[i].Name)
		}
	}
	doc, err := wire.Marshal(struct {
		Schema string    `json:"schema"`
		Tools  []ToolPin `json:"tools"`
	}{SchemaManifest, sorted})
	if err != nil {
		return wire.Digest{}, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	return wire.Hash(doc), nil
}

// CommandDigest is SHA-256 of the canonical JSON list of a command line.
func CommandDigest(command []string) (wire.Digest, error) {
	return wire.DigestOf(command)
}

// checkText accepts 1 to MaxTextBytes of printable text.
func checkText(what, s string) error {
	if s == "" || len(s) > MaxTextBytes || !printable(s) {
		return fmt.Errorf("%s %.80q: use 1 to %d bytes of printable text", what, s, MaxTextBytes)
	}
	return nil
}

func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}
