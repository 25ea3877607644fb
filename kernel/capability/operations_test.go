package capability

import "testing"

// A child has no operation that its parent lacks, of every kind of grant. The
// property test finds this only if it draws it.
func TestI3_OperationsAreOfTheParent(t *testing.T) {
	some, more := []Operation{Read}, []Operation{Read, Subscribe}
	tool := func(ops []Operation) Scope {
		return Scope{Grants: []ToolGrant{{ServerID: "files", ToolName: "read_file", Operations: ops}}}
	}
	resource := func(ops []Operation) Scope {
		return Scope{ResourceGrants: []ResourceGrant{{"file:///a/*", ops}}}
	}
	prompt := func(ops []Operation) Scope { return Scope{PromptGrants: []PromptGrant{{"review", ops}}} }
	for name, of := range map[string]func([]Operation) Scope{"tool": tool, "resource": resource, "prompt": prompt} {
		if err := Covers(of(some), of(more)); codeOf(err) != CodeWidened {
			t.Errorf("%s: a child with one operation more: %v", name, err)
		}
		if err := Covers(of(more), of(some)); err != nil {
			t.Errorf("%s: a child with one operation less: %v", name, err)
		}
	}
}
