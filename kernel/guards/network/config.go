package network

// EgressConfig configures egress-allowlist. Patterns are host names in which
// "*" stands for one label and "**" for any number of them, or addresses, or
// CIDR ranges.
type EgressConfig struct {
	Allow        []string // nil: no allow list
	Block        []string
	DefaultAllow bool   // what happens to a host that no list names
	Rule         string // dotted path; "" is rules.egress
}

// InternalConfig configures internal-network.
type InternalConfig struct {
	Blocked []string // hosts refused besides the built-in ones
	Allowed []string // hosts and CIDR ranges let pass although internal
	Rule    string   // dotted path; "" is rules.egress
}

// BrowserConfig configures browser-automation.
type BrowserConfig struct {
	AllowedDomains      []string // nil or empty: any host not blocked
	BlockedDomains      []string
	AllowedVerbs        []string // nil or empty: any
	CredentialDetection bool
	ExtraCredentials    []string // RE2
	// Credential reports whether text typed into a page holds a credential: the
	// secrets guard's detector. Nil with CredentialDetection is an error.
	Credential func(text string) (detector string, found bool)
	Rule       string // dotted path; "" is rules.browser_automation
}
