package network

import (
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/wire"
)

func request(tool, args string) *guard.Request {
	c := &kernel.Call{Mandate: &kernel.Mandate{Server: "s", Tool: tool, Arguments: wire.Raw(args)}}
	return &guard.Request{Call: c, Action: guard.Extract(c)}
}

func check(t *testing.T, g guard.Guard, r *guard.Request, want kernel.Verdict, code kernel.Code, rule string) {
	t.Helper()
	d, err := g.Judge(r)
	if err != nil || d.Verdict != want || len(d.Evidence) != 1 || d.Evidence[0].Code != code || d.Evidence[0].Rule != rule {
		t.Errorf("%s %s: %v %+v %v, want %v %s %s", r.Call.Mandate.Tool, r.Call.Mandate.Arguments, d.Verdict, d.Evidence, err, want, code, rule)
	}
}
