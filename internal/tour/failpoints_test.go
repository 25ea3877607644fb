//go:build unix

package tour

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// untoured are the places at which no process of these tests dies, and where one
// does instead, if anywhere.
var untoured = map[string]string{
	"batch.accepted":               "settlement/x402 TestI7_BatchSellerThatDies, within one process",
	"batch.claimed":                "the same",
	"batch.deposited":              "the same",
	"batch.executed":               "the same",
	"batch.settled":                "the same",
	"claim.decided_before_told":    "settlement TestI8_ACrashNeverCountsAnOutsidePaymentTwice, within one process",
	"usage.recorded_before_report": "settlement TestI7_UsageIsReportedAndBilledOnce, within one process",
	"usage.reported_before_record": "the same",
}

var failpointCall = regexp.MustCompile(`(?i)(?:failpoint|\.at)\("([a-z_]+\.?[a-z_]+)"\)`)

// TestEveryFailpointIsNamed: a place to die at that the code has is passed by a
// process that dies there, or is listed above.
func TestEveryFailpointIsNamed(t *testing.T) {
	tests, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var named strings.Builder
	for _, name := range tests {
		if text, err := os.ReadFile(name); err != nil {
			t.Fatal(err)
		} else if name != "failpoints_test.go" {
			named.Write(text)
		}
	}
	seen := map[string]bool{}
	for _, dir := range []string{"federation", "kernel", "settlement", "node"} {
		err := filepath.WalkDir(filepath.Join("..", "..", dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range failpointCall.FindAllStringSubmatch(string(text), -1) {
				seen[m[1]] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range seen {
		died, excused := strings.Contains(named.String(), `"`+name+`"`), untoured[name] != ""
		if died == excused {
			t.Errorf("failpoint %s: a process dies there: %v, listed as one where none does: %v", name, died, excused)
		}
	}
	for name := range untoured {
		if !seen[name] {
			t.Errorf("failpoint %s is listed and gone", name)
		}
	}
}
