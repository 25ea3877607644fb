package shell

import (
	"testing"

	"github.com/backbay-labs/chio-node/internal/corpus"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/wire"
)

func call(tool string, args any) *guard.Request {
	c := &kernel.Call{Mandate: &kernel.Mandate{Server: "s", Tool: tool, Arguments: wire.MustMarshal(args)}}
	return &guard.Request{Call: c, Action: guard.Extract(c)}
}

func command(text string) *guard.Request { return call("bash", map[string]string{"command": text}) }

func judged(t testing.TB, g *Guard, text string) kernel.Decision {
	t.Helper()
	d, err := g.Judge(command(text))
	if err != nil || len(d.Evidence) != 1 {
		t.Fatalf("%v %+v", err, d)
	}
	return d
}

// Command lines that destroy, exfiltrate, fetch and run or hide what they do,
// and command lines that resemble them.
func TestCommandCorpus(t *testing.T) {
	g := must(t, Config{})
	corpus.Measure(t, "shell-command", "shell", corpus.Floor{Recall: 950, Precision: 950}, func(it corpus.Item) bool {
		return judged(t, g, it.Text).Verdict != kernel.Allow
	})
}

func must(t testing.TB, c Config) *Guard {
	t.Helper()
	g, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}
