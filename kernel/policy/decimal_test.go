package policy

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/wire"
)

func TestDecimal(t *testing.T) {
	for text, want := range map[string]string{
		"1": "1", "0": "0", "10.0": "10", "1.5": "1.5", "0.000001": "0.000001", "-0.5": "-0.5", "-0": "0",
		"007": "7", "1000000000": "1000000000", "999999999.999999": "999999999.999999", "-1000000000.000000": "-1000000000",
	} {
		d, err := ParseDecimal(text)
		if err != nil || d.String() != want {
			t.Errorf("%s: %s, %v, want %s", text, d, err, want)
		}
	}
	for _, text := range []string{
		"", ".", "1.", ".5", "-", "1e3", "1E3", "+1", "0x1", "1_000", "1.0000001", "1000000000.000001", "1000000001",
		"99999999999999999999", "NaN", ".inf", "1.2.3", " 1", "--1",
	} {
		if d, err := ParseDecimal(text); err == nil {
			t.Errorf("%q is read as %s", text, d)
		}
	}
}

// A decimal is its own canonical form, whichever way it is printed.
func TestDecimalIsCanonical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Decimal(rapid.Int64Range(-int64(maxDecimal), int64(maxDecimal)).Draw(t, "millionths"))
		b, err := wire.Marshal(d)
		if err != nil || string(b) != d.String() {
			t.Fatalf("%s is printed as %s (%v)", d, b, err)
		}
		if c, err := wire.Canonicalize(b, wire.DocumentLimits); err != nil || string(c) != string(b) {
			t.Fatalf("%s has the canonical form %s (%v)", b, c, err)
		}
		var back struct {
			V Decimal `json:"v"`
		}
		if err := wire.UnmarshalCanonical([]byte(`{"v":`+string(b)+`}`), &back, wire.DocumentLimits); err != nil || back.V != d {
			t.Fatalf("%s reads back as %s (%v)", b, back.V, err)
		}
	})
	if _, err := wire.Marshal(maxDecimal + 1); err == nil {
		t.Error("a decimal over the limit is printed")
	}
	var d Decimal
	if err := wire.Unmarshal([]byte(`"1"`), &d, wire.DocumentLimits); err == nil || !strings.Contains(err.Error(), "decimal") {
		t.Errorf("a string is read as a decimal: %v", err)
	}
}
