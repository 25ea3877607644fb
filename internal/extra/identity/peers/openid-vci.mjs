// A foreign wallet collects passports from a node that runs: @openid4vc/openid4vci
// resolves the offer, takes the token and proves its key, and the foreign
// verifiers judge what it was given, before and after it is revoked. Then it
// asks wrongly, in every way the wallet of somebody else might.
// usage: CHIO_HOME=… node openid-vci.mjs CHIO-NODE URL-OF-VC-API
import {execFileSync} from 'node:child_process';
import {createHash, randomBytes, sign} from 'node:crypto';
import * as oauth from '@openid4vc/oauth2';
import * as vci from '@openid4vc/openid4vci';
import * as jose from 'jose';
import {documents, judges as ofJSON} from './peers.mjs';
import {decodeSD, presentSD, judges as ofSD} from './sdjwt.mjs';
import {judges as ofTokens, newEd25519, seconds} from './tokens.mjs';

const [program, base] = process.argv.slice(2);
const forms = {ldp_vc: 'chio_agent_passport', 'vc+jwt': 'chio_agent_passport_jwt', 'dc+sd-jwt': 'chio_agent_passport_sd_jwt_vc'};
const grant = 'urn:ietf:params:oauth:grant-type:pre-authorized_code';
vci.setGlobalConfig({allowInsecureUrls: true}); // the node listens on this machine only

let passed = 0;
const failed = [];
function check(name, ok, why = '') {
  if(ok) {
    passed++;
  } else {
    failed.push(`${name}: ${why}`);
  }
}

const run = (...args) => JSON.parse(execFileSync(program, ['--json', ...args], {encoding: 'utf8'}));
const offer = (agent, ...more) => run('openid', 'offer', '--agent', agent, '--role', 'reader', ...more);

function wallet(key = newEd25519()) {
  const callbacks = {
    fetch, hash: (data, alg) => new Uint8Array(createHash(alg.replace('-', '')).update(data).digest()),
    generateRandom: length => new Uint8Array(randomBytes(length)), clientAuthentication: oauth.clientAuthenticationAnonymous(),
    signJwt: async (signer, {header, payload}) => ({
      jwt: await new jose.SignJWT(payload).setProtectedHeader(header).sign(key.privateKey), signerJwk: publicJWK(key),
    }),
  };
  return {key, callbacks, client: new vci.Openid4vciClient({callbacks})};
}

const publicJWK = ({x}) => ({kty: 'OKP', crv: 'Ed25519', x});
const byJWK = key => ({method: 'jwk', alg: 'EdDSA', publicJwk: publicJWK(key)});
const byDID = key => ({method: 'did', alg: 'EdDSA', didUrl: key.kid});

// begin takes the token of an offer.
async function begin(w, uri, txCode) {
  const credentialOffer = await w.client.resolveCredentialOffer(uri);
  const issuerMetadata = await w.client.resolveIssuerMetadata(credentialOffer.credential_issuer);
  const {accessTokenResponse} = await w.client.retrievePreAuthorizedCodeAccessTokenFromOffer({credentialOffer, issuerMetadata, txCode});
  return {credentialOffer, issuerMetadata, accessToken: accessTokenResponse.access_token};
}

// collect proves the key and takes one form.
async function collect(w, s, id, signer = byJWK(w.key)) {
  const {c_nonce: nonce} = await w.client.requestNonce({issuerMetadata: s.issuerMetadata});
  const {jwt} = await w.client.createCredentialRequestJwtProof({issuerMetadata: s.issuerMetadata, credentialConfigurationId: id, signer, nonce, issuedAt: new Date()});
  const {credentialResponse} = await w.client.retrieveCredentials({...s, credentialConfigurationId: id, proofs: {jwt: [jwt]}});
  return credentialResponse;
}

// learn reads what verifiers have to know: the document of the issuer and the
// lists its passports name.
async function learn(passport) {
  documents.set(passport.issuer, await (await fetch(`${base}/1.0/identifiers/${passport.issuer}`)).json());
  for(const {statusListCredential: id} of [passport.credentialStatus].flat()) {
    documents.set(id, await (await fetch(`${base}/passports/status/${id.split('/').at(-1)}`)).json());
  }
}

const asked = {challenge: 'challenge-7', domain: 'verifier.example'};

