// Command scale lives through a few minutes of a federation of many
// organisations and says how far it goes: how fast heads, revocations and
// evidence reach everybody they concern, what that costs each node, and where
// it stops.
//
//	go run ./internal/scale -orgs 10,100,1000
//	go run ./internal/scale -star 500
//
// Every organisation is a real p2p.Host, federation.Service and
// federation.Exchange over a store in memory, joined by internal/virtualnet:
// noise, yamux, gossipsub and the resource manager run as in production, the
// links and the clock are virtual. So times are those of the network and of
// the loops, as if processors were infinitely fast; the work is reported beside
// them as processor time. Each size is a process of its own.
//
// Half of an organisation's peers are its neighbours on a ring, who also know
// each other, and half are anybody. Hubs have a treaty with a part of all.
//
// With -star it is one hub over TCP on loopback instead, in the time of the
// machine: how many peers does a host take?
package main
