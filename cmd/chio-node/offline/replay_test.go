package offline_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/cmd/chio-node/offline"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

const replayLog = "chio-log/replay"

// strict denies what lies under secret, and asks before delete_file.
const strict = `hushspec: "0.1.0"
name: strict
rules:
  forbidden_paths:
    patterns: ["**/secret/**"]
  tool_access:
    require_confirmation: [delete_file]
    default: allow
`

const loose = `hushspec: "0.1.0"
name: loose
rules:
  tool_access:
    default: allow
`

func compiled(t testing.TB, text string) *policy.Compiled {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := offline.LoadPolicy(path)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// entry is one recorded decision.
type entry struct {
	verdict, tool, args string
	step                int
	code, boundBy       string
	approved, masked    bool
}

// recordedBundle signs the entries as one log, in order.
func recordedBundle(t testing.TB, p *policy.Compiled, entries ...entry) ([]byte, *receipt.TrustSet) {
	t.Helper()
	kernel := key(t, 107)
	part := receipt.BundleLog{}
	var leaves [][]byte
	for i, e := range entries {
		r := &receipt.Receipt{Timestamp: now + int64(i), CapabilityID: "c", ToolServer: "files", ToolName: e.tool,
			Action: receipt.Action{Parameters: wire.Raw(e.args)}, ReceiptKind: receipt.MediatedDecision, BoundaryClass: receipt.Prevent,
			TrustLevel: receipt.Mediated, ToolOrigin: receipt.CallerExecuted, RedactionMode: receipt.RedactSummary,
			ContentHash: strings.Repeat("0", 64), PolicyHash: p.Hash.String(), Decision: &receipt.Decision{Verdict: e.verdict}}
		md := receipt.Metadata{CallID: fmt.Sprint(i), ArgsSHA256: wire.Hash([]byte(e.args)), Step: e.step, Code: e.code,
			Policy: &receipt.Policy{Local: &p.Hash, BoundBy: e.boundBy}}
		if e.masked {
			md.ArgsSHA256 = wire.Hash([]byte("what was masked"))
		}
		if e.approved {
			md.Approval = &receipt.Approval{ID: "a"}
		}
		switch e.verdict {
		case receipt.Deny:
			r.Decision.Reason, r.Decision.Guard = e.code, "forbidden-path"
		case receipt.PendingApproval:
			r.Decision.Reason, r.Decision.Guard, r.Decision.ApprovalID = e.code, "mcp-tool", "a"
		case receipt.Cancelled, receipt.Incomplete:
			r.Decision.Reason = "x"
		}
		r.Metadata = wire.MustMarshal(md)
		leaf, err := receipt.Sign(r, kernel)
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leaf)
	}
	root, paths := tree(leaves)
	note, err := receipt.SignCheckpoint(receipt.Checkpoint{Origin: replayLog, Size: uint64(len(leaves)), Root: root}, kernel)
	if err != nil {
		t.Fatal(err)
	}
	part.Checkpoint = string(note)
	for i, leaf := range leaves {
		part.Receipts = append(part.Receipts, receipt.BundleEntry{Receipt: leaf, LeafIndex: uint64(i), AuditPath: paths[i]})
	}
	doc, err := (&receipt.Bundle{Schema: receipt.BundleSchema, Logs: []receipt.BundleLog{part}}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return doc, &receipt.TrustSet{Schema: receipt.TrustSchema, Kernels: []receipt.TrustedKernel{{Key: kernel.Public(), Logs: []string{replayLog}}}}
}

// tree is the RFC 6962 tree over leaves, with the audit path of each.
func tree(leaves [][]byte) (root wire.Digest, paths [][]wire.Digest) {
	if len(leaves) == 1 {
		return receipt.LeafHash(leaves[0]), [][]wire.Digest{{}}
	}
	k := 1
	for k*2 < len(leaves) {
		k *= 2
	}
	left, lp := tree(leaves[:k])
	right, rp := tree(leaves[k:])
	for i := range lp {
		lp[i] = append(lp[i], right)
	}
	for i := range rp {
		rp[i] = append(rp[i], left)
	}
	return receipt.NodeHash(left, right), append(lp, rp...)
}

var (
	plainArgs  = `{"path":"/data/a.txt"}`
	secretArgs = `{"path":"/data/secret/a.txt"}`
)

func TestReplayClasses(t *testing.T) {
	const approval = "CHIO-APPROVAL-UNAVAILABLE"
	cases := map[string]struct {
		entry
		same  bool // else diverged, unless one of the next
		none  bool // not evaluable
		other bool
	}{
		"allowed":                        {entry: entry{verdict: receipt.Allow, tool: "read_file", args: plainArgs}, same: true},
		"allowed, now denied":            {entry: entry{verdict: receipt.Allow, tool: "read_file", args: secretArgs}},
		"ran without an answer":          {entry: entry{verdict: receipt.Incomplete, tool: "read_file", args: plainArgs, step: 11}, same: true},
		"ran, now denied":                {entry: entry{verdict: receipt.Cancelled, tool: "read_file", args: secretArgs, step: 11}},
		"result withheld":                {entry: entry{verdict: receipt.Deny, tool: "read_file", args: plainArgs, step: 12, code: "CHIO-OUTPUT-BLOCKED"}, same: true},
		"denied by the policy":           {entry: entry{verdict: receipt.Deny, tool: "read_file", args: secretArgs, step: 8, boundBy: "local", code: "CHIO-GUARD-DENIED"}, same: true},
		"denied by the policy, now not":  {entry: entry{verdict: receipt.Deny, tool: "read_file", args: plainArgs, step: 8, boundBy: "local", code: "CHIO-GUARD-DENIED"}},
		"denied by the treaty":           {entry: entry{verdict: receipt.Deny, tool: "read_file", args: secretArgs, step: 8, boundBy: "peer_terms", code: "CHIO-GUARD-DENIED"}, other: true},
		"denied for the budget":          {entry: entry{verdict: receipt.Deny, tool: "read_file", args: secretArgs, step: 10, code: "CHIO-BUDGET-EXCEEDED"}, other: true},
		"denied before the policy":       {entry: entry{verdict: receipt.Deny, tool: "read_file", args: plainArgs, step: 3, code: "CHIO-CAP-EXPIRED"}, other: true},
		"pending":                        {entry: entry{verdict: receipt.PendingApproval, tool: "delete_file", args: plainArgs, step: 9, boundBy: "local", code: approval}, same: true},
		"pending, now allowed":           {entry: entry{verdict: receipt.PendingApproval, tool: "read_file", args: plainArgs, step: 9, boundBy: "local", code: approval}},
		"pending by the capability":      {entry: entry{verdict: receipt.PendingApproval, tool: "read_file", args: plainArgs, step: 9, code: approval}, same: true},
		"denied for want of an approver": {entry: entry{verdict: receipt.Deny, tool: "delete_file", args: plainArgs, step: 9, boundBy: "local", code: approval}, same: true},
		"approved":                       {entry: entry{verdict: receipt.Allow, tool: "delete_file", args: plainArgs, boundBy: "local", approved: true}, same: true},
		"approved, policy needed none":   {entry: entry{verdict: receipt.Allow, tool: "read_file", args: plainArgs, boundBy: "local", approved: true}},
		"approved for the capability":    {entry: entry{verdict: receipt.Allow, tool: "read_file", args: plainArgs, approved: true}, same: true},
		"not approved, policy asks":      {entry: entry{verdict: receipt.Allow, tool: "delete_file", args: plainArgs}},
		"arguments not in the record":    {entry: entry{verdict: receipt.Allow, tool: "read_file", args: secretArgs, masked: true}, none: true},
	}
	p := compiled(t, strict)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			doc, trust := recordedBundle(t, p, tc.entry)
			r := offline.ReplayBundles([]offline.BundleFile{{Name: "b", Doc: doc}}, offline.Options{Trust: trust}, p)
			diverged := !tc.same && !tc.none && !tc.other
			if !r.Verified || r.Receipts != 1 || r.SamePolicy != 1 || (r.Same == 1) != tc.same || (r.NotEvaluable == 1) != tc.none ||
				(r.Elsewhere == 1) != tc.other || (r.Diverged == 1) != diverged || (r.First != nil) != diverged || (r.Code == offline.CodeDrift) != diverged {
				t.Fatalf("%+v %+v", r, r.First)
			}
		})
	}
}

