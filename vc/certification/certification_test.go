package certification_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/vc/certification"
	"github.com/backbay-labs/chio-node/wire"
)

// TestTiersAreEarned: the stated rules, one row each.
func TestTiersAreEarned(t *testing.T) {
	type counts = certification.Counts
	one, none := counts{Passed: 1}, counts{}
	digest := wire.Hash([]byte("x"))
	for _, c := range []struct {
		name                  string
		required, recommended counts
		evidence, artifact    wire.Digest
		own                   bool
		want                  certification.Tier
	}{
		{"nothing was required", none, one, digest, digest, false, ""},
		{"a required check failed", counts{Passed: 9, Failed: 1}, one, digest, digest, false, ""},
		{"a required check was skipped", counts{Passed: 9, Skipped: 1}, one, digest, digest, false, ""},
		{"a recommended check failed", one, counts{Passed: 9, Failed: 1}, digest, digest, false, certification.Bronze},
		{"nothing was recommended", one, counts{Skipped: 1}, digest, digest, false, certification.Bronze},
		{"no evidence", one, one, wire.Digest{}, digest, false, certification.Silver},
		{"no artifact", one, one, digest, wire.Digest{}, false, certification.Silver},
		{"its own server", one, one, digest, digest, true, certification.Silver},
		{"everything", one, counts{Passed: 1, Skipped: 1}, digest, digest, false, certification.Gold},
	} {
		cert := certification.Certification{Certifier: didOf(key(t, 2)), Results: certification.Results{Required: c.required, Recommended: c.recommended},
			EvidenceSHA256: c.evidence, Server: certification.Server{ArtifactSHA256: c.artifact}}
		if c.own {
			cert.Server.DID = cert.Certifier
		}
		if got := cert.Earned(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if _, err := certification.ParseTier("platinum"); !errors.Is(err, certification.ErrTier) {
		t.Errorf("platinum: %v", err)
	}
	for _, c := range []struct {
		have, floor certification.Tier
		want        bool
	}{{certification.Gold, certification.Silver, true}, {certification.Silver, certification.Silver, true}, {certification.Bronze, certification.Silver, false},
		{"", certification.Bronze, false}, {certification.Gold, "", false}, {"platinum", certification.Bronze, false}} {
		if got := c.have.AtLeast(c.floor); got != c.want {
			t.Errorf("%q at least %q: %v", c.have, c.floor, got)
		}
	}
}

func TestIssueRefuses(t *testing.T) {
	org := key(t, 2)
	good := certification.Request{Report: report(nil), TTLSeconds: 1000}
	for _, c := range []struct {
		name string
		edit func(*certification.Request)
		want error
	}{
		{"a tier that is not earned", func(r *certification.Request) { r.Tier = certification.Gold }, certification.ErrTier},
		{"a failed report", func(r *certification.Request) {
			r.Report = report(func(r *certification.Report) { r.Checks[0].Outcome = certification.Failed })
		}, certification.ErrTier},
		{"no life", func(r *certification.Request) { r.TTLSeconds = 0 }, certification.ErrInvalid},
		{"too long a life", func(r *certification.Request) { r.TTLSeconds = certification.MaxLifeSeconds + 1 }, certification.ErrInvalid},
		{"a report from the future", func(r *certification.Request) {
			r.Report = report(func(r *certification.Report) { r.StartedAt = t0 + certification.SkewSeconds + 1 })
		}, certification.ErrReport},
		{"no report", func(r *certification.Request) { r.Report = nil }, certification.ErrReport},
		{"a report with a blank", func(r *certification.Request) { r.Report = append([]byte(" "), r.Report...) }, wire.ErrNotCanonical},
	} {
		req := good
		c.edit(&req)
		if _, _, err := certification.Issue(org, req, t0); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if _, made, err := certification.Issue(org, good, t0); err != nil || made.Tier != certification.Silver || made.ExpiresAt != t0+1000 {
		t.Errorf("%+v, %v", made, err)
	}
	longest := good
	longest.TTLSeconds = certification.MaxLifeSeconds
	if _, _, err := certification.Issue(org, longest, t0); err != nil {
		t.Errorf("the longest life: %v", err)
	}
}

func TestReportRefuses(t *testing.T) {
	check := func(edit func(*certification.Check)) func(*certification.Report) {
		return func(r *certification.Report) { edit(&r.Checks[0]) }
	}
	for name, edit := range map[string]func(*certification.Report){
		"another schema":         func(r *certification.Report) { r.Schema = certification.Schema },
		"no criteria":            func(r *certification.Report) { r.Criteria.Name = "" },
		"criteria of no version": func(r *certification.Report) { r.Criteria.Version = "" },
		"no suite digest":        func(r *certification.Report) { r.Suite.SHA256 = wire.Digest{} },
		"no suite":               func(r *certification.Report) { r.Suite.Name = "" },
		"no server name":         func(r *certification.Report) { r.Server.Name = "" },
		"a long server name":     func(r *certification.Report) { r.Server.Name = strings.Repeat("n", certification.MaxTextBytes+1) },
		"a name of two lines":    func(r *certification.Report) { r.Server.Name = "a\nb" },
		"no server version":      func(r *certification.Report) { r.Server.Version = "" },
		"no manifest":            func(r *certification.Report) { r.Server.ManifestSHA256 = wire.Digest{} },
		"no program":             func(r *certification.Report) { r.Server.CommandSHA256 = wire.Digest{} },
		"no time":                func(r *certification.Report) { r.StartedAt = 0 },
		"no checks":              func(r *certification.Report) { r.Checks = nil },
		"an id twice":            func(r *certification.Report) { r.Checks[1].ID = "a" },
		"a check without id":     check(func(c *certification.Check) { c.ID = "" }),
		"an unknown level":       check(func(c *certification.Check) { c.Level = "optional" }),
		"an unknown outcome":     check(func(c *certification.Check) { c.Outcome = "maybe" }),
		"a long detail":          check(func(c *certification.Check) { c.Detail = strings.Repeat("d", 513) }),
		"too many checks": func(r *certification.Report) {
			for i := range 256 {
				r.Checks = append(r.Checks, certification.Check{ID: "x" + string(rune('A'+i)), Level: certification.Required, Outcome: certification.Passed})
			}
		},
	} {
		if _, err := certification.ParseReport(report(edit)); !errors.Is(err, certification.ErrReport) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestVerifyRefuses: each rule of Verify has a document that breaks only it.
func TestVerifyRefuses(t *testing.T) {
	org := key(t, 2)
	b, _ := issued(t, org, t0, nil)
	good, err := certification.Verify(b.Certification)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		edit func(*certification.Certification)
		by   []wire.Signer
		want error
	}{
		{"signed by another", nil, []wire.Signer{key(t, 3)}, wire.ErrNoSigner},
		{"signed by another too", nil, []wire.Signer{org, key(t, 3)}, wire.ErrNoSigner},
		{"names another certifier", func(c *certification.Certification) { c.Certifier = didOf(key(t, 3)) }, nil, wire.ErrNoSigner},
		{"no server", func(c *certification.Certification) { c.Server.Name = "" }, nil, certification.ErrInvalid},
		{"no report", func(c *certification.Certification) { c.ReportSHA256 = wire.Digest{} }, nil, certification.ErrInvalid},
		{"ends before it begins", func(c *certification.Certification) { c.ExpiresAt = c.IssuedAt }, nil, certification.ErrInvalid},
		{"lives too long", func(c *certification.Certification) { c.ExpiresAt = c.IssuedAt + certification.MaxLifeSeconds + 1 }, nil, certification.ErrInvalid},
		{"begins nowhere", func(c *certification.Certification) { c.IssuedAt = 0 }, nil, certification.ErrInvalid},
		{"a tier above its results", func(c *certification.Certification) { c.Tier = certification.Gold }, nil, certification.ErrTier},
		{"no tier", func(c *certification.Certification) { c.Tier = "" }, nil, certification.ErrTier},
		{"a tier nobody knows", func(c *certification.Certification) { c.Tier = "platinum" }, nil, certification.ErrTier},
		{"a required check failed", func(c *certification.Certification) { c.Results.Required.Failed = 1 }, nil, certification.ErrTier},
	} {
		body := *good
		if c.edit != nil {
			c.edit(&body)
		}
		if c.by == nil {
			c.by = []wire.Signer{org}
		}
		env, err := wire.Seal(certification.Schema, &body, c.by...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := certification.Verify(env); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if _, err := certification.Verify(nil); !errors.Is(err, certification.ErrInvalid) {
		t.Errorf("nothing: %v", err)
	}
}

func TestMatchReport(t *testing.T) {
	b, _ := issued(t, key(t, 2), t0, nil)
	c, err := certification.Verify(b.Certification)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.MatchReport(report(nil)); err != nil {
		t.Error(err)
	}
	other := report(func(r *certification.Report) { r.StartedAt++ })
	if err := c.MatchReport(other); !errors.Is(err, certification.ErrReport) {
		t.Errorf("another report: %v", err)
	}
	// The digest alone is not enough: what is signed beside it must be the same.
	for name, edit := range map[string]func(*certification.Certification){
		"another server":   func(c *certification.Certification) { c.Server.Version = "2" },
		"another suite":    func(c *certification.Certification) { c.Suite.Version = "2" },
		"another criteria": func(c *certification.Certification) { c.Criteria.Version = "2" },
		"other counts":     func(c *certification.Certification) { c.Results.Recommended.Passed++ },
	} {
		told := *c
		edit(&told)
		if err := told.MatchReport(report(nil)); !errors.Is(err, certification.ErrReport) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestManifestDigest(t *testing.T) {
	pin := func(name string) certification.ToolPin {
		return certification.ToolPin{Name: name, SHA256: wire.Hash([]byte(name))}
	}
	a, err := certification.ManifestDigest([]certification.ToolPin{pin("b"), pin("a")})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := certification.ManifestDigest([]certification.ToolPin{pin("a"), pin("b")}); err != nil || a != b {
		t.Errorf("the order counts: %s, %s (%v)", a, b, err)
	}
	if b, err := certification.ManifestDigest([]certification.ToolPin{pin("a"), {Name: "b"}}); err != nil || a == b {
		t.Errorf("a definition does not count: %v", err)
	}
	for _, bad := range [][]certification.ToolPin{nil, {pin("a"), pin("a")}, {pin("")}, make([]certification.ToolPin, certification.MaxTools+1)} {
		if _, err := certification.ManifestDigest(bad); !errors.Is(err, certification.ErrManifest) {
			t.Errorf("%d tools: %v", len(bad), err)
		}
	}
}
