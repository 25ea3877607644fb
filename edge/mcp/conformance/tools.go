package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/edge/mcp"
	"github.com/backbay-labs/chio-node/vc/certification"
	"github.com/backbay-labs/chio-node/wire"
)

// The bounds of a tool list.
const (
	maxPages    = 256
	maxToolName = 128
)

// tool is one listed tool as far as it is looked at.
type tool struct {
	Name         string              `json:"name"`
	Description  string              `json:"description"`
	InputSchema  wire.Raw            `json:"inputSchema"`
	OutputSchema wire.Raw            `json:"outputSchema"`
	Annotations  map[string]wire.Raw `json:"annotations"`
	sha256       wire.Digest
}

type listParams struct {
	Cursor string `json:"cursor,omitempty"`
}

func toolsList(ctx context.Context, r *runner) error {
	if r.main == nil {
		return errNoSession
	}
	cursor, seen := "", []string(nil)
	for range maxPages {
		result, refused, err := r.main.ask(ctx, "tools/list", listParams{cursor})
		if err != nil {
			return err
		}
		if refused != nil {
			return fmt.Errorf("tools/list was refused: %w", refused)
		}
		page, next, err := parsePage(result)
		if err != nil {
			return err
		}
		r.tools = append(r.tools, page...)
		r.pages++
		if next == "" {
			return r.pin()
		}
		if slices.Contains(seen, next) {
			return fmt.Errorf("the cursor %.80q came twice", next)
		}
		if len(r.tools) > certification.MaxTools {
			return fmt.Errorf("more than %d tools", certification.MaxTools)
		}
		cursor, seen = next, append(seen, next)
	}
	return fmt.Errorf("more than %d pages", maxPages)
}

func parsePage(result wire.Raw) (tools []tool, next string, err error) {
	var page struct {
		Tools *[]wire.Raw `json:"tools"`
		Next  string      `json:"nextCursor"`
	}
	if err := wire.UnmarshalLenient(result, &page, mcp.FrameLimits); err != nil {
		return nil, "", fmt.Errorf("the page: %w", err)
	}
	if page.Tools == nil {
		return nil, "", errors.New("the page has no list of tools")
	}
	for _, definition := range *page.Tools {
		var t tool
		if err := wire.UnmarshalLenient(definition, &t, mcp.FrameLimits); err != nil {
			return nil, "", fmt.Errorf("tool %d: %w", len(tools)+1, err)
		}
		if t.Name == "" || len(t.Name) > maxToolName {
			return nil, "", fmt.Errorf("tool %.80q: a name has 1 to %d bytes", t.Name, maxToolName)
		}
		canonical, err := wire.Canonicalize(definition, mcp.FrameLimits)
		if err != nil {
			return nil, "", fmt.Errorf("tool %.80q: %w", t.Name, err)
		}
		t.sha256 = wire.Hash(canonical)
		tools = append(tools, t)
	}
	return tools, page.Next, nil
}

// pin computes the manifest of the main session. Without one, or with a name
// twice, there is none, and another check says so.
func (r *runner) pin() error {
	if len(r.tools) == 0 {
		return errors.New("it lists no tool")
	}
	pins := make([]certification.ToolPin, len(r.tools))
	for i, t := range r.tools {
		pins[i] = certification.ToolPin{Name: t.Name, SHA256: t.sha256}
	}
	manifest, err := certification.ManifestDigest(pins)
	if err == nil {
		r.manifest = manifest
	}
	return nil
}

// listed are the tools of the main session, or why they are not known.
func (r *runner) listed() ([]tool, error) {
	if len(r.tools) == 0 {
		return nil, errors.New("its tools are not known")
	}
	return r.tools, nil
}

func toolsUnique(_ context.Context, r *runner) error {
	tools, err := r.listed()
	seen := map[string]bool{}
	for _, t := range tools {
		if seen[t.Name] {
			return fmt.Errorf("%.80q is listed twice", t.Name)
		}
		seen[t.Name] = true
	}
	return err
}

func toolsCursor(ctx context.Context, r *runner) error {
	if _, err := r.listed(); err != nil {
		return err
	}
	if r.pages < 2 {
		return fmt.Errorf("%w: the list is one page", errSkip)
	}
	_, refused, err := r.main.ask(ctx, "tools/list", listParams{"chio-conformance-no-such-cursor"})
	if err == nil && refused == nil {
		err = errors.New("it was answered with a page")
	}
	return err
}

// toolsStable reads the list again as the node does when it serves the server.
func toolsStable(ctx context.Context, r *runner) error {
	if r.manifest.IsZero() {
		return errors.New("its tools are not known, or not by one name each")
	}
	stream, err := r.cfg.Start(ctx)
	if err != nil {
		return fmt.Errorf("%w: start: %w", ErrSession, err)
	}
	up, err := mcp.NewUpstream(stream, mcp.UpstreamConfig{Server: "under-test", ClientName: "chio-conformance", ClientVersion: SuiteVersion})
	if err != nil {
		return errors.Join(err, stream.Close())
	}
	defer func() { _ = up.Close() }() // the stream's end is not what is tested
	if err := up.Initialize(ctx); err != nil {
		return err
	}
	again, err := ManifestOf(up.Tools())
	if err != nil {
		return err
	}
	if again != r.manifest {
		return fmt.Errorf("the manifest was %s, then %s", r.manifest, again)
	}
	return nil
}

func toolsDescribed(_ context.Context, r *runner) error {
	tools, err := r.listed()
	for _, t := range tools {
		if t.Description == "" {
			return fmt.Errorf("tool %.80q has no description", t.Name)
		}
	}
	return err
}

// hints are the annotations of a tool that are booleans.
var hints = []string{"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}

func toolsAnnotations(_ context.Context, r *runner) error {
	tools, err := r.listed()
	for _, t := range tools {
		for _, h := range hints {
			if v := string(t.Annotations[h]); v != "" && v != "true" && v != "false" {
				return fmt.Errorf("tool %.80q: %s is %.40s, want true or false", t.Name, h, v)
			}
		}
		if v := t.Annotations["title"]; len(v) > 0 && v[0] != '"' {
			return fmt.Errorf("tool %.80q: its title is no text", t.Name)
		}
	}
	return err
}
