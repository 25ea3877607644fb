// Attestations and treaties, computed from the description in
// docs/federation.md and docs/terms.md alone.
import {canonical, digest, now, opens, seal} from './wire.mjs';

const keyOf = did => did.slice('did:chio:'.length);

export const protocols = {policy: '/chio/fed/policy/1.0.0', treaty: '/chio/fed/treaty/1.0.0'};

// attest writes terms for one audience.
export function attest(us, audience, changes = {}) {
  return seal({
    schema: 'chio.policy_attestation.v1', issuer: us.did, kernel_key: us.kernel.hex, audience, sequence: 1,
    ingress: {tool_access: {allow: [], default: 'block'}},
    egress: {tool_access: {default: 'allow', max_args_size: 4096}, caps: {max_args_size: 2048, max_calls_per_treaty: 10}},
    policy_sha256: '00'.repeat(32), guard_set: ['none'], capability_surface: [], accepted_currencies: [],
    revocation_terms: {max_staleness_seconds: 200}, not_before: now() - 1, expires: now() + 7 * 24 * 3600, ...changes,
  }, us.org);
}

export function checkAttestation(envelope, from, audience, kernel) {
  const {body} = envelope;
  if(!opens(envelope, 'chio.policy_attestation.v1', keyOf(from)) || body.issuer !== from || body.audience !== audience ||
    body.kernel_key !== kernel || now() >= body.expires) {
    throw new Error('attestation');
  }
}

const lower = (a, b) => a === undefined ? b : b === undefined ? a : Math.min(a, b);

function meetCharge(a, b) {
  if(!a || !b) {
    return a ?? b;
  }
  return a.currency === b.currency ? {units: Math.min(a.units, b.units), currency: a.currency} : undefined;
}

// direction is about the calls that the first party's agents make at the second.
function direction(from, to) {
  const out = from.egress.caps ?? {}, back = to.ingress.caps ?? {};
  const caps = {
    max_calls_per_treaty: lower(out.max_calls_per_treaty, back.max_calls_per_treaty),
    max_args_size: lower(out.max_args_size, back.max_args_size),
    max_charge_per_call: meetCharge(out.max_charge_per_call, back.max_charge_per_call),
  };
  return [digest({from: from.issuer, to: to.issuer, egress: from.egress, ingress: to.ingress, caps}), caps];
}

// compute is the first treaty of two attestations, neither with money terms.
export function compute(first, second) {
  const [a, b] = [first.body, second.body].sort((x, y) => x.issuer < y.issuer ? -1 : 1);
  if(a.money && b.money) {
    throw new Error('this implementation knows free calls alone');
  }
  const [there, thereCaps] = direction(a, b), [back, backCaps] = direction(b, a);
  return {
    schema: 'chio.treaty.v1', parties: [a.issuer, b.issuer], revision: 1, attestations: [digest(a), digest(b)],
    effective: {a_to_b: there, b_to_a: back, a_to_b_caps: thereCaps, b_to_a_caps: backCaps},
    revocation: {max_staleness_seconds: Math.min(a.revocation_terms.max_staleness_seconds, b.revocation_terms.max_staleness_seconds)},
    window: {not_before: Math.max(a.not_before, b.not_before), expires: Math.min(a.expires, b.expires)},
  };
}

export const policyRequest = sha256 => ({schema: 'chio.policy_request.v1', sha256});

export const proposal = (treaty, attestation) => ({schema: 'chio.treaty_request.v1', treaty, attestation});

export const question = sha256 => ({schema: 'chio.treaty_request.v1', sha256});

// bothSigned reports whether a treaty is the one computed, signed by both.
export const bothSigned = (envelope, treaty) =>
  canonical(envelope.body) === canonical(treaty) && opens(envelope, 'chio.treaty.v1', ...treaty.parties.map(keyOf));
