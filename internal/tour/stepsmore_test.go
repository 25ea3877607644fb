//go:build unix

package tour

import (
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/node"
)

const listAll = `{"path":"."}`

// TestI1_KillAroundApproval kills a node between an approver's word and the
// call it was for, and while that call uses it up. The approval is used once or
// not at all, and the call ends once.
func TestI1_KillAroundApproval(t *testing.T) {
	t.Parallel()
	s := newSolo(t)
	for _, row := range []crash{
		{failpoint: "between", origin: receipt.PendingApproval},
		{failpoint: "step9.after", hit: 1, origin: receipt.PendingApproval},
		{failpoint: "hold.after", hit: 1, origin: receipt.PendingApproval},
		{failpoint: "admit.after", hit: 1, origin: receipt.Incomplete},
		{failpoint: "close.before", hit: 1, origin: receipt.Incomplete},
		{failpoint: "close.after", hit: 1, origin: receipt.Allow},
	} {
		asked := s.call("local", "files", "list_directory", listAll)
		if asked.Ended != receipt.PendingApproval || asked.ApprovalID == "" {
			t.Fatalf("%s: %+v", row.name(), asked)
		}
		s.ok(nil, "approve", "grant", asked.ApprovalID)
		resume := []string{"files", "list_directory", listAll, "--call-id", asked.CallID}
		if row.hit == 0 {
			s.up.kill()
			s.again()
		} else {
			s.dieDuring(row.failpoint, row.hit, resume...)
		}
		words := strings.Join(s.check(row.name())[asked.CallID], " ")
		want := receipt.PendingApproval
		if row.origin != receipt.PendingApproval {
			want += " " + row.origin
		}
		if words != want {
			t.Fatalf("%s: the log says %q, want %q", row.name(), words, want)
		}
		var a node.CallAnswer
		r := s.run(append([]string{"call"}, resume...)...)
		s.decode(r, &a)
		if (row.origin == receipt.PendingApproval) != (a.Ended == receipt.Allow) {
			t.Fatalf("%s: resumed after the restart: %s", row.name(), r)
		}
		if row.origin == receipt.PendingApproval {
			if words := strings.Join(s.check(row.name() + " resumed")[asked.CallID], " "); words != receipt.Allow {
				t.Fatalf("%s: resumed, and the log says %q", row.name(), words)
			}
		} else {
			s.skip()
		}
	}
}

// skip takes what a refused repetition left in the log as seen.
func (s *solo) skip() {
	s.t.Helper()
	s.ok(nil, "receipt", "export", "--out", s.w.path("solo.bundle.json"), "--trust-out", s.w.path("solo.trust.json"))
	for _, e := range s.entries("solo.bundle.json")[len(s.log):] {
		if e.verdict != receipt.Deny {
			s.t.Fatalf("a call that had ended left %+v", e)
		}
		s.log = append(s.log, e.receipt)
	}
}

// TestI6_KillDuringRotation kills `key rotate` at each of its places. The next
// start finishes what was committed; every receipt stays in the log, whichever
// key signed it, and the node serves.
func TestI6_KillDuringRotation(t *testing.T) {
	t.Parallel()
	s := newSolo(t)
	s.capability = "" // it ends with its issuer's key
	// Every opening passes rotate.head once, to finish what the last one began.
	for point, hit := range map[string]int{"rotate.before": 1, "rotate.committed": 1, "rotate.head": 2} {
		s.ok(nil, "capability", "issue", "--agent", "local", "--server", "files", "--tool", "read_file")
		if a := s.call("local", "files", "read_file", readNote); a.Ended != receipt.Allow {
			t.Fatalf("before %s: %+v", point, a)
		}
		s.calls++
		s.check("before " + point)
		var before, after node.Status
		s.ok(&before, "status")
		if code := s.up.interrupt(); code != node.ExitOK {
			t.Fatalf("before %s: the node stopped with %d", point, code)
		}
		s.arm(point, hit)
		rotating := spawn(t, "key rotate", s.w.dir, append(s.env(), failpointVariable+"="+s.failpointFile()), nodeProgram, "--json", "key", "rotate", "kernel", "--yes")
		if code := rotating.wait(); code != -1 {
			t.Fatalf("%s: the rotation ended with %d: %s", point, code, rotating.out)
		}
		s.disarm()
		s.again()
		s.check(point)
		s.ok(&after, "status")
		if changed := before.KernelKey != after.KernelKey; changed != (point != "rotate.before") || !after.Ready {
			t.Fatalf("%s: the kernel key was %s and is %s: %+v", point, before.KernelKey, after.KernelKey, after)
		}
	}
}
