package main

// configFile is the configuration of either node: name, chain id, RPC, token,
// channel contract, the two oracle keys.
const configFile = `name: %s
policy: policy.yaml
federation:
  default_terms: terms.yaml
chains:
  - name: devnet
    chain_id: %d
    rpc: %s
    token: "%s"
    channel: "%s"
    confirmations: 1
    max_fee_gwei: 100
oracle:
  operators: ["%s", "%s"]
  min_operators: 2
settlement:
  chain: devnet
`

// acmeTerms are what Acme asks of a peer. It offers no tools; its own agents
// may not send large arguments or spend more than five cents a call abroad.
const acmeTerms = `ingress:
  tool_access:
    allow: [status]
    default: block
egress:
  forbidden_paths:
    patterns: ["**/payroll/**"]
  caps:
    max_args_size: 4096
    max_charge_per_call: {units: 5, currency: USD}
accepted_currencies: [USD]
money:
  currency: USD
  settle_currency: USDC
  credit_minor: 500
  max_unvouchered_minor: 100
`

// globexTerms are what Globex asks: nobody's agents delete its files or read
// what is secret.
const globexTerms = `ingress:
  forbidden_paths:
    patterns: ["**/secret/**"]
  tool_access:
    block: [delete_file]
    default: allow
  caps:
    max_args_size: 65536
    max_charge_per_call: {units: 10, currency: USD}
egress:
  tool_access:
    allow: [status, search]
    default: block
accepted_currencies: [USD]
money:
  currency: USD
  settle_currency: USDC
  credit_minor: 300
  max_unvouchered_minor: 200
`

// serverName is what Globex calls its file server.
const serverName = "files"

// prices of the tools; what is not listed is free.
var priceList = map[string]string{"read_file": "0.03 USD", "write_file": "0.05 USD"}

// readPrice is what one read_file costs, in cents.
const readPrice = 3

// The workspace of Globex's file server.
const (
	reportPath = "reports/q3.txt"
	reportText = "Q3: forty-two units, on time.\n"
	secretPath = "secret/plan.txt"
	envPath    = "deploy/.env"
)

func workspace() map[string]string {
	return map[string]string{
		reportPath:       reportText,
		"reports/q4.txt": "Q4: fifty units, two days late.\n",
		secretPath:       "the plan\n",
		envPath:          "TOKEN=not-for-agents\n",
	}
}

// The agents of Acme.
const (
	researcher = "researcher"
	analyst    = "analyst"
)
