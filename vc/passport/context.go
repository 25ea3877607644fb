package passport

import (
	"github.com/backbay-labs/chio-node/vc"
)

// terms begins the IRI of each of our terms.
const terms = "urn:chio:terms:v1:"

// The type of a passport, as it is written and as its context expands it.
const (
	Type    = typePassport
	TypeIRI = terms + typePassport
)

// context1 is the @context of the first passports, which knows only who the
// agent is. They are verified still and issued no more.
const context1 = `["` + vc.ContextV2 + `",{` +
	`"@protected":true,` +
	`"ChioAgentPassport":"` + terms + `ChioAgentPassport",` +
	`"autonomyTier":"` + terms + `autonomyTier",` +
	`"organization":"` + terms + `organization",` +
	`"roles":{"@container":"@set","@id":"` + terms + `roles"}}]`

// context2 is the @context of every passport issued now, in canonical form.
// Our terms are defined in line, so that a JSON-LD processor needs no network
// and drops nothing; a processor of plain JSON compares bytes. Below assurance,
// enterpriseProvenance and reputation every word is ours: it is hashed on each
// verification, so it does not list them.
const context2 = `["` + vc.ContextV2 + `",{` +
	`"@protected":true,` +
	`"ChioAgentPassport":"` + terms + `ChioAgentPassport",` +
	`"assurance":{"@context":{"@vocab":"` + terms + `"},"@id":"` + terms + `assurance"},` +
	`"autonomyTier":"` + terms + `autonomyTier",` +
	`"enterpriseProvenance":{"@context":{"@vocab":"` + terms + `"},"@id":"` + terms + `enterpriseProvenance"},` +
	`"organization":"` + terms + `organization",` +
	`"reputation":{"@context":{"@vocab":"` + terms + `"},"@id":"` + terms + `reputation"},` +
	`"roles":{"@container":"@set","@id":"` + terms + `roles"}}]`

// edition is which of the contexts a canonical @context is: 1, 2, or 0 for
// none of them.
func edition(context []byte) int {
	switch {
	case string(context) == context2:
		return 2
	case string(context) == context1:
		return 1
	}
	return 0
}
