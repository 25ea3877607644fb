//go:build unix

package tour

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/approval"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// solo is one organisation whose local agent reads files for money, under a
// capability and a tree of budgets.
type solo struct {
	*org
	capability string
	log        []string // receipt ids of the log as it was last looked at
	calls      uint64   // that hold their price
}

// soloLimit is what the agent's capability and its organisation's budget hold,
// in calls.
const soloLimit = 40

const soloPolicy = `hushspec: "0.1.0"
name: solo
rules:
  tool_access:
    enabled: true
    require_confirmation: [list_directory]
    default: allow
`

func newSolo(t *testing.T) *solo {
	t.Helper()
	w := newWorld(t)
	s := &solo{org: w.acme}
	s.ok(nil, "init", "--name", "acme")
	w.write("acme/policy.yaml", soloPolicy)
	limit := fmt.Sprintf("%d.%02d USD", soloLimit*readPrice/100, soloLimit*readPrice%100)
	w.write("acme/chio-node.yaml", fmt.Sprintf("name: acme\npolicy: policy.yaml\nbudgets:\n  - id: org\n    window: total\n    max_cost: %s\n"+
		"  - id: readers\n    parent: org\n    window: total\n    max_cost: %s\n    agents: [local]\n", limit, limit))
	s.listen = tcp
	s.start()
	s.serve()
	var c node.CapabilityInfo
	s.ok(&c, "capability", "issue", "--agent", "local", "--server", "files", "--tool", "read_file", "--tool", "list_directory", "--max-total", limit)
	s.capability = c.ID
	return s
}

// again brings a killed node up, with its tools.
func (s *solo) again() {
	s.t.Helper()
	s.start()
	s.tools.wait() // it lost its node
	s.serve()
}

// dieDuring makes a call that kills the node at a failpoint, and restarts it.
func (s *solo) dieDuring(point string, hit int, args ...string) {
	s.t.Helper()
	s.arm(point, hit)
	calling := spawn(s.t, "call", s.w.dir, s.env(), nodeProgram, append([]string{"--json", "call"}, args...)...)
	s.crashed()
	if code := calling.wait(); code != node.ExitFailure {
		s.t.Fatalf("%s#%d: the call of a node that died ended with %d: %s", point, hit, code, calling.out)
	}
	s.again()
}

// repeated are the refusals of a call that had ended when it was sent again.
var repeated = map[string]bool{string(kernel.CodeDuplicateCall): true, string(approval.CodeUsed): true}

// check audits the log and the accounts after one kill and returns what is new
// in the log, call by call.
//
//	I1   no call has two terminal receipts, but for the refusals of a call id
//	     that had ended when it was sent again
//	I2   capability, budget tree and every account are exact
//	I6   the receipts of before stand where they stood, and all verify offline
//	I11  the store opened, and its head is not behind
func (s *solo) check(what string) map[string][]string {
	s.t.Helper()
	s.ok(nil, "receipt", "export", "--out", s.w.path("solo.bundle.json"), "--trust-out", s.w.path("solo.trust.json"))
	if r := s.w.chioVerify("bundle", s.w.path("solo.bundle.json"), "--trust", s.w.path("solo.trust.json")); r.exit != node.ExitOK {
		s.t.Fatalf("%s: the log does not verify: %s", what, r)
	}
	fresh, ended := map[string][]string{}, map[string]bool{}
	entries := s.entries("solo.bundle.json")
	for i, e := range entries {
		if e.terminal && ended[e.call] && !repeated[e.code] {
			s.t.Fatalf("%s: call %s ended twice: %+v", what, e.call, e)
		}
		ended[e.call] = ended[e.call] || e.terminal
		if i >= len(s.log) {
			fresh[e.call] = append(fresh[e.call], e.verdict)
			s.log = append(s.log, e.receipt)
		} else if s.log[i] != e.receipt {
			s.t.Fatalf("%s: receipt %d was %s and is %s", what, i, s.log[i], e.receipt)
		}
	}
	if len(entries) < len(s.log) {
		s.t.Fatalf("%s: the log had %d receipts and has %d", what, len(s.log), len(entries))
	}
	s.checkMoney(what)
	return fresh
}

func (s *solo) checkMoney(what string) {
	s.t.Helper()
	if s.capability != "" {
		s.checkCapability(what)
	}
	s.checkTree(what)
	var audit node.BudgetAudit
	s.ok(&audit, "budget", "audit")
	if len(audit.Problems) != 0 || audit.Open != 0 {
		s.t.Fatalf("%s: %+v", what, audit)
	}
}

