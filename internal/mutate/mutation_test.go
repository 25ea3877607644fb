package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const sample = `comment
== drop the check
why:  anybody passes
file: a.go
test: ./a ^TestI3_Check
<<<
	if bad {
===
	if false {
>>>

== drop nothing
why:  nobody passes
file: a.go
test: ./a ^TestI3_
<<<
gone
===
>>>
`

func TestParse(t *testing.T) {
	list, err := parse("I3", sample)
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	m := list[0]
	if m.invariant != "I3" || m.name != "drop the check" || m.file != "a.go" || m.pkg != "./a" || m.run != "^TestI3_Check" ||
		m.old != "\tif bad {" || m.new != "\tif false {" || list[1].new != "" {
		t.Errorf("%+v", list)
	}
	for name, bad := range map[string]string{
		"nothing":             "comment only\n",
		"another invariant":   strings.Replace(sample, "^TestI3_Check", "^TestI4_Check", 1),
		"a test without one":  strings.Replace(sample, "^TestI3_Check", ".", 1),
		"no reason":           strings.Replace(sample, "why:  anybody passes\n", "", 1),
		"an unknown line":     strings.Replace(sample, "why:", "because:", 1),
		"no new text":         strings.Replace(sample, "===\n\tif false {\n", "", 1),
		"no end":              strings.Replace(sample, "\n>>>\n\n==", "\n\n==", 1),
		"no change":           strings.Replace(sample, "if false", "if bad", 1),
		"one name used twice": strings.Replace(sample, "== drop nothing", "== drop the check", 1),
	} {
		if list, err := parse("I3", bad); err == nil {
			t.Errorf("%s: %+v", name, list)
		}
	}
	if _, err := parse("I12", sample); err == nil {
		t.Error("I12 is no invariant")
	}
	if _, err := parse("area", strings.Replace(sample, "^TestI3_Check", "^TestCheck", 1)); err != nil {
		t.Errorf("a test of an area bears a number of its own: %v", err)
	}
	if _, err := parse("area", strings.Replace(sample, "^TestI3_Check", "Check", 1)); err == nil {
		t.Error("a list of an area without the beginning of a test")
	}
}

func TestApplyWantsTheOldTextOnce(t *testing.T) {
	root := t.TempDir()
	m := mutation{file: "a.go", old: "bad", new: "good"}
	for text, want := range map[string]string{"a bad b": "a good b", "none": "", "bad bad": ""} {
		if err := os.WriteFile(filepath.Join(root, "a.go"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := m.apply(root); string(got) != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

// TestRead: only top-level tests count, and a build failure is no test.
func TestRead(t *testing.T) {
	r := read([]byte(`{"Action":"build-output","Output":"x.go:1: undefined\n"}
{"Action":"build-fail"}
{"Action":"fail","Package":"p"}
`))
	if len(r.passed)+len(r.failed) != 0 || !strings.Contains(r.output, "undefined") {
		t.Errorf("%+v", r)
	}
	r = read([]byte(`{"Action":"fail","Test":"TestI1_A/sub"}
{"Action":"fail","Test":"TestI1_A"}
{"Action":"pass","Test":"TestI1_B"}
`))
	if len(r.failed) != 1 || len(r.passed) != 1 {
		t.Errorf("%+v", r)
	}
}

// TestListsApply: every listed mutation still applies to the tree, and every
// invariant that must have mutations has two.
func TestListsApply(t *testing.T) {
	root := filepath.Join("..", "..")
	all, err := load("list")
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for i := range all {
		count[all[i].invariant]++
		if _, err := all[i].apply(root); err != nil {
			t.Errorf("%s, %s: %v", all[i].invariant, all[i].name, err)
		}
	}
	for _, want := range []string{"I1", "I2", "I3", "I5", "I6", "I9", "I10", "I11"} {
		if count[want] < 2 {
			t.Errorf("%s has %d mutations", want, count[want])
		}
	}
}

func TestParts(t *testing.T) {
	for _, bad := range []string{"1", "1/0", "-1/2", "a/2", "1/b", "/"} {
		if (&options{}).parts(bad) == nil {
			t.Errorf("-part %q is accepted", bad)
		}
	}
	area, invariant := &mutation{invariant: "shell"}, &mutation{invariant: "I3"}
	seen := 0
	for k := range 5 {
		o := options{}
		if err := o.parts(fmt.Sprintf("%d/5", k+10)); err != nil {
			t.Fatal(err)
		}
		for place := range 20 {
			if o.wants(area, place) {
				seen++
			}
			if !o.wants(invariant, place) {
				t.Errorf("an invariant's mutation is left out of part %d", k)
			}
		}
	}
	if seen != 20 {
		t.Errorf("five parts hold %d of 20 mutations", seen)
	}
}
