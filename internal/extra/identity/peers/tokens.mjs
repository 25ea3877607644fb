// Credentials as JSON Web Tokens: did-jwt-vc makes and reads those of VC 1.1,
// jose the vc+jwt and vp+jwt of VC 2.0, of which it knows the JOSE half: the
// signature, typ and the times in claims.
import {createECDH, createPublicKey, generateKeyPairSync} from 'node:crypto';
import {decode, encode} from 'base58-universal';
import {EdDSASigner, ES256KSigner} from 'did-jwt';
import * as jwtvc from 'did-jwt-vc';
import * as jose from 'jose';
import {documents} from './peers.mjs';

const context = v => [v, {'@protected': true, role: 'urn:example:role', grade: 'urn:example:grade'}];
export const seconds = offset => Math.floor(Date.now() / 1000) + offset;
const at = offset => new Date(1000 * seconds(offset)).toISOString().replace('.000Z', 'Z');

function named(codec, key, more) {
  const multibase = 'z' + encode(Uint8Array.from([...codec, ...key]));
  return {did: `did:key:${multibase}`, kid: `did:key:${multibase}#${multibase}`, ...more};
}

export function newEd25519() {
  const {privateKey} = generateKeyPairSync('ed25519');
  const {x, d} = privateKey.export({format: 'jwk'});
  return named([0xed, 1], Buffer.from(x, 'base64url'), {
    alg: 'EdDSA', x, privateKey, signer: EdDSASigner(new Uint8Array(Buffer.from(d, 'base64url'))),
  });
}

function newSecp256k1() {
  const pair = createECDH('secp256k1');
  pair.generateKeys();
  return named([0xe7, 1], pair.getPublicKey(null, 'compressed'), {
    alg: 'ES256K', signer: ES256KSigner(new Uint8Array(pair.getPrivateKey())),
  });
}

const resolver = {async resolve(url) {
  const did = url.split('#')[0];
  return {didResolutionMetadata: {}, didDocumentMetadata: {}, didDocument: documents.get(did) ?? keyDocument(did)};
}};

function keyDocument(did) {
  if(!did.startsWith('did:key:')) {
    throw new Error(`nothing is known of ${did}`);
  }
  const publicKeyMultibase = did.slice('did:key:'.length);
  const id = `${did}#${publicKeyMultibase}`;
  return {
    '@context': ['https://www.w3.org/ns/did/v1'], id: did, authentication: [id], assertionMethod: [id],
    verificationMethod: [{id, type: 'Multikey', controller: did, publicKeyMultibase}],
  };
}

// issueTokens tells of every token the two make.
export async function issueTokens(tell) {
  for(const make of [newEd25519, newSecp256k1]) {
    const issuer = make(), holder = make(), other = make();
    const add = (name, kind, doc, more) => tell({name, by: 'did-jwt-vc', suite: `VC-JWT ${issuer.alg}`, kind, media: 'application/jwt', doc, good: true, ...more});
    const payload = (from, to) => ({
      iss: issuer.did, sub: holder.did, jti: `urn:uuid:${crypto.randomUUID()}`, nbf: seconds(from), exp: seconds(to),
      vc: {'@context': context('https://www.w3.org/2018/credentials/v1'), type: ['VerifiableCredential'],
        credentialSubject: {role: ['reader', 'writer'], grade: 7}},
    });
    const whole = await jwtvc.createVerifiableCredentialJwt(payload(-60, 3600), issuer);
    add('credential', 'credential', whole);
    for(const [change, from, to, by] of [['expired', -7200, -3600, issuer], ['too early', 3600, 7200, issuer], ['signed by another', -60, 3600, {...other, did: issuer.did}]]) {
      add('credential', 'credential', await jwtvc.createVerifiableCredentialJwt(payload(from, to), by), {change, good: false});
    }
    const asked = {challenge: 'challenge-7', domain: 'verifier.example'};
    add('presentation', 'presentation', await jwtvc.createVerifiablePresentationJwt({
      iss: holder.did, jti: `urn:uuid:${crypto.randomUUID()}`,
      vp: {'@context': ['https://www.w3.org/2018/credentials/v1'], type: ['VerifiablePresentation'], verifiableCredential: [whole]},
    }, holder, asked), asked);
  }
  const issuer = newEd25519(), other = newEd25519();
  const add = (doc, more) => tell({name: 'credential', by: 'jose', suite: 'vc+jwt EdDSA', kind: 'credential', media: 'application/vc+jwt', doc, good: true, ...more});
  const sign = (by, from, to, more) => new jose.SignJWT({
    '@context': context('https://www.w3.org/ns/credentials/v2'), id: `urn:uuid:${crypto.randomUUID()}`, type: ['VerifiableCredential'],
    issuer: issuer.did, validFrom: at(from), validUntil: at(to), credentialSubject: {id: other.did, role: ['reader'], grade: 7}, ...more,
  }).setProtectedHeader({alg: 'EdDSA', typ: 'vc+jwt', cty: 'vc', kid: issuer.kid}).sign(by.privateKey);
  add(await sign(issuer, -60, 3600));
  add(await sign(issuer, -60, 3600, {iss: issuer.did, nbf: seconds(-60), exp: seconds(3600)}), {name: 'credential with claims'});
  add(await sign(other, -60, 3600), {change: 'signed by another', good: false});
  add(await sign(issuer, -7200, -3600, {exp: seconds(-3600)}), {change: 'expired', good: false});
  add(await sign(issuer, -60, 3600, {iss: other.did}), {change: 'iss of another', good: false});
}

async function withJWTVC({kind, doc, challenge, domain}) {
  if(kind === 'credential') {
    return jwtvc.verifyCredential(doc, resolver);
  }
  const {payload} = await jwtvc.verifyPresentation(doc, resolver, {challenge, domain, audience: domain});
  for(const inner of [payload.vp.verifiableCredential].flat()) {
    await jwtvc.verifyCredential(inner, resolver);
  }
}

// publicKeyOf is the Ed25519 key of a verification method.
export async function publicKeyOf(kid) {
  const {didDocument} = await resolver.resolve(kid);
  const key = decode(didDocument.verificationMethod.find(({id}) => id === kid).publicKeyMultibase.slice(1));
  return createPublicKey({key: {kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key.slice(2)).toString('base64url')}, format: 'jwk'});
}

async function withJose({kind, doc, media, challenge, domain}) {
  const {payload} = await jose.jwtVerify(doc, ({kid}) => publicKeyOf(kid), {algorithms: ['EdDSA'], typ: media.split('/')[1], ...(kind === 'presentation' && {audience: domain})});
  if(kind === 'presentation' && payload.nonce !== challenge) {
    throw new Error('another challenge');
  }
}

async function answer(judged) {
  try {
    await judged;
    return {ok: true, why: ''};
  } catch(e) {
    return {ok: false, why: String(e.message)};
  }
}

export const judges = [
  {name: 'did-jwt-vc', takes: c => c.media === 'application/jwt', verify: c => answer(withJWTVC(c))},
  {name: 'jose', takes: c => /v[cp]\+jwt$/.test(c.media ?? ''), verify: c => answer(withJose(c))},
];
