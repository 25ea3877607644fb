// Package bondvault is the generated Go binding of contracts/src/ChioBondVault.sol: it packs
// calls and unpacks results, events and errors. It decides nothing; do not edit
// it, run go generate in contracts.
package bondvault