// TestReplayNamesTheFirst: of several divergences the first is named, with the
// rule that decides now.
func TestReplayNamesTheFirst(t *testing.T) {
	then, now := compiled(t, loose), compiled(t, strict)
	allow := func(args string) entry { return entry{verdict: receipt.Allow, tool: "read_file", args: args} }
	doc, trust := recordedBundle(t, then, allow(plainArgs), allow(secretArgs), allow(secretArgs))
	file := offline.BundleFile{Name: "b.json", Doc: doc}
	r := offline.ReplayBundles([]offline.BundleFile{file, file}, offline.Options{Trust: trust}, now) // a file twice counts once
	if r.Receipts != 3 || r.Same != 1 || r.Diverged != 2 || r.SamePolicy != 0 || len(r.Logs) != 1 || !r.Logs[0].Complete {
		t.Fatalf("%+v", r)
	}
	d := r.First
	if d.Index != 1 || d.Pointer != "/decision/verdict" || d.Recorded != "allow" || d.Now != "deny" || d.Guard != "forbidden-path" || !strings.HasPrefix(d.Rule, "rules.forbidden_paths") {
		t.Errorf("%+v", d)
	}
	if r := offline.ReplayBundles([]offline.BundleFile{file}, offline.Options{Trust: trust}, then, now); r.Diverged != 2 {
		t.Errorf("of two policies both must allow: %+v", r)
	}
	root := key(t, 107).Public()
	if r := offline.ReplayBundles([]offline.BundleFile{file}, offline.Options{KernelRoot: &root}, then); r.Same != 3 || r.SamePolicy != 3 || r.Code != "" {
		t.Errorf("the same policy: %+v", r)
	}
}

