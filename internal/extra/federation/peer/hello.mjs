// The hello: four messages, after which each side knows which organisation is
// at the other end of the connection.
import {open} from './streams.mjs';
import {canonical, digest, input, newKey, newNonce, now, opens, seal, verifies} from './wire.mjs';

export const protocol = '/chio/fed/hello/1.0.0';
const schema = 'chio.hello.v1';

const day = 24 * 3600;

// newOrganisation is a DID with the keys it has bound.
export function newOrganisation() {
  const org = newKey(), kernel = newKey(), transport = newKey();
  return {did: `did:chio:${org.hex}`, org, kernel, transport};
}

export function binding(us, role, changes = {}) {
  const body = {
    schema: 'chio.key_binding.v1', did: us.did, role, alg: 'ed25519', key: us[role].hex, sequence: 1,
    not_before: now() - 60, not_after: now() + day, ...role === 'transport' ? {peer_id: us.peerID} : {}, ...changes,
  };
  return seal(body, us.org, us[role]);
}

// A binding is made once: two of one sequence number would be two claims.
export function offer(us, changes = {}) {
  us.bindings ??= {transport_binding: binding(us, 'transport'), kernel_binding: binding(us, 'kernel')};
  return {
    schema, did: us.did, nonce: newNonce(), ...us.bindings, at: now(),
    ...us.attestation ? {attestation: digest(us.attestation.body)} : {}, ...changes,
  };
}

// party is one side of the transcript; the peer id is the connection's.
const party = (said, peerID) => ({
  did: said.did, peer_id: peerID, nonce: said.nonce, transport_binding: digest(said.transport_binding.body),
  kernel_binding: digest(said.kernel_binding.body), ...said.attestation ? {attestation: said.attestation} : {},
});

const signed = (role, transcript) => input(schema, input(role, canonical(transcript)));

export const confirmation = (us, role, transcript) => ({schema, signature: us.org.sign(signed(role, transcript))});

function checkConfirmation(said, role, transcript) {
  const {did} = transcript[role];
  if(said.schema !== schema || !verifies(did.slice('did:chio:'.length), signed(role, transcript), said.signature)) {
    throw new Error(`the ${role} did not confirm`);
  }
}

// check judges what the other side says of itself.
export function check(said, us, peerID) {
  for(const [role, envelope] of Object.entries({transport: said.transport_binding, kernel: said.kernel_binding})) {
    const {body} = envelope;
    const fits = opens(envelope, 'chio.key_binding.v1', said.did.slice('did:chio:'.length), body.key) && body.did === said.did &&
      body.role === role && body.not_before <= now() && now() < body.not_after && (role === 'kernel' || body.peer_id === peerID);
    if(!fits) {
      throw new Error(`${role} binding`);
    }
  }
  if(said.schema !== schema || said.did === us.did || !/^[0-9a-f]{64}$/.test(said.nonce) || Math.abs(said.at - now()) > 300) {
    throw new Error('hello');
  }
  return {did: said.did, kernel: said.kernel_binding.body.key, peerID};
}

// hello is the initiator's half. changes are to its first message; alter is
// given what it would sign, and may sign something else.
export async function hello(us, connection, {changes = {}, alter = (transcript, sign) => sign(transcript), using = protocol, before} = {}) {
  const frames = await open(connection, using);
  try {
    const mine = before ? before : offer(us, changes);
    const peerID = connection.remotePeer.toString();
    frames.send(mine);
    const theirs = await frames.read();
    const them = check(theirs, us, peerID);
    const transcript = {protocol, initiator: party(mine, us.peerID), responder: party(theirs, peerID), expires: theirs.expires};
    frames.send(alter(transcript, what => confirmation(us, 'initiator', what)));
    await frames.stream.close();
    checkConfirmation(await frames.read(), 'responder', transcript);
    await frames.end();
    return {...them, offer: mine, theirs, attestation: theirs.attestation};
  } catch(error) {
    frames.stream.abort(error);
    throw error;
  }
}

// answer is the responder's half; changes are to its message.
export async function answer(us, frames, peerID, changes = () => ({})) {
  const theirs = await frames.read();
  check(theirs, us, peerID);
  const mine = {...offer(us), expires: now() + 60, ...changes(theirs)};
  frames.send(mine);
  const transcript = {protocol, initiator: party(theirs, peerID), responder: party(mine, us.peerID), expires: mine.expires};
  checkConfirmation(await frames.read(), 'initiator', transcript);
  await frames.end();
  frames.send(confirmation(us, 'responder', transcript));
  await frames.stream.close();
}
