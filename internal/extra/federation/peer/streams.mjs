// Streams of frames over js-libp2p: a minimal varint of the length, then the
// message.
import {noise} from '@chainsafe/libp2p-noise';
import {yamux} from '@chainsafe/libp2p-yamux';
import {generateKeyPairFromSeed} from '@libp2p/crypto/keys';
import {gossipsub} from '@libp2p/gossipsub';
import {identify} from '@libp2p/identify';
import {tcp} from '@libp2p/tcp';
import {multiaddr} from '@multiformats/multiaddr';
import {createLibp2p} from 'libp2p';
import {canonical, sha256} from './wire.mjs';

export async function newHost(transportKey) {
  return createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', transportKey.seed),
    addresses: {listen: ['/ip4/127.0.0.1/tcp/0']},
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: {
      identify: identify(),
      pubsub: gossipsub({
        msgIdFn: ({topic, data}) => sha256(topic, Buffer.from([0]), data),
        allowPublishToZeroTopicPeers: true,
      }),
    },
  });
}

export const dial = (host, address) => host.dial(multiaddr(address));

function frame(message) {
  const body = Buffer.from(message);
  const length = [];
  let rest = body.length;
  for(; rest >= 0x80; rest >>>= 7) {
    length.push(rest & 0x7f | 0x80);
  }
  return Buffer.concat([Buffer.from([...length, rest]), body]);
}

// Frames reads and writes the frames of one stream. It does not use the
// library's iterator, which waits for ever if the end came with the protocol's
// negotiation.
export class Frames {
  constructor(stream) {
    this.stream = stream;
    this.buffer = Buffer.alloc(0);
    const wake = change => event => { change(event); this.wake?.(); };
    stream.addEventListener('message', wake(({data}) => { this.buffer = Buffer.concat([this.buffer, data.subarray()]); }));
    stream.addEventListener('remoteCloseWrite', wake(() => {}));
    stream.addEventListener('close', wake(({error}) => { this.closed = true; this.error = error; }));
  }

  get ended() {
    return this.closed || this.stream.remoteWriteStatus === 'closed' && this.stream.readBuffer.byteLength === 0;
  }

  send(value) { this.raw(frame(typeof value === 'string' ? value : canonical(value))); }

  raw(bytes) { this.stream.send(bytes); }

  // more waits for bytes; it is false at the end of the stream.
  async more() {
    const had = this.buffer.length;
    while(this.buffer.length === had && !this.ended) {
      await new Promise(resolve => { this.wake = resolve; });
    }
    if(this.error) {
      throw this.error;
    }
    return this.buffer.length > had;
  }

  // text is the next frame; a stream that ended has none.
  async text() {
    for(;;) {
      let length = 0, at = 0, whole = false;
      for(; at < this.buffer.length && !whole; at++) {
        length |= (this.buffer[at] & 0x7f) << 7 * at;
        whole = this.buffer[at] < 0x80;
      }
      if(whole && this.buffer.length >= at + length) {
        const message = this.buffer.subarray(at, at + length).toString();
        this.buffer = this.buffer.subarray(at + length);
        return message;
      }
      if(!await this.more()) {
        throw new Error('the stream ended');
      }
    }
  }

  async read() {
    const text = await this.text();
    const value = JSON.parse(text);
    if(canonical(value) !== text) {
      throw new Error(`not canonical: ${text}`);
    }
    return value;
  }

  // end waits for the other side's end of the stream.
  async end() {
    if(this.buffer.length > 0 || await this.more()) {
      throw new Error('bytes after the last message');
    }
  }
}

export async function open(connection, protocol) {
  return new Frames(await connection.newStream(protocol, {signal: AbortSignal.timeout(10_000)}));
}

// call sends one request and returns the one answer.
export async function call(connection, protocol, request) {
  const frames = await open(connection, protocol);
  frames.send(request);
  await frames.stream.close();
  const answer = await frames.read();
  await frames.end();
  return answer;
}

// serve answers each request of a protocol with what answer makes of it.
export function serve(host, protocol, answer) {
  return host.handle(protocol, async (stream, connection) => {
    try {
      const frames = new Frames(stream);
      const request = await frames.read();
      await frames.end();
      frames.send(await answer(request, connection));
      await stream.close();
    } catch(error) {
      stream.abort(error);
    }
  });
}
