package policy

// Merge lays child over base by the child's own strategy and returns a new
// document: replace is the child alone; merge and deep_merge take each rule
// block whole from the child if it has it, else from the base. Only the
// base's own extends remains.
func Merge(base, child *Document) *Document {
	out := *child
	out.Extends, out.MergeStrategy = base.Extends, base.MergeStrategy
	out.Sources = append(append([]string(nil), base.Sources...), child.Sources...)
	if child.MergeStrategy == Replace {
		return &out
	}
	if out.Name == "" {
		out.Name = base.Name
	}
	if out.Description == "" {
		out.Description = base.Description
	}
	if out.Metadata == nil {
		out.Metadata = base.Metadata
	}
	if out.Rules.ForbiddenPaths == nil {
		out.Rules.ForbiddenPaths = base.Rules.ForbiddenPaths
	}
	if out.Rules.PathAllowlist == nil {
		out.Rules.PathAllowlist = base.Rules.PathAllowlist
	}
	if out.Rules.ToolAccess == nil {
		out.Rules.ToolAccess = base.Rules.ToolAccess
	}
	return &out
}
