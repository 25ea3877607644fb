package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/kernel/guards/network"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/node"
)

// vendored is the JSON of policy vendor.
type vendored struct {
	File    string   `json:"file"`
	Written []string `json:"written"`
}

func (a *app) policyVendorCmd() *cobra.Command {
	return &cobra.Command{Use: "vendor FILE", Short: "fetch the remote policies that a policy extends, once, by their pinned hash",
		Long: "A node never fetches a policy. extends: https://HOST/PATH#sha256=HASH works once a copy with that hash is in\n" +
			policy.VendorFolder + " beside the policy, and this puts it there. Without a hash it says which one to write.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := regular(args[0]); err != nil {
				return err
			}
			dir := filepath.Dir(args[0])
			write := func(name string, doc []byte) error {
				path := filepath.Join(dir, filepath.FromSlash(name))
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					return err
				}
				return os.WriteFile(path, doc, 0o644)
			}
			written, err := policy.Vendor(cmd.Context(), filepath.Base(args[0]), os.DirFS(dir), a.fetchPolicy, write)
			if err != nil {
				return &node.Problem{Code: "CHIO-POLICY-VENDOR", Message: fmt.Sprintf("%s: %v", args[0], err), Exit: node.ExitFailure, Cause: err,
					Hint: "extends names https://HOST/PATH#sha256=HASH"}
			}
			v := vendored{File: args[0], Written: append([]string{}, written...)}
			return a.print(v, func(w io.Writer) {
				for _, name := range v.Written {
					fmt.Fprintln(w, filepath.Join(dir, filepath.FromSlash(name)))
				}
				if len(v.Written) == 0 {
					fmt.Fprintln(w, "nothing to fetch")
				}
			})
		}}
}

// regular refuses what a policy cannot be read from.
func regular(path string) error {
	switch info, err := os.Stat(path); {
	case strings.HasPrefix(path, "builtin:"):
		return nil
	case err != nil:
		return unreadable(err)
	case !info.Mode().IsRegular():
		return unreadable(&fs.PathError{Op: "read", Path: path, Err: errors.New("is not a file")})
	}
	return nil
}

const (
	vendorTimeout   = 10 * time.Second
	vendorRedirects = 3
)

// fetchPolicy gets one document over https from a public address. Every address
// that is dialled is checked, so a name that resolves inward is refused too.
func (a *app) fetchPolicy(ctx context.Context, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, vendorTimeout)
	defer cancel()
	dialer := &net.Dialer{Timeout: vendorTimeout, Control: network.Control}
	client := &http.Client{
		Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if r.URL.Scheme != "https" || len(via) > vendorRedirects {
				return fmt.Errorf("redirected to %.120s: at most %d redirects, https only", r.URL, vendorRedirects)
			}
			return nil
		},
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" {
		return nil, fmt.Errorf("%.120q is not an https address", address)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answers %s", strings.TrimSpace(res.Status))
	}
	return io.ReadAll(io.LimitReader(res.Body, policy.MaxBytes+1))
}
