package policy

import (
	"reflect"
	"strings"
)

// everyField sets every field of the language at least once.
const everyField = `hushspec: "0.1.2"
name: all
description: every field
extends: base.yaml
merge_strategy: merge
rules:
  forbidden_paths: {enabled: true, patterns: ["/a/**"], exceptions: ["/a/b"]}
  path_allowlist: {enabled: true, read: ["/r/**"], write: ["/w/**"], patch: ["/p/**"]}
  egress: {enabled: true, allow: ["*.example.com"], block: [evil.example], default: block}
  secret_patterns:
    enabled: true
    patterns: [{name: key, pattern: "k-[0-9]{4}", severity: critical, description: a key}]
    skip_paths: ["/t/**"]
  patch_integrity: {enabled: true, max_additions: 5, max_deletions: 6, forbidden_patterns: [eval], require_balance: true, max_imbalance_ratio: 2.5}
  shell_commands: {enabled: true, forbidden_patterns: ["rm -rf"]}
  tool_access:
    enabled: true
    allow: [a]
    block: [b]
    require_confirmation: [c]
    default: block
    max_args_size: 1024
    require_runtime_assurance_tier: verified
    prefer_runtime_assurance_tier: attested
    require_workload_identity: {scheme: spiffe, trust_domain: example.com, path_prefixes: [/ns/], credential_kinds: [x509]}
    prefer_workload_identity: {scheme: spiffe}
  computer_use: {enabled: true, mode: fail_closed, allowed_actions: [input.inject]}
  remote_desktop_channels: {enabled: true, clipboard: true, file_transfer: true, audio: true, drive_mapping: true}
  input_injection: {enabled: true, allowed_types: [keyboard], require_postcondition_probe: true}
  browser_automation: {enabled: true, allowed_domains: ["*.example.com"], blocked_domains: [evil.example], allowed_verbs: [read], credential_detection: true, extra_credential_patterns: [tok_]}
  code_execution: {enabled: true, language_allowlist: [python], module_denylist: [os], network_access: true, max_execution_time_ms: 100, max_scan_bytes: 10}
  velocity: {enabled: true, max_invocations_per_window: 1, max_spend_per_window: 2, spend_currency: EUR, max_requests_per_agent: 3, max_requests_per_session: 4, window_secs: 5, burst_factor: 1.5}
  human_in_loop: {enabled: true, require_confirmation: ["pay_*"], approve_above: 7, approve_above_currency: EUR, timeout_seconds: 8, on_timeout: defer}
extensions:
  posture:
    initial: normal
    states:
      normal: {description: usual, capabilities: [tool_call], budgets: {tool_calls: 3}}
      locked: {}
    transitions: [{from: "*", to: locked, on: timeout, after: 30m}]
  origins:
    default_behavior: minimal_profile
    profiles:
      - id: p
        match: {provider: slack, tenant_id: t, space_id: s, space_type: channel, visibility: internal, external_participants: false, tags: [x], sensitivity: high, actor_role: member, organization_id: o, groups: [g], roles: [r]}
        posture: locked
        tool_access: {allow: [a]}
        egress: {block: [b]}
        data: {allow_external_sharing: true, redact_before_send: true, block_sensitive_outputs: true}
        budgets: {tool_calls: 1}
        bridge: {allow_cross_origin: true, allowed_targets: [{provider: github, space_type: issue, tags: [x], visibility: public}], require_approval: true}
        explanation: why
  detection:
    prompt_injection: {enabled: true, warn_at_or_above: safe, block_at_or_above: critical, max_scan_bytes: 9}
    jailbreak: {enabled: true, block_threshold: 90, warn_threshold: 10, max_input_bytes: 9}
    threat_intel: {enabled: true, pattern_db: db/patterns.json, similarity_threshold: 0.725, top_k: 3}
  reputation:
    scoring: {weights: {reliability: 0.15}, temporal_decay_half_life_days: 30, probationary_receipts: 10}
    tiers: {gold: {score_range: [0.5, 1.0], max_scope: {operations: [invoke], max_delegation_depth: 2, ttl_seconds: 3600}, demotion: null}}
  runtime_assurance: {tiers: {verified: {}}, trusted_verifiers: [v]}
  chio:
    market_hours: {open: "09:30"}
    signing: {required: true}
    k8s_namespaces: [prod]
    rollback: {after: 3}
    human_in_loop: {approve_when: [x], approvers: {n: 1, of: [alice], timeout_seconds: 60}}
    observe: [jailbreak, mine]
    conditions:
      egress:
        any_of:
          - all_of: [{context: {server: [prod, stage]}}]
          - not: {time_window: {start: "22:00", end: "06:00", timezone: Europe/Madrid, days: [sat, sun]}}
    tool_names: glob
    custom_actions: allow
    dynamic_commands: confirm
    internal_hosts: [10.1.0.0/16]
    blocked_hosts: [metadata.example]
    output_sanitizer: secrets
    scan_outputs: escalate
    pattern_db_max_age_seconds: 86400
    custom: {mine: {level: 3}}
metadata: {author: a, approved_by: b, approval_date: 2026-01-02, classification: internal, change_ticket: T-1, lifecycle_state: approved, policy_version: 4, effective_date: 2026-01-03, expiry_date: 2027-01-03}
`

// fieldsOf counts for every field of the document's types how often it is set.
func fieldsOf(d *Document) map[string]int {
	out := map[string]int{}
	countFields(reflect.ValueOf(*d), out)
	return out
}

func countFields(v reflect.Value, out map[string]int) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			countFields(v.Elem(), out)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "-" {
				continue
			}
			if !f.Anonymous {
				at := v.Type().Name() + "." + name
				out[at] += 0
				if !v.Field(i).IsZero() {
					out[at]++
				}
			}
			countFields(v.Field(i), out)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			for i := range v.Len() {
				countFields(v.Index(i), out)
			}
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			countFields(v.MapIndex(k), out)
		}
	}
}
