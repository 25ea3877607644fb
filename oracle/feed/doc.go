// Package feed verifies any foreign price payload offline, whatever its format,
// against a file that says whose signatures count.
//
// Contract: the format is recognised by the payload itself; nothing is fetched
// and nothing about a feed is compiled in except formats.
//
// Non-goals: fetching payloads; deciding what the price of a pair is (oracle).
package feed
