// What the foreign implementations need: keys, a loader that knows a fixed set
// of contexts and documents and never asks a network, and their suites.
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import * as keyMethod from '@digitalbazaar/did-method-key';
import * as multikey from '@digitalbazaar/ed25519-multikey';
import * as jcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import * as rdfc from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';
import * as bitstring from '@digitalbazaar/vc-bitstring-status-list';
import * as bazaar from '@digitalbazaar/vc';
import * as credentials from '@digitalcredentials/vc';
import legacyContext from 'ed25519-signature-2020-context';

// One package offers one suite for both directions, the other one for each.
const suites = {
  'eddsa-rdfc-2022': {signs: rdfc.cryptosuite, verifies: rdfc.cryptosuite},
  'eddsa-jcs-2022': {signs: jcs.createSignCryptosuite(), verifies: jcs.createVerifyCryptosuite()},
};
const peers = {'@digitalbazaar/vc': bazaar, '@digitalcredentials/vc': credentials};

const driver = keyMethod.driver();
driver.use({multibaseMultikeyHeader: 'z6Mk', fromMultibase: multikey.from});

export const documents = new Map(legacyContext.contexts);

export async function loader(url) {
  if(documents.has(url)) {
    return {contextUrl: null, documentUrl: url, document: structuredClone(documents.get(url))};
  }
  if(url.startsWith('did:key:')) {
    return {contextUrl: null, documentUrl: url, document: await driver.get({url})};
  }
  if(url.startsWith('did:chio:')) { // of this method the documents that were handed over
    const [did] = url.split('#');
    const document = documents.get(did);
    const method = document?.verificationMethod.find(({id}) => id === url);
    if(method) {
      return {contextUrl: null, documentUrl: url, document: {'@context': document['@context'], ...method}};
    }
  }
  return bazaar.defaultDocumentLoader(url);
}

export async function newKey() {
  const pair = await multikey.generate();
  const {didDocument} = await driver.fromKeyPair({verificationKeyPair: pair});
  pair.id = didDocument.assertionMethod[0];
  pair.controller = didDocument.id;
  return {did: didDocument.id, pair};
}

export const legacy = 'Ed25519Signature2020';
export const legacyURL = legacyContext.constants.CONTEXT_URL;

export function signing(suite, {pair}) {
  if(suite === legacy) {
    return new Ed25519Signature2020({signer: pair.signer()});
  }
  return new DataIntegrityProof({signer: pair.signer(), cryptosuite: suites[suite].signs});
}

const verifying = () => [
  ...Object.values(suites).map(s => new DataIntegrityProof({cryptosuite: s.verifies})), new Ed25519Signature2020(),
];

// checkStatus answers as a verifier must: the package says what the bits are,
// and leaves what they mean to who asks.
async function checkStatus({credential}) {
  const result = await bitstring.checkStatus({
    credential, documentLoader: loader, suite: verifying(), verifyBitstringStatusListCredential: true, verifyMatchingIssuers: true,
  });
  const set = result.results?.some(({status}) => status);
  return {...result, verified: result.verified && !set};
}

// shared makes the contexts of a proof that equal those of its document one
// object with them: the suite for eddsa-jcs-2022 compares by identity, and so
// refuses every context that is written into a document, those of its own
// documents too. No byte that is signed or compared changes.
function shared(doc) {
  const contexts = [doc['@context']].flat();
  const same = value => contexts.find(c => JSON.stringify(c) === JSON.stringify(value)) ?? value;
  for(const proof of [doc.proof].flat()) {
    if(Array.isArray(proof?.['@context'])) {
      proof['@context'] = proof['@context'].map(same);
    }
  }
  for(const inner of [doc.verifiableCredential].flat()) {
    if(inner && typeof inner === 'object') {
      shared(inner);
    }
  }
  return doc;
}

// verify is whether a peer accepts a document, and if not what it said first.
async function verify(peer, {kind, doc: text, challenge, domain}) {
  try {
    const doc = shared(JSON.parse(text));
    const common = {suite: verifying(), documentLoader: loader, checkStatus};
    const result = kind === 'presentation' ?
      await peer.verify({...common, presentation: doc, challenge, domain}) :
      await peer.verifyCredential({...common, credential: doc});
    return {ok: result.verified === true, why: reason(result)};
  } catch(e) {
    return {ok: false, why: String(e.message)};
  }
}

function reason(result) {
  const e = result.error ?? result.presentationResult?.error ?? result.credentialResults?.find(r => r.error)?.error;
  return e ? String(e.errors?.[0]?.message ?? e.message) : '';
}

export const judges = Object.entries(peers).map(([name, peer]) => ({name, takes: c => !c.media, verify: c => verify(peer, c)}));
