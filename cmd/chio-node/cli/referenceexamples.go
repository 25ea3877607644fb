package cli

import "github.com/spf13/cobra"

// examples has one command line of each verb, for its help and the reference.
// They stand together because they tell one story: acme's operator, the agent
// researcher, the server files, the peer globex.
var examples = map[string]string{
	"init":                 "chio-node init --name acme",
	"up":                   "chio-node up --p2p /ip4/0.0.0.0/tcp/4001",
	"status":               "chio-node status --json",
	"did show":             "chio-node did show",
	"did resolve":          "chio-node did resolve did:chio:…",
	"passport issue":       "chio-node passport issue --agent researcher --role reader",
	"passport list":        "chio-node passport list",
	"passport show":        "chio-node passport show researcher",
	"passport verify":      "chio-node passport verify passport.json --trust trust.json",
	"passport revoke":      "chio-node passport revoke researcher",
	"capability issue":     `chio-node capability issue --agent researcher --server files --tool read_file --max-total "0.50 USD"`,
	"capability request":   "chio-node capability request --passport passport.json --key agent.key --server files --tool read_file",
	"capability attenuate": "chio-node capability attenuate token.json --key agent.key --subject KEY --path-prefix notes --out child.json",
	"capability keygen":    "chio-node capability keygen agent.key",
	"capability list":      "chio-node capability list",
	"capability inspect":   "chio-node capability inspect ID",
	"capability tree":      "chio-node capability tree ID",
	"capability revoke":    "chio-node capability revoke ID --subtree",
	"mcp serve":            "chio-node mcp serve --server-id files --policy policy.yaml -- npx -y @modelcontextprotocol/server-filesystem ./workspace",
	"federate":             "chio-node federate did:chio:…@/ip4/…/p2p/12D3… --dry-run",
	"federate accept":      "chio-node federate accept did:chio:… HASH",
	"federate list":        "chio-node federate list",
	"federate pending":     "chio-node federate pending",
	"federate sync":        "chio-node federate sync",
	"call":                 `chio-node call --agent researcher files read_file '{"path":"notes/a.txt"}'`,
	"approve list":         "chio-node approve list",
	"approve show":         "chio-node approve show ID --out notice.json",
	"approve grant":        `chio-node approve grant ID --reason "looked at it"`,
	"approve deny":         `chio-node approve deny ID --reason "not today"`,
	"approve keygen":       "chio-node approve keygen cfo.key",
	"approve sign":         "chio-node approve sign notice.json --key cfo.key --out yes.json",
	"approve respond":      "chio-node approve respond yes.json",
	"approve batch add":    "chio-node approve batch add --agent researcher --tool read_file --max-calls 10",
	"approve batch list":   "chio-node approve batch list",
	"approve batch revoke": "chio-node approve batch revoke ID",
	"reputation show":      "chio-node reputation show researcher",
	"reputation explain":   "chio-node reputation explain researcher",
	"reputation export":    "chio-node reputation export researcher --out researcher.reputation.json",
	"reputation import":    "chio-node reputation import researcher.reputation.json",
	"receipt list":         "chio-node receipt list --agent researcher --outcome deny --limit 20",
	"receipt show":         "chio-node receipt show ID",
	"receipt explain":      "chio-node receipt explain ID",
	"receipt watch":        "chio-node receipt watch --outcome deny",
	"receipt export":       "chio-node receipt export --out bundle.json --trust-out trust.json",
	"receipt verify":       "chio-node receipt verify bundle.json --trust trust.json",
	"receipt archive":      "chio-node receipt archive --out archive --keep 100000",
	"receipt consistency":  "chio-node receipt consistency --from 1000 --out proof.json",
	"replay":               "chio-node replay bundle.json --policy policy.yaml --trust trust.json",
	"settle fund":          `chio-node settle fund did:chio:… "5 USDC"`,
	"settle run":           "chio-node settle run",
	"settle status":        "chio-node settle status",
	"oracle sign":          "chio-node oracle sign --base USDC --quote USD --value 100 --expo -2 --out round1.json",
	"oracle import":        "chio-node oracle import round1.json round2.json",
	"budget list":          "chio-node budget list",
	"budget show":          "chio-node budget show company",
	"budget audit":         "chio-node budget audit",
	"policy init":          "chio-node policy init --from-mcp-config claude_desktop_config.json --out policy.yaml",
	"policy validate":      "chio-node policy validate policy.yaml",
	"policy lint":          "chio-node policy lint policy.yaml",
	"policy fmt":           "chio-node policy fmt --check policy.yaml",
	"policy test":          "chio-node policy test suite.yaml",
	"policy explain":       `chio-node policy explain policy.yaml read_file '{"path":"/home/me/.ssh/id_rsa"}'`,
	"policy eval":          `chio-node policy eval --policy policy.yaml --action '{"type":"egress","target":"example.com"}' --json`,
	"policy merge":         "chio-node policy merge builtin:strict policy.yaml",
	"policy diff":          "chio-node policy diff builtin:default policy.yaml",
	"policy keygen":        "chio-node policy keygen policy.key",
	"policy sign":          "chio-node policy sign policy.yaml --key policy.key --signer security@acme",
	"policy verify":        "chio-node policy verify policy.yaml --trust KEY",
	"policy vendor":        "chio-node policy vendor policy.yaml",
	"policy reload":        "chio-node policy reload",
	"policy panic on":      `chio-node policy panic on --reason "incident 12"`,
	"policy panic off":     "chio-node policy panic off",
	"policy panic status":  "chio-node policy panic status",
	"guard list":           "chio-node guard list --policy policy.yaml",
	"guard eval":           `chio-node guard eval shell-command --policy builtin:default --tool bash --args '{"command":"ls"}'`,
	"verify":               "chio-node verify treaty.json --trust trust.json",
	"export":               "chio-node export --out evidence",
	"doctor":               "chio-node doctor",
	"key list":             "chio-node key list",
	"key rotate":           "chio-node key rotate kernel --reissue --yes",
	"key sign":             "chio-node key sign rotation-draft.json --key new.key",
	"key history":          "chio-node key history --role transport --out history.json",
	"did deactivate":       `chio-node did deactivate --reason "merged into globex" --confirm 91446d22`,
	"did countersign":      "chio-node did countersign deactivation.json",
	"did receive":          "chio-node did receive deactivation.json",
	"did deactivations":    "chio-node did deactivations",
	"key prove":            "chio-node key prove bundle.json --out proof.json",
	"stop":                 `chio-node stop --agent researcher --reason "key leaked"`,
	"stop list":            "chio-node stop list",
	"resume":               "chio-node resume --agent researcher",
	"session list":         "chio-node session list",
	"session show":         "chio-node session show researcher SESSION",
	"explain":              "chio-node explain CHIO-CAP-EXPIRED",
}

// setExamples gives each verb below a command its example.
func setExamples(c *cobra.Command, path string) {
	for _, sub := range c.Commands() {
		at := sub.Name()
		if path != "" {
			at = path + " " + at
		}
		if line, ok := examples[at]; ok {
			sub.Example = "  " + line
		}
		setExamples(sub, at)
	}
}
