// The forms that every message shares: canonical JSON, digests, keys, and the
// signed envelope.
import {createHash, createPrivateKey, createPublicKey, randomBytes, sign, verify} from 'node:crypto';

// canonical writes RFC 8785: members in the order of their UTF-16 code units,
// no space, and of numbers only the integers below 2^53.
export function canonical(value) {
  if(value === null || typeof value === 'boolean' || typeof value === 'string') {
    return JSON.stringify(value);
  }
  if(typeof value === 'number') {
    if(!Number.isSafeInteger(value)) {
      throw new Error(`${value} is no integer that can be signed`);
    }
    return String(value);
  }
  if(Array.isArray(value)) {
    return `[${value.map(canonical).join(',')}]`;
  }
  const members = Object.keys(value).filter(name => value[name] !== undefined).sort();
  return `{${members.map(name => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

export const sha256 = (...parts) => {
  const hash = createHash('sha256');
  parts.forEach(part => hash.update(part));
  return hash.digest();
};

export const digest = value => sha256(canonical(value)).toString('hex');

const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex'); // PKCS 8 of a seed
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex'); // SPKI of a key

export function newKey() {
  const seed = randomBytes(32);
  const secret = createPrivateKey({key: Buffer.concat([privatePrefix, seed]), format: 'der', type: 'pkcs8'});
  const hex = createPublicKey(secret).export({format: 'der', type: 'spki'}).subarray(publicPrefix.length).toString('hex');
  return {seed, hex, sign: message => sign(null, message, secret).toString('hex')};
}

export function verifies(keyHex, message, signatureHex) {
  const key = createPublicKey({key: Buffer.concat([publicPrefix, Buffer.from(keyHex, 'hex')]), format: 'der', type: 'spki'});
  return verify(null, message, key, Buffer.from(signatureHex, 'hex'));
}

// input is what a signature covers: a domain, a zero byte, and the document.
export const input = (domain, document) => Buffer.concat([Buffer.from(domain), Buffer.from([0]), Buffer.from(document)]);

export function seal(body, ...keys) {
  const signatures = keys.map(key => ({alg: 'ed25519', key: key.hex, signature: key.sign(input(body.schema, canonical(body)))}));
  return {body, signatures: signatures.sort((a, b) => a.key < b.key ? -1 : 1)};
}

// opens checks every signature, and that exactly the named keys have signed.
export function opens({body, signatures}, schema, ...keys) {
  return body.schema === schema && signatures.map(s => s.key).join() === [...keys].sort().join() &&
    signatures.every(s => s.alg === 'ed25519' && verifies(s.key, input(schema, canonical(body)), s.signature));
}

export const newNonce = () => randomBytes(32).toString('hex');

export const now = () => Math.floor(Date.now() / 1000);
