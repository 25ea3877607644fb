package node

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	rlog "github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// trustName is the trust set beside the archive files; it verifies all of them.
const trustName = "trust.json"

// codeArchived is the Problem of a receipt whose archive file is not there.
const codeArchived = "CHIO-RECEIPT-ARCHIVED"

// prepareArchive makes the folder and its trust set.
func prepareArchive(dir string, trust *receipt.TrustSet) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the archive folder: %w", err)
	}
	doc, err := trust.Bytes()
	if err != nil {
		return err
	}
	path := filepath.Join(dir, trustName)
	if err := writeDurably(path+".tmp", doc); err != nil {
		return fmt.Errorf("write the archive's trust set: %w", err)
	}
	return renameDurably(path)
}

// put writes a segment's file, reads it back, verifies it, and names it. It
// fills in size and digest, and returns the leaves the file holds.
func (a *archiver) put(s *rlog.Segment, doc []byte) ([][]byte, error) {
	tmp := s.File + ".tmp"
	if err := writeDurably(tmp, doc); err != nil { // 1
		return nil, fmt.Errorf("write archive file: %w", err)
	}
	a.n.failpoint(failArchiveWritten)
	again, err := os.ReadFile(tmp) // 2
	if err != nil {
		return nil, fmt.Errorf("read archive file back: %w", err)
	}
	report, err := receipt.VerifyBundle(again, a.n.ownTrust())
	if err != nil {
		return nil, fmt.Errorf("archive file %s does not verify, nothing was removed: %w", tmp, err)
	}
	entries, err := entriesOf(again)
	if err != nil {
		return nil, err
	}
	if report.Count() != len(entries) || uint64(len(entries)) != s.Count || entries[0].LeafIndex != s.First {
		return nil, fmt.Errorf("archive file %s holds other receipts than were meant, nothing was removed", tmp)
	}
	a.n.failpoint(failArchiveVerified)
	if err := renameDurably(s.File); err != nil { // 3
		return nil, fmt.Errorf("name archive file: %w", err)
	}
	a.n.failpoint(failArchiveRenamed)
	s.SHA256, s.Bytes = wire.Hash(again), uint64(len(again))
	leaves := make([][]byte, len(entries))
	for i := range entries {
		leaves[i] = entries[i].Receipt
	}
	return leaves, nil
}

// writeDurably writes a file and waits until it is on disk.
func writeDurably(path string, doc []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(doc)
	return errors.Join(err, f.Sync(), f.Close())
}

// renameDurably gives path.tmp the name path and waits until the folder is on
// disk.
func renameDurably(path string) error {
	if err := os.Rename(path+".tmp", path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// entriesOf decodes the entries of a bundle of one log.
func entriesOf(doc []byte) ([]receipt.BundleEntry, error) {
	var b receipt.Bundle
	if err := wire.Unmarshal(doc, &b, wire.BundleLimits); err != nil {
		return nil, fmt.Errorf("decode archive file: %w", err)
	}
	if len(b.Logs) != 1 || len(b.Logs[0].Receipts) == 0 {
		return nil, errors.New("decode archive file: it is not of one log")
	}
	return b.Logs[0].Receipts, nil
}

// leaf reads an archived receipt from its file. The hash in the log judges what
// was read, so that nothing else of the file has to be believed.
func (a *archiver) leaf(r store.Reader, index uint64) (leaf []byte, file string, err error) {
	s, err := rlog.SegmentOf(r, index)
	if err != nil {
		return nil, "", err
	}
	want, err := rlog.LeafHash(r, index)
	if err != nil {
		return nil, "", err
	}
	leaf, err = a.lookup(s.File, index)
	if err == nil && receipt.LeafHash(leaf) != want {
		err = errors.New("what the file holds in its place is not the receipt that was logged")
	}
	if err != nil {
		return nil, s.File, &Problem{Code: codeArchived, Message: fmt.Sprintf("receipt %d was archived to %s, which cannot be read: %v", index, s.File, err),
			Hint: "put the file back, or verify it where it is: chio-verify bundle FILE --trust " + trustName, Exit: ExitFailure}
	}
	return leaf, s.File, nil
}

// lookup finds a leaf in a file. The file read last is kept, because whoever
// asks for one archived receipt asks for its neighbours.
func (a *archiver) lookup(file string, index uint64) ([]byte, error) {
	a.read.Lock()
	defer a.read.Unlock()
	if a.file != file {
		doc, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		entries, err := entriesOf(doc)
		if err != nil {
			return nil, err
		}
		a.file, a.kept = file, make(map[uint64]wire.Raw, len(entries))
		for i := range entries {
			a.kept[entries[i].LeafIndex] = entries[i].Receipt
		}
	}
	leaf, ok := a.kept[index]
	if !ok {
		return nil, errors.New("the file does not hold it")
	}
	return append([]byte(nil), leaf...), nil
}
