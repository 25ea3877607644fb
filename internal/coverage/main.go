// Command coverage holds the trusted packages to full statement coverage: it
// merges what the tests of several packages cover of them, and compares the
// rest with docs/coverage.md, where each block that no test runs has its reason.
//
//	go run ./internal/coverage             runs the tests (minutes)
//	go run ./internal/coverage -profile F  judges a profile that exists
//
// It exits 1 if a block is neither covered nor listed, or listed and covered.
// Blocks are named by file and first line, so that a list survives edits
// elsewhere. The detectors and the policy language are held to a floor instead,
// which only rises: their statements are mostly rows of tables, and their rules
// are held by mutations (internal/mutate). Non-goals: branches within a
// statement, and packages not listed.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const module = "github.com/backbay-labs/chio-node/"

// judged are the packages whose every statement counts.
var judged = []string{"wire", "kernel", "kernel/capability", "kernel/receipt", "kernel/budget",
	"kernel/guards", "kernel/guards/velocity", "kernel/guards/desktop", "kernel/guards/spider"}

// floor is the least share of a package's statements that tests run.
type floor struct {
	pkg     string
	permill int
}

// floors never fall.
var floors = []floor{
	{"kernel/guard", 950}, {"kernel/guards/network", 970}, {"kernel/guards/patch", 955}, {"kernel/guards/prompt", 980}, {"kernel/guards/secrets", 940},
	{"kernel/guards/code", 925}, {"kernel/guards/shell", 870}, {"kernel/policy", 940},
}

// running are the packages whose tests count for them: their own, and those
// that drive them through their public API.
var running = []string{"./wire", "./did/...", "./kernel/...", "./settlement", "./federation", "./node", "./cmd/chio-verify/...", "./cmd/chio-node/offline"}

func main() {
	profile := flag.String("profile", "", "a coverage profile to judge instead of running the tests")
	flag.Parse()
	if err := run(*profile); err != nil {
		fmt.Fprintln(os.Stderr, "coverage:", err)
		os.Exit(1)
	}
}

func run(profile string) error {
	if profile == "" {
		dir, err := os.MkdirTemp("", "coverage-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }() // in the system's temporary folder: it goes anyway
		profile = filepath.Join(dir, "profile")
		if err := test(profile); err != nil {
			return err
		}
	}
	text, err := os.ReadFile(profile)
	if err != nil {
		return err
	}
	found, err := merge(string(text))
	if err != nil {
		return err
	}
	page, err := os.ReadFile(filepath.Join("docs", "coverage.md"))
	if err != nil {
		return err
	}
	for _, pkg := range judged {
		total, covered := found.of(pkg)
		fmt.Printf("%-24s %6.2f %% of %d statements\n", pkg, 100*float64(covered)/float64(max(1, total)), total)
	}
	open, err := found.open(".", judged)
	if err != nil {
		return err
	}
	return errors.Join(compare(open, rows(string(page))), found.above(floors))
}

// test writes the merged profile. The random models are left out: what they
// reach differs from run to run.
func test(profile string) error {
	var cover []string
	for _, pkg := range judged {
		cover = append(cover, "./"+pkg)
	}
	for _, f := range floors {
		cover = append(cover, "./"+f.pkg)
	}
	args := append([]string{"test", "-skip=_Model", "-coverpkg=" + strings.Join(cover, ","), "-coverprofile=" + profile}, running...)
	cmd := exec.Command("go", args...)
	cmd.Stderr = os.Stderr
	if out, err := cmd.Output(); err != nil {
		return fmt.Errorf("go test: %w\n%s", err, out)
	}
	return nil
}

// compare wants every uncovered block to be listed. A listed block that runs
// is only named: random tests reach some blocks in one run and not in the next.
func compare(open, listed []string) error {
	var problems []error
	for _, block := range open {
		if !slices.Contains(listed, block) {
			problems = append(problems, fmt.Errorf("no test runs %s, and docs/coverage.md does not say why", block))
		}
	}
	for _, block := range listed {
		if !slices.Contains(open, block) {
			fmt.Printf("note: docs/coverage.md lists %s, which a test ran or which is gone\n", block)
		}
	}
	return errors.Join(problems...)
}
