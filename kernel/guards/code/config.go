package code

// Config configures code-execution.
type Config struct {
	Languages      []string // nil or empty: any; "unknown" is never in a list
	DeniedModules  []string // nil: the built-in list; empty: none
	Network        bool     // false denies code that asks for or imports network access
	MaxExecutionMS *int64
	MaxScanBytes   int64  // longer code denies
	Rule           string // dotted path; "" is rules.code_execution
}
