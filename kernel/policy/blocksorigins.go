package policy

import "go.yaml.in/yaml/v3"

func (r *reader) origins(to **Origins) field {
	return block(r, to, func() (*Origins, fields) {
		o := &Origins{}
		return o, fields{
			"default_behavior": r.word(&o.DefaultBehavior),
			"profiles": func(n *yaml.Node, path string) {
				r.items(n, path, func(item *yaml.Node, at string) {
					o.Profiles = append(o.Profiles, r.originProfile(item, at))
				})
			},
		}
	})
}

func (r *reader) originProfile(n *yaml.Node, path string) OriginProfile {
	var p OriginProfile
	r.mapping(n, path, fields{
		"id":      r.text(&p.ID),
		"match":   r.originMatch(&p.Match),
		"posture": r.word(&p.Posture),
		"tool_access": func(n *yaml.Node, at string) {
			t := &ToolAccess{}
			if r.mapping(n, at, r.toolAccess(t), nil) {
				r.emptyAllow(n, at, t)
				p.ToolAccess = t
			}
		},
		"egress": block(r, &p.Egress, func() (*Egress, fields) {
			e := &Egress{}
			return e, r.egress(e)
		}),
		"data": block(r, &p.Data, func() (*OriginData, fields) {
			d := &OriginData{}
			return d, fields{
				"allow_external_sharing":  r.flag(&d.AllowExternalSharing),
				"redact_before_send":      r.flag(&d.RedactBeforeSend),
				"block_sensitive_outputs": r.flag(&d.BlockSensitiveOutputs),
			}
		}),
		"budgets":     r.numbers(&p.Budgets),
		"bridge":      r.originBridge(&p.Bridge),
		"explanation": r.text(&p.Explanation),
	}, nil)
	return p
}

func (r *reader) originMatch(to **OriginMatch) field {
	return block(r, to, func() (*OriginMatch, fields) {
		m := &OriginMatch{}
		return m, fields{
			"provider":              r.word(&m.Provider),
			"tenant_id":             r.word(&m.TenantID),
			"space_id":              r.word(&m.SpaceID),
			"space_type":            r.word(&m.SpaceType),
			"visibility":            r.word(&m.Visibility),
			"external_participants": r.maybeFlag(&m.ExternalParticipants),
			"tags":                  r.strings(&m.Tags),
			"sensitivity":           r.word(&m.Sensitivity),
			"actor_role":            r.word(&m.ActorRole),
			"organization_id":       r.word(&m.OrganizationID),
			"groups":                r.strings(&m.Groups),
			"roles":                 r.strings(&m.Roles),
		}
	})
}

func (r *reader) originBridge(to **OriginBridge) field {
	return block(r, to, func() (*OriginBridge, fields) {
		b := &OriginBridge{}
		return b, fields{
			"allow_cross_origin": r.flag(&b.AllowCrossOrigin),
			"allowed_targets": func(n *yaml.Node, path string) {
				r.items(n, path, func(item *yaml.Node, at string) {
					var t BridgeTarget
					r.mapping(item, at, fields{
						"provider":   r.word(&t.Provider),
						"space_type": r.word(&t.SpaceType),
						"tags":       r.strings(&t.Tags),
						"visibility": r.word(&t.Visibility),
					}, nil)
					b.AllowedTargets = append(b.AllowedTargets, t)
				})
			},
			"require_approval": r.flag(&b.RequireApproval),
		}
	})
}
