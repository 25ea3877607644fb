package guard

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

var errURL = errors.New("url has no host that can be judged")

// Host parses the host and port a URL contacts. The scheme may be missing
// ("//host" or "host.tld/…"), the host is lower-cased and loses a trailing
// dot, user info, query and fragment are cut. A bare word, an unbracketed IPv6
// address or a bad port is an error.
func Host(raw string) (host string, port uint16, err error) {
	scheme, rest := "https", strings.TrimPrefix(raw, "//")
	if i := strings.Index(raw, "://"); i >= 0 {
		scheme, rest = strings.ToLower(raw[:i]), raw[i+3:]
	}
	if i := strings.IndexAny(rest, `/\?#`); i >= 0 {
		rest = rest[:i]
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	port = 443
	if scheme == "http" || scheme == "ws" {
		port = 80
	}
	host, digits, ok := splitPort(rest)
	if !ok || host == "" || strings.ContainsAny(host, " \t\r\n\x00%") {
		return "", 0, errURL
	}
	if digits != "" {
		n, err := strconv.ParseUint(digits, 10, 16)
		if err != nil || n == 0 {
			return "", 0, errURL
		}
		port = uint16(n)
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	bare := !strings.ContainsAny(host, ".:") && !strings.Contains(raw, "//")
	if host == "" || bare && host != "localhost" {
		return "", 0, errURL
	}
	return host, port, nil
}

func splitPort(s string) (host, digits string, ok bool) {
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", "", false
		}
		if _, err := netip.ParseAddr(s[1:end]); err != nil {
			return "", "", false
		}
		if tail := s[end+1:]; tail != "" && (tail[0] != ':' || len(tail) == 1) {
			return "", "", false
		}
		return s[1:end], strings.TrimPrefix(s[end+1:], ":"), true
	}
	host, digits, found := strings.Cut(s, ":")
	if found && (digits == "" || strings.Contains(digits, ":")) {
		return "", "", false
	}
	return host, digits, true
}
