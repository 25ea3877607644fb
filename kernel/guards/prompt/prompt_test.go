package prompt

import (
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/wire"
)

func ptr(v int64) *int64 { return &v }

func request(args string) *guard.Request {
	c := &kernel.Call{Mandate: &kernel.Mandate{Server: "s", Tool: "note", Arguments: wire.Raw(args)}}
	return &guard.Request{Call: c, Action: guard.Extract(c)}
}

// say is a call that carries one text.
func say(text string) *guard.Request {
	return request(string(wire.MustMarshal(map[string]string{"text": text})))
}

func injection(t testing.TB) *Injection {
	t.Helper()
	g, err := NewInjection(InjectionConfig{WarnAtOrAbove: "suspicious", BlockAtOrAbove: "high"})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func jailbreak(t testing.TB) *Jailbreak {
	t.Helper()
	g, err := NewJailbreak(JailbreakConfig{WarnThreshold: ptr(50), BlockThreshold: ptr(80)})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func judge(t testing.TB, g guard.Guard, r *guard.Request) kernel.Decision {
	t.Helper()
	d, err := g.Judge(r)
	if err != nil || len(d.Evidence) != 1 || d.Evidence[0].Guard != g.Name() || d.Evidence[0].Verdict != d.Verdict {
		t.Fatalf("%s: %+v %v", g.Name(), d, err)
	}
	return d
}
