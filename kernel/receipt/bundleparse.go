package receipt

import (
	"bytes"
	"slices"

	"github.com/backbay-labs/chio-node/wire"
)

// ParseBundle reads a bundle in the one spelling it can have. Nothing of it is
// verified; see VerifyBundle.
func ParseBundle(doc []byte) (*Bundle, error) { return parseBundle(doc) }

// parseBundle reads the one spelling a bundle file can have. The frame is
// matched literally, so it needs no second look; every receipt and capability
// is left as bytes for a strict decoder. A file that does not match is
// diagnosed by explain.
func parseBundle(doc []byte) (*Bundle, error) {
	if len(doc) > wire.BundleLimits.Bytes {
		return nil, refuse(CodeFormat, "bundle has %d bytes, limit %d", len(doc), wire.BundleLimits.Bytes)
	}
	c := cursor{doc: doc}
	b := &Bundle{Schema: BundleSchema}
	c.literal("{")
	if c.peek(`"capabilities":[`) {
		c.literal(`"capabilities":[`)
		for more := true; more; more = c.more() {
			b.Capabilities = append(b.Capabilities, c.value())
		}
		c.literal("],")
	}
	c.literal(`"logs":[`)
	for more := true; more; more = c.more() {
		b.Logs = append(b.Logs, c.log())
	}
	c.literal(`],"schema":"` + BundleSchema + `"}`)
	if c.failed || c.pos != len(doc) {
		return nil, explain(doc)
	}
	return b, nil
}

// explain says why a file is not a bundle in canonical form.
func explain(doc []byte) error {
	var b Bundle
	if err := wire.Unmarshal(doc, &b, wire.BundleLimits); err != nil {
		return refuse(CodeFormat, "bundle: %v", err)
	}
	if b.Schema != BundleSchema {
		return refuse(CodeFormat, "schema is %.64q, want %s", b.Schema, BundleSchema)
	}
	if len(b.Logs) == 0 {
		return refuse(CodeFormat, "bundle has no log")
	}
	return refuse(CodeNotCanonical, "bundle is not in its canonical form; use the file as it was exported")
}

// cursor matches a document from left to right. After the first mismatch it
// stays failed and consumes nothing.
type cursor struct {
	doc    []byte
	pos    int
	failed bool
}

func (c *cursor) peek(s string) bool {
	return !c.failed && len(c.doc)-c.pos >= len(s) && string(c.doc[c.pos:c.pos+len(s)]) == s
}

func (c *cursor) literal(s string) {
	if !c.peek(s) {
		c.failed = true
		return
	}
	c.pos += len(s)
}

// more consumes a comma between two elements.
func (c *cursor) more() bool {
	if !c.peek(",") {
		return false
	}
	c.pos++
	return true
}

// value takes the bytes up to the comma or bracket that ends a JSON value. It
// may take garbage, which the value's decoder refuses.
func (c *cursor) value() wire.Raw {
	if c.failed || c.pos >= len(c.doc) {
		c.failed = true
		return nil
	}
	start := c.pos
	c.pos = skipValue(c.doc, start)
	return wire.Raw(c.doc[start:c.pos:c.pos])
}

func (c *cursor) log() BundleLog {
	var l BundleLog
	c.literal(`{"checkpoint":`)
	l.Checkpoint = c.text()
	if c.peek(`,"consistency":[`) {
		c.literal(`,"consistency":[`)
		for more := true; more; more = c.more() {
			l.Consistency = append(l.Consistency, c.final())
		}
		c.literal("]")
	}
	c.literal(`,"receipts":[`)
	if !c.peek("]") {
		for more := true; more; more = c.more() {
			l.Receipts = append(l.Receipts, c.entry())
		}
	}
	c.literal("]}")
	return l
}

func (c *cursor) final() BundleFinal {
	var f BundleFinal
	c.literal(`{"path":[`)
	f.Path = c.digests()
	c.literal(`],"size":`)
	f.Size = c.number()
	c.literal("}")
	return f
}

// digests takes the elements of a list of digests.
func (c *cursor) digests() (list []wire.Digest) {
	if c.peek("]") {
		return nil
	}
	list = make([]wire.Digest, 0, 20)
	for more := true; more; more = c.more() {
		list = append(list, c.digest())
	}
	return list
}

func (c *cursor) entry() BundleEntry {
	var e BundleEntry
	c.literal(`{"audit_path":[`)
	e.AuditPath = c.digests()
	c.literal(`],"leaf_index":`)
	e.LeafIndex = c.number()
	c.literal(`,"receipt":`)
	e.Receipt = c.value()
	c.literal("}")
	return e
}

// text takes a JSON string in its canonical spelling.
func (c *cursor) text() string {
	raw := c.value()
	var s string
	if c.failed || wire.Unmarshal(raw, &s, wire.DocumentLimits) != nil {
		c.failed = true
		return ""
	}
	if again, err := wire.Marshal(s); err != nil || !bytes.Equal(again, raw) {
		c.failed = true
	}
	return s
}

func (c *cursor) digest() wire.Digest {
	const size = 2*len(wire.Digest{}) + 2
	if c.failed || len(c.doc)-c.pos < size || c.doc[c.pos] != '"' || c.doc[c.pos+size-1] != '"' {
		c.failed = true
		return wire.Digest{}
	}
	d, err := wire.ParseDigest(string(c.doc[c.pos+1 : c.pos+size-1]))
	c.failed = err != nil
	c.pos += size
	return d
}

// number takes a plain decimal below 2^53.
func (c *cursor) number() uint64 {
	start := c.pos
	var n uint64
	for !c.failed && c.pos < len(c.doc) && c.doc[c.pos] >= '0' && c.doc[c.pos] <= '9' {
		n = n*10 + uint64(c.doc[c.pos]-'0')
		c.pos++
		c.failed = n > wire.MaxUnits
	}
	digits := c.doc[start:c.pos]
	if len(digits) == 0 || len(digits) > 1 && slices.Index(digits, '0') == 0 {
		c.failed = true
	}
	return n
}
