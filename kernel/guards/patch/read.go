package patch

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// ErrDiff is a text that is no patch, or one that could be read in two ways.
var ErrDiff = errors.New("patch cannot be read")

const (
	maxDiffBytes = 8 << 20
	maxLines     = 200_000
	maxFiles     = 10_000
)

// change is what a patch does.
type change struct {
	additions, deletions int64
	added                []string // the lines added, in order
	paths                []string
	removesFile          bool // a file goes whose lines are not in the patch
}

// isPatch reports text in one of the forms that read understands.
func isPatch(text string) bool {
	head := strings.TrimLeft(text, " \t\r\n")
	return strings.HasPrefix(head, begin) || strings.HasPrefix(head, "diff --git ") || strings.HasPrefix(head, "@@ -") ||
		strings.HasPrefix(head, "--- ") && strings.Contains(head, "\n+++ ") || strings.Contains(head, "\n--- ") && strings.Contains(head, "\n+++ ") && strings.Contains(head, "\n@@ ")
}

// read parses a patch in any form. path names the file of bare hunks.
func read(text, path string) (*change, error) {
	if len(text) > maxDiffBytes || strings.Count(text, "\n") > maxLines {
		return nil, fmt.Errorf("%w: it is longer than %d bytes or %d lines", ErrDiff, maxDiffBytes, maxLines)
	}
	if strings.IndexByte(text, 0) >= 0 {
		return nil, fmt.Errorf("%w: it holds a NUL", ErrDiff)
	}
	trimmed := strings.TrimLeft(text, "\r\n\t ")
	if strings.HasPrefix(trimmed, begin) {
		return envelope(trimmed)
	}
	if strings.HasPrefix(trimmed, "@@ -") {
		name := strings.Map(func(r rune) rune {
			if r < 0x20 {
				return -1
			}
			return r
		}, path)
		if name == "" {
			name = "file"
		}
		c, err := unified("--- a/" + name + "\n+++ b/" + name + "\n" + trimmed)
		if c != nil {
			c.paths = nil
			if path != "" {
				c.paths = []string{path}
			}
		}
		return c, err
	}
	return unified(text)
}

func unified(text string) (*change, error) {
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	files, _, err := gitdiff.Parse(strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrDiff, place(err))
	}
	switch {
	case len(files) == 0:
		return nil, fmt.Errorf("%w: it holds no file", ErrDiff)
	case len(files) > maxFiles:
		return nil, fmt.Errorf("%w: it changes %d files, limit %d", ErrDiff, len(files), maxFiles)
	}
	c := &change{}
	headers, hunks := 0, 0
	for _, f := range files {
		if f.IsBinary || f.BinaryFragment != nil {
			return nil, fmt.Errorf("%w: binary changes have no lines to judge", ErrDiff)
		}
		c.name(f.OldName)
		c.name(f.NewName)
		c.removesFile = c.removesFile || f.IsDelete && len(f.TextFragments) == 0
		if len(f.TextFragments) > 0 {
			headers++
		}
		hunks += len(f.TextFragments)
		for _, frag := range f.TextFragments {
			c.additions += frag.LinesAdded
			c.deletions += frag.LinesDeleted
			for _, l := range frag.Lines {
				if l.Op == gitdiff.OpAdd {
					c.added = append(c.added, strings.TrimRight(l.Line, "\r\n"))
				}
			}
		}
	}
	return c, c.complete(text, int64(headers), int64(hunks))
}

// place keeps of a parser's error the line and the cause, never the text.
func place(err error) string {
	msg := err.Error()
	if i := strings.IndexAny(msg, "\"'`"); i >= 0 {
		msg = strings.TrimRight(msg[:i], " :")
	}
	return msg[:min(len(msg), 160)]
}

func (c *change) name(path string) {
	if path == "" || path == "/dev/null" {
		return
	}
	c.paths = append(c.paths, path)
	if strings.HasPrefix(path, "a/") || strings.HasPrefix(path, "b/") {
		c.paths = append(c.paths, path[2:])
	}
}

// complete makes sure that no line which some tool takes for a change stands
// outside what was parsed:
//
//  1. the lines that begin with "+" are the added ones and one header a file
//  2. those that begin with "-" likewise, but for the "---" and "-- " of a mail
//  3. those that begin with "@@" are the hunks
//  4. there is no line of a context, normal or ed diff
func (c *change) complete(text string, headers, hunks int64) error {
	var plus, minus, marks int64
	for line := range strings.Lines(text) {
		switch line[0] {
		case '+':
			plus++
		case '-':
			if l := strings.TrimRight(line, "\r\n"); l == "---" || l == "-- " || l == "--" {
				minus-- // taken back below if it was a deletion
			}
			minus++
		case '@':
			if strings.HasPrefix(line, "@@") {
				marks++
			}
		case '*', '!':
			if strings.HasPrefix(line, "***") || strings.HasPrefix(line, "! ") {
				return fmt.Errorf("%w: a line of a context diff stands in it", ErrDiff) // 4
			}
		case '<', '>', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			if edited(line) {
				return fmt.Errorf("%w: a line of a normal or ed diff stands in it", ErrDiff) // 4
			}
		}
	}
	if plus != c.additions+headers { // 1
		return fmt.Errorf("%w: lines that begin with + stand outside its hunks", ErrDiff)
	}
	if extra := minus - c.deletions - headers; extra > 0 { // 2
		return fmt.Errorf("%w: lines that begin with - stand outside its hunks", ErrDiff)
	}
	if marks != hunks { // 3
		return fmt.Errorf("%w: hunk headers stand outside its files", ErrDiff)
	}
	return nil
}

// edited reports "< x", "> x", "3d", "1,4c" and their kind.
func edited(line string) bool {
	line = strings.TrimRight(line, "\r\n")
	if strings.HasPrefix(line, "< ") || strings.HasPrefix(line, "> ") {
		return true
	}
	rest := strings.TrimLeft(line, "0123456789,")
	return len(rest) < len(line) && rest != "" && strings.IndexByte("acdis", rest[0]) >= 0 && strings.Trim(rest[1:], "0123456789,") == ""
}
