package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// exitUnverifiable is a verifier's exit code for what does not verify.
const exitUnverifiable = 4

// change is one byte of one file.
type change struct {
	file string
	at   int
	was  byte
	is   byte
}

func (c change) String() string { return fmt.Sprintf("byte %d, %q for %q", c.at, c.is, c.was) }

func stepTamper(ctx context.Context, w *world, d *detail) error {
	var all []change
	files := map[string][]byte{}
	for _, name := range evidence() {
		doc, err := os.ReadFile(filepath.Join(w.out, name))
		if err != nil {
			return fmt.Errorf("read what was exported: %w", err)
		}
		files[name] = doc
		changes := changesOf(name, doc)
		told := make([]string, len(changes))
		for i, c := range changes {
			told[i] = c.String()
		}
		d.add(strings.TrimSuffix(name, ".json"), told)
		all = append(all, changes...)
	}
	d.add("changes", len(all))
	if err := w.refuseAll(ctx, files, all); err != nil {
		return err
	}
	d.add("refused", len(all))
	return nil
}

// changesOf picks bytes from all over a file: the ends, the middle, and a
// digit, which is changed to another digit so that the file stays JSON.
func changesOf(name string, doc []byte) []change {
	flip := func(at int) change { return change{name, at, doc[at], doc[at] ^ 1} }
	changes := []change{flip(0), flip(len(doc) / 3), flip(len(doc) / 2), flip(len(doc) - 1)}
	for i := range doc {
		at := (len(doc)*2/3 + i) % len(doc)
		if c := doc[at]; c >= '0' && c <= '9' {
			return append(changes, change{name, at, c, '0' + (c-'0'+1)%10})
		}
	}
	return changes
}

// verifiers is how many verifier processes run at once.
const verifiers = 2

// refuseAll runs the verifier on a copy with each change and collects those
// that were not refused as unverifiable.
func (w *world) refuseAll(ctx context.Context, files map[string][]byte, all []change) error {
	jobs := make(chan int)
	errs := make([]error, len(all))
	var workers sync.WaitGroup
	for range verifiers {
		workers.Go(func() {
			for i := range jobs {
				errs[i] = w.refuse(ctx, i, files[all[i].file], all[i])
			}
		})
	}
	for i := range all {
		if ctx.Err() != nil {
			break
		}
		jobs <- i
	}
	close(jobs)
	workers.Wait()
	return errors.Join(append(errs, context.Cause(ctx))...)
}

func (w *world) refuse(ctx context.Context, i int, doc []byte, c change) error {
	changed := append([]byte(nil), doc...)
	changed[c.at] = c.is
	dir, err := w.copied(fmt.Sprintf("tamper-%d", i), map[string][]byte{c.file: changed})
	if err != nil {
		return err
	}
	found, err := w.verify(ctx, dir, c.file)
	if err != nil {
		return err
	}
	if found.Exit != exitUnverifiable || found.Code == "" {
		return fmt.Errorf("%s with %s: the verifier exits %d with code %q, want %d and a cause", c.file, c, found.Exit, found.Code, exitUnverifiable)
	}
	return nil
}
