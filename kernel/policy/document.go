package policy

// Document is one HushSpec document. Extends and MergeStrategy are empty once
// it is resolved.
type Document struct {
	HushSpec      string    `json:"hushspec"` // 0.1.N
	Name          string    `json:"name,omitempty"`
	Description   string    `json:"description,omitempty"`
	Extends       string    `json:"extends,omitempty"`
	MergeStrategy Strategy  `json:"merge_strategy,omitempty"`
	Rules         Rules     `json:"rules,omitzero"`
	Metadata      *Metadata `json:"metadata,omitzero"`
	Sources       []string  `json:"-"` // the files it was resolved from, base first
}

// Strategy is how a document is laid over the one it extends.
type Strategy string

// The strategies. Merge and deep_merge both replace whole rule blocks; they
// differ in extensions only, of which this build has none.
const (
	Replace   Strategy = "replace"
	MergeOnce Strategy = "merge"
	DeepMerge Strategy = "deep_merge" // the default
)

// Rules are the rule blocks. A block that is absent sets no rule.
type Rules struct {
	ForbiddenPaths *ForbiddenPathsRule `json:"forbidden_paths,omitzero"`
	PathAllowlist  *PathAllowlistRule  `json:"path_allowlist,omitzero"`
	ToolAccess     *ToolAccessRule     `json:"tool_access,omitzero"`
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

// ToolAccessRule is rules.tool_access.
type ToolAccessRule struct {
	Enabled bool `json:"enabled"` // default true
	ToolAccess
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

// The values of tool_access.default.
const (
	DefaultAllow = "allow"
	DefaultBlock = "block"
)

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
