package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// shape checks one value that this build carries and does not interpret. The
// fields that chio's dialect fixes are checked; where it fixes none, any value
// passes.
type shape func(c *checker, path string, raw wire.Raw)

func anyShape(*checker, string, wire.Raw) {}

var (
	approvalShape = object(map[string]shape{
		"approve_when": anyShape,
		"approvers": object(map[string]shape{
			"n": whole(1, 64), "of": anyShape, "timeout_seconds": whole(1, maxTimeout),
		}, ""),
	}, "")
	scoringShape = object(map[string]shape{
		"weights": object(map[string]shape{
			"boundary_pressure": ratio, "resource_stewardship": ratio, "least_privilege": ratio, "history_depth": ratio,
			"tool_diversity": ratio, "delegation_hygiene": ratio, "reliability": ratio, "incident_correlation": ratio,
		}, ""),
		"temporal_decay_half_life_days": whole(1, 36_600),
	}, "probationary_")
	reputationTiersShape = table(object(map[string]shape{
		"score_range": scoreRange,
		"max_scope": object(map[string]shape{
			"operations": kinds('['), "max_invocations": whole(0, maxRate), "max_cost_per_invocation": anyShape,
			"max_total_cost": anyShape, "max_delegation_depth": whole(0, 64), "ttl_seconds": whole(1, maxTimeout),
			"constraints_required": anyShape,
		}, ""),
		"promotion": anyShape,
		"demotion":  anyShape,
	}, ""))
	tableShape      = table(anyShape)
	collectionShape = kinds('{', '[')
)

// kinds are the JSON kinds a value may have, by their first byte.
func kinds(allowed ...byte) shape {
	names := map[byte]string{'{': "a mapping", '[': "a list", '0': "a number"}
	return func(c *checker, path string, raw wire.Raw) {
		got := byte(raw.Kind())
		if slices.Contains(allowed, got) {
			return
		}
		var want []string
		for _, k := range allowed {
			want = append(want, names[k])
		}
		c.add(path, "must be "+strings.Join(want, " or "), "")
	}
}

// object has exactly the given keys, and any that begin with prefix.
func object(members map[string]shape, prefix string) shape {
	known := slices.Sorted(maps.Keys(members))
	return each(func(c *checker, at, key string, raw wire.Raw) {
		is, ok := members[key]
		switch {
		case ok:
			is(c, at, raw)
		case prefix != "" && strings.HasPrefix(key, prefix):
		default:
			c.add(at, "unknown key", suggest(key, "known keys are ", known))
		}
	})
}

// table has any keys, with values of one shape.
func table(is shape) shape {
	return each(func(c *checker, at, _ string, raw wire.Raw) { is(c, at, raw) })
}

func each(visit func(c *checker, at, key string, raw wire.Raw)) shape {
	isObject := kinds('{')
	return func(c *checker, path string, raw wire.Raw) {
		if raw.Kind() != '{' {
			isObject(c, path, raw)
			return
		}
		var members map[string]wire.Raw
		if err := wire.Unmarshal(raw, &members, wire.DocumentLimits); err != nil {
			c.add(path, "is not JSON: "+err.Error(), "")
			return
		}
		for _, key := range slices.Sorted(maps.Keys(members)) {
			visit(c, join(path, key), key, members[key])
		}
	}
}

func whole(low, high int64) shape {
	return func(c *checker, path string, raw wire.Raw) {
		var v int64
		if err := wire.Unmarshal(raw, &v, wire.DocumentLimits); err != nil {
			c.add(path, "must be a whole number", "")
			return
		}
		c.bounds(path, v, low, high)
	}
}

// ratio is a number from 0 to 1.
func ratio(c *checker, path string, raw wire.Raw) {
	v, err := ParseDecimal(string(raw))
	if err != nil {
		c.add(path, "must be a number", "")
		return
	}
	c.decimal(path, v, 0, DecimalOne)
}

// scoreRange is two numbers, the lower first.
func scoreRange(c *checker, path string, raw wire.Raw) {
	var bounds []wire.Raw
	if err := wire.Unmarshal(raw, &bounds, wire.DocumentLimits); err != nil || len(bounds) != 2 {
		c.add(path, "must be a list of two numbers", "write [low, high]")
		return
	}
	low, err := ParseDecimal(string(bounds[0]))
	high, err2 := ParseDecimal(string(bounds[1]))
	switch {
	case err != nil || err2 != nil:
		c.add(path, "must be a list of two numbers", "write [low, high]")
	case low > high:
		c.add(path, fmt.Sprintf("%s is above %s", low, high), "write the lower bound first")
	}
}
