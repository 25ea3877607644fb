// Command netns runs three organisations, each a real chio-node in a network
// namespace of its own, for a minute of bad network, and then checks that
// nothing was lost, done twice, or paid wrongly.
//
// Between the namespaces there is no kernel bridge but this program: each has
// one TUN device, and every packet is read here, and lost, delayed, doubled,
// overtaken or handed on as the link between the two says. So it needs no
// traffic control in the kernel, and a link can be cut one way only. Packets
// leave this program for those three devices and for nothing else.
//
// During the run agents call across all the time, nodes are killed with kill -9
// and restarted, one organisation revokes what it gave another, and one
// tightens its terms. Afterwards everything is healed, and audit.go has what
// must hold. The seed of the run is printed and can be given.
//
// With -clocks the clocks of the nodes jump, too, each by itself, up to a quarter
// of an hour ahead; in the end all are set to the latest time that was shown.
// That takes the chio-node of clock_test.go, whose clock can be set: the shipped
// one believes its machine, and the machine has one clock for all namespaces.
//
// With -nat it is two organisations behind address translation, done here too, and
// a third that is their relay: they meet there, leave it by hole punching, and
// where that is impossible nothing but hello and revocation passes.
//
// It needs Linux, root, /dev/net/tun and iproute2, which it installs if apt-get
// is there. What is missing is a failure, not a pass.
package main
