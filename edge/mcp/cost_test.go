package mcp

import (
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

// A cost counts only if it is exactly an amount; whatever it is, the caller
// does not see it.
func TestReportedCost(t *testing.T) {
	tests := map[string]*wire.MonetaryAmount{
		`{"units":3,"currency":"USD"}`:                  {Units: 3, Currency: "USD"},
		`{"currency":"USD","units":0}`:                  {Currency: "USD"},
		`{"units":9007199254740991,"currency":"USD"}`:   {Units: wire.MaxUnits, Currency: "USD"},
		`{"units":9007199254740992,"currency":"USD"}`:   nil,
		`{"units":18446744073709551616,"currency":"U"}`: nil,
		`{"units":-1,"currency":"USD"}`:                 nil,
		`{"units":3.5,"currency":"USD"}`:                nil,
		`{"units":3e0,"currency":"USD"}`:                nil,
		`{"units":"3","currency":"USD"}`:                nil,
		`{"units":3}`:                                   nil,
		`{"currency":"USD"}`:                            nil,
		`{"units":3,"currency":""}`:                     nil,
		`{"units":3,"currency":"USD","tip":1}`:          nil,
		`{"Units":3,"currency":"USD"}`:                  nil,
		`null`:                                          nil,
		`3`:                                             nil,
		`[]`:                                            nil,
	}
	for report, want := range tests {
		r, err := resultOf(wire.Raw(`{"content":[],"_meta":{"chio/cost":` + report + `,"other":1}}`))
		if err != nil {
			t.Errorf("%s: %v", report, err)
			continue
		}
		if (r.Cost == nil) != (want == nil) || want != nil && *r.Cost != *want {
			t.Errorf("%s: cost %+v, want %+v", report, r.Cost, want)
		}
		if got := string(r.Content); got != `{"_meta":{"other":1},"content":[]}` {
			t.Errorf("%s: the caller sees %s", report, got)
		}
	}
	for _, doc := range []string{`{"content":[]}`, `{"content":[],"_meta":{}}`, `{"content":[],"_meta":{"cost":{"units":3,"currency":"USD"}}}`} {
		if r, err := resultOf(wire.Raw(doc)); err != nil || r.Cost != nil {
			t.Errorf("%s: cost %+v, %v", doc, r.Cost, err)
		}
	}
	if _, err := resultOf(wire.Raw(`{"content":[],"_meta":{"chio/cost":{"units":3,"units":4,"currency":"USD"}}}`)); err == nil || !strings.Contains(err.Error(), "duplicate") {
		t.Errorf("a duplicate key: %v", err)
	}
}
