package oidc

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/backbay-labs/chio-node/wire"
)

// Facts are what a login said, in the one form we keep: sorted, without
// repetitions, and of groups only those that the configuration names. Names
// and addresses of persons are not read.
type Facts struct {
	Principal    string // sub
	Tenant       string
	Organization string
	Groups       []string
	Roles        []string
	AuthTime     int64 // unix seconds; 0 is not said
	ACR          string
	AMR          []string
}

// The limits of what a token may say.
const (
	maxElements = 1024 // of a list in a token
	maxMethods  = 16
)

// normalise reads the facts and judges them by the configuration:
//
//	N1 sub is 1 to 255 printable ASCII bytes
//	N2 a tenant or organization whose claim is configured is there, and the tenant is a listed one
//	N3 lists are strings, or one string; at most 1024 of 255 printable bytes
//	N4 one of the required groups is there
//	N5 every required claim says exactly what is required
//	N6 roles are those of the roles claim and those of the groups
//	N7 acr and amr are texts
func normalise(c *claims, p *Provider) (*Facts, error) {
	f := &Facts{Principal: c.registered.Subject, AuthTime: c.registered.AuthTime}
	if !isText(f.Principal, maxValue) || strings.IndexFunc(f.Principal, func(r rune) bool { return r > unicode.MaxASCII }) >= 0 { // N1
		return nil, fmt.Errorf("%w: sub is not 1 to %d printable ASCII bytes", ErrRequirement, maxValue)
	}
	var err error
	if f.Tenant, err = c.named(p.TenantClaim); err != nil { // N2
		return nil, err
	}
	if len(p.Tenants) > 0 && !slices.Contains(p.Tenants, f.Tenant) { // N2
		return nil, fmt.Errorf("%w: the tenant is not one of those that count", ErrRequirement)
	}
	if f.Organization, err = c.named(p.OrganizationClaim); err != nil { // N2
		return nil, err
	}
	if err := c.required(p.RequiredClaims); err != nil { // N5
		return nil, err
	}
	if err := f.readGroups(c, p); err != nil { // N3, N4, N6
		return nil, err
	}
	if f.ACR, err = c.text("acr"); err != nil { // N7
		return nil, err
	}
	if f.AMR, err = c.list("amr", maxMethods); err != nil { // N7
		return nil, err
	}
	return f, nil
}

// readGroups keeps the groups that mean something here, and what they give.
func (f *Facts) readGroups(c *claims, p *Provider) error {
	groups, err := c.list(p.GroupsClaim, maxElements) // N3
	if err != nil {
		return err
	}
	required := len(p.RequiredGroups) == 0
	for _, g := range groups {
		_, mapped := p.RoleOfGroup[g]
		listed := slices.Contains(p.RequiredGroups, g)
		required = required || listed
		if mapped || listed {
			f.Groups = append(f.Groups, g)
		}
	}
	if !required { // N4
		return fmt.Errorf("%w: the person is in none of the required groups", ErrRequirement)
	}
	roles, err := c.list(p.RolesClaim, maxElements) // N6
	if err != nil {
		return err
	}
	for _, g := range f.Groups {
		roles = append(roles, p.RoleOfGroup[g]...)
	}
	slices.Sort(roles)
	f.Roles = slices.Compact(roles)
	return nil
}

// required judges what must be said: a text exactly, true, false and integers
// as they are written, and of a list one element.
func (c *claims) required(want map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(want)) {
		value := string(c.all[name])
		said := value == want[name] && value != "" && value[0] != '"'
		if list, err := c.list(name, maxElements); err == nil && slices.Contains(list, want[name]) {
			said = true
		}
		if !said {
			return fmt.Errorf("%w: claim %.80q does not say what it must", ErrRequirement, name)
		}
	}
	return nil
}

// named is a claim that the configuration names, which must be there.
func (c *claims) named(claim string) (string, error) {
	if claim == "" {
		return "", nil
	}
	s, err := c.text(claim)
	if err == nil && s == "" {
		err = fmt.Errorf("%w: claim %.80q is missing", ErrRequirement, claim)
	}
	return s, err
}

// text is a claim that is one text, or "" if it is not there.
func (c *claims) text(claim string) (string, error) {
	list, err := c.list(claim, 1)
	if err != nil || len(list) == 0 {
		return "", err
	}
	return list[0], nil
}

// list is a claim that is a list of texts, or a text alone.
func (c *claims) list(claim string, limit int) ([]string, error) {
	raw, ok := c.all[claim]
	if claim == "" || !ok || raw.Kind() == 'n' {
		return nil, nil
	}
	var out []string
	switch raw.Kind() {
	case '"':
		out = make([]string, 1)
		if err := wire.Unmarshal(raw, &out[0], wire.DocumentLimits); err != nil {
			return nil, fmt.Errorf("%w: claim %.80q: %s", ErrRequirement, claim, brief(err.Error()))
		}
	default:
		if err := wire.Unmarshal(raw, &out, wire.DocumentLimits); err != nil {
			return nil, fmt.Errorf("%w: claim %.80q is neither a text nor a list of texts", ErrRequirement, claim)
		}
	}
	if len(out) > limit {
		return nil, fmt.Errorf("%w: claim %.80q has %d elements, limit %d", ErrRequirement, claim, len(out), limit)
	}
	for _, s := range out {
		if !isText(s, maxValue) {
			return nil, fmt.Errorf("%w: claim %.80q holds what is not 1 to %d printable bytes", ErrRequirement, claim, maxValue)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func isText(s string, limit int) bool {
	return s != "" && len(s) <= limit && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
