package did

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// The types of services of a did:chio.
const (
	ServiceReceiptLog     = "ChioReceiptLogService"     // https URL of the log
	ServicePassportStatus = "ChioPassportStatusService" // https URL of the status lists
	ServiceFederation     = "ChioFederationService"     // where to federate, see MultiaddrScheme
)

// MultiaddrScheme comes before the libp2p address of a federation service:
// DID Core wants every endpoint to be a URI, which a bare multiaddr is not.
const MultiaddrScheme = "multiaddr:"

// maxEndpoint bounds a service endpoint, in characters.
const maxEndpoint = 1024

var (
	errNotHTTPS     = errors.New("is not an https URL")
	errNotMultiaddr = errors.New("is not multiaddr:/dns4/HOST/udp/PORT/quic-v1/p2p/PEER or the like (ip4, ip6, dns, dns4, dns6; tcp/PORT or udp/PORT/quic-v1)")
)

// checkEndpoint: a federation service has a multiaddr, every other an https URL.
func (s *Service) checkEndpoint() error {
	if len(s.Endpoint) > maxEndpoint {
		return errors.New("is too long")
	}
	if s.Type == ServiceFederation {
		return checkMultiaddr(s.Endpoint)
	}
	u, err := url.Parse(s.Endpoint)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return errNotHTTPS
	}
	return nil
}

// checkMultiaddr accepts a host, a transport we speak, and the peer id of an
// Ed25519 key: whoever dials it knows whom to expect.
func checkMultiaddr(endpoint string) error {
	addr, ok := strings.CutPrefix(endpoint, MultiaddrScheme+"/")
	if !ok {
		return errNotMultiaddr
	}
	parts := strings.Split(addr, "/")
	if len(parts) == 7 && parts[2] == "udp" && parts[4] == "quic-v1" {
		parts = append(parts[:4:4], parts[5:]...)
	} else if len(parts) != 6 || parts[2] != "tcp" {
		return errNotMultiaddr
	}
	port, err := strconv.ParseUint(parts[3], 10, 16)
	if err != nil || port == 0 || strconv.FormatUint(port, 10) != parts[3] {
		return errNotMultiaddr
	}
	if !isMultiaddrHost(parts[0], parts[1]) || parts[4] != "p2p" {
		return errNotMultiaddr
	}
	_, err = FromPeerID(parts[5])
	return err
}

func isMultiaddrHost(protocol, host string) bool {
	switch protocol {
	case "ip4", "ip6":
		a, err := netip.ParseAddr(host)
		return err == nil && a.Zone() == "" && a.Is4() == (protocol == "ip4") && a.String() == host
	case "dns", "dns4", "dns6":
		return host != "" && len(host) <= 253 && !strings.ContainsFunc(host, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.'
		})
	}
	return false
}
