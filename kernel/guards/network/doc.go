// Package network holds the guards that judge which hosts a call contacts:
// egress-allowlist, internal-network and browser-automation; the one canonical
// form of a host that they share; and an address check for the dialers of our
// own HTTP clients.
//
// The contract. Every spelling of a host that some resolver or URL parser
// accepts has one canonical form, and a spelling that two parsers would read
// as two hosts has none: that denies. Hosts are taken from the shape of the
// call, from every URL extraction found, from every argument whose name says
// that it holds a host or URL, and for addresses from every argument and
// command word. Judging is a pure function of the request: no DNS, no clock.
// Evidence holds host names, addresses and detector names, never a URL, since
// URLs hold credentials.
//
// What names cannot show: where DNS leads. A public name whose record points
// inward passes these guards; the tool server's own network, or for our own
// clients Control, must refuse the address. Redirects are the same: only the
// first hop is seen here. Hosts inside running text, scripts and documents are
// not looked for; those are other guards' concern.
//
// Non-goals: no rates, no content scanning, no certificates.
package network
