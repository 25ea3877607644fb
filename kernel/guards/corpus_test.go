package guards

import (
	"testing"

	"github.com/backbay-labs/chio-node/internal/corpus"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// Paths that reach credentials and system secrets, and paths that resemble
// them, as the argument of a tool that reads files.
func TestPathCorpus(t *testing.T) {
	g := defaultForbidden(t)
	corpus.Measure(t, "forbidden-path", "paths", corpus.Floor{Recall: 1000, Precision: 1000}, func(it corpus.Item) bool {
		d, err := g.Judge(request("read_file", string(wire.MustMarshal(map[string]string{"path": it.Text}))))
		if err != nil {
			t.Fatal(err)
		}
		return d.Verdict == kernel.Deny
	})
}
