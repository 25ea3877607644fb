package kernel

import "slices"

// Masker hides the credentials in one string that a receipt or an approval
// request would repeat; member is the name of the argument that holds it, ""
// if none does. hit is false if there is nothing to hide.
type Masker func(member, text string) (masked string, hit bool)

// mask applies the configured masker. Without one nothing is hidden here.
func (k *Kernel) mask(member, text string) string {
	if k.cfg.Mask == nil || text == "" {
		return text
	}
	if masked, hit := k.cfg.Mask(member, text); hit {
		return masked
	}
	return text
}

// maskEvidence hides credentials in what guards said: a path or a host can
// hold one.
func (k *Kernel) maskEvidence(list []Evidence) []Evidence {
	if k.cfg.Mask == nil {
		return list
	}
	own := false
	for i := range list {
		masked := k.mask("", list[i].Details)
		if masked == list[i].Details {
			continue
		}
		if !own {
			list, own = slices.Clone(list), true
		}
		list[i].Details = masked
	}
	return list
}
