//go:build race

package secrets_test

// costBytes is smaller where every step costs ten times as much.
const costBytes = 1 << 10
