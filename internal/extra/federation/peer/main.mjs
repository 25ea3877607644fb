// A foreign organisation and a node: they say hello, agree on a treaty, and
// tell each other heads; and the lies that the node must not believe.
// usage: node main.mjs CHIO-NODE EMPTY-HOME
import {readFileSync} from 'node:fs';
import * as heads from './heads.mjs';
import {answer, binding, confirmation, hello, newOrganisation, offer, protocol} from './hello.mjs';
import {startNode} from './node.mjs';
import {call, dial, Frames, newHost, open, serve} from './streams.mjs';
import {attest, bothSigned, checkAttestation, compute, policyRequest, proposal, protocols, question} from './treaty.mjs';
import {canonical, digest, newKey, newNonce, now, seal} from './wire.mjs';

const [binary, home] = process.argv.slice(2);
const node = await startNode(binary, home);
let checks = 0, refused = 0;

function check(what, holds, seen = '') {
  if(!holds) {
    throw new Error(`"${what}" does not hold: ${seen}`);
  }
  checks++;
}

// lie tells the node something false. It must be refused, and for the reason:
// why is in what the node then logs, or in the error.
async function lie(what, why, tell) {
  const before = node.said().length;
  const error = await tell().then(() => undefined, error => error);
  if(!error) {
    throw new Error(`the node believed ${what}`);
  }
  await until(`${what} is refused for its reason`, () => why.test(node.said().slice(before) + error.message));
  checks--;
  refused++;
}

