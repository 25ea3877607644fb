module github.com/backbay-labs/chio-node/examples/customguard

go 1.26.0

// In a workspace go asks whether this old module has the packages of
// github.com/pion/stun/v3; it has not, and need not be downloaded.
exclude github.com/pion/stun v0.6.1

// The same of the packages of this one's parts, and of golang-lru/v2.
exclude (
	github.com/hashicorp/golang-lru v0.5.4
	github.com/hyperledger/aries-framework-go v0.3.2
)
