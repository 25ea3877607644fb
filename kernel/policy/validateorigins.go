package policy

import "fmt"

var originBudgets = []string{"tool_calls", "egress_calls", "shell_commands"}

func (c *checker) origins(path string, e *Extensions, inherits bool) {
	o := e.Origins
	c.oneOf(path+".default_behavior", o.DefaultBehavior, optional, "deny", "minimal_profile")
	if len(o.Profiles) > maxProfiles {
		c.add(path+".profiles", fmt.Sprintf("has %d entries, limit %d", len(o.Profiles), maxProfiles), "")
		return
	}
	first := map[string]int{}
	for i := range o.Profiles {
		p, at := &o.Profiles[i], fmt.Sprintf("%s.profiles[%d]", path, i)
		c.text(at+".id", p.ID, "give the profile an id")
		if before, twice := first[p.ID]; twice && p.ID != "" {
			c.add(at+".id", fmt.Sprintf("%.40q is also the id of entry %d", p.ID, before), "ids are unique")
		} else {
			first[p.ID] = i
		}
		c.originProfile(at, p)
		switch {
		case p.Posture == "" || inherits:
		case e.Posture == nil:
			c.add(at+".posture", "names a state, and there is no extensions.posture", "add the state machine, or remove this")
		default:
			c.stateRef(at+".posture", p.Posture, e.Posture, false)
		}
	}
}

func (c *checker) originProfile(at string, p *OriginProfile) {
	if m := p.Match; m != nil {
		c.originMatch(at+".match", m)
	}
	if p.ToolAccess != nil {
		c.toolAccess(at+".tool_access", p.ToolAccess)
	}
	if p.Egress != nil {
		c.egress(at+".egress", p.Egress)
	}
	c.budgets(at+".budgets", p.Budgets, originBudgets...)
	if p.Bridge == nil {
		return
	}
	if len(p.Bridge.AllowedTargets) > maxEntries {
		c.add(at+".bridge.allowed_targets", fmt.Sprintf("has more than %d entries", maxEntries), "")
		return
	}
	for i, t := range p.Bridge.AllowedTargets {
		target := fmt.Sprintf("%s.bridge.allowed_targets[%d]", at, i)
		c.oneOf(target+".space_type", t.SpaceType, optional, spaceTypes...)
		c.oneOf(target+".visibility", t.Visibility, optional, visibilities...)
		c.list(target+".tags", t.Tags, checkName)
	}
}

func (c *checker) originMatch(at string, m *OriginMatch) {
	c.oneOf(at+".space_type", m.SpaceType, optional, spaceTypes...)
	c.oneOf(at+".visibility", m.Visibility, optional, visibilities...)
	for _, f := range []struct{ key, value string }{
		{".provider", m.Provider}, {".tenant_id", m.TenantID}, {".space_id", m.SpaceID}, {".sensitivity", m.Sensitivity},
		{".actor_role", m.ActorRole}, {".organization_id", m.OrganizationID},
	} {
		if f.value != "" {
			c.text(at+f.key, f.value, "")
		}
	}
	c.list(at+".tags", m.Tags, checkName)
	c.list(at+".groups", m.Groups, checkName)
	c.list(at+".roles", m.Roles, checkName)
}
