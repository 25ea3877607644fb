package receipt

import "github.com/backbay-labs/chio-node/wire"

// HeadNewsSchema is the schema of what is said about a log's heads.
const HeadNewsSchema = "chio.head_gossip.v1"

// HeadNews is one message about a log: a head, or the proof that the log signed
// two that contradict each other. The heads are signed by the log's kernel key,
// so whoever says it adds nothing to them but the time.
type HeadNews struct {
	Schema   string        `json:"schema"`
	At       int64         `json:"at"` // unix seconds by the author's clock
	Note     string        `json:"note,omitempty"`
	Evidence *Equivocation `json:"evidence,omitzero"`
}

// ParseHeadNews decodes a message of at most maxBytes about a log. An *Error
// says why it is none:
//
//	1 it is strict canonical JSON of the schema, with a time since 1970
//	2 it has a head or an evidence, not both; an evidence is in its one form
//	3 what it has is about the log that origin names
//
// Note is the head, or the first of an evidence, and is parsed; no signature is
// verified.
func ParseHeadNews(origin string, doc []byte, maxBytes int) (*HeadNews, *Note, error) {
	var m HeadNews
	limits := wire.Limits{Bytes: maxBytes, Depth: wire.DocumentLimits.Depth}
	if err := wire.UnmarshalCanonical(doc, &m, limits); err != nil { // 1
		return nil, nil, refuse(CodeFormat, "head news: %v", err)
	}
	if m.Schema != HeadNewsSchema || (m.Note == "") == (m.Evidence == nil) || m.At < 0 { // 1, 2
		return nil, nil, refuse(CodeFormat, "head news: schema %.60q", m.Schema)
	}
	if m.Evidence != nil {
		again, err := NewEquivocation([]byte(m.Evidence.A), []byte(m.Evidence.B))
		if err != nil {
			return nil, nil, err
		}
		if *again != *m.Evidence { // 2
			return nil, nil, refuse(CodeFormat, "head news: the evidence is not in its one form")
		}
		m.Note = m.Evidence.A
	}
	n, err := ParseNote([]byte(m.Note))
	if err != nil {
		return nil, nil, err
	}
	if n.Checkpoint.Origin != origin { // 3
		return nil, nil, refuse(CodeFormat, "head news: a head of %.80q in the topic of %.160s", n.Checkpoint.Origin, origin)
	}
	return &m, n, nil
}
