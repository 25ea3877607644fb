package resolver

import (
	"net/netip"
	"net/url"

	"github.com/backbay-labs/chio-node/did"
)

// IsPublic and WebURL are tested by their tables.
func IsPublic(a netip.Addr) bool { return isPublic(a) }

func WebURL(id string) (*url.URL, error) {
	u, err := did.ParseURL(id)
	if err != nil {
		return nil, err
	}
	return webURL(u)
}
