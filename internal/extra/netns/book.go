//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// read exports what a third party needs, has it verified offline, and reads
// the log and what the tools wrote.
func (o *org) read(ctx context.Context, dir string) (*book, error) {
	out := filepath.Join(dir, o.name+".export")
	if err := o.verb("export", "--out", out); err != nil {
		return nil, err
	}
	files, err := os.ReadDir(out)
	if err != nil {
		return nil, err
	}
	trust := filepath.Join(out, "trust.json")
	for _, f := range files {
		if f.Name() == "trust.json" {
			continue
		}
		if err := o.verb("verify", filepath.Join(out, f.Name()), "--trust", trust); err != nil {
			return nil, err
		}
	}
	if err := command(filepath.Join(o.bin, "chio-verify"), "bundle", filepath.Join(out, "receipts.json"), "--trust", trust); err != nil {
		return nil, err
	}
	written, err := os.ReadFile(o.marks())
	if err != nil {
		return nil, err
	}
	return readBook(filepath.Join(out, "receipts.json"), strings.Fields(string(written)))
}

// kind names calls in a log: by their arguments, those that left or those that
// came.
type kind struct {
	args wire.Digest
	left bool
}

// line is what a receipt says of a call.
type line struct {
	id, call, verdict, code, tool, peer string
}

// book is an organisation's log by mark, with what its tools wrote.
type book struct {
	calls     map[kind][]line
	written   map[string]int
	strangers int // marks that no call named
}

// of is what a log says of the calls with a mark: a receipt names arguments by
// their hash.
func (b *book) of(mark string, left bool) []line {
	return b.calls[kind{wire.Hash(arguments(mark)), left}]
}

func (b *book) count(f *flow, left bool, which func(line) bool) (n uint64) {
	for i := range f.made {
		for _, l := range b.of(f.made[i].mark, left) {
			if l.tool == paid && which(l) {
				n++
			}
		}
	}
	return n
}

// readBook reads an exported log beside what the tools wrote.
func readBook(path string, written []string) (*book, error) {
	b := &book{calls: make(map[kind][]line), written: make(map[string]int)}
	doc, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var bundle receipt.Bundle
	if err := wire.UnmarshalCanonical(doc, &bundle, wire.BundleLimits); err != nil {
		return nil, err
	}
	for _, log := range bundle.Logs {
		for i, leaf := range log.Receipts {
			if leaf.LeafIndex != uint64(i) {
				return nil, fmt.Errorf("%s: leaf %d stands at %d: the log has a gap", path, leaf.LeafIndex, i)
			}
			if err := b.enter(leaf.Receipt); err != nil {
				return nil, fmt.Errorf("%s: receipt %d: %w", path, i, err)
			}
		}
	}
	for _, m := range written {
		b.written[m]++
		if len(b.of(m, false)) == 0 {
			b.strangers++
		}
	}
	return b, nil
}

func (b *book) enter(doc wire.Raw) error {
	r, err := receipt.Parse(doc)
	if err != nil {
		return err
	}
	var md receipt.Metadata
	if err := wire.Unmarshal(r.Metadata, &md, receipt.Limits()); err != nil {
		return err
	}
	if r.Decision == nil {
		return errors.New("it has no decision")
	}
	l := line{id: r.ID, call: md.CallID, verdict: r.Decision.Verdict, code: md.Code, tool: r.ToolName}
	left := true
	if md.Federation != nil {
		l.peer, left = md.Federation.PeerReceiptID, md.Federation.Role == "origin"
	}
	key := kind{md.ArgsSHA256, left}
	b.calls[key] = append(b.calls[key], l)
	return nil
}
