package patch

// Config configures patch-integrity.
type Config struct {
	MaxAdditions   int64 // lines; more than that denies
	MaxDeletions   int64
	Forbidden      []string // RE2 over added lines; nil: the built-in ones
	RequireBalance bool
	MaxRatioMicros int64  // larger side over smaller side, in millionths; > 0
	Rule           string // dotted path; "" is rules.patch_integrity
}
