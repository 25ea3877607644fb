//go:build !race

package secrets_test

// costBytes is the shorter of two texts whose costs are compared.
const costBytes = 8 << 10
