package capability

import (
	"slices"
	"strings"
)

// listed holds when the arguments name at least one thing under names of the
// class, and each, byte for byte, is in the list. The name of a member inside
// such an object counts too, unless it says a class of its own.
func (f *argumentFacts) listed(kind string, class keyClass, list []string) *Error {
	leaves, err := f.strings()
	if err != nil {
		return err
	}
	found := false
	for i := range leaves {
		l := &leaves[i]
		if l.keys&class == 0 || l.isName && l.near&class != 0 {
			continue
		}
		found = true
		if !slices.Contains(list, l.text) {
			return refuse(CodeConstraint, "%s: %.80q at %.80q is not listed", kind, l.text, f.at(i))
		}
	}
	if !found {
		return refuse(CodeConstraint, "%s: the arguments name none", kind)
	}
	return nil
}

// tableAllowlist is listed for tables, and refuses query text.
func (f *argumentFacts) tableAllowlist(r *rule) *Error {
	if _, err := f.noQueryText(TableAllowlist); err != nil {
		return err
	}
	return f.listed(TableAllowlist, tableKey, r.list)
}

// noQueryText is strings, but refuses a statement, or a piece of one: what it
// touches cannot be told without a parser for its dialect.
func (f *argumentFacts) noQueryText(kind string) ([]leaf, *Error) {
	leaves, err := f.strings()
	if err != nil {
		return nil, err
	}
	for i := range leaves {
		if l := &leaves[i]; !l.isName && (l.keys&sqlKey != 0 || l.near&clauseKey != 0) {
			return nil, refuse(CodeConstraint, "%s: the query text at %.80q cannot be evaluated; send structured arguments", kind, f.at(i))
		}
	}
	return leaves, nil
}

// columnDenylist holds when the arguments name at least one column, each
// column is a plain name, and no string or name anywhere is a denied column.
// Only what follows the last dot is compared, without case.
func (f *argumentFacts) columnDenylist(r *rule) *Error {
	leaves, err := f.noQueryText(ColumnDenylist)
	if err != nil {
		return err
	}
	found := false
	for i := range leaves {
		l := &leaves[i]
		if l.keys&columnKey != 0 && (!l.isName || l.near&columnKey == 0) {
			found = true
			if !isColumnName(l.text) {
				return refuse(CodeConstraint, "column_denylist: %.80q at %.80q is not a plain column name", l.text, f.at(i))
			}
		}
		for _, denied := range r.list {
			if strings.EqualFold(column(l.text), column(denied)) {
				return refuse(CodeConstraint, "column_denylist: %.80q at %.80q is denied", l.text, f.at(i))
			}
		}
	}
	if !found {
		return refuse(CodeConstraint, "column_denylist: the arguments name no column")
	}
	return nil
}

// column strips "table." and "schema.table.".
func column(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// isColumnName excludes "*", quoting, expressions and aliases.
func isColumnName(s string) bool {
	for i := range len(s) {
		if b := s[i] | 0x20; (b < 'a' || b > 'z') && (s[i] < '0' || s[i] > '9') && strings.IndexByte("_$.", s[i]) < 0 {
			return false
		}
	}
	return column(s) != ""
}

// The actions a tool manifest can declare, by what they can do.
var (
	readActions  = [...]string{"file_read"}
	writeActions = [...]string{"file_read", "file_write", "patch"}
	allActions   = [...]string{"file_read", "file_write", "patch", "egress", "shell", "tool"}
)

// operationClass holds when the tool's trusted manifest declares an action the
// class contains. What a tool without one does is not known.
func (f *argumentFacts) operationClass(r *rule) *Error {
	allowed := allActions[:]
	switch r.text {
	case "read_only":
		allowed = readActions[:]
	case "read_write":
		allowed = writeActions[:]
	}
	if f.call.Action == "" {
		return refuse(CodeConstraint, "operation_class %s: the tool's manifest declares no action", r.text)
	}
	if !slices.Contains(allowed, f.call.Action) {
		return refuse(CodeConstraint, "operation_class %s does not contain the declared action %.40q", r.text, f.call.Action)
	}
	return nil
}
