package offline

import (
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

func seeded(t *testing.T, b byte) *wire.Key {
	t.Helper()
	seed := make([]byte, 32)
	seed[0] = b
	k, err := wire.KeyFromSeed(seed)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestDeactivationFile: a record is told apart from one that ends nobody.
func TestDeactivationFile(t *testing.T) {
	org, other := seeded(t, 1), seeded(t, 2)
	d := did.Deactivation{Schema: did.SchemaDeactivation, DID: did.FromKey(org.Public()), Sequence: 1, At: 1_790_000_000, Reason: "closed"}
	for name, c := range map[string]struct {
		change func(*did.Deactivation)
		by     *wire.Key
		want   string
	}{
		"sound":              {func(*did.Deactivation) {}, org, ""},
		"by another":         {func(*did.Deactivation) {}, other, "CHIO-VERIFY-SIGNATURE"},
		"without a reason":   {func(d *did.Deactivation) { d.Reason = "" }, org, "CHIO-VERIFY-DEACTIVATION"},
		"succeeds itself":    {func(d *did.Deactivation) { d.Successor = d.DID }, org, "CHIO-VERIFY-DEACTIVATION"},
		"an unsigned draft":  {func(d *did.Deactivation) { d.Successor = did.FromKey(other.Public()) }, org, "CHIO-VERIFY-SIGNATURE"},
		"without a place":    {func(d *did.Deactivation) { d.Sequence = 0 }, org, "CHIO-VERIFY-DEACTIVATION"},
		"of nobody":          {func(d *did.Deactivation) { d.DID = "" }, org, "CHIO-VERIFY-DEACTIVATION"},
		"a reason of a book": {func(d *did.Deactivation) { d.Reason = strings.Repeat("x", 257) }, org, "CHIO-VERIFY-DEACTIVATION"},
	} {
		body := d
		c.change(&body)
		env, err := wire.Seal(did.SchemaDeactivation, body, c.by)
		if err != nil {
			t.Fatal(err)
		}
		f := File(name, env.Bytes(), Options{})
		if f.Integrity != (c.want == "") || !f.Integrity && f.Code != c.want || f.Kind != KindEnd {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// TestHistoryFile: a history that does not verify is refused as one.
func TestHistoryFile(t *testing.T) {
	h := did.History{Schema: did.SchemaHistory, DID: did.FromKey(seeded(t, 1).Public()), First: []*wire.Envelope{}, Events: []did.KeyEvent{}, Current: []*wire.Envelope{}}
	doc, err := h.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if f := File("empty", doc, Options{}); f.Integrity || f.Kind != KindHistory || f.Code != CodeRotation {
		t.Errorf("%+v", f)
	}
}
