package capability

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// matchResources matches a URI against the resource grants. A URI that two
// readers could resolve to different places is refused before any pattern,
// because a prefix only binds what cannot climb out of it.
func matchResources(scope Scope, c *CallFacts) ([]GrantMatch, *Error) {
	if why := unsoundURI(c.Tool); why != "" {
		return nil, refuse(CodeNoGrant, "the resource URI %.80q %s", c.Tool, why)
	}
	var matches []GrantMatch
	for i := range scope.ResourceGrants {
		g := &scope.ResourceGrants[i]
		matches = addPattern(matches, len(scope.Grants)+i, g.URIPattern, g.Operations, c)
	}
	return patternMatches(matches, c)
}

// matchPrompts matches a name against the prompt grants. Names have no
// structure to escape from.
func matchPrompts(scope Scope, c *CallFacts) ([]GrantMatch, *Error) {
	if err := checkName(c.Tool, MaxPatternBytes); err != nil {
		return nil, refuse(CodeNoGrant, "the prompt name %v", err)
	}
	var matches []GrantMatch
	for i := range scope.PromptGrants {
		g := &scope.PromptGrants[i]
		matches = addPattern(matches, len(scope.Grants)+len(scope.ResourceGrants)+i, g.PromptName, g.Operations, c)
	}
	return patternMatches(matches, c)
}

func addPattern(matches []GrantMatch, index int, pattern string, ops []Operation, c *CallFacts) []GrantMatch {
	if !patternMatchesText(pattern, c.Tool) || !slices.Contains(ops, c.Operation) {
		return matches
	}
	return append(matches, GrantMatch{Index: index, Grant: &ToolGrant{ServerID: "*", ToolName: pattern, Operations: ops}})
}

func patternMatches(matches []GrantMatch, c *CallFacts) ([]GrantMatch, *Error) {
	if len(matches) == 0 {
		return nil, noGrant(c)
	}
	order(matches, isOpenPattern)
	return matches, nil
}

// patternMatchesText reads "*", a trailing-* prefix, or an exact text.
func patternMatchesText(pattern, text string) bool {
	if prefix, open := strings.CutSuffix(pattern, "*"); open {
		return strings.HasPrefix(text, prefix)
	}
	return pattern == text
}

// unsoundURI says what of a URI is ambiguous, or "".
func unsoundURI(uri string) string {
	switch {
	case uri == "" || len(uri) > MaxPatternBytes:
		return "is empty or too long"
	case !utf8.ValidString(uri) || hasControl(uri) || strings.IndexByte(uri, ' ') >= 0:
		return "has a space, a control character, or is not UTF-8"
	case strings.IndexByte(uri, '\\') >= 0:
		return "has a backslash"
	case hasEncodedSeparator(uri):
		return "has a percent-encoded separator or dot"
	}
	// A server may cut a URI at any of these before it reads the path.
	for part := range strings.FieldsFuncSeq(uri, func(r rune) bool { return strings.ContainsRune("/?#;=&:", r) }) {
		if part == "." || part == ".." {
			return "has a dot segment"
		}
	}
	return ""
}
