package secrets_test

import (
	"testing"

	"github.com/backbay-labs/chio-node/internal/corpus"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards/secrets"
	"github.com/backbay-labs/chio-node/wire"
)

// judged runs the guard as a call does: the text is an argument of a tool.
func judged(t *testing.T, g *secrets.Leak, text string) kernel.Verdict {
	t.Helper()
	args := wire.MustMarshal(map[string]string{"text": text})
	call := &kernel.Call{Mandate: &kernel.Mandate{Tool: "post_message", Arguments: args}}
	d, err := g.Judge(&guard.Request{Call: call, Action: guard.Extract(call)})
	if err != nil {
		t.Fatal(err)
	}
	return d.Verdict
}

// Credentials as they stand in files, headers, diffs and code, and what
// resembles them, in a message that a tool is asked to post.
func TestSecretCorpus(t *testing.T) {
	g, err := secrets.New(secrets.Config{})
	if err != nil {
		t.Fatal(err)
	}
	corpus.Measure(t, "secret-leak", "secrets", corpus.Floor{Recall: 980, Precision: 980}, func(it corpus.Item) bool {
		return judged(t, g, it.Text) == kernel.Deny
	})
}
