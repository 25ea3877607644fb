package federation

import (
	"time"

	"github.com/backbay-labs/chio-node/p2p"
)

// The largest frame of each protocol, in bytes.
const (
	helloFrame       = 64 << 10
	artifactFrame    = 256 << 10          // policy, treaty, settle, deactivation: one signed artifact, or a page of them
	invokeFrameBytes = 8 << 20            // a call with its arguments, or its result with the receipt
	receiptsFrame    = 4 << 20            // sync, cosign: one receipt of any size fits beside a page of syncPageBytes
	revocationFrame  = 4 * epochPageBytes // one epoch of any size fits
	witnessFrame     = 64 << 10
)

// How long a frame may take, first byte to last, and a whole stream. Those of
// invoke follow ExchangeConfig.CallTimeout.
const (
	quickMessage, quickStream = 10 * time.Second, 30 * time.Second
	slowMessage, slowStream   = 30 * time.Second, 60 * time.Second
	witnessMessage            = 5 * time.Second
	witnessStream             = 10 * time.Second
	invokeSlack               = 30 * time.Second // of a stream over its call
)

// How many streams of a protocol one side opens at once.
const (
	fewStreams  = 2
	someStreams = 4
	callStreams = 16
)

// How often one peer may open a stream of a protocol. A peer that makes a
// thousand calls a second, and has each cosigned, is within them; so is one
// that catches up with 10^5 receipts in pages.
var (
	helloRate  = p2p.Rate{Every: 5 * time.Second, Burst: 60}
	agreeRate  = p2p.Rate{Every: 2 * time.Second, Burst: 100}         // policy, treaty
	endedRate  = p2p.Rate{Every: 20 * time.Millisecond, Burst: 300}   // deactivation: one in each exchange
	callRate   = p2p.Rate{Every: 250 * time.Microsecond, Burst: 8000} // invoke, cosign
	syncRate   = p2p.Rate{Every: 2 * time.Millisecond, Burst: 2000}   // sync, revocation
	settleRate = p2p.Rate{Every: 20 * time.Millisecond, Burst: 200}
	watchRate  = p2p.Rate{Every: 100 * time.Millisecond, Burst: 100} // witness
)

// collectRate is how often we ask a peer whether it has signed yet, or for what it
// announced: half of what it takes, however many calls are made meanwhile.
var collectRate = p2p.Rate{Every: 2 * agreeRate.Every, Burst: agreeRate.Burst / 2}

// The limits of the protocols. Only hello and deactivation are served to
// strangers, and only they and revocation over a relay.
var (
	helloLimits = p2p.Limits{MaxFrameBytes: helloFrame, MessageTimeout: quickMessage, TotalTimeout: quickStream, StreamsPerPeer: fewStreams,
		Rate: helloRate, Open: true, Relayed: true}
	endedLimits = p2p.Limits{MaxFrameBytes: artifactFrame, MessageTimeout: quickMessage, TotalTimeout: quickStream, StreamsPerPeer: fewStreams,
		Rate: endedRate, Open: true, Relayed: true}
	policyLimits = p2p.Limits{MaxFrameBytes: artifactFrame, MessageTimeout: quickMessage, TotalTimeout: quickStream, StreamsPerPeer: someStreams,
		Rate: agreeRate}
	treatyLimits = p2p.Limits{MaxFrameBytes: artifactFrame, MessageTimeout: slowMessage, TotalTimeout: slowStream, StreamsPerPeer: someStreams,
		Rate: agreeRate}
	cosignLimits = p2p.Limits{MaxFrameBytes: receiptsFrame, MessageTimeout: slowMessage, TotalTimeout: slowStream, StreamsPerPeer: callStreams,
		Rate: callRate}
	syncLimits = p2p.Limits{MaxFrameBytes: receiptsFrame, MessageTimeout: slowMessage, TotalTimeout: slowStream, StreamsPerPeer: someStreams,
		Rate: syncRate}
	revocationLimits = p2p.Limits{MaxFrameBytes: revocationFrame, MessageTimeout: quickMessage, TotalTimeout: quickStream, StreamsPerPeer: someStreams,
		Rate: syncRate, Relayed: true}
	// settleLimits leave time for the payee to ask its chain.
	settleLimits = p2p.Limits{MaxFrameBytes: artifactFrame, MessageTimeout: slowMessage, TotalTimeout: slowStream, StreamsPerPeer: someStreams,
		Rate: settleRate}
	// witnessLimits leave nothing waiting for long: a head is asked for while a
	// node starts.
	witnessLimits = p2p.Limits{MaxFrameBytes: witnessFrame, MessageTimeout: witnessMessage, TotalTimeout: witnessStream, StreamsPerPeer: fewStreams,
		Rate: watchRate}
)

// invokeLimits are those of calls that may take so long.
func invokeLimits(call time.Duration) p2p.Limits {
	return p2p.Limits{MaxFrameBytes: invokeFrameBytes, MessageTimeout: call, TotalTimeout: call + invokeSlack, StreamsPerPeer: callStreams, Rate: callRate}
}
