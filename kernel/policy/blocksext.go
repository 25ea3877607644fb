package policy

import (
	"go.yaml.in/yaml/v3"

	"github.com/backbay-labs/chio-node/wire"
)

func (r *reader) extensions(to *Extensions) field {
	return func(n *yaml.Node, path string) {
		r.mapping(n, path, fields{
			"posture":           r.posture(&to.Posture),
			"origins":           r.origins(&to.Origins),
			"detection":         r.detection(&to.Detection),
			"reputation":        r.reputation(&to.Reputation),
			"runtime_assurance": r.runtimeAssurance(&to.RuntimeAssurance),
			"chio":              r.chio(&to.Chio),
		}, nil)
	}
}

func (r *reader) posture(to **Posture) field {
	return block(r, to, func() (*Posture, fields) {
		p := &Posture{}
		return p, fields{
			"initial": r.text(&p.Initial),
			"states": func(n *yaml.Node, path string) {
				p.States = map[string]PostureState{}
				r.entries(n, path, func(k, v *yaml.Node, at string) {
					var s PostureState
					r.mapping(v, at, fields{
						"description":  r.text(&s.Description),
						"capabilities": r.strings(&s.Capabilities),
						"budgets":      r.numbers(&s.Budgets),
					}, nil)
					p.States[k.Value] = s
				})
			},
			"transitions": func(n *yaml.Node, path string) {
				p.Transitions = []PostureTransition{} // none, when written, takes away the base's
				r.items(n, path, func(item *yaml.Node, at string) {
					var t PostureTransition
					r.mapping(item, at, fields{
						"from":  r.text(&t.From),
						"to":    r.text(&t.To),
						"on":    r.text(&t.On),
						"after": r.word(&t.After),
					}, nil)
					p.Transitions = append(p.Transitions, t)
				})
			},
		}
	})
}

func (r *reader) detection(to **Detection) field {
	return block(r, to, func() (*Detection, fields) {
		d := &Detection{}
		return d, fields{
			"prompt_injection": block(r, &d.PromptInjection, func() (*PromptInjection, fields) {
				p := &PromptInjection{}
				return p, fields{
					"enabled":           r.maybeFlag(&p.Enabled),
					"warn_at_or_above":  r.word(&p.WarnAtOrAbove),
					"block_at_or_above": r.word(&p.BlockAtOrAbove),
					"max_scan_bytes":    r.maybeNumber(&p.MaxScanBytes),
				}
			}),
			"jailbreak": block(r, &d.Jailbreak, func() (*Jailbreak, fields) {
				j := &Jailbreak{}
				return j, fields{
					"enabled":         r.maybeFlag(&j.Enabled),
					"block_threshold": r.maybeNumber(&j.BlockThreshold),
					"warn_threshold":  r.maybeNumber(&j.WarnThreshold),
					"max_input_bytes": r.maybeNumber(&j.MaxInputBytes),
				}
			}),
			"threat_intel": block(r, &d.ThreatIntel, func() (*ThreatIntel, fields) {
				t := &ThreatIntel{}
				return t, fields{
					"enabled":              r.maybeFlag(&t.Enabled),
					"pattern_db":           r.word(&t.PatternDB),
					"similarity_threshold": r.maybeDecimal(&t.SimilarityThreshold),
					"top_k":                r.maybeNumber(&t.TopK),
				}
			}),
		}
	})
}

func (r *reader) reputation(to **Reputation) field {
	return block(r, to, func() (*Reputation, fields) {
		v := &Reputation{}
		return v, fields{"scoring": r.carried(&v.Scoring), "tiers": r.carried(&v.Tiers)}
	})
}

func (r *reader) runtimeAssurance(to **RuntimeAssurance) field {
	return block(r, to, func() (*RuntimeAssurance, fields) {
		v := &RuntimeAssurance{}
		return v, fields{"tiers": r.carried(&v.Tiers), "trusted_verifiers": r.carried(&v.TrustedVerifiers)}
	})
}

