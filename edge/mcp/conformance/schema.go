package conformance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/backbay-labs/chio-node/edge/mcp"
	"github.com/backbay-labs/chio-node/wire"
)

// maxSchemaDepth bounds how deep a schema is looked into.
const maxSchemaDepth = 32

// jsonTypes are the types of JSON Schema.
var jsonTypes = []string{"array", "boolean", "integer", "null", "number", "object", "string"}

func toolsSchemas(_ context.Context, r *runner) error {
	tools, err := r.listed()
	for _, t := range tools {
		if len(t.InputSchema) == 0 {
			return fmt.Errorf("tool %.80q has no inputSchema", t.Name)
		}
		if err := objectSchema(t.InputSchema); err != nil {
			return fmt.Errorf("tool %.80q: inputSchema: %w", t.Name, err)
		}
		if len(t.OutputSchema) == 0 {
			continue
		}
		if err := objectSchema(t.OutputSchema); err != nil {
			return fmt.Errorf("tool %.80q: outputSchema: %w", t.Name, err)
		}
	}
	return err
}

// objectSchema checks the schema of arguments or of structured content: its
// type is object.
func objectSchema(doc wire.Raw) error {
	var top struct {
		Type string `json:"type"`
	}
	if len(doc) == 0 || doc[0] != '{' || wire.UnmarshalLenient(doc, &top, mcp.FrameLimits) != nil || top.Type != "object" {
		return fmt.Errorf("its type is %.40q, want object", top.Type)
	}
	return checkSchema(doc, 0)
}

// checkSchema checks the shape of a schema and of those inside it: a boolean,
// or an object whose type, properties, required, items and additionalProperties
// are what JSON Schema wants them to be. Other keywords are not looked at.
func checkSchema(doc wire.Raw, depth int) error {
	if s := string(doc); s == "true" || s == "false" {
		return nil
	}
	if depth > maxSchemaDepth {
		return fmt.Errorf("deeper than %d", maxSchemaDepth)
	}
	if len(doc) == 0 || doc[0] != '{' {
		return fmt.Errorf("a schema is an object or a boolean, got %.40s", doc)
	}
	var s struct {
		Type       wire.Raw            `json:"type"`
		Properties map[string]wire.Raw `json:"properties"`
		Required   []string            `json:"required"`
		Items      wire.Raw            `json:"items"`
		Additional wire.Raw            `json:"additionalProperties"`
	}
	if err := wire.UnmarshalLenient(doc, &s, mcp.FrameLimits); err != nil {
		return err
	}
	if err := checkType(s.Type); err != nil {
		return err
	}
	sorted := slices.Sorted(slices.Values(s.Required))
	if len(slices.Compact(sorted)) != len(s.Required) {
		return errors.New("required names a property twice")
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if err := checkSchema(s.Properties[name], depth+1); err != nil {
			return fmt.Errorf("property %.80q: %w", name, err)
		}
	}
	for keyword, inner := range map[string]wire.Raw{"items": s.Items, "additionalProperties": s.Additional} {
		if len(inner) == 0 {
			continue
		}
		if err := checkSchema(inner, depth+1); err != nil {
			return fmt.Errorf("%s: %w", keyword, err)
		}
	}
	return nil
}

func checkType(doc wire.Raw) error {
	if len(doc) == 0 {
		return nil
	}
	types := []string{""}
	var err error
	if doc[0] == '[' {
		err = wire.UnmarshalLenient(doc, &types, mcp.FrameLimits)
	} else {
		err = wire.UnmarshalLenient(doc, &types[0], mcp.FrameLimits)
	}
	for _, t := range types {
		if err != nil || !slices.Contains(jsonTypes, t) {
			return fmt.Errorf("type %.60s is not one of JSON Schema", doc)
		}
	}
	return nil
}
