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
}

// Peek reads a brief from a canonical receipt without decoding the rest of it:
// for rows that this node has verified or made, at the price of one pass over
// the bytes. It judges nothing. The error is an *Error if doc is no object.
func Peek(doc []byte) (Brief, error) {
	var b Brief
	list := members(doc)
	if list == nil {
		return b, refuse(CodeFormat, "receipt is not a JSON object")
	}
	each(doc, list, func(name string, value []byte) {
		switch name {
		case "capability_id":
			b.CapabilityID = peekText(value)
		case "decision":
			within(value, func(name string, value []byte) {
				if name == "verdict" {
					b.Outcome = peekText(value)
				}
			})
		case "id":
			b.ID = peekText(value)
		case "metadata":
			within(value, b.peekMetadata)
		case "observation_outcome":
			b.Outcome = peekText(value)
		case "timestamp":
			b.Timestamp, _ = strconv.ParseInt(string(value), 10, 64) // 0 if it has none
		case "tool_name":
			b.Tool = peekText(value)
		case "tool_server":
			b.Server = peekText(value)
		}
	})
	return b, nil
}

func (b *Brief) peekMetadata(name string, value []byte) {
	switch name {
	case "attribution":
		within(value, func(name string, value []byte) {
			if name != "subject_key" {
				return
			}
			if key, err := wire.ParsePublicKey(peekText(value)); err == nil {
				b.Agent = key
			}
		})
	case "code":
		b.Code = peekText(value)
	case "financial":
		within(value, func(name string, value []byte) {
			switch name {
			case "cost_charged":
				b.Charged, _ = strconv.ParseUint(string(value), 10, 64) // 0 if it has none
			case "currency":
				b.Currency = peekText(value)
			}
		})
	}
}

func within(doc []byte, fn func(name string, value []byte)) { each(doc, members(doc), fn) }

// each visits the members that lie within doc: in canonical form all do.
func each(doc []byte, list []member, fn func(name string, value []byte)) {
	for _, m := range list {
		if m.value <= m.end && m.end <= len(doc) {
			fn(string(m.name), doc[m.value:m.end])
		}
	}
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
