package receipt

import (
	"bytes"
	"strconv"

	"github.com/backbay-labs/chio-node/wire"
)

// Brief is what indexes and lists show of a receipt. A member the receipt does
// not have is zero.
type Brief struct {
	ID           string
	Timestamp    int64 // unix seconds
	CapabilityID string
	Server, Tool string
	Outcome      string         // the decision's verdict, else the observation outcome
	Code         string         // metadata.code
	Agent        wire.PublicKey // metadata.attribution.subject_key
	Charged      uint64         // metadata.financial.cost_charged, in minor units
	Currency     string         // metadata.financial.currency
	Observed     WouldBe        // metadata.observed: zero unless guards only observed
}

// Peek reads a brief from a canonical receipt without decoding the rest of it:
// for rows that this node has verified or made, at the price of one pass over
// the bytes. It judges nothing. The error is an *Error if doc is no object.
func Peek(doc []byte) (Brief, error) {
	var b Brief
	if len(doc) < 2 || doc[0] != '{' {
		return b, refuse(CodeFormat, "receipt is not a JSON object")
	}
	for w := (walk{doc: doc, at: 1}); w.next(); {
		switch string(w.name) {
		case "capability_id":
			b.CapabilityID = peekText(w.value)
		case "decision":
			if verdict := peekMember(w.value, "verdict"); verdict != nil {
				b.Outcome = peekText(verdict)
			}
		case "id":
			b.ID = peekText(w.value)
		case "metadata":
			b.peekMetadata(w.value)
		case "observation_outcome":
			b.Outcome = peekText(w.value)
		case "timestamp":
			b.Timestamp, _ = strconv.ParseInt(string(w.value), 10, 64) // 0 if it has none
		case "tool_name":
			b.Tool = peekText(w.value)
		case "tool_server":
			b.Server = peekText(w.value)
		}
	}
	return b, nil
}

func (b *Brief) peekMetadata(doc []byte) {
	for w := (walk{doc: doc, at: 1}); w.next(); {
		switch string(w.name) {
		case "attribution":
			if key, err := wire.ParsePublicKey(peekText(peekMember(w.value, "subject_key"))); err == nil {
				b.Agent = key
			}
		case "code":
			b.Code = peekText(w.value)
		case "financial":
			b.Charged, _ = strconv.ParseUint(string(peekMember(w.value, "cost_charged")), 10, 64) // 0 if it has none
			b.Currency = peekText(peekMember(w.value, "currency"))
		case "observed":
			b.Observed = WouldBe{Verdict: peekText(peekMember(w.value, "verdict")), Guard: peekText(peekMember(w.value, "guard")),
				Code: peekText(peekMember(w.value, "code")), Rule: peekText(peekMember(w.value, "rule"))}
		}
	}
}

// walk goes over the members of a canonical object without keeping them. Of
// bytes that are no object it finds some, or none.
type walk struct {
	doc         []byte
	at          int
	name, value []byte
}

func (w *walk) next() bool {
	if w.at >= len(w.doc)-1 || w.doc[0] != '{' {
		return false
	}
	start := w.at
	end := skipString(w.doc, start)
	value := end + 1 // after the colon
	if end-1 < start+1 || value >= len(w.doc) {
		return false
	}
	w.at = skipValue(w.doc, value)
	w.name, w.value = w.doc[start+1:end-1], w.doc[value:w.at]
	w.at++ // , or }
	return true
}

// peekMember is the value of one member, nil if there is none.
func peekMember(doc []byte, name string) []byte {
	for w := (walk{doc: doc, at: 1}); w.next(); {
		if string(w.name) == name {
			return w.value
		}
	}
	return nil
}

// peekText decodes a JSON string; anything else is "".
func peekText(value []byte) string {
	if len(value) < 2 || value[0] != '"' || value[len(value)-1] != '"' {
		return ""
	}
	if inner := value[1 : len(value)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var s string
	if wire.Unmarshal(value, &s, Limits()) != nil {
		return ""
	}
	return s
}
