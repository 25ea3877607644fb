package node

// The forms a passport is handed to other people's software in.
const (
	PassportJSON  = "json"   // VC 2.0 with a Data Integrity proof, as it was issued
	PassportVCJWT = "vc+jwt" // the same credential as a JSON Web Token
	PassportSDJWT = "sd-jwt" // its claims as an SD-JWT VC, bound to the agent's key
)
