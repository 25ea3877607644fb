package policy

import "github.com/backbay-labs/chio-node/wire"

// Extensions are the extensions of the language and chio's own.
type Extensions struct {
	Posture          *Posture          `json:"posture,omitzero"`
	Origins          *Origins          `json:"origins,omitzero"`
	Detection        *Detection        `json:"detection,omitzero"`
	Reputation       *Reputation       `json:"reputation,omitzero"`        // chio
	RuntimeAssurance *RuntimeAssurance `json:"runtime_assurance,omitzero"` // chio
	Chio             *Chio             `json:"chio,omitzero"`
}

// Posture is a state machine per session: each state permits capabilities and
// holds budgets, events move between states.
type Posture struct {
	Initial     string                  `json:"initial"`
	States      map[string]PostureState `json:"states"`
	Transitions []PostureTransition     `json:"transitions,omitzero"`
}

// PostureState permits capabilities: file_access, file_write, egress, shell,
// tool_call, patch, custom. None permits nothing.
type PostureState struct {
	Description  string           `json:"description,omitempty"`
	Capabilities []string         `json:"capabilities,omitzero"`
	Budgets      map[string]int64 `json:"budgets,omitzero"` // per session: file_writes, egress_calls, shell_commands, tool_calls, patches, custom_calls
}

// PostureTransition moves from one state (or "*") to another on a trigger.
type PostureTransition struct {
	From  string `json:"from"`
	To    string `json:"to"`
	On    string `json:"on"`              // user_approval | user_denial | critical_violation | any_violation | timeout | budget_exhausted | pattern_match
	After string `json:"after,omitempty"` // of timeout: digits and s, m, h or d
}

// Origins narrows the policy by where a request came from.
type Origins struct {
	DefaultBehavior string          `json:"default_behavior"` // deny | minimal_profile; default deny
	Profiles        []OriginProfile `json:"profiles,omitzero"`
}

// OriginProfile applies to the origins it matches; without match it is the
// default profile.
type OriginProfile struct {
	ID          string           `json:"id"`
	Match       *OriginMatch     `json:"match,omitzero"`
	Posture     string           `json:"posture,omitempty"` // initial state for this origin
	ToolAccess  *ToolAccess      `json:"tool_access,omitzero"`
	Egress      *Egress          `json:"egress,omitzero"`
	Data        *OriginData      `json:"data,omitzero"`
	Budgets     map[string]int64 `json:"budgets,omitzero"` // tool_calls, egress_calls, shell_commands
	Bridge      *OriginBridge    `json:"bridge,omitzero"`
	Explanation string           `json:"explanation,omitempty"`
}

// OriginMatch lists what must hold; every field that is set counts.
type OriginMatch struct {
	Provider             string   `json:"provider,omitempty"`
	TenantID             string   `json:"tenant_id,omitempty"`
	SpaceID              string   `json:"space_id,omitempty"`
	SpaceType            string   `json:"space_type,omitempty"` // channel | group | dm | thread | issue | ticket | pull_request | email_thread
	Visibility           string   `json:"visibility,omitempty"` // private | internal | public | external_shared
	ExternalParticipants *bool    `json:"external_participants,omitzero"`
	Tags                 []string `json:"tags,omitzero"` // all of them
	Sensitivity          string   `json:"sensitivity,omitempty"`
	ActorRole            string   `json:"actor_role,omitempty"`
	OrganizationID       string   `json:"organization_id,omitempty"` // chio
	Groups               []string `json:"groups,omitzero"`           // chio: all of them
	Roles                []string `json:"roles,omitzero"`            // chio: all of them
}

// OriginData says what may leave the origin.
type OriginData struct {
	AllowExternalSharing  bool `json:"allow_external_sharing"`
	RedactBeforeSend      bool `json:"redact_before_send"`
	BlockSensitiveOutputs bool `json:"block_sensitive_outputs"`
}

// OriginBridge says whether data may flow to another origin.
type OriginBridge struct {
	AllowCrossOrigin bool           `json:"allow_cross_origin"`
	AllowedTargets   []BridgeTarget `json:"allowed_targets,omitzero"`
	RequireApproval  bool           `json:"require_approval"`
}

// BridgeTarget is one permitted destination.
type BridgeTarget struct {
	Provider   string   `json:"provider,omitempty"`
	SpaceType  string   `json:"space_type,omitempty"`
	Tags       []string `json:"tags,omitzero"`
	Visibility string   `json:"visibility,omitempty"`
}

// Detection configures the content detectors.
type Detection struct {
	PromptInjection *PromptInjection `json:"prompt_injection,omitzero"`
	Jailbreak       *Jailbreak       `json:"jailbreak,omitzero"`
	ThreatIntel     *ThreatIntel     `json:"threat_intel,omitzero"`
}

