package node

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/settlement/stripe"
)

// StripeConfig is the rail on which the payee's Stripe account bills. Accept is
// the payer's part and needs no account; everything else is the payee's.
type StripeConfig struct {
	Accept    bool              `yaml:"accept"`
	KeyFile   string            `yaml:"key_file"`   // relative to the home
	EventName string            `yaml:"event_name"` // of the meter
	Customers map[string]string `yaml:"customers"`  // peer's DID: cus_…
	BaseURL   string            `yaml:"base_url"`
	Webhook   StripeWebhook     `yaml:"webhook"`
}

// StripeWebhook is where Stripe says what became of invoices.
type StripeWebhook struct {
	Listen     string `yaml:"listen"`      // host:port; beyond loopback only with TLS
	Path       string `yaml:"path"`        // default /stripe
	SecretFile string `yaml:"secret_file"` // relative to the home; a secret per line
	TLSCert    string `yaml:"tls_cert"`    // PEM files, relative to the home
	TLSKey     string `yaml:"tls_key"`
}

// bills reports whether this node is paid by Stripe.
func (c *StripeConfig) bills() bool { return c.KeyFile != "" }

// path is where the webhook is, on its listener.
func (c *StripeWebhook) path() string { return cmp.Or(c.Path, "/stripe") }

var (
	customerPattern = regexp.MustCompile(`^cus_[A-Za-z0-9_]{1,80}$`)
	pathPattern     = regexp.MustCompile(`^(/[A-Za-z0-9_-]{1,64}){1,8}$`)
)

func (c *StripeConfig) validate() error {
	w := &c.Webhook
	if !c.bills() {
		if c.EventName != "" || c.BaseURL != "" || len(c.Customers) > 0 || *w != (StripeWebhook{}) {
			return errors.New("settlement.stripe: key_file is not set, so that nothing but accept takes effect")
		}
		return nil
	}
	if err := stripe.CheckEventName(c.EventName); err != nil {
		return fmt.Errorf("settlement.stripe.event_name: %w", err)
	}
	if len(c.Customers) == 0 {
		return errors.New("settlement.stripe.customers: nobody is billed; add the peer's DID and its cus_… id")
	}
	whose := make(map[string]string)
	for _, peer := range slices.Sorted(maps.Keys(c.Customers)) {
		customer := c.Customers[peer]
		if _, err := did.Parse(peer); err != nil {
			return fmt.Errorf("settlement.stripe.customers: %w", err)
		}
		if !customerPattern.MatchString(customer) {
			return fmt.Errorf("settlement.stripe.customers: %.60q is not a cus_… id", customer)
		}
		if other := whose[customer]; other != "" {
			return fmt.Errorf("settlement.stripe.customers: %s is both %s and %s; what it pays would be nobody's", customer, other, peer)
		}
		whose[customer] = peer
	}
	if c.BaseURL != "" {
		if err := checkEndpoint(c.BaseURL); err != nil {
			return fmt.Errorf("settlement.stripe.base_url: %w", err)
		}
	}
	switch {
	case w.Listen == "" || w.SecretFile == "":
		return errors.New("settlement.stripe.webhook: listen and secret_file are needed: without events nothing is ever paid")
	case (w.TLSCert == "") != (w.TLSKey == ""):
		return errors.New("settlement.stripe.webhook: tls_cert and tls_key belong together")
	case w.TLSCert == "" && loopback(w.Listen) != nil:
		return fmt.Errorf("settlement.stripe.webhook.listen: %.80q is not a loopback address: beyond this machine it needs tls_cert and tls_key", w.Listen)
	case !pathPattern.MatchString(w.path()):
		return fmt.Errorf("settlement.stripe.webhook.path: %.80q: use letters, digits, '-' and '_' between slashes", w.Path)
	}
	return nil
}

// outside reports whether something is configured that pays without a chain.
func (s *SettlementConfig) outside() bool {
	return s.Offchain || s.Stripe.Accept || s.Stripe.bills()
}
