package secrets

// Words returns every word that announces a detector.
func Words() []string {
	var out []string
	for _, d := range builtin().detectors {
		out = append(out, d.words...)
	}
	return out
}

// BitsOver exposes the entropy test.
func BitsOver(s string, milli uint64) bool { return bitsOver(s, milli) }
