package network

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// zone says what names that end in a suffix are.
type zone uint8

const (
	zoneNone     zone = iota
	zoneInternal      // resolved inside only
	zoneMetadata      // a metadata service
	zoneLoopback      // public DNS that answers with a loopback or private address
	zoneEcho          // public DNS that answers with the address the name spells
	zoneRebind        // public DNS that answers with one address now and another later
)

// zones by suffix, whole labels.
var zones = zoneTable(map[zone]string{
	zoneInternal: `localhost localdomain localdomain6 local internal lan home.arpa home homenet intranet corp private
		svc consul nomad docker kube k8s test ip6-localhost ip6-loopback
		internal.cloudapp.net fritz.box mshome.net ts.net beta.tailscale.net`,
	zoneMetadata: `metadata.google.internal metadata.azure.internal metadata.azure.com metadata instance-data
		instance-data.ec2.internal metadata.goog metadata.tencentyun.com metadata.platformequinix.com metadata.packet.net
		metadata.cloud.ibm.com rancher-metadata metadata.service.consul`,
	zoneLoopback: `localtest.me lvh.me vcap.me localho.st lacolhost.com ddev.site lndo.site fuf.me ulh.us smackaho.st
		yoogle.com beweb.com localhost.direct lcl.host 127-0-0-1.org.uk sudo.cc spoofed.burpcollaborator.net local.gd
		localdev.me`,
	zoneEcho: `nip.io sslip.io xip.io xip.name traefik.me local-ip.co local-ip.sh plex.direct backname.io hipio.io
		lair.io ipq.co ip.addr.tools`,
	zoneRebind: `rbndr.us 1u.ms rebind.network rebind.it`,
})

func zoneTable(lists map[zone]string) map[string]zone {
	table := map[string]zone{}
	for z, names := range lists {
		for name := range strings.FieldsSeq(names) {
			table[name] = max(z, table[name])
		}
	}
	return table
}

// zoneOf returns the zone of the longest suffix that has one, and what is
// before it.
func zoneOf(name string) (z zone, before string) {
	for at := 0; ; {
		if z := zones[name[at:]]; z != zoneNone {
			return z, strings.TrimSuffix(name[:at], ".")
		}
		i := strings.IndexByte(name[at:], '.')
		if i < 0 {
			return zoneNone, ""
		}
		at += i + 1
	}
}

// internalName says what makes a name internal, or "". Names of one label, and
// under a top-level domain that is not delegated, are internal where the text
// is sure to be a host.
func internalName(name string, sure bool) string {
	z, before := zoneOf(name)
	switch z {
	case zoneInternal:
		return "a name of an internal zone"
	case zoneMetadata:
		return metadata
	case zoneLoopback:
		return "a public name that leads to this machine or network"
	case zoneRebind:
		return "a name made to lead elsewhere at the second look"
	case zoneEcho:
		return echoed(before)
	}
	if what := spelled(name); what != "" {
		return what
	}
	if !sure || publicName(name) {
		return ""
	}
	if strings.IndexByte(name, '.') < 0 {
		return "a name of one label"
	}
	return "a name under no public top-level domain"
}

// publicName reports a name below a delegated top-level domain, or the one
// that is reserved for documentation.
func publicName(name string) bool {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return false
	}
	tld := name[i+1:]
	if tld == "com" || tld == "org" || tld == "net" || tld == "io" || tld == "example" {
		return true
	}
	_, icann := publicsuffix.PublicSuffix(tld)
	return icann
}
