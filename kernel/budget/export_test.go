package budget

// Reencode decodes and encodes a row of either kind.
func Reencode(account bool, row []byte) ([]byte, error) {
	if account {
		a, err := decodeAccount(row)
		return a.encode(), err
	}
	c, err := decodeHolds(row)
	return c.encode(), err
}
