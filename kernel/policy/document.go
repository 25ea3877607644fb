package policy

// Document is one HushSpec document. Extends and MergeStrategy are empty once
// it is resolved.
type Document struct {
	HushSpec      string     `json:"hushspec"` // 0.1.N
	Name          string     `json:"name,omitempty"`
	Description   string     `json:"description,omitempty"`
	Extends       string     `json:"extends,omitempty"`
	MergeStrategy Strategy   `json:"merge_strategy,omitempty"`
	Rules         Rules      `json:"rules,omitzero"`
	Extensions    Extensions `json:"extensions,omitzero"`
	Metadata      *Metadata  `json:"metadata,omitzero"`
	Sources       []string   `json:"-"` // the files it was resolved from, base first
}

// Strategy is how a document is laid over the one it extends.
type Strategy string

// The strategies. Merge and deep_merge both replace whole rule blocks;
// deep_merge, the default, also merges extensions field by field.
const (
	Replace   Strategy = "replace"
	MergeOnce Strategy = "merge"
	DeepMerge Strategy = "deep_merge"
)

// Decimal is an exact decimal number in millionths: 1.5 is 1500000. It reads
// and prints as a plain number with up to six decimal places.
type Decimal int64

// DecimalOne is the number 1.
const DecimalOne Decimal = 1_000_000

// Rules are the rule blocks. A block that is absent sets no rule. In every
// block a field that the document does not write holds its default, except
// where a pointer or a nil list says that it was not written.
type Rules struct {
	ForbiddenPaths        *ForbiddenPathsRule    `json:"forbidden_paths,omitzero"`
	PathAllowlist         *PathAllowlistRule     `json:"path_allowlist,omitzero"`
	Egress                *EgressRule            `json:"egress,omitzero"`
	SecretPatterns        *SecretPatternsRule    `json:"secret_patterns,omitzero"`
	PatchIntegrity        *PatchIntegrityRule    `json:"patch_integrity,omitzero"`
	ShellCommands         *ShellCommandsRule     `json:"shell_commands,omitzero"`
	ToolAccess            *ToolAccessRule        `json:"tool_access,omitzero"`
	ComputerUse           *ComputerUseRule       `json:"computer_use,omitzero"`
	RemoteDesktopChannels *RemoteDesktopRule     `json:"remote_desktop_channels,omitzero"`
	InputInjection        *InputInjectionRule    `json:"input_injection,omitzero"`
	BrowserAutomation     *BrowserAutomationRule `json:"browser_automation,omitzero"`
	CodeExecution         *CodeExecutionRule     `json:"code_execution,omitzero"`
	Velocity              *VelocityRule          `json:"velocity,omitzero"`      // chio
	HumanInLoop           *HumanInLoopRule       `json:"human_in_loop,omitzero"` // chio
}

// ForbiddenPathsRule is rules.forbidden_paths. Without patterns it has those
// of guards.DefaultForbiddenPaths.
type ForbiddenPathsRule struct {
	Enabled bool `json:"enabled"` // default true
	ForbiddenPaths
}

// PathAllowlistRule is rules.path_allowlist.
type PathAllowlistRule struct {
	Enabled bool `json:"enabled"` // must be written when a list is
	PathAllowlist
}

// EgressRule is rules.egress; it also turns internal-network on.
type EgressRule struct {
	Enabled bool `json:"enabled"` // default true
	Egress
}

// Egress judges hosts. "*" is one label, "**" any number of them.
type Egress struct {
	Allow   []string `json:"allow,omitzero"`
	Block   []string `json:"block,omitzero"`
	Default string   `json:"default,omitempty"` // allow | block; "" is block
}

// SecretPatternsRule is rules.secret_patterns. Its patterns add to the
// built-in detectors; skip_paths concern file writes and patches only, and
// never the built-in detectors.
type SecretPatternsRule struct {
	Enabled   bool            `json:"enabled"` // default true
	Patterns  []SecretPattern `json:"patterns,omitzero"`
	SkipPaths []string        `json:"skip_paths,omitzero"`
}

