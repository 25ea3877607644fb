package capability

import (
	"errors"
	"net/netip"
	"strings"
)

// errHost refuses a string in which two URL parsers could see different hosts.
var errHost = errors.New("has a URL whose host is ambiguous")

const maxHostBytes = 253

// hostsIn lists the hosts a string would reach: the authority of every URL in
// it, and the string itself if it reads as a host name with optional port and
// path. underHostKey makes the second reading the only one for plain words.
func hostsIn(s string, underHostKey bool) ([]string, error) {
	s = strings.TrimSpace(s)
	if !underHostKey && !strings.ContainsAny(s, ":./") && !strings.EqualFold(s, "localhost") {
		return nil, nil
	}
	if err := checkSchemes(s); err != nil {
		return nil, err
	}
	var hosts []string
	rest := s
	for {
		i := strings.Index(rest, "//")
		if i < 0 {
			break
		}
		isURL := i > 0 && rest[i-1] == ':' || i == 0 && len(rest) == len(s)
		rest = rest[i+2:]
		if !isURL {
			continue
		}
		h, err := authority(rest)
		if err != nil {
			return nil, err
		}
		hosts = append(hosts, h)
	}
	if len(hosts) > 0 {
		return hosts, nil
	}
	if h, ok := bareHost(s); ok {
		return []string{h}, nil
	}
	if h, ok := hostAfterAt(s); ok {
		return []string{h}, nil
	}
	if underHostKey {
		return nil, errHost
	}
	return nil, nil
}

// checkSchemes refuses "http:host", "https:/host" and back-slashed URLs, which
// browsers repair into a URL and others do not.
func checkSchemes(s string) error {
	lower := strings.ToLower(s)
	found := false
	for _, scheme := range [...]string{"http:", "https:", "ws:", "wss:", "ftp:"} {
		for from := 0; ; {
			i := strings.Index(lower[from:], scheme)
			if i < 0 {
				break
			}
			from += i + len(scheme)
			if start := from - len(scheme); start > 0 && isWordByte(lower[start-1]) {
				continue // the tail of another word: "https:" ends in "s:", "news:" in "ws:"
			}
			if !strings.HasPrefix(lower[from:], "//") {
				return errHost
			}
			found = true
		}
	}
	if (found || strings.Contains(s, "://")) && strings.ContainsAny(s, "\\") {
		return errHost
	}
	return nil
}

func isWordByte(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }

// authority reads the host at the start of s, after "//". Anything but a plain
// host with an optional port, ended by a byte no host can contain, is refused:
// user names, percent signs, back-slashes, control characters, non-ASCII.
func authority(s string) (string, error) {
	end := strings.IndexAny(s, "/?# <>")
	if end < 0 {
		end = len(s)
	}
	h, ok := hostPort(s[:end])
	if !ok {
		return "", errHost
	}
	return h, nil
}

// bareHost reads "example.com", "example.com:443/path", an address literal, or
// "localhost".
func bareHost(s string) (string, bool) {
	if i := strings.IndexAny(s, "/?#"); i >= 0 {
		s = s[:i]
	}
	h, ok := hostPort(s)
	if !ok {
		return "", false
	}
	if _, err := netip.ParseAddr(h); err == nil || h == "localhost" {
		return h, true
	}
	return h, strings.Contains(h, ".") && strings.Trim(h, ".0123456789") != ""
}

// hostAfterAt reads the host of "user@host:path" and of an address: what
// follows the last at sign.
func hostAfterAt(s string) (string, bool) {
	i := strings.LastIndexByte(s, '@')
	if i < 0 {
		return "", false
	}
	s = s[i+1:]
	if end := strings.IndexAny(s, ":/?# <>"); end >= 0 {
		s = s[:end]
	}
	return parseHost(s)
}

// hostPort splits off a decimal port and parses the host.
func hostPort(s string) (string, bool) {
	host, port := s, ""
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", false
		}
		host, port = s[:end+1], s[end+1:]
	} else if i := strings.IndexByte(s, ':'); i >= 0 && strings.Count(s, ":") == 1 {
		host, port = s[:i], s[i:]
	}
	if port != "" && (port[0] != ':' || len(port) > 6 || strings.Trim(port[1:], "0123456789") != "") {
		return "", false
	}
	return parseHost(host)
}

// parseHost normalises a host: lower case, no trailing dot, ASCII letters,
// digits, hyphens, underscores and dots only, or an address literal.
func parseHost(s string) (string, bool) {
	s = strings.TrimSuffix(strings.ToLower(s), ".")
	inner := strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	if addr, err := netip.ParseAddr(inner); err == nil && addr.Zone() == "" {
		return addr.Unmap().String(), true
	}
	if s == "" || len(s) > maxHostBytes || strings.Contains(s, "..") || s[0] == '.' {
		return "", false
	}
	for i := range len(s) {
		if c := s[i]; !isWordByte(c) && c != '-' && c != '.' && c != '_' {
			return "", false
		}
	}
	return s, true
}
