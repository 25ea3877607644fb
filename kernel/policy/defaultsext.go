package policy

import "slices"

// defaults is withDefaults for extensions. It changes no value that the
// document it was copied from shares.
func (e *Extensions) defaults() {
	if p := e.Posture; p != nil && len(p.Transitions) == 0 {
		filled := *p
		filled.Transitions = nil
		e.Posture = &filled
	}
	if o := e.Origins; o != nil {
		filled := *o
		filled.DefaultBehavior = word(filled.DefaultBehavior, originsDeny)
		filled.Profiles = slices.Clone(o.Profiles)
		for i := range filled.Profiles {
			filled.Profiles[i].plain()
		}
		e.Origins = &filled
	}
	e.Detection = e.Detection.defaults()
	if c := e.Chio; c != nil {
		filled := *c
		filled.Observe = nilIfEmpty(filled.Observe)
		filled.InternalHosts, filled.BlockedHosts = nilIfEmpty(filled.InternalHosts), nilIfEmpty(filled.BlockedHosts)
		if len(filled.Conditions) == 0 {
			filled.Conditions = nil
		}
		if len(filled.Custom) == 0 {
			filled.Custom = nil
		}
		e.Chio = &filled
	}
}

// plain leaves out lists without entries. A profile's lists and defaults that
// are not written are the policy's, so nothing is filled in.
func (p *OriginProfile) plain() {
	if p.ToolAccess != nil {
		own := plainTools(*p.ToolAccess)
		p.ToolAccess = &own
	}
	if p.Egress != nil {
		own := plainHosts(*p.Egress)
		p.Egress = &own
	}
}

func (d *Detection) defaults() *Detection {
	if d == nil || *d == (Detection{}) {
		return nil
	}
	var out Detection
	if p := d.PromptInjection; p != nil {
		out.PromptInjection = &PromptInjection{
			Enabled: written(p.Enabled, true), WarnAtOrAbove: word(p.WarnAtOrAbove, defaultInjectionWarn),
			BlockAtOrAbove: word(p.BlockAtOrAbove, defaultInjectionBlock), MaxScanBytes: written(p.MaxScanBytes, defaultDetectionBytes),
		}
	}
	if j := d.Jailbreak; j != nil {
		out.Jailbreak = &Jailbreak{
			Enabled: written(j.Enabled, true), BlockThreshold: written(j.BlockThreshold, defaultJailbreakBlock),
			WarnThreshold: written(j.WarnThreshold, defaultJailbreakWarn), MaxInputBytes: written(j.MaxInputBytes, defaultDetectionBytes),
		}
	}
	if t := d.ThreatIntel; t != nil {
		out.ThreatIntel = &ThreatIntel{
			Enabled: written(t.Enabled, false), PatternDB: t.PatternDB,
			SimilarityThreshold: written(t.SimilarityThreshold, defaultSimilarity), TopK: written(t.TopK, defaultTopK),
		}
	}
	return &out
}

// written is the value, or the one that stands for none.
func written[T any](p *T, fallback T) *T {
	v := value(p, fallback)
	return &v
}
