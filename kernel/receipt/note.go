package receipt

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/backbay-labs/chio-node/wire"
)

// The limits of a signed note.
const (
	MaxNoteBytes = 16 << 10
	MaxNoteLines = 32 // signature lines
	maxKeyName   = 256
)

// The signature types of C2SP signed notes that we read and write.
const (
	sigEd25519     = 0x01 // signs the text
	sigCosignature = 0x04 // signs "cosignature/v1\ntime <unix>\n" ‖ text
)

const sigLinePrefix = "— "

// Checkpoint is the head of one log: a C2SP tlog-checkpoint without extension
// lines. Origin is the log's id.
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   wire.Digest
}

// Note is a parsed signed checkpoint. Nothing of it is verified.
type Note struct {
	Checkpoint Checkpoint
	Text       []byte // what is signed, ending in one newline
	Lines      []NoteLine
}

// NoteLine is one signature line: a key name, the first four bytes of the key
// hash, and the signature of a type only the key tells.
type NoteLine struct {
	Name      string
	KeyID     [4]byte
	Signature []byte // 64 bytes, or for a cosignature 8 of time and 64
}

// text is the signed form of a checkpoint.
func (c Checkpoint) text() []byte {
	root := base64.StdEncoding.EncodeToString(c.Root[:])
	return []byte(c.Origin + "\n" + strconv.FormatUint(c.Size, 10) + "\n" + root + "\n")
}

// Bytes is the note as written to files.
func (n *Note) Bytes() []byte {
	var b bytes.Buffer
	b.Write(n.Text)
	b.WriteByte('\n')
	for _, l := range n.Lines {
		b.WriteString(sigLinePrefix + l.Name + " ")
		b.WriteString(base64.StdEncoding.EncodeToString(append(bytes.Clone(l.KeyID[:]), l.Signature...)))
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// ParseNote reads a signed checkpoint. There is exactly one way to write a
// given note, so a note that parses equals its Bytes.
func ParseNote(doc []byte) (*Note, error) {
	if len(doc) > MaxNoteBytes {
		return nil, refuse(CodeFormat, "checkpoint has %d bytes, limit %d", len(doc), MaxNoteBytes)
	}
	if !utf8.Valid(doc) {
		return nil, refuse(CodeFormat, "checkpoint is not UTF-8")
	}
	text, rest, ok := strings.Cut(string(doc), "\n\n")
	if !ok || !strings.HasSuffix(rest, "\n") {
		return nil, refuse(CodeFormat, "checkpoint is not a text, an empty line, and signature lines")
	}
	n := &Note{Text: []byte(text + "\n")}
	if err := n.parseText(strings.Split(text, "\n")); err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSuffix(rest, "\n"), "\n")
	if len(lines) > MaxNoteLines {
		return nil, refuse(CodeFormat, "checkpoint has %d signature lines, limit %d", len(lines), MaxNoteLines)
	}
	for _, line := range lines {
		l, err := parseLine(line)
		if err != nil {
			return nil, err
		}
		if n.find(l.Name, l.KeyID) != nil {
			return nil, refuse(CodeFormat, "checkpoint has two signature lines of key %s", l.Name)
		}
		n.Lines = append(n.Lines, l)
	}
	if !bytes.Equal(n.Bytes(), doc) {
		return nil, refuse(CodeFormat, "checkpoint is not in its one canonical spelling")
	}
	return n, nil
}

func (n *Note) parseText(lines []string) error {
	if len(lines) != 3 {
		return refuse(CodeFormat, "checkpoint text has %d lines, want origin, size and root", len(lines))
	}
	if err := checkKeyName(lines[0]); err != nil {
		return err
	}
	size, err := strconv.ParseUint(lines[1], 10, 64)
	if err != nil || strconv.FormatUint(size, 10) != lines[1] || size > wire.MaxUnits {
		return refuse(CodeFormat, "checkpoint size %.32q is not a plain decimal number below 2^53", lines[1])
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != len(n.Checkpoint.Root) {
		return refuse(CodeFormat, "checkpoint root is not 32 bytes of base64")
	}
	n.Checkpoint.Origin, n.Checkpoint.Size = lines[0], size
	copy(n.Checkpoint.Root[:], root)
	return nil
}

func parseLine(line string) (NoteLine, error) {
	name, encoded, ok := strings.Cut(strings.TrimPrefix(line, sigLinePrefix), " ")
	if !ok || !strings.HasPrefix(line, sigLinePrefix) {
		return NoteLine{}, refuse(CodeFormat, "signature line %.40q is not \"— name base64\"", line)
	}
	if err := checkKeyName(name); err != nil {
		return NoteLine{}, err
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || len(raw) < 5 {
		return NoteLine{}, refuse(CodeFormat, "signature of %s is not base64", name)
	}
	l := NoteLine{Name: name, Signature: raw[4:]}
	copy(l.KeyID[:], raw)
	return l, nil
}

func (n *Note) find(name string, id [4]byte) *NoteLine {
	for i := range n.Lines {
		if n.Lines[i].Name == name && n.Lines[i].KeyID == id {
			return &n.Lines[i]
		}
	}
	return nil
}

// Only returns the note with the one line that claims to be key's signature
// under name, and whether there is such a line. It verifies nothing.
func (n *Note) Only(name string, key wire.PublicKey) (*Note, bool) {
	line := n.find(name, keyID(name, sigEd25519, key))
	if line == nil {
		return nil, false
	}
	return &Note{Checkpoint: n.Checkpoint, Text: n.Text, Lines: []NoteLine{*line}}, true
}

// keyID is the C2SP key id: four bytes of SHA-256(name ‖ 0x0a ‖ type ‖ key).
func keyID(name string, sigType byte, key wire.PublicKey) (id [4]byte) {
	h := wire.Hash(append(append([]byte(name), '\n', sigType), key[:]...))
	copy(id[:], h[:])
	return id
}

// checkKeyName applies C2SP's rule: not empty, no white space, no plus sign.
func checkKeyName(name string) error {
	if name == "" || len(name) > maxKeyName || strings.Contains(name, "+") ||
		strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return refuse(CodeFormat, "%.64q cannot name a log or witness: it is empty, too long, or has spaces or a plus sign", name)
	}
	return nil
}

// cosignedText is what a cosignature/v1 signs.
func cosignedText(text []byte, unixTime uint64) []byte {
	head := "cosignature/v1\ntime " + strconv.FormatUint(unixTime, 10) + "\n"
	return append([]byte(head), text...)
}

// cosignature packs time and signature.
func cosignature(unixTime uint64, sig wire.Signature) []byte {
	return append(binary.BigEndian.AppendUint64(nil, unixTime), sig[:]...)
}
