package federation

import (
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
)

// The codes with which a treaty denies by itself.
const (
	CodeNotOffered kernel.Code = "CHIO-FED-NOT-OFFERED"
	CodeOverPrice  kernel.Code = "CHIO-FED-OVER-PRICE"
	CodeNoMoney    kernel.Code = "CHIO-FED-NO-MONEY-TERMS"
)

// The names of the treaty's own guards.
const (
	surfaceGuardName = "treaty-surface"
	moneyGuardName   = "treaty-money"
)

// wildcard stands for every server or tool in a surface entry.
const wildcard = "*"

// Offered finds the entry for a tool: the exact one, else the server's "*",
// else "*"/"*".
func Offered(surface []SurfaceTool, server, tool string) (SurfaceTool, bool) {
	return newSurfaceGuard(surface).find(server, tool)
}

// surfaceGuard denies what the hosting side does not offer, and a price above
// the one it attested.
type surfaceGuard struct {
	entries map[[2]string]SurfaceTool
}

func newSurfaceGuard(surface []SurfaceTool) *surfaceGuard {
	g := &surfaceGuard{entries: make(map[[2]string]SurfaceTool, len(surface))}
	for _, e := range surface {
		g.entries[[2]string{e.Server, e.Tool}] = e
	}
	return g
}

func (g *surfaceGuard) Name() string { return surfaceGuardName }

func (g *surfaceGuard) find(server, tool string) (SurfaceTool, bool) {
	for _, want := range [...][2]string{{server, tool}, {server, wildcard}, {wildcard, tool}, {wildcard, wildcard}} {
		if e, ok := g.entries[want]; ok {
			return e, true
		}
	}
	return SurfaceTool{}, false
}

// Evaluate implements kernel.Guard.
func (g *surfaceGuard) Evaluate(c *kernel.Call) (kernel.Decision, error) {
	server, tool := c.Route.Server, c.Mandate.Tool
	e, ok := g.find(server, tool)
	if !ok {
		return judge(surfaceGuardName, kernel.Deny, CodeNotOffered, "capability_surface",
			fmt.Sprintf("%.80s/%.80s is not offered", server, tool)), nil
	}
	op := c.Mandate.Operation
	if op == "" {
		op = capability.Invoke
	}
	if !slices.Contains(e.Operations, op) {
		return judge(surfaceGuardName, kernel.Deny, CodeNotOffered, "capability_surface",
			fmt.Sprintf("%.80s/%.80s is not offered for %.20s", server, tool, op)), nil
	}
	price := c.Route.Price
	if price != nil && price.Units > 0 && (e.Price == nil || e.Price.Currency != price.Currency || price.Units > e.Price.Units) {
		return judge(surfaceGuardName, kernel.Deny, CodeOverPrice, "capability_surface",
			fmt.Sprintf("%d minor units of %.16s is more than the attested price", price.Units, price.Currency)), nil
	}
	return judge(surfaceGuardName, kernel.Allow, "", "", ""), nil
}

// moneyGuard denies a priced call under a treaty without money terms, or in a
// currency that is not the treaty's.
type moneyGuard struct{ money *Money }

func (g *moneyGuard) Name() string { return moneyGuardName }

// Evaluate implements kernel.Guard.
func (g *moneyGuard) Evaluate(c *kernel.Call) (kernel.Decision, error) {
	price := c.Route.Price
	switch {
	case price == nil || price.Units == 0:
	case g.money == nil:
		return judge(moneyGuardName, kernel.Deny, CodeNoMoney, "money", "the treaty has no money terms: free calls only"), nil
	case price.Currency != g.money.Currency:
		return judge(moneyGuardName, kernel.Deny, CodeNoMoney, "money.currency",
			fmt.Sprintf("price is in %.16s, the treaty is in %s", price.Currency, g.money.Currency)), nil
	}
	return judge(moneyGuardName, kernel.Allow, "", "", ""), nil
}

func judge(guard string, v kernel.Verdict, code kernel.Code, rule, details string) kernel.Decision {
	return kernel.Decision{Verdict: v, Evidence: []kernel.Evidence{{
		Guard: guard, Verdict: v, Code: code, Rule: rule, Details: details,
	}}}
}
