package policy

import (
	"fmt"
	"sort"
	"strings"
	"time"
)

// Lint lists what is valid and probably wrong, and what its metadata lack, at
// their positions in raw, the text of the document (nil: no positions). now is
// in Unix seconds, for dates. Codes:
//
//	L001 a rule block without effect      L006 a costly regular expression (info)
//	L002 globs that overlap in one list   L007 a block switched off (info)
//	L003 an exception from no pattern     L008 a duplicate entry
//	L004 an entry that allows everything  L009 no secret_patterns (info)
//	L005 default allow, nothing blocked   L010 an allowed entry that is blocked
//	     (info)
//	GOV_LIFECYCLE, GOV_EXPIRED, GOV_MISSING_APPROVAL_DATE,
//	GOV_RESTRICTED_NO_APPROVER; and the W codes of Warnings.
func Lint(d *Document, raw []byte, now int64) []Problem {
	l := &linter{file: nameOf(d)}
	l.blocks("rules", &d.Rules)
	l.lists("rules", &d.Rules)
	l.expressions("rules", &d.Rules)
	if m := d.Metadata; m != nil {
		l.governance(m, now)
	}
	l.problems = append(l.problems, Warnings(d)...)
	if len(raw) > 0 {
		if _, r, err := read(nameOf(d), raw); err == nil {
			for i := range l.problems {
				r.place(&l.problems[i])
			}
		}
	}
	sort.SliceStable(l.problems, func(i, j int) bool { return l.problems[i].Line < l.problems[j].Line })
	return l.problems
}

type linter struct {
	file     string
	problems []Problem
}

func (l *linter) add(code string, s Severity, path, message, fix string) {
	l.problems = append(l.problems, Problem{File: l.file, Path: path, Message: message, Fix: fix, Code: code, Severity: s})
}

func (l *linter) warn(code, path, message, fix string) {
	l.add(code, SeverityWarning, path, message, fix)
}

func (l *linter) info(code, path, message, fix string) { l.add(code, SeverityInfo, path, message, fix) }

// blocks finds blocks that are off, that do nothing, or that are not there.
func (l *linter) blocks(path string, r *Rules) {
	for _, b := range r.all() {
		switch {
		case !b.enabled:
			l.info("L007", path+"."+b.name, "is switched off", "remove it if nothing extends this policy")
		case b.inert:
			l.warn("L001", path+"."+b.name, "is on and has no effect", "write what it is to refuse, or remove it")
		}
	}
	if r.SecretPatterns == nil {
		l.info("L009", path, "has no secret_patterns, so no call is searched for secrets", "add secret_patterns: {}")
	}
	if e := r.Egress; e != nil && e.Enabled && e.Default == DefaultAllow && len(e.Block) == 0 {
		l.info("L005", path+".egress.default", "allows every host and none is blocked", "list hosts to block, or default: block")
	}
	if t := r.ToolAccess; t != nil && t.Enabled && t.Default == DefaultAllow && len(t.Block) == 0 && len(t.Allow) == 0 {
		l.info("L005", path+".tool_access.default", "allows every tool and none is blocked", "list tools to block, or default: block")
	}
}

// ruleBlock is what blocks have in common.
type ruleBlock struct {
	name           string
	enabled, inert bool
}

