package budget

import (
	"cmp"
	"fmt"
	"slices"
)

type placed struct {
	config *NodeConfig
	depth  int
}

// parentsFirst orders nodes by depth, then by id, so that a call that several
// nodes refuse is always refused by the same one.
func parentsFirst(nodes []NodeConfig, byID map[string]*NodeConfig) ([]placed, error) {
	out := make([]placed, 0, len(nodes))
	for i := range nodes {
		depth := 1
		for at := &nodes[i]; at.Parent != ""; depth++ {
			parent := byID[at.Parent]
			if parent == nil {
				return nil, fmt.Errorf("node %q: there is no parent %.64q", at.ID, at.Parent)
			}
			if depth == MaxDepth {
				return nil, fmt.Errorf("node %q: it is deeper than %d, or its own ancestor", nodes[i].ID, MaxDepth)
			}
			at = parent
		}
		out = append(out, placed{&nodes[i], depth})
	}
	slices.SortFunc(out, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.depth, b.depth), cmp.Compare(a.config.ID, b.config.ID))
	})
	return out, nil
}
