package capability

// The constraint types. Every other type, require_finding_* of the upstream
// among them, does not hold.
const (
	// Decided from the arguments, in Match.
	PathPrefix              = "path_prefix"                // string
	ArgumentPathPrefix      = "argument_path_prefix"       // {pointer, prefix}
	DomainExact             = "domain_exact"               // string
	DomainGlob              = "domain_glob"                // string
	RegexMatch              = "regex_match"                // string, RE2
	MaxLength               = "max_length"                 // integer, bytes
	MaxArgsSize             = "max_args_size"              // integer, bytes
	Custom                  = "custom"                     // [key, value]
	TableAllowlist          = "table_allowlist"            // [string]
	ColumnDenylist          = "column_denylist"            // [string]
	OperationClass          = "operation_class"            // read_only | read_write | admin
	AudienceAllowlist       = "audience_allowlist"         // [string]
	MemoryStoreAllowlist    = "memory_store_allowlist"     // [string]
	MemoryWriteDenyPatterns = "memory_write_deny_patterns" // [string], RE2

	// Returned as a Demand, for a later stage to fulfil.
	GovernedIntentRequired         = "governed_intent_required"          // no value
	RequireApprovalAbove           = "require_approval_above"            // {threshold_units}
	RequireCumulativeApprovalAbove = "require_cumulative_approval_above" // {threshold, approval_budget_id, approval_budget_epoch}
	SellerExact                    = "seller_exact"                      // string
	MinimumRuntimeAssurance        = "minimum_runtime_assurance"         // none | basic | attested | verified
	MinimumAutonomyTier            = "minimum_autonomy_tier"             // direct | delegated | autonomous
	MaxTransactionAmountUSD        = "max_transaction_amount_usd"        // decimal string
	RequireDualApproval            = "require_dual_approval"             // bool
	ModelConstraint                = "model_constraint"                  // {allowed_model_ids?, min_safety_tier?}
	ContentReviewTier              = "content_review_tier"               // none | basic | strict
	MaxRowsReturned                = "max_rows_returned"                 // integer
	OutputDigestSHA256             = "output_digest_sha256"              // 64 lowercase hex characters
)

// rule is one constraint, decoded: whatever its type needs, and nothing that
// still has to be checked.
type rule struct {
	text     string // as written: prefix, host pattern, custom key, class
	value    string // custom value
	pointer  string // argument_path_prefix
	path     lexicalPath
	host     hostPattern
	limit    uint64
	list     []string
	patterns []pattern
	demand   Demand // Type is empty unless the constraint is a demand
}

// Check reports whether the constraint is of a known type with a well-formed
// value, so that an issuer can refuse to sign one that would deny every call.
// The error is an *Error with code CHIO-SCOPE-CONSTRAINT.
func (c *Constraint) Check() error {
	var r rule
	if err := c.parse(&r); err != nil {
		return err
	}
	return nil
}

// parse decodes the value by the one decoder of the constraint's type.
func (c *Constraint) parse(r *rule) *Error {
	switch c.Type {
	case PathPrefix, ArgumentPathPrefix:
		return c.parsePathRule(r)
	case DomainExact, DomainGlob:
		return c.parseHostRule(r)
	case RegexMatch, MemoryWriteDenyPatterns:
		return c.parsePatterns(r)
	case MaxLength, MaxArgsSize:
		return c.number(&r.limit)
	case Custom:
		return c.parseCustom(r)
	case TableAllowlist, ColumnDenylist, AudienceAllowlist, MemoryStoreAllowlist:
		return c.strings(&r.list)
	case OperationClass:
		return c.word(&r.text, "read_only", "read_write", "admin")
	}
	return c.parseDemand(r)
}

// holds is nil only if the constraint was decoded, evaluated and is met. A
// demand is met when the caller undertakes to fulfil it; it is then in d.
func (c *Constraint) holds(f *argumentFacts, d *Demand) *Error {
	var r rule
	if err := c.parse(&r); err != nil {
		return err
	}
	f.kind = c.Type
	switch c.Type {
	case PathPrefix:
		return f.pathPrefix(&r)
	case ArgumentPathPrefix:
		return f.argumentPathPrefix(&r)
	case DomainExact, DomainGlob:
		return f.domain(c.Type, &r)
	case RegexMatch:
		return f.regexMatch(&r)
	case MaxLength:
		return f.maxLength(&r)
	case MaxArgsSize:
		return f.maxArgsSize(&r)
	case Custom:
		return f.custom(&r)
	case TableAllowlist:
		return f.tableAllowlist(&r)
	case ColumnDenylist:
		return f.columnDenylist(&r)
	case OperationClass:
		return f.operationClass(&r)
	case AudienceAllowlist:
		return f.listed(c.Type, audienceKey, r.list)
	case MemoryStoreAllowlist:
		return f.listed(c.Type, memoryKey, r.list)
	case MemoryWriteDenyPatterns:
		return f.denyPatterns(&r)
	}
	if r.demand.Type != "" && !f.call.FulfilsDemands {
		return refuse(CodeConstraint, "constraint %s asks something of a later stage that does not run here", c.Type)
	}
	*d = r.demand
	return nil
}
