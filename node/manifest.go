package node

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/wire"
)

// manifestFile is what an operator writes about a server's tools.
type manifestFile struct {
	Tools map[string]manifestTool `yaml:"tools"`
}

// manifestTool is one tool; pointers are RFC 6901.
type manifestTool struct {
	Action   string   `yaml:"action"`
	Paths    []string `yaml:"paths"`
	URLs     []string `yaml:"urls"`
	Commands []string `yaml:"commands"`
	Content  []string `yaml:"content"`
}

// LoadManifest reads a tool manifest, YAML or JSON: what each tool does, and
// which arguments hold paths, URLs, commands and content. "" is none.
func LoadManifest(path string) (map[string]kernel.Shape, error) {
	if path == "" {
		return nil, nil
	}
	doc, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the tool manifest: %w", err)
	}
	shapes, err := parseManifest(doc)
	if err != nil {
		return nil, &Problem{Code: "CHIO-MCP-MANIFEST", Message: fmt.Sprintf("tool manifest %s: %v", path, err), Exit: ExitFailure,
			Hint: "docs/policy.md shows one: tools: {NAME: {action: file_read, paths: [/path]}}"}
	}
	return shapes, nil
}

func parseManifest(doc []byte) (map[string]kernel.Shape, error) {
	if len(doc) > wire.DocumentLimits.Bytes {
		return nil, fmt.Errorf("is larger than %d bytes", wire.DocumentLimits.Bytes)
	}
	dec := yaml.NewDecoder(bytes.NewReader(doc))
	dec.KnownFields(true)
	var file manifestFile
	if err := dec.Decode(&file); err != nil {
		return nil, err
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("holds more than one document")
	}
	if len(file.Tools) == 0 {
		return nil, errors.New("names no tool")
	}
	shapes := make(map[string]kernel.Shape, len(file.Tools))
	for _, name := range slices.Sorted(maps.Keys(file.Tools)) {
		t := file.Tools[name]
		s := kernel.Shape(t)
		if name == "" || len(name) > kernel.MaxNameBytes {
			return nil, fmt.Errorf("tool %.80q: a name has 1 to %d bytes", name, kernel.MaxNameBytes)
		}
		if err := guard.CheckShape(&s); err != nil {
			return nil, fmt.Errorf("tool %.80q: %w", name, err)
		}
		shapes[name] = s
	}
	return shapes, nil
}

// shapeOf is what a tool is declared to do: the operator's manifest first. What
// a server says of its own tools counts only where a name says nothing, since
// the server is not trusted.
func (s *toolServer) shapeOf(tool string) *kernel.Shape {
	if shape, have := s.shapes[tool]; have {
		return &shape
	}
	own, ok := s.tools.(interface{ declared(string) *kernel.Shape })
	if !ok || guard.Recognised(tool) {
		return nil
	}
	return own.declared(tool)
}

// actionMeta is the member of a tool's _meta that declares its shape.
const actionMeta = "chio/action"

// declared is the shape in a tool's own definition, nil without one. One that
// cannot be read is answered as it stands, so that the call is refused.
func (s *mcpSource) declared(tool string) *kernel.Shape {
	t, err := s.up.Tool(tool)
	if err != nil {
		return nil
	}
	if known, have := s.shapes.Load(t.SHA256); have {
		return known.(*kernel.Shape)
	}
	shape := shapeIn(t.Definition)
	s.shapes.Store(t.SHA256, shape)
	return shape
}

func shapeIn(definition wire.Raw) *kernel.Shape {
	var tool struct {
		Meta map[string]wire.Raw `json:"_meta"`
	}
	unreadable := &kernel.Shape{Action: "unreadable " + actionMeta}
	if err := wire.UnmarshalLenient(definition, &tool, wire.ForeignLimits); err != nil {
		return unreadable
	}
	doc, have := tool.Meta[actionMeta]
	if !have {
		return nil
	}
	var shape kernel.Shape
	if err := wire.Unmarshal(doc, &shape, wire.ForeignLimits); err != nil {
		return unreadable
	}
	return &shape
}
