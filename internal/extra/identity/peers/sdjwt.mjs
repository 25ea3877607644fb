// SD-JWT VC, whole or with claims withheld and bound to their holder, made and
// read by @sd-jwt/core: it knows the signatures, the disclosures, the binding
// and the times. That the binding is for this verifier is for who asks it.
import {createHash, createPublicKey, randomBytes, sign, verify} from 'node:crypto';
import {SDJwtInstance} from '@sd-jwt/core';
import {newEd25519, publicKeyOf, seconds} from './tokens.mjs';

const media = 'application/dc+sd-jwt';

class Credential extends SDJwtInstance {
  type = 'dc+sd-jwt';
}

const signed = key => data => sign(null, Buffer.from(data), key).toString('base64url');
// Node decodes padding too, of which RFC 7515 knows none.
const checked = key => (data, value) => /^[\w-]+$/.test(value) && verify(null, Buffer.from(data), key, Buffer.from(value, 'base64url'));
const common = {
  hasher: (data, alg) => new Uint8Array(createHash(alg.replace('-', '')).update(data).digest()),
  hashAlg: 'sha-256',
  saltGenerator: length => randomBytes(length).toString('base64url'),
  signAlg: 'EdDSA',
  kbSignAlg: 'EdDSA',
};

export async function issueSD(tell) {
  const issuer = newEd25519(), holder = newEd25519(), other = newEd25519();
  const asked = {challenge: 'challenge-7', domain: 'verifier.example'};
  const make = async (by, heldBy, from, to, more) => {
    const sd = new Credential({...common, signer: signed(by.privateKey), kbSigner: signed(heldBy.privateKey)});
    const whole = await sd.issue({
      iss: issuer.did, vct: 'urn:example:vct', iat: seconds(from), nbf: seconds(from), exp: seconds(to),
      cnf: {jwk: {kty: 'OKP', crv: 'Ed25519', x: holder.x}}, tier: 'direct', name: 'researcher', organization: 'acme', roles: ['reader', 'writer'],
    }, {_sd: ['name', 'organization', 'roles']}, {header: {kid: issuer.kid}});
    const kb = {payload: {iat: seconds(0), aud: asked.domain, nonce: asked.challenge, ...more}};
    return sd.present(whole, {name: true, roles: true}, {kb});
  };
  const add = (doc, more) => tell({name: 'two of three claims', by: '@sd-jwt/core', suite: 'SD-JWT VC EdDSA', kind: 'presentation', media, doc, good: true, ...asked, ...more});
  add(await make(issuer, holder, -60, 3600));
  add(await make(other, holder, -60, 3600), {change: 'signed by another', good: false});
  add(await make(issuer, other, -60, 3600), {change: 'bound by another', good: false});
  add(await make(issuer, holder, -7200, -3600), {change: 'expired', good: false});
  add(await make(issuer, holder, 3600, 7200), {change: 'too early', good: false});
}

// presentSD shows the named claims of what was issued; decodeSD reads what
// stands there, withheld or not.
export async function presentSD(issued, holder, frame, {challenge, domain}) {
  const sd = new Credential({...common, kbSigner: signed(holder.privateKey)});
  return sd.present(issued, frame, {kb: {payload: {iat: seconds(0), aud: domain, nonce: challenge}}});
}

export async function decodeSD(doc) {
  return new Credential(common).getClaims(doc);
}

async function judge({doc, challenge, domain}) {
  const header = JSON.parse(Buffer.from(doc.split('.')[0], 'base64url'));
  const sd = new Credential({
    ...common,
    verifier: checked(await publicKeyOf(header.kid)),
    kbVerifier: (data, value, payload) => checked(createPublicKey({key: payload.cnf.jwk, format: 'jwk'}))(data, value),
  });
  const {payload, kb} = await sd.verify(doc, {requiredClaimKeys: ['iss', 'vct', 'cnf'], keyBindingNonce: challenge});
  if(kb?.payload.aud !== domain || kb.payload.nonce !== challenge) {
    throw new Error('bound to another verifier or challenge');
  }
  if(header.kid.split('#')[0] !== payload.iss) {
    throw new Error('not the key of its issuer');
  }
}

export const judges = [{
  name: '@sd-jwt/core', takes: c => c.media === media,
  verify: c => judge(c).then(() => ({ok: true, why: ''}), e => ({ok: false, why: String(e.message)})),
}];
