package ledger

// DecodeRecord is the door for a stored posting.
var DecodeRecord = decodeRecord
