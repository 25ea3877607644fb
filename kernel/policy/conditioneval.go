package policy

import (
	"slices"
	"strconv"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
)

// holds evaluates the tree for one call.
func (c *condition) holds(call *kernel.Call) truth {
	switch {
	case c.window != nil:
		return c.window.holds(call.Now)
	case c.not != nil:
		return c.not.holds(call).not()
	case c.facts != nil:
		out := yes
		for i := range c.facts {
			switch c.facts[i].holds(call) {
			case no:
				return no
			case unknown:
				out = unknown
			}
		}
		return out
	case c.all != nil:
		return combine(c.all, call, no)
	default:
		return combine(c.any, call, yes)
	}
}

// combine is all_of with decisive no, and any_of with decisive yes.
func combine(kids []*condition, call *kernel.Call, decisive truth) truth {
	out := decisive.not()
	for _, kid := range kids {
		switch t := kid.holds(call); t {
		case decisive:
			return decisive
		case unknown:
			out = unknown
		}
	}
	return out
}

// holds is unknown before the epoch: no clock says that.
func (w *window) holds(now int64) truth {
	if now <= 0 {
		return unknown
	}
	t := time.Unix(now, 0).In(w.zone)
	at, day := 60*t.Hour()+t.Minute(), int(t.Weekday())
	inside := w.start <= at && at < w.end
	if w.start >= w.end { // crosses midnight; equal is the whole day
		inside = at >= w.start || at < w.end
		if at < w.end && at < w.start {
			day = (day + 6) % 7 // it began yesterday
		}
	}
	if inside && w.days[day] {
		return yes
	}
	return no
}

// holds is unknown where the call does not say.
func (f *fact) holds(call *kernel.Call) truth {
	single, list, known := factOf(call, f.field)
	if !known {
		return unknown
	}
	if list == nil {
		if slices.Contains(f.values, single) {
			return yes
		}
		return no
	}
	for _, v := range list {
		if slices.Contains(f.values, v) {
			return yes
		}
	}
	return no
}

func factOf(call *kernel.Call, field string) (single string, list []string, known bool) {
	m := call.Mandate
	switch field {
	case "agent":
		if len(m.Chain) == 0 {
			return "", nil, false
		}
		return m.Chain[len(m.Chain)-1].Subject.String(), nil, true
	case "server":
		return m.Server, nil, m.Server != ""
	case "tool":
		return m.Tool, nil, m.Tool != ""
	case "operation":
		return string(m.Operation), nil, m.Operation != ""
	case "session":
		return m.Session, nil, m.Session != ""
	case "edge":
		return m.Edge, nil, m.Edge != ""
	case "peer":
		if m.Origin != nil {
			return m.Origin.PeerDID, nil, true
		}
		return call.Route.PeerDID, nil, call.Route.PeerDID != ""
	}
	return surfaceFact(m.Surface, field)
}

func surfaceFact(s *kernel.Surface, field string) (single string, list []string, known bool) {
	if s == nil {
		return "", nil, false
	}
	switch field {
	case "external_participants":
		if s.ExternalParticipants == nil {
			return "", nil, false
		}
		return strconv.FormatBool(*s.ExternalParticipants), nil, true
	case "tags":
		return "", s.Tags, len(s.Tags) > 0
	case "groups":
		return "", s.Groups, len(s.Groups) > 0
	case "roles":
		return "", s.Roles, len(s.Roles) > 0
	}
	v := surfaceText(s, field)
	return v, nil, v != ""
}

func surfaceText(s *kernel.Surface, field string) string {
	switch field {
	case "provider":
		return s.Provider
	case "tenant_id":
		return s.TenantID
	case "space_id":
		return s.SpaceID
	case "space_type":
		return s.SpaceType
	case "visibility":
		return s.Visibility
	case "sensitivity":
		return s.Sensitivity
	case "actor_role":
		return s.ActorRole
	case "organization_id":
		return s.OrganizationID
	}
	return ""
}
