module github.com/backbay-labs/chio-node/examples/customguard

go 1.26.0

// In a workspace go asks whether this old module has the packages of
// github.com/pion/stun/v3; it has not, and need not be downloaded.
exclude github.com/pion/stun v0.6.1
