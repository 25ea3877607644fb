package a

import "strings"

// The codes.
const (
	CodeDeclared  = "CHIO-A-DECLARED"
	CodeUsed      = "CHIO-A-USED"
	CodeElsewhere = "CHIO-A-ELSEWHERE"
)

// F uses some; CHIO-A-COMMENT is not one.
func F(s string) (string, string, bool) {
	return CodeUsed, "CHIO-A-LITERAL", strings.HasPrefix(s, "CHIO-A-PREFIX")
}
