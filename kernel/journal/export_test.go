package journal

// DecodeBoth reads a row as an intent and as an end.
func DecodeBoth(row []byte) {
	if in, err := decodeIntent(row); err == nil {
		in.Call()
	}
	_, _ = decodeDone(row)
}
