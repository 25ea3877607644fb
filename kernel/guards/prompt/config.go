package prompt

// InjectionConfig configures prompt-injection. Levels: safe, suspicious, high,
// critical; "" leaves that verdict out.
type InjectionConfig struct {
	WarnAtOrAbove  string
	BlockAtOrAbove string
	MaxScanBytes   int64  // more text than that, over all arguments, denies
	Rule           string // dotted path; "" is extensions.detection.prompt_injection
}

// JailbreakConfig configures jailbreak. Thresholds are 0 … 100; nil leaves
// that verdict out.
type JailbreakConfig struct {
	WarnThreshold  *int64
	BlockThreshold *int64
	MaxInputBytes  int64
	Rule           string // dotted path; "" is extensions.detection.jailbreak
}

// OutputConfig configures the hook that inspects what tools return.
type OutputConfig struct {
	Injection *InjectionConfig // nil: not looked for
	Jailbreak *JailbreakConfig
	Escalate  bool // record instead of withholding the result
}
