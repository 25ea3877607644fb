package openid4vp

// ReadResponse reads the body of a response to a request with a fixed key and
// the state s, and returns how many presentations it holds.
func ReadResponse(body string, scalar []byte, q *Query) (int, error) {
	r := row{Result: Result{ID: "k"}, State: "s", Key: b64.EncodeToString(scalar), Query: *q}
	a, err := r.read(body)
	if err != nil {
		return 0, err
	}
	return len(a.presentations), nil
}

// PublicJWK is the public half of a response key.
func PublicJWK(scalar []byte) (x, y string, err error) {
	k, err := publicJWK(scalar, "k")
	if err != nil {
		return "", "", err
	}
	return k.X, k.Y, nil
}
