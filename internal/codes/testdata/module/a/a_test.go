package a_test

import (
	"testing"

	"example.org/m/a"
)

func TestF(t *testing.T) {
	if code, text, _ := a.F(""); code != a.CodeUsed || text+"!" != "CHIO-A-LITERAL!" {
		t.Fail()
	}
}
