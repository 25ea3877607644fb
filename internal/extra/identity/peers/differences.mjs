// Where a foreign verifier judges otherwise than our gate, and why. Each entry
// must be met by some document: one that is met by none has been mended there.
const protectedTerm = change => /\/@context\/\d+\/@protected$/.test(change ?? '');

export const differences = [{
  what: 'both accept a document with two members of one name: JSON.parse keeps the last; our gate refuses',
  of: c => c.change === 'two of /@context',
}, {
  what: '@digitalcredentials/vc accepts eddsa-jcs-2022 when the @context of the proof was taken away: it puts that of the document there; our gate refuses',
  of: (c, peer) => peer === '@digitalcredentials/vc' && c.suite === 'eddsa-jcs-2022' && /^without (\/verifiableCredential\/0)?\/proof\/@context$/.test(c.change ?? ''),
}, {
  what: 'both refuse a context with @protected false, which is not in the RDF and so not signed by the suites over it: jsonld takes it for a term; our gate accepts',
  of: c => c.good && protectedTerm(c.change),
}, {
  what: 'jose accepts a token with padding after its signature, a second spelling of the same token; our gate refuses',
  of: (c, peer) => peer === 'jose' && c.change === 'padded signature',
}, {
  what: 'jose accepts a vc+jwt whose iss is not its issuer: it knows tokens, not credentials; our gate refuses',
  of: (c, peer) => peer === 'jose' && c.change === 'iss of another',
}];