async function until(what, holds) {
  for(let turn = 0; turn < 200; turn++) {
    if(await holds()) {
      return check(what, true);
    }
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  check(what, false);
}

// hosted is an organisation with a host, connected to the node.
async function hosted() {
  const us = newOrganisation();
  const host = await newHost(us.transport);
  us.peerID = host.peerId.toString();
  return {us, host, connection: await dial(host, node.address)};
}

async function helloes({us, connection}) {
  const them = await hello(us, connection);
  check('the node is who its operator says', them.did === node.did && them.kernel === node.kernel);
  check('a second hello, to the DID by name', (await hello(us, connection, {changes: {to: node.did}})).did === node.did);

  const other = newOrganisation();
  other.peerID = us.peerID;
  await lie('a replayed nonce', /used this nonce before/, () => hello(us, connection, {before: them.offer}));
  await lie('its own message, reflected', /is our own, reflected/, () => hello(us, connection, {before: {...them.theirs, expires: undefined}}));
  await lie('its own nonce', /used this nonce before/, () => reflectedNonce(us, connection));
  await lie('a hello for another organisation', /the peer named did:chio/, () => hello(us, connection, {changes: {to: other.did}}));
  await lie('a DID that did not bind these keys', /required signer has not signed/, () => hello(us, connection, {changes: {did: other.did}}));
  await lie('a DID that does not confirm', /the initiator's confirmation/, () => hello(us, connection, {alter: transcript => confirmation(other, 'initiator', transcript)}));
  const elsewhere = newOrganisation();
  elsewhere.org = us.org;
  elsewhere.did = us.did;
  const stranger = await newHost(elsewhere.transport);
  elsewhere.peerID = stranger.peerId.toString();
  await stranger.stop();
  await lie('a binding for another peer id', /binding is for .*, connected to/, () => hello(us, connection, {changes: {transport_binding: binding(elsewhere, 'transport')}}));
  const old = {not_before: now() - 7200, not_after: now() - 3600};
  await lie('an expired transport binding', /key binding has expired/, () => hello(us, connection, {changes: {transport_binding: binding(us, 'transport', old)}}));
  await lie('an expired kernel binding', /key binding has expired/, () => hello(us, connection, {changes: {kernel_binding: binding(us, 'kernel', old)}}));
  await lie('an older protocol', /protocol/i, () => hello(us, connection, {using: '/chio/fed/hello/0.9.0'}));
  await lie('a confirmation in the other role', /the initiator's confirmation/, () => hello(us, connection, {alter: t => confirmation(us, 'responder', t)}));
  await lie('a transcript with another peer', /the initiator's confirmation/, () =>
    hello(us, connection, {alter: (t, sign) => sign({...t, responder: {...t.responder, peer_id: us.peerID}})}));
  await lie('a clock that is 400 seconds ahead', /its clock says/, () => hello(us, connection, {changes: {at: now() + 400}}));
  await lie('a member that is not known', /unknown field/, () => hello(us, connection, {changes: {also: true}}));
  check('a hello after the lies', (await hello(us, connection)).did === node.did);
  return them;
}

// reflectedNonce uses the nonce of a hello under way in another one.
async function reflectedNonce(us, connection) {
  const frames = await open(connection, protocol);
  frames.send(offer(us));
  const {nonce} = await frames.read();
  await frames.stream.close();
  const spent = await hello(us, connection, {changes: {nonce}});
  await hello(us, connection, {changes: {nonce: spent.offer.nonce}});
}

// called has the node say hello to us; changes are to our answer.
async function called({us, host}) {
  let changes;
  await host.handle(protocol, (stream, connection) =>
    answer(us, new Frames(stream), connection.remotePeer.toString(), changes).catch(error => stream.abort(error)));
  us.attestation = attest(us, node.did);
  await serve(host, protocols.policy, request => ({
    schema: 'chio.policy_answer.v1', ...!request.sha256 || request.sha256 === digest(us.attestation.body) ? {attestation: us.attestation} : {reason: 'none'},
  }));
  const address = host.getMultiaddrs()[0].toString();
  const look = (did = us.did) => node.type('federate', `${did}@${address}`, '--dry-run', '--json');
  const seen = await look();
  check('the node says hello to us, and shows our terms', seen.code === 0 && JSON.parse(seen.stdout).peer_did === us.did, seen.stdout);
  const told = did => async () => {
    const {code, stdout} = await look(did);
    if(code !== 0) {
      throw new Error(stdout);
    }
  };
  for(const [what, why, lied] of [
    ['its own message, answered', /is our own, reflected/, theirs => ({...theirs, expires: now() + 60})],
    ['an answer that ended an hour ago', /ends at/, () => ({expires: now() - 3600})],
    ['an answer without an end', /ends at 0/, () => ({expires: undefined})],
    ['an answer with an expired binding', /has expired/, () => ({transport_binding: binding(us, 'transport', {not_before: now() - 90, not_after: now() - 30})})],
  ]) {
    changes = lied;
    await lie(what, why, told());
  }
  changes = undefined;
  await lie('that we are somebody else', /not who was named/, told(newOrganisation().did));
}

async function agree({us, connection, host}, them) {
  const fetched = await call(connection, protocols.policy, policyRequest());
  checkAttestation(fetched.attestation, node.did, us.did, them.kernel);
  const treaty = compute(us.attestation, fetched.attestation);
  const id = digest(treaty);
  const propose = (body, attestation = us.attestation, key = us.org) => async () => {
    const {status, reason} = await call(connection, protocols.treaty, proposal(seal(body, key), attestation));
    if(status === 'refused') {
      throw new Error(reason);
    }
  };
  const side = us.did < node.did ? 'a_to_b' : 'b_to_a';
  await lie('another effective policy', /compute different treaties/, propose({...treaty, effective: {...treaty.effective, [side]: digest({})}}));
  await lie('higher caps', /compute different treaties/, propose({...treaty, effective: {...treaty.effective, [`${side}_caps`]: {}}}));
  await lie('a longer treaty', /compute different treaties/, propose({...treaty, window: {...treaty.window, expires: treaty.window.expires + 1}}));
  await lie('a treaty that a stranger signed', /signed and is no party/, propose(treaty, us.attestation, newKey()));
  await lie('an attestation of another kernel', /names kernel key/, propose(treaty, attest(us, node.did, {kernel_key: newKey().hex})));
  await lie('an attestation with an empty member', /one spelling/, propose(treaty, attest(us, node.did, {ingress: {caps: {}}})));
  await lie('a second attestation of the same number', /an older or a second one/, async () => {
    const second = attest(us, node.did, {egress: {tool_access: {default: 'allow'}}});
    await propose(treaty)();
    await propose(compute(second, fetched.attestation), second)();
  });
  const proposed = await call(connection, protocols.treaty, proposal(seal(treaty, us.org), us.attestation));
  check('the proposal waits for an operator', proposed.status === 'pending');
  check('its operator sees the same treaty', (await node.type('federate', 'pending')).stdout.includes(id));
  let told;
  await serve(host, protocols.treaty, request => {
    told = request.treaty;
    return {schema: 'chio.treaty_answer.v1', status: 'active', treaty: request.treaty};
  });
  check('the operator accepts', (await node.type('federate', 'accept', us.did, id)).code === 0);
  check('we are told of it, with both signatures', told && bothSigned(told, treaty));
  const stands = await call(connection, protocols.treaty, question(id));
  check('the treaty is in force', stands.status === 'active' && bothSigned(stands.treaty, treaty));
}

// lend answers what a treaty peer is asked: our log, witnesses, revocations.
async function lend({us, host}) {
  us.log = {origin: `chio-log/${newNonce().slice(0, 32)}`, root: heads.leaf('the only entry')};
  us.cosigned = [];
  await serve(host, '/chio/fed/witness/1.0.0', () => ({status: 'ok'}));
  await serve(host, '/chio/fed/revocation/1.0.0', ({epochs = []}) => ({status: 'ok', have: epochs.at(-1)?.body.epoch ?? 0}));
  await serve(host, '/chio/fed/sync/1.0.0', ({type, note}) => {
    if(type === 'cosignature') {
      us.cosigned.push(note);
    }
    return type === 'head' ? {status: 'ok', note: heads.sign(us.log.origin, 1, us.log.root, us.kernel)} :
      type === 'receipts' ? {status: 'ok', checkpoint: heads.sign(us.log.origin, 1, us.log.root, us.kernel), next: 0} : {status: 'ok'};
  });
}

async function gossip({us, host}) {
  const {pubsub} = host.services;
  const heard = [], topics = new Set();
  pubsub.addEventListener('subscription-change', ({detail}) => detail.subscriptions.forEach(s => s.subscribe && topics.add(s.topic)));
  pubsub.addEventListener('message', ({detail}) => heard.push(detail));
  const entry = () => node.type('call', 'nobody', 'nothing', '{}');
  await entry();
  await lend({us, host});
  // Strangers' gossip streams are refused, and the library does not try again
  // on a connection that lasts.
  await host.hangUp(host.getPeers()[0]);
  await dial(host, node.address);
  await node.type('federate', 'sync', us.did);
  await until('we are told the topics', () => topics.has(heads.topic(node.log)) || pubsub.getSubscribers(heads.topic(node.log)).length > 0);
  pubsub.subscribe(heads.topic(node.log));
  pubsub.subscribe(heads.topic(us.log.origin));
  await until('its head is gossiped to us', () => heard.some(m => m.topic === heads.topic(node.log)));
  const {data, from} = heard.find(m => m.topic === heads.topic(node.log));
  const said = JSON.parse(Buffer.from(data).toString());
  check('by the node', from.toString() === node.address.split('/').at(-1));
  check('signed by its kernel', heads.parse(said.note, node.kernel).origin === node.log);
  await until('our head is cosigned', () => us.cosigned.length > 0);
  check('by its kernel', heads.parse(us.cosigned.at(-1), us.kernel.hex, {name: node.did, key: node.kernel}).size === 1);
  await until('and shown to its operator', async () => peer(us).then(p => p.head_size === 1));

  const count = () => heard.filter(m => m.topic === heads.topic(node.log)).length;
  let before = count();
  await entry();
  await until('a longer log is gossiped', () => count() > before);
  for(let n = 0; n < 8; n++) {
    await pubsub.publish(heads.topic(node.log), Buffer.from(`junk ${n}`));
  }
  await new Promise(resolve => setTimeout(resolve, 2500));
  before = count();
  await entry();
  await new Promise(resolve => setTimeout(resolve, 4000));
  check('whoever says junk is told nothing more', count() === before);
}

// measured looks at what the node's monitoring is told.
async function measured({us, connection, host}) {
  const [again] = host.getConnections();
  const answer = await call(again ?? connection, '/chio/fed/sync/1.0.0', {type: 'nothing'});
  check('an unknown request is answered', answer.status === 'error' && answer.code === 'unsupported');
  check('metrics are for the operator', (await fetch(`${node.api}/metrics`)).status === 401);
  const token = readFileSync(`${home}/api.token`, 'utf8').trim();
  const text = await (await fetch(`${node.api}/metrics`, {headers: {authorization: `Bearer ${token}`}})).text();
  for(const line of [`chio_peer_state{peer="${us.did}",state="active"} 1`, `chio_peer_head_receipts{peer="${us.did}"} 1`, `chio_peer_connected{peer="${us.did}"} 1`]) {
    check(`metrics have ${line}`, text.includes(line), text);
  }
  check('it was counted', new RegExp(`chio_peer_requests_denied_total.peer="${us.did}". [1-9]`).test(text), text);
}

const peer = async us => JSON.parse((await node.type('federate', 'list', '--json')).stdout).peers.find(p => p.did === us.did);

// splitView is the last lie: two histories.
async function splitView({us}) {
  us.log.root = heads.leaf('another entry');
  await lie('two heads of one size', /signed two log heads/, async () => {
    await node.type('federate', 'sync', us.did);
    const {state, reason} = await peer(us);
    if(state === 'frozen') {
      throw new Error(reason);
    }
  });
  const {code, stdout} = await node.type('federate', 'evidence', us.did, '--json');
  check('with evidence', code === 0 && stdout.includes(us.log.origin));
}

try {
  const org = await hosted();
  const them = await helloes(org);
  await called(org);
  await agree(org, them);
  await gossip(org);
  await measured(org);
  await splitView(org);
  await org.host.stop();
} catch(error) {
  console.error(error, node.said().split('\n').slice(-5).join('\n'));
  process.exitCode = 1;
}
await node.stop();
console.log(`js-libp2p: ${checks} checks hold, ${refused} lies refused`);
process.exit();
