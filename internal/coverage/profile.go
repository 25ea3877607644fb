package main

import (
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

// open names the uncovered blocks: file, and the line on which the block
// begins with the one behind it. Two blocks of one file that have both lines in
// common have one name.
func (m merged) open(root string) ([]string, error) {
	var out []string
	for place, b := range m {
		if b.runs > 0 || b.statements == 0 {
			continue
		}
		file, span, _ := strings.Cut(place, ":")
		file = strings.TrimPrefix(file, module)
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
