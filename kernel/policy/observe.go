package policy

import (
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/kernel/guards"
)

// observeAlso adds the operator's list to the document's, so that the hash says
// that these guards only observe.
func observeAlso(d *Document, also []string) error {
	if len(also) == 0 {
		return nil
	}
	for _, name := range also {
		if name == "" {
			return fmt.Errorf("observe: a guard's name is empty")
		}
	}
	c := Chio{}
	if d.Extensions.Chio != nil {
		c = *d.Extensions.Chio
	}
	c.Observe = union(c.Observe, also)
	d.Extensions.Chio = &c
	return nil
}

// checkObserve refuses names that no guard has, and those of parts that always
// enforce.
func (b *builder) checkObserve() error {
	known := append([]string{observeAll, ApprovalName}, outputNames()...)
	for _, e := range guards.Catalogue() {
		known = append(known, e.Name)
	}
	for name := range b.o.Custom {
		known = append(known, name)
	}
	for _, name := range b.chio().Observe {
		switch {
		case name == PanicName || name == PostureName || name == OriginsName || name == AssuranceName || name == ConditionName:
			return fmt.Errorf("extensions.chio.observe: %s is always enforced", name)
		case !slices.Contains(known, name):
			return fmt.Errorf("extensions.chio.observe: no guard is called %.80q; see chio-node guard list", name)
		}
	}
	return nil
}

// observes reports whether a guard is in observe mode.
func (b *builder) observes(name string) bool {
	list := b.chio().Observe
	return slices.Contains(list, observeAll) || slices.Contains(list, name)
}
