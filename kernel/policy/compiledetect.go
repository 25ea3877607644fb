package policy

import (
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards/prompt"
	"github.com/backbay-labs/chio-node/kernel/guards/secrets"
	"github.com/backbay-labs/chio-node/kernel/guards/spider"
)

// The defaults of extensions.detection.
const (
	defaultInjectionWarn  = "suspicious"
	defaultInjectionBlock = "high"
	defaultDetectionBytes = 200_000
	defaultJailbreakBlock = 80
	defaultJailbreakWarn  = 50
	defaultSimilarity     = 700_000 // millionths
	defaultTopK           = 5
	spiderBandMicros      = 100_000
)

func value[T any](p *T, fallback T) T {
	if p == nil {
		return fallback
	}
	return *p
}

func word(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

// injectionConfig is nil if prompt injection is not looked for.
func (b *builder) injectionConfig() *prompt.InjectionConfig {
	d := b.d.Extensions.Detection
	if d == nil || d.PromptInjection == nil || !value(d.PromptInjection.Enabled, true) {
		return nil
	}
	p := d.PromptInjection
	return &prompt.InjectionConfig{
		WarnAtOrAbove: word(p.WarnAtOrAbove, defaultInjectionWarn), BlockAtOrAbove: word(p.BlockAtOrAbove, defaultInjectionBlock),
		MaxScanBytes: value(p.MaxScanBytes, defaultDetectionBytes),
	}
}

// jailbreakConfig is nil if jailbreaks are not looked for.
func (b *builder) jailbreakConfig() *prompt.JailbreakConfig {
	d := b.d.Extensions.Detection
	if d == nil || d.Jailbreak == nil || !value(d.Jailbreak.Enabled, true) {
		return nil
	}
	j := d.Jailbreak
	warn, block := value(j.WarnThreshold, defaultJailbreakWarn), value(j.BlockThreshold, defaultJailbreakBlock)
	return &prompt.JailbreakConfig{WarnThreshold: &warn, BlockThreshold: &block, MaxInputBytes: value(j.MaxInputBytes, defaultDetectionBytes)}
}

// detection builds prompt-injection, jailbreak and spider-sense.
func (b *builder) detection() error {
	var injection, jailbreak guard.Guard
	if c := b.injectionConfig(); c != nil {
		g, err := newInjection(*c)
		injection = g
		if err := b.add(g, err, "detection.prompt_injection", "warn "+c.WarnAtOrAbove+", block "+c.BlockAtOrAbove); err != nil {
			return err
		}
	}
	if c := b.jailbreakConfig(); c != nil {
		g, err := newJailbreak(*c)
		jailbreak = g
		if err := b.add(g, err, "detection.jailbreak", fmt.Sprintf("warn %d, block %d", *c.WarnThreshold, *c.BlockThreshold)); err != nil {
			return err
		}
	}
	readTogether(injection, jailbreak)
	d := b.d.Extensions.Detection
	if d == nil || d.ThreatIntel == nil || !value(d.ThreatIntel.Enabled, false) {
		return nil
	}
	return b.spider(d.ThreatIntel)
}

func (b *builder) spider(t *ThreatIntel) error {
	const path = "extensions.detection.threat_intel.pattern_db"
	switch {
	case t.PatternDB == "":
		return fmt.Errorf("%s: is missing, and there is no built-in database; name a file beside the policy", path)
	case strings.HasPrefix(t.PatternDB, "builtin:"):
		return fmt.Errorf("%s: %.80q is not in this build; name a file beside the policy", path, t.PatternDB)
	case b.o.ReadFile == nil:
		return fmt.Errorf("%s: files cannot be read here", path)
	}
	doc, err := b.o.ReadFile(t.PatternDB)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	db, err := parseSpider(doc)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	g, err := newSpider(spider.Config{
		Database: db, ThresholdMicros: int64(value(t.SimilarityThreshold, defaultSimilarity)), BandMicros: spiderBandMicros,
		TopK: int(value(t.TopK, defaultTopK)), MaxAgeSeconds: b.chio().PatternDBMaxAgeSeconds,
	})
	return b.add(g, err, "detection.threat_intel", fmt.Sprintf("similarity %d millionths", value(t.SimilarityThreshold, defaultSimilarity)))
}

// outputs builds the hooks that see what tools return.
func (b *builder) outputs() error {
	injection, jailbreak := b.injectionConfig(), b.jailbreakConfig()
	if mode := b.chio().ScanOutputs; mode != "off" && (injection != nil || jailbreak != nil) {
		g, err := newPromptOutput(prompt.OutputConfig{Injection: injection, Jailbreak: jailbreak, Escalate: mode == "escalate"})
		if err != nil {
			return err
		}
		b.hooks = append(b.hooks, hook{g, "detection", word(mode, "block")})
	} else if mode != "off" && mode != "" {
		return fmt.Errorf("extensions.chio.scan_outputs: is %s, and no detector of extensions.detection is on", mode)
	}
	if mode := b.chio().OutputSanitizer; mode != "" && mode != "off" {
		g, err := newSanitizer(secrets.SanitizerConfig{
			Secrets: true, Personal: mode == "secrets_and_pii", Patterns: secretPatterns(b.d.Rules.SecretPatterns),
		})
		if err != nil {
			return err
		}
		b.hooks = append(b.hooks, hook{g, "chio.output_sanitizer", mode})
	}
	if n := len(b.o.Hooks); n > 0 {
		b.hooks = append(b.hooks, hook{guard.NewPostInvocationPipeline(b.o.Hooks...), "custom", plural(n, "registered hook")})
	}
	return nil
}