// all are the blocks of a document, in the order of the language. A block is
// inert if it refuses nothing while it is on; built-in lists count.
func (r *Rules) all() []ruleBlock {
	var out []ruleBlock
	if b := r.ForbiddenPaths; b != nil {
		out = append(out, ruleBlock{"forbidden_paths", b.Enabled, false})
	}
	if b := r.PathAllowlist; b != nil {
		out = append(out, ruleBlock{"path_allowlist", b.Enabled, false})
	}
	if b := r.Egress; b != nil {
		out = append(out, ruleBlock{"egress", b.Enabled, false})
	}
	if b := r.SecretPatterns; b != nil {
		out = append(out, ruleBlock{"secret_patterns", b.Enabled, false})
	}
	if b := r.PatchIntegrity; b != nil {
		out = append(out, ruleBlock{"patch_integrity", b.Enabled, false})
	}
	if b := r.ShellCommands; b != nil {
		out = append(out, ruleBlock{"shell_commands", b.Enabled, false})
	}
	if b := r.ToolAccess; b != nil {
		inert := len(b.Allow)+len(b.Block)+len(b.RequireConfirmation) == 0 && b.Default != DefaultBlock && b.MaxArgsSize == nil &&
			b.RequireRuntimeAssuranceTier == "" && b.RequireWorkloadIdentity == nil
		out = append(out, ruleBlock{"tool_access", b.Enabled, inert})
	}
	if b := r.ComputerUse; b != nil {
		out = append(out, ruleBlock{"computer_use", b.Enabled, b.Mode == "observe"})
	}
	if b := r.RemoteDesktopChannels; b != nil {
		out = append(out, ruleBlock{"remote_desktop_channels", b.Enabled, b.Clipboard && b.FileTransfer && b.Audio && b.DriveMapping})
	}
	if b := r.InputInjection; b != nil {
		out = append(out, ruleBlock{"input_injection", b.Enabled, false})
	}
	if b := r.BrowserAutomation; b != nil {
		inert := len(b.AllowedDomains)+len(b.BlockedDomains)+len(b.AllowedVerbs) == 0 && !b.CredentialDetection
		out = append(out, ruleBlock{"browser_automation", b.Enabled, inert})
	}
	if b := r.CodeExecution; b != nil {
		out = append(out, ruleBlock{"code_execution", b.Enabled, false})
	}
	if b := r.Velocity; b != nil {
		inert := b.MaxInvocationsPerWindow == nil && b.MaxSpendPerWindow == nil && b.MaxRequestsPerAgent == nil && b.MaxRequestsPerSession == nil
		out = append(out, ruleBlock{"velocity", b.Enabled, inert})
	}
	if b := r.HumanInLoop; b != nil {
		out = append(out, ruleBlock{"human_in_loop", b.Enabled, len(b.RequireConfirmation) == 0 && b.ApproveAbove == nil})
	}
	return out
}

func (l *linter) governance(m *Metadata, now int64) {
	if m.LifecycleState == "deprecated" || m.LifecycleState == "archived" {
		l.warn("GOV_LIFECYCLE", "metadata.lifecycle_state", "says "+m.LifecycleState, "use the policy that took its place")
	}
	if at, err := dateOf(m.ExpiryDate); m.ExpiryDate != "" && err != nil {
		l.warn("GOV_EXPIRED", "metadata.expiry_date", fmt.Sprintf("%.40q is not a date, so nobody can tell whether it has passed", m.ExpiryDate), "write YYYY-MM-DD")
	} else if m.ExpiryDate != "" && now >= at {
		l.warn("GOV_EXPIRED", "metadata.expiry_date", "has passed: "+m.ExpiryDate, "review the policy and move the date")
	}
	if m.ApprovedBy != "" && m.ApprovalDate == "" {
		l.warn("GOV_MISSING_APPROVAL_DATE", "metadata.approved_by", "names an approver without a date", "add approval_date")
	}
	if m.Classification == "restricted" && m.ApprovedBy == "" {
		l.warn("GOV_RESTRICTED_NO_APPROVER", "metadata.classification", "is restricted and nobody has approved the policy", "add approved_by")
	}
}

// dateOf is the Unix time at which a date begins; an expiry on a day has
// passed when the day begins.
func dateOf(s string) (int64, error) {
	layout := time.DateOnly
	if strings.Contains(s, "T") {
		layout = time.RFC3339
	}
	at, err := time.Parse(layout, s)
	if err != nil {
		return 0, err
	}
	return at.Unix(), nil
}