func (s *solo) checkCapability(what string) {
	s.t.Helper()
	var c node.CapabilityInfo
	s.ok(&c, "capability", "inspect", s.capability)
	if b := c.Budgets[0]; b.Spent != s.calls*readPrice || b.Invocations != s.calls {
		s.t.Fatalf("%s: %d calls at %d, the capability has %+v", what, s.calls, readPrice, b)
	}
}

func (s *solo) checkTree(what string) {
	s.t.Helper()
	var list node.BudgetList
	s.ok(&list, "budget", "list")
	for _, b := range list.Budgets {
		if s.calls == 0 {
			continue // nothing was ever counted
		}
		if len(b.Ever.Purses) != 1 || b.Spent == nil || b.Spent.Units != s.calls*readPrice {
			s.t.Fatalf("%s: %d calls, budget %s: %+v", what, s.calls, b.ID, b)
		}
		p := b.Ever.Purses[0]
		if p.Outstanding != 0 || p.Reserved != p.Committed+p.Released+p.Retained || p.Committed+p.Retained != s.calls*readPrice {
			s.t.Fatalf("%s: budget %s: %+v", what, b.ID, p)
		}
	}
}

// soloKills are the numbered steps of a call and what each leaves: "" is
// nothing at all, and the same call may be sent again.
var soloKills = []crash{
	{failpoint: "step1.after", hit: 1},
	{failpoint: "step2.parsed", hit: 1},
	{failpoint: "step2.after", hit: 1},
	{failpoint: "step3.after", hit: 1},
	{failpoint: "step4.after", hit: 1},
	{failpoint: "step5.after", hit: 1},
	{failpoint: "step6.after", hit: 1},
	{failpoint: "step7.after", hit: 1},
	{failpoint: "step8.after", hit: 1},
	{failpoint: "step9.after", hit: 1},
	{failpoint: "hold.after", hit: 1},
	{failpoint: "admit.after", hit: 1, origin: receipt.Incomplete},
	{failpoint: "dispatch.before", hit: 1, origin: receipt.Incomplete},
	{failpoint: "dispatch.after", hit: 1, origin: receipt.Incomplete},
	{failpoint: "close.before", hit: 1, origin: receipt.Incomplete},
	{failpoint: "close.before", hit: 2, origin: receipt.Incomplete},
	{failpoint: "close.after", hit: 1, origin: receipt.Allow},
}

// TestI1_KillAtEveryStep kills a real node at every numbered step of a call.
// Whatever was decided and not admitted never happened and may be sent again;
// whatever was admitted has one terminal receipt, and its price stays counted.
func TestI1_KillAtEveryStep(t *testing.T) {
	t.Parallel()
	s := newSolo(t)
	s.check("before")
	for _, row := range soloKills {
		id, err := wire.NewUUIDv7(1_700_000_000_000, bytes.NewReader([]byte(strings.Repeat(fmt.Sprintf("%-10s", row.name()[len(row.name())-10:]), 3))))
		if err != nil {
			t.Fatal(err)
		}
		call := []string{"files", "read_file", readNote, "--call-id", id}
		s.dieDuring(row.failpoint, row.hit, call...)
		if row.origin != "" {
			s.calls++
		}
		fresh := s.check(row.name())
		if got := strings.Join(fresh[id], " "); got != row.origin || len(fresh) > 1 {
			t.Fatalf("%s: the log says %v, want %q", row.name(), fresh, row.origin)
		}
		// The same call again: it runs if it never happened, and never twice.
		r := s.run(append([]string{"call"}, call...)...)
		var a node.CallAnswer
		s.decode(r, &a)
		if row.origin == "" && a.Ended != receipt.Allow || row.origin != "" && a.Ended == receipt.Allow {
			t.Fatalf("%s: sent again: %s", row.name(), r)
		}
		if row.origin == "" {
			s.calls++
		}
		s.checkAgain(row, id)
	}
}

// checkAgain looks at the repeated call: a call id that ended is refused, which
// is a receipt of its own that charges nothing.
func (s *solo) checkAgain(row crash, id string) {
	s.t.Helper()
	if row.origin == "" {
		if fresh := s.check(row.name() + " again"); strings.Join(fresh[id], " ") != receipt.Allow {
			s.t.Fatalf("%s: sent again, the log says %v", row.name(), fresh)
		}
		return
	}
	s.checkMoney(row.name() + " again")
	s.ok(nil, "receipt", "export", "--out", s.w.path("solo.bundle.json"), "--trust-out", s.w.path("solo.trust.json"))
	for _, e := range s.entries("solo.bundle.json")[len(s.log):] {
		if e.call != id || e.verdict != receipt.Deny || e.charged != 0 {
			s.t.Fatalf("%s: a call that had ended left %+v", row.name(), e)
		}
		s.log = append(s.log, e.receipt)
	}
}
