//go:build linux

package main

import (
	"encoding/binary"
	"sync"
)

// translator is the NAT between a namespace and the others. Packets come in only
// from addresses and ports that something was sent to. A symmetric one gives each
// destination a port of its own, the other one keeps one port for all.
type translator struct {
	inside, outside [4]byte

	mu        sync.Mutex // guards what follows
	symmetric bool
	next      uint16
	ports     map[sender]uint16
	senders   map[uint16]sender
	met       map[meeting]bool
}

type endpoint struct {
	ip   [4]byte
	port uint16
}

// sender is a socket inside; to is zero unless the translator is symmetric.
type sender struct {
	protocol byte
	port     uint16
	to       endpoint
}

// meeting is a port outside and who it sent something to.
type meeting struct {
	port uint16
	to   endpoint
}

func newTranslator(inside, outside [4]byte) *translator {
	t := &translator{inside: inside, outside: outside}
	t.forget(false)
	return t
}

// forget drops every mapping, as a reboot does.
func (t *translator) forget(symmetric bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.symmetric, t.next = symmetric, t.next+20_000
	t.ports, t.senders, t.met = make(map[sender]uint16), make(map[uint16]sender), make(map[meeting]bool)
}

// leaves rewrites a packet on its way out, or reports that it does not pass.
func (t *translator) leaves(packet []byte) bool {
	p, ok := parse(packet)
	if !ok || [4]byte(packet[12:16]) != t.inside {
		return false
	}
	to := endpoint{[4]byte(packet[16:20]), binary.BigEndian.Uint16(p.ports[2:])}
	from := sender{protocol: packet[9], port: binary.BigEndian.Uint16(p.ports)}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.symmetric {
		from.to = to
	}
	port, known := t.ports[from]
	if !known {
		t.next++
		port = 1024 + t.next%60_000
		t.ports[from], t.senders[port] = port, from
	}
	t.met[meeting{port, to}] = true
	p.rewrite(packet[12:16], p.ports[:2], t.outside, port)
	return true
}

// enters rewrites a packet on its way in, or reports that it does not pass.
func (t *translator) enters(packet []byte) bool {
	p, ok := parse(packet)
	if !ok {
		return false
	}
	from := endpoint{[4]byte(packet[12:16]), binary.BigEndian.Uint16(p.ports)}
	port := binary.BigEndian.Uint16(p.ports[2:])
	t.mu.Lock()
	defer t.mu.Unlock()
	to, known := t.senders[port]
	if !known || to.protocol != packet[9] || !t.met[meeting{port, from}] {
		return false
	}
	p.rewrite(packet[16:20], p.ports[2:4], t.inside, to.port)
	return true
}

// parts are what is rewritten of a packet.
type parts struct{ header, ports, sum []byte }

// parse finds the ports of a UDP or TCP packet over IPv4.
func parse(packet []byte) (p parts, ok bool) {
	const udp, tcp, tcpHeader = 17, 6, 20
	if len(packet) < 20 || packet[0]>>4 != 4 {
		return p, false
	}
	header := int(packet[0]&15) * 4
	if header < 20 || len(packet) < header+8 {
		return p, false
	}
	p.header, p.ports = packet[:header], packet[header:header+4]
	switch {
	case packet[9] == udp:
		p.sum = packet[header+6 : header+8]
	case packet[9] == tcp && len(packet) >= header+tcpHeader:
		p.sum = packet[header+16 : header+18]
	default:
		return p, false
	}
	return p, true
}

// rewrite changes an address and a port and what is summed over them.
func (p parts) rewrite(ip, port []byte, newIP [4]byte, newPort uint16) {
	was := append(append([]byte(nil), ip...), port...)
	copy(ip, newIP[:])
	binary.BigEndian.PutUint16(port, newPort)
	is := append(append([]byte(nil), ip...), port...)
	adjust(p.header[10:12], was[:4], is[:4])
	if none := p.header[9] == 17 && p.sum[0] == 0 && p.sum[1] == 0; !none {
		adjust(p.sum, was, is)
	}
}

// adjust updates an Internet checksum for words that changed, RFC 1624.
func adjust(sum, was, is []byte) {
	s := uint32(^binary.BigEndian.Uint16(sum))
	for i := 0; i < len(was); i += 2 {
		s += uint32(^binary.BigEndian.Uint16(was[i:])) + uint32(binary.BigEndian.Uint16(is[i:]))
	}
	for s>>16 != 0 {
		s = s&0xffff + s>>16
	}
	binary.BigEndian.PutUint16(sum, ^uint16(s))
}
