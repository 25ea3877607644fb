package capability

import "github.com/backbay-labs/chio-node/wire"

func constraint(kind string, value any) Constraint {
	return Constraint{Type: kind, Value: wire.MustMarshal(value)}
}

// NewPathPrefix confines every path in the arguments to a directory.
func NewPathPrefix(prefix string) Constraint { return constraint(PathPrefix, prefix) }

// NewArgumentPathPrefix confines the path at one RFC 6901 pointer to an
// absolute directory.
func NewArgumentPathPrefix(pointer, prefix string) Constraint {
	return constraint(ArgumentPathPrefix, argumentPath{Pointer: &pointer, Prefix: &prefix})
}

// NewDomainExact confines every host in the arguments to one name.
func NewDomainExact(host string) Constraint { return constraint(DomainExact, host) }

// NewDomainGlob confines every host in the arguments to "*.example.com", to a
// plain name, or, with "*", to names (no addresses).
func NewDomainGlob(pattern string) Constraint { return constraint(DomainGlob, pattern) }

// NewRegexMatch demands that every string value contains a match of pattern,
// and that there is one. Anchor it with ^ and $ to match whole values.
func NewRegexMatch(pattern string) Constraint { return constraint(RegexMatch, pattern) }

// NewMaxLength bounds every string value, in bytes.
func NewMaxLength(limit uint64) Constraint { return constraint(MaxLength, limit) }

// NewMaxArgsSize bounds the canonical arguments, in bytes.
func NewMaxArgsSize(limit uint64) Constraint { return constraint(MaxArgsSize, limit) }

// NewCustom demands that the argument key is the string value.
func NewCustom(key, value string) Constraint { return constraint(Custom, []string{key, value}) }

// NewTableAllowlist lists the tables a call may name.
func NewTableAllowlist(tables ...string) Constraint { return list(TableAllowlist, tables) }

// NewColumnDenylist lists the columns a call may not name.
func NewColumnDenylist(columns ...string) Constraint { return list(ColumnDenylist, columns) }

// NewOperationClass takes read_only, read_write or admin.
func NewOperationClass(class string) Constraint { return constraint(OperationClass, class) }

// NewAudienceAllowlist lists the recipients a call may address.
func NewAudienceAllowlist(audience ...string) Constraint { return list(AudienceAllowlist, audience) }

// NewMemoryStoreAllowlist lists the memory stores a call may use.
func NewMemoryStoreAllowlist(stores ...string) Constraint { return list(MemoryStoreAllowlist, stores) }

// NewMemoryWriteDenyPatterns lists RE2 patterns none of which may be in a
// string of the arguments.
func NewMemoryWriteDenyPatterns(patterns ...string) Constraint {
	return list(MemoryWriteDenyPatterns, patterns)
}

// NewGovernedIntentRequired demands a signed intent.
func NewGovernedIntentRequired() Constraint { return Constraint{Type: GovernedIntentRequired} }

// NewRequireApprovalAbove demands an approval for an amount at or over the
// threshold, in minor units of the call's currency.
func NewRequireApprovalAbove(thresholdUnits uint64) Constraint {
	return constraint(RequireApprovalAbove, approvalAbove{ThresholdUnits: &thresholdUnits})
}

// NewRequireCumulativeApprovalAbove demands an approval once the amounts spent
// under one approval budget reach the threshold.
func NewRequireCumulativeApprovalAbove(threshold wire.MonetaryAmount, budgetID string, epoch uint64) Constraint {
	return constraint(RequireCumulativeApprovalAbove, cumulativeApproval{Threshold: &threshold, BudgetID: &budgetID, Epoch: &epoch})
}

// NewSellerExact demands that the call pays one seller.
func NewSellerExact(seller string) Constraint { return constraint(SellerExact, seller) }

// NewMinimumRuntimeAssurance takes none, basic, attested or verified.
func NewMinimumRuntimeAssurance(level string) Constraint {
	return constraint(MinimumRuntimeAssurance, level)
}

// NewMinimumAutonomyTier takes direct, delegated or autonomous.
func NewMinimumAutonomyTier(tier string) Constraint { return constraint(MinimumAutonomyTier, tier) }

// NewMaxTransactionAmountUSD takes a decimal amount of dollars, such as "12.50".
func NewMaxTransactionAmountUSD(amount string) Constraint {
	return constraint(MaxTransactionAmountUSD, amount)
}

// NewRequireDualApproval demands two approvers.
func NewRequireDualApproval(required bool) Constraint {
	return constraint(RequireDualApproval, required)
}

// NewModelConstraint demands one of the models, a safety tier (low, standard,
// high, restricted), or both; no models and "" leave a part out.
func NewModelConstraint(models []string, minSafetyTier string) Constraint {
	return constraint(ModelConstraint, struct {
		Models []string `json:"allowed_model_ids,omitempty"`
		Tier   string   `json:"min_safety_tier,omitempty"`
	}{models, minSafetyTier})
}

// NewContentReviewTier takes none, basic or strict.
func NewContentReviewTier(tier string) Constraint { return constraint(ContentReviewTier, tier) }

// NewMaxRowsReturned bounds the rows of a result.
func NewMaxRowsReturned(rows uint64) Constraint { return constraint(MaxRowsReturned, rows) }

// NewOutputDigestSHA256 demands one exact result.
func NewOutputDigestSHA256(digest wire.Digest) Constraint {
	return constraint(OutputDigestSHA256, digest)
}

// list writes no items as [], not null.
func list(kind string, items []string) Constraint {
	return constraint(kind, append([]string{}, items...))
}
