package node

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/backbay-labs/chio-node/vc/oidc"
)

// IdentityProviderConfig is one OpenID Connect provider at which people log in
// to vouch for an agent, and what such a login must say.
type IdentityProviderConfig struct {
	Name             string   `yaml:"name"`
	Issuer           string   `yaml:"issuer"` // https URL
	ClientID         string   `yaml:"client_id"`
	ClientSecretFile string   `yaml:"client_secret_file"` // relative to the home; "" is a public client
	Scopes           []string `yaml:"scopes"`             // default openid

	TenantClaim       string `yaml:"tenant_claim"`
	OrganizationClaim string `yaml:"organization_claim"`
	GroupsClaim       string `yaml:"groups_claim"`
	RolesClaim        string `yaml:"roles_claim"`

	Tenants        []string            `yaml:"tenants"`
	RequiredGroups []string            `yaml:"required_groups"`
	RequiredClaims map[string]string   `yaml:"required_claims"`
	Roles          map[string][]string `yaml:"roles"` // by group
	MaxAgeSeconds  int64               `yaml:"max_age_seconds"`
}

const maxSecretFile = 4096

// provider is the configuration as package oidc wants it.
func (c *IdentityProviderConfig) provider(home string) oidc.Provider {
	p := oidc.Provider{Name: c.Name, Issuer: c.Issuer, ClientID: c.ClientID, Scopes: c.Scopes,
		TenantClaim: c.TenantClaim, OrganizationClaim: c.OrganizationClaim, GroupsClaim: c.GroupsClaim, RolesClaim: c.RolesClaim,
		Tenants: c.Tenants, RequiredGroups: c.RequiredGroups, RequiredClaims: c.RequiredClaims, RoleOfGroup: c.Roles, MaxAgeSeconds: c.MaxAgeSeconds}
	if len(p.Scopes) == 0 {
		p.Scopes = []string{"openid"}
	}
	if c.ClientSecretFile != "" {
		p.Secret = func() (string, error) { return readSecret(home, c.ClientSecretFile) }
	}
	return p
}

// readSecret reads a secret from a file that only its owner can read.
func readSecret(home, name string) (string, error) {
	if !filepath.IsAbs(name) {
		name = filepath.Join(home, name)
	}
	info, err := os.Stat(name)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > maxSecretFile {
		return "", fmt.Errorf("%s is not a file of at most %d bytes", name, maxSecretFile)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("%s has mode %04o: run chmod 600 on it", name, info.Mode().Perm())
	}
	doc, err := os.ReadFile(name)
	return strings.TrimSpace(string(doc)), err
}

func (c *Config) validateIdentityProviders() error {
	names := map[string]bool{}
	for i := range c.IdentityProviders {
		p := c.IdentityProviders[i].provider("")
		if err := p.Validate(); err != nil {
			return fmt.Errorf("identity_providers[%d]: %w", i, err)
		}
		if names[p.Name] {
			return fmt.Errorf("identity_providers[%d]: a second one is named %q", i, p.Name)
		}
		names[p.Name] = true
	}
	return nil
}
