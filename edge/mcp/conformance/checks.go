package conformance

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/edge/mcp"
	"github.com/backbay-labs/chio-node/wire"
)

// unknownVersion is older than the protocol, so no server can speak it.
const unknownVersion = "2001-01-01"

// errNoSession: the first check did not come through.
var errNoSession = errors.New("the server was not initialized")

type implementation struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type initializeParams struct {
	ProtocolVersion string            `json:"protocolVersion"`
	Capabilities    map[string]string `json:"capabilities"`
	ClientInfo      implementation    `json:"clientInfo"`
}

// hello opens a session and asks for a version; the handshake is not completed.
func (r *runner) hello(ctx context.Context, version string) (*session, wire.Raw, *mcp.RPCError, error) {
	stream, err := r.cfg.Start(ctx)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%w: start: %w", ErrSession, err)
	}
	s := newSession(stream)
	result, refused, err := s.ask(ctx, "initialize", initializeParams{ProtocolVersion: version, Capabilities: map[string]string{},
		ClientInfo: implementation{"chio-conformance", SuiteVersion}})
	if err != nil {
		s.close()
		return nil, nil, nil, err
	}
	return s, result, refused, nil
}

// open is hello with our version and the rest of the handshake.
func (r *runner) open(ctx context.Context) (*session, wire.Raw, error) {
	s, result, refused, err := r.hello(ctx, mcp.ProtocolVersion)
	if err == nil && refused != nil {
		err = fmt.Errorf("initialize was refused: %w", refused)
	}
	if err == nil {
		err = s.tell(ctx, "notifications/initialized")
	}
	if err != nil && s != nil {
		s.close()
		s = nil
	}
	return s, result, err
}

type initializeAnswer struct {
	ProtocolVersion string          `json:"protocolVersion"`
	Capabilities    wire.Raw        `json:"capabilities"`
	ServerInfo      *implementation `json:"serverInfo"`
}

func initializeResult(ctx context.Context, r *runner) error {
	s, result, err := r.open(ctx)
	if err != nil {
		return err
	}
	r.main = s
	var a initializeAnswer
	if err := wire.UnmarshalLenient(result, &a, mcp.FrameLimits); err != nil {
		return fmt.Errorf("the result: %w", err)
	}
	if a.ProtocolVersion == "" || len(a.Capabilities) == 0 || a.Capabilities[0] != '{' {
		return fmt.Errorf("protocolVersion is %.40q, capabilities are not an object or missing", a.ProtocolVersion)
	}
	if a.ServerInfo == nil || a.ServerInfo.Name == "" || a.ServerInfo.Version == "" {
		return errors.New("serverInfo has no name or no version")
	}
	r.name, r.version = bounded(a.ServerInfo.Name), bounded(a.ServerInfo.Version)
	return nil
}

func initializeVersion(ctx context.Context, r *runner) error {
	s, result, refused, err := r.hello(ctx, unknownVersion)
	if err != nil {
		return err
	}
	defer s.close()
	if refused != nil {
		return nil // so may it be
	}
	var a initializeAnswer
	if err := wire.UnmarshalLenient(result, &a, mcp.FrameLimits); err != nil {
		return fmt.Errorf("the result: %w", err)
	}
	if a.ProtocolVersion == "" || a.ProtocolVersion == unknownVersion {
		return fmt.Errorf("asked for %s it agreed to %.40q", unknownVersion, a.ProtocolVersion)
	}
	return nil
}

func toolsUnknown(ctx context.Context, r *runner) error {
	if r.main == nil {
		return errNoSession
	}
	type params struct {
		Name      string            `json:"name"`
		Arguments map[string]string `json:"arguments"`
	}
	result, refused, err := r.main.ask(ctx, "tools/call", params{"chio-conformance-no-such-tool", map[string]string{}})
	if err != nil {
		return err
	}
	return wantError(result, refused)
}

// wantError accepts a protocol error, and a result that says it is one.
func wantError(result wire.Raw, refused *mcp.RPCError) error {
	if refused != nil {
		return nil
	}
	var r struct {
		IsError bool `json:"isError"`
	}
	if err := wire.UnmarshalLenient(result, &r, mcp.FrameLimits); err != nil {
		return fmt.Errorf("the result: %w", err)
	}
	if !r.IsError {
		return fmt.Errorf("it was answered as if it had worked: %.80s", result)
	}
	return nil
}

func toolsMalformed(ctx context.Context, r *runner) error {
	s, _, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	type params struct {
		Name      int      `json:"name"`
		Arguments []string `json:"arguments"`
	}
	result, refused, err := s.ask(ctx, "tools/call", params{7, []string{"not", "an", "object"}})
	if err != nil {
		return err
	}
	if err := wantError(result, refused); err != nil {
		return err
	}
	if _, _, err := s.ask(ctx, "ping", nil); err != nil {
		return fmt.Errorf("the session did not survive it: %w", err)
	}
	return nil
}

func methodUnknown(ctx context.Context, r *runner) error {
	if r.main == nil {
		return errNoSession
	}
	_, refused, err := r.main.ask(ctx, "chio/no-such-method", nil)
	if err != nil {
		return err
	}
	if refused == nil || refused.Code != mcp.CodeMethodNotFound {
		return fmt.Errorf("answered with %v, want error %d", refused, mcp.CodeMethodNotFound)
	}
	return nil
}

func ping(ctx context.Context, r *runner) error {
	if r.main == nil {
		return errNoSession
	}
	result, refused, err := r.main.ask(ctx, "ping", nil)
	if err != nil {
		return err
	}
	var members map[string]wire.Raw
	if refused != nil || wire.UnmarshalLenient(result, &members, mcp.FrameLimits) != nil || len(members) > 0 {
		return fmt.Errorf("answered with %.80s %v", result, refused)
	}
	return nil
}
