package node

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/edge/mcp/conformance"
	"github.com/backbay-labs/chio-node/edge/mcp/fileserver"
	"github.com/backbay-labs/chio-node/vc/certification"
	"github.com/backbay-labs/chio-node/wire"
)

// newFiles is a session with the real file server of a directory.
func newFiles(t *testing.T, dir string) io.ReadWriteCloser {
	t.Helper()
	s, err := fileserver.NewServer(dir)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := net.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Run(context.Background(), &sdk.IOTransport{Reader: theirs, Writer: theirs}) // ends with the pipe
	}()
	t.Cleanup(func() {
		_ = ours.Close()
		<-ended
	})
	return ours
}

// certifyFiles certifies the file server in a node's registry.
func certifyFiles(t *testing.T, n *Node, edit func(*IssueCertification)) *CertificationBundle {
	t.Helper()
	res, err := conformance.Run(t.Context(), conformance.Config{Command: []string{"files"}, Now: n.opts.Now,
		Start: func(context.Context) (io.ReadWriteCloser, error) { return newFiles(t, t.TempDir()), nil }})
	if err != nil {
		t.Fatalf("%v: %+v", err, res)
	}
	req := IssueCertification{Report: res.Document, Admission: certification.Reviewable}
	if edit != nil {
		edit(&req)
	}
	made, err := n.issueCertification(t.Context(), req)
	if err != nil {
		t.Fatalf("%v: %s", err, res.Document)
	}
	return made
}

// serves tries to serve the file server under a demand and says with which code
// that was refused, "" if it was not.
func serves(t *testing.T, n *Node, want *RequireCertification) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	server := newFiles(t, t.TempDir())
	done := make(chan error, 1)
	go func() { done <- n.ServeMCP(ctx, MCPServer{Server: "files", Certification: want}, nil, server) }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			if err != nil && problemCode(err) == "" {
				t.Error(err)
			}
			return problemCode(err)
		case <-tick.C:
		}
		if len(n.tools.list()) > 0 {
			cancel()
			if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			return ""
		}
	}
}

// TestRequireCertification: a server is attached only while a trusted
// certifier's word holds for what it lists.
func TestRequireCertification(t *testing.T) {
	n := openNode(t, newHome(t))
	bronze := &RequireCertification{Tier: certification.Bronze}
	if code := serves(t, n, bronze); code != "CHIO-CERT-REQUIRED" {
		t.Errorf("uncertified: %q", code)
	}
	made := certifyFiles(t, n, nil)
	if !made.Finding.Holds(certification.Bronze) {
		t.Fatalf("%s", wire.MustMarshal(made.Finding))
	}
	if code := serves(t, n, bronze); code != "" {
		t.Errorf("certified: %q", code)
	}
	for name, want := range map[string]*RequireCertification{
		"a higher tier":     {Tier: certification.Gold},
		"another certifier": {Tier: certification.Bronze, Certifiers: []did.DID{did.FromKey(seeded(t, 9).Public())}},
	} {
		if code := serves(t, n, want); code != "CHIO-CERT-REQUIRED" {
			t.Errorf("%s: %q", name, code)
		}
	}
	if code := serves(t, n, &RequireCertification{}); code != "CHIO-USAGE" {
		t.Errorf("no tier: %q", code)
	}
	if _, err := n.recordCertification(t.Context(), CertificationRecord{ID: made.Finding.ID, Kind: certification.Revoked, Reason: "broken"}); err != nil {
		t.Fatal(err)
	}
	if code := serves(t, n, bronze); code != "CHIO-CERT-REQUIRED" {
		t.Errorf("revoked: %q", code)
	}
	if code := serves(t, n, nil); code != "" {
		t.Errorf("without a demand: %q", code)
	}
}

