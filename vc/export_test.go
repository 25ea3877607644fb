package vc

// What tests outside the package may see of its inside.
var (
	Sign           = sign
	SignStatusList = signStatusList
	HashData       = hashData
	EncodeList     = encodeList
	DecodeList     = decodeList
)

// PassportContext is the @context of a passport.
const PassportContext = passportContext

// Config returns the two preimages of a signed canonical credential.
func Config(canonical []byte) (config, document []byte, err error) {
	s, err := takeApart(canonical)
	if err != nil {
		return nil, nil, err
	}
	return s.config, s.document, nil
}
