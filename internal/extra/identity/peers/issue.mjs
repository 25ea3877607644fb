// The foreign issuers: credentials and presentations of @digitalbazaar/vc with
// each cryptosuite, and tokens
// (tokens.mjs, sdjwt.mjs). usage: node issue.mjs OUT.json
import {writeFileSync} from 'node:fs';
import * as vc from '@digitalbazaar/vc';
import {legacy, legacyURL, loader, newKey, signing} from './peers.mjs';
import {issueSD} from './sdjwt.mjs';
import {issueTokens} from './tokens.mjs';

const cases = [];
const add = (name, suite, kind, doc, more = {}) => cases.push({name, by: '@digitalbazaar/vc', suite, kind, doc: JSON.stringify(doc), good: true, ...more});
const at = seconds => new Date(Date.now() + 1000 * seconds).toISOString().replace(/\.\d+Z$/, 'Z');

for (const suite of ['eddsa-rdfc-2022', 'eddsa-jcs-2022']) {
  const issuer = await newKey();
  const holder = await newKey();
  const credential = (more = {}) => ({
    '@context': ['https://www.w3.org/ns/credentials/v2', {'@protected': true, role: 'urn:example:role', grade: 'urn:example:grade'}],
    id: `urn:uuid:${crypto.randomUUID()}`,
    type: ['VerifiableCredential'],
    issuer: issuer.did,
    validFrom: at(-60),
    validUntil: at(3600),
    credentialSubject: {id: holder.did, role: ['reader', 'writer'], grade: 7},
    ...more,
  });
  const sign = document => vc.issue({credential: document, suite: signing(suite, issuer), documentLoader: loader});
  const whole = await sign(credential());
  add('credential', suite, 'credential', whole);
  add('credential of an issuer with a name', suite, 'credential', await sign(credential({
    issuer: {id: issuer.did, name: 'Peer'}, name: 'Letters', description: 'naïve café, 東京, \u{1f511}',
  })));
  add('credential of two subjects', suite, 'credential', await sign(credential({
    credentialSubject: [{id: holder.did, role: 'reader'}, {id: issuer.did, grade: 7}],
  })));
  add('credential without times', suite, 'credential', await sign(credential({validFrom: undefined, validUntil: undefined})));
  const presentation = vc.createPresentation({verifiableCredential: [whole], holder: holder.did});
  add('presentation', suite, 'presentation', await vc.signPresentation({
    presentation, suite: signing(suite, holder), challenge: 'challenge-7', domain: 'verifier.example', documentLoader: loader,
  }), {challenge: 'challenge-7', domain: 'verifier.example'});
}

const issuer = await newKey();
add('credential', legacy, 'credential', await vc.issue({credential: {
  '@context': ['https://www.w3.org/2018/credentials/v1', {'@protected': true, role: 'urn:example:role', grade: 'urn:example:grade'}, legacyURL],
  id: `urn:uuid:${crypto.randomUUID()}`,
  type: ['VerifiableCredential'],
  issuer: issuer.did,
  issuanceDate: at(-60),
  expirationDate: at(3600),
  credentialSubject: {id: (await newKey()).did, role: ['reader', 'writer'], grade: 7},
}, suite: signing(legacy, issuer), documentLoader: loader}));
await issueTokens(c => cases.push(c));
await issueSD(c => cases.push(c));
writeFileSync(process.argv[2], JSON.stringify(cases));
