package node

import (
	"net"
	"os"
	"path/filepath"
	"strings"
)

// listenName remembers the ports that a node with free ports in its
// configuration was given, so that peers find it again after a restart.
const listenName = "p2p.listen"

// stableListen replaces the multiaddrs of the configuration by those of the
// last run, if the configuration leaves the ports open and they are still free.
func stableListen(home string, configured []string) []string {
	doc, err := os.ReadFile(filepath.Join(home, listenName))
	if err != nil {
		return configured
	}
	last := strings.Fields(string(doc))
	if len(last) != len(configured) {
		return configured
	}
	out := make([]string, 0, len(configured))
	for _, want := range configured {
		found := ""
		for _, have := range last {
			if sameButPort(want, have) && portIsFree(have) {
				found = have
			}
		}
		if found == "" {
			return configured
		}
		out = append(out, found)
	}
	return out
}

// rememberListen writes down where the node listens; addrs end in /p2p/<id>.
func rememberListen(home string, addrs []string) error {
	lines := make([]string, 0, len(addrs))
	for _, a := range addrs {
		where, _, _ := strings.Cut(a, "/p2p/")
		lines = append(lines, where)
	}
	return os.WriteFile(filepath.Join(home, listenName), []byte(strings.Join(lines, "\n")+"\n"), 0o600)
}

// sameButPort reports whether want has port 0 and is have otherwise.
func sameButPort(want, have string) bool {
	w, h := strings.Split(want, "/"), strings.Split(have, "/")
	if len(w) != len(h) || len(w) < 5 || w[4] != "0" {
		return false
	}
	w[4] = h[4]
	return strings.Join(w, "/") == strings.Join(h, "/")
}

// portIsFree looks by taking the port for a moment; another process may still
// be faster, and then the start says so.
func portIsFree(multiaddr string) bool {
	p := strings.Split(multiaddr, "/")
	address := net.JoinHostPort(p[2], p[4])
	if p[3] == "udp" {
		c, err := net.ListenPacket("udp", address)
		return err == nil && c.Close() == nil
	}
	l, err := net.Listen("tcp", address)
	return err == nil && l.Close() == nil
}
