package node

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/backbay-labs/chio-node/kernel/approval"
	"github.com/backbay-labs/chio-node/wire"
)

// ApprovalsConfig is who approves calls that need a person.
type ApprovalsConfig struct {
	// Approvers are the keys that count. Without any, the operator's own does.
	Approvers  []ApproverConfig      `yaml:"approvers"`
	Threshold  int                   `yaml:"threshold"`   // distinct approvers a call needs at least
	TTLSeconds int64                 `yaml:"ttl_seconds"` // how long a call waits
	Webhook    ApprovalWebhookConfig `yaml:"webhook"`
}

// ApproverConfig is one approver. The name operator without a key is the key
// that this node keeps for its operator.
type ApproverConfig struct {
	Name string `yaml:"name"`
	Key  string `yaml:"key"` // 64 lowercase hex
}

// ApprovalWebhookConfig is where approvers are told.
type ApprovalWebhookConfig struct {
	URL string `yaml:"url"`
}

// operatorApprover names the node's own approver key in a configuration.
const operatorApprover = "operator"

func (c *ApprovalsConfig) validate() error {
	n := max(1, len(c.Approvers))
	if c.Threshold < 1 || c.Threshold > n {
		return fmt.Errorf("approvals.threshold: %d of %d approvers", c.Threshold, n)
	}
	if c.TTLSeconds < 1 || c.TTLSeconds > approval.MaxTTLSeconds {
		return fmt.Errorf("approvals.ttl_seconds: must be 1 to %d", approval.MaxTTLSeconds)
	}
	if len(c.Approvers) > approval.MaxApprovers {
		return fmt.Errorf("approvals.approvers: at most %d", approval.MaxApprovers)
	}
	names := map[string]bool{}
	for i, a := range c.Approvers {
		switch {
		case !namePattern.MatchString(a.Name) || names[a.Name]:
			return fmt.Errorf("approvals.approvers[%d]: %.80q is not a name of its own", i, a.Name)
		case a.Key == "" && a.Name != operatorApprover:
			return fmt.Errorf("approvals.approvers[%d]: key is missing; only %q may leave it out", i, operatorApprover)
		}
		names[a.Name] = true
		if a.Key == "" {
			continue
		}
		if _, err := wire.ParsePublicKey(a.Key); err != nil {
			return fmt.Errorf("approvals.approvers[%d]: %w", i, err)
		}
	}
	return c.Webhook.validate()
}

func (c *ApprovalWebhookConfig) validate() error {
	if c.URL == "" {
		return nil
	}
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("approvals.webhook.url: not an http(s) URL")
	case u.Scheme == "http" && loopback(u.Host) != nil:
		return errors.New("approvals.webhook.url: plain http is for loopback with a port only; use https")
	}
	return nil
}

// trusted are the approvers' keys; operator is the node's own.
func (c *ApprovalsConfig) trusted(operator wire.PublicKey) ([]approval.Approver, error) {
	if len(c.Approvers) == 0 {
		return []approval.Approver{{Name: operatorApprover, Key: operator}}, nil
	}
	var out []approval.Approver
	for _, a := range c.Approvers {
		key := operator
		if a.Key != "" {
			var err error
			if key, err = wire.ParsePublicKey(a.Key); err != nil {
				return nil, fmt.Errorf("approver %s: %w", a.Name, err)
			}
		}
		out = append(out, approval.Approver{Name: a.Name, Key: key})
	}
	return out, nil
}