// SecretPattern is one named RE2 expression.
type SecretPattern struct {
	Name        string `json:"name"`
	Pattern     string `json:"pattern"`
	Severity    string `json:"severity"` // critical | error | warn
	Description string `json:"description,omitempty"`
}

// PatchIntegrityRule is rules.patch_integrity.
type PatchIntegrityRule struct {
	Enabled           bool     `json:"enabled"`       // default true
	MaxAdditions      int64    `json:"max_additions"` // default 1000
	MaxDeletions      int64    `json:"max_deletions"` // default 500
	ForbiddenPatterns []string `json:"forbidden_patterns,omitzero"`
	RequireBalance    bool     `json:"require_balance"`     // default false
	MaxImbalanceRatio Decimal  `json:"max_imbalance_ratio"` // default 10, > 0
}

// ShellCommandsRule is rules.shell_commands.
type ShellCommandsRule struct {
	Enabled           bool     `json:"enabled"` // default true
	ForbiddenPatterns []string `json:"forbidden_patterns,omitzero"`
}

// ToolAccessRule is rules.tool_access.
type ToolAccessRule struct {
	Enabled bool `json:"enabled"` // default true
	ToolAccess
	// chio: what the calling runtime must show; see kernel's step 9.
	RequireRuntimeAssuranceTier string            `json:"require_runtime_assurance_tier,omitempty"`
	PreferRuntimeAssuranceTier  string            `json:"prefer_runtime_assurance_tier,omitempty"`
	RequireWorkloadIdentity     *WorkloadIdentity `json:"require_workload_identity,omitzero"`
	PreferWorkloadIdentity      *WorkloadIdentity `json:"prefer_workload_identity,omitzero"`
}

// WorkloadIdentity is what a workload's identity must look like.
type WorkloadIdentity struct {
	Scheme          string   `json:"scheme,omitempty"`
	TrustDomain     string   `json:"trust_domain,omitempty"`
	PathPrefixes    []string `json:"path_prefixes,omitzero"` // at a segment boundary
	CredentialKinds []string `json:"credential_kinds,omitzero"`
}

// ForbiddenPaths denies what a pattern covers and no exception does.
type ForbiddenPaths struct {
	Patterns   []string `json:"patterns,omitzero"`
	Exceptions []string `json:"exceptions,omitzero"`
}

// PathAllowlist permits only what its lists cover. A list that is absent or
// empty permits nothing; patch absent is the write list.
type PathAllowlist struct {
	Read  []string `json:"read,omitzero"`
	Write []string `json:"write,omitzero"`
	Patch []string `json:"patch,omitzero"`
}

// ToolAccess judges tool names. In a section an absent allow list restricts
// nothing and an empty one allows nothing; in a document an empty one is
// absent, as in HushSpec.
type ToolAccess struct {
	Allow               []string `json:"allow,omitzero"`
	Block               []string `json:"block,omitzero"`
	RequireConfirmation []string `json:"require_confirmation,omitzero"`
	Default             string   `json:"default,omitempty"`      // allow | block; "" is allow
	MaxArgsSize         *int64   `json:"max_args_size,omitzero"` // bytes of canonical JSON
}

// The values of tool_access.default and egress.default.
const (
	DefaultAllow = "allow"
	DefaultBlock = "block"
)

// ComputerUseRule is rules.computer_use.
type ComputerUseRule struct {
	Enabled        bool     `json:"enabled"` // default false
	Mode           string   `json:"mode"`    // observe | guardrail | fail_closed; default guardrail
	AllowedActions []string `json:"allowed_actions,omitzero"`
}

