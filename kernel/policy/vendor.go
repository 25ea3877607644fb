package policy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// VendorFolder holds copies of remote policies, beside the policy that extends
// them: VendorFolder/<sha256>.yaml.
const VendorFolder = ".chio-policy"

const pinPrefix = "sha256="

// pin is a remote policy whose bytes are known.
type pin struct {
	url    string // without the fragment
	digest wire.Digest
}

// parsePin reads https://…#sha256=<64 lower-case hex digits>.
func parsePin(file, extends string) (*pin, error) {
	address, fragment, _ := strings.Cut(extends, "#")
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil:
		return nil, invalid(file, "extends", fmt.Sprintf("%.120q is remote and not an https address", extends), "write https://HOST/PATH#sha256=HASH")
	case fragment == "":
		return nil, &unpinned{url: address, problem: invalid(file, "extends",
			fmt.Sprintf("%.120q is remote, and policies are not fetched without knowing their bytes", extends),
			"add #sha256= and the SHA-256 of the file, then run chio-node policy vendor FILE")}
	}
	text, ok := strings.CutPrefix(fragment, pinPrefix)
	digest, err := wire.ParseDigest(text)
	if !ok || err != nil {
		return nil, invalid(file, "extends", fmt.Sprintf("%.160q has a fragment that is no pin", extends), "write #sha256= and 64 lower-case hex digits")
	}
	return &pin{url: address, digest: digest}, nil
}

// unpinned is the refusal of a remote base without a pin.
type unpinned struct {
	url     string
	problem error
}

func (u *unpinned) Error() string { return u.problem.Error() }
func (u *unpinned) Unwrap() error { return u.problem }

// file is where the copy is. A copy's own bases are beside it.
func (p *pin) file(from reference) string {
	folder := path.Dir(from.name)
	if from.pin == nil {
		folder = path.Join(folder, VendorFolder)
	}
	return path.Join(folder, p.digest.String()+".yaml")
}

func (p *pin) check(name string, doc []byte) error {
	if got := wire.Hash(doc); got != p.digest {
		return invalid(name, "", fmt.Sprintf("is not the pinned bytes of %.200s: its SHA-256 is %s", p.url, got),
			"run chio-node policy vendor FILE, or review the new policy and change the pin")
	}
	return nil
}

// Vendor makes the copies that Load needs of the remote policies in the chain
// of the document called name. It fetches what has no valid copy, refuses
// bytes that do not hash to the pin or are no policy, stores the rest with
// write, under a path in fsys, and returns the paths it wrote. The network is
// fetch's business, as is refusing addresses that are not public; it must not
// return more than MaxBytes+1 bytes. A remote base without a pin is fetched
// and refused with the pin to write.
func Vendor(ctx context.Context, name string, fsys fs.FS, fetch func(ctx context.Context, url string) ([]byte, error), write func(name string, doc []byte) error) ([]string, error) {
	var written []string
	read := func(ref reference, fsys fs.FS) ([]byte, error) {
		if ref.pin == nil {
			return readDocument(ref, fsys)
		}
		if doc, err := readDocument(ref, fsys); err == nil {
			return doc, nil
		}
		doc, err := fetch(ctx, ref.pin.url)
		if err != nil {
			return nil, fmt.Errorf("fetching policy %.200s: %w", ref.pin.url, err)
		}
		if err := ref.pin.check(ref.pin.url, doc); err != nil {
			return nil, err
		}
		if _, err := Parse(ref.pin.url, doc); err != nil {
			return nil, err
		}
		if err := write(ref.name, doc); err != nil {
			return nil, fmt.Errorf("storing policy %s: %w", ref.name, err)
		}
		written = append(written, ref.name)
		return doc, nil
	}
	_, err := chainOf(name, fsys, read)
	var bare *unpinned
	if errors.As(err, &bare) {
		return written, proposePin(ctx, bare, fetch)
	}
	return written, err
}

// proposePin tells a person what to pin, after looking at it.
func proposePin(ctx context.Context, bare *unpinned, fetch func(context.Context, string) ([]byte, error)) error {
	doc, err := fetch(ctx, bare.url)
	if err != nil {
		return fmt.Errorf("fetching policy %.200s: %w", bare.url, err)
	}
	if _, err := Parse(bare.url, doc); err != nil {
		return err
	}
	return fmt.Errorf("%w; what is there now, once you have read it, is %s#%s%s", bare.problem, bare.url, pinPrefix, wire.Hash(doc))
}
