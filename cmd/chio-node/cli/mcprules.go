package cli

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/node"
)

// serverRules reads what the operator says about a server's calls: its policy,
// what its tools do, where requests come from.
func (a *app) serverRules(s *node.MCPServer, f serveFlags) (err error) {
	if len(f.observe) > 0 && f.policy == "" {
		return usageProblem("--observe is about the policy of --policy, and there is none", "observe the node's own policy with extensions.chio.observe in it")
	}
	if len(f.origin) > 0 && f.headless {
		return usageProblem("--origin describes the client, and with --headless there is none", "")
	}
	if s.Shapes, err = node.LoadManifest(f.manifest); err != nil {
		return err
	}
	if s.Origin, err = parseOrigin(f.origin); err != nil {
		return err
	}
	if f.policy == "" {
		return nil
	}
	if s.Policy, err = node.ResolvePolicy(f.policy, f.observe); err != nil {
		return err
	}
	if len(f.observe) > 0 {
		a.warn("observe mode: nothing of %s is enforced by %s; what would be denied is recorded: chio-node receipt list --observed", f.policy, strings.Join(f.observe, ", "))
	}
	return nil
}

// rootsOf makes directories absolute and free of links, as paths are compared.
func rootsOf(dirs []string) ([]string, error) {
	if len(dirs) == 0 {
		return nil, nil
	}
	roots := make([]string, len(dirs))
	for i, dir := range dirs {
		abs, err := filepath.Abs(dir)
		if err == nil {
			abs, err = filepath.EvalSymlinks(abs)
		}
		var info os.FileInfo
		if err == nil {
			info, err = os.Stat(abs)
		}
		if err == nil && !info.IsDir() {
			err = fmt.Errorf("%s is not a directory", abs)
		}
		if err != nil {
			return nil, usageProblem(fmt.Sprintf("--root %s: %v", dir, err), "name an existing directory")
		}
		roots[i] = filepath.ToSlash(abs)
	}
	return roots, nil
}

// parseOrigin reads key=value pairs; tags, groups and roles may be repeated.
func parseOrigin(pairs []string) (*kernel.Surface, error) {
	if len(pairs) == 0 {
		return nil, nil
	}
	var s kernel.Surface
	words := map[string]*string{"provider": &s.Provider, "tenant_id": &s.TenantID, "space_id": &s.SpaceID, "space_type": &s.SpaceType,
		"visibility": &s.Visibility, "sensitivity": &s.Sensitivity, "actor_role": &s.ActorRole, "organization_id": &s.OrganizationID}
	lists := map[string]*[]string{"tags": &s.Tags, "groups": &s.Groups, "roles": &s.Roles}
	for _, pair := range pairs {
		key, value, found := strings.Cut(pair, "=")
		switch {
		case !found || value == "":
			return nil, usageProblem(fmt.Sprintf("--origin %.60q is not key=value", pair), "for example --origin provider=slack,space_id=C123,visibility=private")
		case words[key] != nil && *words[key] == "":
			*words[key] = value
		case lists[key] != nil:
			*lists[key] = append(*lists[key], value)
		case key == "external_participants" && s.ExternalParticipants == nil:
			b, err := strconv.ParseBool(value)
			if err != nil {
				return nil, usageProblem("--origin external_participants is true or false", "")
			}
			s.ExternalParticipants = &b
		case words[key] != nil || key == "external_participants":
			return nil, usageProblem(fmt.Sprintf("--origin says %s twice", key), "tags, groups and roles may be repeated")
		default:
			known := slices.Sorted(maps.Keys(words))
			known = append(append(known, slices.Sorted(maps.Keys(lists))...), "external_participants")
			return nil, usageProblem(fmt.Sprintf("--origin has no %.40q", key), "one of "+strings.Join(known, ", "))
		}
	}
	return &s, nil
}
