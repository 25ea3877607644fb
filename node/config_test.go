package node

import (
	"errors"
	"strings"
	"testing"
)

func TestExampleConfigLoads(t *testing.T) {
	c, err := ParseConfig(ExampleConfig)
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "acme" || len(c.Chains) != 1 || c.currencies()["CHF"] != 2 || c.currencies()["USD"] != 2 {
		t.Fatalf("%+v", c)
	}
	if _, err := ParseConfig(nil); err != nil {
		t.Fatalf("an empty file means the defaults: %v", err)
	}
}

const (
	stripePeer = "did:chio:ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c"
	otherPeer  = "did:chio:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
)

func TestConfigRefuses(t *testing.T) {
	for _, tc := range []struct{ name, doc, want string }{
		{"unknown key", "name: a\nporicy: x\n", "line 2"},
		{"unknown nested key", "p2p:\n  lisen: []\n", "line 2"},
		{"two documents", "name: a\n---\nname: b\n", "more than one document"},
		{"wrong type", "name: [a]\n", "line 1"},
		{"public api", "api:\n  listen: 0.0.0.0:80\n", "loopback"},
		{"two entries of one chain", "chains:\n- {name: a, chain_id: 1, rpc: 'https://example.com', token: '0x0000000000000000000000000000000000000001', channel: '0x0000000000000000000000000000000000000002'}\n- {name: b, chain_id: 1, rpc: 'https://example.com', token: '0x0000000000000000000000000000000000000001', channel: '0x0000000000000000000000000000000000000002'}\n", "second entry for chain id 1"},
		{"plain http rpc", "chains:\n- {name: a, chain_id: 1, rpc: 'http://example.com:1', token: '0x0000000000000000000000000000000000000001', channel: '0x0000000000000000000000000000000000000002'}\n", "https"},
		{"plain http of a second endpoint", "chains:\n- {name: a, chain_id: 1, rpc: 'https://example.com', rpcs: ['http://example.com:1'], token: '0x0000000000000000000000000000000000000001', channel: '0x0000000000000000000000000000000000000002'}\n", "https"},
		{"too few remembered blocks", "chains:\n- {name: a, chain_id: 1, rpc: 'https://example.com', heads: 2, token: '0x0000000000000000000000000000000000000001', channel: '0x0000000000000000000000000000000000000002'}\n", "heads"},
		{"unknown settlement chain", "settlement: {chain: base}\n", "no chain is named"},
		{"a Stripe account without key", "settlement: {stripe: {event_name: a}}\n", "key_file is not set"},
		{"a Stripe account without meter", "settlement: {stripe: {key_file: k}}\n", "settlement.stripe.event_name"},
		{"a Stripe account without customers", "settlement: {stripe: {key_file: k, event_name: a}}\n", "nobody is billed"},
		{"a customer who is nobody", "settlement: {stripe: {key_file: k, event_name: a, customers: {acme: cus_1}}}\n", "settlement.stripe.customers"},
		{"no customer", "settlement: {stripe: {key_file: k, event_name: a, customers: {" + stripePeer + ": acme}}}\n", "is not a cus_"},
		{"one customer, two peers", "settlement: {stripe: {key_file: k, event_name: a, customers: {" + stripePeer + ": cus_1, " + otherPeer + ": cus_1}}}\n", "would be nobody's"},
		{"Stripe in plain text", "settlement: {stripe: {key_file: k, event_name: a, customers: {" + stripePeer + ": cus_1}, base_url: 'http://example.com:1'}}\n", "https"},
		{"Stripe without events", "settlement: {stripe: {key_file: k, event_name: a, customers: {" + stripePeer + ": cus_1}}}\n", "without events nothing is ever paid"},
		{"a public webhook", "settlement: {stripe: {key_file: k, event_name: a, customers: {" + stripePeer + ": cus_1}, webhook: {listen: '0.0.0.0:80', secret_file: s}}}\n", "tls_cert"},
		{"half a certificate", "settlement: {stripe: {key_file: k, event_name: a, customers: {" + stripePeer + ": cus_1}, webhook: {listen: '127.0.0.1:0', secret_file: s, tls_cert: c}}}\n", "belong together"},
		{"an odd path", "settlement: {stripe: {key_file: k, event_name: a, customers: {" + stripePeer + ": cus_1}, webhook: {listen: '127.0.0.1:0', secret_file: s, path: 'a b'}}}\n", "webhook.path"},
		{"one oracle operator", "oracle: {min_operators: 1}\n", "at least 2"},
		{"a passport of no policy", "federation: {minimum_passport: gold}\n", "line 1"},
		{"a passport of nobody", "federation: {minimum_passport: {policy_id: a, max_status_age_seconds: 1}}\n", "federation.minimum_passport: passport policy: neither issuers nor trust_anchors"},
		{"a passport of any age", "federation: {minimum_passport: {policy_id: a, trust_anchors: [self]}}\n", "federation.minimum_passport: passport policy: max_status_age_seconds"},
		{"an unknown word of a passport", "federation: {minimum_passport: {policy_id: a, trust_anchors: [self], minimum_tier: direct}}\n", "minimum_tier"},
		{"a tier that there is not", "federation: {minimum_passport: {policy_id: a, trust_anchors: [self], max_status_age_seconds: 1, min_autonomy_tier: gold}}\n", "min_autonomy_tier"},
		{"an answer to no question", "federation: {below_minimum: review}\n", "federation.below_minimum: there is no minimum"},
		{"an unknown answer", "federation: {below_minimum: allow, minimum_passport: {policy_id: a, trust_anchors: [self], max_status_age_seconds: 1}}\n", "use refuse or review"},
		{"a bond nobody judges", "federation: {minimum_bond: '100 USDC'}\n", "federation.minimum_bond: this node cannot judge"},
		{"a relay without an identity", "p2p: {relays: [/ip4/192.0.2.1/udp/4001/quic-v1]}\n", "p2p.relays"},
		{"bad did", "federation: {allow: ['did:web:x']}\n", "federation.allow"},
		{"bad name", "name: '../x'\n", "name"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := ParseConfig([]byte(tc.doc)); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v, want it to mention %q", err, tc.want)
			}
		})
	}
}
