package openid4vci

import (
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// Where the endpoints are, below the issuer's URL.
const (
	wellKnownIssuer = "/.well-known/openid-credential-issuer"
	wellKnownServer = "/.well-known/oauth-authorization-server"
	prefix          = "/openid4vci/"
	offerPath       = prefix + "offers/"
	tokenPath       = prefix + "token"
	noncePath       = prefix + "nonce"
	credentialPath  = prefix + "credential"
	notifyPath      = prefix + "notification"
)

// grantType is the grant of a pre-authorized code.
const grantType = "urn:ietf:params:oauth:grant-type:pre-authorized_code"

// named is a display name.
type named struct {
	Name string `json:"name"`
}

// issuerMetadata is the credential issuer metadata (OpenID4VCI 1.0 §12.2.4).
type issuerMetadata struct {
	Issuer         string                   `json:"credential_issuer"`
	Credential     string                   `json:"credential_endpoint"`
	Nonce          string                   `json:"nonce_endpoint"`
	Notification   string                   `json:"notification_endpoint"`
	Display        []named                  `json:"display,omitempty"`
	Configurations map[string]configuration `json:"credential_configurations_supported"`
}

// configuration is what a wallet can collect.
type configuration struct {
	Format     string               `json:"format"`
	Scope      string               `json:"scope"`
	Binding    []string             `json:"cryptographic_binding_methods_supported"`
	Signing    []string             `json:"credential_signing_alg_values_supported"`
	Proofs     map[string]proofType `json:"proof_types_supported"`
	Definition *definition          `json:"credential_definition,omitempty"`
	VCT        string               `json:"vct,omitempty"`
	Metadata   struct {
		Display []named `json:"display"`
	} `json:"credential_metadata"`
}

type proofType struct {
	Algorithms []string `json:"proof_signing_alg_values_supported"`
}

// definition names the type of a credential of the W3C data model. Its context
// lists what every wallet knows; the terms of a passport stand in the passport.
type definition struct {
	Context []string `json:"@context,omitempty"`
	Type    []string `json:"type"`
}

// configured describes one form.
func configured(id string) configuration {
	f := forms[id]
	c := configuration{Format: f.format, Scope: id, Binding: []string{"jwk", "did:key", "did:chio", "did:jwk"}, Signing: []string{f.algorithm},
		Proofs: map[string]proofType{"jwt": {[]string{"EdDSA", "Ed25519"}}}, VCT: f.vct}
	c.Metadata.Display = []named{{"Agent passport"}}
	if f.vct == "" {
		c.Definition = &definition{Type: []string{vc.TypeCredential, passport.Type}}
	}
	if f.context {
		c.Definition.Context = []string{vc.ContextV2}
	}
	return c
}

func (s *Issuer) issuerMetadata() ([]byte, error) {
	m := issuerMetadata{Issuer: s.cfg.URL, Credential: s.cfg.URL + credentialPath, Nonce: s.cfg.URL + noncePath,
		Notification: s.cfg.URL + notifyPath, Configurations: map[string]configuration{}}
	if s.cfg.Name != "" {
		m.Display = []named{{s.cfg.Name}}
	}
	for _, id := range Forms() {
		m.Configurations[id] = configured(id)
	}
	return wire.Marshal(m)
}

// serverMetadata is the metadata of the authorization server (RFC 8414), which
// is the issuer itself.
func (s *Issuer) serverMetadata() ([]byte, error) {
	return wire.Marshal(struct {
		Issuer        string   `json:"issuer"`
		Token         string   `json:"token_endpoint"`
		ResponseTypes []string `json:"response_types_supported"`
		Grants        []string `json:"grant_types_supported"`
		Auth          []string `json:"token_endpoint_auth_methods_supported"`
		Anonymous     bool     `json:"pre-authorized_grant_anonymous_access_supported"`
	}{s.cfg.URL, s.cfg.URL + tokenPath, []string{}, []string{grantType}, []string{"none"}, true})
}
