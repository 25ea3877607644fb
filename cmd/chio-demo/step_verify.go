package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	trustFile   = "trust.json"
	receiptFile = "receipts.json"
)

// evidence is every file that is verified, in the order it is told.
func evidence() []string {
	return []string{receiptFile, "passport.json", "treaty.json", "statement.json", "voucher.json", "price.json"}
}

func stepVerify(ctx context.Context, w *world, d *detail) error {
	if err := w.writeFiles(ctx); err != nil {
		return err
	}
	// The verifiers get the files and nothing else: an empty home and an empty
	// environment, in a folder far from the nodes'.
	dir, err := w.copied("verify", nil)
	if err != nil {
		return err
	}
	all := map[string]finding{}
	for _, name := range evidence() {
		found, err := w.verify(ctx, dir, name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		d.add(strings.TrimSuffix(name, ".json"), found)
		if err := found.judge(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		all[name] = found
	}
	if got := all["passport.json"].Status; got != "revoked" {
		return fmt.Errorf("the passport's status is %q, want revoked", got)
	}
	return agreeing(all)
}

// verify runs the verifier of one file as its own process in dir.
func (w *world) verify(ctx context.Context, dir, name string) (f finding, err error) {
	args := []string{asNode, "verify", name, "--trust", trustFile, "--json"}
	switch name {
	case receiptFile:
		args = []string{asVerify, "bundle", name, "--trust", trustFile, "--json"}
	case "price.json":
		args = append(args, "--operators", w.acme.status.Oracle+","+w.globex.status.Oracle)
	}
	exit, answer, err := w.run(ctx, dir, args...)
	if err != nil {
		return f, err
	}
	return readFinding(exit, answer)
}

// writeFiles exports everything a third party needs.
func (w *world) writeFiles(ctx context.Context) error {
	if err := w.syncBoth(ctx); err != nil { // so that the newest heads are witnessed
		return err
	}
	files := map[string][]byte{}
	for _, o := range []*org{w.globex, w.acme} { // Acme's where both have one
		f, err := ask[node.Files](ctx, o, "export", node.Empty{})
		if err != nil {
			return err
		}
		for name, content := range f.Files {
			files[name] = content
		}
	}
	shown, err := ask[node.IssuedPassport](ctx, w.acme, "passport/show", node.PassportRequest{ID: w.passport.ID})
	if err != nil {
		return err
	}
	files["passport.json"] = shown.File
	if err := w.mergeLogs(ctx, files); err != nil {
		return err
	}
	for _, name := range append(evidence(), trustFile) {
		if len(files[name]) == 0 {
			return fmt.Errorf("neither organisation exports %s", name)
		}
		if err := os.WriteFile(filepath.Join(w.out, name), files[name], 0o644); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

// mergeLogs makes one bundle of both logs and one trust set of both kernels: a
// third party that believes both.
func (w *world) mergeLogs(ctx context.Context, files map[string][]byte) error {
	all := &receipt.Bundle{Schema: receipt.BundleSchema}
	trust := &receipt.TrustSet{Schema: receipt.TrustSchema}
	for _, o := range w.orgs() {
		b, t, err := w.bundleOf(ctx, o)
		if err != nil {
			return err
		}
		all.Logs = append(all.Logs, b.Logs...)
		for _, c := range b.Capabilities {
			if !slices.ContainsFunc(all.Capabilities, func(have wire.Raw) bool { return string(have) == string(c) }) {
				all.Capabilities = append(all.Capabilities, c)
			}
		}
		merge(trust, t)
	}
	slices.SortFunc(all.Logs, func(a, b receipt.BundleLog) int { return strings.Compare(a.Checkpoint, b.Checkpoint) })
	bundle, err := all.Bytes()
	if err != nil {
		return err
	}
	files[receiptFile] = bundle
	files[trustFile], err = trust.Bytes()
	return err
}

// merge adds what one organisation's trust set names and another's does not.
func merge(into, from *receipt.TrustSet) {
	for _, k := range from.Kernels {
		i := slices.IndexFunc(into.Kernels, func(have receipt.TrustedKernel) bool { return have.Key == k.Key })
		if i < 0 {
			into.Kernels = append(into.Kernels, k)
			continue
		}
		for _, log := range k.Logs {
			if !slices.Contains(into.Kernels[i].Logs, log) {
				into.Kernels[i].Logs = append(into.Kernels[i].Logs, log)
			}
		}
	}
	for _, x := range from.Witnesses {
		if !slices.Contains(into.Witnesses, x) {
			into.Witnesses = append(into.Witnesses, x)
		}
	}
}

// copied copies the exported files to a new folder, with some replaced.
func (w *world) copied(name string, replaced map[string][]byte) (dir string, err error) {
	dir = filepath.Join(w.dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make a folder for the verifiers: %w", err)
	}
	for _, file := range append(evidence(), trustFile) {
		content, ok := replaced[file]
		if !ok {
			if content, err = os.ReadFile(filepath.Join(w.out, file)); err != nil {
				return "", fmt.Errorf("read what was exported: %w", err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o644); err != nil {
			return "", fmt.Errorf("copy %s: %w", file, err)
		}
	}
	return dir, nil
}