// judge has every foreign verifier look at each form.
async function judge(w, got, when, want) {
  for(const [media, name, doc] of [
    [undefined, 'ldp_vc', JSON.stringify(got.ldp_vc)], ['application/vc+jwt', 'vc+jwt', got['vc+jwt']],
    ['application/dc+sd-jwt', 'dc+sd-jwt', await presentSD(got['dc+sd-jwt'], w.key, {roles: true, organization: true}, asked)],
  ]) {
    for(const j of [...ofJSON, ...ofTokens, ...ofSD].filter(j => j.takes({media}))) {
      const {ok, why} = await j.verify({kind: 'credential', media, doc, ...asked});
      // Only the first kind knows status lists.
      check(`${name} ${when}, by ${j.name}`, ok === (want || media !== undefined), why);
    }
  }
}

async function whole() {
  const w = wallet();
  const made = offer('researcher', '--tx-code', ...Object.keys(forms).flatMap(f => ['--format', f]));
  const byValue = await w.client.resolveCredentialOffer(made.value_uri);
  const s = await begin(w, made.uri, made.tx_code);
  check('both offers are one', JSON.stringify(byValue) === JSON.stringify(s.credentialOffer));
  check('the metadata is of version 1.0', s.issuerMetadata.originalDraftVersion === vci.Openid4vciVersion.V1, s.issuerMetadata.originalDraftVersion);
  const got = {};
  for(const [format, id] of Object.entries(forms)) {
    const r = await collect(w, s, id, format === 'vc+jwt' ? byDID(w.key) : undefined);
    got[format] = r.credentials[0].credential;
    await w.client.sendNotification({...s, notification: {notificationId: r.notification_id, event: 'credential_accepted'}});
  }
  const subject = `did:chio:${Buffer.from(w.key.x, 'base64url').toString('hex')}`;
  const token = jose.decodeJwt(got['vc+jwt']);
  const sd = await decodeSD(got['dc+sd-jwt']);
  check('all forms are of one passport about one key', [got.ldp_vc.id, token.id, sd.jti].every(id => id === got.ldp_vc.id) &&
    [got.ldp_vc.credentialSubject.id, token.credentialSubject.id, sd.sub].every(id => id === subject) && sd.cnf.jwk.x === w.key.x);
  check('the operator sees it', run('openid', 'offers').offers.some(o => o.id === made.id && o.status === 'collected' && o.event === 'credential_accepted' && o.agent_did === subject));
  await learn(got.ldp_vc);
  await judge(w, got, 'whole', true);
  const shown = await presentSD(got['dc+sd-jwt'], w.key, {roles: true}, asked);
  check('what is withheld is not there', !(await decodeSD(shown)).organization && (await decodeSD(shown)).roles[0] === 'reader');
  run('passport', 'revoke', 'researcher');
  await learn(got.ldp_vc);
  await judge(w, got, 'revoked', false);
  const again = await w.client.retrievePreAuthorizedCodeAccessTokenFromOffer({...s, txCode: made.tx_code}).then(() => 'a token', e => e.errorResponse?.error ?? String(e));
  check('the code again', again === 'invalid_grant', again);
}

const post = async (path, body, headers) => {
  const res = await fetch(base + path, {method: 'POST', headers, body});
  return {status: res.status, body: await res.json().catch(() => ({}))};
};

// forge makes a proof of any header and claims.
function forge(key, header, claims) {
  const part = v => Buffer.from(JSON.stringify(v)).toString('base64url');
  const input = `${part({alg: 'EdDSA', typ: 'openid4vci-proof+jwt', jwk: publicJWK(key), ...header})}.${part(claims)}`;
  return `${input}.${sign(null, Buffer.from(input), key.privateKey).toString('base64url')}`;
}