// PromptInjection is extensions.detection.prompt_injection. Levels: safe,
// suspicious, high, critical. A pointer or "" that is not written inherits in
// a deep merge, else takes its default.
type PromptInjection struct {
	Enabled        *bool  `json:"enabled,omitzero"`            // default true
	WarnAtOrAbove  string `json:"warn_at_or_above,omitempty"`  // default suspicious
	BlockAtOrAbove string `json:"block_at_or_above,omitempty"` // default high
	MaxScanBytes   *int64 `json:"max_scan_bytes,omitzero"`     // default 200000
}

// Jailbreak is extensions.detection.jailbreak; thresholds 0 … 100.
type Jailbreak struct {
	Enabled        *bool  `json:"enabled,omitzero"`         // default true
	BlockThreshold *int64 `json:"block_threshold,omitzero"` // default 80
	WarnThreshold  *int64 `json:"warn_threshold,omitzero"`  // default 50
	MaxInputBytes  *int64 `json:"max_input_bytes,omitzero"` // default 200000
}

// ThreatIntel is extensions.detection.threat_intel: spider-sense.
type ThreatIntel struct {
	Enabled             *bool    `json:"enabled,omitzero"`              // default false
	PatternDB           string   `json:"pattern_db,omitempty"`          // a file beside the policy, or builtin:NAME
	SimilarityThreshold *Decimal `json:"similarity_threshold,omitzero"` // default 0.7
	TopK                *int64   `json:"top_k,omitzero"`                // default 5
}

// Reputation is carried for issuance (chio); it judges no call.
type Reputation struct {
	Scoring wire.Raw `json:"scoring,omitzero"` // checked on reading, canonical
	Tiers   wire.Raw `json:"tiers,omitzero"`
}

// RuntimeAssurance is carried for step 9 and issuance (chio).
type RuntimeAssurance struct {
	Tiers            wire.Raw `json:"tiers,omitzero"`
	TrustedVerifiers wire.Raw `json:"trusted_verifiers,omitzero"`
}

// Chio is extensions.chio. The first five are chio's and carried; the others
// are ours.
type Chio struct {
	MarketHours   wire.Raw `json:"market_hours,omitzero"`
	Signing       wire.Raw `json:"signing,omitzero"`
	K8sNamespaces wire.Raw `json:"k8s_namespaces,omitzero"`
	Rollback      wire.Raw `json:"rollback,omitzero"`
	HumanInLoop   wire.Raw `json:"human_in_loop,omitzero"`

	// Observe puts guards into observe mode: "all", or their names.
	Observe []string `json:"observe,omitzero"`
	// Conditions say when a rule block or extension is in force, by its dotted
	// path without "rules." ("egress", "detection.jailbreak"). A condition that
	// cannot be evaluated keeps the block in force.
	Conditions map[string]Condition `json:"conditions,omitzero"`
	// ToolNames is how tool_access names are read: exact (default) or glob.
	ToolNames string `json:"tool_names,omitempty"`
	// CustomActions allows HushSpec actions that no block knows: deny (default) or allow.
	CustomActions string `json:"custom_actions,omitempty"`
	// DynamicCommands is what happens to a command whose name is computed:
	// deny (default) | confirm.
	DynamicCommands string `json:"dynamic_commands,omitempty"`
	// InternalHosts are hosts and CIDR ranges that internal-network lets pass.
	InternalHosts []string `json:"internal_hosts,omitzero"`
	// BlockedHosts are hosts that internal-network refuses besides its own.
	BlockedHosts []string `json:"blocked_hosts,omitzero"`
	// OutputSanitizer replaces secrets and personal data in results: off
	// (default) | secrets | secrets_and_pii.
	OutputSanitizer string `json:"output_sanitizer,omitempty"`
	// ScanOutputs inspects results for injected instructions: block (default
	// where detection is on) | escalate | off.
	ScanOutputs string `json:"scan_outputs,omitempty"`
	// PatternDBMaxAgeSeconds refuses an older spider-sense database; nil: none.
	PatternDBMaxAgeSeconds *int64 `json:"pattern_db_max_age_seconds,omitzero"`
	// Custom configures guards registered by an embedding program, by name.
	Custom map[string]wire.Raw `json:"custom,omitzero"`
}

// Condition is a tree of depth at most 8 with exactly one member set.
type Condition struct {
	TimeWindow *TimeWindow         `json:"time_window,omitzero"`
	Context    map[string][]string `json:"context,omitzero"` // field of the call → one of these values
	AllOf      []Condition         `json:"all_of,omitzero"`
	AnyOf      []Condition         `json:"any_of,omitzero"`
	Not        *Condition          `json:"not,omitzero"`
}

// TimeWindow holds between two times of day; it may cross midnight.
type TimeWindow struct {
	Start    string   `json:"start"`              // HH:MM
	End      string   `json:"end"`                // HH:MM, exclusive
	Timezone string   `json:"timezone,omitempty"` // IANA; default UTC
	Days     []string `json:"days,omitzero"`      // mon … sun; none: every day
}