// RemoteDesktopRule is rules.remote_desktop_channels.
type RemoteDesktopRule struct {
	Enabled      bool `json:"enabled"`       // default false
	Clipboard    bool `json:"clipboard"`     // default false
	FileTransfer bool `json:"file_transfer"` // default false
	Audio        bool `json:"audio"`         // default true
	DriveMapping bool `json:"drive_mapping"` // default false
}

// InputInjectionRule is rules.input_injection.
type InputInjectionRule struct {
	Enabled                   bool     `json:"enabled"`                     // default false
	AllowedTypes              []string `json:"allowed_types,omitzero"`      // empty: none
	RequirePostconditionProbe bool     `json:"require_postcondition_probe"` // default false
}

// BrowserAutomationRule is rules.browser_automation.
type BrowserAutomationRule struct {
	Enabled                 bool     `json:"enabled"` // default false
	AllowedDomains          []string `json:"allowed_domains,omitzero"`
	BlockedDomains          []string `json:"blocked_domains,omitzero"`
	AllowedVerbs            []string `json:"allowed_verbs,omitzero"` // empty: any
	CredentialDetection     bool     `json:"credential_detection"`   // default true
	ExtraCredentialPatterns []string `json:"extra_credential_patterns,omitzero"`
}

// CodeExecutionRule is rules.code_execution.
type CodeExecutionRule struct {
	Enabled            bool     `json:"enabled"`                        // default false
	LanguageAllowlist  []string `json:"language_allowlist,omitzero"`    // empty: any
	ModuleDenylist     []string `json:"module_denylist,omitzero"`       // nil: the built-in list
	NetworkAccess      bool     `json:"network_access"`                 // default false
	MaxExecutionTimeMS *int64   `json:"max_execution_time_ms,omitzero"` // ≥ 0
	MaxScanBytes       int64    `json:"max_scan_bytes"`                 // default 65536
}

// VelocityRule is rules.velocity (chio): rates, counted at admission.
type VelocityRule struct {
	Enabled                 bool    `json:"enabled"` // default true
	MaxInvocationsPerWindow *int64  `json:"max_invocations_per_window,omitzero"`
	MaxSpendPerWindow       *int64  `json:"max_spend_per_window,omitzero"` // minor units of SpendCurrency
	SpendCurrency           string  `json:"spend_currency,omitempty"`      // ours; default USD
	MaxRequestsPerAgent     *int64  `json:"max_requests_per_agent,omitzero"`
	MaxRequestsPerSession   *int64  `json:"max_requests_per_session,omitzero"`
	WindowSecs              int64   `json:"window_secs"`  // default 60
	BurstFactor             Decimal `json:"burst_factor"` // default 1, ≥ 1
}

// HumanInLoopRule is rules.human_in_loop (chio).
type HumanInLoopRule struct {
	Enabled              bool     `json:"enabled"`                       // default true
	RequireConfirmation  []string `json:"require_confirmation,omitzero"` // tool names, globs allowed
	ApproveAbove         *int64   `json:"approve_above,omitzero"`        // minor units: a price of at least this
	ApproveAboveCurrency string   `json:"approve_above_currency,omitempty"`
	TimeoutSeconds       *int64   `json:"timeout_seconds,omitzero"`
	OnTimeout            string   `json:"on_timeout,omitempty"` // deny | defer
}

// Metadata describes a document and decides nothing.
type Metadata struct {
	Author         string `json:"author,omitempty"`
	ApprovedBy     string `json:"approved_by,omitempty"`
	ApprovalDate   string `json:"approval_date,omitempty"`
	Classification string `json:"classification,omitempty"` // public | internal | confidential | restricted
	ChangeTicket   string `json:"change_ticket,omitempty"`
	LifecycleState string `json:"lifecycle_state,omitempty"` // draft | review | approved | deployed | deprecated | archived
	PolicyVersion  int64  `json:"policy_version,omitzero"`   // ≥ 1
	EffectiveDate  string `json:"effective_date,omitempty"`
	ExpiryDate     string `json:"expiry_date,omitempty"`
}
