// An OpenID provider on a loopback port, with one client and a person whose
// groups are fixed: node provider.mjs prints one line with its address. POST
// /lie?NAME makes its next tokens wrong; /lie makes them right again.
import { Provider } from 'oidc-provider'
import { SignJWT, decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose'
import { createServer } from 'node:http'

const { privateKey } = await generateKeyPair('ES256', { extractable: true })
const jwk = { ...await exportJWK(privateKey), kid: 'one', use: 'sig', alg: 'ES256' }

const server = createServer()
await new Promise((done) => server.listen(0, '127.0.0.1', done))
const issuer = `http://127.0.0.1:${server.address().port}`

const provider = new Provider(issuer, {
  jwks: { keys: [jwk] },
  clients: [{
    client_id: 'chio-node', client_secret: 'a-secret-of-thirty-two-characters', application_type: 'native',
    redirect_uris: ['http://127.0.0.1/callback'], response_types: ['code'],
    grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
    token_endpoint_auth_method: 'client_secret_basic', id_token_signed_response_alg: 'ES256',
  }],
  scopes: ['openid', 'groups'],
  claims: { openid: ['sub', 'tid'], groups: ['groups'], acr: null, auth_time: null },
  conformIdTokenClaims: false,
  features: { deviceFlow: { enabled: true }, devInteractions: { enabled: true } },
  pkce: { required: () => true },
  cookies: { keys: ['for the tests only'] },
  findAccount: async (_, id) => ({ accountId: id, claims: async () => ({ sub: id, tid: 'acme', groups: ['agent-owners', 'choir'] }) }),
})

const resign = (claims) => (token) =>
  new SignJWT({ ...decodeJwt(token), ...claims }).setProtectedHeader(decodeProtectedHeader(token)).sign(privateKey)
const lies = {
  audience: resign({ aud: 'another' }),
  nonce: resign({ nonce: 'of another login' }),
  issuer: resign({ iss: 'https://evil.example' }),
  expired: resign({ exp: 1 }),
  tampered: (token) => token.split('.').with(1, Buffer.from(JSON.stringify({ ...decodeJwt(token), sub: 'eve' })).toString('base64url')).join('.'),
}
let lie = ''
provider.use(async (ctx, next) => {
  await next()
  if (lie && ctx.body?.id_token) ctx.body.id_token = await lies[lie](ctx.body.id_token)
})
const answer = provider.callback()
server.on('request', (req, res) => {
  if (!req.url.startsWith('/lie')) return answer(req, res)
  lie = req.url.split('?')[1] ?? ''
  res.end(Object.keys(lies).join(' '))
})
console.log(issuer)
