package secrets

// Pattern is one named expression of a policy.
type Pattern struct {
	Name       string
	Expression string // RE2
	Severity   string // critical | error deny; warn asks for approval
}

// Config configures secret-leak.
type Config struct {
	Patterns  []Pattern // besides the built-in detectors
	SkipPaths []string  // Permit globs: files in which Patterns, never the built-in detectors, are not looked for
	Rule      string    // dotted path; "" is rules.secret_patterns
}

// SanitizerConfig configures the output sanitizer, which runs on results.
type SanitizerConfig struct {
	Secrets  bool
	Personal bool // identity numbers, cards, addresses of mail, private addresses
	Patterns []Pattern
	Block    bool // withhold the result instead of replacing what was found
}
