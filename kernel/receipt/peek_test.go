package receipt

import (
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

// TestPeekAgreesWithParse: what a list shows is what the receipt says, whatever
// its parameters look like.
func TestPeekAgreesWithParse(t *testing.T) {
	key, agent := seedKey(t, 7), seedKey(t, 8)
	r := sample()
	r.Action.Parameters = wire.Raw(`{"id":"decoy","metadata":{"code":"decoy"},"tool_name":"\"}{\\"}`)
	r.ToolName, r.ToolServer = "tool \"é\" \\", "did:chio:x/files"
	r.Metadata = wire.Raw(`{"attribution":{"subject_key":"` + agent.Public().String() + `"},"code":"CHIO-X","financial":{"cost_charged":18446744073709551615,"currency":"USD"}}`)
	doc := mustSign(t, r, key)
	b, err := Peek(doc)
	if err != nil {
		t.Fatal(err)
	}
	want := Brief{ID: r.ID, Timestamp: r.Timestamp, CapabilityID: r.CapabilityID, Server: r.ToolServer, Tool: r.ToolName, Outcome: Allow,
		Code: "CHIO-X", Agent: agent.Public(), Charged: 1<<64 - 1, Currency: "USD"}
	if b != want {
		t.Errorf("got %+v\nwant %+v", b, want)
	}
	observed := []byte(`{"observation_outcome":"dropped","timestamp":"soon","tool_name":7}`)
	if b, err = Peek(observed); err != nil || b != (Brief{Outcome: Dropped}) {
		t.Errorf("got %+v, %v", b, err)
	}
	for _, doc := range []string{"", "x", "[]", `"id"`, "7"} {
		if _, err := Peek([]byte(doc)); codeOf(err) != CodeFormat {
			t.Errorf("%q: %v", doc, err)
		}
	}
}

// FuzzPeek: bytes that are not even JSON do no harm, and a receipt's brief is
// what the strict decoder finds.
func FuzzPeek(f *testing.F) {
	addVectors(f, "*_valid.json")
	f.Add([]byte(`{"x`))
	f.Add([]byte(`{"id":"\`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		b, err := Peek(doc)
		if err != nil {
			return
		}
		r, err := Parse(doc)
		if err != nil || !isCanonical(doc) { // in this order: the second takes syntax for granted
			return
		}
		if b.ID != r.ID || b.Timestamp != r.Timestamp || b.Server != r.ToolServer || b.Tool != r.ToolName || b.CapabilityID != r.CapabilityID {
			t.Fatalf("brief %+v of %s", b, doc)
		}
	})
}
