package node

import (
	"context"
	"fmt"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/edge/mcp"
	"github.com/backbay-labs/chio-node/edge/mcp/conformance"
	"github.com/backbay-labs/chio-node/vc/certification"
	"github.com/backbay-labs/chio-node/wire"
)

// RequireCertification is what a tool server must have before it serves.
type RequireCertification struct {
	Tier       certification.Tier `json:"tier"`                 // at least
	Certifiers []did.DID          `json:"certifiers,omitempty"` // none: those of the configuration and this organisation
	// Artifacts are the digests of the files that are run, as whoever started
	// the server found them. A certification of another program does not count.
	Artifacts []wire.Digest `json:"artifacts,omitzero"`
}

// certificationTimeout bounds how long a server may take to say what it is.
const certificationTimeout = 60 * time.Second

// requireCertification refuses a server unless the registry resolves an active
// certification of the manifest that was just pinned:
//
//	1 the tier that is asked for is one
//	2 the server lists its tools
//	3 a trusted certifier's newest word on this manifest, and on a program that
//	  is run, is active and of the tier
//
// What the server lists later does not count: a tool that changes after this
// stays denied.
func (n *Node) requireCertification(ctx context.Context, s *MCPServer, up *mcp.Upstream) error {
	want := s.Certification
	if want == nil {
		return nil
	}
	if _, err := certification.ParseTier(string(want.Tier)); err != nil { // 1
		return usage("%v", err)
	}
	ctx, cancel := context.WithTimeout(ctx, certificationTimeout)
	defer cancel()
	if err := up.Initialize(ctx); err != nil { // 2
		return uncertified(s, fmt.Sprintf("it does not say which tools it has: %v", err))
	}
	manifest, err := conformance.ManifestOf(up.Tools())
	if err != nil {
		return uncertified(s, err.Error())
	}
	artifacts := want.Artifacts
	if artifacts == nil {
		artifacts = []wire.Digest{} // nobody knows what runs: no program is the one certified
	}
	a, err := n.certified.Resolve(certification.Query{ManifestSHA256: manifest, Artifacts: artifacts}, n.certificationOptions(want.Certifiers)) // 3
	if err != nil {
		return certificationProblem(err)
	}
	if !a.Holds(want.Tier) {
		return uncertified(s, fmt.Sprintf("no trusted certifier's word of at least %s holds for its manifest %s: %s %s", want.Tier, manifest, a.State, a.Tier))
	}
	return nil
}

func uncertified(s *MCPServer, why string) error {
	return &Problem{Code: "CHIO-CERT-REQUIRED", Message: fmt.Sprintf("tool server %s is not served without a certification: %s", s.Server, why), Exit: ExitDenied,
		Hint: "chio-node certification check --publish -- COMMAND certifies it, --certifier DID names whose word counts"}
}
