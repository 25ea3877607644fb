// Package layers holds the test that keeps the import order of the project:
// which package may import which, written as one block of text.
package layers
