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

// DetectNamed is Detect for a value held by a member of the given name.
func DetectNamed(name, value string) (detector string, found bool) {
	at, ok := detect(name, value)
	return at.detector, ok
}
