package guards

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/backbay-labs/chio-node/kernel"
)

// names is a compiled list of tool names: exact ones and globs.
type names struct {
	exact map[string]struct{}
	globs [][]token
}

// IsNameGlob reports whether an entry of a tool list is a glob.
func IsNameGlob(entry string) bool { return strings.ContainsAny(entry, "*?") }

// CheckName refuses an entry that can match no tool.
func CheckName(entry string) error {
	switch {
	case entry == "":
		return fmt.Errorf("%w: tool name is empty", ErrGlob)
	case len(entry) > kernel.MaxNameBytes:
		return fmt.Errorf("%w: tool name has %d bytes, limit %d", ErrGlob, len(entry), kernel.MaxNameBytes)
	case !utf8.ValidString(entry):
		return fmt.Errorf("%w: tool name is not UTF-8", ErrGlob)
	case strings.Count(entry, "*")+strings.Count(entry, "?") > maxWildcards:
		return fmt.Errorf("%w: %.80q has more than %d wildcards", ErrGlob, entry, maxWildcards)
	}
	for _, r := range entry {
		if r <= 0x20 || r == 0x7f {
			return fmt.Errorf("%w: tool name %.80q holds a blank or a control character", ErrGlob, entry)
		}
	}
	return nil
}

// namesCompiler returns how a list of names is compiled.
func namesCompiler(exact bool) func([]string) (*names, error) {
	if !exact {
		return compileNames
	}
	return func(list []string) (*names, error) {
		n := &names{exact: make(map[string]struct{}, len(list))}
		for _, entry := range list {
			if err := CheckName(entry); err != nil {
				return nil, err
			}
			n.exact[entry] = struct{}{}
		}
		return n, nil
	}
}

func compileNames(list []string) (*names, error) {
	n := &names{exact: make(map[string]struct{}, len(list))}
	for _, entry := range list {
		if err := CheckName(entry); err != nil {
			return nil, err
		}
		if !IsNameGlob(entry) {
			n.exact[entry] = struct{}{}
			continue
		}
		var tokens []token
		for _, r := range entry {
			switch r {
			case '*':
				tokens = append(tokens, token{kind: tokenStar})
			case '?':
				tokens = append(tokens, token{kind: tokenOne})
			default:
				tokens = append(tokens, token{kind: tokenRune, r: r})
			}
		}
		n.globs = append(n.globs, tokens)
	}
	return n, nil
}

func (n *names) match(tool string) bool {
	if _, ok := n.exact[tool]; ok {
		return true
	}
	for _, g := range n.globs {
		if matchTokens(g, tool) {
			return true
		}
	}
	return false
}