func TestReplayUnverifiable(t *testing.T) {
	p := compiled(t, loose)
	doc, trust := recordedBundle(t, p, entry{verdict: receipt.Allow, tool: "read_file", args: plainArgs})
	other, _ := recordedBundle(t, p, entry{verdict: receipt.Allow, tool: "write_file", args: plainArgs})
	longer, _ := recordedBundle(t, p, entry{verdict: receipt.Allow, tool: "write_file", args: plainArgs}, entry{verdict: receipt.Allow, tool: "x", args: plainArgs})
	for name, tc := range map[string]struct {
		code  string
		files [][]byte
		trust *receipt.TrustSet
	}{
		"altered":        {receipt.CodeSignature, [][]byte{bytes.Replace(doc, []byte("read_file"), []byte("read_fine"), 1)}, trust},
		"another kernel": {receipt.CodeUntrusted, [][]byte{doc}, receipt.TrustKernel(key(t, 9).Public())},
		"two histories":  {receipt.CodeEquivocation, [][]byte{doc, other}, trust},
		"two leaves":     {receipt.CodeEquivocation, [][]byte{doc, longer}, trust},
		"no trust":       {receipt.CodeTrust, [][]byte{doc}, nil},
		"not a bundle":   {receipt.CodeFormat, [][]byte{[]byte(`{"schema":"x"}`)}, trust},
	} {
		var files []offline.BundleFile
		for _, d := range tc.files {
			files = append(files, offline.BundleFile{Name: "f", Doc: d})
		}
		if r := offline.ReplayBundles(files, offline.Options{Trust: tc.trust}, p); r.Verified || r.Code != tc.code {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if _, err := offline.LoadPolicy(filepath.Join(t.TempDir(), "none.yaml")); err == nil {
		t.Error("a policy that is not there")
	}
	if _, err := offline.LoadPolicy("builtin:default"); err != nil {
		t.Error(err)
	}
}
