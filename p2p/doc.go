// Package p2p moves frames between nodes over libp2p: QUIC-v1 first, TCP with
// Noise and yamux as the fallback. It authenticates transport keys, nothing
// more: a Peer's id comes from the connection and never from a message.
//
// The contract. A protocol is registered with named limits before Start; the
// host enforces them per peer, so one peer cannot starve another. A frame is an
// unsigned varint length and that many bytes; memory grows as bytes arrive, a
// frame over its protocol's limit is refused at its length, and each message
// has a deadline. Whatever goes wrong in a stream, including a panic in its
// handler, resets that stream and nothing else. A peer that the Allow function
// does not know may reach the protocols marked Open and no other, and is
// disconnected if it is still unknown after a while. Addresses a peer
// advertises are never dialled, only addresses passed to Connect.
//
// Relays are those of the configuration. A connection through one is no
// connection to anything but the protocols marked Relayed, whatever the relay
// says of it; known peers try to follow it by a direct one.
//
// Gossip passes small messages among known peers that joined a topic, signed by
// their authors end to end; whoever owns the host judges each before it goes
// further. It promises no delivery, and strangers are told nothing of it.
//
// Non-goals: no policy, no money, no DIDs beyond the text of a peer address, no
// discovery of peers or relays.
package p2p
