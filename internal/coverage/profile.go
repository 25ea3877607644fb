package main

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// block is one stretch of statements of a profile.
type block struct {
	statements, runs int
}

// merged has every block of a profile once, by its place.
type merged map[string]block

// merge sums up a profile in which each test binary has its own lines.
func merge(profile string) (merged, error) {
	m := merged{}
	for _, line := range strings.Split(strings.TrimSpace(profile), "\n") {
		if strings.HasPrefix(line, "mode:") {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) != 3 {
			return nil, fmt.Errorf("profile line %.100q", line)
		}
		statements, err := strconv.Atoi(fields[1])
		if err != nil {
			return nil, fmt.Errorf("profile line %.100q: %w", line, err)
		}
		b := m[fields[0]]
		b.statements = statements
		if fields[2] != "0" {
			b.runs++
		}
		m[fields[0]] = b
	}
	return m, nil
}

// of counts a package's statements, and the covered ones.
func (m merged) of(pkg string) (total, covered int) {
	for place, b := range m {
		file, _, _ := strings.Cut(place, ":")
		if path.Dir(strings.TrimPrefix(file, module)) != pkg {
			continue
		}
		total += b.statements
		if b.runs > 0 {
			covered += b.statements
		}
	}
	return total, covered
}

// above wants every floor to be reached.
func (m merged) above(floors []floor) error {
	var problems []error
	for _, f := range floors {
		total, covered := m.of(f.pkg)
		share := 1000 * covered / max(1, total)
		fmt.Printf("%-24s %5.1f %% of %d statements, floor %.1f\n", f.pkg, float64(share)/10, total, float64(f.permill)/10)
		if share < f.permill {
			problems = append(problems, fmt.Errorf("tests run %.1f %% of %s, the floor is %.1f", float64(share)/10, f.pkg, float64(f.permill)/10))
		}
	}
	return errors.Join(problems...)
}

// open names the uncovered blocks of some packages: file, and the line on which the block
// begins with the one behind it. Two blocks of one file that have both lines in
// common have one name.
func (m merged) open(root string, packages []string) ([]string, error) {
	var out []string
	for place, b := range m {
		if b.runs > 0 || b.statements == 0 {
			continue
		}
		file, span, _ := strings.Cut(place, ":")
		file = strings.TrimPrefix(file, module)
		if !slices.Contains(packages, path.Dir(file)) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			return nil, err
		}
		number, _, _ := strings.Cut(span, ".")
		n, err := strconv.Atoi(number)
		lines := strings.Split(string(text), "\n")
		if err != nil || n < 1 || n > len(lines) {
			return nil, fmt.Errorf("profile names %s, which is not there: it is of another version", place)
		}
		name := strings.TrimSpace(lines[n-1])
		if last := name[max(0, len(name)-1):]; (last == "{" || last == ":") && n < len(lines) {
			name += " " + strings.TrimSpace(lines[n]) // what the block does tells it from others that begin alike
		}
		out = append(out, file+": "+name)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// rows are the blocks that docs/coverage.md lists: "- `file: first line`: why".
func rows(page string) (out []string) {
	for _, line := range strings.Split(page, "\n") {
		rest, ok := strings.CutPrefix(line, "- ``")
		name, why, closed := strings.Cut(rest, "``: ")
		if ok && closed && strings.TrimSpace(why) != "" {
			out = append(out, name)
		}
	}
	return out
}
