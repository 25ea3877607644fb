package receipt

import (
	"bytes"

	"github.com/backbay-labs/chio-node/wire"
)

// The schema ids of statements about a log's history.
const (
	ConsistencySchema  = "chio.consistency_proof.v1"
	EquivocationSchema = "chio.equivocation.v1"
)

// ConsistencyProof shows that the tree of size To begins with the tree of size
// From. The two checkpoints it connects are files of their own.
type ConsistencyProof struct {
	Schema string        `json:"schema"`
	Origin string        `json:"origin"`
	From   uint64        `json:"from"`
	To     uint64        `json:"to"`
	Path   []wire.Digest `json:"path"`
}

// Bytes is the canonical form, as written to files.
func (p *ConsistencyProof) Bytes() ([]byte, error) { return wire.Marshal(p) }

// ConsistencyReport names the two heads that were shown to be consistent.
type ConsistencyReport struct {
	Old Head `json:"old"`
	New Head `json:"new"`
}

// VerifyConsistencyFiles checks that two heads of one log are consistent:
//
//	1 both checkpoints verify against the trust set and are of one log. The old
//	  one may be any head of a retired key up to its final tree: the new head
//	  vouches for it. The new one passes VerifyHead
//	2 the proof decodes strictly, is its own canonical form, and is for this
//	  log and these two sizes
//	3 VerifyConsistency holds for their roots
func VerifyConsistencyFiles(oldNote, newNote, proof []byte, trust *TrustSet) (*ConsistencyReport, error) {
	older, err := verifyNote(oldNote, trust) // 1
	if err != nil {
		return nil, err
	}
	if final := trust.final(older.Key); final != nil && older.Size > final.Size {
		return nil, refuse(CodeRetired, "kernel %s was retired at %d entries, and the old head has %d", older.Key, final.Size, older.Size)
	}
	newer, err := VerifyHead(newNote, trust)
	if err != nil {
		return nil, err
	}
	if older.Origin != newer.Origin {
		return nil, refuse(CodeConsistency, "the checkpoints are of two logs, %s and %s", older.Origin, newer.Origin)
	}
	var p ConsistencyProof
	if err := decodeFile(proof, &p, ConsistencySchema, &p.Schema); err != nil { // 2
		return nil, err
	}
	if p.Origin != older.Origin || p.From != older.Size || p.To != newer.Size {
		return nil, refuse(CodeConsistency, "the proof is for %.80q %d to %d, the checkpoints are of %s %d and %d",
			p.Origin, p.From, p.To, older.Origin, older.Size, newer.Size)
	}
	if err := VerifyConsistency(p.From, p.To, older.Root, newer.Root, p.Path); err != nil { // 3
		return nil, err
	}
	return &ConsistencyReport{Old: *older, New: *newer}, nil
}

// Equivocation is evidence that a log signed two heads of one size with
// different roots. A sorts before B.
type Equivocation struct {
	Schema string `json:"schema"`
	A      string `json:"a"`
	B      string `json:"b"`
}

// NewEquivocation packs two contradicting notes as evidence. Only the log's
// own lines are kept: who witnessed which head does not matter to the crime.
func NewEquivocation(first, second []byte) (*Equivocation, error) {
	var texts [2]string
	var heads [2]Checkpoint
	for i, doc := range [][]byte{first, second} {
		n, err := ParseNote(doc)
		if err != nil {
			return nil, err
		}
		kept := n.Lines[:0]
		for _, l := range n.Lines {
			if l.Name == n.Checkpoint.Origin {
				kept = append(kept, l)
			}
		}
		n.Lines = kept
		texts[i], heads[i] = string(n.Bytes()), n.Checkpoint
	}
	if err := contradict(heads[0], heads[1]); err != nil {
		return nil, err
	}
	if texts[0] > texts[1] {
		texts[0], texts[1] = texts[1], texts[0]
	}
	return &Equivocation{Schema: EquivocationSchema, A: texts[0], B: texts[1]}, nil
}

// Bytes is the canonical form, as written to files.
func (e *Equivocation) Bytes() ([]byte, error) { return wire.Marshal(e) }

// EquivocationReport names the two heads that contradict each other.
type EquivocationReport struct {
	A Head `json:"a"`
	B Head `json:"b"`
}

// VerifyEquivocation checks evidence:
//
//	1 the file decodes strictly and is its own canonical form; a < b
//	2 both checkpoints verify against the trust set. A retired key's count too,
//	  marked as such: a rotation does not undo what was signed, though a head
//	  that only the retired key signed may be a thief's
//	3 they are of one log and one size, and their roots differ
//
// nil means that the log did equivocate.
func VerifyEquivocation(doc []byte, trust *TrustSet) (*EquivocationReport, error) {
	var e Equivocation
	if err := decodeFile(doc, &e, EquivocationSchema, &e.Schema); err != nil { // 1
		return nil, err
	}
	if e.A >= e.B {
		return nil, refuse(CodeFormat, "the two checkpoints are out of order")
	}
	a, err := verifyNote([]byte(e.A), trust) // 2
	if err != nil {
		return nil, err
	}
	b, err := verifyNote([]byte(e.B), trust)
	if err != nil {
		return nil, err
	}
	if err := contradict(a.checkpoint(), b.checkpoint()); err != nil { // 3
		return nil, err
	}
	return &EquivocationReport{A: *a, B: *b}, nil
}

func (h *Head) checkpoint() Checkpoint {
	return Checkpoint{Origin: h.Origin, Size: h.Size, Root: h.Root}
}

// contradict is nil if no honest log can have signed both heads.
func contradict(a, b Checkpoint) error {
	switch {
	case a.Origin != b.Origin:
		return refuse(CodeEquivocation, "the checkpoints are of two logs, %s and %s", a.Origin, b.Origin)
	case a.Size != b.Size:
		return refuse(CodeEquivocation, "the checkpoints are of sizes %d and %d, which prove nothing by themselves", a.Size, b.Size)
	case a.Root == b.Root:
		return refuse(CodeEquivocation, "the checkpoints agree on root %s", a.Root)
	}
	return nil
}

// decodeFile reads one file of ours, checks its schema, and checks by writing
// it again that it has no second spelling.
func decodeFile(doc []byte, v any, want string, schema *string) error {
	if err := wire.Unmarshal(doc, v, wire.DocumentLimits); err != nil {
		return refuse(CodeFormat, "%s: %v", want, err)
	}
	if *schema != want {
		return refuse(CodeFormat, "schema is %.64q, want %s", *schema, want)
	}
	if again, err := wire.Marshal(v); err != nil || !bytes.Equal(again, doc) {
		return refuse(CodeNotCanonical, "%s is not in its canonical form; use the file as it was exported", want)
	}
	return nil
}
