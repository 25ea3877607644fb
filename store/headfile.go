package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/backbay-labs/chio-node/wire"
)

// A head file is two slots of slotBytes. A slot is magic, the body's length as
// four big-endian bytes, the body, and SHA-256 over all of that. Generation g
// goes to slot g mod 2, so writing never touches the newest good head.
const (
	slotBytes = 4096
	slotMagic = "CHIOHD1\n"
	slotFixed = len(slotMagic) + 4 + sha256.Size
)

// headFile is the file and the newest generation in it. Guarded by
// Engine.commit after Open.
type headFile struct {
	file       *os.File
	generation uint64
}

// found is what a head file holds.
type found struct {
	exists bool
	head   head
	signer wire.PublicKey
	valid  bool // at least one slot is good
	torn   bool // one slot is not
}

// readHeads reads both slots. A missing file is not an error.
func readHeads(path string) (found, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return found{}, nil
	}
	if err != nil {
		return found{}, fmt.Errorf("read head file: %w", err)
	}
	out := found{exists: true}
	for slot := range uint64(2) {
		h, by, err := readSlot(b, slot)
		if err != nil {
			out.torn = true
			continue
		}
		if !out.valid || h.Generation > out.head.Generation {
			out.head, out.signer, out.valid = h, by, true
		}
	}
	return out, nil
}

func readSlot(file []byte, slot uint64) (head, wire.PublicKey, error) {
	if len(file) != 2*slotBytes {
		return head{}, wire.PublicKey{}, fmt.Errorf("head file has %d bytes, want %d", len(file), 2*slotBytes)
	}
	body, err := decodeSlot(file[slot*slotBytes:][:slotBytes])
	if err != nil {
		return head{}, wire.PublicKey{}, err
	}
	h, by, err := openHead(body)
	if err != nil {
		return head{}, wire.PublicKey{}, err
	}
	if h.Generation%2 != slot {
		return head{}, wire.PublicKey{}, fmt.Errorf("head of generation %d is in slot %d", h.Generation, slot)
	}
	return h, by, nil
}

// decodeSlot returns the body of a slot whose checksum holds.
func decodeSlot(b []byte) ([]byte, error) {
	if len(b) < slotFixed || !bytes.HasPrefix(b, []byte(slotMagic)) {
		return nil, errors.New("slot has no head")
	}
	n := uint64(binary.BigEndian.Uint32(b[len(slotMagic):]))
	if n > uint64(len(b)-slotFixed) {
		return nil, fmt.Errorf("slot says its body has %d bytes", n)
	}
	end := len(slotMagic) + 4 + int(n)
	if sum := sha256.Sum256(b[:end]); !bytes.Equal(sum[:], b[end:][:sha256.Size]) {
		return nil, errors.New("slot fails its checksum")
	}
	return b[len(slotMagic)+4 : end], nil
}

// encodeSlot is the inverse, padded to the whole slot.
func encodeSlot(body []byte) ([]byte, error) {
	if len(body) > slotBytes-slotFixed {
		return nil, fmt.Errorf("head has %d bytes, a slot holds %d", len(body), slotBytes-slotFixed)
	}
	b := make([]byte, 0, slotBytes)
	b = append(b, slotMagic...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
	b = append(b, body...)
	sum := sha256.Sum256(b)
	b = append(b, sum[:]...)
	return b[:slotBytes], nil
}

// openHeads opens an existing head file for writing.
func openHeads(path string, generation uint64) (*headFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("open head file: %w", err)
	}
	return &headFile{file: f, generation: generation}, nil
}

// createHeads makes a head file with both slots filled, generations 0 and 1,
// and puts it in place whole, so a head file that exists and cannot be read is
// always damage and never a crash during creation.
func createHeads(path string) (*headFile, error) {
	var content []byte
	for generation := range uint64(2) {
		env, err := wire.Seal(headSchema, head{Schema: headSchema, Generation: generation})
		if err != nil {
			return nil, fmt.Errorf("make head: %w", err)
		}
		slot, err := encodeSlot(env.Bytes())
		if err != nil {
			return nil, err
		}
		content = append(content, slot...)
	}
	temp := path + ".new"
	if err := writeSynced(temp, content); err != nil {
		return nil, fmt.Errorf("create head file: %w", err)
	}
	if err := os.Rename(temp, path); err != nil {
		return nil, fmt.Errorf("create head file: %w", err)
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("create head file: %w", err)
	}
	return openHeads(path, 1)
}

// write puts the next generation into its slot and waits for the disk.
func (h *headFile) write(body []byte) error {
	slot, err := encodeSlot(body)
	if err != nil {
		return err
	}
	next := h.generation + 1
	if _, err := h.file.WriteAt(slot, int64(next%2)*slotBytes); err != nil {
		return err
	}
	if err := datasync(h.file); err != nil {
		return err
	}
	h.generation = next
	return nil
}

func (h *headFile) close() error { return h.file.Close() }

func writeSynced(path string, content []byte) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := io.Copy(f, bytes.NewReader(content)); err != nil {
		return err
	}
	return f.Sync()
}

func syncDir(dir string) (err error) {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return d.Sync()
}