func TestCertificationCodes(t *testing.T) {
	n := openNode(t, newHome(t))
	fails(t, n, "certification/show", CertificationID{}, "CHIO-CERT-UNKNOWN")
	fails(t, n, "certification/export", CertificationID{}, "CHIO-CERT-UNKNOWN")
	fails(t, n, "certification/issue", IssueCertification{Report: wire.Raw(`{}`)}, "CHIO-CERT-INVALID")
	fails(t, n, "certification/publish", PublishCertification{Bundle: wire.Raw(`{}`)}, "CHIO-CERT-INVALID")
	fails(t, n, "certification/accept", AcceptCertificationRecord{Record: wire.Raw(`{}`)}, "CHIO-CERT-INVALID")
	fails(t, n, "certification/record", CertificationRecord{Kind: certification.Revoked}, "CHIO-CERT-UNKNOWN")
	fails(t, n, "certification/record", CertificationRecord{Bundle: wire.Raw(`{"a":1}`)}, "CHIO-CERT-INVALID")
	fails(t, n, "certification/resolve", ResolveCertification{Name: "x", Tier: "platinum"}, "CHIO-USAGE")
	made := certifyFiles(t, n, func(r *IssueCertification) { r.Admission = "" })
	if made.Finding.State != certification.Unpublished {
		t.Errorf("not listed, and %s", made.Finding.State)
	}
	fails(t, n, "certification/record", CertificationRecord{Bundle: made.Bundle, Kind: certification.Revoked, Reason: "r"}, "CHIO-CERT-STATE")
	fails(t, n, "certification/publish", PublishCertification{Bundle: made.Bundle, Admission: certification.BondBacked}, "CHIO-CERT-ADMISSION")
	if p := certificationProblem(certification.ErrTooMany); problemCode(p) != "CHIO-CERT-TOO-MANY" {
		t.Errorf("%v", p)
	}
	if list, err := n.listCertifications(t.Context(), Empty{}); err != nil || list.Certifications == nil || len(list.Certifications) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestEndings: why a session ended is told once to whom it concerns, and not
// for ever.
func TestEndings(t *testing.T) {
	n := openNode(t, newHome(t))
	n.attachments.ended("gone", io.EOF)
	n.attachments.ended("first", &Problem{Code: "CHIO-CERT-REQUIRED", Message: "m", Exit: ExitDenied})
	if _, err := n.mcpEnding(t.Context(), MCPSession{"gone"}); err != nil {
		t.Errorf("an ordinary end: %v", err)
	}
	fails(t, n, "mcp/ending", MCPSession{"first"}, "CHIO-CERT-REQUIRED")
	for range maxEndings {
		n.attachments.ended("other", usage("u"))
	}
	if _, err := n.mcpEnding(t.Context(), MCPSession{"first"}); err != nil || len(n.attachments.endings) != maxEndings {
		t.Errorf("%d are remembered: %v", len(n.attachments.endings), err)
	}
}

func TestCertifiersOfTheConfiguration(t *testing.T) {
	named := did.FromKey(seeded(t, 9).Public())
	c, err := ParseConfig([]byte("certification:\n  certifiers: [" + named.String() + "]\n"))
	if err != nil || len(c.Certification.dids()) != 1 || c.Certification.dids()[0] != named {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := ParseConfig([]byte("certification:\n  certifiers: [acme]\n")); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "certifiers") {
		t.Errorf("%v", err)
	}
}

// TestAnEndedCertifierDoesNotCount: the word of an organisation that has ended
// holds no more, and it says nothing new.
func TestAnEndedCertifierDoesNotCount(t *testing.T) {
	n := openNode(t, newHome(t))
	made := certifyFiles(t, n, nil)
	name := made.Finding.Certification.Server.Name
	if a, err := n.resolveCertification(t.Context(), ResolveCertification{Name: name}); err != nil || !a.Holds {
		t.Fatalf("%+v, %v", a, err)
	}
	if _, err := n.deactivate(t.Context(), DeactivateRequest{Reason: "closed", Confirm: n.DID().Short()}); err != nil {
		t.Fatal(err)
	}
	if a, err := n.resolveCertification(t.Context(), ResolveCertification{Name: name}); err != nil || a.Holds || a.State != certification.NotFound {
		t.Errorf("%+v, %v", a, err)
	}
	fails(t, n, "certification/issue", IssueCertification{}, string(CodeDeactivated))
	fails(t, n, "certification/publish", PublishCertification{}, string(CodeDeactivated))
	fails(t, n, "certification/record", CertificationRecord{}, string(CodeDeactivated))
}
