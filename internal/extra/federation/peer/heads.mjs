// Log heads as signed notes (C2SP), and the messages about them.
import {canonical, now, sha256, verifies} from './wire.mjs';

const sigEd25519 = 1, sigCosignature = 4;

const keyID = (name, type, keyHex) => sha256(`${name}\n`, Buffer.from([type]), Buffer.from(keyHex, 'hex')).subarray(0, 4);

export const leaf = data => sha256(Buffer.from([0]), data);

// sign is a head of our log.
export function sign(origin, size, root, key) {
  const text = `${origin}\n${size}\n${root.toString('base64')}\n`;
  const line = Buffer.concat([keyID(origin, sigEd25519, key.hex), Buffer.from(key.sign(Buffer.from(text)), 'hex')]);
  return `${text}\n\u2014 ${origin} ${line.toString('base64')}\n`;
}

// parse checks the signature of the log's own key on a note; witness, if it is
// given, must have cosigned it too.
export function parse(note, keyHex, witness) {
  const [text, rest] = note.split('\n\n');
  const [origin, size, root] = text.split('\n');
  const signed = Buffer.from(`${text}\n`);
  const own = linesOf(rest, origin, keyID(origin, sigEd25519, keyHex));
  if(own.length !== 1 || !verifies(keyHex, signed, own[0].toString('hex'))) {
    throw new Error(`no signature of ${keyHex} on a head of ${origin}`);
  }
  if(witness) {
    const [line] = linesOf(rest, witness.name, keyID(witness.name, sigCosignature, witness.key));
    const time = line.readBigUInt64BE();
    if(!verifies(witness.key, Buffer.concat([Buffer.from(`cosignature/v1\ntime ${time}\n`), signed]), line.subarray(8).toString('hex'))) {
      throw new Error(`no cosignature of ${witness.name}`);
    }
  }
  return {origin, size: Number(size), root};
}

function linesOf(rest, name, id) {
  return rest.split('\n').filter(line => line.startsWith(`\u2014 ${name} `))
    .map(line => Buffer.from(line.split(' ')[2], 'base64'))
    .filter(raw => raw.subarray(0, 4).equals(id)).map(raw => raw.subarray(4));
}

export const topic = origin => `chio/head/${origin}`;

export const message = note => canonical({schema: 'chio.head_gossip.v1', at: now(), note});
