package log

// ReencodeHead decodes a head row and encodes it again.
func ReencodeHead(row []byte) ([]byte, error) {
	f, err := decodeFrontier(row)
	if err != nil {
		return nil, err
	}
	return f.encode(), nil
}

// ReencodeBlock decodes an index row and encodes it again.
func ReencodeBlock(row []byte) ([]byte, error) {
	var out []byte
	if _, _, err := decodeBlock(0, row, func(c Card, ok bool) {
		if !ok {
			out = append(out, cardOpaque)
			return
		}
		out = c.append(out)
	}); err != nil {
		return nil, err
	}
	return append(append([]byte{}, row[:8]...), out...), nil
}
