package node

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// Client calls the node that is up in a home, over its Unix socket.
type Client struct {
	socket string
	token  string
	http   *http.Client
}

// ErrNotRunning: no node is up in this home.
var ErrNotRunning = errors.New("no node is running in this home")

// Dial finds the node that is up in home, or ErrNotRunning.
func Dial(home string) (*Client, error) {
	socket := filepath.Join(home, socketName)
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("%w (%s)", ErrNotRunning, home)
	}
	_ = conn.Close() // a probe: every request dials its own
	token, err := os.ReadFile(filepath.Join(home, tokenName))
	if err != nil {
		return nil, fmt.Errorf("read the operator's token: %w", err)
	}
	return &Client{socket: socket, token: strings.TrimSpace(string(token)), http: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}}, nil
}

// Call runs one operation at the running node.
func (c *Client) Call(ctx context.Context, op string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://chio/v1/"+op, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("call the running node: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, int64(wire.BundleLimits.Bytes)))
	if err != nil {
		return nil, fmt.Errorf("read the node's answer: %w", err)
	}
	if res.StatusCode == http.StatusOK {
		return answer, nil
	}
	var failed struct {
		Error *Problem `json:"error"`
	}
	if err := wire.Unmarshal(answer, &failed, wire.DocumentLimits); err != nil || failed.Error == nil {
		return nil, fmt.Errorf("the node answered %s: %.200s", res.Status, answer)
	}
	return nil, failed.Error
}

// Attach opens a raw two-way connection for one side of an MCP server that
// this process owns and the running node mediates. The header travels as the
// request body; after the node's one-line answer the bytes are the caller's.
func (c *Client) Attach(ctx context.Context, header any) (net.Conn, *bufio.Reader, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", c.socket)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrNotRunning, err)
	}
	body, err := wire.Marshal(header)
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://chio/v1/"+attachOperation, bytes.NewReader(body))
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", attachProtocol)
	if err := req.Write(conn); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("attach: %w", err), conn.Close())
	}
	r := bufio.NewReader(conn)
	res, err := http.ReadResponse(r, req)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("attach: %w", err), conn.Close())
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		text, readErr := io.ReadAll(io.LimitReader(res.Body, 4096))
		return nil, nil, errors.Join(fmt.Errorf("attach refused: %s", bytes.TrimSpace(text)), readErr, conn.Close())
	}
	return conn, r, nil
}
