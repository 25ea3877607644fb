package patch

import (
	"fmt"
	"strings"
)

// The marks of the form that coding agents write.
const (
	begin      = "*** Begin Patch"
	end        = "*** End Patch"
	addFile    = "*** Add File: "
	deleteFile = "*** Delete File: "
	updateFile = "*** Update File: "
	moveTo     = "*** Move to: "
	endOfFile  = "*** End of File"
)

// envelope reads the agents' form, strictly:
//
//	patch  = "*** Begin Patch" file* "*** End Patch"
//	file   = "*** Add File: " path ("+" line)*
//	       | "*** Delete File: " path
//	       | "*** Update File: " path ["*** Move to: " path] ("@@" … | " " | "+" | "-" line | empty | "*** End of File")*
func envelope(text string) (*change, error) {
	c := &change{}
	state := byte(0) // of the file: 'a'dded, 'd'eleted, 'u'pdated
	closed := false
	first := true
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case first:
			if strings.TrimRight(line, " ") != begin {
				return nil, fmt.Errorf("%w: text follows %q", ErrDiff, begin)
			}
			first = false
		case closed:
			if strings.TrimSpace(line) != "" {
				return nil, fmt.Errorf("%w: text follows %q", ErrDiff, end)
			}
		case strings.TrimRight(line, " ") == end:
			closed = true
		case strings.HasPrefix(line, "***"):
			next, err := c.mark(line, state)
			if err != nil {
				return nil, err
			}
			state = next
		default:
			if err := c.body(line, state); err != nil {
				return nil, err
			}
		}
	}
	switch {
	case !closed:
		return nil, fmt.Errorf("%w: %q is missing", ErrDiff, end)
	case len(c.paths) == 0:
		return nil, fmt.Errorf("%w: it holds no file", ErrDiff)
	}
	return c, nil
}

func (c *change) mark(line string, state byte) (byte, error) {
	if line == endOfFile && state == 'u' {
		return state, nil
	}
	for _, m := range [...]struct {
		prefix string
		state  byte
	}{{addFile, 'a'}, {deleteFile, 'd'}, {updateFile, 'u'}, {moveTo, 'u'}} {
		path, ok := strings.CutPrefix(line, m.prefix)
		if !ok {
			continue
		}
		if path = strings.TrimSpace(path); path == "" || m.prefix == moveTo && state != 'u' || len(c.paths) >= maxFiles {
			return 0, fmt.Errorf("%w: a file has no name, or a move no file", ErrDiff)
		}
		c.paths = append(c.paths, path)
		c.removesFile = c.removesFile || m.state == 'd'
		return m.state, nil
	}
	return 0, fmt.Errorf("%w: a line that begins with *** is none of its marks", ErrDiff)
}

func (c *change) body(line string, state byte) error {
	op := byte(' ')
	if line != "" {
		op = line[0]
	}
	switch {
	case op == '+' && (state == 'a' || state == 'u'):
		c.additions++
		c.added = append(c.added, line[1:])
	case op == '-' && state == 'u':
		c.deletions++
	case (op == ' ' || strings.HasPrefix(line, "@@")) && state == 'u':
	case line == "" && state == 'd':
	default:
		return fmt.Errorf("%w: a line stands outside the hunks of a file", ErrDiff)
	}
	return nil
}
