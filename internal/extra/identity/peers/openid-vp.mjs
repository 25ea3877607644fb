// A wallet of @openid4vc/openid4vp is asked for credentials by a node, over
// HTTP: it fetches and checks the request, reads the query, encrypts and posts
// its answer. What it shows is made by @sd-jwt/core, jose and
// @digitalbazaar/vc. Then it lies in every way that the protocol knows.
// usage: node openid-vp.mjs CHIO-NODE
import {execFileSync, spawn} from 'node:child_process';
import {createHash, randomBytes, sign} from 'node:crypto';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setGlobalConfig} from '@openid4vc/oauth2';
import {Openid4vpClient} from '@openid4vc/openid4vp';
import {SDJwtInstance} from '@sd-jwt/core';
import * as bazaar from '@digitalbazaar/vc';
import * as jose from 'jose';
import {loader, newKey, signing} from './peers.mjs';
import {newEd25519, publicKeyOf, seconds} from './tokens.mjs';

setGlobalConfig({allowInsecureUrls: true}); // loopback only
const bin = process.argv[2], home = mkdtempSync(join(tmpdir(), 'vp-'));
const chio = (...args) => JSON.parse(execFileSync(bin, [...args, '--home', home, '--json'], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit']}));
const result = id => {
  try {
    return chio('openid', 'result', id);
  } catch(e) {
    return JSON.parse(e.stdout); // refused: exit 3
  }
};
const file = (name, text) => {
  const path = join(home, name);
  writeFileSync(path, text);
  return path;
};

const signed = key => data => sign(null, Buffer.from(data), key).toString('base64url');
class Credential extends SDJwtInstance {
  type = 'dc+sd-jwt';
}
const sdInstance = (issuerKey, holderKey) => new Credential({
  signer: issuerKey && signed(issuerKey), kbSigner: signed(holderKey), signAlg: 'EdDSA', kbSignAlg: 'EdDSA', hashAlg: 'sha-256',
  hasher: (data, alg) => new Uint8Array(createHash(alg.replace('-', '')).update(data).digest()),
  saltGenerator: length => randomBytes(length).toString('base64url'),
});

// The wallet.
const wallet = new Openid4vpClient({callbacks: {
  fetch,
  hash: (data, alg) => new Uint8Array(createHash(alg.replace('-', '')).update(data).digest()),
  signJwt: () => {
    throw new Error('responses are not signed');
  },
  decryptJwe: () => {
    throw new Error('a wallet decrypts nothing');
  },
  encryptJwe: async ({publicJwk, alg, enc, apu, apv, kid}, data) => {
    const to = new jose.CompactEncrypt(Buffer.from(data)).setProtectedHeader({alg, enc, kid: kid ?? publicJwk.kid});
    const party = {};
    if(apu) {
      party.apu = jose.base64url.decode(apu);
    }
    if(apv) {
      party.apv = jose.base64url.decode(apv);
    }
    return {jwe: await to.setKeyManagementParameters(party).encrypt(await jose.importJWK(publicJwk, alg)), encryptionJwk: publicJwk};
  },
  verifyJwt: async (signer, {compact}) => {
    const key = await publicKeyOf(signer.didUrl);
    await jose.compactVerify(compact, key, {algorithms: ['EdDSA']});
    return {verified: true, signerJwk: key.export({format: 'jwk'})};
  },
}});

async function fetched(uri) {
  const {params} = wallet.parseOpenid4vpAuthorizationRequest({authorizationRequest: uri});
  const resolved = await wallet.resolveOpenId4vpAuthorizationRequest({authorizationRequestPayload: params,
    wallet: {metadata: {vp_formats_supported: {}}, nonce: randomBytes(16).toString('base64url')}});
  if(resolved.client.prefix !== 'decentralized_identifier' || !resolved.dcql) {
    throw new Error(`the wallet reads the request as ${JSON.stringify(resolved.client)}`);
  }
  return resolved.authorizationRequestPayload;
}

async function answer(request, vp_token) {
  return wallet.createOpenid4vpAuthorizationResponse({authorizationRequestPayload: request, authorizationResponsePayload: {vp_token}, jarm: {
    encryption: {nonce: randomBytes(16).toString('base64url')},
    serverMetadata: {authorization_encryption_alg_values_supported: ['ECDH-ES'], authorization_encryption_enc_values_supported: ['A256GCM', 'A128GCM'], authorization_signing_alg_values_supported: []},
  }});
}

const post = async (request, body) => (await fetch(request.response_uri, {method: 'POST', body: new URLSearchParams(body)})).status;

// What it holds.
const issuer = newEd25519(), holder = newEd25519(), bazaarIssuer = await newKey(), bazaarHolder = await newKey();
const jwkOf = key => ({kty: 'OKP', crv: 'Ed25519', x: key.x});
const compact = (header, payload, key) => new jose.CompactSign(Buffer.from(JSON.stringify(payload))).setProtectedHeader(header).sign(key.privateKey);
const v2 = 'https://www.w3.org/ns/credentials/v2';
const terms = [v2, {'@protected': true, level: 'urn:example:level', Badge: 'urn:example:Badge'}];
const card = (by, about) => ({'@context': terms, type: ['VerifiableCredential', 'Badge'], id: `urn:uuid:${crypto.randomUUID()}`, issuer: by,
  validFrom: new Date(Date.now() - 60000).toISOString().slice(0, 19) + 'Z', credentialSubject: {id: about, level: 'gold'}});

async function vpJWT(inner, key, kid, {aud, nonce}) {
  const vp = {'@context': [v2], type: ['VerifiablePresentation'], holder: kid.split('#')[0],
    verifiableCredential: [{'@context': v2, type: 'EnvelopedVerifiableCredential', id: `data:application/vc+jwt,${inner}`}], aud, nonce, iat: seconds(0)};
  return compact({alg: 'EdDSA', typ: 'vp+jwt', kid}, vp, key);
}

// of a request: who it is for and with which nonce
const to = request => ({aud: request.client_id, nonce: request.nonce});
const kinds = {
  'dc+sd-jwt of @sd-jwt/core': {
    issuer: issuer.did, query: {id: 'q', format: 'dc+sd-jwt', meta: {vct_values: ['urn:example:badge']}, claims: [{path: ['level'], values: ['gold']}]},
    async show(bound, extra = {}) {
      const sd = sdInstance(issuer.privateKey, holder.privateKey);
      const whole = await sd.issue({iss: issuer.did, vct: 'urn:example:badge', iat: seconds(-5), cnf: {jwk: jwkOf(holder)}, level: 'gold', name: 'researcher'},
        {_sd: ['level', 'name']}, {header: {kid: issuer.kid}});
      return sd.present(whole, {level: true, ...extra}, {kb: {payload: {iat: seconds(0), ...bound}}});
    },
  },
  'jwt_vc_json of jose': {
    issuer: issuer.did, query: {id: 'q', format: 'jwt_vc_json', meta: {type_values: [['VerifiableCredential', 'Badge']]}, claims: [{path: ['credentialSubject', 'level']}]},
    async show(bound) {
      const inner = await compact({alg: 'EdDSA', typ: 'vc+jwt', kid: issuer.kid}, card(issuer.did, holder.did), issuer);
      return vpJWT(inner, holder, holder.kid, bound);
    },
  },
  'ldp_vc of @digitalbazaar/vc': {
    issuer: bazaarIssuer.did, query: {id: 'q', format: 'ldp_vc', meta: {type_values: [['urn:example:Badge']]}, claims: [{path: ['credentialSubject', 'level']}]},
    async show({aud, nonce}) {
      const suite = key => ({suite: signing('eddsa-rdfc-2022', key), documentLoader: loader});
      const credential = await bazaar.issue({...suite(bazaarIssuer), credential: card(bazaarIssuer.did, bazaarHolder.did)});
      const presentation = bazaar.createPresentation({verifiableCredential: credential, holder: bazaarHolder.did});
      return bazaar.signPresentation({...suite(bazaarHolder), presentation, challenge: nonce, domain: aud});
    },
  },
};

let passed = 0, failed = 0;
function expect(what, ok, detail) {
  if(ok) {
    passed++;
    return;
  }
  failed++;
  console.error(`${what}: ${typeof detail === 'string' ? detail : JSON.stringify(detail)}`);
}

file('chio-node.yaml', 'name: acme\n');
chio('init', '--name', 'acme');
writeFileSync(join(home, 'chio-node.yaml'), 'name: acme\nvc_api:\n  listen: 127.0.0.1:0\n  openid4vp: true\n');
const node = spawn(bin, ['up', '--home', home, '--json'], {stdio: ['ignore', 'pipe', 'ignore']});
await new Promise((resolve, reject) => {
  node.stdout.once('data', resolve);
  node.once('exit', code => reject(new Error(`the node ended with ${code}`)));
});

try {
  for(const [name, kind] of Object.entries(kinds)) {
    const dcql = file('query.json', JSON.stringify({credentials: [kind.query]}));
    const ask = trusted => chio('openid', 'request', '--dcql', dcql, '--issuer', trusted, '--allow-no-status');
    const asked = ask(kind.issuer), request = await fetched(asked.uri);
    const show = async (bound, extra) => ({q: [await kind.show(bound, extra)]});

    // lies first: the request stays open
    const other = await fetched(ask(kind.issuer).uri);
    for(const [lie, vp] of Object.entries({
      'another nonce': await show({...to(request), nonce: other.nonce}), 'another audience': await show({...to(request), aud: request.client_id.replace('decentralized_identifier:', '')}),
      'two answers': {q: [await kind.show(to(request)), await kind.show(to(request))]}, 'an answer to nothing': {z: [await kind.show(to(request))]},
    })) {
      const {jarm} = await answer(request, vp);
      expect(`${name}: ${lie}`, await post(request, {response: jarm.responseJwt}) === 400, result(asked.request_id));
    }
    const vp = await show(to(request));
    expect(`${name}: unencrypted`, await post(request, {vp_token: JSON.stringify(vp), state: request.state}) === 400, 'taken');
    const foreign = await answer({...request, state: other.state}, vp);
    expect(`${name}: another state`, await post(request, {response: foreign.jarm.responseJwt}) === 400, 'taken');
    const elsewhere = await answer({...request, client_metadata: other.client_metadata}, vp);
    expect(`${name}: another key`, await post(request, {response: elsewhere.jarm.responseJwt}) === 400, 'taken');

    // the truth, once
    const truth = await answer(request, vp);
    const sent = await wallet.submitOpenid4vpAuthorizationResponse({authorizationRequestPayload: request, authorizationResponsePayload: truth.authorizationResponsePayload, jarm: truth.jarm});
    const got = result(asked.request_id);
    expect(`${name}: good`, sent.response.status === 200 && got.status === 'accepted' && got.credentials[0].claims[0].value === 'gold', got);
    expect(`${name}: replayed`, await post(request, {response: truth.jarm.responseJwt}) === 410, 'taken twice');

    // of an issuer that nobody trusts
    const stranger = ask(newEd25519().did), doubt = await fetched(stranger.uri);
    const {jarm} = await answer(doubt, await show(to(doubt)));
    expect(`${name}: an issuer that is not trusted`, await post(doubt, {response: jarm.responseJwt}) === 200 && result(stranger.request_id).status === 'refused', result(stranger.request_id));
    if(kind.query.format === 'dc+sd-jwt') {
      const open = ask(kind.issuer), more = await fetched(open.uri);
      const {jarm} = await answer(more, await show(to(more), {name: true}));
      expect(`${name}: more than was asked for`, await post(more, {response: jarm.responseJwt}) === 200 && result(open.request_id).status === 'refused', result(open.request_id));
    }
  }
  await passports();
} finally {
  const ended = new Promise(resolve => node.once('exit', resolve));
  node.kill('SIGTERM');
  await ended; // it writes to its home until then
  rmSync(home, {recursive: true, force: true});
}
console.log(`openid4vp: ${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

// passports shows a passport of the node itself, whose key is in the wallet, as
// an SD-JWT and as a token.
async function passports() {
  const agent = newEd25519();
  const hex = Buffer.from(agent.x, 'base64url').toString('hex');
  const kid = `did:chio:${hex}#key-1`;
  chio('passport', 'issue', '--agent', 'wallet', '--key', hex, '--role', 'reader', '--out', join(home, 'wallet.json'));
  const policy = role => file('door.yaml', `policy_id: door\ntrust_anchors: [self]\nrequired_roles: [${role}]\nmax_status_age_seconds: 86400\n`);
  for(const [format, id, show] of [
    ['sd-jwt', 'passport_sd_jwt', (token, bound) => sdInstance(null, agent.privateKey).present(token, {roles: true}, {kb: {payload: {iat: seconds(0), ...bound}}})],
    ['vc+jwt', 'passport_jwt', (token, bound) => vpJWT(token, agent, kid, bound)],
  ]) {
    const out = join(home, 'passport.jwt');
    chio('passport', 'export', 'wallet', '--format', format, '--out', out);
    const token = readFileSync(out, 'utf8').trim();
    for(const [role, status] of [['reader', 'accepted'], ['writer', 'refused']]) {
      const asked = chio('openid', 'request', '--policy', policy(role)), request = await fetched(asked.uri);
      const {jarm} = await answer(request, {[id]: [await show(token, to(request))]});
      const code = await post(request, {response: jarm.responseJwt}), got = result(asked.request_id);
      expect(`passport as ${format}, role ${role}`, code === 200 && got.status === status, got);
    }
  }
  chio('passport', 'revoke', 'wallet');
  const asked = chio('openid', 'request', '--policy', policy('reader')), request = await fetched(asked.uri);
  const token = readFileSync(join(home, 'passport.jwt'), 'utf8').trim();
  const {jarm} = await answer(request, {passport_jwt: [await vpJWT(token, agent, kid, to(request))]});
  await post(request, {response: jarm.responseJwt});
  expect('a revoked passport', result(asked.request_id).status === 'refused', result(asked.request_id));
}
