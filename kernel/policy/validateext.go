package policy

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// The bounds of detection, posture and origins.
const (
	maxScore     = 100
	maxTopK      = 100
	maxStates    = 256
	maxBudget    = 1 << 40
	maxProfiles  = 1024
	triggerAfter = "timeout"
	anyState     = "*"
)

var (
	triggers     = []string{"user_approval", "user_denial", "critical_violation", "any_violation", triggerAfter, "budget_exhausted", "pattern_match"}
	levels       = []string{"safe", "suspicious", "high", "critical"}
	spaceTypes   = []string{"channel", "group", "dm", "thread", "issue", "ticket", "pull_request", "email_thread"}
	visibilities = []string{"private", "internal", "public", "external_shared"}
)

func (c *checker) extensions(path string, d *Document) {
	e := &d.Extensions
	// What a document lays over its base may name what the base has.
	inherits := d.Extends != "" && d.MergeStrategy != Replace
	if e.Posture != nil {
		c.posture(path+".posture", e.Posture, inherits && d.MergeStrategy != MergeOnce)
	}
	if e.Origins != nil {
		c.origins(path+".origins", e, inherits)
	}
	if e.Detection != nil {
		c.detection(path+".detection", e.Detection)
	}
	if v := e.Reputation; v != nil {
		c.carried(path+".reputation.scoring", v.Scoring, scoringShape)
		c.carried(path+".reputation.tiers", v.Tiers, reputationTiersShape)
	}
	if v := e.RuntimeAssurance; v != nil {
		c.carried(path+".runtime_assurance.tiers", v.Tiers, tableShape)
		c.carried(path+".runtime_assurance.trusted_verifiers", v.TrustedVerifiers, collectionShape)
	}
	if e.Chio != nil {
		c.chio(path+".chio", e.Chio, inherits)
	}
}

func (c *checker) posture(path string, p *Posture, inherits bool) {
	if len(p.States) > maxStates {
		c.add(path+".states", fmt.Sprintf("has %d states, limit %d", len(p.States), maxStates), "")
		return
	}
	if len(p.States) == 0 && !inherits {
		c.add(path+".states", "is missing or empty", "name at least one state")
	}
	c.stateRef(path+".initial", p.Initial, p, inherits)
	for _, name := range slices.Sorted(maps.Keys(p.States)) {
		at := join(path+".states", name)
		if err := checkName(name); err != nil || name == anyState {
			c.add(at, fmt.Sprintf("%.40q cannot be the name of a state", name), "use another name")
		}
		s := p.States[name]
		c.list(at+".capabilities", s.Capabilities, checkName)
		c.budgets(at+".budgets", s.Budgets)
	}
	if len(p.Transitions) > maxEntries {
		c.add(path+".transitions", fmt.Sprintf("has %d entries, limit %d", len(p.Transitions), maxEntries), "")
		return
	}
	for i, t := range p.Transitions {
		c.transition(fmt.Sprintf("%s.transitions[%d]", path, i), t, p, inherits)
	}
}

// stateRef checks that a state exists. A document that extends another may
// name one of its base; the resolved document is checked again.
func (c *checker) stateRef(path, name string, p *Posture, inherits bool) {
	if name == "" {
		if !inherits {
			c.add(path, "is missing", "name a state")
		}
		return
	}
	if _, ok := p.States[name]; ok || inherits {
		return
	}
	c.add(path, fmt.Sprintf("%.40q is not a state", name), suggest(name, "states are ", slices.Sorted(maps.Keys(p.States))))
}

