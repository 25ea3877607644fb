package openid4vci

// The decoders of what wallets send.
var (
	ReadToken        = readToken
	ReadCredential   = readCredential
	ReadNotification = readNotification
	Plain            = plain
)

// Fields are what was read of a token request.
func (q *tokenRequest) Fields() (grant, code, txCode string) { return q.grant, q.code, q.txCode }
