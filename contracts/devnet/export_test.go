package devnet

// DeployerKey lets tests act as the issuer of the token.
var DeployerKey = deployerKey
