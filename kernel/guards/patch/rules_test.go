package patch

import (
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
)

// Each rule of completeness, on a text that breaks that one alone.
func TestEachWayAPatchIsReadTwice(t *testing.T) {
	good := diff(1, 1)
	g := must(t, Config{MaxAdditions: 1000, MaxDeletions: 1000})
	if d, err := g.Judge(apply(good)); err != nil || d.Verdict != kernel.Allow {
		t.Fatalf("%+v %v", d, err)
	}
	for name, text := range map[string]string{
		"1 an addition":          good + "text\n+y\n",
		"2 a deletion":           good + "text\n-y\n",
		"3 a hunk of context":    good + "text\n@@ -1 +1 @@ of nothing\n",
		"4 a changed line":       good + "! y\n",
		"4 a row of stars":       good + "***************\n",
		"4 an ed command":        good + "12,14c\n",
		"4 a line of normal":     good + "< y\n",
		"a mark behind a file":   "*** Begin Patch\n*** Add File: a\n+x\n*** Rename File: b\n*** End Patch\n",
		"a deletion in a new":    "*** Begin Patch\n*** Add File: a\n+x\n-y\n*** End Patch\n",
		"an addition in an old":  "*** Begin Patch\n*** Delete File: a\n+y\n*** End Patch\n",
		"a move of nothing":      "*** Begin Patch\n*** Add File: a\n*** Move to: b\n*** End Patch\n",
		"a file without a name":  "*** Begin Patch\n*** Add File: \n+x\n*** End Patch\n",
		"text behind the begin":  "*** Begin Patch now\n*** Add File: a\n+x\n*** End Patch\n",
		"text behind the end":    "*** Begin Patch\n*** Add File: a\n+x\n*** End Patch\nmore\n",
		"an end that is missing": "*** Begin Patch\n*** Add File: a\n+x\n",
	} {
		if d, err := g.Judge(apply(text)); err != nil || d.Verdict != kernel.Deny || d.Evidence[0].Code != CodePatch {
			t.Errorf("%s: %+v %v", name, d, err)
		}
	}
	few := must(t, Config{MaxAdditions: 1000, MaxDeletions: 10})
	deleting := "*** Begin Patch\n*** Delete File: a\n\n*** End Patch\n"
	if d, err := few.Judge(apply(deleting)); err != nil || d.Verdict != kernel.Deny || d.Evidence[0].Rule != "rules.patch_integrity.max_deletions" {
		t.Errorf("a file that goes: %+v %v", d, err)
	}
	if !balanced(0, 0, 1) || balanced(1, 0, 1<<40) || !balanced(10, 1, 10*ratioUnit) || balanced(11, 1, 10*ratioUnit) {
		t.Error("the balance of two sides")
	}
}
