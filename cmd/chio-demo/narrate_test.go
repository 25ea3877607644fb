package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

// brokenSecond is a story whose second step fails after it saw something.
func brokenSecond() []step {
	return []step{
		{"one", "works", func(_ context.Context, _ *world, d *detail) error { d.add("seen", "this"); return nil }},
		{"two", "breaks", func(_ context.Context, _ *world, d *detail) error {
			d.add("balance", 7)
			return errors.New("seven is not eight")
		}},
		{"three", "is never reached", func(context.Context, *world, *detail) error { panic("reached") }},
	}
}

func TestFailingStepEndsTheRun(t *testing.T) {
	var out bytes.Buffer
	n := &narrator{out: &out, json: true}
	if err := n.end(runSteps(t.Context(), &world{}, n, brokenSecond())); err != nil {
		t.Fatal(err)
	}
	var r result
	if err := wire.Unmarshal(out.Bytes(), &r, wire.DocumentLimits); err != nil {
		t.Fatalf("%v in %s", err, out.Bytes())
	}
	if r.OK || len(r.Steps) != 3 || !r.Steps[0].OK || r.Steps[1].OK || r.Steps[2].OK || !r.Steps[2].NotRun {
		t.Errorf("%+v", r)
	}
	if r.Steps[1].Error != "seven is not eight" || len(r.Steps[1].Detail) != 1 {
		t.Errorf("the failing step says %+v", r.Steps[1])
	}
}

func TestStoryForPeople(t *testing.T) {
	var out bytes.Buffer
	n := &narrator{out: &out}
	n.begin()
	if err := n.end(runSteps(t.Context(), &world{}, n, brokenSecond())); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"✓ one", "seen  this", "✗ two", "why it failed: seven is not eight", "not run", "FAILED"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the story lacks %q:\n%s", want, out.String())
		}
	}
}

func TestChangesCoverTheFile(t *testing.T) {
	doc := []byte(`{"a":"bcdefgh","n":120,"z":"ijk"}`)
	changes := changesOf("x.json", doc)
	if len(changes) != 5 || changes[0].at != 0 || changes[3].at != len(doc)-1 {
		t.Fatalf("%v", changes)
	}
	for _, c := range changes {
		if c.was != doc[c.at] || c.is == c.was {
			t.Errorf("%v", c)
		}
	}
}

func TestFindingsThatAreNotAYes(t *testing.T) {
	for name, c := range map[string]struct {
		exit   int
		answer string
	}{
		"exit code":        {4, `{"ok":true,"logs":[]}`},
		"refused":          {4, `{"code":"CHIO-VERIFY-FORMAT","detail":"x","ok":false}`},
		"not valid":        {0, `{"valid":false}`},
		"untrusted":        {0, `{"valid":true,"signer_trusted":false}`},
		"one untrusted":    {0, `{"ok":true,"logs":[{"cosigned_by":[{}],"receipts":[{"signer_trusted":true},{"signer_trusted":false},{"signer_trusted":true}]}]}`},
		"not witnessed":    {0, `{"ok":true,"logs":[{"receipts":[{"signer_trusted":true}]}]}`},
		"code with a yes":  {0, `{"valid":true,"code":"CHIO-VERIFY-UNTRUSTED"}`},
		"nothing was said": {0, `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := readFinding(c.exit, []byte(c.answer))
			if err != nil {
				t.Fatal(err)
			}
			if f.judge() == nil {
				t.Errorf("%+v counts as verified", f)
			}
		})
	}
	if _, err := readFinding(0, []byte("panic: x")); err == nil {
		t.Error("an answer that is not JSON counts")
	}
}
