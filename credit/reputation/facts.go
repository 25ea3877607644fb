package reputation

import (
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// Reason is why a receipt about the agent does not count.
type Reason string

// The reasons.
const (
	NotIntact    Reason = "not_intact"     // it does not verify
	NotTrusted   Reason = "not_trusted"    // by a kernel that does not count in that log
	NotADecision Reason = "not_a_decision" // observed or advisory
	NotTerminal  Reason = "not_terminal"   // pending, or its end is not on record
	NotProven    Reason = "not_proven"     // nothing says that the agent asked for it
	NotItsDoing  Reason = "not_its_doing"  // the node, and not what was asked for, was the cause
	NotYet       Reason = "not_yet"        // dated in the future

	notAboutTheKey Reason = "not_about_the_key" // counted nowhere
)

// facts is what a receipt that counts says.
type facts struct {
	id         string
	at         int64
	issuer     string
	verdict    string
	policy     string
	capability string
	tool       string // server and tool
	call       wire.Digest
	grant      int
	charged    uint64
	total      *uint64
	currency   string
}

// metadata is the part of a receipt's metadata that is read here. Other
// kernels write other members too.
type metadata struct {
	ArgsSHA256  string `json:"args_sha256"`
	Code        string `json:"code"`
	Step        int    `json:"step"`
	Unlogged    bool   `json:"unlogged"`
	Attribution struct {
		SubjectKey wire.PublicKey `json:"subject_key"`
		GrantIndex int            `json:"grant_index"`
	} `json:"attribution"`
	Holder *struct {
		Kind string `json:"kind"`
	} `json:"holder"`
	Financial *struct {
		CostCharged uint64  `json:"cost_charged"`
		Currency    string  `json:"currency"`
		BudgetTotal *uint64 `json:"budget_total"`
	} `json:"financial"`
}

// firstOwnStep is the first step of the kernel that judges what the agent asks
// for, after it is proven to be the one that asks; lastOwnStep is the last one
// before the call is on its way.
const (
	firstOwnStep = 6
	lastOwnStep  = 10
)

// nodeFaults are denials for which the agent can do nothing.
var nodeFaults = []kernel.Code{kernel.CodeNotReady, kernel.CodeInternal, kernel.CodeNoPolicy, kernel.CodePolicyError,
	kernel.CodeGuardError, kernel.CodeApprovalNone, kernel.CodeStopped, kernel.CodeRevocationStale}

// read decides whether one leaf counts for the subject:
//
//	1 it verifies: form, coherence, hashes, signature (receipt.VerifyJSON 1-4)
//	2 its kernel is one that the trust set names for its time and for that log;
//	  a retired one for what stands in its final tree
//	3 it records a decision
//	4 that is terminal, and in the log
//	5 it is not dated after now, give or take the skew
//	6 its metadata attributes it to the subject, and says that a holder proof
//	  was checked: whoever steals a token must not be able to ruin its holder
//	7 a denial is for what was asked, not for a fault of the node
func (r *run) read(s *Source, leaf *Leaf) (*facts, Reason) {
	brief, err := receipt.Peek(leaf.Doc)
	if err != nil || brief.Agent != r.subject {
		return nil, notAboutTheKey
	}
	rec, res, err := receipt.VerifyJSON(leaf.Doc, r.kernels.trust)
	if err != nil || !res.Intact() { // 1
		return nil, NotIntact
	}
	retired := res.Code == receipt.CodeRetired
	if !res.SignerTrusted && !retired || !r.kernels.signs(rec.KernelKey, s, leaf.Index, retired) { // 2
		return nil, NotTrusted
	}
	if rec.ReceiptKind != receipt.MediatedDecision { // 3
		return nil, NotADecision
	}
	var md metadata
	if len(rec.Metadata) == 0 || wire.UnmarshalLenient(rec.Metadata, &md, receipt.Limits()) != nil || md.Holder == nil ||
		md.Attribution.SubjectKey != r.subject { // 6
		return nil, NotProven
	}
	switch verdict := rec.Decision.Verdict; {
	case md.Unlogged || !slices.Contains(terminal, verdict): // 4
		return nil, NotTerminal
	case rec.Timestamp < 0 || rec.Timestamp > r.now+r.params.FutureSkewSeconds: // 5
		return nil, NotYet
	case verdict == receipt.Deny && !itsDoing(&md): // 7
		return nil, NotItsDoing
	}
	f, err := factsOf(rec, &md)
	if err != nil {
		return nil, NotProven
	}
	f.issuer = r.kernels.issuer[rec.KernelKey]
	return f, ""
}

// terminal are the verdicts that end a call.
var terminal = []string{receipt.Allow, receipt.Deny, receipt.Cancelled, receipt.Incomplete}

// itsDoing is rule 7. A kernel that does not say which step decided is taken at
// its word that the agent was refused.
func itsDoing(md *metadata) bool {
	return !slices.Contains(nodeFaults, kernel.Code(md.Code)) && (md.Step == 0 || md.Step >= firstOwnStep && md.Step <= lastOwnStep)
}

func factsOf(rec *receipt.Receipt, md *metadata) (*facts, error) {
	args, err := wire.ParseDigest(md.ArgsSHA256)
	if err != nil {
		return nil, fmt.Errorf("args_sha256: %w", err)
	}
	f := &facts{id: rec.ID, at: rec.Timestamp, verdict: rec.Decision.Verdict, policy: rec.PolicyHash, capability: rec.CapabilityID,
		tool: rec.ToolServer + "\x00" + rec.ToolName, grant: md.Attribution.GrantIndex}
	f.call = wire.Hash([]byte(f.tool + "\x00" + string(args[:])))
	if m := md.Financial; m != nil {
		f.charged, f.total, f.currency = m.CostCharged, m.BudgetTotal, m.Currency
	}
	return f, nil
}
