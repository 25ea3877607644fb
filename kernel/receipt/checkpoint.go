package receipt

import (
	"encoding/binary"
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

// Witness is somebody whose cosignature counts.
type Witness struct {
	Name string         `json:"name"`
	Key  wire.PublicKey `json:"key"`
}

// Cosignature is a verified statement of a witness: at Time (unix seconds) it
// had seen this head and none that contradicts it.
type Cosignature struct {
	Name string         `json:"name"`
	Key  wire.PublicKey `json:"key"`
	Time int64          `json:"time"`
}

// SignCheckpoint writes a head as a signed note. The log signs under its
// origin as key name.
func SignCheckpoint(cp Checkpoint, signer wire.Signer) ([]byte, error) {
	if err := checkKeyName(cp.Origin); err != nil {
		return nil, err
	}
	if cp.Size > wire.MaxUnits {
		return nil, refuse(CodeFormat, "checkpoint size %d is over 2^53-1", cp.Size)
	}
	text := cp.text()
	sig, err := signer.Sign(text)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	n := Note{Checkpoint: cp, Text: text, Lines: []NoteLine{{
		Name: cp.Origin, KeyID: keyID(cp.Origin, sigEd25519, signer.Public()), Signature: sig[:],
	}}}
	return n.Bytes(), nil
}

// Cosign adds a witness's cosignature/v1 line, or replaces that witness's
// earlier one. It does not verify the note: check the log's signature and
// consistency, and store the head, before calling it.
func Cosign(note []byte, witnessName string, signer wire.Signer, unixTime int64) ([]byte, error) {
	if err := checkKeyName(witnessName); err != nil {
		return nil, err
	}
	if unixTime < 0 {
		return nil, refuse(CodeFormat, "cosignature time %d is before 1970", unixTime)
	}
	n, err := ParseNote(note)
	if err != nil {
		return nil, err
	}
	sig, err := signer.Sign(cosignedText(n.Text, uint64(unixTime)))
	if err != nil {
		return nil, fmt.Errorf("cosign checkpoint: %w", err)
	}
	line := NoteLine{
		Name: witnessName, KeyID: keyID(witnessName, sigCosignature, signer.Public()),
		Signature: cosignature(uint64(unixTime), sig),
	}
	if have := n.find(line.Name, line.KeyID); have != nil {
		*have = line
	} else if n.Lines = append(n.Lines, line); len(n.Lines) > MaxNoteLines {
		return nil, refuse(CodeFormat, "checkpoint already has %d signature lines", MaxNoteLines)
	}
	return n.Bytes(), nil
}

// VerifyCheckpoint checks that the note is a head of the log origin signed by
// key. Other lines are not judged; see VerifyCosignatures.
func VerifyCheckpoint(note []byte, origin string, key wire.PublicKey) (Checkpoint, error) {
	n, err := ParseNote(note)
	if err != nil {
		return Checkpoint{}, err
	}
	if n.Checkpoint.Origin != origin {
		return Checkpoint{}, refuse(CodeCheckpoint, "checkpoint is of log %.80q, want %.80q", n.Checkpoint.Origin, origin)
	}
	if line := n.find(origin, keyID(origin, sigEd25519, key)); line == nil || !n.signedBy(line, key) {
		return Checkpoint{}, refuse(CodeCheckpoint, "checkpoint of %.80q is not signed by %s", origin, key)
	}
	return n.Checkpoint, nil
}

// VerifyCosignatures returns the cosignatures of the given witnesses. A line
// that claims to be a given witness's and does not verify is an error; lines
// of others are passed over.
func VerifyCosignatures(note []byte, witnesses []Witness) ([]Cosignature, error) {
	n, err := ParseNote(note)
	if err != nil {
		return nil, err
	}
	var found []Cosignature
	for i := range n.Lines {
		c, known, err := n.cosignedBy(&n.Lines[i], witnesses)
		if err != nil {
			return nil, err
		}
		if known {
			found = append(found, c)
		}
	}
	return found, nil
}

func (n *Note) signedBy(line *NoteLine, key wire.PublicKey) bool {
	var sig wire.Signature
	if len(line.Signature) != len(sig) {
		return false
	}
	copy(sig[:], line.Signature)
	return key.Verify(n.Text, sig) == nil
}

// cosignedBy verifies a line if it claims to be one of the witnesses'.
func (n *Note) cosignedBy(line *NoteLine, witnesses []Witness) (Cosignature, bool, error) {
	for _, w := range witnesses {
		if line.Name != w.Name || line.KeyID != keyID(w.Name, sigCosignature, w.Key) {
			continue
		}
		var sig wire.Signature
		if len(line.Signature) != 8+len(sig) {
			return Cosignature{}, false, refuse(CodeCosignature, "cosignature of %s has %d bytes", w.Name, len(line.Signature))
		}
		at := binary.BigEndian.Uint64(line.Signature)
		copy(sig[:], line.Signature[8:])
		if at > wire.MaxUnits || w.Key.Verify(cosignedText(n.Text, at), sig) != nil {
			return Cosignature{}, false, refuse(CodeCosignature, "cosignature of %s does not verify", w.Name)
		}
		return Cosignature{Name: w.Name, Key: w.Key, Time: int64(at)}, true, nil
	}
	return Cosignature{}, false, nil
}

// Head is a checkpoint judged against a trust set.
type Head struct {
	Origin     string         `json:"origin"`
	Size       uint64         `json:"size"`
	Root       wire.Digest    `json:"root"`
	Key        wire.PublicKey `json:"key"`
	Retired    bool           `json:"retired,omitzero"` // the key was rotated out since
	CosignedBy []Cosignature  `json:"cosigned_by,omitempty"`
}

// VerifyHead judges a checkpoint file:
//
//	1 it parses, in its one canonical spelling
//	2 at least one line is the signature of a kernel key that the trust set
//	  names for this log; every line under the log's name must be one
//	3 every other line is the valid cosignature of a witness in the trust set
//	4 if the key was retired, this is the very head of its final tree: of
//	  anything else it may have signed after it was stolen
//
// So no byte of the file is free. Errors are *Error; CHIO-VERIFY-UNTRUSTED
// means that a line is somebody's whom the trust set does not name.
func VerifyHead(note []byte, trust *TrustSet) (*Head, error) {
	h, err := verifyNote(note, trust)
	if err != nil {
		return nil, err
	}
	if h.Retired && !trust.final(h.Key).heads(h) { // 4
		return nil, refuse(CodeRetired, "kernel %s was retired, and this is not the head of its final tree; ask for one that the present key signed", h.Key)
	}
	return h, nil
}

// verifyNote is rules 1 to 3 of VerifyHead.
func verifyNote(note []byte, trust *TrustSet) (*Head, error) {
	n, err := ParseNote(note) // 1
	if err != nil {
		return nil, err
	}
	h := &Head{Origin: n.Checkpoint.Origin, Size: n.Checkpoint.Size, Root: n.Checkpoint.Root}
	for i := range n.Lines {
		line := &n.Lines[i]
		if key, ok := trust.logKey(h.Origin, line); ok { // 2
			if !n.signedBy(line, key) {
				return nil, refuse(CodeCheckpoint, "signature of %s over the head of %s does not verify", key, h.Origin)
			}
			h.Key, h.Retired = key, trust.final(key) != nil
			continue
		}
		c, known, err := n.cosignedBy(line, trust.Witnesses) // 3
		if err != nil {
			return nil, err
		}
		if !known {
			return nil, refuse(CodeUntrusted, "the trust set names no kernel or witness for the line of %s; add its key or drop the line", line.Name)
		}
		h.CosignedBy = append(h.CosignedBy, c)
	}
	if h.Key.IsZero() { // 2
		return nil, refuse(CodeUntrusted, "no kernel key that the trust set names for log %s has signed its head", h.Origin)
	}
	return h, nil
}
