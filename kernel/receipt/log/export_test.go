package log

// ReencodeHead decodes a head row and encodes it again.
func ReencodeHead(row []byte) ([]byte, error) {
	f, err := decodeFrontier(row)
	if err != nil {
		return nil, err
	}
	return f.encode(), nil
}
