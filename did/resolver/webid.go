package resolver

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/did"
)

// webURL is where the document of a did:web is (did:web, read):
//
//	1 the first part is a domain name in lower case, of at least two labels,
//	  and no address, however spelled; labels of other scripts are in their
//	  xn-- form already
//	2 a port follows as "%3A" and digits without a leading zero
//	3 the parts behind it are segments of a path; none is empty, ".", or ".."
//	  in any spelling, and none holds an encoded separator or control character
//	4 the document is https://domain/.well-known/did.json, or
//	  https://domain/segments/did.json
func webURL(u did.URL) (*url.URL, error) {
	parts := strings.Split(u.ID, ":")
	host, port, hasPort := strings.Cut(parts[0], "%3A")
	if err := checkDomain(host); err != nil { // 1
		return nil, fmt.Errorf("%w: %.140q: %w", InvalidDID, u.DID(), err)
	}
	if hasPort { // 2
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
			return nil, fmt.Errorf("%w: %.140q: port %.10q: write %%3A and a number from 1 to 65535", InvalidDID, u.DID(), port)
		}
		host += ":" + port
	}
	path := "/.well-known"
	if len(parts) > 1 {
		path = ""
	}
	for _, segment := range parts[1:] { // 3
		if err := checkSegment(segment); err != nil {
			return nil, fmt.Errorf("%w: %.140q: %w", InvalidDID, u.DID(), err)
		}
		path += "/" + segment
	}
	at, err := url.Parse("https://" + host + path + "/did.json") // 4
	if err != nil {
		return nil, fmt.Errorf("%w: %.140q: %w", InvalidDID, u.DID(), err)
	}
	return at, nil
}

// The limits of a host name, RFC 1035 §2.3.4.
const (
	maxDomain = 253
	maxLabel  = 63
)

// localNames end names that mean nothing outside one network (RFC 6761, RFC
// 6762, RFC 7686, RFC 8375).
var localNames = []string{"localhost", "local", "internal", "intranet", "lan", "home", "corp", "test", "invalid", "onion", "alt", "arpa"}

func checkDomain(host string) error {
	if len(host) > maxDomain {
		return fmt.Errorf("domain of %d characters", len(host))
	}
	labels := strings.Split(host, ".")
	if len(labels) < 2 {
		return fmt.Errorf("%.80q is not a domain name with a dot", host)
	}
	for _, l := range labels {
		if l == "" || len(l) > maxLabel || l[0] == '-' || l[len(l)-1] == '-' || strings.ContainsFunc(l, notHostChar) {
			return fmt.Errorf("%.80q is not a domain name in lower-case letters, digits and hyphens", host)
		}
	}
	last := labels[len(labels)-1]
	if last[0] >= '0' && last[0] <= '9' { // covers dotted, octal and 0x addresses
		return fmt.Errorf("%.80q is an address, not a domain name", host)
	}
	for _, n := range localNames {
		if last == n {
			return fmt.Errorf("%.80q is a name of a local network", host)
		}
	}
	return nil
}

func notHostChar(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
}

func checkSegment(s string) error {
	decoded, err := url.PathUnescape(s)
	if err != nil || decoded == "" || strings.Trim(decoded, ".") == "" {
		return fmt.Errorf("path segment %.80q is empty or names another folder", s)
	}
	if strings.ContainsFunc(decoded, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`/\%:?#;`, r) }) {
		return fmt.Errorf("path segment %.80q holds an encoded separator", s)
	}
	return nil
}
