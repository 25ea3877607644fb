module github.com/backbay-labs/chio-node/examples/customguard

go 1.26.0
