package vc

// What tests outside the package may see of its inside.
var (
	HashData    = hashData
	EncodeList  = encodeList
	DecodeList  = decodeList
	JudgeStatus = judgeStatus
)

// Config returns the two preimages of a signed canonical credential.
func Config(canonical []byte) (config, document []byte, err error) {
	s, err := takeApart(canonical)
	if err != nil {
		return nil, nil, err
	}
	return s.config, s.document, nil
}
