package receipt

import (
	"strconv"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

// BundleSchema is the schema id of a receipt bundle.
const BundleSchema = "chio.receipt_bundle.v1"

// Bundle is a file of receipts with what a third party needs to check them
// offline: per log one checkpoint and an audit path for each receipt, and the
// capabilities the receipts were decided under.
//
//	{"capabilities":[token…]?,"logs":[{"checkpoint":note,
//	  "consistency":[{"path":[hex…],"size":n}…]?,"receipts":[
//	  {"audit_path":[hex…],"leaf_index":n,"receipt":{…}}…]}…],"schema":…}
//
// Logs are sorted by origin, receipts by leaf_index, consistency by size;
// capabilities and consistency are absent, never empty.
type Bundle struct {
	Schema       string      `json:"schema"`
	Logs         []BundleLog `json:"logs"`
	Capabilities []wire.Raw  `json:"capabilities,omitempty"`
}

// BundleLog is one log's part of a bundle. Consistency shows, for receipts by
// retired kernel keys, that the tree under the checkpoint begins with the final
// tree of each such key.
type BundleLog struct {
	Checkpoint  string        `json:"checkpoint"`
	Consistency []BundleFinal `json:"consistency,omitempty"`
	Receipts    []BundleEntry `json:"receipts"`
}

// BundleFinal is the consistency proof from a final tree, which the trust set
// knows by its size, to the checkpoint.
type BundleFinal struct {
	Size uint64        `json:"size"`
	Path []wire.Digest `json:"path"`
}

// BundleEntry is one leaf: the receipt exactly as logged, and its place.
type BundleEntry struct {
	Receipt   wire.Raw      `json:"receipt"`
	LeafIndex uint64        `json:"leaf_index"`
	AuditPath []wire.Digest `json:"audit_path"`
}

// AddCapability adds a token once; its ancestors are the caller's to add.
func (b *Bundle) AddCapability(t *capability.Token) error {
	raw, err := wire.Marshal(t)
	if err != nil {
		return refuse(CodeFormat, "capability %s: %v", t.ID, err)
	}
	for _, have := range b.Capabilities {
		if string(have) == string(raw) {
			return nil
		}
	}
	b.Capabilities = append(b.Capabilities, raw)
	return nil
}

// Bytes writes the file. Receipts and capabilities must be canonical; it is
// VerifyBundle, not Bytes, that checks anything.
func (b *Bundle) Bytes() ([]byte, error) {
	out := make([]byte, 0, b.sizeHint())
	out = append(out, '{')
	if len(b.Capabilities) > 0 {
		out = append(out, `"capabilities":[`...)
		for i, c := range b.Capabilities {
			out = append(comma(out, i), c...)
		}
		out = append(out, "],"...)
	}
	out = append(out, `"logs":[`...)
	for i := range b.Logs {
		var err error
		if out, err = b.Logs[i].appendTo(comma(out, i)); err != nil {
			return nil, err
		}
	}
	schema, err := wire.Marshal(b.Schema)
	if err != nil {
		return nil, refuse(CodeFormat, "schema: %v", err)
	}
	out = append(append(append(out, `],"schema":`...), schema...), '}')
	if len(out) > wire.BundleLimits.Bytes {
		return nil, refuse(CodeFormat, "bundle has %d bytes, limit %d; split it", len(out), wire.BundleLimits.Bytes)
	}
	return out, nil
}

func (l *BundleLog) appendTo(out []byte) ([]byte, error) {
	note, err := wire.Marshal(l.Checkpoint)
	if err != nil {
		return nil, refuse(CodeFormat, "checkpoint: %v", err)
	}
	out = append(append(out, `{"checkpoint":`...), note...)
	if len(l.Consistency) > 0 {
		out = append(out, `,"consistency":[`...)
		for i := range l.Consistency {
			f := &l.Consistency[i]
			out = appendDigests(append(comma(out, i), `{"path":`...), f.Path)
			out = append(strconv.AppendUint(append(out, `,"size":`...), f.Size, 10), '}')
		}
		out = append(out, ']')
	}
	out = append(out, `,"receipts":[`...)
	for i := range l.Receipts {
		e := &l.Receipts[i]
		out = appendDigests(append(comma(out, i), `{"audit_path":`...), e.AuditPath)
		out = append(out, `,"leaf_index":`...)
		out = strconv.AppendUint(out, e.LeafIndex, 10)
		out = append(append(append(out, `,"receipt":`...), e.Receipt...), '}')
	}
	return append(out, "]}"...), nil
}

func appendDigests(out []byte, path []wire.Digest) []byte {
	out = append(out, '[')
	for i, d := range path {
		out = append(append(append(comma(out, i), '"'), d.String()...), '"')
	}
	return append(out, ']')
}

func comma(out []byte, i int) []byte {
	if i > 0 {
		return append(out, ',')
	}
	return out
}

func (b *Bundle) sizeHint() int {
	n := 64
	for _, c := range b.Capabilities {
		n += len(c) + 1
	}
	for i := range b.Logs {
		n += len(b.Logs[i].Checkpoint) + 128
		for j := range b.Logs[i].Consistency {
			n += 67*len(b.Logs[i].Consistency[j].Path) + 48
		}
		for j := range b.Logs[i].Receipts {
			e := &b.Logs[i].Receipts[j]
			n += len(e.Receipt) + 67*len(e.AuditPath) + 64
		}
	}
	return n
}