async function wrong() {
  const w = wallet();
  const s = await begin(w, offer('wronged').uri);
  const other = newEd25519();
  const nonce = async () => (await post('/openid4vci/nonce')).body.c_nonce;
  const used = await nonce();
  const ask = (jwt, accessToken = s.accessToken, id = forms.ldp_vc) => post('/openid4vci/credential',
    JSON.stringify({credential_configuration_id: id, proofs: {jwt: [jwt]}}), {'Content-Type': 'application/json', Authorization: `Bearer ${accessToken}`});
  const jwk = publicJWK(w.key);
  const privateJWK = w.key.privateKey.export({format: 'jwk'});
  const stranger = await begin(wallet(), offer('stranger', '--format', 'vc+jwt').uri);
  const claims = {aud: s.credentialOffer.credential_issuer, iat: seconds(0)};
  const fresh = async more => ({...claims, nonce: await nonce(), ...more});
  const unsigned = `${Buffer.from(JSON.stringify({alg: 'none', typ: 'openid4vci-proof+jwt', jwk})).toString('base64url')}.${Buffer.from(JSON.stringify(await fresh())).toString('base64url')}.`;
  const hmac = await new jose.SignJWT(await fresh()).setProtectedHeader({alg: 'HS256', typ: 'openid4vci-proof+jwt', jwk}).sign(Buffer.from(w.key.x, 'base64url'));
  const {privateKey, publicKey} = await jose.generateKeyPair('ES256', {extractable: true});
  const es256 = await new jose.SignJWT(await fresh()).setProtectedHeader({alg: 'ES256', typ: 'openid4vci-proof+jwt', jwk: await jose.exportJWK(publicKey)}).sign(privateKey);
  for(const [name, jwt, want] of [
    ['alg none', unsigned, 'invalid_proof'], ['alg HS256 under the public key', hmac, 'invalid_proof'], ['a key the passport cannot be about', es256, 'invalid_proof'],
    ['another audience', forge(w.key, {}, await fresh({aud: 'https://other.example'})), 'invalid_proof'],
    ['another type', forge(w.key, {typ: 'JWT'}, await fresh()), 'invalid_proof'],
    ['kid and jwk', forge(w.key, {kid: w.key.kid}, await fresh()), 'invalid_proof'],
    ['x5c', forge(w.key, {x5c: ['MIIB']}, await fresh()), 'invalid_proof'],
    ['jku', forge(w.key, {jku: 'https://evil.example'}, await fresh()), 'invalid_proof'],
    ['a private key in it', forge(w.key, {jwk: {...jwk, d: privateJWK.d}}, await fresh()), 'invalid_proof'],
    ['the key of another', forge(w.key, {jwk: publicJWK(other)}, await fresh()), 'invalid_proof'],
    ['from the future', forge(w.key, {}, await fresh({iat: seconds(600)})), 'invalid_proof'],
    ['too old', forge(w.key, {}, await fresh({iat: seconds(-600)})), 'invalid_proof'],
    ['expired', forge(w.key, {}, await fresh({exp: seconds(-1)})), 'invalid_proof'],
    ['without a nonce', forge(w.key, {}, claims), 'invalid_proof'],
    ['a nonce of its own', forge(w.key, {}, {...claims, nonce: 'mine'}), 'invalid_nonce'],
  ]) {
    const {status, body} = await ask(jwt);
    check(name, status === 400 && body.error === want, `${status} ${JSON.stringify(body)}`);
  }
  const good = async () => forge(w.key, {}, await fresh());
  for(const [name, answer, status, want] of [
    ['another token', await ask(await good(), 'mine'), 401, 'invalid_token'],
    ['the token of another offer', await ask(await good(), stranger.accessToken), 403, 'insufficient_scope'],
    ['a form there is not', await ask(await good(), s.accessToken, 'degree'), 400, 'unknown_credential_configuration'],
    ['once', await ask(forge(w.key, {}, {...claims, nonce: used})), 200, undefined],
    ['the same proof again', await ask(forge(w.key, {}, {...claims, nonce: used})), 400, 'invalid_nonce'],
  ]) {
    check(name, answer.status === status && answer.body.error === want, `${answer.status} ${JSON.stringify(answer.body)}`);
  }
}

async function guessed() {
  const w = wallet();
  const made = offer('guessed', '--tx-code');
  const code = (await w.client.resolveCredentialOffer(made.value_uri)).grants[grant]['pre-authorized_code'];
  const form = tx_code => post('/openid4vci/token', new URLSearchParams({grant_type: grant, 'pre-authorized_code': code, ...(tx_code && {tx_code})}), {});
  check('no transaction code', (await form()).body.error === 'invalid_request');
  for(let i = 0; i < 5; i++) {
    check('a guess', (await form(made.tx_code === '000000' ? '000001' : '000000')).body.error === 'invalid_grant');
  }
  check('the right one after five guesses', (await form(made.tx_code)).body.error === 'invalid_grant');
  check('the operator sees that, too', run('openid', 'offers').offers.some(o => o.id === made.id && o.status === 'locked'));
}

await whole();
await wrong();
await guessed();
console.log(`OpenID4VCI: ${passed} of ${passed + failed.length} as they should be`);
for(const f of failed) {
  console.error(f);
}
process.exitCode = failed.length || !passed ? 1 : 0;
