package policy

// The defaults of code_execution and velocity.
const (
	defaultCodeScan   = 64 << 10
	defaultWindowSecs = 60
	defaultCurrency   = "USD"
)

func (r *reader) computerUseRule(to **ComputerUseRule) field {
	return block(r, to, func() (*ComputerUseRule, fields) {
		b := &ComputerUseRule{Mode: "guardrail"}
		return b, fields{
			"enabled":         r.flag(&b.Enabled),
			"mode":            r.word(&b.Mode),
			"allowed_actions": r.strings(&b.AllowedActions),
		}
	})
}

func (r *reader) remoteDesktopRule(to **RemoteDesktopRule) field {
	return block(r, to, func() (*RemoteDesktopRule, fields) {
		b := &RemoteDesktopRule{Audio: true}
		return b, fields{
			"enabled":       r.flag(&b.Enabled),
			"clipboard":     r.flag(&b.Clipboard),
			"file_transfer": r.flag(&b.FileTransfer),
			"audio":         r.flag(&b.Audio),
			"drive_mapping": r.flag(&b.DriveMapping),
		}
	})
}

func (r *reader) inputInjectionRule(to **InputInjectionRule) field {
	return block(r, to, func() (*InputInjectionRule, fields) {
		b := &InputInjectionRule{}
		return b, fields{
			"enabled":                     r.flag(&b.Enabled),
			"allowed_types":               r.strings(&b.AllowedTypes),
			"require_postcondition_probe": r.flag(&b.RequirePostconditionProbe),
		}
	})
}

func (r *reader) browserAutomationRule(to **BrowserAutomationRule) field {
	return block(r, to, func() (*BrowserAutomationRule, fields) {
		b := &BrowserAutomationRule{CredentialDetection: true}
		return b, fields{
			"enabled":                   r.flag(&b.Enabled),
			"allowed_domains":           r.strings(&b.AllowedDomains),
			"blocked_domains":           r.strings(&b.BlockedDomains),
			"allowed_verbs":             r.strings(&b.AllowedVerbs),
			"credential_detection":      r.flag(&b.CredentialDetection),
			"extra_credential_patterns": r.strings(&b.ExtraCredentialPatterns),
		}
	})
}

func (r *reader) codeExecutionRule(to **CodeExecutionRule) field {
	return block(r, to, func() (*CodeExecutionRule, fields) {
		b := &CodeExecutionRule{MaxScanBytes: defaultCodeScan}
		return b, fields{
			"enabled":               r.flag(&b.Enabled),
			"language_allowlist":    r.strings(&b.LanguageAllowlist),
			"module_denylist":       r.list(&b.ModuleDenylist), // an empty one denies no module
			"network_access":        r.flag(&b.NetworkAccess),
			"max_execution_time_ms": r.maybeNumber(&b.MaxExecutionTimeMS),
			"max_scan_bytes":        r.integer(&b.MaxScanBytes, 1, maxScan),
		}
	})
}

func (r *reader) velocityRule(to **VelocityRule) field {
	return block(r, to, func() (*VelocityRule, fields) {
		b := &VelocityRule{Enabled: true, SpendCurrency: defaultCurrency, WindowSecs: defaultWindowSecs, BurstFactor: DecimalOne}
		return b, fields{
			"enabled":                    r.flag(&b.Enabled),
			"max_invocations_per_window": r.maybeNumber(&b.MaxInvocationsPerWindow),
			"max_spend_per_window":       r.maybeNumber(&b.MaxSpendPerWindow),
			"spend_currency":             r.word(&b.SpendCurrency),
			"max_requests_per_agent":     r.maybeNumber(&b.MaxRequestsPerAgent),
			"max_requests_per_session":   r.maybeNumber(&b.MaxRequestsPerSession),
			"window_secs":                r.integer(&b.WindowSecs, 1, maxWindow),
			"burst_factor":               r.positive(&b.BurstFactor),
		}
	})
}

func (r *reader) humanInLoopRule(to **HumanInLoopRule) field {
	return block(r, to, func() (*HumanInLoopRule, fields) {
		b := &HumanInLoopRule{Enabled: true}
		return b, fields{
			"enabled":                r.flag(&b.Enabled),
			"require_confirmation":   r.strings(&b.RequireConfirmation),
			"approve_above":          r.maybeNumber(&b.ApproveAbove),
			"approve_above_currency": r.word(&b.ApproveAboveCurrency),
			"timeout_seconds":        r.maybeNumber(&b.TimeoutSeconds),
			"on_timeout":             r.word(&b.OnTimeout),
		}
	})
}

func (r *reader) metadata(to **Metadata) field {
	return block(r, to, func() (*Metadata, fields) {
		m := &Metadata{}
		return m, fields{
			"author":          r.text(&m.Author),
			"approved_by":     r.text(&m.ApprovedBy),
			"approval_date":   r.text(&m.ApprovalDate),
			"classification":  r.word(&m.Classification),
			"change_ticket":   r.text(&m.ChangeTicket),
			"lifecycle_state": r.word(&m.LifecycleState),
			"policy_version":  r.integer(&m.PolicyVersion, 1, maxVersion),
			"effective_date":  r.text(&m.EffectiveDate),
			"expiry_date":     r.text(&m.ExpiryDate),
		}
	})
}
