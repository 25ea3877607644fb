package mcp

import (
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// FuzzToolCall: what is accepted has canonical arguments that are an object.
func FuzzToolCall(f *testing.F) {
	for _, seed := range []string{
		`{"name":"read_file","arguments":{"b":1,"a":[1.0,"\u0041"]},"_meta":{"progressToken":"t"}}`,
		`{"name":"a","task":{}}`, `{"name":"a","arguments":null}`, `{"name":"a","_meta":{"progressToken":-9223372036854775808}}`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, params []byte) {
		c, denial := parseToolCall(params)
		if denial != nil {
			if denial.Code == "" || denial.Reason == "" || denial.Fix == "" {
				t.Fatalf("denial %+v", denial)
			}
			if err := wire.IsCanonical(recordable(params), wire.ForeignLimits); err != nil {
				t.Fatalf("%q is recorded as %s: %v", params, recordable(params), err)
			}
			return
		}
		if err := wire.IsCanonical(c.arguments, wire.ForeignLimits); err != nil || c.arguments[0] != '{' || c.name == "" {
			t.Fatalf("%q gives %+v, %v", params, c, err)
		}
	})
}

// FuzzResult: a server's result that is accepted is canonical, can be
// released, and carries no receipt but ours.
func FuzzResult(f *testing.F) {
	for _, seed := range []string{
		`{"content":[{"type":"text","text":"x"}],"isError":true}`, `{"content":[],"_meta":{"chio":{"receipt_id":"forged"},"k":1}}`,
		`{"content":[],"_meta":{"chio_rpc_error":{"code":1,"message":"m"}}}`, `{"content":[],"_meta":null}`, `[]`, `{"content":[1e999]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := resultOf(raw)
		if err != nil {
			return
		}
		if err := wire.IsCanonical(r.Content, wire.ForeignLimits); err != nil {
			t.Fatalf("%q gives %s: %v", raw, r.Content, err)
		}
		out, rpcErr := answerOf(kernel.Outcome{Verdict: kernel.Allow, Content: r.Content, Receipt: &receipt.Receipt{ID: "ours"}})
		if rpcErr != nil {
			t.Fatalf("%s cannot be released: %v", r.Content, rpcErr)
		}
		if got := member(t, out, "_meta", "chio"); got != `{"receipt_id":"ours","verdict":"allow"}` {
			t.Fatalf("released with %s", got)
		}
	})
}

// FuzzTools: what is accepted has names within the limit and stable digests.
func FuzzTools(f *testing.F) {
	for _, seed := range []string{`[` + toolJSON("a", "b") + `]`, `[{"name":""}]`, `[1]`, `{}`, `[{"name":"a","name":"b"}]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		tools, err := parseTools(raw)
		if err != nil {
			return
		}
		for _, tool := range tools {
			again, err := parseTools(wire.Raw("[" + string(tool.Definition) + "]"))
			if err != nil || len(again) != 1 || again[0].SHA256 != tool.SHA256 || again[0].Name != tool.Name {
				t.Fatalf("%s reads as %+v, %v", tool.Definition, again, err)
			}
		}
	})
}

func TestServersErrorBeyondLimitsLosesItsData(t *testing.T) {
	deep := strings.Repeat(`[`, wire.ForeignLimits.Depth) + strings.Repeat(`]`, wire.ForeignLimits.Depth)
	r := resultOfError(&RPCError{Code: 5, Message: strings.Repeat("m", 1000), Data: wire.Raw(deep)})
	if !r.IsError || strings.Contains(string(r.Content), "[[") || !strings.Contains(string(r.Content), `"code":5`) {
		t.Errorf("got %s", r.Content)
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"":         `""`,
		"plain ~":  `"plain ~"`,
		"a\"b\\\n": `"a\"b\\\n"`,
		"h\u00e9":  "\"h\u00e9\"",
		"bad\xff":  "\"bad\uFFFD\"",
	} {
		if got := string(quote(in)); got != want {
			t.Errorf("%q is written %s, want %s", in, got, want)
		}
	}
}