func (c *checker) transition(at string, t PostureTransition, p *Posture, inherits bool) {
	switch t.From {
	case anyState:
	case "":
		c.add(at+".from", "is missing", "name a state, or * for any")
	default:
		c.stateRef(at+".from", t.From, p, inherits)
	}
	switch t.To {
	case anyState:
		c.add(at+".to", "\"*\" is not a state to go to", "name a state")
	case "":
		c.add(at+".to", "is missing", "name a state")
	default:
		c.stateRef(at+".to", t.To, p, inherits)
	}
	c.oneOf(at+".on", t.On, required, triggers...)
	switch {
	case t.On == triggerAfter && t.After == "":
		c.add(at+".after", "is missing, and a timeout has a length", "write for example 30m")
	case t.On != triggerAfter && t.After != "":
		c.add(at+".after", "belongs to on: timeout only", "remove it")
	case t.After != "":
		if _, err := AfterSeconds(t.After); err != nil {
			c.add(at+".after", err.Error(), "write digits and s, m, h or d, for example 30m")
		}
	}
}

// AfterSeconds reads the length of a timeout: digits and s, m, h or d. It is
// between one second and 366 days.
func AfterSeconds(s string) (int64, error) {
	unit := map[byte]int64{'s': 1, 'm': 60, 'h': 3600, 'd': 86400}
	if len(s) < 2 || len(s) > 10 {
		return 0, fmt.Errorf("%.24q is not a length of time", s)
	}
	seconds, digits := unit[s[len(s)-1]], s[:len(s)-1]
	if seconds == 0 || strings.Trim(digits, "0123456789") != "" {
		return 0, fmt.Errorf("%.24q is not a length of time", s)
	}
	var n int64
	for _, digit := range []byte(digits) {
		n = 10*n + int64(digit-'0')
	}
	if n *= seconds; n < 1 || n > maxTimeout {
		return 0, fmt.Errorf("%.24q is outside 1s … 366d", s)
	}
	return n, nil
}

func (c *checker) budgets(path string, budgets map[string]int64, keys ...string) {
	for _, key := range slices.Sorted(maps.Keys(budgets)) {
		at := join(path, key)
		if len(keys) > 0 && !slices.Contains(keys, key) {
			c.add(at, "unknown key", suggest(key, "known keys are ", keys))
		}
		c.bounds(at, budgets[key], 0, maxBudget)
	}
}

func (c *checker) detection(path string, d *Detection) {
	if p := d.PromptInjection; p != nil {
		at := path + ".prompt_injection"
		c.oneOf(at+".warn_at_or_above", p.WarnAtOrAbove, optional, levels...)
		c.oneOf(at+".block_at_or_above", p.BlockAtOrAbove, optional, levels...)
		c.maybe(at+".max_scan_bytes", p.MaxScanBytes, 1, maxScan)
	}
	if j := d.Jailbreak; j != nil {
		at := path + ".jailbreak"
		c.maybe(at+".block_threshold", j.BlockThreshold, 0, maxScore)
		c.maybe(at+".warn_threshold", j.WarnThreshold, 0, maxScore)
		c.maybe(at+".max_input_bytes", j.MaxInputBytes, 1, maxScan)
	}
	if t := d.ThreatIntel; t != nil {
		at := path + ".threat_intel"
		if t.SimilarityThreshold != nil {
			c.decimal(at+".similarity_threshold", *t.SimilarityThreshold, 0, DecimalOne)
		}
		c.maybe(at+".top_k", t.TopK, 1, maxTopK)
		c.patternDB(at+".pattern_db", t.PatternDB)
	}
}

// patternDB is builtin:NAME, or a file in or below the policy's folder.
func (c *checker) patternDB(path, s string) {
	if s == "" {
		return
	}
	name, builtin := strings.CutPrefix(s, builtinPrefix)
	switch {
	case checkName(s) != nil:
		c.add(path, checkName(s).Error(), "name a file")
	case builtin && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" || builtin && name == "":
		c.add(path, fmt.Sprintf("%.80q is not the name of a built-in database", s), "write builtin: and a name")
	case !builtin && (!fs.ValidPath(s) || s == "." || strings.ContainsAny(s, `\:`)):
		c.add(path, fmt.Sprintf("%.80q is not a file beside the policy", s), "write a relative path with slashes, without . and ..")
	}
}