func (r *reader) chio(to **Chio) field {
	return block(r, to, func() (*Chio, fields) {
		v := &Chio{}
		return v, fields{
			"market_hours":   r.carried(&v.MarketHours),
			"signing":        r.carried(&v.Signing),
			"k8s_namespaces": r.carried(&v.K8sNamespaces),
			"rollback":       r.carried(&v.Rollback),
			"human_in_loop":  r.carried(&v.HumanInLoop),

			"observe":                    r.observe(&v.Observe),
			"conditions":                 r.conditions(&v.Conditions),
			"tool_names":                 r.word(&v.ToolNames),
			"custom_actions":             r.word(&v.CustomActions),
			"dynamic_commands":           r.word(&v.DynamicCommands),
			"internal_hosts":             r.list(&v.InternalHosts), // empty, when written, takes away the base's
			"blocked_hosts":              r.list(&v.BlockedHosts),
			"output_sanitizer":           r.word(&v.OutputSanitizer),
			"scan_outputs":               r.word(&v.ScanOutputs),
			"pattern_db_max_age_seconds": r.maybeNumber(&v.PatternDBMaxAgeSeconds),
			"custom":                     r.custom(&v.Custom),
		}
	})
}

// observe reads a list of guard names, or the word all. An empty list takes
// away the base's.
func (r *reader) observe(to *[]string) field {
	list := r.list(to)
	return func(n *yaml.Node, path string) {
		if n.Kind == yaml.ScalarNode && n.Value == observeAll {
			r.visit(n, path)
			*to = []string{observeAll}
			return
		}
		list(n, path)
	}
}

func (r *reader) custom(to *map[string]wire.Raw) field {
	return func(n *yaml.Node, path string) {
		out := map[string]wire.Raw{}
		r.entries(n, path, func(k, v *yaml.Node, at string) {
			var raw wire.Raw
			r.carried(&raw)(v, at)
			out[k.Value] = raw
		})
		*to = out
	}
}

func (r *reader) conditions(to *map[string]Condition) field {
	return func(n *yaml.Node, path string) {
		out := map[string]Condition{}
		r.entries(n, path, func(k, v *yaml.Node, at string) {
			out[k.Value] = r.condition(v, at, maxConditionDepth)
		})
		*to = out
	}
}

// condition reads one level more than is allowed, so that the checker can say
// that it is too deep.
func (r *reader) condition(n *yaml.Node, path string, depth int) Condition {
	var c Condition
	if depth < 0 {
		return c
	}
	list := func(to *[]Condition) field {
		return func(n *yaml.Node, path string) {
			*to = []Condition{}
			r.items(n, path, func(item *yaml.Node, at string) { *to = append(*to, r.condition(item, at, depth-1)) })
		}
	}
	r.mapping(n, path, fields{
		"time_window": block(r, &c.TimeWindow, func() (*TimeWindow, fields) {
			w := &TimeWindow{}
			return w, fields{
				"start":    r.text(&w.Start),
				"end":      r.text(&w.End),
				"timezone": r.word(&w.Timezone),
				"days":     r.strings(&w.Days),
			}
		}),
		"context": func(n *yaml.Node, path string) {
			c.Context = map[string][]string{}
			r.entries(n, path, func(k, v *yaml.Node, at string) {
				c.Context[k.Value] = r.oneOrMany(v, at)
			})
		},
		"all_of": list(&c.AllOf),
		"any_of": list(&c.AnyOf),
		"not": func(n *yaml.Node, path string) {
			inner := r.condition(n, path, depth-1)
			c.Not = &inner
		},
	}, nil)
	return c
}

// oneOrMany reads a string or a list of strings.
func (r *reader) oneOrMany(n *yaml.Node, path string) []string {
	if n.Kind == yaml.ScalarNode {
		var one string
		r.text(&one)(n, path)
		return []string{one}
	}
	var many []string
	r.list(&many)(n, path)
	return many
}
